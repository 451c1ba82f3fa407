/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's connection tracking as a source of counts: it knows of flows that hardware forwards,
 * which no packet socket sees (drivers give their counters back), and of those that this machine
 * translates. Octets are IP lengths. The kernel asks for CAP_NET_ADMIN whenever it is asked: the
 * caller has it in effect for conntrack_open and conntrack_count, and only then. One thread.
 */
#ifndef LASTMILE_PROBE_CONNTRACK_CONNTRACK_H
#define LASTMILE_PROBE_CONNTRACK_CONNTRACK_H

#include "probe/conntrack/conntrack_meter.h"

struct conntrack;

/* Begins to listen for connections that end, and looks at those that are there. NULL with errno:
 * EPERM without the right, EPROTONOSUPPORT or ENOENT without connection tracking, ENOMEM. */
struct conntrack *conntrack_open(const struct conntrack_options *options);
void conntrack_close(struct conntrack *conntrack);

/* For poll(2), and what is then to be read. */
int conntrack_fd(const struct conntrack *conntrack);
void conntrack_service(struct conntrack *conntrack);

/* Asks for all connections, and returns what was counted since the last time. complete: false where
 * the kernel lost events or cut its answer. */
struct conntrack_counts conntrack_count(struct conntrack *conntrack, bool *complete);

#endif
