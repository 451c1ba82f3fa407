/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/visibility.h"

#include "tests/support/cmocka_all.h"

#include <math.h>

/* An interval of 10 MB on the interface, of which capture saw so many permille. */
static struct visibility_sample seen(unsigned permille)
{
    return (struct visibility_sample){.packets = 10 * permille,
                                      .octets = UINT64_C(10000) * permille,
                                      .interface_octets = optional_u64(10000000)};
}

static enum report_visibility after(struct visibility *visibility,
                                    const struct visibility_sample *sample, unsigned times)
{
    while (times-- > 0)
        (void)visibility_update(visibility, sample);
    return visibility->state;
}

static void one_full_interval_is_enough_and_offload_takes_three(void **state)
{
    (void)state;
    struct visibility visibility = {0};
    struct visibility_sample full = seen(990), part = seen(60);
    assert_true(visibility_update(&visibility, &full));
    assert_int_equal(visibility.state, REPORT_VISIBILITY_FULL);
    assert_int_equal(after(&visibility, &part, 2), REPORT_VISIBILITY_FULL);
    assert_true(visibility_update(&visibility, &part));
    assert_int_equal(visibility.state, REPORT_VISIBILITY_OFFLOADED);
    assert_false(visibility_update(&visibility, &part)); /* said once */
    assert_int_equal(after(&visibility, &full, 2), REPORT_VISIBILITY_OFFLOADED);
    assert_true(visibility_update(&visibility, &full));
    assert_int_equal(visibility.state, REPORT_VISIBILITY_FULL);
}

static void a_single_bad_interval_among_good_ones_is_no_offload(void **state)
{
    (void)state;
    struct visibility visibility = {0};
    struct visibility_sample full = seen(990), part = seen(60);
    for (int i = 0; i < 20; i++) {
        (void)after(&visibility, &part, 2);
        (void)after(&visibility, &full, 1);
        assert_int_equal(visibility.state, REPORT_VISIBILITY_FULL);
    }
}

static void what_merging_and_padding_leave_out_is_no_offload(void **state)
{
    (void)state;
    struct visibility visibility = {0};
    struct visibility_sample between = seen(850);
    assert_int_equal(after(&visibility, &between, 10), REPORT_VISIBILITY_UNKNOWN);
    struct visibility_sample merged = seen(950);
    assert_int_equal(after(&visibility, &merged, 1), REPORT_VISIBILITY_FULL);
    assert_int_equal(after(&visibility, &between, 10), REPORT_VISIBILITY_FULL);
}

static void dropped_packets_were_visible(void **state)
{
    (void)state;
    struct visibility visibility = {0};
    struct visibility_sample sample = seen(500);
    sample.dropped_packets = sample.packets;
    assert_true(fabs(visibility_coverage(&sample).value - 1) < 1e-9);
    assert_int_equal(after(&visibility, &sample, 3), REPORT_VISIBILITY_FULL);
    sample = (struct visibility_sample){.dropped_packets = 1000,
                                        .interface_octets = optional_u64(10000000)};
    assert_int_equal(after(&visibility, &sample, 10), REPORT_VISIBILITY_FULL);
}

static void the_error_of_a_sampled_estimate_is_allowed_for(void **state)
{
    (void)state;
    struct visibility visibility = {0};
    struct visibility_sample sample = seen(700);
    sample.octets_error = 500000; /* 5 % */
    assert_int_equal(after(&visibility, &sample, 10), REPORT_VISIBILITY_UNKNOWN);
    sample.octets_error = 300000;
    assert_int_equal(after(&visibility, &sample, 3), REPORT_VISIBILITY_OFFLOADED);
}

static void quiet_and_incomparable_intervals_say_nothing(void **state)
{
    (void)state;
    struct visibility visibility = {0};
    struct visibility_sample quiet = {
        .packets = 1, .octets = 60, .interface_octets = optional_u64(999999)};
    struct visibility_sample unknown = {.packets = 1, .octets = 60};
    assert_int_equal(after(&visibility, &quiet, 10), REPORT_VISIBILITY_UNKNOWN);
    assert_int_equal(after(&visibility, &unknown, 10), REPORT_VISIBILITY_UNKNOWN);
    assert_false(visibility_coverage(&unknown).known);
    struct visibility_sample nothing = {.interface_octets = optional_u64(0)};
    assert_false(visibility_coverage(&nothing).known);
    struct visibility_sample blind = {.interface_octets = optional_u64(10000000)};
    assert_int_equal(after(&visibility, &blind, 3), REPORT_VISIBILITY_OFFLOADED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_full_interval_is_enough_and_offload_takes_three),
        cmocka_unit_test(a_single_bad_interval_among_good_ones_is_no_offload),
        cmocka_unit_test(what_merging_and_padding_leave_out_is_no_offload),
        cmocka_unit_test(dropped_packets_were_visible),
        cmocka_unit_test(the_error_of_a_sampled_estimate_is_allowed_for),
        cmocka_unit_test(quiet_and_incomparable_intervals_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
