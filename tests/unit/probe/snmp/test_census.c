/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/census.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#define MANY 10000

static struct census_element terminal(uint64_t pseudonym, enum element_state state)
{
    return (struct census_element){.pseudonym = pseudonym,
                                   .kind = ELEMENT_TERMINAL,
                                   .state = state,
                                   .technology = TECHNOLOGY_GPON};
}

/* Terminals 1..count, the first `down` of them down. */
static void poll(struct census *census, size_t count, size_t down, bool complete, int64_t day)
{
    struct census_element *elements = calloc(count ? count : 1, sizeof *elements);
    assert_non_null(elements);
    for (size_t i = 0; i < count; i++) /* in no order */
        elements[count - 1 - i] = terminal(i + 1, i < down ? ELEMENT_DOWN : ELEMENT_RUN);
    assert_int_equal(census_take(census, elements, count, complete, day), 0);
    free(elements);
}

/* What one report tells: how many, and its octets. */
static size_t tell(struct census *census, size_t budget, size_t *out_octets)
{
    struct report *report = report_new();
    struct report_inventory *inventory = report_add_inventory(report);
    int told = census_tell(census, budget, inventory);
    size_t sum = 0;
    for (size_t i = 0; i < inventory->element_count; i++)
        sum += inventory->elements[i].pseudonym_count;
    assert_int_equal(told, sum);
    if (out_octets) {
        uint8_t *bytes = NULL;
        (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
        (void)snprintf(report->probe_name, sizeof report->probe_name, "p1");
        (void)snprintf(inventory->access_node, sizeof inventory->access_node, "olt-1");
        report->sequence = 1;
        report->interval_ms = report->schedule_ms = 60000;
        assert_int_equal(report_encode(report, &bytes, out_octets), 0);
        free(bytes);
    }
    report_free(report);
    return sum;
}

static void ten_thousand_terminals_are_told_once_a_day_in_parts_and_then_only_changes(void **state)
{
    (void)state;
    struct census *census = census_new();
    size_t octets = 0;
    size_t quiet = 0;
    poll(census, MANY, 100, true, 1);
    assert_int_equal(tell(census, 4000, &octets), 4000);
    assert_in_range(octets, 32000, 33000);
    assert_int_equal(census_pending(census), 6000);
    poll(census, MANY, 100, true, 1); /* the same again changes nothing */
    assert_int_equal(tell(census, 4000, NULL), 4000);
    assert_int_equal(tell(census, 4000, NULL), 2000);
    assert_int_equal(tell(census, 4000, &quiet), 0);
    assert_in_range(quiet, 0, 100);
    poll(census, MANY + 1, 103, true, 1); /* three fell, one is new */
    assert_int_equal(tell(census, 4000, &octets), 4);
    assert_in_range(octets, quiet, quiet + 80);
    poll(census, MANY, 103, true, 1); /* one is no longer listed: that is not told */
    assert_int_equal(tell(census, 4000, NULL), 0);
    poll(census, MANY, 103, true, 2);
    assert_int_equal(census_pending(census), MANY);
    census_free(census);
}

static void a_partial_poll_forgets_nothing(void **state)
{
    (void)state;
    struct census *census = census_new();
    poll(census, 10, 0, true, 1);
    assert_int_equal(tell(census, 100, NULL), 10);
    poll(census, 4, 0, false, 1);
    poll(census, 10, 0, true, 1);
    assert_int_equal(tell(census, 100, NULL), 0);
    poll(census, 4, 0, true, 1);
    poll(census, 10, 0, true, 1);
    assert_int_equal(tell(census, 100, NULL), 6); /* they were gone, and came back */
    census_free(census);
}

static void what_runs_among_access_points_is_told_to_older_collectors_too(void **state)
{
    (void)state;
    struct census *census = census_new();
    struct census_element elements[] = {
        {.pseudonym = 5, .kind = ELEMENT_WTP, .state = ELEMENT_RUN, .service = WLAN_PUBLIC},
        {.pseudonym = 4, .kind = ELEMENT_WTP, .state = ELEMENT_STANDBY},
        {.pseudonym = 5,
         .kind = ELEMENT_TERMINAL,
         .state = ELEMENT_RUN,
         .technology = TECHNOLOGY_EPON,
         .model_class = MODEL_MULTIPLE},
    };
    struct report *report = report_new();
    struct report_inventory *inventory = report_add_inventory(report);
    assert_int_equal(census_take(census, elements, 3, true, 1), 0);
    assert_int_equal(census_tell(census, 100, inventory), 3);
    assert_int_equal(inventory->wtp_pseudonym_count, 1);
    assert_int_equal(inventory->wtp_pseudonyms[0], 5);
    assert_int_equal(inventory->element_count, 3);
    assert_int_equal(inventory->elements[0].kind, ELEMENT_TERMINAL);
    assert_int_equal(inventory->elements[0].technology, TECHNOLOGY_EPON);
    assert_int_equal(inventory->elements[0].model_class, MODEL_MULTIPLE);
    assert_int_equal(inventory->elements[1].state, ELEMENT_STANDBY);
    assert_int_equal(inventory->elements[2].service, WLAN_PUBLIC);
    assert_int_equal(inventory->elements[2].state, ELEMENT_RUN);
    report_free(report);
    census_free(census);
}

static void sources_are_told_once_a_day_and_when_they_change(void **state)
{
    (void)state;
    struct census *census = census_new();
    assert_true(census_sources_due(census, 7, 1));
    assert_false(census_sources_due(census, 7, 1));
    assert_true(census_sources_due(census, 8, 1));
    assert_true(census_sources_due(census, 8, 2));
    census_free(census);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_terminals_are_told_once_a_day_in_parts_and_then_only_changes),
        cmocka_unit_test(a_partial_poll_forgets_nothing),
        cmocka_unit_test(what_runs_among_access_points_is_told_to_older_collectors_too),
        cmocka_unit_test(sources_are_told_once_a_day_and_when_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
