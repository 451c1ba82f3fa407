/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A search ends at the first free entry. So entries fill from the front, and one that is given up
 * becomes free only when nothing stands behind it; otherwise it is marked and used again.
 */
#include "probe/flow/flow_index.h"

#include <assert.h>

#define WAS_TAKEN 1

static uint64_t *place(const struct flow_index *index, uint64_t hash, unsigned i)
{
    return &flow_index_bucket(index, hash + i / FLOW_BUCKET)->entries[i % FLOW_BUCKET];
}

bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot)
{
    for (unsigned i = 0; i < FLOW_PROBE_MAX; i++) {
        uint64_t *entry = place(index, hash, i);
        if (*entry > WAS_TAKEN)
            continue;
        *entry = hash >> 32 << 32 | (slot + 2u);
        if (i + 1 > index->longest_probe)
            index->longest_probe = i + 1;
        return true;
    }
    return false;
}

/* The last entry of a bucket has the next bucket's keys behind it, whatever stands there. */
static bool may_be_freed(const struct flow_bucket *bucket, unsigned within)
{
    return within + 1 < FLOW_BUCKET && bucket->entries[within + 1] == 0;
}

void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t slot)
{
    uint64_t wanted = hash >> 32 << 32 | (slot + 2u);
    for (unsigned i = 0; i < FLOW_PROBE_MAX; i++) {
        struct flow_bucket *bucket = flow_index_bucket(index, hash + i / FLOW_BUCKET);
        unsigned within = i % FLOW_BUCKET;
        if (bucket->entries[within] != wanted)
            continue;
        bucket->entries[within] = WAS_TAKEN;
        if (!may_be_freed(bucket, within))
            return;
        do
            bucket->entries[within] = 0;
        while (within-- > 0 && bucket->entries[within] == WAS_TAKEN);
        return;
    }
    assert(false); /* the slot is in the index */
}

size_t flow_index_neighbours(const struct flow_index *index, uint64_t hash,
                             uint32_t out_slots[static FLOW_PROBE_MAX])
{
    size_t count = 0;
    for (unsigned i = 0; i < FLOW_PROBE_MAX; i++) {
        uint64_t entry = *place(index, hash, i);
        if (entry > WAS_TAKEN)
            out_slots[count++] = (uint32_t)entry - 2;
    }
    return count;
}
