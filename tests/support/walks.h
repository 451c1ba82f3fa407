/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Simulated monthly series of an indicator in per cent, with the future that a forecast is held
 * against: adoption that saturates, programmes that begin and end, seasons, months that went wrong.
 */
#ifndef LASTMILE_TESTS_SUPPORT_WALKS_H
#define LASTMILE_TESTS_SUPPORT_WALKS_H

#include "collector/estimate/trend.h"

#define WALK_KINDS  5
#define WALK_MONTHS 72

extern const char *const walk_names[WALK_KINDS];

/* Month-ends of six years. */
void walk_make(size_t kind, uint64_t seed, struct trend_point out[static WALK_MONTHS]);

#endif
