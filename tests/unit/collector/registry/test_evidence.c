/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/evidence.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"

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

static uint64_t sequence_of_all; /* each report of a test has its own */

static uint64_t at(int month, int day, int hour)
{
    return fixture_time_ns(2026, month, day, hour, 0);
}

static int64_t day_of(int month, int day)
{
    return clock_days_from_civil(2026, month, day);
}

static struct report *report_at(uint64_t start_ns)
{
    return fixture_report("p1", 1, ++sequence_of_all, start_ns);
}

static struct evidence *collect(struct registry *registry, int64_t last_day, uint64_t activity_days,
                                uint64_t as_known_ns)
{
    struct evidence_query query = {.last_day = last_day,
                                   .activity_days = activity_days,
                                   .presence_days = 2,
                                   .as_known_ns = as_known_ns};
    struct evidence *evidence = NULL;
    assert_int_equal(registry_collect_evidence(registry, &query, at(12, 31, 0), &evidence), 0);
    return evidence;
}

static void put_lines(struct registry *registry, uint64_t start_ns, uint64_t first, size_t count)
{
    struct report *report = report_at(start_ns);
    (void)fixture_add_lines(report, first, count);
    (void)fixture_commit(registry, report);
}

static uint64_t seen(struct registry *registry, int64_t last_day, uint64_t activity_days)
{
    struct evidence *evidence = collect(registry, last_day, activity_days, 0);
    uint64_t total = 0;
    for (size_t i = 0; i < evidence->node_count; i++)
        for (size_t k = 0; k < evidence->nodes[i].line_count; k++)
            total += evidence->nodes[i].lines[k].seen;
    evidence_free(evidence);
    return total;
}

static void lines_are_counted_once_over_days_and_months(void **state)
{
    struct registry *registry = *state;
    put_lines(registry, at(3, 31, 23), 1, 10); /* 1..10 */
    put_lines(registry, at(4, 1, 0), 6, 10);   /* 6..15 */
    put_lines(registry, at(4, 2, 5), 1, 3);    /* 1..3 */
    assert_int_equal(seen(registry, day_of(4, 2), 90), 15);
    assert_int_equal(seen(registry, day_of(4, 2), 2), 13); /* 6..15 and 1..3 */
    assert_int_equal(seen(registry, day_of(4, 2), 1), 3);
    assert_int_equal(seen(registry, day_of(3, 31), 1), 10);
    assert_int_equal(seen(registry, day_of(3, 30), 90), 0);
    assert_int_equal(seen(registry, day_of(6, 29), 90), 13); /* the window begins on 1 April */
    assert_int_equal(seen(registry, day_of(6, 28), 90), 15);
}

static void days_begin_at_midnight_of_the_city(void **state)
{
    struct registry *registry = *state;
    put_lines(registry, fixture_time_ns(2026, 4, 1, 0, 0) - FIXTURE_INTERVAL_NS, 1, 1);
    put_lines(registry, fixture_time_ns(2026, 4, 1, 0, 0), 2, 1);
    assert_int_equal(seen(registry, day_of(3, 31), 1), 1);
    assert_int_equal(seen(registry, day_of(4, 1), 1), 1);
}

static void a_line_that_moved_counts_where_it_was_last(void **state)
{
    struct registry *registry = *state;
    put_lines(registry, at(4, 1, 0), 1, 5);
    struct report *moved = report_at(at(4, 3, 0));
    struct report_cell *cell = fixture_add_lines(moved, 1, 2);
    (void)snprintf(cell->access_node, sizeof cell->access_node, "olt-2");
    cell->key_kind = LINE_KEY_MAC;
    (void)fixture_commit(registry, moved);
    struct evidence *evidence = collect(registry, day_of(4, 3), 90, 0);
    assert_int_equal(evidence->node_count, 2);
    assert_string_equal(evidence->nodes[0].access_node, "olt-1");
    assert_int_equal(evidence->nodes[0].lines[0].seen, 3);
    assert_int_equal(evidence->nodes[1].lines[0].seen, 2);
    assert_int_equal(evidence->nodes[1].lines[0].seen_key_kind, LINE_KEY_CIRCUIT);
    evidence_free(evidence);
    assert_int_equal(seen(registry, day_of(4, 2), 90), 5);
}

