/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/database.h"
#include "collector/registry/evidence.h"
#include "collector/registry/registry.h"
#include "collector/registry/schema.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t sequence_of_all; /* each report of a test has its own */

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

static uint64_t at(int month, int day, int hour)
{
    return fixture_time_ns(2026, month, day, hour, 0);
}

static int64_t day_of(int month, int day)
{
    return clock_days_from_civil(2026, month, day);
}

static struct evidence *collect_known(struct registry *registry, int64_t last_day,
                                      uint64_t presence_days, uint64_t as_known_ns)
{
    struct evidence_query query = {.last_day = last_day,
                                   .activity_days = 90,
                                   .presence_days = presence_days,
                                   .as_known_ns = as_known_ns};
    struct evidence *evidence = NULL;
    assert_int_equal(registry_collect_evidence(registry, &query, at(12, 31, 0), &evidence), 0);
    return evidence;
}

static struct evidence *collect(struct registry *registry, int64_t last_day)
{
    return collect_known(registry, last_day, 15, 0);
}

/* Adds elements first..first + count - 1 of a kind to a poll. */
static struct report_elements *list(struct report_inventory *inventory, enum element_kind kind,
                                    enum element_state state, uint64_t first, size_t count)
{
    struct report_elements *elements = report_inventory_add_elements(inventory);
    assert_non_null(elements);
    elements->kind = kind;
    elements->state = state;
    elements->technology = kind == ELEMENT_TERMINAL ? TECHNOLOGY_GPON : TECHNOLOGY_UNKNOWN;
    elements->pseudonyms = calloc(count, sizeof *elements->pseudonyms);
    assert_non_null(elements->pseudonyms);
    elements->pseudonym_count = count;
    for (size_t i = 0; i < count; i++)
        elements->pseudonyms[i] = first + i;
    return elements;
}

static struct report *poll_of(const char *device, uint64_t start_ns,
                              struct report_inventory **out_inventory)
{
    struct report *report = fixture_report("p1", 1, ++sequence_of_all, start_ns);
    *out_inventory = fixture_add_poll(report, device);
    return report;
}

static void put_aps(struct registry *registry, const char *controller, uint64_t start_ns,
                    enum element_state state, uint64_t first, size_t count)
{
    struct report_inventory *inventory = NULL;
    struct report *report = poll_of(controller, start_ns, &inventory);
    inventory->wtp_run = optional_u64(count);
    (void)list(inventory, ELEMENT_WTP, state, first, count);
    (void)fixture_commit(registry, report);
}

static void add_lines(struct report_inventory *inventory, uint64_t provisioned, bool named)
{
    struct report_lines *lines = report_inventory_add_lines(inventory);
    lines->technology = TECHNOLOGY_GPON;
    lines->provisioned = optional_u64(provisioned);
    if (named)
        lines->named = optional_u64(provisioned);
}

static void put_onts(struct registry *registry, const char *olt, uint64_t start_ns, uint64_t first,
                     size_t count)
{
    struct report_inventory *inventory = NULL;
    struct report *report = poll_of(olt, start_ns, &inventory);
    add_lines(inventory, count, true);
    (void)list(inventory, ELEMENT_TERMINAL, ELEMENT_RUN, first, count);
    (void)fixture_commit(registry, report);
}

static const struct node_lines *lines_of(const struct evidence *evidence, const char *node)
{
    for (size_t i = 0; i < evidence->node_count; i++)
        if (strcmp(evidence->nodes[i].access_node, node) == 0)
            return &evidence->nodes[i].lines[0];
    fail_msg("no node %s", node);
    return NULL;
}

static uint64_t present(const struct evidence *evidence)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < evidence->controller_count; i++)
        sum += evidence->controllers[i].named_present;
    return sum;
}

/* Two controllers share access points over three months: 1..60 at the first, 41..100 at the second,
 * 41..60 at both (it takes over now and then); each tells 20 days of every month. */
