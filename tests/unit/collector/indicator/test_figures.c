/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"

#include "collector/settings.h"
#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/fake_registry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct desk {
    struct plan *plan;
    struct fake_registry registry;
    struct rule_settings rules;
    struct figure_query query;
    struct figures *figures;
};

static int set_up(void **state)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    struct desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return -1;
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    desk->plan = plan_open(plan_file, areas_file, &error);
    desk->rules = (struct rule_settings){.activity_days = 90,
                                         .presence_days = 15,
                                         .census_coverage = 0.95,
                                         .sample_coverage = 0.30,
                                         .completeness_gate = 0.75,
                                         .capability_share = 0.80};
    desk->query.instant_day = clock_days_from_civil(2017, 12, 31);
    fake_registry_add_probe(&desk->registry, "cu", 100, 98);
    *state = desk;
    return desk->plan ? 0 : -1;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    figures_free(desk->figures);
    plan_close(desk->plan);
    free(desk);
    return 0;
}

static void evaluate(struct desk *desk)
{
    uint64_t now_ns = clock_city_day_start_ns(clock_days_from_civil(2021, 6, 1));
    figures_free(desk->figures);
    desk->figures = NULL;
    struct inputs *inputs = NULL;
    assert_int_equal(inputs_load(fake_registry_as_registry(&desk->registry), &desk->rules,
                                 &desk->query, now_ns, &inputs),
                     0);
    assert_int_equal(
        figures_evaluate(desk->plan, inputs, &desk->rules, &desk->query, &desk->figures), 0);
    inputs_free(inputs);
}

static const struct figure *find_figure(const struct desk *desk, const char *id, const char *area,
                                        const char *operator_name)
{
    for (size_t i = 0; i < desk->figures->count; i++) {
        const struct figure *figure = &desk->figures->figures[i];
        const char *of = figure->operator_of ? figure->operator_of->key : "";
        if (strcmp(figure->indicator->id, id) == 0 && strcmp(figure->area->key, area) == 0 &&
            strcmp(of, operator_name) == 0)
            return figure;
    }
    fail_msg("no figure %s %s %s", id, area, operator_name);
    return NULL;
}

static const struct figure *city(struct desk *desk, const char *id)
{
    evaluate(desk);
    return find_figure(desk, id, "371000", "");
}

static void assert_value(struct optional_double actual, double expected)
{
    assert_true(actual.known);
    if (!(fabs(actual.value - expected) < 1e-9))
        print_error("%.12g is not %.12g\n", actual.value, expected);
    assert_true(fabs(actual.value - expected) < 1e-9);
}

static void ftth_share_of_a_census_is_judged_by_its_bounds(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 640, 640);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ETHERNET, 360, 360);
    const struct figure *figure = city(desk, "ftth-share");
    assert_value(figure->value, 64);
    assert_value(figure->lower, 64);
    assert_value(figure->upper, 64);
    assert_value(figure->coverage, 1);
    assert_value(figure->completeness, 0.98);
    assert_int_equal(figure->basis, BASIS_CENSUS);
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_int_equal(figure->grade, 'A');
    gpon->active_max = gpon->provisioned = gpon->registered = optional_u64(440);
    figure = city(desk, "ftth-share"); /* another input, another figure */
    assert_value(figure->value, 55);
    assert_int_equal(figure->verdict, VERDICT_NOT_MET);
}

static void terminals_of_buildings_and_of_other_nodes_are_no_ftth_lines(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 600, 700);
    gpon->mdus = 50;
    gpon->mdus_run = 40;
    const struct figure *figure = city(desk, "ftth-share");
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
    assert_value(city(desk, "ftth-share")->value, 65);
    gpon->listed = 690; /* not all of them have been told: by the device's count */
    assert_value(city(desk, "ftth-share")->value, 100.0 * 660 / 1010);
    gpon->terminals_run = 670;
    assert_value(city(desk, "ftth-share")->lower, 100.0 * 670 / 1020);
}

