/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Packets into flows. A batch goes through in three passes: hash every key and fetch its index
 * line; read the index and fetch the flow; then count, in order, and fetch what the caller will
 * read. By the third pass the memory is there. What is rare (beginnings, ends, handshakes) is asked
 * for by one branch each and lies elsewhere; what is frequent and cannot be foreseen (the way, the
 * version, whether a segment carries anything) is reckoned without one.
 */
#include "probe/flow/flow_table_parts.h"

#define RARELY(condition) __builtin_expect(!!(condition), 0)

#define CACHE_LINE 64

static uint32_t search(const struct flow_table *table, const struct flow_name *name)
{
    uint32_t slot;
    struct flow_probe probe = flow_probe_begin(&table->index, name->hash);
    while ((slot = flow_probe_next(&probe)) != FLOW_NO_SLOT)
        if (flow_words_equal(&table->flows[slot].words, &name->words))
            break;
    return slot;
}

/* No reason to look whether it is over. */
static inline bool is_in_time(const struct flow_table *table, const struct flow *flow,
                              uint64_t now_unix_ns)
{
    int64_t idle = (int64_t)(now_unix_ns - flow->end_unix_ns); /* negative: time stepped back */
    return idle < table->idle_ns &&
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

/* A segment that goes on where the last one ended, outside handshake and end: true when that was
 * all that there is to note. */
static inline bool track_plainly(struct flow *flow, const struct packet *packet, unsigned way,
                                 unsigned *events)
{
    uint32_t length = packet->transport_payload_bytes;
    uint32_t step = (packet->tcp_sequence ^ flow->next_sequence[way]) |
                    (flow->state >> way & FLOW_SEQUENCE_UNKNOWN);
    if (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST) || (step != 0 && length != 0))
        return false;
    /* Whether it carries anything cannot be foreseen, either. */
    uint32_t carries = length != 0;
    flow->next_sequence[way] += length;
    *events |= carries * FLOW_SEGMENT;
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
    if (__builtin_add_overflow(flow->octets[way], octets, &flow->octets[way])) {
        history_of(table, slot)->octets_carried[way]++;
        flow->state |= way ? FLOW_CARRIED : 0;
    }
    if (RARELY(++flow->packets[way] == 0))
        history_of(table, slot)->packets_carried[way]++;
}

/* Of a packet in reverse direction. */
static unsigned large_event(const struct flow_table *table, const struct flow *flow)
{
    bool large = flow->octets[1] > table->large_octets || flow->state & FLOW_CARRIED;
    return large && table->large_octets != UINT32_MAX ? FLOW_LARGE : 0;
}

static unsigned track(struct flow_table *table, uint32_t slot, const struct packet *packet,
                      unsigned way, unsigned events, struct flow_verdict *verdict)
{
    verdict->events = (uint8_t)events;
    flow_tcp_track(&table->flows[slot], &table->beginnings[slot], &table->histories[slot], packet,
                   way, verdict);
    table->counts.tcp_retransmitted += (verdict->events & FLOW_RETRANSMITTED) != 0;
    table->tracked |= verdict->events;
    return verdict->events;
}

/* The caller's cache line of this context. */
static inline void fetch_beside(const struct flow_beside *beside, uint32_t context)
{
    const char *line = (const char *)beside->lines + (size_t)(context & beside->mask) * CACHE_LINE;
    if (!RARELY(context >> 31))
        __builtin_prefetch(line, 1, 3);
}

