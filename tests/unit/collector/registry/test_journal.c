/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/journal.h"
#include "collector/registry/registry.h"
#include "collector/registry/series_index.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START fixture_time_ns(2026, 3, 1, 12, 0)

static int open_registry(void **state)
{
    *state = registry_open(":memory:");
    return *state ? 0 : -1;
}

static int close_registry(void **state)
{
    registry_close(*state);
    return 0;
}

static struct report *numbered(uint64_t sequence)
{
    return fixture_report("p1", 1, sequence, START + (sequence - 1) * FIXTURE_INTERVAL_NS);
}

static struct registry_stats stats_of(struct registry *registry)
{
    struct registry_stats stats;
    assert_int_equal(registry_read_stats(registry, &stats), 0);
    return stats;
}

static void a_report_that_comes_twice_is_stored_once(void **state)
{
    struct registry *registry = *state;
    assert_true(fixture_commit(registry, numbered(1)));
    assert_false(fixture_commit(registry, numbered(1)));
    assert_int_equal(stats_of(registry).reports, 1);
    assert_int_equal(fixture_receipt(registry, "p1", 1), 1);
}

static void a_receipt_stops_at_the_first_sequence_that_is_missing(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, numbered(1));
    (void)fixture_commit(registry, numbered(3));
    (void)fixture_commit(registry, numbered(4));
    assert_int_equal(fixture_receipt(registry, "p1", 1), 1);
    (void)fixture_commit(registry, numbered(2));
    assert_int_equal(fixture_receipt(registry, "p1", 1), 4);
}

static void a_receipt_of_a_boot_that_begins_late_is_zero(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, numbered(7));
    assert_int_equal(fixture_receipt(registry, "p1", 1), 0);
}

static void a_declared_gap_lets_the_receipt_pass(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, numbered(1));
    struct report *report = numbered(5);
    struct report_gap *gap = report_add_gap(report);
    memset(gap->boot_id, 1, sizeof gap->boot_id);
    gap->first_sequence = 2;
    gap->last_sequence = 4;
    (void)fixture_commit(registry, report);
    assert_int_equal(fixture_receipt(registry, "p1", 1), 5);
    assert_int_equal(stats_of(registry).gaps, 3);
}

static void a_gap_may_tell_of_an_earlier_boot(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, numbered(1));
    struct report *report = fixture_report("p1", 2, 1, START + 50 * FIXTURE_INTERVAL_NS);
    struct report_gap *gap = report_add_gap(report);
    memset(gap->boot_id, 1, sizeof gap->boot_id);
    gap->first_sequence = 2;
    gap->last_sequence = 49;
    (void)fixture_commit(registry, report);
    assert_int_equal(fixture_receipt(registry, "p1", 1), 49);
    assert_int_equal(fixture_receipt(registry, "p1", 2), 1);
}

static void a_refused_report_is_accounted_for_but_not_stored(void **state)
{
    struct registry *registry = *state;
    static const struct journal_caps caps = {.series_max = 10, .lines_max = 10};
    struct report *report = numbered(1);
    struct journal_entry entry = {.report = report, .arrived_ns = START, .refused = true};
    assert_int_equal(registry_commit_reports(registry, &entry, 1, &caps), 0);
    report_free(report);
    assert_int_equal(fixture_receipt(registry, "p1", 1), 1);
    assert_int_equal(stats_of(registry).reports, 0);
    assert_int_equal(stats_of(registry).gaps, 0);
}

static void probes_of_one_name_at_two_operators_are_two(void **state)
{
    struct registry *registry = *state;
    struct report *other = numbered(1);
    (void)snprintf(other->operator_name, sizeof other->operator_name, "ct");
    assert_true(fixture_commit(registry, numbered(1)));
    assert_true(fixture_commit(registry, other));
    assert_int_equal(stats_of(registry).probes, 2);
}

struct placed {
    uint64_t starts[8];
    size_t count;
};

static int note_start(void *ctx, const struct journal_row *row)
{
    struct placed *placed = ctx;
    placed->starts[placed->count++] = row->start_ns;
    return 0;
}

