/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What reports say of traffic besides lines: kept by day, added up over the instant's month.
 */
#include "collector/registry/evidence.h"
#include "collector/registry/registers.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "common/distinct.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static struct evidence *collect(struct registry *registry, int month, int day)
{
    const struct evidence_query query = {.last_day = clock_days_from_civil(2026, month, day),
                                         .activity_days = 90,
                                         .presence_days = 15};
    struct evidence *evidence = NULL;
    assert_int_equal(
        registry_collect_evidence(registry, &query, fixture_time_ns(2026, 12, 31, 0, 0), &evidence),
        0);
    return evidence;
}

static const struct traffic_evidence *find(const struct evidence *evidence, enum traffic_kind kind,
                                           const char *class_name)
{
    for (size_t i = 0; i < evidence->traffic_count; i++)
        if (evidence->traffic[i].kind == kind &&
            strcmp(evidence->traffic[i].class_name, class_name) == 0)
            return &evidence->traffic[i];
    fail_msg("no traffic of kind %d, class '%s'", (int)kind, class_name);
    return NULL;
}

static void add_users(struct report_wlan *wlan, uint64_t first, uint64_t count)
{
    struct distinct *users = distinct_new(12);
    assert_non_null(users);
    for (uint64_t i = 0; i < count; i++)
        distinct_add(users, (first + i) * UINT64_C(0x9e3779b97f4a7c15));
    wlan->users = malloc(DISTINCT_BYTES_MAX);
    assert_non_null(wlan->users);
    int length = distinct_write(users, wlan->users, DISTINCT_BYTES_MAX);
    assert_true(length > 0);
    wlan->users_length = (size_t)length;
    distinct_free(users);
}

/* Number `sequence` of a probe's reports: a cell with a destination, two WLANs, demand. */
static struct report *report_of(uint64_t sequence, int month, int day, int hour)
{
    struct report *report =
        fixture_report("p1", 1, sequence, fixture_time_ns(2026, month, day, hour, 0));
    struct report_cell *cell = fixture_add_lines(report, sequence * 10, 5);
    cell->tcp_segments = 1000;
    cell->tcp_retransmitted = 10;
    cell->accounted_downstream_octets = optional_u64(5000);
    histogram_add(&cell->external_rtt_us, 20000);
    histogram_add(&cell->demand_bits_per_s, 90000000);
    histogram_add(&cell->peak_bits_per_s, 950000000);
    histogram_add(&cell->peak_bits_per_s, 1000000);
    struct report_destination *cloud = report_cell_add_destination(cell);
    (void)snprintf(cloud->name, sizeof cloud->name, "cloud-weihai");
    cloud->downstream_octets = 2000;
    cloud->lines = 3;
    cloud->tcp_segments = 50;
    if (sequence % 2)
        histogram_add(&cloud->external_rtt_us, 3000 * sequence);
    struct report_wlan *public = report_cell_add_wlan(cell);
    (void)snprintf(public->ssid, sizeof public->ssid, "weihai-free");
    public->downstream_octets = 700;
    add_users(public, 1, 40);
    struct report_wlan *other = report_cell_add_wlan(cell);
    other->upstream_octets = 300;
    return report;
}

