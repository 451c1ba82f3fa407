/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a figure was computed from, in 64 hex digits: the SHA-256 of the list of SHA-256 of the
 * files that an archive of its inputs would have (archive.h). Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_CHRONICLE_DIGEST_H
#define LASTMILE_COLLECTOR_CHRONICLE_DIGEST_H

#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"
#include "collector/registry/history.h"
#include "collector/settings.h"

/* Without the time of the computation, and without what was said before: equal inputs have equal
 * digests. 0, -ENOMEM or -EIO. */
int digest_inputs(struct inputs *inputs, const struct rule_settings *rules,
                  char out[static HISTORY_DIGEST_BYTES]);
/* Of the rules, and of what each indicator counts. */
int digest_rules(const struct plan *plan, const struct rule_settings *rules,
                 char out[static HISTORY_DIGEST_BYTES]);

#endif