static struct report *untrusted(uint64_t sequence)
{
    struct report *report = numbered(sequence);
    report->wall_trusted = false;
    report->interval_start_unix_ns = 3600 * CLOCK_NS_PER_S * sequence; /* 1970 */
    return report;
}

static void an_untrusted_report_stands_where_a_trusted_one_of_its_boot_puts_it(void **state)
{
    struct registry *registry = *state;
    struct placed placed = {.count = 0};
    (void)fixture_commit(registry, numbered(3));
    (void)fixture_commit_at(registry, untrusted(1), START + 100 * FIXTURE_INTERVAL_NS);
    assert_int_equal(
        registry_visit_probe(registry, 1, (struct journal_place){0, 0}, 10, note_start, &placed),
        0);
    assert_int_equal(placed.count, 2);
    assert_true(placed.starts[0] == START);
}

static void an_untrusted_report_alone_stands_before_its_arrival(void **state)
{
    struct registry *registry = *state;
    struct placed placed = {.count = 0};
    uint64_t late = 7 * CLOCK_NS_PER_S;
    (void)fixture_commit_at(registry, untrusted(1), START + FIXTURE_INTERVAL_NS + late);
    (void)fixture_commit_at(registry, untrusted(2), START + 2 * FIXTURE_INTERVAL_NS);
    (void)fixture_commit_at(registry, untrusted(3), START + 3 * FIXTURE_INTERVAL_NS + 3 * late);
    assert_int_equal(registry_visit_journal(registry, 0, 10, note_start, &placed), 0);
    assert_int_equal(placed.count, 3);
    assert_true(placed.starts[0] == START + late); /* the promptest arrival so far */
    assert_true(placed.starts[1] == START + FIXTURE_INTERVAL_NS);
    assert_true(placed.starts[2] == START + 2 * FIXTURE_INTERVAL_NS);
}

static void a_probe_opens_no_more_series_than_its_cap(void **state)
{
    struct registry *registry = *state;
    static const struct journal_caps caps = {.series_max = 20, .lines_max = 50};
    struct report *report = numbered(1);
    for (unsigned i = 0; i < 200; i++) {
        struct report_cell *cell = fixture_add_lines(report, i * 1000, 10);
        (void)snprintf(cell->access_node, sizeof cell->access_node, "olt-%u", i);
    }
    uint8_t *payload = NULL;
    struct journal_entry entry = {.report = report, .arrived_ns = START + FIXTURE_INTERVAL_NS};
    assert_int_equal(report_encode(report, &payload, &entry.length), 0);
    entry.payload = payload;
    assert_int_equal(registry_commit_reports(registry, &entry, 1, &caps), 0);
    free(payload);
    report_free(report);
    struct registry_stats stats = stats_of(registry);
    assert_true(stats.series <= 20);
    assert_true(stats.access_nodes <= 20);
    assert_true(stats.lines <= 50);
    assert_true(stats.over_cap >= 180);
    assert_true(fixture_commit(registry, fixture_report("p2", 9, 1, START)));
}

/* A report of boot number n, which is its only one. */
static struct report *of_boot(uint32_t number, uint64_t start_ns)
{
    struct report *report = fixture_report("p1", 0, 1, start_ns);
    memcpy(report->boot_id, &number, sizeof number);
    return report;
}

static void a_probe_begins_a_thousand_boots_a_day_and_no_more(void **state)
{
    struct registry *registry = *state;
    const uint64_t day_ns = 86400 * CLOCK_NS_PER_S;
    for (uint32_t i = 1; i <= 1000; i++)
        assert_true(fixture_commit_at(registry, of_boot(i, START), START));
    for (uint32_t i = 1001; i <= 1010; i++)
        assert_false(fixture_commit_at(registry, of_boot(i, START), START));
    assert_int_equal(stats_of(registry).reports, 1000);
    assert_int_equal(stats_of(registry).over_cap, 10);
    struct report *report = of_boot(7, START); /* one that is known goes on */
    report->sequence = 2;
    for (uint32_t i = 0; i < 20; i++) {
        struct report_gap *gap = report_add_gap(report);
        assert_non_null(gap);
        gap->first_sequence = gap->last_sequence = 1;
        gap->boot_id[15] = 1;
        gap->boot_id[0] = (uint8_t)i;
    }
    assert_true(fixture_commit_at(registry, report, START));
    assert_int_equal(stats_of(registry).over_cap, 30);
    assert_true(fixture_commit_at(registry, of_boot(1001, START), START + day_ns));
    assert_true(fixture_commit(registry, fixture_report("p2", 9, 1, START)));
}