static void put_poll(struct registry *registry, uint64_t start_ns, struct optional_u64 provisioned,
                     struct optional_u64 active)
{
    struct report *report = report_at(start_ns);
    struct report_lines *lines = report_inventory_add_lines(fixture_add_poll(report, "olt-1"));
    lines->technology = TECHNOLOGY_GPON;
    lines->provisioned = provisioned;
    lines->active = active;
    lines->capability_known = true;
    lines->capability[10] = provisioned.value;
    (void)fixture_commit(registry, report);
}

static void provisioned_is_of_the_last_poll_and_active_of_the_highest(void **state)
{
    struct registry *registry = *state;
    const struct optional_u64 unknown = {.known = false};
    put_poll(registry, at(4, 1, 1), optional_u64(100), optional_u64(90));
    put_poll(registry, at(4, 2, 2), optional_u64(120), optional_u64(80));
    put_poll(registry, at(4, 2, 1), optional_u64(110), optional_u64(85)); /* came late */
    put_poll(registry, at(4, 3, 1), unknown, unknown);                    /* says nothing */
    struct evidence *evidence = collect(registry, day_of(4, 30), 90, 0);
    assert_int_equal(evidence->node_count, 1);
    const struct node_evidence *node = &evidence->nodes[0];
    assert_true(node->reported && !node->registered);
    assert_int_equal(node->last_day, day_of(4, 3));
    assert_int_equal(node->confidence, CONFIDENCE_FROM_MIB);
    assert_true(node->lines[0].provisioned.known);
    assert_int_equal(node->lines[0].provisioned.value, 120);
    assert_int_equal(node->lines[0].active_max.value, 90);
    assert_true(node->lines[0].capability_known);
    evidence_free(evidence);
}

static void a_node_that_says_nothing_is_unknown_and_not_zero(void **state)
{
    struct registry *registry = *state;
    const struct optional_u64 unknown = {.known = false};
    put_poll(registry, at(4, 1, 1), unknown, unknown);
    struct evidence *evidence = collect(registry, day_of(4, 1), 90, 0);
    assert_false(evidence->nodes[0].lines[0].provisioned.known);
    assert_false(evidence->nodes[0].lines[0].active_max.known);
    evidence_free(evidence);
}

static void a_failed_poll_changes_nothing(void **state)
{
    struct registry *registry = *state;
    put_poll(registry, at(4, 1, 1), optional_u64(100), optional_u64(90));
    struct report *report = report_at(at(4, 2, 1));
    struct report_inventory *inventory = fixture_add_poll(report, "olt-1");
    struct report_lines *lines = report_inventory_add_lines(inventory);
    inventory->outcome = POLL_FAILED;
    lines->technology = TECHNOLOGY_GPON;
    lines->provisioned = optional_u64(0);
    (void)fixture_commit(registry, report);
    struct evidence *evidence = collect(registry, day_of(4, 2), 90, 0);
    assert_int_equal(evidence->nodes[0].lines[0].provisioned.value, 100);
    assert_int_equal(evidence->nodes[0].last_day, day_of(4, 1));
    evidence_free(evidence);
}

static void put_wtps(struct registry *registry, const char *controller, uint64_t start_ns,
                     uint64_t first, size_t count)
{
    struct report *report = report_at(start_ns);
    struct report_inventory *inventory = fixture_add_poll(report, controller);
    fixture_add_wtps(inventory, first, count);
    inventory->wtp_configured = optional_u64(count + 2);
    (void)fixture_commit(registry, report);
}

