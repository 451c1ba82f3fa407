/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of session.c, message.c and session_v3.c where the probe is built without net-snmp: no
 * agent can be asked.
 */
#include "probe/snmp/session.h"

#include <errno.h>
#include <stdlib.h>

struct session_hub {
    int unused;
};

struct session_hub *session_hub_new(void)
{
    return calloc(1, sizeof(struct session_hub));
}

void session_hub_free(struct session_hub *hub)
{
    free(hub);
}

int session_hub_descriptor(const struct session_hub *hub)
{
    (void)hub;
    return -1; /* poll(2) passes over it */
}

void session_hub_read(struct session_hub *hub)
{
    (void)hub;
}

struct session_strays session_hub_strays(const struct session_hub *hub)
{
    (void)hub;
    return (struct session_strays){.malformed = 0};
}

struct session *session_open(struct session_hub *hub, const struct poller_target *target,
                             session_answer_fn on_answer, void *ctx)
{
    (void)hub;
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

int session_drop(struct session *session)
{
    (void)session;
    return -ENOTSUP;
}

int session_send(struct session *session, const struct source_request *request,
                 uint64_t now_mono_ns)
{
    (void)session;
    (void)request;
    (void)now_mono_ns;
    return -ENOTSUP;
}

uint64_t session_wake_ns(const struct session *session)
{
    (void)session;
    return UINT64_MAX;
}

void session_tick(struct session *session, uint64_t now_mono_ns)
{
    (void)session;
    (void)now_mono_ns;
}
