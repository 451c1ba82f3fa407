/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Shares of lines, and lines of households: bounds, coverage, and what of the evidence counts.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/figure_desk.h"

#include <string.h>

static void ftth_share_of_a_census_is_judged_by_its_bounds(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 640, 640);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ETHERNET, 360, 360);
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_value(figure->value, 64);
    assert_value(figure->lower, 64);
    assert_value(figure->upper, 64);
    assert_value(figure->coverage, 1);
    assert_value(figure->completeness, 0.98);
    assert_int_equal(figure->basis, BASIS_CENSUS);
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_int_equal(figure->grade, 'A');
    gpon->active_max = gpon->provisioned = gpon->registered = optional_u64(440);
    figure = figure_desk_city(desk, "ftth-share"); /* another input, another figure */
    assert_value(figure->value, 55);
    assert_int_equal(figure->verdict, VERDICT_NOT_MET);
}

static void terminals_of_buildings_and_of_other_nodes_are_no_ftth_lines(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 600, 700);
    gpon->mdus = 50;
    gpon->mdus_run = 40;
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_value(figure->value, 100.0 * 560 / 610); /* a building is at least one line of copper */
    assert_value(figure->numerator, 560);
    assert_true(figure->lower.value <= 100.0 * 560 / 610);
    *gpon = (struct node_lines){.technology = TECHNOLOGY_GPON,
                                .provisioned = optional_u64(700),
                                .named = optional_u64(700),
                                .listed = 700,
                                .terminals = 650, /* 50 are listed by another node by now */
                                .registered = optional_u64(700)};
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ETHERNET, 350, 350);
    assert_value(figure_desk_city(desk, "ftth-share")->value, 65);
    gpon->listed = 690; /* not all of them have been told: by the device's count */
    assert_value(figure_desk_city(desk, "ftth-share")->value, 100.0 * 660 / 1010);
    gpon->terminals_run = 670;
    assert_value(figure_desk_city(desk, "ftth-share")->lower, 100.0 * 670 / 1020);
}

static void lines_of_unknown_technology_widen_the_bounds(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 610, 610);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ADSL2, 290, 290);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_UNKNOWN, 100, 100);
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_value(figure->value, 100.0 * 610 / 900);
    assert_value(figure->lower, 61);
    assert_value(figure->upper, 71);
    assert_value(figure->unclassified, 0.1);
    assert_int_equal(figure->verdict, VERDICT_MET);
}

static void a_registered_node_that_is_silent_counts_against_and_for(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 600, 600);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_VDSL2, 360, 360);
    struct node_evidence *silent = fake_registry_add_node(&desk->registry, "cu", "quiet", "371002");
    struct node_lines *lines =
        fake_registry_add_lines(&desk->registry, silent, TECHNOLOGY_GPON, 0, 40);
    silent->reported = false;
    lines->active_max.known = lines->provisioned.known = false;
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_value(figure->value, 62.5);
    assert_value(figure->lower, 60);
    assert_value(figure->upper, 64);
    assert_value(figure->coverage, 0.96);
    assert_int_equal(figure->basis, BASIS_CENSUS);
    assert_int_equal(figure->verdict, VERDICT_MET);
    lines->registered = optional_u64(80); /* 92 % is no census any more */
    figure = figure_desk_city(desk, "ftth-share");
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    lines->registered.known = false; /* nobody knows how large it is: no bounds at all */
    figure = figure_desk_city(desk, "ftth-share");
    assert_false(figure->lower.known);
    assert_false(figure->upper.known);
    assert_false(figure->coverage.known);
}

static void a_node_that_is_polled_and_seen_in_traffic_is_counted_once(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 120);
    struct node_lines *seen =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_UNKNOWN, 0, 0);
    gpon->seen = 30;
    seen->active_max.known = seen->provisioned.known = seen->registered.known = false;
    seen->seen = 70; /* just those that traffic did not show as gpon */
    fake_registry_add_households(&desk->registry, "371000", 200);
    const struct figure *figure = figure_desk_city(desk, "fixed-broadband-penetration");
    assert_value(figure->numerator, 100);
    assert_value(figure->lower, 50);
    assert_value(figure->upper, 60);
    seen->seen = 75; /* five more than the device knows */
    figure = figure_desk_city(desk, "fixed-broadband-penetration");
    assert_value(figure->numerator, 105);
}

