/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a figure to the row that the chronicle adds for it, if it adds one. Pure. Internal to the
 * room.
 */
#ifndef LASTMILE_COLLECTOR_CHRONICLE_POINT_H
#define LASTMILE_COLLECTOR_CHRONICLE_POINT_H

#include "collector/indicator/figure.h"
#include "collector/registry/history.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a month must be computed again: bits that stand in stored data. */
enum point_cause {
    CAUSE_REPORTS = 1, /* reports of its time have come */
    CAUSE_IMPORTS = 2,
    CAUSE_RULES = 4, /* the settings' rules, or the table of indicators */
    CAUSE_PROGRAM = 8,
};

struct point_context {
    enum history_span span;
    int64_t day;
    bool closed;     /* only imports can revise it */
    unsigned causes; /* of this computation */
    uint64_t now_ns;
    const char *version, *digest;
};

/* last: the figure's last row, or NULL. True with out_row set when a row is to be added. */
bool point_make(const struct point_context *context, const struct figure *figure,
                const struct history_row *last, struct history_row *out_row);

#endif