static void lines_of_unknown_technology_widen_the_bounds(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 610, 610);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ADSL2, 290, 290);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_UNKNOWN, 100, 100);
    const struct figure *figure = city(desk, "ftth-share");
    assert_value(figure->value, 100.0 * 610 / 900);
    assert_value(figure->lower, 61);
    assert_value(figure->upper, 71);
    assert_value(figure->unclassified, 0.1);
    assert_int_equal(figure->verdict, VERDICT_MET);
}

static void a_registered_node_that_is_silent_counts_against_and_for(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 600, 600);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_VDSL2, 360, 360);
    struct node_evidence *silent = fake_registry_add_node(&desk->registry, "cu", "quiet", "371002");
    struct node_lines *lines =
        fake_registry_add_lines(&desk->registry, silent, TECHNOLOGY_GPON, 0, 40);
    silent->reported = false;
    lines->active_max.known = lines->provisioned.known = false;
    const struct figure *figure = city(desk, "ftth-share");
    assert_value(figure->value, 62.5);
    assert_value(figure->lower, 60);
    assert_value(figure->upper, 64);
    assert_value(figure->coverage, 0.96);
    assert_int_equal(figure->basis, BASIS_CENSUS);
    assert_int_equal(figure->verdict, VERDICT_MET);
    lines->registered = optional_u64(80); /* 92 % is no census any more */
    figure = city(desk, "ftth-share");
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    lines->registered.known = false; /* nobody knows how large it is: no bounds at all */
    figure = city(desk, "ftth-share");
    assert_false(figure->lower.known);
    assert_false(figure->upper.known);
    assert_false(figure->coverage.known);
}

static void a_node_that_is_polled_and_seen_in_traffic_is_counted_once(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 120);
    struct node_lines *seen =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_UNKNOWN, 0, 0);
    gpon->seen = 30;
    seen->active_max.known = seen->provisioned.known = seen->registered.known = false;
    seen->seen = 70; /* just those that traffic did not show as gpon */
    fake_registry_add_households(&desk->registry, "371000", 200);
    const struct figure *figure = city(desk, "fixed-broadband-penetration");
    assert_value(figure->numerator, 100);
    assert_value(figure->lower, 50);
    assert_value(figure->upper, 60);
    seen->seen = 75; /* five more than the device knows */
    figure = city(desk, "fixed-broadband-penetration");
    assert_value(figure->numerator, 105);
}

static void without_a_register_nothing_is_met_nor_missed(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 100);
    olt->registered = false;
    gpon->registered.known = false;
    const struct figure *figure = city(desk, "ftth-share");
    assert_value(figure->value, 100);
    assert_false(figure->coverage.known);
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_int_equal(figure->grade, 'D');
}

static void a_node_of_which_nobody_counts_lines_is_no_zero(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *uplink = fake_registry_add_node(&desk->registry, "gd", "ap", "371071");
    uplink->registered = false;
    fake_registry_add_households(&desk->registry, "371000", 100);
    const struct figure *figure = city(desk, "fixed-broadband-penetration");
    assert_false(figure->value.known);
    assert_int_equal(figure->basis, BASIS_NONE);
    struct node_lines *lines =
        fake_registry_add_lines(&desk->registry, uplink, TECHNOLOGY_GPON, 0, 0);
    lines->registered.known = false; /* a device that counts none is another matter */
    assert_value(city(desk, "fixed-broadband-penetration")->value, 0);
}

static void weak_line_keys_make_no_census(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *bras = fake_registry_add_node(&desk->registry, "cu", "bras", "371002");
    struct node_lines *lines =
        fake_registry_add_lines(&desk->registry, bras, TECHNOLOGY_GPON, 0, 0);
    lines->active_max.known = lines->provisioned.known = false;
    lines->registered = optional_u64(100);
    lines->seen = 100;
    lines->seen_key_kind = LINE_KEY_MAC;
    assert_value(city(desk, "ftth-share")->coverage, 0);
    lines->seen_key_kind = LINE_KEY_CIRCUIT;
    assert_value(city(desk, "ftth-share")->coverage, 1);
}