static void an_access_point_at_two_controllers_is_one_in_each_of_three_months(void **state)
{
    struct registry *registry = *state;
    static const int months[] = {4, 5, 6};
    for (size_t m = 0; m < 3; m++) {
        for (int day = 1; day <= 20; day++) {
            put_aps(registry, "ac-1", at(months[m], day, 2), ELEMENT_RUN, 1, 60);
            put_aps(registry, "ac-2", at(months[m], day, 3), ELEMENT_RUN, 61, 40);
            put_aps(registry, "ac-2", at(months[m], day, 3),
                    day % 3 == 0 ? ELEMENT_RUN : ELEMENT_STANDBY, 41, 20);
        }
        struct evidence *evidence = collect(registry, day_of(months[m], 30));
        assert_int_equal(evidence->controller_count, 2);
        assert_int_equal(evidence->controllers[0].named_present, 60);
        assert_int_equal(evidence->controllers[1].named_present, 40);
        assert_int_equal(present(evidence), 100);
        evidence_free(evidence);
    }
}

static void a_standby_or_a_sleeping_access_point_is_not_present(void **state)
{
    struct registry *registry = *state;
    for (int day = 1; day <= 20; day++) {
        put_aps(registry, "ac-1", at(4, day, 2), ELEMENT_STANDBY, 1, 5);
        put_aps(registry, "ac-1", at(4, day, 3), ELEMENT_DOWN, 6, 5);
        put_aps(registry, "ac-1", at(4, day, 4), ELEMENT_RUN, 11, 2);
    }
    struct evidence *evidence = collect(registry, day_of(4, 30));
    assert_int_equal(evidence->controllers[0].named_present, 2);
    assert_int_equal(evidence->controllers[0].named_seen, 2);
    evidence_free(evidence);
}

static void access_points_without_a_public_network_stand_apart(void **state)
{
    struct registry *registry = *state;
    static const enum wlan_service services[] = {WLAN_PUBLIC, WLAN_PRIVATE, WLAN_SERVICE_UNKNOWN};
    for (size_t s = 0; s < 3; s++) {
        struct report_inventory *inventory = NULL;
        struct report *report = poll_of("ac-1", at(4, 1, 1), &inventory);
        list(inventory, ELEMENT_WTP, ELEMENT_RUN, 1 + 10 * s, 1 + s)->service = services[s];
        (void)fixture_commit(registry, report);
    }
    struct evidence *evidence = collect_known(registry, day_of(4, 30), 1, 0);
    assert_int_equal(evidence->controllers[0].named_present, 6);
    assert_int_equal(evidence->controllers[0].private_present, 2);
    evidence_free(evidence);
}

static void a_terminal_that_moved_counts_once_where_it_was_listed_last(void **state)
{
    struct registry *registry = *state;
    put_onts(registry, "olt-1", at(4, 29, 2), 1, 100);
    put_onts(registry, "olt-2", at(4, 29, 2), 101, 50);
    put_onts(registry, "olt-1", at(4, 30, 2), 1, 100); /* the old entry of 91..100 stays */
    put_onts(registry, "olt-2", at(5, 1, 2), 91, 60);
    put_onts(registry, "olt-1", at(5, 1, 1), 1, 90);
    struct evidence *evidence = collect(registry, day_of(5, 1));
    const struct node_lines *one = lines_of(evidence, "olt-1");
    const struct node_lines *two = lines_of(evidence, "olt-2");
    assert_int_equal(one->terminals, 90);
    assert_int_equal(two->terminals, 60);
    assert_int_equal(one->listed, 100);
    assert_int_equal(two->listed, 60);
    assert_int_equal(one->terminals + two->terminals, 150);
    assert_int_equal(two->terminals_run, 60);
    evidence_free(evidence);
    evidence = collect(registry, day_of(4, 30)); /* it was still there */
    assert_int_equal(lines_of(evidence, "olt-1")->terminals, 100);
    assert_int_equal(lines_of(evidence, "olt-2")->terminals, 50);
    evidence_free(evidence);
}

