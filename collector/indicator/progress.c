/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where an indicator's past begins, and how much there is of it before the figure's day. */
static const struct past_figure *find_past(const struct inputs *inputs, const struct figure *figure,
                                           size_t *out_count)
{
    size_t first = 0;
    while (first < inputs->past_count &&
           strcmp(inputs->past[first].indicator, figure->indicator->id) != 0)
        first++;
    size_t end = first;
    while (end < inputs->past_count &&
           strcmp(inputs->past[end].indicator, figure->indicator->id) == 0 &&
           inputs->past[end].point.day < figure->instant_day)
        end++;
    *out_count = end - first;
    return inputs->past_count ? &inputs->past[first] : NULL;
}

static struct pace_point point_of(const struct figure *figure)
{
    return (struct pace_point){.day = figure->instant_day,
                               .value = figure->value.value,
                               .lower = figure->lower,
                               .upper = figure->upper,
                               .provisional = figure->provisional,
                               .definition_version = figure->definition_version};
}

static void keep(const struct pace_answer *answer, struct figure *figure)
{
    figure->pace = answer->pace;
    figure->pace_reason_en = pace_reason_en(answer->reason);
    figure->pace_reason_zh = pace_reason_zh(answer->reason);
    figure->needed_per_year = answer->needed_per_year;
    figure->achieved_per_year = answer->achieved_per_year;
    figure->linear_path = answer->linear_path;
    figure->forecast = answer->forecast;
    figure->forecast_lower = answer->forecast_lower;
    figure->forecast_upper = answer->forecast_upper;
}

int progress_judge(const struct method_context *context, struct figure *figure)
{
    const struct plan_target *target = figure->target;
    bool dated = target && target->status != TARGET_UNDATED;
    struct pace_question question = {.day = figure->instant_day,
                                     .convenient = figure->basis == BASIS_CONVENIENCE};
    struct pace_answer answer;
    if (dated) {
        question.target = target->value;
        question.target_day = target->day;
        question.comparison = figure_comparison(target);
    }
    struct pace_point *points = NULL;
    if (dated && target->value.known && !figure->alternative) {
        size_t count = 0;
        const struct past_figure *past = find_past(context->inputs, figure, &count);
        points = calloc(count + 1, sizeof *points);
        if (!points)
            return -ENOMEM;
        for (size_t i = 0; i < count; i++)
            points[i] = past[i].point;
        if (figure->value.known)
            points[count] = point_of(figure);
        question.points = points;
        question.count = count + figure->value.known;
    }
    pace_judge(&question, &answer);
    keep(&answer, figure);
    free(points);
    return 0;
}
