/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many decimals a reader sees, and the line of a verdict that shows them: the side of the
 * target on which a value lies is never rounded away.
 */
#include "collector/export/decimals.h"
#include "collector/export/figure_line.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_share_near_its_target_is_not_rounded_to_it(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        uint64_t decimals;
        double value;
        struct optional_double target;
        unsigned shown;
    } cases[] = {
        {"%", 1, 62.3, {true, 80}, 1},         {"%", 1, 79.96, {true, 80}, 2},
        {"%", 1, 79.996, {true, 80}, 3},       {"%", 1, 79.9999999, {true, 80}, DECIMALS_MAX},
        {"%", 1, 80, {true, 80}, 1},           {"%", 1, 79.96, {false, 0}, 1},
        {"%", 0, 12, {true, 80}, 1},           {"%", 2, 99.98, {true, 100}, 2},
        {"count", 0, 59999, {true, 60000}, 0}, {"count", 0, 19.9, {true, 20}, 1},
        {"Mbit/s", 0, 100, {true, 80}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            decimals_beside(cases[i].unit, cases[i].decimals, cases[i].value, cases[i].target),
            cases[i].shown);
}

static void expect_line(const struct figure *figure, bool chinese, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    figure_line(out, figure, chinese);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void the_line_of_a_verdict_shows_counts_whole_and_shares_as_finely_as_it_takes(void **state)
{
    (void)state;
    struct plan_definition definition = {.unit = "%", .unit_zh = "%", .decimals = 1};
    struct plan_indicator indicator = {
        .id = "ftth-share", .unit = "%", .unit_zh = "%", .decimals = 1};
    const struct plan_area city = {.key = "371000", .label_zh = "威海市"};
    struct plan_target target = {.value = {true, 80}, .operator_ = TARGET_GE};
    struct figure figure = {.indicator = &indicator,
                            .definition = &definition,
                            .area = &city,
                            .target = &target,
                            .instant_day = clock_days_from_civil(2020, 12, 31),
                            .value = {true, 79.96},
                            .lower = {true, 79.96},
                            .upper = {true, 79.98},
                            .basis = BASIS_CENSUS,
                            .verdict = VERDICT_NOT_MET,
                            .definition_version = 1,
                            .reason_en = "R.",
                            .reason_zh = "理由。"};
    expect_line(
        &figure, false,
        "ftth-share 371000 威海市 2020-12-31: 79.96 % [79.96, 79.98], target ≥ 80 → NOT_MET "
        "(census, definition v1): R.\n");
    definition = (struct plan_definition){.unit = "count", .unit_zh = "个"};
    (void)snprintf(indicator.unit, sizeof indicator.unit, "count");
    (void)snprintf(indicator.unit_zh, sizeof indicator.unit_zh, "个");
    target.value.value = 80000;
    figure.value.value = figure.lower.value = 82;
    figure.upper.value = 83;
    expect_line(&figure, true,
                "ftth-share 371000 威海市 2020-12-31: 82 个 [82, 83]，目标 ≥ 80000 → 未达到 "
                "(普查，定义第 1 版): 理由。\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_near_its_target_is_not_rounded_to_it),
        cmocka_unit_test(the_line_of_a_verdict_shows_counts_whole_and_shares_as_finely_as_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
