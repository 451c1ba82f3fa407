/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/bar.h"
#include "collector/http/format.h"

#include "tests/support/cmocka_all.h"

#include <math.h>
#include <string.h>

static void numbers_have_their_thousands_apart(void **state)
{
    (void)state;
    static const struct {
        double value;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {999, 0, "999"},
        {1000, 0, "1,000"},
        {60000, 0, "60,000"},
        {1234567.891, 2, "1,234,567.89"},
        {-1234, 0, "-1,234"},
        {-123, 1, "-123.0"},
        {79.96, 1, "80.0"},
        {1e18, 0, "1,000,000,000,000,000,000"},
    };
    char out[FORMAT_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        format_number(cases[i].value, cases[i].decimals, out);
        assert_string_equal(out, cases[i].text);
    }
    format_number(1e300, 6, out);
    assert_string_equal(out, "1e+300");
    format_number(NAN, 1, out);
    assert_non_null(strstr(out, "nan"));
}

static void a_share_near_its_target_shows_that_it_is_not_the_target(void **state)
{
    (void)state;
    const struct plan_indicator share = {.unit = "%", .decimals = 1};
    const struct plan_indicator count = {.unit = "count", .decimals = 0};
    const struct optional_double eighty = {true, 80};
    assert_int_equal(format_decimals(&share, 62.3, eighty), 1);
    assert_int_equal(format_decimals(&share, 79.96, eighty), 2);
    assert_int_equal(format_decimals(&share, 79.996, eighty), 3);
    assert_int_equal(format_decimals(&share, 80, eighty), 1);
    assert_int_equal(format_decimals(&share, 79.96, (struct optional_double){0}), 1);
    assert_int_equal(format_decimals(&count, 59999, (struct optional_double){true, 60000}), 0);
    assert_int_equal(format_decimals(&count, 19.9, (struct optional_double){true, 20}), 1);
}

static void targets_show_no_more_decimals_than_they_have(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    format_shortest(80, out);
    assert_string_equal(out, "80");
    format_shortest(99.95, out);
    assert_string_equal(out, "99.95");
    format_shortest(0.1 + 0.2, out);
    assert_string_equal(out, "0.3");
}

static void counts_are_said_in_wan(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    format_wan(60000, out);
    assert_string_equal(out, "6万");
    format_wan(62345, out);
    assert_string_equal(out, "6.2345万");
    format_wan(59970, out);
    assert_string_equal(out, "5.997万");
    format_wan(12000000, out);
    assert_string_equal(out, "1,200万");
    format_wan(9999, out);
    assert_string_equal(out, "");
    format_wan(NAN, out);
    assert_string_equal(out, "");
}

static void dates_are_written_in_the_language(void **state)
{
    (void)state;
    char out[FORMAT_BYTES];
    format_date(17531, LANGUAGE_ZH, out);
    assert_string_equal(out, "2017年12月31日");
    format_date(17531, LANGUAGE_EN, out);
    assert_string_equal(out, "31 December 2017");
    format_time(UINT64_C(1514735999) * 1000000000, LANGUAGE_ZH, out); /* 15:59:59 UTC */
    assert_string_equal(out, "2017年12月31日 23:59");
    format_time(UINT64_C(1514736000) * 1000000000, LANGUAGE_EN, out);
    assert_string_equal(out, "1 January 2018, 00:00");
}

static void every_text_is_there_in_both_languages(void **state)
{
    (void)state;
    for (int word = 0; word < WORDS; word++) {
        const char *zh = word_text((enum word)word, LANGUAGE_ZH);
        const char *en = word_text((enum word)word, LANGUAGE_EN);
        assert_true(zh && en && *zh && *en);
        bool has_chinese = false;
        for (const char *at = zh; *at; at++)
            has_chinese |= (*at & 0x80) != 0;
        assert_true(has_chinese);
        for (const char *at = en; *at; at++)
            assert_true((*at & 0x80) == 0);
    }
}

static void a_bar_ends_at_a_round_number_above_all_it_shows(void **state)
{
    (void)state;
    struct bar bar = {.value = {true, 60}, .marks = {{.value = 80}}, .mark_count = 1};
    assert_true(bar_full_scale(&bar, 100) == 100);
    bar.value.value = 104;
    assert_true(bar_full_scale(&bar, 100) == 125);
    bar.marks[0].value = 80000;
    assert_true(bar_full_scale(&bar, 0) == 100000);
    bar = (struct bar){.mark_count = 0};
    assert_true(bar_full_scale(&bar, 0) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_their_thousands_apart),
        cmocka_unit_test(a_share_near_its_target_shows_that_it_is_not_the_target),
        cmocka_unit_test(targets_show_no_more_decimals_than_they_have),
        cmocka_unit_test(counts_are_said_in_wan),
        cmocka_unit_test(dates_are_written_in_the_language),
        cmocka_unit_test(every_text_is_there_in_both_languages),
        cmocka_unit_test(a_bar_ends_at_a_round_number_above_all_it_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
