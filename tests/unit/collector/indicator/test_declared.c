/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"
#include "collector/settings.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/fake_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDICATOR "ftth-share"

struct desk {
    struct fake_registry registry;
    struct plan *plan;
    struct rule_settings rules;
    struct figure_query query;
    struct remark remark; /* imported where its indicator is set */
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
    *state = desk;
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
    desk->query.operators = true;
    /* 640 of 1,000 lines are FTTH, 360 end in the building. */
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 640, 640);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ETHERNET, 360, 360);
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
    struct inputs *inputs = NULL;
    figures_free(desk->figures);
    desk->figures = NULL;
    assert_int_equal(inputs_load(fake_registry_as_registry(&desk->registry), &desk->rules,
                                 &desk->query, now_ns, &inputs),
                     0);
    if (desk->remark.indicator[0]) {
        inputs->imported.remarks = malloc(sizeof desk->remark);
        assert_non_null(inputs->imported.remarks);
        inputs->imported.remarks[0] = desk->remark;
        inputs->imported.remark_count = 1;
    }
    assert_int_equal(
        figures_evaluate(desk->plan, inputs, &desk->rules, &desk->query, &desk->figures), 0);
    inputs_free(inputs);
}

static const struct figure *figure_of(struct desk *desk, const char *operator_name)
{
    evaluate(desk);
    for (size_t i = 0; i < desk->figures->count; i++) {
        const struct figure *figure = &desk->figures->figures[i];
        const char *of = figure->operator_of ? figure->operator_of->key : "";
        if (strcmp(figure->indicator->id, INDICATOR) == 0 && strcmp(of, operator_name) == 0)
            return figure;
    }
    fail_msg("no figure of '%s'", operator_name);
    return NULL;
}

static void declare(struct desk *desk, const char *operator_name, double value)
{
    fake_registry_add_declared(&desk->registry, INDICATOR, operator_name, value,
                               desk->query.instant_day);
}

static void what_is_declared_within_our_interval_as_rounded_is_explained(void **state)
{
    struct desk *desk = *state;
    declare(desk, "", 64.04);
    declare(desk, "cu", 64.06);
    const struct figure *figure = figure_of(desk, "");
    assert_int_equal(figure->declared_gap, DECLARED_WITHIN);
    assert_true(figure->gap.known && figure->gap.value > 0.039 && figure->gap.value < 0.041);
    assert_non_null(strstr(figure->declared_source, "2017-12-31"));
    assert_int_equal(figure_of(desk, "cu")->declared_gap, DECLARED_UNEXPLAINED);
    assert_int_equal(figure_of(desk, "cm")->declared_gap, DECLARED_NONE);
    assert_false(figure_of(desk, "cm")->gap.known);
}

static void what_another_definition_gives_is_explained_by_it(void **state)
{
    struct desk *desk = *state;
    declare(desk, "cu", 100);
    const struct figure *figure = figure_of(desk, "cu");
    assert_int_equal(figure->declared_gap, DECLARED_DEFINITION);
    assert_non_null(figure->declared_definition);
    assert_string_equal(figure->declared_definition->name, "with-fttb");
    assert_true(figure->gap.value > 35.9 && figure->gap.value < 36.1);
}

static void what_no_definition_gives_stays_unexplained(void **state)
{
    struct desk *desk = *state;
    declare(desk, "cu", 81);
    const struct figure *figure = figure_of(desk, "cu");
    assert_int_equal(figure->declared_gap, DECLARED_UNEXPLAINED);
    assert_null(figure->declared_definition);
}

static void a_remark_travels_with_its_figure_alone(void **state)
{
    struct desk *desk = *state;
    desk->remark = (struct remark){.indicator = INDICATOR,
                                   .area = "371000",
                                   .operator_name = "cu",
                                   .period = "2017",
                                   .text_zh = "含楼道",
                                   .text_en = "buildings included"};
    assert_string_equal(figure_of(desk, "cu")->remark_zh, "含楼道");
    assert_string_equal(figure_of(desk, "cu")->remark_en, "buildings included");
    assert_string_equal(figure_of(desk, "")->remark_zh, "");
    (void)snprintf(desk->remark.period, sizeof desk->remark.period, "2016");
    assert_string_equal(figure_of(desk, "cu")->remark_zh, "");
    (void)snprintf(desk->remark.period, sizeof desk->remark.period, "2017-12");
    assert_string_equal(figure_of(desk, "cu")->remark_zh, "含楼道");
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(what_is_declared_within_our_interval_as_rounded_is_explained),
        WITH_DESK(what_another_definition_gives_is_explained_by_it),
        WITH_DESK(what_no_definition_gives_stays_unexplained),
        WITH_DESK(a_remark_travels_with_its_figure_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
