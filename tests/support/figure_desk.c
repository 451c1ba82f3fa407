/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/figure_desk.h"

#include "collector/indicator/inputs.h"
#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/weihai.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct rule_settings figure_desk_rules = {.activity_days = 90,
                                                .presence_days = 15,
                                                .census_coverage = 0.95,
                                                .sample_coverage = 0.30,
                                                .completeness_gate = 0.75,
                                                .capability_share = 0.80};

int figure_desk_open(void **state)
{
    struct figure_desk *desk = calloc(1, sizeof *desk);
    *state = desk;
    if (!desk)
        return -1;
    desk->plan = weihai_plan();
    desk->rules = figure_desk_rules;
    desk->query.instant_day = clock_days_from_civil(2017, 12, 31);
    return desk->plan ? 0 : -1;
}

int figure_desk_open_reporting(void **state)
{
    int status = figure_desk_open(state);
    if (status == 0)
        fake_registry_add_probe(&((struct figure_desk *)*state)->registry, "cu", 100, 98);
    return status;
}

int figure_desk_close(void **state)
{
    struct figure_desk *desk = *state;
    figures_free(desk->figures);
    plan_close(desk->plan);
    free(desk);
    return 0;
}

void figure_desk_evaluate(struct figure_desk *desk)
{
    uint64_t now_ns = clock_city_day_start_ns(clock_days_from_civil(2021, 6, 1));
    figures_free(desk->figures);
    desk->figures = NULL;
    struct inputs *inputs = NULL;
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

const struct figure *figure_desk_find(const struct figure_desk *desk, const char *id,
                                      const char *area, const char *operator_name)
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

const struct figure *figure_desk_city(struct figure_desk *desk, const char *id)
{
    figure_desk_evaluate(desk);
    return figure_desk_find(desk, id, "371000", "");
}

void assert_value(struct optional_double actual, double expected)
{
    assert_true(actual.known);
    if (!(fabs(actual.value - expected) < 1e-9))
        print_error("%.12g is not %.12g\n", actual.value, expected);
    assert_true(fabs(actual.value - expected) < 1e-9);
}
