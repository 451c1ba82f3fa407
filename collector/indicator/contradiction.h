/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether what lines achieve contradicts what they are said to be capable of (indicators.md 2.4,
 * C4). Probes tell rates under demand by group of lines, not by line, so the share of line-minutes
 * stands for the share of lines; an operator's lines that are not provisioned for the rate are
 * taken to have made as many of its slow minutes as they are of its lines: only what is beyond is
 * held against the others. Internal to the room; pure.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_CONTRADICTION_H
#define LASTMILE_COLLECTOR_INDICATOR_CONTRADICTION_H

#include "collector/indicator/method.h"

#define CONTRADICTION_SHARE   0.05 /* of the minutes of lines provisioned for the rate */
#define CONTRADICTION_RATE    0.8  /* of the rate: below it a demanding minute was saturated */
#define CONTRADICTION_MINUTES 100  /* fewer say nothing */

/* Of an operator: demanding minutes, those below the mark, and the share of its lines that are
 * provisioned for the rate. */
struct contradiction_group {
    double minutes, slow, capable_share;
};

/* 0..1, unknown where there are too few minutes. */
struct optional_double contradiction_share(const struct contradiction_group *groups, size_t count);

/* Sets the figure's contradicted, and its flag with the reason in its source where it reaches
 * CONTRADICTION_SHARE, for the target in force. */
void contradiction_judge(const struct method_context *context, struct figure *figure);

#endif
