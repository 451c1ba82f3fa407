/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/cmocka_all.h"
#include "tests/support/figure_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDICATOR "ftth-share"

static int set_up(void **state)
{
    int status = figure_desk_open(state);
    struct figure_desk *desk = *state;
    if (status != 0)
        return status;
    desk->query.operators = true;
    /* 640 of 1,000 lines are FTTH, 360 end in the building. */
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 640, 640);
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ETHERNET, 360, 360);
    return 0;
}

static const struct figure *figure_of(struct figure_desk *desk, const char *operator_name)
{
    figure_desk_evaluate(desk);
    return figure_desk_find(desk, INDICATOR, "371000", operator_name);
}

static void declare(struct figure_desk *desk, const char *operator_name, double value)
{
    fake_registry_add_declared(&desk->registry, INDICATOR, operator_name, value,
                               desk->query.instant_day);
}

static void what_is_declared_within_our_interval_as_rounded_is_explained(void **state)
{
    struct figure_desk *desk = *state;
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
    struct figure_desk *desk = *state;
    declare(desk, "cu", 100);
    const struct figure *figure = figure_of(desk, "cu");
    assert_int_equal(figure->declared_gap, DECLARED_DEFINITION);
    assert_non_null(figure->declared_definition);
    assert_string_equal(figure->declared_definition->name, "with-fttb");
    assert_true(figure->gap.value > 35.9 && figure->gap.value < 36.1);
}

static void what_no_definition_gives_stays_unexplained(void **state)
{
    struct figure_desk *desk = *state;
    declare(desk, "cu", 81);
    const struct figure *figure = figure_of(desk, "cu");
    assert_int_equal(figure->declared_gap, DECLARED_UNEXPLAINED);
    assert_null(figure->declared_definition);
}

static void a_remark_travels_with_its_figure_alone(void **state)
{
    struct figure_desk *desk = *state;
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

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, figure_desk_close)

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
