/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A city is its areas, and its operators: counts add up to the city's, and nothing is cut at 100 %.
 */
#include "collector/indicator/figure.h"
#include "collector/settings.h"
#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/trial.h"
#include "tests/support/weihai.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEPLOYMENTS 20

static const struct rule_settings rules = {.activity_days = 90,
                                           .presence_days = 15,
                                           .census_coverage = 0.95,
                                           .sample_coverage = 0.30,
                                           .completeness_gate = 0.75,
                                           .capability_share = 0.80};

/* Nodes go round the areas that partition the city. */
static void spread_over_areas(const struct plan *plan, struct deployment *deployment)
{
    size_t area = 0;
    for (size_t i = 0; i < deployment->evidence.node_count; i++) {
        do
            area = (area + 1) % plan_area_count(plan);
        while (!plan_area_at(plan, area)->reporting);
        (void)snprintf(deployment->evidence.nodes[i].area, REPORT_NAME_BYTES, "%s",
                       plan_area_at(plan, area)->key);
    }
}

static struct figures *evaluate(const struct plan *plan, struct deployment *deployment)
{
    struct figures *figures = NULL;
    const struct figure_query query = {
        .instant_day = deployment->inputs.window.last_day, .areas = true, .operators = true};
    assert_int_equal(figures_evaluate(plan, &deployment->inputs, &rules, &query, &figures), 0);
    return figures;
}

struct sums {
    double city, areas, operators;
};

static struct sums sum_numerators(const struct plan *plan, const struct figures *figures,
                                  const char *id)
{
    struct sums sums = {0, 0, 0};
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (strcmp(figure->indicator->id, id) != 0 || figure->alternative ||
            !figure->numerator.known)
            continue;
        bool whole = figure->area == plan_area_at(plan, 0);
        double *sum = !whole ? &sums.areas : figure->operator_of ? &sums.operators : &sums.city;
        *sum += figure->numerator.value;
    }
    return sums;
}

static void a_city_counts_what_its_areas_and_its_operators_count(void **state)
{
    (void)state;
    static const char *const ids[] = {"ftth-share", "fixed-broadband-penetration"};
    struct plan *plan = weihai_plan();
    for (uint64_t seed = 0; seed < DEPLOYMENTS; seed++) {
        struct deployment *deployment = deployment_new(&trial_kinds[3], seed, 60, 80);
        deployment_set_instant(deployment, clock_days_from_civil(2017, 12, 31));
        spread_over_areas(plan, deployment);
        struct figures *figures = evaluate(plan, deployment);
        for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
            struct sums sums = sum_numerators(plan, figures, ids[i]);
            assert_true(sums.city > 0);
            assert_true(fabs(sums.areas - sums.city) < 1e-6);
            assert_true(fabs(sums.operators - sums.city) < 1e-6);
        }
        figures_free(figures);
        deployment_free(deployment);
    }
    plan_close(plan);
}

static void nothing_is_cut_at_a_hundred_per_cent(void **state)
{
    (void)state;
    struct plan *plan = weihai_plan();
    struct deployment *deployment = deployment_new(&trial_kinds[3], 1, 60, 80);
    deployment_set_instant(deployment, clock_days_from_civil(2017, 12, 31));
    deployment->households.value /=
        5; /* several lines a household, as in a city of holiday homes */
    struct figures *figures = evaluate(plan, deployment);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (strcmp(figure->indicator->id, "fixed-broadband-penetration") != 0 ||
            figure->alternative || figure->operator_of || figure->area != plan_area_at(plan, 0))
            continue;
        double expected = 100 * figure->numerator.value / figure->denominator.value;
        assert_true(figure->value.value > 100);
        assert_true(fabs(figure->value.value - expected) < 1e-9);
        assert_true(!figure->upper.known || figure->upper.value >= figure->value.value);
    }
    figures_free(figures);
    deployment_free(deployment);
    plan_close(plan);
}

static const struct figure *find_city(const struct plan *plan, const struct figures *figures,
                                      const char *id)
{
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (strcmp(figure->indicator->id, id) == 0 && !figure->alternative &&
            !figure->operator_of && figure->area == plan_area_at(plan, 0))
            return figure;
    }
    fail_msg("no figure %s", id);
    return NULL;
}

/* Post-stratified to the register: near the truth where the part happens to be random; never
 * judged. */
static void a_part_has_an_estimate_for_the_whole_that_is_not_judged(void **state)
{
    (void)state;
    struct plan *plan = weihai_plan();
    unsigned held = 0;
    for (uint64_t seed = 0; seed < DEPLOYMENTS; seed++) {
        struct deployment *deployment = deployment_new(&trial_kinds[3], seed, 75, 80);
        deployment_set_instant(deployment, clock_days_from_civil(2017, 12, 31));
        struct figures *figures = evaluate(plan, deployment);
        const struct figure *figure = find_city(plan, figures, "ftth-share");
        assert_int_equal(figure->basis, BASIS_CONVENIENCE);
        assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
        assert_true(figure->estimate.known);
        assert_true(figure->estimate_lower.value < figure->estimate.value &&
                    figure->estimate.value < figure->estimate_upper.value);
        held += figure->estimate_lower.value <= deployment->ftth_share &&
                deployment->ftth_share <= figure->estimate_upper.value;
        figures_free(figures);
        deployment_free(deployment);
    }
    assert_true(held >= DEPLOYMENTS * 8 / 10);
    plan_close(plan);
}

static struct controller_evidence controller(const char *name, bool reported, uint64_t present,
                                             uint64_t registered)
{
    struct controller_evidence controller = {.operator_name = "cu",
                                             .area = "371002",
                                             .registered = true,
                                             .reported = reported,
                                             .registered_wtps = optional_u64(registered)};
    (void)snprintf(controller.access_node, sizeof controller.access_node, "%s", name);
    if (reported) {
        controller.named_present = controller.named_seen = present;
        controller.run_max = optional_u64(present);
    }
    return controller;
}

/* 150 seen where the register has 170 of 400. */
static void access_points_are_scaled_by_the_register_and_judged_by_what_was_seen(void **state)
{
    (void)state;
    struct plan *plan = weihai_plan();
    struct deployment *deployment = deployment_new(&trial_kinds[3], 1, 60, 80);
    struct controller_evidence controllers[] = {
        controller("ac-1", true, 100, 110), controller("ac-2", true, 50, 60),
        controller("ac-3", false, 0, 110), controller("ac-4", false, 0, 120)};
    deployment_set_instant(deployment, clock_days_from_civil(2017, 12, 31));
    deployment->evidence.controllers = controllers;
    deployment->evidence.controller_count = 4;
    struct figures *figures = evaluate(plan, deployment);
    const struct figure *figure = find_city(plan, figures, "wlan-hotspots");
    assert_true(fabs(figure->value.value - 150) < 1e-9);
    assert_true(fabs(figure->lower_one_sided.value - 150) < 1e-9);
    assert_true(fabs(figure->estimate.value - 150 * 400.0 / 170) < 1e-9);
    assert_true(figure->estimate_lower.value < figure->estimate.value &&
                figure->estimate.value < figure->estimate_upper.value);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    figures_free(figures);
    deployment_free(deployment);
    plan_close(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_city_counts_what_its_areas_and_its_operators_count),
        cmocka_unit_test(nothing_is_cut_at_a_hundred_per_cent),
        cmocka_unit_test(a_part_has_an_estimate_for_the_whole_that_is_not_judged),
        cmocka_unit_test(access_points_are_scaled_by_the_register_and_judged_by_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