static void a_wtp_of_two_controllers_counts_where_it_ran_longest(void **state)
{
    struct registry *registry = *state;
    put_wtps(registry, "ac-1", at(4, 1, 1), 1, 4); /* 1..4 on one day */
    put_wtps(registry, "ac-2", at(4, 2, 1), 3, 4); /* 3..6 on two days */
    put_wtps(registry, "ac-2", at(4, 3, 1), 3, 4);
    put_wtps(registry, "ac-2", at(3, 3, 1), 1, 2); /* another month */
    struct evidence *evidence = collect(registry, day_of(4, 30), 90, 0);
    assert_int_equal(evidence->controller_count, 2);
    const struct controller_evidence *one = &evidence->controllers[0];
    const struct controller_evidence *two = &evidence->controllers[1];
    assert_string_equal(one->access_node, "ac-1");
    assert_int_equal(one->named_seen, 2);    /* 1 and 2 */
    assert_int_equal(one->named_present, 0); /* a day each; two are asked for */
    assert_int_equal(two->named_seen, 4);    /* 3..6, of which 3 and 4 ran at ac-1 too */
    assert_int_equal(two->named_present, 4);
    assert_int_equal(one->run_max.value, 4);
    assert_int_equal(two->configured.value, 6);
    assert_string_equal(one->area, "371002");
    evidence_free(evidence);
}

static void days_at_two_controllers_make_one_presence(void **state)
{
    struct registry *registry = *state;
    put_wtps(registry, "ac-1", at(4, 1, 1), 7, 1);
    put_wtps(registry, "ac-2", at(4, 2, 1), 7, 1);
    struct evidence *evidence = collect(registry, day_of(4, 30), 90, 0);
    assert_int_equal(evidence->controllers[0].named_present, 1); /* the first on a tie */
    assert_int_equal(evidence->controllers[1].named_present, 0);
    evidence_free(evidence);
    evidence = collect(registry, day_of(4, 1), 90, 0); /* the second day is not yet */
    assert_int_equal(evidence->controllers[0].named_present, 0);
    evidence_free(evidence);
}

static void put_octets(struct registry *registry, uint64_t start_ns, uint64_t in, uint64_t out)
{
    struct report *report = report_at(start_ns);
    struct report_inventory *inventory = fixture_add_poll(report, "router-1");
    struct report_interface *interface = report_inventory_add_interface(inventory);
    (void)snprintf(interface->name, sizeof interface->name, "100GE0/0/1");
    interface->role = INTERFACE_ROLE_EGRESS;
    interface->up = true;
    interface->high_speed_mbit_s = optional_u64(100000);
    interface->in_octets = optional_u64(in);
    interface->out_octets = optional_u64(out);
    interface->duration_ms = FIXTURE_INTERVAL_MS;
    (void)fixture_commit(registry, report);
}

static void the_95th_percentile_is_the_nearest_rank_of_5_minute_means(void **state)
{
    struct registry *registry = *state;
    for (uint64_t i = 0; i < 40; i++) /* means of 1..40 kbit/s in, twice that out */
        put_octets(registry, at(4, 10, 0) + (i + 1) * FIXTURE_INTERVAL_NS, (i + 1) * 37500,
                   (i + 1) * 75000);
    struct evidence *evidence = collect(registry, day_of(4, 30), 90, 0);
    assert_int_equal(evidence->interface_count, 1);
    const struct interface_evidence *interface = &evidence->interfaces[0];
    assert_int_equal(interface->samples, 40);
    assert_true(interface->p95_in_bit_s.known);
    assert_float_equal(interface->p95_in_bit_s.value, 38000, 0.5); /* rank 38 of 40 */
    assert_float_equal(interface->p95_out_bit_s.value, 76000, 0.5);
    assert_int_equal(interface->high_speed_mbit_s.value, 100000);
    assert_true(interface->up);
    evidence_free(evidence);
    evidence = collect(registry, day_of(5, 1), 90, 0);
    assert_int_equal(evidence->interface_count, 0);
    evidence_free(evidence);
}