static void penetration_divides_each_scope_by_its_own_households(void **state)
{
    struct desk *desk = *state;
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
    const struct figure *figure = city(desk, "fixed-broadband-penetration");
    assert_value(figure->value, 100.0 * 970 / 1100);
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_string_equal(figure->denominator_date, "2017-12-31");
    const struct figure *area = find_figure(desk, "fixed-broadband-penetration", "371082", "");
    assert_value(area->value, 120); /* nothing is clipped at 100 % */
    assert_null(area->target);
    assert_int_equal(area->verdict, VERDICT_NOT_SET);
    const struct figure *none = find_figure(desk, "fixed-broadband-penetration", "371083", "");
    assert_false(none->value.known);
    const struct figure *own = find_figure(desk, "fixed-broadband-penetration", "371000", "cm");
    assert_value(own->numerator, 120);
    double sum = 0;
    for (size_t i = 1; i < plan_area_count(desk->plan); i++) {
        struct optional_double part =
            find_figure(desk, "fixed-broadband-penetration", plan_area_at(desk->plan, i)->key, "")
                ->numerator;
        sum += part.known ? part.value : 0;
    }
    assert_value(figure->numerator, sum); /* the city is the union of its areas */
}

static void lines_whose_residence_is_unknown_count_above_and_not_below(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    struct node_evidence *b = fake_registry_add_node(&desk->registry, "cu", "b", "371002");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 70, 70);
    (void)fake_registry_add_lines(&desk->registry, b, TECHNOLOGY_GPON, 20, 20);
    b->residence = RESIDENCE_UNKNOWN;
    fake_registry_add_households(&desk->registry, "371000", 100);
    const struct figure *figure = city(desk, "fixed-broadband-penetration");
    assert_value(figure->value, 90);
    assert_value(figure->lower, 70);
    assert_value(figure->upper, 90);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
}

static void penetration_without_households_is_unknown_and_says_so(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 70, 70);
    const struct figure *figure = city(desk, "fixed-broadband-penetration");
    assert_false(figure->value.known);
    assert_value(figure->numerator, 70);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_non_null(strstr(figure->reason_en, "denominator"));
}

static void the_city_s_households_are_the_sum_of_its_areas_only_when_all_are_known(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *a = fake_registry_add_node(&desk->registry, "cu", "a", "371002");
    (void)fake_registry_add_lines(&desk->registry, a, TECHNOLOGY_GPON, 400, 400);
    for (size_t i = 1; i + 1 < plan_area_count(desk->plan); i++)
        fake_registry_add_households(&desk->registry, plan_area_at(desk->plan, i)->key, 50);
    assert_false(city(desk, "fixed-broadband-penetration")->value.known);
    fake_registry_add_households(&desk->registry, "371003-nanhai", 150);
    assert_value(city(desk, "fixed-broadband-penetration")->value, 80);
}

static void a_territory_of_gb2260_is_the_union_of_its_areas(void **state)
{
    struct desk *desk = *state;
    static const char *const areas[] = {"371002", "371071", "371072", "371073"};
    for (size_t i = 0; i < 4; i++) {
        struct node_evidence *node =
            fake_registry_add_node(&desk->registry, "cu", areas[i], areas[i]);
        (void)fake_registry_add_lines(&desk->registry, node, TECHNOLOGY_GPON, 70, 70);
        if (i != 2)
            fake_registry_add_households(&desk->registry, areas[i], 100);
    }
    desk->query.rollups = true;
    (void)city(desk, "fixed-broadband-penetration");
    const struct figure *huancui =
        find_figure(desk, "fixed-broadband-penetration", "gb2260-371002", "");
    assert_value(huancui->numerator, 210); /* 371073 lies in two districts */
    assert_false(huancui->value.known);    /* the households of 371072 are not */
    fake_registry_add_households(&desk->registry, "371072", 50);
    (void)city(desk, "fixed-broadband-penetration");
    huancui = find_figure(desk, "fixed-broadband-penetration", "gb2260-371002", "");
    assert_value(huancui->value, 84);
    assert_int_equal(huancui->verdict, VERDICT_NOT_SET);
}

