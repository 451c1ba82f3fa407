/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Gaps that the next report has to carry: a bounded list, in which a gap that goes on from another
 * joins it. Pure; a plain value.
 */
#ifndef LASTMILE_PROBE_OUTBOX_GAP_LIST_H
#define LASTMILE_PROBE_OUTBOX_GAP_LIST_H

#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>

struct gap_list {
    struct report_gap gaps[REPORT_GAPS_MAX];
    size_t count;
};

/* False when there is no room. */
bool gap_list_add(struct gap_list *list, const struct report_gap *gap);

/* Moves gaps into the report, the oldest first; how many. What finds no place or no memory there
 * stays. */
size_t gap_list_move(struct gap_list *list, struct report *report);

#endif