static void samples_above_a_level_are_those_of_the_busier_direction(void **state)
{
    struct registry *registry = *state;
    static const uint64_t gbit_s[] = {60, 75, 96}; /* of 100 */
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t octets = gbit_s[i] * 1000000000 / 8 * 300;
        put_octets(registry, at(4, 10, 0) + (i + 1) * FIXTURE_INTERVAL_NS, i == 1 ? 1 : octets,
                   i == 1 ? octets : 1);
    }
    struct evidence *evidence = collect(registry, day_of(4, 30), 90, 0);
    const struct interface_evidence *interface = &evidence->interfaces[0];
    assert_int_equal(interface->samples, 3);
    assert_int_equal(interface->samples_above[0], 2); /* 70 % */
    assert_int_equal(interface->samples_above[1], 1); /* 80 % */
    assert_int_equal(interface->samples_above[2], 1); /* 95 % */
    evidence_free(evidence);
}

static void a_poll_between_two_slots_is_shared_out_by_time(void **state)
{
    struct registry *registry = *state;
    /* 300 s that end in the middle of a slot: 150 s in each, which is half, so both are known. */
    put_octets(registry, at(4, 10, 0) + FIXTURE_INTERVAL_NS / 2, 37500, 37500);
    struct evidence *evidence = collect(registry, day_of(4, 10), 90, 0);
    assert_int_equal(evidence->interfaces[0].samples, 2);
    assert_float_equal(evidence->interfaces[0].p95_in_bit_s.value, 1000, 0.5);
    evidence_free(evidence);
}

static void expected_intervals_follow_the_schedule_and_not_what_arrived(void **state)
{
    struct registry *registry = *state;
    for (uint64_t i = 0; i < 12; i++)
        if (i != 4 && i != 5)
            (void)fixture_commit(
                registry, fixture_report("p1", 1, i + 1, at(4, 1, 0) + i * FIXTURE_INTERVAL_NS));
    struct evidence_query query = {
        .last_day = day_of(4, 1), .activity_days = 90, .presence_days = 1};
    struct evidence *evidence = NULL;
    assert_int_equal(registry_collect_evidence(registry, &query, at(4, 1, 2), &evidence), 0);
    assert_int_equal(evidence->probe_count, 1);
    assert_int_equal(evidence->probes[0].expected_intervals, 24); /* two hours: it fell silent */
    assert_int_equal(evidence->probes[0].arrived_intervals, 10);
    evidence_free(evidence);
    assert_int_equal(registry_collect_evidence(registry, &query, at(5, 1, 0), &evidence), 0);
    assert_int_equal(evidence->probes[0].expected_intervals, 288);
    evidence_free(evidence);
}

static void a_gap_is_counted_in_the_window_that_it_fell_in(void **state)
{
    struct registry *registry = *state;
    /* Sequences 1..288 are 1 April, of which 280 came; 281..300 were lost, told on 3 April. */
    for (uint64_t i = 0; i < 280; i++)
        (void)fixture_commit(registry,
                             fixture_report("p1", 1, i + 1, at(4, 1, 0) + i * FIXTURE_INTERVAL_NS));
    struct report *later =
        fixture_report("p1", 1, 301, at(4, 1, 0) + UINT64_C(600) * FIXTURE_INTERVAL_NS);
    struct report_gap *gap = report_add_gap(later);
    memset(gap->boot_id, 1, sizeof gap->boot_id);
    gap->first_sequence = 281;
    gap->last_sequence = 300;
    (void)fixture_commit(registry, later);
    struct evidence *evidence = collect(registry, day_of(4, 1), 1, 0);
    assert_int_equal(evidence->probes[0].gap_intervals, 8);
    evidence_free(evidence);
    evidence = collect(registry, day_of(4, 3), 3, 0);
    assert_int_equal(evidence->probes[0].gap_intervals, 20);
    evidence_free(evidence);
}

