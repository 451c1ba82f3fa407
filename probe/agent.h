/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The Measurement Agent (RFC 7594): builds the rooms, turns the intervals over, makes the reports.
 * The only file of the probe that knows all rooms. One control thread runs the poll loop (signals,
 * SNMP, MQTT, outbox); each capture source has a thread of its own (observer.h).
 */
#ifndef LASTMILE_PROBE_AGENT_H
#define LASTMILE_PROBE_AGENT_H

#include "probe/settings/settings.h"

#include <stdint.h>
#include <stdio.h>

struct agent;

/* show: NULL, or the stream of a dry run (delivery.h), which also serves no LASTMILE-MIB.
 * Opens everything that can be opened now; what cannot (a dead broker, a missing interface) is said
 * and tried again later. NULL with errno, and one line in the log, when settings cannot work at
 * all: no memory, unreadable profiles. Settings are borrowed. */
struct agent *agent_new(const struct settings *settings, FILE *show);
void agent_free(struct agent *agent);

/* Runs until the descriptor becomes readable (a signal's pipe), then sends what there is; or until
 * `reports_max` reports have been sent (0: no limit). 0, or a negated errno when it could not
 * start, or where there is a limit and the last report was lost. */
int agent_run(struct agent *agent, int stop_fd, uint64_t reports_max);

#endif
