/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SNMPv3 sessions with the user-based security model (RFC 3414), by net-snmp's single-session API:
 * a socket each, numeric names, no MIB files, no configuration of the user's; the library sees to
 * resending, request ids and time windows. All in one thread, since it locks nothing. For session.c
 * only.
 */
#ifndef LASTMILE_PROBE_SNMP_SESSION_V3_H
#define LASTMILE_PROBE_SNMP_SESSION_V3_H

#include "probe/snmp/session.h"

struct session_v3;

/* on_answer is called within session_v3_send, session_v3_read and session_v3_tick. NULL with errno:
 * EINVAL (name not resolved, bad passphrase). */
struct session_v3 *session_v3_open(const struct poller_target *target, session_answer_fn on_answer,
                                   void *ctx);
void session_v3_close(struct session_v3 *session);

/* As session_send. Discovers the agent's engine first. */
int session_v3_send(struct session_v3 *session, const struct source_request *request);
int session_v3_descriptor(const struct session_v3 *session);
void session_v3_read(struct session_v3 *session);
/* Resends or gives up what is overdue; by the system's clock. */
void session_v3_tick(struct session_v3 *session);

#endif