static void a_restart_within_an_interval_does_not_make_it_two(void **state)
{
    struct registry *registry = *state;
    (void)fixture_commit(registry, fixture_report("p1", 1, 1, at(4, 1, 0)));
    (void)fixture_commit(registry, fixture_report("p1", 2, 1, at(4, 1, 0) + 60 * CLOCK_NS_PER_S));
    struct evidence *evidence = collect(registry, day_of(4, 1), 1, 0);
    assert_int_equal(evidence->probes[0].arrived_intervals, 1);
    evidence_free(evidence);
}

static void capture_coverage_counts_only_points_whose_interface_is_known(void **state)
{
    struct registry *registry = *state;
    struct report *report = report_at(at(4, 1, 0));
    struct report_observation *known = report_add_observation(report);
    (void)snprintf(known->observation_point, sizeof known->observation_point, "eth0");
    known->octet_delta_count = 900;
    known->sampling_interval = 1;
    known->interface_octets = optional_u64(1000);
    struct report_observation *file = report_add_observation(report);
    (void)snprintf(file->observation_point, sizeof file->observation_point, "file");
    file->octet_delta_count = 5000;
    file->sampling_interval = 1;
    (void)fixture_commit(registry, report);
    struct evidence *evidence = collect(registry, day_of(4, 1), 1, 0);
    assert_int_equal(evidence->probes[0].captured_octets, 900);
    assert_int_equal(evidence->probes[0].interface_octets.value, 1000);
    evidence_free(evidence);
}

static void capture_coverage_takes_what_a_sampling_probe_scaled(void **state)
{
    struct registry *registry = *state;
    struct report *report = report_at(at(4, 1, 0));
    for (unsigned i = 0; i < 2; i++) {
        struct report_observation *o = report_add_observation(report);
        (void)snprintf(o->observation_point, sizeof o->observation_point, "eth%u", i);
        o->octet_delta_count = 100;
        o->sampling_interval = 4;
        o->interface_octets = optional_u64(500);
    }
    report->observations[1].scaled_octets = optional_u64(470); /* the rate changed meanwhile */
    (void)fixture_commit(registry, report);
    struct evidence *evidence = collect(registry, day_of(4, 1), 1, 0);
    assert_int_equal(evidence->probes[0].captured_octets, 400 + 470);
    assert_int_equal(evidence->probes[0].interface_octets.value, 1000);
    evidence_free(evidence);
}

/* The same packets by capture and by connection tracking, in the report as two. */
static void what_stands_beside_another_point_is_not_added_to_it(void **state)
{
    struct registry *registry = *state;
    struct report *report = report_at(at(4, 1, 0));
    for (unsigned i = 0; i < 2; i++) {
        struct report_observation *o = report_add_observation(report);
        (void)snprintf(o->observation_point, sizeof o->observation_point, i ? "nat" : "eth0");
        o->packet_delta_count = o->outcomes[0] = 70;
        o->octet_delta_count = 7000;
        o->sampling_interval = 1;
    }
    report->observations[1].method = REPORT_METHOD_CONNECTIONS;
    (void)snprintf(report->observations[1].beside, REPORT_NAME_BYTES, "eth0");
    (void)fixture_commit(registry, report);
    struct evidence *evidence = collect(registry, day_of(4, 1), 1, 0);
    assert_int_equal(evidence->probes[0].packets, 70);
    evidence_free(evidence);
}

static void what_came_later_was_not_known_before(void **state)
{
    struct registry *registry = *state;
    put_lines(registry, at(4, 1, 0), 1, 10);
    struct report *late = report_at(at(4, 1, 1));
    (void)fixture_add_lines(late, 11, 5);
    (void)fixture_commit_at(registry, late, at(4, 20, 0));
    assert_int_equal(seen(registry, day_of(4, 1), 1), 15);
    struct evidence *evidence = collect(registry, day_of(4, 1), 1, at(4, 10, 0));
    assert_int_equal(evidence->nodes[0].lines[0].seen, 10);
    evidence_free(evidence);
    evidence = collect(registry, day_of(4, 1), 1, at(4, 21, 0));
    assert_int_equal(evidence->nodes[0].lines[0].seen, 15);
    evidence_free(evidence);
}

