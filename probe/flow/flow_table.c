/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table's memory, and how flows end; flow_begin.c begins them, flow_update.c counts packets.
 */
#include "probe/flow/flow_table_parts.h"

#include <errno.h>
#include <stdlib.h>

#define CLOSED_LINGER_NS   UINT64_C(5000000000) /* late segments still find their flow */
#define HALF_OPEN_PERMILLE 125
#define BUCKETS_MIN        16
#define GROW_BUCKETS       16384 /* where a growing table begins */
#define FLOWS_PER_BUCKET   2     /* of FLOW_BUCKET places: they run out once in a million flows */
#define GROWTH_PER_BUCKET  4     /* until a growing index does; it does before where they run out */
#define GROWTH_FACTOR      4     /* each flow is moved half as often as if it were doubled */
#define WANTED_FLOWS       (UINT32_C(1) << 15) /* told of at once: 2 MiB of them */
#define WANTED_BUCKETS     (UINT64_C(1) << 16) /* the same of the index */
#define WANTED_AHEAD       (UINT32_C(1) << 17) /* before they are written */
#define WANTED_FROM        (UINT32_C(1) << 18) /* a small table, and index, is made as it comes */

const char *const flow_end_reason_names[FLOW_END_REASONS] = {
    "idle_timeout", "active_timeout", "end_of_flow", "forced_end", "lack_of_resources",
};

/* ---- memory ---- */

static void *take_from_heap(size_t bytes)
{
    return calloc(1, bytes);
}

static void give_to_heap(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
}

/* In 64 bits: of the many numbers of buckets that are thought of, most are beyond a small machine.
 */
static uint64_t index_bytes(uint64_t mask)
{
    return (mask + 1) * sizeof(struct flow_bucket);
}

#define FLOW_BYTES                                                                                 \
    (sizeof(struct flow) + sizeof(struct flow_beginning) + sizeof(struct flow_history) +           \
     sizeof(struct flow_addresses))

/* Flows that fit with this many buckets. */
static size_t capacity_with(const struct flow_options *options, uint64_t buckets)
{
    uint64_t index = index_bytes(buckets - 1);
    if (index + sizeof(struct flow_table) >= options->memory_bytes)
        return 0;
    uint64_t fit = (options->memory_bytes - index - sizeof(struct flow_table)) / FLOW_BYTES;
    uint64_t most = buckets * FLOWS_PER_BUCKET;
    fit = fit < most ? fit : most;
    return (size_t)(fit < FLOW_SLOT_LIMIT ? fit : FLOW_SLOT_LIMIT);
}

/* The number of buckets that leaves room for most flows. */
static uint64_t best_buckets(const struct flow_options *options)
{
    uint64_t best = BUCKETS_MIN;
    for (uint64_t b = BUCKETS_MIN; b < UINT64_C(1) << 32; b *= 2)
        if (capacity_with(options, b) > capacity_with(options, best))
            best = b;
    return best;
}

/* An index that grows has the room for it from the beginning: what is not touched costs nothing. */
static bool take_arrays(struct flow_table *table)
{
    const struct flow_options *options = &table->options;
    uint64_t most = table->buckets_limit;
    uint64_t buckets = options->grow && most > GROW_BUCKETS ? GROW_BUCKETS : most;
    table->index.mask = buckets - 1;
    table->index.buckets = options->take_memory((size_t)index_bytes(most - 1));
    table->flows = options->take_memory(table->capacity * sizeof *table->flows);
    table->beginnings = options->take_memory(table->capacity * sizeof *table->beginnings);
    table->histories = options->take_memory(table->capacity * sizeof *table->histories);
    table->addresses = options->take_memory(table->capacity * sizeof *table->addresses);
    return table->index.buckets && table->flows && table->beginnings && table->histories &&
           table->addresses;
}

