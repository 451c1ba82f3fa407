/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When enough has arrived for an hour, a day, a month or an area to count (indicators.md 3.7), and
 * when a capture has lost too much (3.4): the printed rules, and the functions that hold them. A
 * missing interval is missing, not zero. Pure; any thread.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_COMPLETENESS_H
#define LASTMILE_COLLECTOR_ESTIMATE_COMPLETENESS_H

#include "common/conf.h"
#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum completeness_rule_id {
    COMPLETENESS_HOUR,       /* share of the hour's 5-minute points */
    COMPLETENESS_DAY,        /* valid hours */
    COMPLETENESS_BUSY,       /* of them, of the five busy ones */
    COMPLETENESS_STOCK_DAYS, /* valid days of the 31 up to the instant */
    COMPLETENESS_STOCK_LAST, /* days between the last valid one and the instant, at most */
    COMPLETENESS_PERCENTILE, /* share of the month's hours */
    COMPLETENESS_CENSUS,     /* share of the registered lines on nodes that reported */
    COMPLETENESS_SAMPLE,     /* the same */
    CAPTURE_DEGRADED,        /* share of the packets lost, beyond */
    CAPTURE_INVALID,         /* the same */
    COMPLETENESS_RULES,
};

/* One line of the printed table, by id. */
struct completeness_rule {
    const char *level_en, *level_zh;
    double limit;
    const char *words_en, *words_zh;
};
extern const struct completeness_rule completeness_rules[COMPLETENESS_RULES];

/* valid and expected 5-minute points. */
bool completeness_hour(uint64_t valid, uint64_t expected);
/* Bit h for each valid hour h of the civil day, 0 to 23; busy are 19 to 23 o'clock. */
bool completeness_day(uint32_t valid_hours);
/* For stocks: valid days of the 31 up to the instant, and the last of them. */
bool completeness_month_stock(uint64_t valid_days, int64_t last_valid_day, int64_t instant_day);
/* For percentiles; else the month is partial. */
bool completeness_month_percentile(uint64_t valid_hours, uint64_t hours);

enum capture_state { CAPTURE_IS_VALID, CAPTURE_IS_DEGRADED, CAPTURE_IS_INVALID };
extern const struct conf_name capture_state_names[]; /* "valid", "degraded", "invalid" */
enum capture_state capture_state(struct optional_double loss);

#endif
