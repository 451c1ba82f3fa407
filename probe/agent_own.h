/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the machine that the probe runs on counts by itself, for the report of an interval.
 */
#ifndef LASTMILE_PROBE_AGENT_OWN_H
#define LASTMILE_PROBE_AGENT_OWN_H

#include "common/report.h"
#include "probe/settings/settings.h"

/* Asks the access point who is associated, where the settings want it, and adds its inventory. What
 * does not fit or fails is logged; takes at most a second or so. `said`: whether a failure has been
 * logged; kept by the caller. */
void agent_add_stations(const struct settings *settings, struct report *report,
                        uint64_t now_unix_ns, bool *said);

#endif
