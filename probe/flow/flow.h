/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A biflow in memory, hot and cold apart: what each packet touches is one cache line, with the
 * whole IPv4 key in it; an IPv6 key's addresses lie beside; the beginning of what was a single SYN
 * is there from the second packet on; a history from a handshake's answer on, from the first
 * repetition, or from 4 GiB. So what a scan or a flood sends, a packet a flow, costs one cache
 * line. Inside probe/flow only.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_H
#define LASTMILE_PROBE_FLOW_FLOW_H

#include "probe/flow/flow_key.h"
#include "probe/flow/flow_table.h"

enum flow_state {
    FLOW_FORWARD_IS_HIGH = 1 << 0, /* the forward sender is the key's higher end */
    FLOW_PERIMETER = 1 << 1,       /* forward is from the subscriber, not from the initiator */
    FLOW_HALF_OPEN = 1 << 2,       /* nothing but SYNs; in the list */
    FLOW_CLOSED = 1 << 3,          /* FIN both ways, or RST */
    FLOW_SYN_SEEN = 1 << 4,
    FLOW_SYN_REVERSE = 1 << 5, /* the SYN came in reverse direction */
    FLOW_SYN_REPEATED = 1 << 6,
    FLOW_SYN_ACK_SEEN = 1 << 7,
    FLOW_SYN_ACK_REPEATED = 1 << 8,
    FLOW_OPENING = 1 << 9,           /* a SYN was seen, and the handshake is not over */
    FLOW_SEQUENCE_UNKNOWN = 1 << 10, /* forward; the bit above it: reverse */
    FLOW_CARRIED = 1 << 12,          /* more than 2^32 octets in reverse direction */
    FLOW_HISTORY = 1 << 13,          /* it has one: what lies there is of this flow */
    FLOW_GAPS = 1 << 14,             /* the history has gaps, and no longer a handshake's times */
    FLOW_ALONE = 1 << 15,            /* nothing but one SYN so far: it has no beginning yet */
};

/* Of few packets of a flow: asked for at once. */
#define FLOW_UNUSUAL (FLOW_HALF_OPEN | FLOW_CLOSED | FLOW_OPENING | FLOW_ALONE)

/* A step this far is not a window's (RFC 7323 allows 2^30): the numbering began anew. */
#define FLOW_SEQUENCE_STEP_MAX (UINT32_C(1) << 28)

/* Between older and newer half-open flows; `newer` also links free slots. */
struct flow_links {
    uint32_t older, newer;
};

/* Index 0: forward, 1: reverse. */
struct flow {
    struct flow_words words; /* of the key, and the caller's context; version 0: a free slot */
    uint64_t end_unix_ns;
    uint32_t octets[2]; /* low halves; the history has what was carried */
    union {
        uint32_t packets[2];     /* the same */
        struct flow_links links; /* of a free slot, or a single SYN: its one packet goes unsaid */
    };
    uint32_t next_sequence[2]; /* behind the highest segment seen */
    uint32_t start_coarse;     /* flow_coarse of the start */
    uint16_t state;
    uint8_t tcp_flags[2];
};
_Static_assert(sizeof(struct flow) == 64, "one cache line");

#define FLOW_NS_PER_US UINT64_C(1000)

struct flow_beginning {
    uint64_t start_unix_ns;
    struct flow_links links; /* of a half-open flow that had more than one SYN */
};

/* Sequence numbers that were passed over; none where both are equal. */
struct flow_gap {
    uint32_t from, end, since; /* since: flow_fine */
};

struct flow_history {
    union {
        struct {
            uint64_t syn_unix_ns, syn_ack_unix_ns; /* of the handshake, until it is over */
        };
        struct flow_gap gaps[2];
    };
    uint32_t external_rtt_us, internal_rtt_us; /* 0: not measured */
    uint32_t retransmitted[2];
    uint16_t octets_carried[2], packets_carried[2]; /* in units of 2^32 */
};

/* Which way the SYN went. */
static inline unsigned flow_syn_way(const struct flow *flow)
{
    return flow->state & FLOW_SYN_REVERSE ? 1 : 0;
}

/* The flow's history, made when it has none: a SYN that was its first packet left no other trace.
 * Not of a flow that is alone. */
static inline struct flow_history *flow_history_made(struct flow *flow,
                                                     const struct flow_beginning *beginning,
                                                     struct flow_history *history)
{
    if (!(flow->state & FLOW_HISTORY))
        *history = (struct flow_history){.syn_unix_ns = beginning->start_unix_ns};
    flow->state |= FLOW_HISTORY;
    return history;
}

static inline uint64_t flow_octets(const struct flow *flow, const struct flow_history *history,
                                   unsigned way)
{
    uint64_t carried = flow->state & FLOW_HISTORY ? history->octets_carried[way] : 0;
    return carried << 32 | flow->octets[way];
}

static inline uint64_t flow_packets(const struct flow *flow, const struct flow_history *history,
                                    unsigned way)
{
    uint64_t carried = flow->state & FLOW_HISTORY ? history->packets_carried[way] : 0;
    if (flow->state & FLOW_ALONE)
        return way == flow_syn_way(flow);
    return carried << 32 | flow->packets[way];
}

/* Time that went by; 0 when a capture's time steps back. */
static inline uint64_t flow_elapsed(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* Time in steps of about a second: a difference that is small here is small there. */
static inline uint32_t flow_coarse(uint64_t time_ns)
{
    return (uint32_t)(time_ns >> 30);
}

/* Time in steps of 66 us, for differences below three days. */
static inline uint32_t flow_fine(uint64_t time_ns)
{
    return (uint32_t)(time_ns >> 16);
}

/* What a flow's first packet in this direction (0 or 1) means when it is TCP: its events. */
unsigned flow_tcp_begin(struct flow *flow, const struct packet *packet, unsigned way);
/* What each later one means: handshake, repetition, end. */
void flow_tcp_track(struct flow *flow, const struct flow_beginning *beginning,
                    struct flow_history *history, const struct packet *packet, unsigned way,
                    struct flow_verdict *verdict);

#endif
