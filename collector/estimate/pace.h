/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether an indicator is on its way to a target: what it would have to gain a year, what it has
 * gained, and where it will be on the target's day. It judges progress, never compliance: that is
 * verdict.h's. Pure; any thread.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_PACE_H
#define LASTMILE_COLLECTOR_ESTIMATE_PACE_H

#include "collector/estimate/verdict.h"

#include "common/conf.h"
#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A figure of the past, as it stands now. */
struct pace_point {
    int64_t day; /* civil day at whose end it was */
    double value;
    struct optional_double lower, upper;
    bool provisional;
    uint64_t definition_version; /* where it changes, the series begins anew */
};

enum pace { PACE_NOT_ASSESSABLE, PACE_ON, PACE_OFF };
extern const struct conf_name pace_names[];    /* "not-assessable", "on-pace", "off-pace" */
extern const struct conf_name pace_names_en[]; /* not assessable, on pace, off pace */
extern const struct conf_name pace_names_zh[]; /* 暂无法评估, 进度达标, 进度落后 */

enum pace_reason {
    PACE_NO_TARGET,       /* none with a value and a day, or one that must be hit exactly */
    PACE_TARGET_PASSED,   /* its day has come: the verdict stands */
    PACE_HISTORY_SHORT,   /* fewer than twelve points since the definition changed */
    PACE_FORECAST_MEETS,  /* even the lower end of the forecast's interval reaches the target */
    PACE_FORECAST_MISSES, /* not even the upper end does */
    PACE_TOO_CLOSE,       /* the target lies within the interval */
    PACE_CONVENIENT,      /* neither a census nor a random sample: no promise either way */
    PACE_REASONS,
};
const char *pace_reason_en(enum pace_reason reason);
const char *pace_reason_zh(enum pace_reason reason);

struct pace_question {
    const struct pace_point *points; /* ascending by day; those after `day` are left out */
    size_t count;
    int64_t day; /* as at the end of this day */
    struct optional_double target;
    enum comparison comparison;
    int64_t target_day;
    bool convenient; /* the series is of a convenience deployment: forecast, but not judged */
};

struct pace_answer {
    enum pace pace;
    enum pace_reason reason;
    size_t points; /* that were used: of the last definition, the last of each day */
    /* In the indicator's unit; a year is 365.25 days. Unknown where there is nothing to tell. */
    struct optional_double needed_per_year;   /* from where the series stands to the target */
    struct optional_double achieved_per_year; /* the robust slope of the last year */
    struct optional_double linear_path; /* our own interpolation: where a straight way from the
                                           series' first point to the target would be today */
    /* On the target's day; between the last two with a probability of 80 %, by backtest. */
    struct optional_double forecast, forecast_lower, forecast_upper;
};

/* For 达到 and 超过; the forecast is held against the target as a verdict would be. */
void pace_judge(const struct pace_question *question, struct pace_answer *out_answer);

#endif