static void a_terminal_that_is_listed_no_longer_is_none(void **state)
{
    struct registry *registry = *state;
    put_onts(registry, "olt-1", at(4, 1, 2), 1, 100);
    for (int day = 2; day <= 6; day++)
        put_onts(registry, "olt-1", at(4, day, 2), 1, 80);
    struct evidence *evidence = collect(registry, day_of(4, 3)); /* the slack of three days */
    assert_int_equal(lines_of(evidence, "olt-1")->terminals, 100);
    evidence_free(evidence);
    evidence = collect(registry, day_of(4, 6));
    assert_int_equal(lines_of(evidence, "olt-1")->terminals, 80);
    assert_int_equal(lines_of(evidence, "olt-1")->named.value, 80);
    evidence_free(evidence);
}

static void terminals_of_buildings_are_told_apart(void **state)
{
    struct registry *registry = *state;
    struct report_inventory *inventory = NULL;
    struct report *report = poll_of("olt-1", at(4, 1, 1), &inventory);
    add_lines(inventory, 20, true);
    (void)list(inventory, ELEMENT_TERMINAL, ELEMENT_RUN, 1, 12);
    list(inventory, ELEMENT_TERMINAL, ELEMENT_RUN, 13, 3)->model_class = MODEL_MULTIPLE;
    list(inventory, ELEMENT_TERMINAL, ELEMENT_DOWN, 16, 5)->model_class = MODEL_MULTIPLE;
    (void)fixture_commit(registry, report);
    struct evidence *evidence = collect(registry, day_of(4, 1));
    const struct node_lines *lines = lines_of(evidence, "olt-1");
    assert_int_equal(lines->terminals, 20);
    assert_int_equal(lines->terminals_run, 15);
    assert_int_equal(lines->mdus, 8);
    assert_int_equal(lines->mdus_run, 3);
    evidence_free(evidence);
}

/* A large OLT in parts, as its probe tells them, on two days. */
static void ten_thousand_terminals_come_in_parts(void **state)
{
    struct registry *registry = *state;
    for (int day = 1; day <= 2; day++) {
        for (int part = 0; part < 5; part++) {
            struct report_inventory *inventory = NULL;
            struct report *report = poll_of("olt-1", at(4, day, part), &inventory);
            add_lines(inventory, 10000, true);
            (void)list(inventory, ELEMENT_TERMINAL, part ? ELEMENT_RUN : ELEMENT_DOWN,
                       1 + 2000 * (uint64_t)part, 2000);
            (void)fixture_commit(registry, report);
            struct evidence *evidence = collect(registry, day_of(4, day));
            const struct node_lines *lines = lines_of(evidence, "olt-1");
            assert_int_equal(lines->terminals, day == 2 ? 10000 : 2000 * (part + 1));
            assert_int_equal(lines->terminals_run, day == 2 ? 8000 : 2000 * part);
            assert_int_equal(lines->named.value, 10000);
            evidence_free(evidence);
        }
    }
}

/* The same reports in any order, and twice, give the same evidence. */
static void order_and_repetition_make_no_difference(void **state)
{
    (void)state;
    uint64_t sums[4];
    for (unsigned order = 0; order < 4; order++) {
        struct registry *registry = registry_open(":memory:");
        for (unsigned i = 0; i < 12; i++) {
            unsigned step = order & 1 ? 11 - i : i;
            const char *olt = step % 2 ? "olt-1" : "olt-2";
            put_onts(registry, olt, at(4, 1 + (int)step / 2, 1), 1 + step * 3, 10);
            if (order & 2)
                put_onts(registry, olt, at(4, 1 + (int)step / 2, 1), 1 + step * 3, 10);
        }
        struct evidence *evidence = collect(registry, day_of(4, 30));
        sums[order] =
            lines_of(evidence, "olt-1")->terminals * 1000 + lines_of(evidence, "olt-2")->terminals;
        assert_int_equal(sums[order], sums[0]);
        evidence_free(evidence);
        registry_close(registry);
    }
    assert_true(sums[0] > 1000);
}

