/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/figure.h"

#include "common/clock.h"

#include <stdlib.h>

/* Late data are taken for so long; then a year's figures are final (indicators.md 3.7). */
#define FINAL_AFTER_DAYS 60

bool figure_is_provisional(int64_t instant_day, uint64_t now_ns)
{
    return clock_city_day(now_ns) <= instant_day + FINAL_AFTER_DAYS;
}

int64_t figure_instant_of_year(int year, uint64_t now_ns, bool *out_provisional)
{
    int64_t last = clock_days_from_civil(year, 12, 31);
    int64_t today = clock_city_day(now_ns);
    int64_t instant = today < last ? today : last;
    *out_provisional = figure_is_provisional(instant, now_ns);
    return instant;
}

enum comparison figure_comparison(const struct plan_target *target)
{
    static const enum comparison comparisons[] = {
        [TARGET_GE] = COMPARISON_GE,
        [TARGET_GT] = COMPARISON_GT,
        [TARGET_EQ] = COMPARISON_EQ,
    };
    return comparisons[target->operator_];
}

void figures_free(struct figures *figures)
{
    if (!figures)
        return;
    free(figures->figures);
    free(figures);
}
