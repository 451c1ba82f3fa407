/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a figure was computed from, in 64 hex digits: SHA-256 over the archived form of its inputs
 * (archive.h), and over the rules and the table of indicators. libcrypto stays in the .c file.
 * Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_CHRONICLE_DIGEST_H
#define LASTMILE_COLLECTOR_CHRONICLE_DIGEST_H

#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"
#include "collector/registry/history.h"
#include "collector/settings.h"

/* Without the time of the computation: equal inputs have equal digests. 0, -ENOMEM or -EIO. */
int digest_inputs(struct inputs *inputs, const struct rule_settings *rules,
                  char out[static HISTORY_DIGEST_BYTES]);
int digest_rules(const struct plan *plan, const struct rule_settings *rules,
                 char out[static HISTORY_DIGEST_BYTES]);

#endif