static void capability_is_the_highest_rate_that_enough_lines_can_have(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 100);
    gpon->capability_known = true;
    gpon->capability[capability_class(100000)] = 80;
    gpon->capability[capability_class(20000)] = 20;
    const struct figure *figure = city(desk, "access-capability-urban");
    assert_value(figure->value, 100);
    assert_value(figure->lower, 100);
    assert_value(figure->numerator, 80);
    assert_value(figure->denominator, 100);
    assert_int_equal(figure->verdict, VERDICT_MET);
    gpon->capability[capability_class(100000)] = 79; /* one line nobody knows of */
    figure = city(desk, "access-capability-urban");
    assert_value(figure->value, 20);
    assert_value(figure->lower, 20);
    assert_value(figure->upper, 100);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    gpon->capability[capability_class(20000)] = 21;
    figure = city(desk, "access-capability-urban");
    assert_value(figure->upper, 20);
    assert_int_equal(figure->verdict, VERDICT_NOT_MET);
    assert_false(city(desk, "access-capability-rural")->value.known);
    olt->settlement = SETTLEMENT_RURAL;
    assert_value(city(desk, "access-capability-rural")->value, 20);
    assert_int_equal(city(desk, "access-capability-rural")->verdict, VERDICT_MET);
}

static void lines_of_unknown_capability_leave_nothing_as_the_lower_bound(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 100, 100);
    assert_false(city(desk, "access-capability-urban")->value.known);
    gpon->capability_known = true;
    gpon->capability[capability_class(100000)] = 40;
    const struct figure *figure = city(desk, "access-capability-urban");
    assert_value(figure->value, 100);
    assert_value(figure->lower, 0);
    assert_value(figure->upper, 100); /* 40 of 100 are known to be no faster */
    assert_value(figure->unclassified, 0.6);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
}

static void the_urban_capability_of_2020_has_a_value_and_no_target(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    struct node_lines *gpon =
        fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 10, 10);
    gpon->capability_known = true;
    gpon->capability[capability_class(1000000)] = 10;
    desk->query.instant_day = clock_days_from_civil(2020, 12, 31);
    const struct figure *figure = city(desk, "access-capability-urban");
    assert_value(figure->value, 1000);
    assert_int_equal(figure->target->status, TARGET_NOT_STATED);
    assert_int_equal(figure->verdict, VERDICT_NOT_SET);
}

static void hotspots_are_met_by_a_lower_bound_and_missed_by_a_census_alone(void **state)
{
    struct desk *desk = *state;
    struct controller_evidence *ac = fake_registry_add_controller(&desk->registry, "ac", 60001);
    ac->registered = false;
    ac->registered_wtps.known = false;
    const struct figure *figure = city(desk, "wlan-hotspots");
    assert_value(figure->value, 60001);
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_MET);
    ac->named_present = 500;
    ac->named_seen = 510;
    figure = city(desk, "wlan-hotspots");
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_false(figure->upper.known);
    ac->registered = true;
    ac->registered_wtps = optional_u64(500);
    figure = city(desk, "wlan-hotspots");
    assert_value(figure->upper, 60001); /* what it once counted without naming them */
    ac->run_max = optional_u64(510);
    figure = city(desk, "wlan-hotspots");
    assert_value(figure->upper, 510);
    assert_int_equal(figure->verdict, VERDICT_NOT_MET);
}

static void access_points_without_a_public_network_are_no_hotspots(void **state)
{
    struct desk *desk = *state;
    struct controller_evidence *ac = fake_registry_add_controller(&desk->registry, "ac", 500);
    ac->private_present = 120;
    const struct figure *figure = city(desk, "wlan-hotspots");
    assert_value(figure->value, 380);
    assert_value(figure->lower, 380);
    assert_value(figure->upper, 380);
    assert_non_null(strstr(figure->source, "120 without a public network"));
}

static void hotspots_without_names_are_counted_and_flagged_but_prove_nothing(void **state)
{
    struct desk *desk = *state;
    struct controller_evidence *ac = fake_registry_add_controller(&desk->registry, "ac", 0);
    ac->run_max = optional_u64(70000);
    const struct figure *figure = city(desk, "wlan-hotspots");
    assert_value(figure->value, 70000);
    assert_value(figure->lower, 0);
    assert_true(figure->flagged);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
}

