/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/alert.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define S CLOCK_NS_PER_S

struct heard {
    struct alerts *alerts;
    uint64_t now_s;
    unsigned raised, cleared;
    struct alert_event last;
};

static int start(void **state)
{
    static struct heard heard;
    heard = (struct heard){.alerts = alerts_new(alert_limits_default), .now_s = 1000};
    *state = &heard;
    return heard.alerts ? 0 : -1;
}

static int stop(void **state)
{
    alerts_free(((struct heard *)*state)->alerts);
    return 0;
}

static void on_event(void *ctx, const struct alert_event *event)
{
    struct heard *heard = ctx;
    heard->raised += event->raised;
    heard->cleared += !event->raised;
    heard->last = *event;
}

/* One reading of one rule, `after_s` later than the one before. */
static void judge(struct heard *heard, enum alert_rule rule, double value, uint64_t after_s)
{
    struct alert_reading reading = {.probe_id = 7, .operator_name = "cu", .probe_name = "p1"};
    heard->now_s += after_s;
    reading.values[rule] = optional_double(value);
    const struct alert_time now = {heard->now_s * S, (1700000000 + heard->now_s) * S};
    assert_int_equal(alerts_judge(heard->alerts, &reading, &now, on_event, heard), 0);
}

static void a_silent_probe_raises_after_its_time_and_once(void **state)
{
    struct heard *heard = *state;
    judge(heard, ALERT_SILENT, 2.9, 30);
    judge(heard, ALERT_SILENT, 3.0, 30);
    judge(heard, ALERT_SILENT, 3.5, 90);
    assert_int_equal(heard->raised, 0);
    judge(heard, ALERT_SILENT, 4, 30); /* two minutes */
    assert_int_equal(heard->raised, 1);
    assert_int_equal(heard->last.rule, ALERT_SILENT);
    assert_string_equal(heard->last.probe_name, "p1");
    for (unsigned i = 0; i < 100; i++)
        judge(heard, ALERT_SILENT, 5 + i, 30);
    assert_int_equal(heard->raised, 1);
}

static void between_the_thresholds_nothing_changes(void **state)
{
    struct heard *heard = *state;
    for (unsigned i = 0; i < 10; i++)
        judge(heard, ALERT_SILENT, 2, 60);
    assert_int_equal(heard->raised, 0);
    judge(heard, ALERT_SILENT, 4, 60);
    judge(heard, ALERT_SILENT, 4, 120);
    assert_int_equal(heard->raised, 1);
    for (unsigned i = 0; i < 10; i++)
        judge(heard, ALERT_SILENT, 2, 60);
    assert_int_equal(heard->cleared, 0);
    judge(heard, ALERT_SILENT, 0.5, 60);
    assert_int_equal(heard->cleared, 0);
    judge(heard, ALERT_SILENT, 0.5, 60);
    assert_int_equal(heard->cleared, 1);
    assert_false(heard->last.raised);
}

static void a_value_that_flaps_raises_nothing(void **state)
{
    struct heard *heard = *state;
    for (unsigned i = 0; i < 1000; i++)
        judge(heard, ALERT_CLOCK, i % 2, 300);
    assert_int_equal(heard->raised, 0);
    judge(heard, ALERT_CLOCK, 1, 300);
    judge(heard, ALERT_CLOCK, 1, 600);
    assert_int_equal(heard->raised, 1);
    for (unsigned i = 0; i < 1000; i++) /* nor does it clear anything */
        judge(heard, ALERT_CLOCK, i % 2, 300);
    assert_int_equal(heard->cleared, 0);
}

static void coverage_is_low_below_its_threshold(void **state)
{
    struct heard *heard = *state;
    judge(heard, ALERT_COVERAGE, 0.85, 60);
    judge(heard, ALERT_COVERAGE, 0.85, 3600);
    assert_int_equal(heard->raised, 0);
    judge(heard, ALERT_COVERAGE, 0.79, 60);
    judge(heard, ALERT_COVERAGE, 0.5, 900);
    assert_int_equal(heard->raised, 1);
    judge(heard, ALERT_COVERAGE, 0.85, 3600);
    judge(heard, ALERT_COVERAGE, 0.95, 60);
    assert_int_equal(heard->cleared, 0);
    judge(heard, ALERT_COVERAGE, 0.95, 900);
    assert_int_equal(heard->cleared, 1);
}

static void a_backlog_that_does_not_grow_is_no_alert(void **state)
{
    struct heard *heard = *state;
    for (unsigned i = 0; i < 100; i++)
        judge(heard, ALERT_BACKLOG, 500 - i, 60); /* it drains */
    assert_int_equal(heard->raised, 0);
    for (unsigned i = 0; i < 12; i++)
        judge(heard, ALERT_BACKLOG, 400 + i, 60);
    for (unsigned i = 12; i < 24; i++)
        judge(heard, ALERT_BACKLOG, 400 + i, 60);
    assert_int_equal(heard->raised, 1);
}

static void what_is_unknown_changes_nothing(void **state)
{
    struct heard *heard = *state;
    judge(heard, ALERT_SILENT, 4, 60);
    judge(heard, ALERT_CLOCK, 0, 600); /* says nothing of silence */
    judge(heard, ALERT_SILENT, 4, 1);
    assert_int_equal(heard->raised, 1);
}

static void what_was_in_force_before_a_restart_is_not_raised_again_and_clears(void **state)
{
    struct heard *heard = *state;
    assert_int_equal(alerts_restore(heard->alerts, 7, ALERT_SILENT, 55 * S), 0);
    judge(heard, ALERT_SILENT, 9, 60);
    judge(heard, ALERT_SILENT, 9, 600);
    assert_int_equal(heard->raised, 0);
    judge(heard, ALERT_SILENT, 0, 60);
    judge(heard, ALERT_SILENT, 0, 60);
    assert_int_equal(heard->cleared, 1);
    assert_int_equal(heard->last.since_unix_ns, 55 * S);
}

static void probes_do_not_disturb_each_other(void **state)
{
    struct heard *heard = *state;
    struct alert_time now = {1 * S, 1 * S};
    for (unsigned round = 0; round < 2; round++, now.mono_ns += 600 * S)
        for (int64_t id = 300; id > 0; id--) {
            struct alert_reading reading = {.probe_id = id};
            reading.values[ALERT_SILENT] = optional_double(id % 3 == 0 ? 5 : 0);
            assert_int_equal(alerts_judge(heard->alerts, &reading, &now, on_event, heard), 0);
        }
    assert_int_equal(heard->raised, 100);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_silent_probe_raises_after_its_time_and_once),
        CASE(between_the_thresholds_nothing_changes),
        CASE(a_value_that_flaps_raises_nothing),
        CASE(coverage_is_low_below_its_threshold),
        CASE(a_backlog_that_does_not_grow_is_no_alert),
        CASE(what_is_unknown_changes_nothing),
        CASE(what_was_in_force_before_a_restart_is_not_raised_again_and_clears),
        CASE(probes_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
