/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The minute of a line: its busiest seconds, as many as the 95th percentile of sixty needs. Touched
 * once a second and line, not with each packet. Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_DEMAND_H
#define LASTMILE_PROBE_LINE_LINE_DEMAND_H

#include "probe/line/line_meter.h"

#define LINE_MINUTE_S   60
#define LINE_MINUTE_TOP 4 /* nearest rank: ceil(0.95 * 60) = 57 of 60, so the fourth largest */

struct line_minute {
    uint64_t minute;               /* of unix time */
    uint64_t top[LINE_MINUTE_TOP]; /* octets of its busiest seconds, descending */
    uint64_t second_octets;        /* of the second that an interval's end has cut */
};

/* Adds a whole second's octets; a second of another minute begins that minute. */
void line_minute_add(struct line_minute *minute, uint32_t second, uint64_t octets);
/* The 95th percentile so far: exact once all of the minute's seconds are in. */
uint64_t line_minute_bits_per_s(const struct line_minute *minute);

bool line_is_busy_minute(const struct line_demand_options *options, uint64_t minute);

#endif
