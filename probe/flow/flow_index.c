/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A search ends at the first free entry. So entries fill from the front, and one that is given up
 * becomes free only when nothing stands behind it; otherwise it is marked and used again.
 */
#include "probe/flow/flow_index.h"

#include <assert.h>

static unsigned tag_at(const struct flow_bucket *bucket, unsigned within)
{
    return (unsigned)(bucket->tags >> 8 * within & 0xff);
}

static void set_tag(struct flow_bucket *bucket, unsigned within, uint64_t tag)
{
    bucket->tags &= ~(UINT64_C(0xff) << 8 * within);
    bucket->tags |= tag << 8 * within;
}

static void set_slot(struct flow_bucket *bucket, unsigned within, uint32_t slot)
{
    for (unsigned i = 0; i < 3; i++)
        bucket->slots[within][i] = (uint8_t)(slot >> 8 * i);
}

/* The bucket of the i-th place of a hash. */
static struct flow_bucket *bucket_of(const struct flow_index *index, uint64_t hash, unsigned i)
{
    return i < FLOW_BUCKET ? flow_index_bucket(index, hash) : flow_index_beside(index, hash);
}

/* How many entries were looked at until one was free, 0 when none is. */
static unsigned place(const struct flow_index *index, uint64_t hash, uint32_t slot)
{
    for (unsigned i = 0; i < FLOW_PROBE_MAX; i += FLOW_BUCKET) {
        struct flow_bucket *bucket = bucket_of(index, hash, i);
        uint64_t room = flow_bucket_room(bucket->tags);
        if (room == 0)
            continue;
        unsigned within = (unsigned)__builtin_ctzll(room) >> 3;
        set_tag(bucket, within, flow_index_tag(hash));
        set_slot(bucket, within, slot);
        return i + within + 1;
    }
    return 0;
}

bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot)
{
    unsigned looked_at = place(index, hash, slot);
    if (looked_at > index->longest_probe)
        index->longest_probe = looked_at;
    return looked_at != 0;
}

/* The last entry of a bucket has the keys beside it behind it, whatever stands there. */
static bool may_be_freed(const struct flow_bucket *bucket, unsigned within)
{
    return within + 1 < FLOW_BUCKET && tag_at(bucket, within + 1) == FLOW_TAG_FREE;
}

/* And with it what was taken before it. */
static void free_or_mark(struct flow_bucket *bucket, unsigned within)
{
    set_tag(bucket, within, FLOW_TAG_TAKEN);
    if (!may_be_freed(bucket, within))
        return;
    do
        set_tag(bucket, within, FLOW_TAG_FREE);
    while (within-- > 0 && tag_at(bucket, within) == FLOW_TAG_TAKEN);
}

void flow_index_remove(const struct flow_index *index, uint64_t hash, uint32_t slot)
{
    for (unsigned i = 0; i < FLOW_PROBE_MAX; i += FLOW_BUCKET) {
        struct flow_bucket *bucket = bucket_of(index, hash, i);
        uint64_t match = flow_bucket_match(bucket->tags, flow_index_tag(hash));
        while (match != 0 && flow_bucket_slot(bucket, match) != slot)
            match &= match - 1;
        if (match == 0)
            continue;
        free_or_mark(bucket, (unsigned)__builtin_ctzll(match) >> 3);
        return;
    }
    assert(false); /* the slot is in the index */
}

void flow_index_move(const struct flow_index *narrow, const struct flow_index *wide, uint64_t hash,
                     uint32_t slot)
{
    if (((narrow->mask ^ wide->mask) & hash) == 0)
        return;
    flow_index_remove(narrow, hash, slot);
    bool fits = place(wide, hash, slot) != 0;
    assert(fits); /* what one line gives to another is no more than a line holds */
    (void)fits;
}

size_t flow_index_neighbours(const struct flow_index *index, uint64_t hash,
                             uint32_t out_slots[static FLOW_PROBE_MAX])
{
    size_t count = 0;
    for (unsigned i = 0; i < FLOW_PROBE_MAX; i++) {
        const struct flow_bucket *bucket = bucket_of(index, hash, i);
        if (tag_at(bucket, i % FLOW_BUCKET) >= FLOW_TAG_MIN)
            out_slots[count++] = flow_bucket_slot_at(bucket, i % FLOW_BUCKET);
    }
    return count;
}
