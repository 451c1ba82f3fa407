/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/ledger.h"

#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY   (86400 * CLOCK_NS_PER_S)
#define START fixture_time_ns(2026, 3, 1, 0, 0)
#define STEP  FIXTURE_INTERVAL_NS
#define LATE  (90 * CLOCK_NS_PER_S) /* more than what is allowed for the way */

static struct registry *registry;

static int start(void **state)
{
    (void)state;
    registry = registry_open(":memory:");
    return registry ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    registry_close(registry);
    return 0;
}

/* Interval number `index` of START, in sequence `sequence` of a boot. */
static struct report *report_of(uint8_t boot, uint64_t sequence, uint64_t index)
{
    return fixture_report("p1", boot, sequence, START + index * STEP);
}

static void arrive(uint8_t boot, uint64_t sequence, uint64_t index)
{
    assert_true(fixture_commit(registry, report_of(boot, sequence, index)));
}

static void refuse(uint8_t boot, uint64_t sequence, uint64_t index)
{
    static const struct journal_caps caps = {.series_max = 1000, .lines_max = 1000};
    struct report *report = report_of(boot, sequence, index);
    struct journal_entry entry = {
        .report = report, .arrived_ns = START + (index + 1) * STEP, .refused = true};
    assert_int_equal(registry_commit_reports(registry, &entry, 1, &caps), 0);
    report_free(report);
}

static struct ledger *read_window(uint64_t from_ns, uint64_t to_ns)
{
    const struct ledger_query query = {.from_ns = from_ns, .to_ns = to_ns, .gaps_max = 8};
    struct ledger *ledger = NULL;
    assert_int_equal(registry_read_ledger(registry, &query, &ledger), 0);
    for (size_t i = 0; i < ledger->probe_count; i++) {
        const struct ledger_probe *probe = &ledger->probes[i];
        uint64_t sum = probe->arrived;
        for (int reason = 0; reason < LEDGER_REASONS; reason++)
            sum += probe->missing[reason];
        assert_int_equal(probe->expected, sum);
    }
    return ledger;
}

static void check(uint64_t to_ns, uint64_t arrived, const uint64_t missing[LEDGER_REASONS])
{
    struct ledger *ledger = read_window(START, to_ns);
    assert_int_equal(ledger->probe_count, 1);
    assert_int_equal(ledger->probes[0].arrived, arrived);
    for (int reason = 0; reason < LEDGER_REASONS; reason++)
        assert_int_equal(ledger->probes[0].missing[reason], missing[reason]);
    ledger_free(ledger);
}

#define NOTHING ((const uint64_t[LEDGER_REASONS]){0})

static void everything_that_arrived_leaves_nothing_missing(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) /* three days and a half: whole days, and parts of days */
        arrive(1, i + 1, i);
    check(START + 1000 * STEP + LATE, 1000, NOTHING);
}

static void what_the_probe_declared_lost_is_declared(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    struct report *report = report_of(1, 5, 4);
    struct report_gap *gap = report_add_gap(report);
    memset(gap->boot_id, 1, sizeof gap->boot_id);
    gap->first_sequence = 2;
    gap->last_sequence = 4;
    assert_true(fixture_commit(registry, report));
    check(START + 5 * STEP, 2, (const uint64_t[LEDGER_REASONS]){[LEDGER_DECLARED] = 3});
}

static void what_was_refused_is_refused(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    refuse(1, 2, 1);
    arrive(1, 3, 2);
    check(START + 3 * STEP, 2, (const uint64_t[LEDGER_REASONS]){[LEDGER_REFUSED] = 1});
}

static void a_backlog_that_is_to_come_is_silent_until_it_comes(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    arrive(1, 5, 4);
    check(START + 5 * STEP, 2, (const uint64_t[LEDGER_REASONS]){[LEDGER_SILENT] = 3});
    for (uint64_t i = 2; i <= 4; i++)
        arrive(1, i, i - 1);
    check(START + 5 * STEP, 5, NOTHING);
}

static void time_without_a_sequence_is_the_clock(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    arrive(1, 2, 7);
    check(START + 8 * STEP, 2, (const uint64_t[LEDGER_REASONS]){[LEDGER_CLOCK] = 6});
}

static void a_probe_that_was_off_is_silent(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    arrive(2, 1, 5);
    check(START + 6 * STEP, 2, (const uint64_t[LEDGER_REASONS]){[LEDGER_SILENT] = 4});
}

