/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One tracked connection as the kernel tells it (linux/netfilter/nfnetlink_conntrack.h). Pure;
 * addresses stay in here and in the meter's hash.
 */
#ifndef LASTMILE_PROBE_CONNTRACK_ANSWERS_H
#define LASTMILE_PROBE_CONNTRACK_ANSWERS_H

#include "probe/netlink/message.h"

enum conntrack_way { CONNTRACK_ORIGINAL, CONNTRACK_REPLY, CONNTRACK_WAYS };

struct conntrack_flow {
    uint8_t ip_version; /* 4 or 6; of the original direction's tuple */
    uint8_t protocol;
    uint16_t source_port, destination_port; /* 0 where the protocol has none */
    uint8_t source[16], destination[16];    /* IPv4 in the first four bytes */
    uint32_t id;                            /* the kernel's; 0 where it does not say */
    bool counted;                           /* nf_conntrack_acct was on when it began */
    uint64_t packets[CONNTRACK_WAYS], octets[CONNTRACK_WAYS]; /* since it began; IP lengths */
};

/* From behind the head of nfnetlink. False: malformed, or without a tuple. */
bool conntrack_read_flow(struct cursor attributes, struct conntrack_flow *out);

#endif
