/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_site.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>

static int open_fake(void **state)
{
    static struct fake_site fake;
    *state = &fake;
    return fake_site_open(&fake, 2000) ? 0 : -1;
}

static int close_fake(void **state)
{
    fake_site_close(*state);
    return 0;
}

static void a_storm_of_refreshes_costs_one_evaluation(void **state)
{
    struct fake_site *fake = *state;
    const struct figures *figures;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(
            site_figures(fake->site, 2026, FAKE_NOW_NS + UINT64_C(1000000) * i, &figures), 0);
    assert_int_equal(fake->figures_asked, 1);
    assert_int_equal(site_figures(fake->site, 2026, FAKE_NOW_NS + UINT64_C(2000000000), &figures),
                     0);
    assert_int_equal(fake->figures_asked, 2);
}

static void asking_for_every_year_in_turn_costs_one_evaluation_each(void **state)
{
    struct fake_site *fake = *state;
    const struct figures *figures;
    for (int round = 0; round < 10; round++)
        for (int year = SITE_YEAR_MIN; year <= 2026; year++)
            assert_int_equal(site_figures(fake->site, year, FAKE_NOW_NS, &figures), 0);
    assert_int_equal(fake->figures_asked, 2026 - SITE_YEAR_MIN + 1);
}

static void years_before_the_first_and_after_the_current_have_no_figures(void **state)
{
    struct fake_site *fake = *state;
    const struct figures *figures;
    assert_int_equal(site_figures(fake->site, SITE_YEAR_MIN - 1, FAKE_NOW_NS, &figures), -ERANGE);
    assert_int_equal(site_figures(fake->site, 2027, FAKE_NOW_NS, &figures), -ERANGE);
    assert_int_equal(fake->figures_asked, 0);
}

static void a_clock_that_went_backwards_makes_the_answer_old(void **state)
{
    struct fake_site *fake = *state;
    const struct site_status *status;
    assert_int_equal(site_status(fake->site, FAKE_NOW_NS, &status), 0);
    assert_int_equal(site_status(fake->site, FAKE_NOW_NS - 1, &status), 0);
    assert_int_equal(fake->status_asked, 2);
}

static void a_failing_source_is_an_error_and_not_an_old_answer(void **state)
{
    struct fake_site *fake = *state;
    const struct site_status *status;
    assert_int_equal(site_status(fake->site, FAKE_NOW_NS, &status), 0);
    fake->failure = -EIO;
    assert_int_equal(site_status(fake->site, FAKE_NOW_NS + UINT64_C(3000000000), &status), -EIO);
    fake->failure = 0;
    assert_int_equal(site_status(fake->site, FAKE_NOW_NS + UINT64_C(3000000001), &status), 0);
}

static void a_probe_is_silent_after_three_intervals_but_never_before_five_minutes(void **state)
{
    (void)state;
    const uint64_t second = 1000000000u;
    struct site_probe probe = {.interval_ms = 60000, .last_arrived_ns = FAKE_NOW_NS};
    assert_int_equal(site_probe_state(&probe, FAKE_NOW_NS + 300 * second), PROBE_REPORTING);
    assert_int_equal(site_probe_state(&probe, FAKE_NOW_NS + 301 * second), PROBE_SILENT);
    assert_int_equal(site_probe_state(&probe, FAKE_NOW_NS - second), PROBE_REPORTING);
    probe.interval_ms = 300000;
    assert_int_equal(site_probe_state(&probe, FAKE_NOW_NS + 900 * second), PROBE_REPORTING);
    assert_int_equal(site_probe_state(&probe, FAKE_NOW_NS + 901 * second), PROBE_SILENT);
    probe.last_arrived_ns = 0;
    assert_int_equal(site_probe_state(&probe, FAKE_NOW_NS), PROBE_NEVER_HEARD);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        CASE(a_storm_of_refreshes_costs_one_evaluation),
        CASE(asking_for_every_year_in_turn_costs_one_evaluation_each),
        CASE(years_before_the_first_and_after_the_current_have_no_figures),
        CASE(a_clock_that_went_backwards_makes_the_answer_old),
        CASE(a_failing_source_is_an_error_and_not_an_old_answer),
        CASE(a_probe_is_silent_after_three_intervals_but_never_before_five_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