static void a_hole_may_have_several_reasons(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    refuse(1, 3, 2);
    struct report *report = report_of(1, 6, 9);
    struct report_gap *gap = report_add_gap(report);
    memset(gap->boot_id, 1, sizeof gap->boot_id);
    gap->first_sequence = gap->last_sequence = 2;
    assert_true(fixture_commit(registry, report));
    struct ledger *ledger = read_window(START, START + 10 * STEP);
    const struct ledger_probe *probe = &ledger->probes[0];
    assert_int_equal(probe->missing[LEDGER_DECLARED], 1);
    assert_int_equal(probe->missing[LEDGER_REFUSED], 1);
    assert_int_equal(probe->missing[LEDGER_SILENT], 2); /* sequences 4 and 5 */
    assert_int_equal(probe->missing[LEDGER_CLOCK], 4);
    assert_int_equal(probe->gap_count, 4);
    assert_int_equal(probe->gaps[0].from_ns, START + STEP);
    for (size_t i = 1; i < probe->gap_count; i++)
        assert_int_equal(probe->gaps[i].from_ns, probe->gaps[i - 1].to_ns);
    assert_int_equal(probe->gaps[3].to_ns, START + 9 * STEP);
    ledger_free(ledger);
}

static void the_interval_that_runs_is_not_missing_and_the_next_one_is(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    check(START + 2 * STEP, 1, NOTHING);
    check(START + 2 * STEP + LATE, 1, (const uint64_t[LEDGER_REASONS]){[LEDGER_SILENT] = 1});
}

static void a_silence_over_days_is_one_gap(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    arrive(2, 1, 3 * 288);
    struct ledger *ledger = read_window(START, START + 3 * DAY + STEP);
    assert_int_equal(ledger->probes[0].gaps_found, 1);
    assert_int_equal(ledger->probes[0].gaps[0].intervals, 3 * 288 - 1);
    assert_int_equal(ledger->probes[0].gaps[0].from_ns, START + STEP);
    assert_int_equal(ledger->probes[0].gaps[0].to_ns, START + 3 * DAY);
    ledger_free(ledger);
}

static void the_latest_gaps_are_listed_and_all_are_counted(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        arrive(1, 2 * i + 1, 2 * i);
    struct ledger *ledger = read_window(START, START + 39 * STEP);
    const struct ledger_probe *probe = &ledger->probes[0];
    assert_int_equal(probe->missing[LEDGER_SILENT], 19);
    assert_int_equal(probe->gaps_found, 19);
    assert_int_equal(probe->gap_count, 8);
    assert_int_equal(probe->gaps[7].to_ns, START + 38 * STEP);
    ledger_free(ledger);
}

static void a_probe_is_expected_from_the_beginning_when_it_reported_before(void **state)
{
    (void)state;
    arrive(1, 1, 0);
    arrive(1, 2, 600);
    struct ledger *ledger = read_window(START + DAY, START + 3 * DAY);
    assert_int_equal(ledger->probes[0].arrived, 1);
    assert_int_equal(ledger->probes[0].expected, 575); /* two days less the running interval */
    ledger_free(ledger);
    ledger = read_window(START - DAY, START);
    assert_int_equal(ledger->probe_count, 0);
    ledger_free(ledger);
}

/* A day that is counted whole must give what reading it gives: windows that cut days read them. */
static void whole_days_count_as_their_reports_do(void **state)
{
    (void)state;
    uint64_t sequence = 0;
    uint64_t missing = 0;
    for (uint64_t i = 0; i < 10 * 288; i++) {
        if (i % 577 == 300) {
            sequence++;
            missing++;
            continue;
        }
        arrive(1, ++sequence, i);
    }
    uint64_t end = START + 10 * DAY;
    struct ledger *whole = read_window(START, end);
    assert_int_equal(whole->probes[0].expected, 10 * 288);
    assert_int_equal(whole->probes[0].missing[LEDGER_SILENT], missing);
    uint64_t arrived = 0;
    for (uint64_t from = START; from < end; from += DAY / 2) {
        struct ledger *half = read_window(from, from + DAY / 2);
        arrived += half->probes[0].arrived;
        ledger_free(half);
    }
    assert_int_equal(whole->probes[0].arrived, arrived);
    ledger_free(whole);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(everything_that_arrived_leaves_nothing_missing),
        CASE(what_the_probe_declared_lost_is_declared),
        CASE(what_was_refused_is_refused),
        CASE(a_backlog_that_is_to_come_is_silent_until_it_comes),
        CASE(time_without_a_sequence_is_the_clock),
        CASE(a_probe_that_was_off_is_silent),
        CASE(a_hole_may_have_several_reasons),
        CASE(the_interval_that_runs_is_not_missing_and_the_next_one_is),
        CASE(a_silence_over_days_is_one_gap),
        CASE(the_latest_gaps_are_listed_and_all_are_counted),
        CASE(a_probe_is_expected_from_the_beginning_when_it_reported_before),
        CASE(whole_days_count_as_their_reports_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
