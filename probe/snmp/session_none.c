/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of session.c where the probe is built without net-snmp: no agent can be asked.
 */
#include "probe/snmp/session.h"

#include <errno.h>

struct session *session_open(const struct poller_target *target, session_answer_fn on_answer,
                             void *ctx)
{
    (void)target;
    (void)on_answer;
    (void)ctx;
    errno = ENOTSUP;
    return NULL;
}

void session_close(struct session *session)
{
    (void)session;
}

int session_send(struct session *session, const struct source_request *request)
{
    (void)session;
    (void)request;
    return -ENOTSUP;
}

int session_descriptor(const struct session *session)
{
    (void)session;
    return -1;
}

void session_read(struct session *session)
{
    (void)session;
}

void session_tick(struct session *session)
{
    (void)session;
}
