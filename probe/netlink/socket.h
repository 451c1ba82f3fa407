/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A conversation with the kernel over netlink: questions whose answers are dumps, and events of a
 * group. Nothing here waits longer than a second for the kernel. One thread a socket.
 */
#ifndef LASTMILE_PROBE_NETLINK_SOCKET_H
#define LASTMILE_PROBE_NETLINK_SOCKET_H

#include "probe/netlink/message.h"

/* The descriptor, or a negated errno. groups: as nl_groups of bind(2), 0: none. */
int netlink_open(int protocol, uint32_t groups);

typedef void (*netlink_message_fn)(void *ctx, const struct netlink_message *message);

/* Sends a request and hands over each message of the answer up to its end. 0, or a negated errno:
 * the kernel's own, -ETIMEDOUT, -EPROTO for what is no netlink, -ENOBUFS when some were lost. */
int netlink_ask(int fd, const struct netlink_request *request, netlink_message_fn take, void *ctx);

/* Hands over the messages that are there now, without waiting. How many datagrams there were, or a
 * negated errno: -ENOBUFS when some were lost. */
int netlink_drain(int fd, unsigned datagrams_max, netlink_message_fn take, void *ctx);

#endif