static void traffic_of_the_instants_month_is_added_up(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, report_of(1, 4, 30, 12)); /* the month before */
    (void)fixture_commit(registry, report_of(2, 5, 1, 12));
    (void)fixture_commit(registry, report_of(3, 5, 1, 13));
    (void)fixture_commit(registry, report_of(4, 5, 2, 13));
    struct evidence *evidence = collect(registry, 5, 2);
    assert_int_equal(evidence->traffic_count, 4);
    const struct traffic_evidence *lines = find(evidence, TRAFFIC_LINES, "");
    assert_int_equal(lines->days, 2);
    assert_int_equal(lines->reports, 3);
    assert_int_equal(lines->downstream_octets, 3000000);
    assert_int_equal(lines->tcp_retransmitted, 30);
    assert_int_equal(lines->fast_lines, 1);
    assert_true(lines->accounted_downstream_octets.known);
    assert_int_equal(lines->accounted_downstream_octets.value, 15000);
    assert_false(lines->accounted_upstream_octets.known);
    assert_int_equal(lines->settlement, SETTLEMENT_URBAN);
    assert_int_equal(lines->measures[TRAFFIC_EXTERNAL_RTT].count, 1);
    assert_int_equal(lines->measures[TRAFFIC_EXTERNAL_RTT].bins[0].bucket, histogram_bucket(20000));
    assert_int_equal(lines->measures[TRAFFIC_EXTERNAL_RTT].bins[0].count, 3);
    assert_int_equal(lines->measures[TRAFFIC_DEMAND].bins[0].count, 3);
    const struct traffic_evidence *cloud = find(evidence, TRAFFIC_DESTINATION, "cloud-weihai");
    assert_int_equal(cloud->lines, 9);
    assert_int_equal(cloud->reports, 3);
    assert_int_equal(cloud->answered, 1);
    evidence_free(evidence);
}

static void wlan_users_are_distinct_within_a_day_and_added_up_over_days(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, report_of(1, 5, 1, 12));
    (void)fixture_commit(registry, report_of(2, 5, 1, 13));
    (void)fixture_commit(registry, report_of(3, 5, 2, 13));
    struct evidence *evidence = collect(registry, 5, 2);
    const struct traffic_evidence *public = find(evidence, TRAFFIC_PUBLIC_WLAN, "");
    assert_true(fabs(public->user_days - 80) < 4);
    assert_int_equal(public->downstream_octets, 2100);
    assert_int_equal(public->residence, RESIDENCE_UNKNOWN);
    assert_int_equal(find(evidence, TRAFFIC_OTHER_WLAN, "")->upstream_octets, 900);
    evidence_free(evidence);
}

static void order_and_repetition_of_reports_change_nothing(void **state)
{
    struct registry *registry = *state;
    struct registry *other = registry_open(":memory:");
    assert_non_null(other);
    for (uint64_t i = 1; i <= 6; i++)
        (void)fixture_commit(registry, report_of(i, 5, 1 + (int)(i % 3), 12));
    for (uint64_t i = 6; i >= 1; i--) {
        (void)fixture_commit_at(other, report_of(i, 5, 1 + (int)(i % 3), 12),
                                fixture_time_ns(2026, 5, 20, 0, 0));
        (void)fixture_commit_at(other, report_of(i, 5, 1 + (int)(i % 3), 12),
                                fixture_time_ns(2026, 5, 21, 0, 0));
    }
    struct evidence *a = collect(registry, 5, 31);
    struct evidence *b = collect(other, 5, 31);
    assert_int_equal(a->traffic_count, b->traffic_count);
    for (size_t i = 0; i < a->traffic_count; i++) {
        struct traffic_evidence x = a->traffic[i];
        struct traffic_evidence y = b->traffic[i];
        for (size_t m = 0; m < TRAFFIC_MEASURES; m++) {
            assert_int_equal(x.measures[m].count, y.measures[m].count);
            if (x.measures[m].count)
                assert_memory_equal(x.measures[m].bins, y.measures[m].bins,
                                    x.measures[m].count * sizeof *x.measures[m].bins);
        }
        memset(x.measures, 0, sizeof x.measures);
        memset(y.measures, 0, sizeof y.measures);
        assert_memory_equal(&x, &y, sizeof x);
    }
    evidence_free(a);
    evidence_free(b);
    registry_close(other);
}

