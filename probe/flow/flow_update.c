/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Packets into flows. A batch goes through in three passes: hash every key and fetch its index
 * line; read the index and fetch the flow; then count, in order. By the third pass the memory is
 * there. What is rare (beginnings, ends, handshakes) is asked for by one branch each and lies
 * elsewhere.
 */
#include "probe/flow/flow_table_parts.h"

#define RARELY(condition) __builtin_expect(!!(condition), 0)

#define AWAITED_AHEAD 8 /* packets before the one that begins the flow */

static inline bool is_flow_of(const struct flow_table *table, uint32_t slot,
                              const struct flow_name *name, const struct packet *packet)
{
    if (!flow_words_equal(&table->flows[slot].words, &name->words))
        return false;
    if (!flow_words_are_ipv6(&name->words))
        return true;
    struct flow_addresses addresses = flow_addresses_of(&packet->key, name->reversed);
    return memcmp(&table->addresses[slot], &addresses, sizeof addresses) == 0;
}

static uint32_t search(const struct flow_table *table, const struct flow_name *name,
                       const struct packet *packet)
{
    uint32_t slot;
    struct flow_probe probe = flow_probe_begin(&table->index, name->hash);
    while ((slot = flow_probe_next(&probe)) != FLOW_NO_SLOT)
        if (is_flow_of(table, slot, name, packet))
            break;
    return slot;
}

/* The guess holds but for flows that began or ended in this batch, and for tags that two share. */
static inline uint32_t find_flow(const struct flow_table *table, const struct flow_name *name,
                                 const struct packet *packet)
{
    uint32_t slot = name->slot;
    if (RARELY(slot == FLOW_NO_SLOT || !is_flow_of(table, slot, name, packet)))
        return search(table, name, packet);
    return slot;
}

/* No reason to look whether it is over. */
static inline bool goes_on(const struct flow_table *table, const struct flow *flow,
                           uint64_t now_unix_ns)
{
    int64_t idle = (int64_t)(now_unix_ns - flow->end_unix_ns); /* negative: time stepped back */
    return idle < table->idle_ns && !(flow->state & FLOW_CLOSED) &&
           flow_coarse(now_unix_ns) - flow->start_coarse < table->active_coarse;
}

/* A flow that timed out, or whose ports are used anew, ends before the packet is counted. */
static bool is_over(struct flow_table *table, uint32_t slot, const struct packet *packet)
{
    int reason = flow_table_reason_to_end(table, slot, packet->time_unix_ns);
    if (reason == 0 && table->options.end_on_fin && table->flows[slot].state & FLOW_CLOSED &&
        flow_is_lone_syn(packet))
        reason = FLOW_END_OF_FLOW;
    if (reason == 0)
        return false;
    flow_table_end(table, slot, (enum flow_end_reason)reason);
    return true;
}

static void count_not_stored(struct flow_table *table, const struct packet *packet,
                             struct flow_verdict *verdict)
{
    verdict->context = 0;
    verdict->direction = DIRECTION_UNKNOWN;
    verdict->events = FLOW_NOT_STORED;
    table->counts.packets_not_stored++;
    table->counts.octets_not_stored += packet->ip_bytes;
}

/* A segment that goes on where the last one ended, or behind it, outside handshake and end: true
 * when that was all that there is to note. */
static inline bool track_plainly(struct flow *flow, const struct packet *packet, unsigned way,
                                 struct flow_verdict *verdict)
{
    uint32_t step = packet->tcp_sequence - flow->next_sequence[way];
    uint32_t length = packet->transport_payload_bytes;
    bool settled = flow->state & FLOW_ESTABLISHED || !(flow->state & FLOW_SYN_SEEN);
    bool goes_on = flow->state >> way & FLOW_SEQUENCE_KNOWN && step <= FLOW_SEQUENCE_STEP_MAX;
    if (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST) || !settled || !(goes_on | !length))
        return false;
    /* Whether it carries anything cannot be foreseen, either. */
    uint32_t end = packet->tcp_sequence + length;
    flow->next_sequence[way] = length ? end : flow->next_sequence[way];
    verdict->events |= (uint8_t)((length != 0) * FLOW_SEGMENT);
    flow->tcp_flags[way] |= packet->tcp_flags;
    return true;
}

/* Once in 2^32 octets or packets. */
static struct flow_history *history_of(struct flow_table *table, uint32_t slot)
{
    return flow_history_made(&table->flows[slot], &table->beginnings[slot],
                             &table->histories[slot]);
}

static inline void count_octets(struct flow_table *table, uint32_t slot, unsigned way,
                                uint32_t octets)
{
    struct flow *flow = &table->flows[slot];
    if (RARELY(__builtin_add_overflow(flow->octets[way], octets, &flow->octets[way]))) {
        history_of(table, slot)->octets_carried[way]++;
        flow->state |= way ? FLOW_CARRIED : 0;
    }
    if (RARELY(++flow->packets[way] == 0))
        history_of(table, slot)->packets_carried[way]++;
}

