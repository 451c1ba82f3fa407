/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Weihai's plan and areas, as the source tree has them (LASTMILE_SOURCE, else the working folder).
 */
#ifndef LASTMILE_TESTS_SUPPORT_WEIHAI_H
#define LASTMILE_TESTS_SUPPORT_WEIHAI_H

#include "collector/plan/plan.h"

/* NULL, and said on stderr, when it cannot be read. plan_close. */
struct plan *weihai_plan(void);

#endif
