/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a keyed hash to the slots that may hold its key: buckets of half a cache line, eight entries
 * each; a key lies in its own bucket or in the other one of the line, so that no search looks at
 * more than FLOW_PROBE_MAX entries or waits for memory twice. A byte of the hash stands beside each
 * slot, and all eight are compared at once. Inside probe/flow only. The memory is the table's.
 */
#ifndef LASTMILE_PROBE_FLOW_INDEX_H
#define LASTMILE_PROBE_FLOW_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FLOW_BUCKET    8
#define FLOW_PROBE_MAX (2 * FLOW_BUCKET)
#define FLOW_NO_SLOT   UINT32_MAX

/* Slots are 24 bits wide: what a table of 2.5 GB has. */
#define FLOW_SLOT_LIMIT (UINT32_C(1) << 24)

/* Tag 0: a free entry; 1: was taken: search on. A bucket fills from the front. */
struct flow_bucket {
    uint8_t slots[FLOW_BUCKET][3]; /* lowest byte first */
    uint64_t tags;                 /* a byte an entry, the first lowest */
};
_Static_assert(sizeof(struct flow_bucket) == 32, "half a cache line");

#define FLOW_TAG_FREE  0
#define FLOW_TAG_TAKEN 1 /* once */
#define FLOW_TAG_MIN   2

struct flow_index {
    struct flow_bucket *buckets; /* zeroed when new */
    uint64_t mask;               /* buckets - 1, their number being a power of two */
    unsigned longest_probe;
};

static inline struct flow_bucket *flow_index_bucket(const struct flow_index *index, uint64_t number)
{
    return &index->buckets[number & index->mask];
}

/* The other bucket of the cache line. */
static inline struct flow_bucket *flow_index_beside(const struct flow_index *index, uint64_t number)
{
    return flow_index_bucket(index, number ^ 1);
}

static inline void flow_index_prefetch(const struct flow_index *index, uint64_t hash)
{
    __builtin_prefetch(flow_index_bucket(index, hash), 0, 3);
}

static inline uint64_t flow_index_tag(uint64_t hash)
{
    uint64_t tag = hash >> 56;
    return tag + (tag < FLOW_TAG_MIN ? FLOW_TAG_MIN : 0);
}

/* The high bit of each byte of `tags` that equals `tag`; above a byte that does, one may be set
 * for nothing: the caller compares keys anyway. */
static inline uint64_t flow_bucket_match(uint64_t tags, uint64_t tag)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t differs = tags ^ tag * ones;
    return (differs - ones) & ~differs & ones << 7;
}

/* The same of each entry that is free or was taken; the lowest bit is right. */
static inline uint64_t flow_bucket_room(uint64_t tags)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t above = tags & ~ones; /* 0 where the tag is below FLOW_TAG_MIN */
    return (above - ones) & ~above & ones << 7;
}

static inline bool flow_bucket_is_full(const struct flow_bucket *bucket)
{
    return bucket->tags >> 56 != FLOW_TAG_FREE;
}

static inline uint32_t flow_bucket_slot_at(const struct flow_bucket *bucket, unsigned within)
{
    uint32_t word; /* the fourth byte is the next slot's, or a tag */
    memcpy(&word, (const uint8_t *)bucket + sizeof bucket->slots[0] * within, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word & (FLOW_SLOT_LIMIT - 1);
}

/* The slot of the entry that the lowest bit of a match stands for. */
static inline uint32_t flow_bucket_slot(const struct flow_bucket *bucket, uint64_t match)
{
    return flow_bucket_slot_at(bucket, (unsigned)__builtin_ctzll(match) >> 3);
}

/* A search in progress: begin, then next until FLOW_NO_SLOT. */
struct flow_probe {
    const struct flow_bucket *bucket, *beside; /* NULL: the one beside was begun */
    uint64_t match, tag;
};

static inline struct flow_probe flow_probe_begin(const struct flow_index *index, uint64_t hash)
{
    const struct flow_bucket *bucket = flow_index_bucket(index, hash);
    uint64_t tag = flow_index_tag(hash);
    return (struct flow_probe){bucket, flow_index_beside(index, hash),
                               flow_bucket_match(bucket->tags, tag), tag};
}

/* The next slot whose tag agrees; its key may differ all the same. */
static inline uint32_t flow_probe_next(struct flow_probe *probe)
{
    while (probe->match == 0) {
        if (!probe->beside || !flow_bucket_is_full(probe->bucket))
            return FLOW_NO_SLOT;
        probe->bucket = probe->beside;
        probe->beside = NULL;
        probe->match = flow_bucket_match(probe->bucket->tags, probe->tag);
    }
    uint32_t slot = flow_bucket_slot(probe->bucket, probe->match);
    probe->match &= probe->match - 1;
    return slot;
}

/* False when all places of this hash are taken. */
bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot);
/* The slot must be there. */
void flow_index_remove(const struct flow_index *index, uint64_t hash, uint32_t slot);
/* Puts a slot where it belongs when the buckets become more: `wide` are the same and those behind
 * them, which are free but for what was moved there. */
void flow_index_move(const struct flow_index *narrow, const struct flow_index *wide, uint64_t hash,
                     uint32_t slot);
/* The slots in all places of this hash; returns how many. */
size_t flow_index_neighbours(const struct flow_index *index, uint64_t hash,
                             uint32_t out_slots[static FLOW_PROBE_MAX]);

#endif
