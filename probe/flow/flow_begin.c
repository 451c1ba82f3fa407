/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How flows begin, and which ones make room for them. A flow's first packet is counted here; what
 * a SYN leaves is one cache line, and an entry of the index.
 */
#include "probe/flow/flow_table_parts.h"

#define EVICTION_IDLE_SHARE 4  /* a full table gives up flows idle for 1/4 of the idle timeout */
#define EVICTION_CANDIDATES 16 /* and looks at so many */

/* ---- half-open flows: a list from oldest to newest ---- */

static struct flow_links *links_of(const struct flow_table *table, uint32_t slot)
{
    struct flow *flow = &table->flows[slot];
    return flow->state & FLOW_ALONE ? &flow->links : &table->beginnings[slot].links;
}

static void half_open_append(struct flow_table *table, uint32_t slot)
{
    table->flows[slot].links = (struct flow_links){table->half_open_newest, FLOW_NO_SLOT};
    if (table->half_open_newest == FLOW_NO_SLOT)
        table->half_open_oldest = slot;
    else
        links_of(table, table->half_open_newest)->newer = slot;
    table->half_open_newest = slot;
    table->counts.flows_half_open++;
}

void flow_table_opened(struct flow_table *table, uint32_t slot)
{
    const struct flow_links links = *links_of(table, slot);
    if (links.older == FLOW_NO_SLOT)
        table->half_open_oldest = links.newer;
    else
        links_of(table, links.older)->newer = links.newer;
    if (links.newer == FLOW_NO_SLOT)
        table->half_open_newest = links.older;
    else
        links_of(table, links.newer)->older = links.older;
    table->flows[slot].state &= (uint16_t)~FLOW_HALF_OPEN;
    table->counts.flows_half_open--;
}

/* ---- the second packet ---- */

/* Of a single SYN. */
static void make_beginning(struct flow_table *table, uint32_t slot)
{
    struct flow *flow = &table->flows[slot];
    struct flow_beginning *beginning = &table->beginnings[slot];
    beginning->start_unix_ns = flow->end_unix_ns;
    beginning->links = flow->links;
    flow->packets[0] = flow->packets[1] = 0;
    flow->packets[flow_syn_way(flow)] = 1;
    flow->state &= (uint16_t)~FLOW_ALONE;
}

void flow_table_go_on(struct flow_table *table, uint32_t slot, const struct packet *packet)
{
    if (table->flows[slot].state & FLOW_ALONE)
        make_beginning(table, slot);
    if (table->flows[slot].state & FLOW_HALF_OPEN && !flow_is_lone_syn(packet))
        flow_table_opened(table, slot);
}

/* ---- room ---- */

/* Ends the longest idle among these slots, where it has been idle long enough. */
static bool evict_among(struct flow_table *table, const uint32_t *slots, size_t count)
{
    uint32_t victim = FLOW_NO_SLOT;
    uint64_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct flow *flow = &table->flows[slots[i]];
        uint64_t idle = flow_elapsed(flow->end_unix_ns, table->now_unix_ns);
        if (flow->state & FLOW_HALF_OPEN)
            idle = UINT64_MAX;
        if (idle > longest) {
            longest = idle;
            victim = slots[i];
        }
    }
    if (victim == FLOW_NO_SLOT || longest < table->options.idle_timeout_ns / EVICTION_IDLE_SHARE)
        return false;
    flow_table_end(table, victim, FLOW_END_LACK_OF_RESOURCES);
    return true;
}

static bool make_room(struct flow_table *table)
{
    if (table->half_open_oldest != FLOW_NO_SLOT) {
        flow_table_end(table, table->half_open_oldest, FLOW_END_LACK_OF_RESOURCES);
        return true;
    }
    uint32_t candidates[EVICTION_CANDIDATES];
    for (size_t i = 0; i < EVICTION_CANDIDATES; i++) {
        candidates[i] = table->eviction_hand;
        table->eviction_hand = (table->eviction_hand + 1) % table->capacity;
    }
    return evict_among(table, candidates, EVICTION_CANDIDATES);
}

static uint32_t take_slot(struct flow_table *table)
{
    uint32_t slot = table->first_free;
    if (slot == FLOW_NO_SLOT)
        return table->high_water < table->capacity ? table->high_water++ : FLOW_NO_SLOT;
    /* The next one is fetched while this one is filled. */
    uint32_t next = table->first_free = table->flows[slot].links.newer;
    if (next != FLOW_NO_SLOT)
        __builtin_prefetch(&table->flows[next], 1, 3);
    return slot;
}

