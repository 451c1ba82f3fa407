/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a monthly series is going: a robust slope (Theil and Sen: the median of all pairwise ones,
 * so that a month that went wrong does not bend it), and a forecast whose interval comes from the
 * errors that the same method would have made on the same series before. Pure, without heap.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_TREND_H
#define LASTMILE_COLLECTOR_ESTIMATE_TREND_H

#include <stddef.h>
#include <stdint.h>

/* The points that a slope is taken over at most, and those that a backtest starts from at most:
 * three years of months each. */
#define TREND_WINDOW_MAX 36

#define TREND_DAYS_PER_YEAR 365.25

struct trend_point {
    int64_t day;
    double value;
};

struct trend_method {
    const char *name;
    size_t window;       /* points that the slope is taken over */
    size_t level_points; /* the last ones, which say where the series stands */
    double damping;      /* of the slope with every month ahead; 1 = none */
};
/* Those that bench_trend compares, and the one that it chose. */
extern const struct trend_method trend_methods[];
extern const size_t trend_method_count;
extern const struct trend_method *const trend_chosen;

struct trend {
    double level;         /* at the day of the last point */
    double slope_per_day; /* there */
    int64_t day;          /* of the last point */
    size_t points;        /* that were used */
};

/* points: ascending by day, no day twice. 0, or -ENODATA for fewer than two. */
int trend_fit(const struct trend_method *method, const struct trend_point *points, size_t count,
              struct trend *out_trend);
double trend_at(const struct trend_method *method, const struct trend *trend, int64_t day);

/* The half-width of the 80 % interval of a forecast for a day: of all errors that forecasts from
 * within the series (each from at least TREND_FIT_MIN points) made on its later points, each
 * divided by the months that it looked ahead, the 80th percentile, times the months to the day
 * asked for. An error that grows with the months is what a slope that was wrong makes; bench_trend
 * shows that the interval then holds what it says for up to three years. -ENODATA for fewer than
 * TREND_POINTS_MIN.
 */
#define TREND_FIT_MIN    6
#define TREND_POINTS_MIN 12
int trend_reach(const struct trend_method *method, const struct trend_point *points, size_t count,
                int64_t day, double *out_reach);

#endif