static void egress_is_the_sum_of_the_links_that_are_up(void **state)
{
    struct desk *desk = *state;
    for (int i = 0; i < 3; i++) {
        struct interface_evidence *link =
            &desk->registry.interfaces[desk->registry.interface_count++];
        link->role = INTERFACE_ROLE_EGRESS;
        link->up = i != 2;
        link->high_speed_mbit_s = optional_u64(10000);
        link->p95_in_bit_s = optional_double(4.2e9);
    }
    const struct figure *figure = city(desk, "egress-bandwidth");
    assert_value(figure->value, 20);
    assert_null(figure->target);
    assert_int_equal(figure->verdict, VERDICT_NOT_SET);
    assert_non_null(strstr(figure->source, "42.0 %"));
    desk->registry.interfaces[0].high_speed_mbit_s.known = false;
    figure = city(desk, "egress-bandwidth");
    assert_value(figure->value, 10);
    assert_true(figure->flagged);
}

static void a_declared_figure_is_compared_exactly_and_stands_beside_the_measured(void **state)
{
    struct desk *desk = *state;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    fake_registry_add_declared(&desk->registry, "mobile-3g4g-penetration", "", 75, day);
    fake_registry_add_declared(&desk->registry, "ftth-share", "", 88, day);
    fake_registry_add_declared(&desk->registry, "software-firms-to-cloud", "", 30, day);
    const struct figure *figure = city(desk, "mobile-3g4g-penetration");
    assert_int_equal(figure->basis, BASIS_DECLARED);
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_int_equal(figure->grade, '-');
    assert_string_equal(figure->source, "report, 2017-12-31");
    assert_value(city(desk, "ftth-share")->declared_value, 88);
    assert_false(city(desk, "ftth-share")->value.known); /* nobody measured it */
    assert_int_equal(city(desk, "software-firms-to-cloud")->verdict, VERDICT_NOT_MET); /* 超过 */
    assert_int_equal(city(desk, "cloud-solutions")->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_int_equal(city(desk, "cloud-access-centres")->verdict, VERDICT_NOT_SET);
}

static void a_milestone_is_judged_by_what_was_declared_for_its_own_year(void **state)
{
    struct desk *desk = *state;
    int64_t day = clock_days_from_civil(2016, 12, 20);
    fake_registry_add_declared(&desk->registry, "gov-dc-consolidation-city", "", 1, day);
    const struct figure *figure = city(desk, "gov-dc-consolidation-city");
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_true(figure->due);
}

static void missing_intervals_stop_every_measured_verdict(void **state)
{
    struct desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 64, 64);
    /* a surplus of one probe does not make up for another's silence */
    fake_registry_add_probe(&desk->registry, "cm", 100, 30);
    desk->registry.probes[0].arrived_intervals = 300;
    const struct figure *figure = city(desk, "ftth-share");
    assert_value(figure->completeness, 0.65);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_int_equal(figure->grade, 'E');
    desk->registry.probe_count = 0;
    assert_false(city(desk, "ftth-share")->completeness.known);
}

/* 12 nodes, 8 of them drawn: 8 x 100 lines with 70 to 84 fibres. */
static void a_probability_sample_is_judged_by_one_sided_bounds(void **state)
{
    struct desk *desk = *state;
    for (int i = 0; i < 12; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "olt-%02d", i);
        struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", name, "371002");
        uint64_t fibre = (uint64_t)(70 + 2 * i);
        struct node_lines *gpon =
            fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, fibre, fibre);
        struct node_lines *dsl = fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ADSL2,
                                                         100 - fibre, 100 - fibre);
        if (i >= 8) {
            olt->reported = false;
            gpon->active_max.known = gpon->provisioned.known = false;
            dsl->active_max.known = dsl->provisioned.known = false;
        }
    }
    const struct figure *figure = city(desk, "ftth-share");
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    desk->rules.probability_sample = true;
    figure = city(desk, "ftth-share");
    assert_int_equal(figure->basis, BASIS_PROBABILITY_SAMPLE);
    assert_value(figure->value, 77);
    assert_true(figure->lower.value < figure->lower_one_sided.value);
    assert_true(figure->lower_one_sided.value < 77 && figure->upper_one_sided.value > 77);
    assert_true(figure->effective_sample_size.value > 0);
    assert_int_equal(figure->verdict, VERDICT_MET);
    desk->rules.sample_coverage = 0.9;
    assert_int_equal(city(desk, "ftth-share")->basis, BASIS_CONVENIENCE);
}