static void without_a_register_nothing_is_met_nor_missed(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 100);
    olt->registered = false;
    gpon->registered.known = false;
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_value(figure->value, 100);
    assert_false(figure->coverage.known);
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_int_equal(figure->grade, 'D');
}

static void a_node_of_which_nobody_counts_lines_is_no_zero(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *uplink = fake_registry_add_node(&desk->registry, "gd", "ap", "371071");
    uplink->registered = false;
    fake_registry_add_households(&desk->registry, "371000", 100);
    const struct figure *figure = figure_desk_city(desk, "fixed-broadband-penetration");
    assert_false(figure->value.known);
    assert_int_equal(figure->basis, BASIS_NONE);
    struct node_lines *lines =
        fake_registry_add_lines(&desk->registry, uplink, TECHNOLOGY_GPON, 0, 0);
    lines->registered.known = false; /* a device that counts none is another matter */
    assert_value(figure_desk_city(desk, "fixed-broadband-penetration")->value, 0);
}

static void weak_line_keys_make_no_census(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *bras = fake_registry_add_node(&desk->registry, "cu", "bras", "371002");
    struct node_lines *lines =
        fake_registry_add_lines(&desk->registry, bras, TECHNOLOGY_GPON, 0, 0);
    lines->active_max.known = lines->provisioned.known = false;
    lines->registered = optional_u64(100);
    lines->seen = 100;
    lines->seen_key_kind = LINE_KEY_MAC;
    assert_value(figure_desk_city(desk, "ftth-share")->coverage, 0);
    lines->seen_key_kind = LINE_KEY_CIRCUIT;
    assert_value(figure_desk_city(desk, "ftth-share")->coverage, 1);
}

static void penetration_divides_each_scope_by_its_own_households(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    struct node_evidence *b = fake_registry_add_node(&desk->registry, "cm", "b", "371082");
    struct node_evidence *office = fake_registry_add_node(&desk->registry, "cm", "c", "371082");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 850, 850);
    (void)fake_registry_add_lines(&desk->registry, b, TECHNOLOGY_GPON, 120, 120);
    (void)fake_registry_add_lines(&desk->registry, office, TECHNOLOGY_GPON, 500, 500);
    office->residence = RESIDENCE_BUSINESS;
    fake_registry_add_households(&desk->registry, "371000", 1100);
    fake_registry_add_households(&desk->registry, "371002", 1000);
    fake_registry_add_households(&desk->registry, "371082", 100);
    fake_registry_add_probe(&desk->registry, "cm", 100, 100);
    desk->query.areas = desk->query.operators = true;
    const struct figure *figure = figure_desk_city(desk, "fixed-broadband-penetration");
    assert_value(figure->value, 100.0 * 970 / 1100);
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_string_equal(figure->denominator_date, "2017-12-31");
    const struct figure *area = figure_desk_find(desk, "fixed-broadband-penetration", "371082", "");
    assert_value(area->value, 120); /* nothing is clipped at 100 % */
    assert_null(area->target);
    assert_int_equal(area->verdict, VERDICT_NOT_SET);
    const struct figure *none = figure_desk_find(desk, "fixed-broadband-penetration", "371083", "");
    assert_false(none->value.known);
    const struct figure *own =
        figure_desk_find(desk, "fixed-broadband-penetration", "371000", "cm");
    assert_value(own->numerator, 120);
    double sum = 0;
    for (size_t i = 1; i < plan_area_count(desk->plan); i++) {
        struct optional_double part = figure_desk_find(desk, "fixed-broadband-penetration",
                                                       plan_area_at(desk->plan, i)->key, "")
                                          ->numerator;
        sum += part.known ? part.value : 0;
    }
    assert_value(figure->numerator, sum); /* the city is the union of its areas */
}

