/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/trend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SLOPES_MAX     (TREND_WINDOW_MAX * (TREND_WINDOW_MAX - 1) / 2)
#define ERRORS_MAX     (TREND_WINDOW_MAX * TREND_WINDOW_MAX)
#define DAYS_PER_MONTH (TREND_DAYS_PER_YEAR / 12)
#define HELD           0.80

const struct trend_method trend_methods[] = {
    {"last value", TREND_WINDOW_MAX, 1, 0},
    {"three years' slope", 36, 6, 1},
    {"two years' slope", 24, 6, 1},
    {"one year's slope", 12, 3, 1},
    {"two years' slope, damped", 24, 6, 0.98},
    {"one year's slope, damped", 12, 3, 0.98},
    {"one year's slope, damped more", 12, 3, 0.96},
    {"eighteen months' slope, damped", 18, 4, 0.98},
};
const size_t trend_method_count = sizeof trend_methods / sizeof trend_methods[0];
const struct trend_method *const trend_chosen = &trend_methods[5];

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The values' order is lost. */
static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double median_slope(const struct trend_point *points, size_t count)
{
    double slopes[SLOPES_MAX];
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            slopes[pairs++] =
                (points[j].value - points[i].value) / (double)(points[j].day - points[i].day);
    return median(slopes, pairs);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int trend_fit(const struct trend_method *method, const struct trend_point *points, size_t count,
              struct trend *out_trend)
{
    if (count < 2)
        return -ENODATA;
    size_t window = smaller(count, smaller(method->window, TREND_WINDOW_MAX));
    double slope = method->damping > 0 ? median_slope(&points[count - window], window) : 0;
    double levels[TREND_WINDOW_MAX];
    size_t last = smaller(window, method->level_points);
    int64_t day = points[count - 1].day;
    for (size_t i = 0; i < last; i++) {
        const struct trend_point *point = &points[count - last + i];
        levels[i] = point->value + slope * (double)(day - point->day);
    }
    *out_trend = (struct trend){median(levels, last), slope, day, window};
    return 0;
}

static double months_between(int64_t from, int64_t to)
{
    return (double)(to - from) / DAYS_PER_MONTH;
}

/* A damped slope loses its part month by month; within a month it is straight. */
double trend_at(const struct trend_method *method, const struct trend *trend, int64_t day)
{
    double months = months_between(trend->day, day);
    double slope = trend->slope_per_day * DAYS_PER_MONTH;
    double value = trend->level;
    for (; months > 0; months -= 1) {
        slope *= method->damping;
        value += slope * fmin(months, 1);
    }
    return value;
}

int trend_reach(const struct trend_method *method, const struct trend_point *points, size_t count,
                int64_t day, double *out_reach)
{
    if (count < TREND_POINTS_MIN)
        return -ENODATA;
    double errors[ERRORS_MAX];
    size_t error_count = 0;
    size_t first = count > TREND_WINDOW_MAX ? count - TREND_WINDOW_MAX : 0;
    for (size_t n = first < TREND_FIT_MIN ? TREND_FIT_MIN : first; n < count; n++) {
        struct trend trend;
        if (trend_fit(method, points, n, &trend) != 0)
            continue;
        for (size_t i = n; i < count; i++) {
            double error = points[i].value - trend_at(method, &trend, points[i].day);
            errors[error_count++] = fabs(error) / months_between(trend.day, points[i].day);
        }
    }
    qsort(errors, error_count, sizeof *errors, ascending);
    double quantile = errors[(size_t)(HELD * (double)(error_count - 1) + 0.5)];
    struct trend trend;
    int status = trend_fit(method, points, count, &trend);
    if (status == 0)
        *out_reach = day > trend.day ? quantile * months_between(trend.day, day) : 0;
    return status;
}
