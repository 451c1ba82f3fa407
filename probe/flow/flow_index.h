/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a keyed hash to the slots that may hold its key: buckets of one cache line, eight entries
 * each; a key lies in its own bucket or in the one behind it, so that no search looks at more than
 * FLOW_PROBE_MAX entries. Inside probe/flow only. The memory is the table's.
 */
#ifndef LASTMILE_PROBE_FLOW_INDEX_H
#define LASTMILE_PROBE_FLOW_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_BUCKET    8
#define FLOW_PROBE_MAX (2 * FLOW_BUCKET)
#define FLOW_NO_SLOT   UINT32_MAX

/* High half: high half of the hash; low half: slot + 2, 0 = free, 1 = was taken: search on. */
struct flow_bucket {
    uint64_t entries[FLOW_BUCKET];
};

struct flow_index {
    struct flow_bucket *buckets; /* zeroed when new */
    uint64_t mask;               /* buckets - 1, their number being a power of two */
    unsigned longest_probe;
};

/* A search in progress: begin, then next until FLOW_NO_SLOT. */
struct flow_probe {
    const struct flow_index *index;
    uint64_t bucket;
    uint32_t tag;
    unsigned looked_at;
};

static inline struct flow_bucket *flow_index_bucket(const struct flow_index *index, uint64_t number)
{
    return &index->buckets[number & index->mask];
}

static inline void flow_index_prefetch(const struct flow_index *index, uint64_t hash)
{
    __builtin_prefetch(flow_index_bucket(index, hash), 0, 3);
}

static inline struct flow_probe flow_probe_begin(const struct flow_index *index, uint64_t hash)
{
    return (struct flow_probe){.index = index, .bucket = hash, .tag = (uint32_t)(hash >> 32)};
}

/* The next slot whose tag agrees; its key may differ all the same. */
static inline uint32_t flow_probe_next(struct flow_probe *probe)
{
    while (probe->looked_at < FLOW_PROBE_MAX) {
        const struct flow_bucket *bucket =
            flow_index_bucket(probe->index, probe->bucket + probe->looked_at / FLOW_BUCKET);
        uint64_t entry = bucket->entries[probe->looked_at++ % FLOW_BUCKET];
        if (entry == 0)
            return FLOW_NO_SLOT;
        if ((uint32_t)(entry >> 32) == probe->tag && (uint32_t)entry > 1)
            return (uint32_t)entry - 2;
    }
    return FLOW_NO_SLOT;
}

/* False when all places of this hash are taken. */
bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot);
/* The slot must be there. */
void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t slot);
/* The slots in all places of this hash; returns how many. */
size_t flow_index_neighbours(const struct flow_index *index, uint64_t hash,
                             uint32_t out_slots[static FLOW_PROBE_MAX]);

#endif
