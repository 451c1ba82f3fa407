/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Flow Key -> biflow (RFC 5103): a table of fixed size under a keyed hash, updated in batches so
 * that memory is fetched before it is needed. Ends flows as IPFIX does (RFC 7011, 5470: idle,
 * active, end of flow, forced, lack of resources) and measures TCP's handshake and repetitions.
 * It does not know what a line is: it keeps one number per flow for the caller.
 *
 * Nothing is allocated after flow_table_new (but see `grow`). Time comes with the packets. One
 * thread per table. Always, exactly: octets and packets of active + ended flows + those not stored
 * == those of all packets given.
 */
#ifndef LASTMILE_PROBE_FLOW_TABLE_H
#define LASTMILE_PROBE_FLOW_TABLE_H

#include "probe/decode/packet.h"
#include "probe/flow/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_BATCH 32 /* packets that flow_table_update takes at most */
#define FLOW_NEVER UINT64_MAX

/* flowEndReason, IPFIX 136. */
enum flow_end_reason {
    FLOW_END_IDLE_TIMEOUT = 1,
    FLOW_END_ACTIVE_TIMEOUT = 2,
    FLOW_END_OF_FLOW = 3,
    FLOW_END_FORCED = 4,
    FLOW_END_LACK_OF_RESOURCES = 5,
};
#define FLOW_END_REASONS 5 /* index: reason - 1 */
extern const char *const flow_end_reason_names[FLOW_END_REASONS];

/* An ended biflow. "Forward" is from the subscriber where the perimeter is known, else from the
 * sender of the first packet; index 0 is forward, 1 reverse. */
struct flow_record {
    struct flow_key key;            /* source = the forward sender */
    uint64_t octet_delta_count[2];  /* IPFIX 1: IP octets */
    uint64_t packet_delta_count[2]; /* IPFIX 2 */
    uint64_t start_unix_ns, end_unix_ns;
    uint64_t external_rtt_ns, internal_rtt_ns; /* 0: not measured */
    uint32_t retransmitted[2];
    uint16_t tcp_control_bits[2]; /* IPFIX 6 */
    uint32_t context;             /* the caller's number */
    uint8_t biflow_direction;     /* IPFIX 239: 1 initiator, 3 perimeter */
    uint8_t end_reason;           /* enum flow_end_reason */
};

/* What the caller says of a flow that begins. */
struct flow_origin {
    uint32_t context;         /* any number; comes back with each packet of the flow */
    enum direction direction; /* of this first packet; UNKNOWN: the perimeter is not known */
};

/* What the caller notes of a flow that is expected to begin. */
struct flow_notes {
    uint64_t words[3];
};

struct flow_expected {
    const struct packet *first;
    struct flow_notes notes;
};

/* What the caller will read next of each packet: one of an array of cache lines, whose number is
 * the flow's context under a mask. It is fetched while the flow is counted. A context with the
 * highest bit has none. */
struct flow_beside {
    const void *lines; /* NULL: nothing is fetched */
    uint32_t mask;
};

struct flow_hooks {
    struct flow_beside beside;
    /* Called some packets before `started` would be, where that can be foreseen, for those of a
     * batch, so that the caller may fetch what it will read, and note what it has found out. Both
     * or none; NULL: none. */
    void (*expected)(void *ctx, struct flow_expected *flows, size_t count);
    /* The same a moment later, when what was fetched is there and says what else will be read. */
    void (*awaited)(void *ctx, struct flow_expected *flows, size_t count);
    /* Called when a flow begins, inside flow_table_update; `notes` is NULL where that was not
     * foreseen. NULL: context 0, direction unknown. */
    struct flow_origin (*started)(void *ctx, const struct packet *first,
                                  const struct flow_notes *notes);
    /* Called when a flow ends; the record is borrowed until return. May be NULL. */
    void (*ended)(void *ctx, const struct flow_record *record);
    void *ctx;
};

