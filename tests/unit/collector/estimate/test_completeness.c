/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/completeness.h"

#include "tests/support/cmocka_all.h"

static void an_hour_counts_from_nine_of_its_twelve_points_on(void **state)
{
    (void)state;
    assert_true(completeness_hour(9, 12));
    assert_false(completeness_hour(8, 12));
    assert_false(completeness_hour(0, 0)); /* nothing was expected: nothing is known */
}

static void a_day_counts_with_twenty_hours_and_four_busy_ones(void **state)
{
    (void)state;
    uint32_t all = 0xffffff;
    assert_true(completeness_day(all));
    assert_true(completeness_day(all & ~UINT32_C(0xf)));        /* four of the night are missing */
    assert_false(completeness_day(all & ~UINT32_C(0x1f)));      /* five */
    assert_true(completeness_day(all & ~(UINT32_C(1) << 19)));  /* one busy hour */
    assert_false(completeness_day(all & ~(UINT32_C(3) << 19))); /* two */
}

static void a_month_of_stocks_counts_with_twenty_days_up_to_its_end(void **state)
{
    (void)state;
    assert_true(completeness_month_stock(20, 97, 100));
    assert_false(completeness_month_stock(19, 100, 100));
    assert_false(completeness_month_stock(28, 96, 100));
}

static void a_month_of_percentiles_counts_with_nine_hours_of_ten(void **state)
{
    (void)state;
    assert_true(completeness_month_percentile(648, 720));
    assert_false(completeness_month_percentile(647, 720));
}

static void a_capture_is_degraded_beyond_one_in_a_hundred_and_invalid_beyond_five(void **state)
{
    (void)state;
    assert_int_equal(capture_state(optional_double(0.01)), CAPTURE_IS_VALID);
    assert_int_equal(capture_state(optional_double(0.0101)), CAPTURE_IS_DEGRADED);
    assert_int_equal(capture_state(optional_double(0.05)), CAPTURE_IS_DEGRADED);
    assert_int_equal(capture_state(optional_double(0.0501)), CAPTURE_IS_INVALID);
    assert_int_equal(capture_state((struct optional_double){.known = false, .value = 1}),
                     CAPTURE_IS_VALID);
}

static void every_rule_is_printed_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMPLETENESS_RULES; i++) {
        assert_non_null(completeness_rules[i].words_en);
        assert_non_null(completeness_rules[i].words_zh);
        assert_non_null(completeness_rules[i].level_zh);
        assert_true(completeness_rules[i].limit > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_counts_from_nine_of_its_twelve_points_on),
        cmocka_unit_test(a_day_counts_with_twenty_hours_and_four_busy_ones),
        cmocka_unit_test(a_month_of_stocks_counts_with_twenty_days_up_to_its_end),
        cmocka_unit_test(a_month_of_percentiles_counts_with_nine_hours_of_ten),
        cmocka_unit_test(a_capture_is_degraded_beyond_one_in_a_hundred_and_invalid_beyond_five),
        cmocka_unit_test(every_rule_is_printed_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