static void lines_and_devices_are_also_counted_within_thirty_days(void **state)
{
    struct registry *registry = *state;
    struct report *old = fixture_report("p1", 1, 1, fixture_time_ns(2026, 4, 1, 12, 0));
    (void)fixture_add_lines(old, 1, 10);
    struct report_lines *polled = report_inventory_add_lines(fixture_add_poll(old, "olt-1"));
    polled->technology = TECHNOLOGY_GPON;
    polled->active = optional_u64(500);
    (void)fixture_commit(registry, old);
    struct report *young = fixture_report("p1", 1, 2, fixture_time_ns(2026, 5, 2, 12, 0));
    (void)fixture_add_lines(young, 6, 10); /* 6..15 */
    polled = report_inventory_add_lines(fixture_add_poll(young, "olt-1"));
    polled->technology = TECHNOLOGY_GPON;
    polled->active = optional_u64(400);
    (void)fixture_commit(registry, young);
    struct evidence *evidence = collect(registry, 5, 31);
    assert_int_equal(evidence->node_count, 1);
    const struct node_lines *lines = &evidence->nodes[0].lines[0];
    assert_int_equal(lines->seen, 15);
    assert_int_equal(lines->seen_recent, 10);
    assert_int_equal(lines->active_max.value, 500);
    assert_int_equal(lines->active_max_recent.value, 400);
    evidence_free(evidence);
}

static void import_venue(struct registry *registry, const char *name, const char *node,
                         const char *point)
{
    struct venue venue;
    memset(&venue, 0, sizeof venue);
    (void)snprintf(venue.venue, sizeof venue.venue, "%s", name);
    (void)snprintf(venue.area, sizeof venue.area, "371002");
    (void)snprintf(venue.operator_name, sizeof venue.operator_name, "%s", node[0] ? "cu" : "");
    (void)snprintf(venue.access_node, sizeof venue.access_node, "%s", node);
    (void)snprintf(venue.access_point, sizeof venue.access_point, "%s", point);
    (void)snprintf(venue.source, sizeof venue.source, "register");
    (void)snprintf(venue.status, sizeof venue.status, "final");
    venue.reference_day = venue.published_day = clock_days_from_civil(2026, 1, 1);
    assert_int_equal(registry_import_begin(registry, fixture_time_ns(2026, 1, 2, 0, 0)), 0);
    assert_true(registry_import_row(registry, REGISTER_VENUES, &venue, NULL) >= 0);
    assert_int_equal(registry_import_end(registry, true), 0);
}

static void venues_know_the_days_on_which_what_serves_them_ran(void **state)
{
    struct registry *registry = *state;
    for (int day = 1; day <= 4; day++) {
        struct report *report =
            fixture_report("p1", 1, (uint64_t)day, fixture_time_ns(2026, 5, day, 12, 0));
        struct report_inventory *poll = fixture_add_poll(report, "ac-1");
        if (day == 1)
            fixture_add_wtps(poll, 0xabc, 2); /* 0xabc and 0xabd */
        else if (day < 4)
            fixture_add_wtps(poll, 0xabd, 1);
        else
            poll->wtp_run = optional_u64(0);
        (void)fixture_commit(registry, report);
    }
    import_venue(registry, "a-whole-controller", "ac-1", "");
    import_venue(registry, "b-one-point", "ac-1", "0000000000000abc");
    import_venue(registry, "c-nothing", "", "");
    struct evidence *evidence = collect(registry, 5, 31);
    assert_int_equal(evidence->venue_count, 3);
    assert_int_equal(evidence->venues[0].known_days, 4);
    assert_int_equal(evidence->venues[0].run_days, 3);
    assert_int_equal(evidence->venues[1].known_days, 4);
    assert_int_equal(evidence->venues[1].run_days, 1);
    assert_string_equal(evidence->venues[2].operator_name, "");
    assert_int_equal(evidence->venues[2].known_days, 0);
    evidence_free(evidence);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, open_registry, close_registry)
    const struct CMUnitTest tests[] = {
        CASE(traffic_of_the_instants_month_is_added_up),
        CASE(wlan_users_are_distinct_within_a_day_and_added_up_over_days),
        CASE(order_and_repetition_of_reports_change_nothing),
        CASE(venues_know_the_days_on_which_what_serves_them_ran),
        CASE(lines_and_devices_are_also_counted_within_thirty_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
