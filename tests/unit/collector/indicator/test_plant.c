/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the network can and has: capability, hotspots, egress.
 */
#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/figure_desk.h"

#include <string.h>

static void capability_is_the_highest_rate_that_enough_lines_can_have(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 100);
    gpon->capability_known = true;
    gpon->capability[capability_class(100000)] = 80;
    gpon->capability[capability_class(20000)] = 20;
    const struct figure *figure = figure_desk_city(desk, "access-capability-urban");
    assert_value(figure->value, 100);
    assert_value(figure->lower, 100);
    assert_value(figure->numerator, 80);
    assert_value(figure->denominator, 100);
    assert_int_equal(figure->verdict, VERDICT_MET);
    gpon->capability[capability_class(100000)] = 79; /* one line nobody knows of */
    figure = figure_desk_city(desk, "access-capability-urban");
    assert_value(figure->value, 20);
    assert_value(figure->lower, 20);
    assert_value(figure->upper, 100);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    gpon->capability[capability_class(20000)] = 21;
    figure = figure_desk_city(desk, "access-capability-urban");
    assert_value(figure->upper, 20);
    assert_int_equal(figure->verdict, VERDICT_NOT_MET);
    assert_false(figure_desk_city(desk, "access-capability-rural")->value.known);
    olt->settlement = SETTLEMENT_RURAL;
    assert_value(figure_desk_city(desk, "access-capability-rural")->value, 20);
    assert_int_equal(figure_desk_city(desk, "access-capability-rural")->verdict, VERDICT_MET);
}

static void lines_of_unknown_capability_leave_nothing_as_the_lower_bound(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 100);
    assert_false(figure_desk_city(desk, "access-capability-urban")->value.known);
    gpon->capability_known = true;
    gpon->capability[capability_class(100000)] = 40;
    const struct figure *figure = figure_desk_city(desk, "access-capability-urban");
    assert_value(figure->value, 100);
    assert_value(figure->lower, 0);
    assert_value(figure->upper, 100); /* 40 of 100 are known to be no faster */
    assert_value(figure->unclassified, 0.6);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
}

static void the_urban_capability_of_2020_has_a_value_and_no_target(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 10, 10);
    gpon->capability_known = true;
    gpon->capability[capability_class(1000000)] = 10;
    desk->query.instant_day = clock_days_from_civil(2020, 12, 31);
    const struct figure *figure = figure_desk_city(desk, "access-capability-urban");
    assert_value(figure->value, 1000);
    assert_int_equal(figure->target->status, TARGET_NOT_STATED);
    assert_int_equal(figure->verdict, VERDICT_NOT_SET);
}

static void hotspots_are_met_by_a_lower_bound_and_missed_by_a_census_alone(void **state)
{
    struct figure_desk *desk = *state;
    struct controller_evidence *ac = fake_registry_add_controller(&desk->registry, "ac", 60001);
    ac->registered = false;
    ac->registered_wtps.known = false;
    const struct figure *figure = figure_desk_city(desk, "wlan-hotspots");
    assert_value(figure->value, 60001);
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_MET);
    ac->named_present = 500;
    ac->named_seen = 510;
    figure = figure_desk_city(desk, "wlan-hotspots");
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_false(figure->upper.known);
    ac->registered = true;
    ac->registered_wtps = optional_u64(500);
    figure = figure_desk_city(desk, "wlan-hotspots");
    assert_value(figure->upper, 60001); /* what it once counted without naming them */
    ac->run_max = optional_u64(510);
    figure = figure_desk_city(desk, "wlan-hotspots");
    assert_value(figure->upper, 510);
    assert_int_equal(figure->verdict, VERDICT_NOT_MET);
}

static void access_points_without_a_public_network_are_no_hotspots(void **state)
{
    struct figure_desk *desk = *state;
    struct controller_evidence *ac = fake_registry_add_controller(&desk->registry, "ac", 500);
    ac->private_present = 120;
    const struct figure *figure = figure_desk_city(desk, "wlan-hotspots");
    assert_value(figure->value, 380);
    assert_value(figure->lower, 380);
    assert_value(figure->upper, 380);
    assert_non_null(strstr(figure->source, "120 without a public network"));
}

static void hotspots_without_names_are_counted_and_flagged_but_prove_nothing(void **state)
{
    struct figure_desk *desk = *state;
    struct controller_evidence *ac = fake_registry_add_controller(&desk->registry, "ac", 0);
    ac->run_max = optional_u64(70000);
    const struct figure *figure = figure_desk_city(desk, "wlan-hotspots");
    assert_value(figure->value, 70000);
    assert_value(figure->lower, 0);
    assert_true(figure->flagged);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
}

static void egress_is_the_sum_of_the_links_that_are_up(void **state)
{
    struct figure_desk *desk = *state;
    for (int i = 0; i < 3; i++) {
        struct interface_evidence *link =
            &desk->registry.interfaces[desk->registry.interface_count++];
        link->role = INTERFACE_ROLE_EGRESS;
        link->up = i != 2;
        link->high_speed_mbit_s = optional_u64(10000);
        link->p95_in_bit_s = optional_double(4.2e9);
    }
    const struct figure *figure = figure_desk_city(desk, "egress-bandwidth");
    assert_value(figure->value, 20);
    assert_null(figure->target);
    assert_int_equal(figure->verdict, VERDICT_NOT_SET);
    assert_non_null(strstr(figure->source, "42.0 %"));
    desk->registry.interfaces[0].high_speed_mbit_s.known = false;
    figure = figure_desk_city(desk, "egress-bandwidth");
    assert_value(figure->value, 10);
    assert_true(figure->flagged);
}

#define WITH_DESK(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, figure_desk_open_reporting, figure_desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(capability_is_the_highest_rate_that_enough_lines_can_have),
        WITH_DESK(lines_of_unknown_capability_leave_nothing_as_the_lower_bound),
        WITH_DESK(the_urban_capability_of_2020_has_a_value_and_no_target),
        WITH_DESK(hotspots_are_met_by_a_lower_bound_and_missed_by_a_census_alone),
        WITH_DESK(access_points_without_a_public_network_are_no_hotspots),
        WITH_DESK(hotspots_without_names_are_counted_and_flagged_but_prove_nothing),
        WITH_DESK(egress_is_the_sum_of_the_links_that_are_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