struct flow_options {
    size_t memory_bytes; /* never exceeded; at least FLOW_MEMORY_MIN */
    struct siphash_seed seed;
    uint64_t idle_timeout_ns, active_timeout_ns; /* FLOW_NEVER: none */
    uint64_t large_octets;                       /* below 2^32; 0: no flow is large */
    bool end_on_fin;                             /* FIN in both directions, or RST, ends a flow */
    unsigned half_open_permille;                 /* of the flows that may be half-open; 0: 125 */
    bool
        grow; /* start small and grow to memory_bytes between batches: for files, not for routers */
    /* Zeroed memory on whole pages, NULL when there is none, and its return. NULL: the heap. */
    void *(*take_memory)(size_t bytes);
    void (*give_memory)(void *memory, size_t bytes);
    /* Told of a part that a growing table will write soon, some milliseconds before. May be NULL.
     */
    void (*want_memory)(void *memory, size_t bytes);
};
#define FLOW_MEMORY_MIN ((size_t)64 << 10)

/* What one packet meant; filled by flow_table_update, index for index. */
enum flow_event {
    FLOW_STARTED = 1,
    FLOW_NOT_STORED = 2, /* no place: counted, and nothing below is meaningful */
    FLOW_SEGMENT = 4,    /* TCP with payload, SYN or FIN */
    FLOW_RETRANSMITTED = 8,
    FLOW_EXTERNAL_RTT = 16, /* rtt_ns: SYN to SYN/ACK, on the far side of the probe */
    FLOW_INTERNAL_RTT = 32, /* rtt_ns: the subscriber's side */
    FLOW_HANDSHAKE = 64,    /* the handshake is complete; handshake_ns: SYN to ACK */
    FLOW_LARGE = 128,       /* downstream, of a flow that has brought more than large_octets */
};
struct flow_verdict {
    uint32_t context;
    uint8_t direction;             /* enum direction of this packet */
    uint8_t events;                /* bits of enum flow_event */
    uint64_t rtt_ns, handshake_ns; /* undefined but for the events that name them */
};

struct flow_counts {
    uint64_t flows_started, flows_active;
    uint64_t flows_ended[FLOW_END_REASONS];
    uint64_t packets_not_stored, octets_not_stored;
    uint64_t packets_ended, octets_ended;     /* of flows that ended */
    uint64_t tcp_segments, tcp_retransmitted; /* packets with these events */
    uint64_t flows_half_open;
    unsigned longest_probe; /* index entries looked at for one key */
};

struct flow_table;

/* NULL with errno: ENOMEM, or EINVAL for options out of range. */
struct flow_table *flow_table_new(const struct flow_options *options,
                                  const struct flow_hooks *hooks);
void flow_table_free(struct flow_table *table); /* calls no hook */

/* Counts up to FLOW_BATCH packets, in order; each must have IP. Returns the events of them all that
 * name a time or a repetition, and perhaps others. */
unsigned flow_table_update(struct flow_table *table, const struct packet *packets, size_t count,
                           struct flow_verdict *out_verdicts);

/* Ends what has timed out at this time. Call it about once a second of the packets' time. */
void flow_table_expire(struct flow_table *table, uint64_t now_unix_ns);

/* Ends every flow, reason 4, in the order of the table. */
void flow_table_end_all(struct flow_table *table);

/* Totals since flow_table_new. */
struct flow_counts flow_table_counts(const struct flow_table *table);
/* Octets and packets of the flows now active: a walk over all of them, for checks and tests. */
void flow_table_sum_active(const struct flow_table *table, uint64_t *out_packets,
                           uint64_t *out_octets);
/* Calls visit for each active flow with its record so far (end_reason 0). */
void flow_table_visit(const struct flow_table *table,
                      void (*visit)(void *ctx, const struct flow_record *record), void *ctx);
/* Calls visit for each active flow that began before this time and has packets since. */
struct flow_glimpse {
    const struct flow_key *key; /* source = the forward sender; borrowed */
    uint32_t context;
    bool perimeter; /* forward is from the subscriber */
};
void flow_table_visit_alive(const struct flow_table *table, uint64_t since_unix_ns,
                            void (*visit)(void *ctx, const struct flow_glimpse *flow), void *ctx);
size_t flow_table_capacity(const struct flow_table *table);

#endif
