/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The flow table from inside: what flow_table.c (memory, ends), flow_begin.c and flow_update.c
 * (packets) share. Inside probe/flow only.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_TABLE_PARTS_H
#define LASTMILE_PROBE_FLOW_FLOW_TABLE_PARTS_H

#include "probe/flow/flow.h"
#include "probe/flow/flow_index.h"
#include "probe/flow/flow_key.h"

#define PROTOCOL_TCP 6

struct flow_table {
    /* What each packet asks for. */
    struct flow_index index;
    struct flow *flows;
    struct flow_beginning *beginnings;
    struct flow_history *histories;
    struct flow_addresses *addresses; /* of IPv6 flows */
    uint64_t now_unix_ns;             /* of the youngest packet whose flow was searched for */
    int64_t idle_ns;                  /* the idle timeout */
    uint32_t active_coarse;           /* below it no flow has reached the active timeout */
    uint32_t large_octets;            /* UINT32_MAX: no flow is large */
    uint32_t tracked;                 /* events that flow_tcp_track gave in this batch */
    struct flow_hasher hasher;

    struct flow_options options;
    struct flow_hooks hooks;
    uint64_t buckets_limit;        /* of a growing index */
    uint64_t buckets_wanted;       /* the caller was told of those below */
    uint32_t flows_wanted;         /* the same of slots */
    uint32_t capacity, high_water; /* slots at and above high_water were never used */
    uint32_t first_free;
    uint32_t eviction_hand;
    uint32_t half_open_oldest, half_open_newest, half_open_limit;
    struct flow_counts counts;
};

static inline bool flow_is_lone_syn(const struct packet *packet)
{
    return packet->key.protocol == PROTOCOL_TCP &&
           (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* Makes room in a growing index for one batch more. */
void flow_table_reserve(struct flow_table *table);
/* Makes the index of a growing table wider, where it lies; false when it is as wide as can be. */
bool flow_table_grow(struct flow_table *table);
/* Puts a flow into the table and counts its first packet; returns the packet's events. */
unsigned flow_table_begin(struct flow_table *table, const struct flow_name *name,
                          const struct packet *first, const struct flow_notes *notes,
                          struct flow_verdict *verdict);
/* Before another packet is counted on a flow that is alone or half-open. */
void flow_table_go_on(struct flow_table *table, uint32_t slot, const struct packet *packet);
void flow_table_end(struct flow_table *table, uint32_t slot, enum flow_end_reason reason);
/* The reason for which a flow is over at this time, or 0. */
int flow_table_reason_to_end(const struct flow_table *table, uint32_t slot, uint64_t now_unix_ns);
/* A slot that is in no index and no list is free again. */
void flow_table_give_slot(struct flow_table *table, uint32_t slot);
/* The flow is no longer half-open. */
void flow_table_opened(struct flow_table *table, uint32_t slot);

#endif