void flow_table_give_slot(struct flow_table *table, uint32_t slot)
{
    table->flows[slot].words.ports = 0;
    table->flows[slot].links.newer = table->first_free;
    table->first_free = slot;
}

static bool insert_in_index(struct flow_table *table, uint64_t hash, uint32_t slot)
{
    if (flow_index_insert(&table->index, hash, slot))
        return true;
    if (flow_table_grow(table))
        return flow_index_insert(&table->index, hash, slot);
    uint32_t neighbours[FLOW_PROBE_MAX];
    size_t count = flow_index_neighbours(&table->index, hash, neighbours);
    return evict_among(table, neighbours, count) && flow_index_insert(&table->index, hash, slot);
}

/* A slot for this name, in the index; FLOW_NO_SLOT when there is no room. */
static uint32_t place_flow(struct flow_table *table, const struct flow_name *name)
{
    uint32_t slot = take_slot(table);
    if (slot == FLOW_NO_SLOT && make_room(table))
        slot = take_slot(table);
    if (slot == FLOW_NO_SLOT || insert_in_index(table, name->hash, slot))
        return slot;
    flow_table_give_slot(table, slot);
    return FLOW_NO_SLOT;
}

/* ---- the first packet ---- */

static unsigned count_not_stored(struct flow_table *table, const struct packet *packet,
                                 struct flow_verdict *verdict)
{
    verdict->context = 0;
    verdict->direction = DIRECTION_UNKNOWN;
    verdict->events = FLOW_NOT_STORED;
    table->counts.packets_not_stored++;
    table->counts.octets_not_stored += packet->ip_bytes;
    return FLOW_NOT_STORED;
}

static void fill_flow(struct flow *flow, const struct flow_name *name, const struct packet *packet,
                      const struct flow_origin *origin)
{
    unsigned way = origin->direction == DIRECTION_DOWNSTREAM;
    unsigned state = FLOW_SEQUENCE_UNKNOWN | FLOW_SEQUENCE_UNKNOWN << 1;
    state |= name->reversed ^ way ? FLOW_FORWARD_IS_HIGH : 0;
    *flow = (struct flow){
        .words = name->words,
        .end_unix_ns = packet->time_unix_ns,
        .start_coarse = flow_coarse(packet->time_unix_ns),
        .state = (uint16_t)(state | (origin->direction ? FLOW_PERIMETER : 0)),
    };
    flow->words.context = origin->context;
    flow->octets[way] = packet->ip_bytes;
    flow->packets[way] = 1;
}
_Static_assert(DIRECTION_UNKNOWN == 0, "fill_flow asks so");

unsigned flow_table_begin(struct flow_table *table, const struct flow_name *name,
                          const struct packet *packet, const struct flow_notes *notes,
                          struct flow_verdict *verdict)
{
    bool lone_syn = flow_is_lone_syn(packet);
    if (lone_syn && table->counts.flows_half_open >= table->half_open_limit)
        flow_table_end(table, table->half_open_oldest, FLOW_END_LACK_OF_RESOURCES);
    uint32_t slot = place_flow(table, name);
    if (slot == FLOW_NO_SLOT)
        return count_not_stored(table, packet, verdict);
    struct flow_origin origin = {0};
    if (table->hooks.started)
        origin = table->hooks.started(table->hooks.ctx, packet, notes);
    struct flow *flow = &table->flows[slot];
    unsigned events = FLOW_STARTED, way = origin.direction == DIRECTION_DOWNSTREAM;
    fill_flow(flow, name, packet, &origin);
    if (packet->tcp_flags)
        events |= flow_tcp_begin(flow, packet, way);
    if (way && packet->ip_bytes > table->large_octets)
        events |= FLOW_LARGE;
    if (flow_words_are_ipv6(&name->words))
        table->addresses[slot] = flow_addresses_of(&packet->key, name->reversed);
    if (lone_syn) {
        flow->state |= FLOW_ALONE | FLOW_HALF_OPEN;
        half_open_append(table, slot);
    } else
        table->beginnings[slot].start_unix_ns = packet->time_unix_ns;
    table->counts.flows_started++;
    table->counts.flows_active++;
    verdict->context = origin.context;
    verdict->direction = (uint8_t)origin.direction;
    verdict->events = (uint8_t)events;
    return events;
}
