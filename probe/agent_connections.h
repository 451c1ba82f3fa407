/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's tracked connections as an observation point of the report, with the right that they
 * take raised while it is needed. All functions bear NULL, which is a probe whose settings want
 * none. For the control thread.
 */
#ifndef LASTMILE_PROBE_AGENT_CONNECTIONS_H
#define LASTMILE_PROBE_AGENT_CONNECTIONS_H

#include "common/report.h"
#include "probe/settings/settings.h"

struct agent_connections;

/* Settings are borrowed; settings->connections.name is not "". What cannot be opened now is said
 * and tried again. NULL with errno. */
struct agent_connections *agent_connections_new(const struct settings *settings);
void agent_connections_free(struct agent_connections *connections);

/* For poll(2): -1 while they cannot be asked; and to be called when it is readable. */
int agent_connections_fd(const struct agent_connections *connections);
void agent_connections_service(struct agent_connections *connections);

/* Adds what was counted since the last time: an observation; and, where these octets count, a cell
 * of the first access node that the settings have for it. */
void agent_connections_report(struct agent_connections *connections, struct report *report);

#endif