/* What no packet is without; which events of these there were. */
static inline unsigned count_on(struct flow_table *table, uint32_t slot,
                                const struct packet *packet, unsigned way,
                                struct flow_verdict *verdict)
{
    struct flow *flow = &table->flows[slot];
    unsigned events = 0;
    count_octets(table, slot, way, packet->ip_bytes);
    if (packet->time_unix_ns > flow->end_unix_ns)
        flow->end_unix_ns = packet->time_unix_ns;
    if (RARELY(flow->octets[1] > table->large_octets || flow->state & FLOW_CARRIED))
        events = way ? large_event(table, flow) : 0;
    verdict->context = flow->words.context;
    verdict->direction = flow->state & FLOW_PERIMETER ? (uint8_t)(DIRECTION_UPSTREAM + way)
                                                      : (uint8_t)DIRECTION_UNKNOWN;
    return events;
}

/* Of a flow that is not unusual. Returns its events. */
static inline unsigned count_packet(struct flow_table *table, uint32_t slot,
                                    const struct packet *packet, bool high,
                                    struct flow_verdict *verdict)
{
    struct flow *flow = &table->flows[slot];
    unsigned way = high ^ (flow->state & FLOW_FORWARD_IS_HIGH);
    unsigned events = count_on(table, slot, packet, way, verdict);
    if (packet->tcp_flags && !track_plainly(flow, packet, way, &events))
        events = track(table, slot, packet, way, events, verdict);
    verdict->events = (uint8_t)events;
    return events;
}
_Static_assert(FLOW_FORWARD_IS_HIGH == 1 && DIRECTION_DOWNSTREAM == DIRECTION_UPSTREAM + 1,
               "count_packet reckons with both");

/* The flows of a batch that are expected to begin, in order. */
struct expected {
    size_t count, passed;
    struct flow_expected flows[FLOW_BATCH];
};

/* What was noted of this packet, or NULL. Packets are asked for in order. */
static const struct flow_notes *notes_of(struct expected *expected, const struct packet *packet)
{
    size_t i = expected->passed;
    while (i < expected->count && expected->flows[i].first < packet)
        i++;
    expected->passed = i;
    bool noted = i < expected->count && expected->flows[i].first == packet;
    return noted ? &expected->flows[i].notes : NULL;
}

/* Where a flow is that was not where it was looked for, or is unusual; FLOW_NO_SLOT where there is
 * none, or it is over. */
static uint32_t settle(struct flow_table *table, const struct flow_name *name,
                       const struct packet *packet)
{
    uint32_t slot = name->slot;
    if (!flow_words_equal(&table->flows[slot].words, &name->words))
        slot = search(table, name);
    if (packet->time_unix_ns > table->now_unix_ns)
        table->now_unix_ns = packet->time_unix_ns;
    if (slot == FLOW_NO_SLOT)
        return FLOW_NO_SLOT;
    const struct flow *flow = &table->flows[slot];
    bool may_be_over = flow->state & FLOW_CLOSED || !is_in_time(table, flow, packet->time_unix_ns);
    return may_be_over && is_over(table, slot, packet) ? FLOW_NO_SLOT : slot;
}

/* A packet that begins a flow, or whose flow needs more than counting. Returns its events. */
static __attribute__((noinline)) unsigned update_unusually(struct flow_table *table,
                                                           const struct flow_name *name,
                                                           const struct packet *packet,
                                                           struct expected *expected,
                                                           struct flow_verdict *verdict)
{
    uint32_t slot = settle(table, name, packet);
    if (slot == FLOW_NO_SLOT)
        return flow_table_begin(table, name, packet, notes_of(expected, packet), verdict);
    const struct flow *flow = &table->flows[slot];
    if (flow->state & (FLOW_ALONE | FLOW_HALF_OPEN))
        flow_table_go_on(table, slot, packet);
    unsigned way = name->reversed ^ (flow->state & FLOW_FORWARD_IS_HIGH);
    unsigned events = count_on(table, slot, packet, way, verdict);
    if (packet->tcp_flags)
        events = track(table, slot, packet, way, events, verdict);
    verdict->events = (uint8_t)events;
    fetch_beside(&table->hooks.beside, verdict->context);
    return events;
}

/* ---- the three passes ---- */