/* As many WLANs and sources as an inventory may tell, numbered from a number on. */
static struct report *with_lists(uint64_t sequence, uint64_t start_ns, unsigned first)
{
    struct report *report = fixture_report("p1", 1, sequence, start_ns);
    struct report_inventory *inventory = fixture_add_poll(report, "wlc-1");
    for (unsigned i = 0; i < REPORT_NETWORKS_MAX; i++) {
        struct report_network *network = report_inventory_add_network(inventory);
        assert_non_null(network);
        (void)snprintf(network->ssid, sizeof network->ssid, "wlan-%u", first + i);
        network->networks = 1;
    }
    for (unsigned i = 0; i < REPORT_SOURCES_MAX; i++) {
        struct report_source *source = report_inventory_add_source(inventory);
        assert_non_null(source);
        (void)snprintf(source->quantity, sizeof source->quantity, "wtp.%u", first + i);
        (void)snprintf(source->source, sizeof source->source, "object");
    }
    return report;
}

static void a_node_has_no_endless_lists_of_wlans_and_sources(void **state)
{
    struct registry *registry = *state;
    const uint64_t day_ns = 86400 * CLOCK_NS_PER_S;
    for (unsigned i = 0; i < 4; i++)
        assert_true(fixture_commit(registry, with_lists(i + 1, START, 1000 * i)));
    assert_int_equal(stats_of(registry).over_cap, 2 * REPORT_NETWORKS_MAX);
    assert_true(
        fixture_commit(registry, with_lists(5, START, 0))); /* what has its place keeps it */
    assert_int_equal(stats_of(registry).over_cap, 2 * REPORT_NETWORKS_MAX);
    assert_true(fixture_commit(registry, with_lists(6, START + day_ns, 9000)));
    assert_int_equal(stats_of(registry).over_cap, 2 * REPORT_NETWORKS_MAX + REPORT_SOURCES_MAX);
}

