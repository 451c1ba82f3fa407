/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/pace.h"

#include "collector/estimate/trend.h"

#define POINTS_MAX                                                                                 \
    (2 * TREND_WINDOW_MAX) /* the slope's window before the first backtest's start                 \
                            */

const struct conf_name pace_names[] = {
    {"not-assessable", PACE_NOT_ASSESSABLE},
    {"on-pace", PACE_ON},
    {"off-pace", PACE_OFF},
    {NULL, 0},
};

const struct conf_name pace_names_en[] = {
    {"not assessable", PACE_NOT_ASSESSABLE},
    {"on pace", PACE_ON},
    {"off pace", PACE_OFF},
    {NULL, 0},
};

const struct conf_name pace_names_zh[] = {
    {"暂无法评估", PACE_NOT_ASSESSABLE},
    {"进度达标", PACE_ON},
    {"进度落后", PACE_OFF},
    {NULL, 0},
};

static const struct {
    const char *en, *zh;
} reasons[PACE_REASONS] = {
    [PACE_NO_TARGET] = {"There is no dated target to be on the way to.", "没有注明年份的目标值。"},
    [PACE_TARGET_PASSED] = {"The target's day has come: the verdict stands.",
                            "目标日期已到，以判定结果为准。"},
    [PACE_HISTORY_SHORT] = {"Fewer than twelve months since the definition was last changed.",
                            "现行口径下的月度数据不足十二期。"},
    [PACE_FORECAST_MEETS] = {"Even the lower end of the forecast reaches the target.",
                             "预测区间下限已达到目标。"},
    [PACE_FORECAST_MISSES] = {"Even the upper end of the forecast misses the target.",
                              "预测区间上限仍未达到目标。"},
    [PACE_TOO_CLOSE] = {"The target lies within the interval of the forecast.",
                        "目标值落在预测区间内。"},
    [PACE_CONVENIENT] = {"What was measured is neither a census nor a random sample.",
                         "测量范围既非普查也非随机抽样。"},
};

const char *pace_reason_en(enum pace_reason reason)
{
    return reasons[reason].en;
}

const char *pace_reason_zh(enum pace_reason reason)
{
    return reasons[reason].zh;
}

/* The last points up to the day that have the last one's definition; of a day that is told twice
 * the later. */
static size_t take_points(const struct pace_question *question,
                          struct trend_point out[static POINTS_MAX])
{
    size_t end = question->count;
    while (end > 0 && question->points[end - 1].day > question->day)
        end--;
    if (end == 0)
        return 0;
    size_t count = 0;
    uint64_t version = question->points[end - 1].definition_version;
    for (size_t i = end; i-- > 0 && count < POINTS_MAX;) {
        const struct pace_point *point = &question->points[i];
        if (point->definition_version != version)
            break;
        if (count > 0 && point->day >= out[POINTS_MAX - count].day)
            continue;
        count++;
        out[POINTS_MAX - count] = (struct trend_point){point->day, point->value};
    }
    for (size_t i = 0; i < count; i++)
        out[i] = out[POINTS_MAX - count + i];
    return count;
}

static void describe(const struct pace_question *question, const struct trend *trend,
                     const struct trend_point *first, struct pace_answer *answer)
{
    double left = (double)(question->target_day - trend->day) / TREND_DAYS_PER_YEAR;
    double way = (double)(trend->day - first->day) / (double)(question->target_day - first->day);
    answer->needed_per_year = optional_double((question->target.value - trend->level) / left);
    answer->achieved_per_year = optional_double(trend->slope_per_day * TREND_DAYS_PER_YEAR);
    answer->linear_path =
        optional_double(first->value + (question->target.value - first->value) * way);
}

static bool reaches(double value, const struct pace_question *question)
{
    return question->comparison == COMPARISON_GT ? value > question->target.value
                                                 : value >= question->target.value;
}

/* With twelve points or more. */
static void foretell(const struct pace_question *question, const struct trend_point *points,
                     const struct trend *trend, struct pace_answer *answer)
{
    double reach = 0;
    if (trend_reach(trend_chosen, points, answer->points, question->target_day, &reach) != 0)
        return;
    double forecast = trend_at(trend_chosen, trend, question->target_day);
    answer->forecast = optional_double(forecast);
    answer->forecast_lower = optional_double(forecast - reach);
    answer->forecast_upper = optional_double(forecast + reach);
    answer->reason = question->convenient ? PACE_CONVENIENT : PACE_TOO_CLOSE;
    if (question->convenient)
        return;
    if (reaches(forecast - reach, question)) {
        answer->pace = PACE_ON;
        answer->reason = PACE_FORECAST_MEETS;
    } else if (!reaches(forecast + reach, question)) {
        answer->pace = PACE_OFF;
        answer->reason = PACE_FORECAST_MISSES;
    }
}

void pace_judge(const struct pace_question *question, struct pace_answer *out_answer)
{
    *out_answer = (struct pace_answer){.pace = PACE_NOT_ASSESSABLE, .reason = PACE_NO_TARGET};
    if (!question->target.known || question->comparison == COMPARISON_EQ)
        return;
    out_answer->reason = PACE_TARGET_PASSED;
    if (question->day >= question->target_day)
        return;
    struct trend_point points[POINTS_MAX];
    struct trend trend;
    out_answer->reason = PACE_HISTORY_SHORT;
    out_answer->points = take_points(question, points);
    if (trend_fit(trend_chosen, points, out_answer->points, &trend) != 0)
        return;
    describe(question, &trend, &points[0], out_answer);
    foretell(question, points, &trend, out_answer);
}