/* The events of a flow's first packet, or 0. */
static inline void count_packet(struct flow_table *table, uint32_t slot,
                                const struct packet *packet, bool high, unsigned events,
                                struct flow_verdict *verdict)
{
    struct flow *flow = &table->flows[slot];
    unsigned way = high ^ (flow->state & FLOW_FORWARD_IS_HIGH);
    count_octets(table, slot, way, packet->ip_bytes);
    if (packet->time_unix_ns > flow->end_unix_ns)
        flow->end_unix_ns = packet->time_unix_ns;
    if (RARELY(flow->state & FLOW_HALF_OPEN) && !(events & FLOW_STARTED) &&
        !flow_is_lone_syn(packet))
        flow_table_opened(table, slot);
    if (RARELY(flow->octets[1] > table->large_octets || flow->state & FLOW_CARRIED) && way &&
        table->large_octets != UINT32_MAX)
        events |= FLOW_LARGE;
    verdict->context = flow->words.context;
    verdict->direction = flow->state & FLOW_PERIMETER ? (uint8_t)(DIRECTION_UPSTREAM + way)
                                                      : (uint8_t)DIRECTION_UNKNOWN;
    verdict->events = (uint8_t)events;
    if (packet->tcp_flags && !track_plainly(flow, packet, way, verdict))
        flow_tcp_track(flow, &table->beginnings[slot], &table->histories[slot], packet, way,
                       verdict);
}
_Static_assert(FLOW_FORWARD_IS_HIGH == 1 && DIRECTION_DOWNSTREAM == DIRECTION_UPSTREAM + 1,
               "count_packet reckons with both");

static inline void update_one(struct flow_table *table, const struct flow_name *name,
                              const struct packet *packet, struct flow_verdict *verdict)
{
    unsigned events = 0;
    if (packet->time_unix_ns > table->now_unix_ns)
        table->now_unix_ns = packet->time_unix_ns;
    uint32_t slot = find_flow(table, name, packet);
    if (RARELY(slot == FLOW_NO_SLOT ||
               (!goes_on(table, &table->flows[slot], packet->time_unix_ns) &&
                is_over(table, slot, packet)))) {
        slot = flow_table_begin(table, name, packet);
        events = FLOW_STARTED;
    }
    if (RARELY(slot == FLOW_NO_SLOT))
        count_not_stored(table, packet, verdict);
    else
        count_packet(table, slot, packet, name->reversed, events, verdict);
}

/* Where this flow probably is; fetches that. Asked before any of the batch is counted. False: it
 * will begin, as far as can be seen. */
static inline bool guess_slot(const struct flow_table *table, struct flow_name *name,
                              const struct packet *packet)
{
    const struct flow_bucket *bucket = flow_index_bucket(&table->index, name->hash);
    uint64_t match = flow_bucket_match(bucket->tags, flow_index_tag(name->hash));
    if (RARELY(match == 0)) {
        name->expected = table->hooks.expected != NULL;
        if (name->expected)
            table->hooks.expected(table->hooks.ctx, packet, &name->notes);
        return false;
    }
    name->slot = flow_bucket_slot(bucket, match);
    __builtin_prefetch(&table->flows[name->slot], 1, 3);
    if (flow_words_are_ipv6(&name->words))
        __builtin_prefetch(&table->addresses[name->slot], 0, 3);
    return true;
}

static void await(const struct flow_table *table, const struct flow_name *name,
                  const struct packet *packet)
{
    if (name->expected && table->hooks.awaited)
        table->hooks.awaited(table->hooks.ctx, packet, &name->notes);
}

void flow_table_update(struct flow_table *table, const struct packet *packets, size_t count,
                       struct flow_verdict *out_verdicts)
{
    struct flow_name names[FLOW_BATCH];
    uint8_t fresh[FLOW_BATCH]; /* numbers of packets whose flows will begin */
    size_t fresh_count = 0, awaited = 0;
    flow_table_reserve(table);
    for (size_t i = 0; i < count; i++) {
        flow_name_of(&names[i], &packets[i].key, &table->hasher);
        flow_index_prefetch(&table->index, names[i].hash);
    }
    for (size_t i = 0; i < count; i++) {
        fresh[fresh_count] = (uint8_t)i;
        fresh_count += !guess_slot(table, &names[i], &packets[i]);
    }
    for (size_t i = 0; i < count; i++) {
        for (; awaited < fresh_count && fresh[awaited] <= i + AWAITED_AHEAD; awaited++)
            await(table, &names[fresh[awaited]], &packets[fresh[awaited]]);
        update_one(table, &names[i], &packets[i], &out_verdicts[i]);
    }
}
