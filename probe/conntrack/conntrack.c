/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/conntrack/conntrack.h"

#include "probe/netlink/socket.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS_MAX 256 /* at once, so that the caller's other work has its turn */
#define BACKLOG_MAX   (1 << 16)
#define TYPE_NEW      (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW)
#define TYPE_GET      (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET)
#define TYPE_DELETE   (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE)

struct conntrack {
    struct conntrack_meter *meter;
    int events, questions; /* sockets apart: an answer is no event */
    uint32_t sequence;
    bool incomplete; /* since the last count */
};

static void take(void *ctx, const struct netlink_message *message)
{
    struct conntrack *conntrack = ctx;
    struct cursor attributes = message->payload;
    struct conntrack_flow flow;
    cursor_skip(&attributes, sizeof(struct nfgenmsg));
    if (message->type != TYPE_NEW && message->type != TYPE_DELETE)
        return;
    if (attributes.failed || !conntrack_read_flow(attributes, &flow))
        conntrack_meter_note_malformed(conntrack->meter);
    else if (message->type == TYPE_NEW)
        conntrack_meter_tell(conntrack->meter, &flow);
    else
        conntrack_meter_end(conntrack->meter, &flow);
}

static int dump(struct conntrack *conntrack)
{
    const struct nfgenmsg head = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
    struct netlink_request request;
    netlink_begin(&request, TYPE_GET, NLM_F_DUMP, ++conntrack->sequence);
    netlink_put(&request, &head, sizeof head);
    netlink_end(&request);
    conntrack_meter_begin_dump(conntrack->meter);
    int status = netlink_ask(conntrack->questions, &request, take, conntrack);
    conntrack_meter_end_dump(conntrack->meter, status == 0);
    return status;
}

struct conntrack *conntrack_open(const struct conntrack_options *options)
{
    struct conntrack *conntrack = calloc(1, sizeof *conntrack);
    if (!conntrack)
        return NULL;
    conntrack->meter = conntrack_meter_new(options);
    int status = conntrack->meter ? 0 : -errno;
    conntrack->events =
        status == 0 ? netlink_open(NETLINK_NETFILTER, NF_NETLINK_CONNTRACK_DESTROY) : -1;
    conntrack->questions = status == 0 ? netlink_open(NETLINK_NETFILTER, 0) : -1;
    if (status == 0 && conntrack->events < 0)
        status = conntrack->events;
    if (status == 0 && conntrack->questions < 0)
        status = conntrack->questions;
    if (status == 0)
        status = dump(conntrack);
    if (status == 0)
        return conntrack;
    conntrack_close(conntrack);
    errno = -status;
    return NULL;
}

void conntrack_close(struct conntrack *conntrack)
{
    if (!conntrack)
        return;
    if (conntrack->events >= 0)
        (void)close(conntrack->events);
    if (conntrack->questions >= 0)
        (void)close(conntrack->questions);
    conntrack_meter_free(conntrack->meter);
    free(conntrack);
}

int conntrack_fd(const struct conntrack *conntrack)
{
    return conntrack->events;
}

static void drain(struct conntrack *conntrack, unsigned datagrams_max)
{
    if (netlink_drain(conntrack->events, datagrams_max, take, conntrack) < 0)
        conntrack->incomplete = true;
}

void conntrack_service(struct conntrack *conntrack)
{
    drain(conntrack, DATAGRAMS_MAX);
}

struct conntrack_counts conntrack_count(struct conntrack *conntrack, bool *complete)
{
    drain(conntrack, BACKLOG_MAX);
    if (dump(conntrack) != 0)
        conntrack->incomplete = true;
    drain(conntrack, BACKLOG_MAX); /* who ended meanwhile */
    *complete = !conntrack->incomplete;
    conntrack->incomplete = false;
    return conntrack_meter_take(conntrack->meter);
}