static void name_ipv6(const struct flow_table *table, const struct packet *packets, size_t count,
                      struct flow_name *names)
{
    uint8_t sixes[FLOW_BATCH];
    size_t six_count = 0;
    for (size_t i = 0; i < count; i++) {
        sixes[six_count] = (uint8_t)i;
        six_count += packets[i].key.ip_version == 6;
    }
    for (size_t i = 0; i < six_count; i++) {
        struct flow_name *name = &names[sixes[i]];
        flow_name_ipv6(name, &packets[sixes[i]].key, &table->hasher);
        flow_index_prefetch(&table->index, name->hash);
    }
}

/* Which version comes next cannot be foreseen: all are named as IPv4, and those that are not once
 * more; what would be fetched for those in vain is always the first line. */
static inline void name_all(const struct flow_table *table, const struct packet *packets,
                            size_t count, struct flow_name *names)
{
    unsigned versions = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned version = packets[i].key.ip_version;
        uint64_t line = (uint64_t)(version & 2) - 2; /* all ones but the lowest, or none */
        flow_name_ipv4(&names[i], &packets[i].key, &table->hasher);
        flow_index_prefetch(&table->index, names[i].hash & line);
        versions |= version;
    }
    if (versions & 2)
        name_ipv6(table, packets, count, names);
}

/* Where the flows probably are; fetches that. Asked before any of the batch is counted. */
static inline void guess_all(const struct flow_table *table, const struct packet *packets,
                             size_t count, struct flow_name *names, struct expected *expected)
{
    const struct flow_index index = table->index;
    const struct flow *flows = table->flows;
    for (size_t i = 0; i < count; i++) {
        struct flow_name *name = &names[i];
        const struct flow_bucket *bucket = flow_index_bucket(&index, name->hash);
        uint64_t match = flow_bucket_match(bucket->tags, flow_index_tag(name->hash));
        if (RARELY(match == 0)) {
            name->slot = 0;
            expected->flows[expected->count++].first = &packets[i];
            continue;
        }
        name->slot = flow_bucket_slot(bucket, match);
        __builtin_prefetch(&flows[name->slot], 1, 3);
    }
}

static void expect(const struct flow_table *table, struct expected *expected)
{
    const struct flow_hooks *hooks = &table->hooks;
    if (!hooks->expected)
        expected->count = 0;
    if (expected->count == 0)
        return;
    hooks->expected(hooks->ctx, expected->flows, expected->count);
    hooks->awaited(hooks->ctx, expected->flows, expected->count);
}

/* The third pass, of one packet. */
static inline unsigned update_one(struct flow_table *table, const struct flow_name *name,
                                  const struct packet *packet, struct expected *expected,
                                  struct flow_verdict *verdict)
{
    const struct flow *flow = &table->flows[name->slot];
    if (RARELY(!flow_words_equal(&flow->words, &name->words) || flow->state & FLOW_UNUSUAL ||
               !is_in_time(table, flow, packet->time_unix_ns)))
        return update_unusually(table, name, packet, expected, verdict);
    unsigned events = count_packet(table, name->slot, packet, name->reversed, verdict);
    fetch_beside(&table->hooks.beside, verdict->context);
    return events;
}

unsigned flow_table_update(struct flow_table *table, const struct packet *packets, size_t count,
                           struct flow_verdict *out_verdicts)
{
    struct flow_name names[FLOW_BATCH];
    struct expected expected;
    unsigned segments = 0;
    expected.count = expected.passed = 0;
    table->tracked = 0;
    flow_table_reserve(table);
    name_all(table, packets, count, names);
    guess_all(table, packets, count, names, &expected);
    expect(table, &expected);
    for (size_t i = 0; i < count; i++)
        segments +=
            update_one(table, &names[i], &packets[i], &expected, &out_verdicts[i]) & FLOW_SEGMENT;
    table->counts.tcp_segments += segments / FLOW_SEGMENT;
    return table->tracked;
}