static void a_row_for_each_target_stands_by_date(void **state)
{
    struct desk *desk = *state;
    desk->query.all_targets = true;
    evaluate(desk);
    size_t rows = 0;
    for (size_t i = 0; i < plan_indicator_count(desk->plan); i++) {
        size_t targets = plan_indicator_at(desk->plan, i)->target_count;
        rows += targets > 0 ? targets : 1;
    }
    assert_int_equal(desk->figures->count, rows);
    assert_true(desk->figures->figures[0].due);
    assert_false(desk->figures->figures[1].due);
}

static void the_target_in_force_is_the_next_one_and_then_the_last(void **state)
{
    struct desk *desk = *state;
    static const struct {
        int year;
        int target_year;
    } cases[] = {{2016, 2017}, {2017, 2017}, {2018, 2020}, {2020, 2020}, {2026, 2020}};
    const struct plan_indicator *indicator = plan_find_indicator(desk->plan, "ftth-share");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            figure_target_in_force(indicator, clock_days_from_civil(cases[i].year, 12, 31))->day,
            clock_days_from_civil(cases[i].target_year, 12, 31));
    indicator = plan_find_indicator(desk->plan, "egress-bandwidth");
    assert_null(figure_target_in_force(indicator, 0));
}

static void a_year_is_judged_at_its_end_or_today_and_is_final_after_60_days(void **state)
{
    (void)state;
    bool provisional = false;
    int64_t end = clock_days_from_civil(2017, 12, 31);
    uint64_t running = clock_city_day_start_ns(clock_days_from_civil(2017, 5, 4));
    assert_int_equal(figure_instant_of_year(2017, running, &provisional),
                     clock_days_from_civil(2017, 5, 4));
    assert_true(provisional);
    assert_int_equal(figure_instant_of_year(2017, clock_city_day_start_ns(end + 60), &provisional),
                     end);
    assert_true(provisional);
    assert_int_equal(figure_instant_of_year(2017, clock_city_day_start_ns(end + 61), &provisional),
                     end);
    assert_false(provisional);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        WITH_DESK(a_territory_of_gb2260_is_the_union_of_its_areas),
        WITH_DESK(the_city_s_households_are_the_sum_of_its_areas_only_when_all_are_known),
        WITH_DESK(capability_is_the_highest_rate_that_enough_lines_can_have),
        WITH_DESK(lines_of_unknown_capability_leave_nothing_as_the_lower_bound),
        WITH_DESK(the_urban_capability_of_2020_has_a_value_and_no_target),
        WITH_DESK(hotspots_are_met_by_a_lower_bound_and_missed_by_a_census_alone),
        WITH_DESK(access_points_without_a_public_network_are_no_hotspots),
        WITH_DESK(hotspots_without_names_are_counted_and_flagged_but_prove_nothing),
        WITH_DESK(egress_is_the_sum_of_the_links_that_are_up),
        WITH_DESK(a_declared_figure_is_compared_exactly_and_stands_beside_the_measured),
        WITH_DESK(a_milestone_is_judged_by_what_was_declared_for_its_own_year),
        WITH_DESK(missing_intervals_stop_every_measured_verdict),
        WITH_DESK(a_probability_sample_is_judged_by_one_sided_bounds),
        WITH_DESK(a_row_for_each_target_stands_by_date),
        WITH_DESK(the_target_in_force_is_the_next_one_and_then_the_last),
        WITH_DESK(a_year_is_judged_at_its_end_or_today_and_is_final_after_60_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
