/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A source of varbinds that asks a live agent over UDP: one session, one question at a time, never
 * blocking. The only file that knows net-snmp: single-session API, numeric names, no MIB files, no
 * configuration of the user's. All sessions live in one thread, since the library locks nothing.
 */
#ifndef LASTMILE_PROBE_SNMP_SESSION_H
#define LASTMILE_PROBE_SNMP_SESSION_H

#include "probe/snmp/poller.h"
#include "probe/snmp/source.h"

struct session;

/* Receives the answer to the last question, within session_read, session_tick or session_send. It
 * must neither send nor close: the library is at work below it. */
typedef void (*session_answer_fn)(void *ctx, const struct source_answer *answer);

/* Opens a socket; sends nothing. NULL with errno: EINVAL (name not resolved, bad passphrase). */
struct session *session_open(const struct poller_target *target, session_answer_fn on_answer,
                             void *ctx);
/* Drops a question that is in flight without an answer. */
void session_close(struct session *session);

/* Sends a question; v3 sessions discover the agent's engine first. 0, or -EBUSY while one is in
 * flight. A question that cannot be sent is answered with SOURCE_REFUSED at once. */
int session_send(struct session *session, const struct source_request *request);

/* The descriptor to wait on for reading. */
int session_descriptor(const struct session *session);

/* Reads what has come. */
void session_read(struct session *session);
/* Resends or gives up what is overdue; call it now and then while a question is in flight. */
void session_tick(struct session *session);

#endif
