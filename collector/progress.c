/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/progress.h"

#include "collector/alert/watch.h"
#include "collector/estimate/pace.h"
#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"
#include "collector/registry/history.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_NS (3600 * CLOCK_NS_PER_S)

/* The rows of one indicator, by day. */
struct months {
    const struct history_row *rows;
    size_t count;
};

static size_t take_points(const struct months *months, struct pace_point *out)
{
    size_t count = 0;
    for (size_t i = 0; i < months->count; i++)
        if (months->rows[i].value.known)
            out[count++] = inputs_past_point(&months->rows[i]);
    return count;
}

static enum pace_state state_of(enum pace pace)
{
    return pace == PACE_ON ? PACE_STATE_ON : pace == PACE_OFF ? PACE_STATE_OFF : PACE_STATE_UNKNOWN;
}

/* Against the target that is in force after the last month. */
static void look_at(const struct progress *progress, const struct months *months,
                    uint64_t now_unix_ns)
{
    const struct history_row *last = &months->rows[months->count - 1];
    const struct plan_indicator *indicator = plan_find_indicator(progress->plan, last->indicator);
    const struct plan_target *target =
        indicator ? figure_target_in_force(indicator, last->day + 1) : NULL;
    struct pace_point *points = calloc(months->count, sizeof *points);
    if (!points || !target || target->status == TARGET_UNDATED) {
        free(points);
        return;
    }
    const struct pace_question question = {.points = points,
                                           .count = take_points(months, points),
                                           .day = last->day,
                                           .target = target->value,
                                           .target_day = target->day,
                                           .comparison = figure_comparison(target),
                                           .convenient = last->basis == BASIS_CONVENIENCE};
    struct pace_answer answer;
    pace_judge(&question, &answer);
    free(points);
    const struct pace_reading reading = {.indicator = last->indicator,
                                         .state = state_of(answer.pace),
                                         .forecast = answer.forecast.value,
                                         .since_unix_ns = clock_city_day_start_ns(last->day + 1)};
    watch_take_pace(progress->watch, &reading, now_unix_ns);
}

static void look(const struct progress *progress, uint64_t now_unix_ns)
{
    const struct history_query query = {.area = plan_area_at(progress->plan, 0)->key,
                                        .operator_name = "",
                                        .months = true,
                                        .first_day = INT64_MIN,
                                        .last_day = INT64_MAX};
    struct history_row *rows = NULL;
    size_t count = 0;
    if (registry_list_history(progress->registry, &query, &rows, &count) != 0)
        return;
    for (size_t first = 0, end = 0; first < count; first = end) {
        while (end < count && strcmp(rows[end].indicator, rows[first].indicator) == 0)
            end++;
        const struct months months = {&rows[first], end - first};
        look_at(progress, &months, now_unix_ns);
    }
    free(rows);
}

void progress_service(struct progress *progress, uint64_t now_mono_ns, uint64_t now_unix_ns)
{
    if (progress->looked_mono_ns != 0 && now_mono_ns < progress->looked_mono_ns + LOOK_NS)
        return;
    progress->looked_mono_ns = now_mono_ns;
    look(progress, now_unix_ns);
}
