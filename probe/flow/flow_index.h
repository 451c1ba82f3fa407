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

static inline struct flow_bucket *flow_index_bucket(const struct flow_index *index, uint64_t number)
{
    return &index->buckets[number & index->mask];
}

static inline void flow_index_prefetch(const struct flow_index *index, uint64_t hash)
{
    __builtin_prefetch(flow_index_bucket(index, hash), 0, 3);
}

/* A search in progress: begin, then next until FLOW_NO_SLOT. */
struct flow_probe {
    const struct flow_bucket *bucket, *behind; /* NULL: the one behind was begun */
    unsigned matches;                          /* bits of entries whose tag agrees */
    uint32_t tag;
};

/* All eight at once, for which one it is cannot be foreseen. */
static inline unsigned flow_bucket_match(const struct flow_bucket *bucket, uint32_t tag)
{
    unsigned matches = 0;
    for (unsigned i = 0; i < FLOW_BUCKET; i++)
        matches |= (unsigned)((uint32_t)(bucket->entries[i] >> 32) == tag) << i;
    return matches;
}

static inline struct flow_probe flow_probe_begin(const struct flow_index *index, uint64_t hash)
{
    const struct flow_bucket *bucket = flow_index_bucket(index, hash);
    uint32_t tag = (uint32_t)(hash >> 32);
    return (struct flow_probe){bucket, flow_index_bucket(index, hash + 1),
                               flow_bucket_match(bucket, tag), tag};
}

/* The next slot whose tag agrees; its key may differ all the same. */
static inline uint32_t flow_probe_next(struct flow_probe *probe)
{
    for (;;) {
        while (probe->matches != 0) {
            uint32_t low = (uint32_t)probe->bucket->entries[__builtin_ctz(probe->matches)];
            probe->matches &= probe->matches - 1;
            if (low > 1)
                return low - 2;
        }
        /* A bucket fills from the front: what is not full has nothing behind it. */
        if (!probe->behind || probe->bucket->entries[FLOW_BUCKET - 1] == 0)
            return FLOW_NO_SLOT;
        probe->bucket = probe->behind;
        probe->behind = NULL;
        probe->matches = flow_bucket_match(probe->bucket, probe->tag);
    }
}

/* False when all places of this hash are taken. */
bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot);
/* The slot must be there. */
void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t slot);
/* The slots in all places of this hash; returns how many. */
size_t flow_index_neighbours(const struct flow_index *index, uint64_t hash,
                             uint32_t out_slots[static FLOW_PROBE_MAX]);

#endif
