/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A figure's pace, from the figures of the past that the inputs hold. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_PROGRESS_H
#define LASTMILE_COLLECTOR_INDICATOR_PROGRESS_H

#include "collector/indicator/method.h"

/* Fills the fields of pace of a figure that is otherwise complete; it is the last point of its own
 * series. 0 or -ENOMEM. */
int progress_judge(const struct method_context *context, struct figure *figure);

#endif
