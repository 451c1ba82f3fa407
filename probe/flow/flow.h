/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A biflow in memory, hot and cold apart: its identity and its traffic are touched with each packet
 * and lie side by side, a cache line each; its history only at the handshake and when TCP repeats
 * itself.
 * Inside probe/flow only.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_H
#define LASTMILE_PROBE_FLOW_FLOW_H

#include "probe/flow/flow_table.h"

/* The key in canonical order: the lower of both ends is its source. */
struct flow_identity {
    struct flow_key key;
    uint64_t hash;
    uint32_t context;
    uint32_t in_use;
};

enum flow_state {
    FLOW_FORWARD_IS_HIGH = 1 << 0, /* the forward sender is the key's destination */
    FLOW_PERIMETER = 1 << 1,       /* forward is from the subscriber, not from the initiator */
    FLOW_HALF_OPEN = 1 << 2,       /* nothing but a SYN from one side; in the list */
    FLOW_CLOSED = 1 << 3,          /* FIN both ways, or RST */
    FLOW_SYN_SEEN = 1 << 4,
    FLOW_SYN_REVERSE = 1 << 5, /* the SYN came in reverse direction */
    FLOW_SYN_REPEATED = 1 << 6,
    FLOW_SYN_ACK_SEEN = 1 << 7,
    FLOW_SYN_ACK_REPEATED = 1 << 8,
    FLOW_ESTABLISHED = 1 << 9,
    FLOW_SEQUENCE_KNOWN = 1 << 10, /* forward; the bit above it: reverse */
};

/* Index 0: forward, 1: reverse. */
struct flow_traffic {
    uint64_t octets[2], packets[2];
    uint64_t start_unix_ns, end_unix_ns;
    uint32_t next_sequence[2]; /* behind the highest segment seen */
    uint16_t state;
    uint8_t tcp_flags[2];
    uint32_t unused;
};

struct flow {
    struct flow_identity identity;
    struct flow_traffic traffic;
};

struct flow_history {
    uint64_t syn_unix_ns, syn_ack_unix_ns;
    uint64_t external_rtt_ns, internal_rtt_ns;
    uint32_t retransmitted[2];
    uint32_t older, newer; /* in the list of half-open flows; `newer` also links free slots */
};

_Static_assert(sizeof(struct flow_identity) == 64, "one cache line");
_Static_assert(sizeof(struct flow_traffic) == 64, "one cache line");

/* Time that went by; 0 when a capture's time steps back. */
static inline uint64_t flow_elapsed(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* What a TCP packet in this direction (0 or 1) means: handshake, repetition, end. */
void flow_tcp_track(struct flow_traffic *traffic, struct flow_history *history,
                    const struct packet *packet, unsigned way, struct flow_verdict *verdict);

#endif