static void what_came_later_was_not_known_before(void **state)
{
    struct registry *registry = *state;
    put_onts(registry, "olt-1", at(4, 1, 2), 1, 10);
    struct report_inventory *inventory = NULL;
    struct report *late = poll_of("olt-2", at(4, 1, 3), &inventory);
    add_lines(inventory, 5, true);
    (void)list(inventory, ELEMENT_TERMINAL, ELEMENT_RUN, 6, 5);
    (void)fixture_commit_at(registry, late, at(5, 20, 0));
    struct evidence *evidence = collect_known(registry, day_of(4, 1), 15, at(5, 1, 0));
    assert_int_equal(lines_of(evidence, "olt-1")->terminals, 10);
    evidence_free(evidence);
}

/* A data folder of version 1 keeps its access points. */
static void a_registry_of_version_1_is_migrated(void **state)
{
    (void)state;
    char path[512];
    char *folder = temp_folder_new();
    assert_non_null(folder);
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    struct database *old = database_open(path, DATABASE_WRITE);
    for (const struct schema_step *step = registry_schema; step->version == 1; step++)
        assert_int_equal(database_run_script(old, step->sql), 0);
    char wtps[600];
    (void)snprintf(wtps, sizeof wtps,
                   "PRAGMA user_version = 1; INSERT INTO operator VALUES (1, 'cu');"
                   "INSERT INTO area VALUES (1, '371002');"
                   "INSERT INTO access_node VALUES (1, 1, 'ac-1');"
                   "INSERT INTO controller_day VALUES (1, %lld, 1, 1, 2, 2, NULL);"
                   "INSERT INTO wtp VALUES (1, 1, 77), (2, 1, 78);"
                   "INSERT INTO wtp_month VALUES (%d, 1, 1, 6), (%d, 2, 1, 2);",
                   (long long)day_of(4, 2), 2026 * 12 + 3, 2026 * 12 + 3);
    assert_int_equal(database_run_script(old, wtps), 0);
    database_close(old);
    struct registry *registry = registry_open(path);
    assert_non_null(registry);
    put_aps(registry, "ac-1", at(4, 4, 1), ELEMENT_RUN, 78, 1); /* known already */
    struct evidence *evidence = collect_known(registry, day_of(4, 30), 2, 0);
    assert_int_equal(evidence->controllers[0].named_seen, 2);
    assert_int_equal(evidence->controllers[0].named_present, 2);
    evidence_free(evidence);
    evidence = collect_known(registry, day_of(4, 3), 2, 0); /* 78 ran on the second only */
    assert_int_equal(evidence->controllers[0].named_seen, 2);
    assert_int_equal(evidence->controllers[0].named_present, 1);
    evidence_free(evidence);
    registry_close(registry);
    temp_folder_remove(folder);
}

int main(void)
{
#define ON_A_REGISTRY(test) cmocka_unit_test_setup_teardown(test, open_registry, close_registry)
    const struct CMUnitTest tests[] = {
        ON_A_REGISTRY(an_access_point_at_two_controllers_is_one_in_each_of_three_months),
        ON_A_REGISTRY(a_standby_or_a_sleeping_access_point_is_not_present),
        ON_A_REGISTRY(access_points_without_a_public_network_stand_apart),
        ON_A_REGISTRY(a_terminal_that_moved_counts_once_where_it_was_listed_last),
        ON_A_REGISTRY(a_terminal_that_is_listed_no_longer_is_none),
        ON_A_REGISTRY(terminals_of_buildings_are_told_apart),
        ON_A_REGISTRY(ten_thousand_terminals_come_in_parts),
        cmocka_unit_test(order_and_repetition_make_no_difference),
        ON_A_REGISTRY(what_came_later_was_not_known_before),
        cmocka_unit_test(a_registry_of_version_1_is_migrated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
