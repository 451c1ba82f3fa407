/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Live agents over UDP: one session an agent, one question at a time, never blocking (but for the
 * look-up of a name that is not an address). Sessions share a hub: its sockets serve all v1 and v2c
 * sessions, which are told apart by request id and peer, and one descriptor tells that anything has
 * come for anybody. v3 sessions have sockets of their own (usm.h). Time is an argument, except for
 * v3, whose library asks the clock. One thread a process.
 */
#ifndef LASTMILE_PROBE_SNMP_SESSION_H
#define LASTMILE_PROBE_SNMP_SESSION_H

#include "probe/snmp/poller.h"
#include "probe/snmp/source.h"

struct session_hub;
struct session;

/* What came for nobody. */
struct session_strays {
    uint64_t malformed; /* no response of SNMPv1 or v2c */
    uint64_t unasked;   /* late, twice, or never asked for */
    uint64_t elsewhere; /* from another address than was asked: believed by nobody */
};

/* NULL with errno. */
struct session_hub *session_hub_new(void);
/* After its sessions are closed. */
void session_hub_free(struct session_hub *hub);

/* Readable when something has come; for poll(2). */
int session_hub_descriptor(const struct session_hub *hub);
/* Reads what has come, up to a few hundred datagrams: then the descriptor stays readable. */
void session_hub_read(struct session_hub *hub);
struct session_strays session_hub_strays(const struct session_hub *hub);

/* Receives the answer to the last question, within session_hub_read, session_tick or session_send.
 * It must neither send nor close: somebody is at work below it. */
typedef void (*session_answer_fn)(void *ctx, const struct source_answer *answer);

/* Sends nothing. NULL with errno: EINVAL (name not resolved, bad passphrase), ENOTSUP (built
 * without net-snmp). The target is copied as far as it is needed. */
struct session *session_open(struct session_hub *hub, const struct poller_target *target,
                             session_answer_fn on_answer, void *ctx);
/* Drops a question that is in flight without an answer. */
void session_close(struct session *session);
/* Drops it and keeps the session: 0, or -ENOTSUP for v3, which is to be closed. */
int session_drop(struct session *session);

/* Sends a question; 0, or -EBUSY while one is in flight. A question that cannot be sent is answered
 * with SOURCE_REFUSED at once. */
int session_send(struct session *session, const struct source_request *request,
                 uint64_t now_mono_ns);

/* When session_tick is to be called: UINT64_MAX while nothing is in flight. */
uint64_t session_wake_ns(const struct session *session);
/* Resends or gives up what is overdue. */
void session_tick(struct session *session, uint64_t now_mono_ns);

#endif