static void put_register(struct registry *registry, const struct registered_node *row)
{
    assert_int_equal(registry_import_begin(registry, at(4, 5, 0)), 0);
    assert_int_equal(registry_import_node(registry, row), 1);
    assert_int_equal(registry_import_end(registry, true), 0);
}

static void the_register_shows_what_was_not_reported(void **state)
{
    struct registry *registry = *state;
    put_poll(registry, at(4, 1, 1), optional_u64(100), optional_u64(90));
    struct registered_node row = {.operator_name = "cu",
                                  .access_node = "olt-1",
                                  .area = "371002",
                                  .residence = RESIDENCE_UNKNOWN,
                                  .technology = TECHNOLOGY_GPON,
                                  .lines = optional_u64(128),
                                  .reference_day = day_of(3, 31)};
    put_register(registry, &row);
    (void)snprintf(row.access_node, sizeof row.access_node, "olt-0");
    put_register(registry, &row);
    row.technology = TECHNOLOGY_UNKNOWN;
    row.lines = (struct optional_u64){.known = false};
    row.wtps = optional_u64(50);
    (void)snprintf(row.access_node, sizeof row.access_node, "ac-9");
    put_register(registry, &row);
    struct evidence *evidence = collect(registry, day_of(4, 30), 90, 0);
    assert_int_equal(evidence->node_count, 2);
    assert_string_equal(evidence->nodes[0].access_node, "olt-0");
    assert_true(evidence->nodes[0].registered && !evidence->nodes[0].reported);
    assert_true(evidence->nodes[1].registered && evidence->nodes[1].reported);
    assert_int_equal(evidence->nodes[1].lines[0].registered.value, 128);
    assert_int_equal(evidence->nodes[1].residence, RESIDENCE_RESIDENTIAL);
    assert_int_equal(evidence->controller_count, 1);
    assert_int_equal(evidence->controllers[0].registered_wtps.value, 50);
    assert_false(evidence->controllers[0].configured.known);
    evidence_free(evidence);
    evidence = collect(registry, day_of(4, 30), 90, at(4, 4, 0)); /* before the import */
    assert_int_equal(evidence->node_count, 1);
    assert_false(evidence->nodes[0].registered);
    evidence_free(evidence);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_registry, close_registry)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_are_counted_once_over_days_and_months),
        CASE(days_begin_at_midnight_of_the_city),
        CASE(a_line_that_moved_counts_where_it_was_last),
        CASE(provisioned_is_of_the_last_poll_and_active_of_the_highest),
        CASE(a_node_that_says_nothing_is_unknown_and_not_zero),
        CASE(a_failed_poll_changes_nothing),
        CASE(a_wtp_of_two_controllers_counts_where_it_ran_longest),
        CASE(days_at_two_controllers_make_one_presence),
        CASE(the_95th_percentile_is_the_nearest_rank_of_5_minute_means),
        CASE(samples_above_a_level_are_those_of_the_busier_direction),
        CASE(a_poll_between_two_slots_is_shared_out_by_time),
        CASE(expected_intervals_follow_the_schedule_and_not_what_arrived),
        CASE(a_gap_is_counted_in_the_window_that_it_fell_in),
        CASE(a_restart_within_an_interval_does_not_make_it_two),
        CASE(capture_coverage_counts_only_points_whose_interface_is_known),
        CASE(capture_coverage_takes_what_a_sampling_probe_scaled),
        CASE(what_stands_beside_another_point_is_not_added_to_it),
        CASE(what_came_later_was_not_known_before),
        CASE(the_register_shows_what_was_not_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