static void lines_whose_residence_is_unknown_count_above_and_not_below(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    struct node_evidence *b = fake_registry_add_node(&desk->registry, "cu", "b", "371002");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 70, 70);
    (void)fake_registry_add_lines(&desk->registry, b, TECHNOLOGY_GPON, 20, 20);
    b->residence = RESIDENCE_UNKNOWN;
    fake_registry_add_households(&desk->registry, "371000", 100);
    const struct figure *figure = figure_desk_city(desk, "fixed-broadband-penetration");
    assert_value(figure->value, 90);
    assert_value(figure->lower, 70);
    assert_value(figure->upper, 90);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
}

static void penetration_without_households_is_unknown_and_says_so(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 70, 70);
    const struct figure *figure = figure_desk_city(desk, "fixed-broadband-penetration");
    assert_false(figure->value.known);
    assert_value(figure->numerator, 70);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_non_null(strstr(figure->reason_en, "denominator"));
}

static void the_city_s_households_are_the_sum_of_its_areas_only_when_all_are_known(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 400, 400);
    for (size_t i = 1; i + 1 < plan_area_count(desk->plan); i++)
        fake_registry_add_households(&desk->registry, plan_area_at(desk->plan, i)->key, 50);
    assert_false(figure_desk_city(desk, "fixed-broadband-penetration")->value.known);
    fake_registry_add_households(&desk->registry, "371003-nanhai", 150);
    assert_value(figure_desk_city(desk, "fixed-broadband-penetration")->value, 80);
}

static void a_territory_of_gb2260_is_the_union_of_its_areas(void **state)
{
    struct figure_desk *desk = *state;
    static const char *const areas[] = {"371002", "371071", "371072", "371073"};
    for (size_t i = 0; i < 4; i++) {
        struct node_evidence *node =
            fake_registry_add_node(&desk->registry, "cu", areas[i], areas[i]);
        (void)fake_registry_add_lines(&desk->registry, node, TECHNOLOGY_GPON, 70, 70);
        if (i != 2)
            fake_registry_add_households(&desk->registry, areas[i], 100);
    }
    desk->query.rollups = true;
    (void)figure_desk_city(desk, "fixed-broadband-penetration");
    const struct figure *huancui =
        figure_desk_find(desk, "fixed-broadband-penetration", "gb2260-371002", "");
    assert_value(huancui->numerator, 210); /* 371073 lies in two districts */
    assert_false(huancui->value.known);    /* the households of 371072 are not */
    fake_registry_add_households(&desk->registry, "371072", 50);
    (void)figure_desk_city(desk, "fixed-broadband-penetration");
    huancui = figure_desk_find(desk, "fixed-broadband-penetration", "gb2260-371002", "");
    assert_value(huancui->value, 84);
    assert_int_equal(huancui->verdict, VERDICT_NOT_SET);
}

#define WITH_DESK(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, figure_desk_open_reporting, figure_desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(ftth_share_of_a_census_is_judged_by_its_bounds),
        WITH_DESK(terminals_of_buildings_and_of_other_nodes_are_no_ftth_lines),
        WITH_DESK(lines_of_unknown_technology_widen_the_bounds),
        WITH_DESK(a_registered_node_that_is_silent_counts_against_and_for),
        WITH_DESK(a_node_that_is_polled_and_seen_in_traffic_is_counted_once),
        WITH_DESK(without_a_register_nothing_is_met_nor_missed),
        WITH_DESK(a_node_of_which_nobody_counts_lines_is_no_zero),
        WITH_DESK(weak_line_keys_make_no_census),
        WITH_DESK(penetration_divides_each_scope_by_its_own_households),
        WITH_DESK(lines_whose_residence_is_unknown_count_above_and_not_below),
        WITH_DESK(penetration_without_households_is_unknown_and_says_so),
        WITH_DESK(the_city_s_households_are_the_sum_of_its_areas_only_when_all_are_known),
        WITH_DESK(a_territory_of_gb2260_is_the_union_of_its_areas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