static void quarantine_counts_all_and_keeps_few(void **state)
{
    struct registry *registry = *state;
    struct quarantine_count *counts = NULL;
    size_t count = 0;
    uint8_t payload[5000];
    memset(payload, 'x', sizeof payload);
    struct quarantine_item item = {
        .fault = "not-cbor", .payload = payload, .length = sizeof payload, .repeats = 1};
    for (unsigned i = 0; i < 250; i++) {
        item.arrived_ns = i + 1;
        assert_int_equal(registry_quarantine(registry, &item, 1), 0);
    }
    item = (struct quarantine_item){.fault = "wrong-topic"};
    assert_int_equal(registry_quarantine(registry, &item, 1), 0);
    assert_int_equal(registry_list_quarantine(registry, &counts, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(counts[0].count, 500);
    assert_int_equal(counts[0].last_ns, 250);
    free(counts);
    assert_true(stats_of(registry).database_bytes < 1000000);
}

static void series_are_found_by_what_they_show(void **state)
{
    struct registry *registry = *state;
    struct report *report = numbered(1);
    (void)fixture_add_lines(report, 1, 3);
    (void)fixture_commit(registry, report);
    struct series_key key = {.kind = SERIES_TRAFFIC,
                             .probe_id = 1,
                             .access_node = "olt-1",
                             .technology = TECHNOLOGY_GPON};
    int64_t id = 0;
    uint64_t step_s = 0;
    struct series_info info;
    assert_int_equal(registry_series_id(registry, &key, &id, &step_s), 0);
    assert_int_equal(step_s, 300);
    assert_int_equal(registry_find_series(registry, id, &info), 0);
    assert_string_equal(info.access_node, "olt-1");
    assert_int_equal(info.technology, TECHNOLOGY_GPON);
    key.technology = TECHNOLOGY_EPON;
    assert_int_equal(registry_series_id(registry, &key, &id, &step_s), 0);
    assert_int_equal(id, 0);
}

static void lines_and_access_points_are_told_apart_and_once(void **state)
{
    struct registry *registry = *state;
    for (int probe = 0; probe < 2; probe++) { /* both see the same ones */
        struct report *report = fixture_report(probe ? "p2" : "p1", 1, 1, START);
        (void)fixture_add_lines(report, 100, 7);
        fixture_add_wtps(fixture_add_poll(report, "ac-1"), 500, 4);
        (void)fixture_commit(registry, report);
    }
    assert_int_equal(stats_of(registry).lines, 7);
    assert_int_equal(stats_of(registry).wtps, 4);
}

static uint64_t step_of_p1(struct registry *registry)
{
    struct series_key key = {.kind = SERIES_PROBE, .probe_id = 1};
    int64_t id = 0;
    uint64_t step_s = 0;
    assert_int_equal(registry_series_id(registry, &key, &id, &step_s), 0);
    return step_s;
}

static void a_short_last_interval_is_no_new_schedule(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, numbered(1));
    struct report *last = numbered(2);
    last->interval_ms = 400;
    (void)fixture_commit(registry, last);
    assert_int_equal(step_of_p1(registry), 300);
    struct report *report = numbered(3); /* a new setting: every minute */
    report->interval_ms = 60000;
    report->schedule_ms = 60000;
    (void)fixture_commit(registry, report);
    int64_t probe_id = 0;
    assert_int_equal(step_of_p1(registry), 60);
    assert_int_equal(registry_next_dirty_probe(registry, &probe_id), 0);
}

static void the_broom_takes_payloads_but_no_keys(void **state)
{
    struct registry *registry = *state;
    struct placed placed = {.count = 0};
    (void)fixture_commit(registry, numbered(1));
    (void)fixture_commit(registry, numbered(2));
    uint64_t between = START + FIXTURE_INTERVAL_NS + 1;
    assert_int_equal(registry_prune(registry, between, START), 1);
    assert_int_equal(registry_visit_journal(registry, 0, 10, note_start, &placed), 0);
    assert_int_equal(placed.count, 1);
    assert_false(fixture_commit(registry, numbered(1)));
}

static void a_probe_says_itself_whether_it_is_there(void **state)
{
    struct registry *registry = *state;
    struct probe_status *probes = NULL;
    size_t count = 0;
    (void)fixture_commit(registry, numbered(1));
    assert_int_equal(registry_put_state(registry, "cu", "p1", false, START), 0);
    assert_int_equal(registry_put_state(registry, "cu", "p2", true, START), 0);
    assert_int_equal(registry_list_probes(registry, &probes, &count), 0);
    assert_int_equal(count, 2);
    assert_true(probes[0].online_known && !probes[0].online);
    assert_int_equal(probes[0].reports, 1);
    assert_true(probes[1].online_known && probes[1].online);
    assert_int_equal(probes[1].reports, 0);
    assert_int_equal(probes[1].last_arrived_ns, 0);
    free(probes);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_registry, close_registry)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_report_that_comes_twice_is_stored_once),
        CASE(a_receipt_stops_at_the_first_sequence_that_is_missing),
        CASE(a_receipt_of_a_boot_that_begins_late_is_zero),
        CASE(a_declared_gap_lets_the_receipt_pass),
        CASE(a_gap_may_tell_of_an_earlier_boot),
        CASE(a_refused_report_is_accounted_for_but_not_stored),
        CASE(probes_of_one_name_at_two_operators_are_two),
        CASE(an_untrusted_report_stands_where_a_trusted_one_of_its_boot_puts_it),
        CASE(an_untrusted_report_alone_stands_before_its_arrival),
        CASE(a_probe_opens_no_more_series_than_its_cap),
        CASE(a_probe_begins_a_thousand_boots_a_day_and_no_more),
        CASE(a_node_has_no_endless_lists_of_wlans_and_sources),
        CASE(quarantine_counts_all_and_keeps_few),
        CASE(series_are_found_by_what_they_show),
        CASE(a_short_last_interval_is_no_new_schedule),
        CASE(the_broom_takes_payloads_but_no_keys),
        CASE(a_probe_says_itself_whether_it_is_there),
        CASE(lines_and_access_points_are_told_apart_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
