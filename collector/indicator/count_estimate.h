/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A count for all registered controllers from those that reported: observed x K / k, K and k being
 * access points by the register, or controllers where it names no numbers (indicators.md 3.6, item
 * 7). The interval comes from how the controllers differ; it is a rule of thumb, shown and never
 * judged. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_COUNT_ESTIMATE_H
#define LASTMILE_COLLECTOR_INDICATOR_COUNT_ESTIMATE_H

#include "collector/indicator/method.h"

/* What is counted of a controller that reported. */
typedef double (*count_fn)(const struct figure *figure,
                           const struct controller_evidence *controller);

/* Sets the figure's estimate where some registered controllers reported and others did not. 0 or
 * -ENOMEM. */
int count_estimate(const struct method_context *context, count_fn count, struct figure *figure);

#endif