struct flow_table *flow_table_new(const struct flow_options *options,
                                  const struct flow_hooks *hooks)
{
    if (options->memory_bytes < FLOW_MEMORY_MIN || options->half_open_permille > 1000) {
        errno = EINVAL;
        return NULL;
    }
    struct flow_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->options = *options;
    if (!options->take_memory || !options->give_memory) {
        table->options.take_memory = take_from_heap;
        table->options.give_memory = give_to_heap;
    }
    if (hooks)
        table->hooks = *hooks;
    if (!table->hooks.beside.lines)
        table->hooks.beside =
            (struct flow_beside){.lines = table}; /* spares each packet the question */
    flow_hasher_init(&table->hasher, &options->seed);
    table->idle_ns =
        options->idle_timeout_ns > INT64_MAX ? INT64_MAX : (int64_t)options->idle_timeout_ns;
    table->large_octets = options->large_octets == 0 ? UINT32_MAX : (uint32_t)options->large_octets;
    table->active_coarse = options->active_timeout_ns == FLOW_NEVER
                               ? UINT32_MAX
                               : flow_coarse(options->active_timeout_ns);
    uint64_t buckets = best_buckets(options);
    table->buckets_limit = buckets;
    table->capacity = (uint32_t)capacity_with(options, buckets);
    unsigned permille =
        options->half_open_permille ? options->half_open_permille : HALF_OPEN_PERMILLE;
    table->half_open_limit = (uint32_t)((uint64_t)table->capacity * permille / 1000);
    table->half_open_limit += table->half_open_limit == 0;
    table->first_free = table->half_open_oldest = table->half_open_newest = FLOW_NO_SLOT;
    table->flows_wanted = options->grow && options->want_memory ? WANTED_FROM : UINT32_MAX;
    if (!take_arrays(table)) {
        flow_table_free(table);
        errno = ENOMEM;
        return NULL;
    }
    return table;
}

static void give(const struct flow_table *table, void *memory, uint64_t bytes)
{
    if (memory)
        table->options.give_memory(memory, (size_t)bytes);
}

void flow_table_free(struct flow_table *table)
{
    if (!table)
        return;
    give(table, table->index.buckets, index_bytes(table->buckets_limit - 1));
    give(table, table->flows, table->capacity * sizeof *table->flows);
    give(table, table->beginnings, table->capacity * sizeof *table->beginnings);
    give(table, table->histories, table->capacity * sizeof *table->histories);
    give(table, table->addresses, table->capacity * sizeof *table->addresses);
    free(table);
}

static bool is_in_use(const struct flow_table *table, uint32_t slot)
{
    return flow_words_version(&table->flows[slot].words) != 0;
}

/* Moves those of a run of slots that belong elsewhere in a wider index; their buckets are fetched
 * before they are needed. */
static void move_slots(const struct flow_table *table, const struct flow_index *wide,
                       uint32_t first, uint32_t end)
{
    uint64_t hashes[FLOW_BATCH];
    for (uint32_t slot = first; slot < end; slot++) {
        uint64_t *hash = &hashes[slot - first];
        *hash = flow_words_hash(&table->flows[slot].words, &table->hasher);
        flow_index_prefetch(&table->index, *hash);
        flow_index_prefetch(wide, *hash);
    }
    for (uint32_t slot = first; slot < end; slot++)
        if (is_in_use(table, slot))
            flow_index_move(&table->index, wide, hashes[slot - first], slot);
}

/* The buckets that a growing index has next. */
static uint64_t next_buckets(const struct flow_table *table)
{
    uint64_t buckets = (table->index.mask + 1) * GROWTH_FACTOR;
    return buckets < table->buckets_limit ? buckets : table->buckets_limit;
}

bool flow_table_grow(struct flow_table *table)
{
    struct flow_index wide = table->index;
    wide.mask = next_buckets(table) - 1;
    if (wide.mask == table->index.mask)
        return false;
    for (uint32_t slot = 0; slot < table->high_water; slot += FLOW_BATCH) {
        uint32_t left = table->high_water - slot;
        move_slots(table, &wide, slot, slot + (left < FLOW_BATCH ? left : FLOW_BATCH));
    }
    table->index = wide;
    return true;
}

static void want_slots(struct flow_table *table)
{
    uint32_t first = table->flows_wanted;
    uint32_t left = table->capacity - first;
    uint32_t count = left < WANTED_FLOWS ? left : WANTED_FLOWS;
    table->options.want_memory(&table->flows[first], count * sizeof *table->flows);
    table->flows_wanted += count;
}

/* What the index grows into next, a part at a time: it does so at about two flows a bucket, and by
 * one and a half all of it is told of. */
static void want_buckets(struct flow_table *table)
{
    uint64_t buckets = table->index.mask + 1;
    uint64_t flows = table->counts.flows_active;
    uint64_t next = next_buckets(table);
    if (buckets < WANTED_FROM || flows < buckets)
        return;
    uint64_t from = table->buckets_wanted > buckets ? table->buckets_wanted : buckets;
    uint64_t more = (flows - buckets) * 2 * (next / buckets - 1);
    uint64_t end = buckets + more / WANTED_BUCKETS * WANTED_BUCKETS;
    end = end < next ? end : next;
    if (end <= from)
        return;
    table->options.want_memory(&table->index.buckets[from], (size_t)index_bytes(end - from - 1));
    table->buckets_wanted = end;
}

/* Some milliseconds ahead, so that somebody else can wait for the kernel. */
static void want_ahead(struct flow_table *table)
{
    while (table->flows_wanted < table->capacity &&
           table->flows_wanted < table->high_water + WANTED_AHEAD)
        want_slots(table);
    want_buckets(table);
}

void flow_table_reserve(struct flow_table *table)
{
    if (table->counts.flows_active + FLOW_BATCH > (table->index.mask + 1) * GROWTH_PER_BUCKET)
        (void)flow_table_grow(table);
    if (table->high_water + WANTED_AHEAD > table->flows_wanted)
        want_ahead(table);
}

/* ---- ends ---- */

static uint64_t start_of(const struct flow_table *table, uint32_t slot)
{
    const struct flow *flow = &table->flows[slot];
    return flow->state & FLOW_ALONE ? flow->end_unix_ns : table->beginnings[slot].start_unix_ns;
}

static void fill_record(const struct flow_table *table, uint32_t slot, struct flow_record *record)
{
    const struct flow *flow = &table->flows[slot];
    const struct flow_history *history = &table->histories[slot];
    memset(record, 0, sizeof *record);
    record->key =
        flow_key_from(&flow->words, &table->addresses[slot], flow->state & FLOW_FORWARD_IS_HIGH);
    record->start_unix_ns = start_of(table, slot);
    record->end_unix_ns = flow->end_unix_ns;
    record->context = flow->words.context;
    record->biflow_direction = flow->state & FLOW_PERIMETER ? 3 : 1;
    for (unsigned way = 0; way < 2; way++) {
        record->octet_delta_count[way] = flow_octets(flow, history, way);
        record->packet_delta_count[way] = flow_packets(flow, history, way);
        record->tcp_control_bits[way] = flow->tcp_flags[way];
    }
    if (!(flow->state & FLOW_HISTORY))
        return;
    record->external_rtt_ns = history->external_rtt_us * FLOW_NS_PER_US;
    record->internal_rtt_ns = history->internal_rtt_us * FLOW_NS_PER_US;
    for (unsigned way = 0; way < 2; way++)
        record->retransmitted[way] = history->retransmitted[way];
}

void flow_table_end(struct flow_table *table, uint32_t slot, enum flow_end_reason reason)
{
    struct flow *flow = &table->flows[slot];
    const struct flow_history *history = &table->histories[slot];
    if (table->hooks.ended) {
        struct flow_record record;
        fill_record(table, slot, &record);
        record.end_reason = (uint8_t)reason;
        table->hooks.ended(table->hooks.ctx, &record);
    }
    table->counts.flows_ended[reason - 1]++;
    table->counts.flows_active--;
    for (unsigned way = 0; way < 2; way++) {
        table->counts.octets_ended += flow_octets(flow, history, way);
        table->counts.packets_ended += flow_packets(flow, history, way);
    }
    if (flow->state & FLOW_HALF_OPEN)
        flow_table_opened(table, slot);
    flow_index_remove(&table->index, flow_words_hash(&flow->words, &table->hasher), slot);
    flow_table_give_slot(table, slot);
}

int flow_table_reason_to_end(const struct flow_table *table, uint32_t slot, uint64_t now_unix_ns)
{
    const struct flow *flow = &table->flows[slot];
    uint64_t idle = flow_elapsed(flow->end_unix_ns, now_unix_ns);
    if (table->options.end_on_fin && flow->state & FLOW_CLOSED && idle >= CLOSED_LINGER_NS)
        return FLOW_END_OF_FLOW;
    if (idle >= table->options.idle_timeout_ns)
        return FLOW_END_IDLE_TIMEOUT;
    if (flow_coarse(now_unix_ns) - flow->start_coarse < table->active_coarse)
        return 0;
    uint64_t age = flow_elapsed(start_of(table, slot), now_unix_ns);
    return age >= table->options.active_timeout_ns ? FLOW_END_ACTIVE_TIMEOUT : 0;
}

/* Flows that are to end: what the index has of them is fetched before it is needed. */
struct endings {
    size_t count;
    uint32_t slots[FLOW_BATCH];
    enum flow_end_reason reasons[FLOW_BATCH];
};

static void end_these(struct flow_table *table, struct endings *endings)
{
    for (size_t i = 0; i < endings->count; i++)
        flow_table_end(table, endings->slots[i], endings->reasons[i]);
    endings->count = 0;
}

static void end_soon(struct flow_table *table, struct endings *endings, uint32_t slot,
                     enum flow_end_reason reason)
{
    const struct flow_words *words = &table->flows[slot].words;
    flow_index_prefetch(&table->index, flow_words_hash(words, &table->hasher));
    endings->slots[endings->count] = slot;
    endings->reasons[endings->count++] = reason;
    if (endings->count == FLOW_BATCH)
        end_these(table, endings);
}

void flow_table_expire(struct flow_table *table, uint64_t now_unix_ns)
{
    struct endings endings = {.count = 0};
    bool never = table->options.idle_timeout_ns == FLOW_NEVER &&
                 table->options.active_timeout_ns == FLOW_NEVER && !table->options.end_on_fin;
    if (never)
        return;
    for (uint32_t slot = 0; slot < table->high_water; slot++) {
        if (!is_in_use(table, slot))
            continue;
        int reason = flow_table_reason_to_end(table, slot, now_unix_ns);
        if (reason != 0)
            end_soon(table, &endings, slot, (enum flow_end_reason)reason);
    }
    end_these(table, &endings);
}

void flow_table_end_all(struct flow_table *table)
{
    struct endings endings = {.count = 0};
    for (uint32_t slot = 0; slot < table->high_water; slot++)
        if (is_in_use(table, slot))
            end_soon(table, &endings, slot, FLOW_END_FORCED);
    end_these(table, &endings);
}

/* ---- looking in ---- */

struct flow_counts flow_table_counts(const struct flow_table *table)
{
    struct flow_counts counts = table->counts;
    counts.longest_probe = table->index.longest_probe;
    return counts;
}

void flow_table_sum_active(const struct flow_table *table, uint64_t *out_packets,
                           uint64_t *out_octets)
{
    uint64_t packets = 0, octets = 0;
    for (uint32_t slot = 0; slot < table->high_water; slot++) {
        const struct flow *flow = &table->flows[slot];
        const struct flow_history *history = &table->histories[slot];
        if (!is_in_use(table, slot))
            continue;
        packets += flow_packets(flow, history, 0) + flow_packets(flow, history, 1);
        octets += flow_octets(flow, history, 0) + flow_octets(flow, history, 1);
    }
    *out_packets = packets;
    *out_octets = octets;
}

void flow_table_visit(const struct flow_table *table,
                      void (*visit)(void *ctx, const struct flow_record *record), void *ctx)
{
    struct flow_record record;
    for (uint32_t slot = 0; slot < table->high_water; slot++) {
        if (!is_in_use(table, slot))
            continue;
        fill_record(table, slot, &record);
        visit(ctx, &record);
    }
}

/* What begins in the second of `since` may be shown, too. */
void flow_table_visit_alive(const struct flow_table *table, uint64_t since_unix_ns,
                            void (*visit)(void *ctx, const struct flow_glimpse *flow), void *ctx)
{
    enum { AHEAD = 16 };
    uint32_t since_coarse = flow_coarse(since_unix_ns);
    const struct flow_beside *beside = &table->hooks.beside;
    for (uint32_t slot = 0; slot < table->high_water; slot++) {
        const struct flow *flow = &table->flows[slot];
        if (table->high_water - slot > AHEAD) {
            uint32_t context = table->flows[slot + AHEAD].words.context;
            __builtin_prefetch((const char *)beside->lines +
                               (size_t)(context & beside->mask) * sizeof(struct flow));
        }
        if (!is_in_use(table, slot) || flow->end_unix_ns < since_unix_ns ||
            (int32_t)(flow->start_coarse - since_coarse) > 0)
            continue;
        struct flow_key key = flow_key_from(&flow->words, &table->addresses[slot],
                                            flow->state & FLOW_FORWARD_IS_HIGH);
        visit(ctx, &(struct flow_glimpse){&key, flow->words.context,
                                          (flow->state & FLOW_PERIMETER) != 0});
    }
}

size_t flow_table_capacity(const struct flow_table *table)
{
    return table->capacity;
}
