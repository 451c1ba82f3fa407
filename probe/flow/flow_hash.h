/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The keyed hash of the flow table: two multilinear hashes of 32 bits each (Lemire, Kaser 2014,
 * "Strongly universal string hashing is fast", Multilinear-HM), joined and mixed. For a key set
 * chosen by somebody who does not know the multipliers, any two keys agree in all 64 bits once in
 * 2^64 draws of them, and no bucket is likelier than another. Half the work of SipHash-1-3, which
 * draws the multipliers from the seed. One of the two is enough for keys that are compared anyway:
 * 32 bits name a bucket and a tag. Inline, because it runs for every packet. Pure.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_HASH_H
#define LASTMILE_PROBE_FLOW_FLOW_HASH_H

#include "probe/flow/siphash.h"

#define FLOW_HASH_WORDS 12 /* the longest key: IPv6, in words of 32 bits, even */

/* Multipliers, a row for each half of the hash. */
struct flow_hasher {
    uint64_t multipliers[2][FLOW_HASH_WORDS];
    uint64_t begin[2];
};

struct flow_hash {
    uint64_t sums[2];
};

static inline void flow_hasher_init(struct flow_hasher *out, const struct siphash_seed *seed)
{
    uint64_t number = 0;
    for (size_t half = 0; half < 2; half++) {
        for (size_t i = 0; i < FLOW_HASH_WORDS; i++, number++)
            out->multipliers[half][i] = siphash13(seed, &number, sizeof number);
        out->begin[half] = siphash13(seed, &number, sizeof number);
        number++;
    }
}

static inline struct flow_hash flow_hash_begin(const struct flow_hasher *hasher)
{
    return (struct flow_hash){{hasher->begin[0], hasher->begin[1]}};
}

/* Adds two words; `at`: how many have been added before. */
static inline void flow_hash_pair(struct flow_hash *hash, const struct flow_hasher *hasher,
                                  size_t at, uint32_t first, uint32_t second)
{
    for (size_t half = 0; half < 2; half++) {
        const uint64_t *multipliers = hasher->multipliers[half] + at;
        hash->sums[half] += (multipliers[0] + first) * (multipliers[1] + second);
    }
}

/* Of the first half only. */
static inline void flow_hash_half_pair(uint64_t *sum, const struct flow_hasher *hasher, size_t at,
                                       uint32_t first, uint32_t second)
{
    const uint64_t *multipliers = hasher->multipliers[0] + at;
    *sum += (multipliers[0] + first) * (multipliers[1] + second);
}

/* One word alone needs no partner. */
static inline void flow_hash_half_word(uint64_t *sum, const struct flow_hasher *hasher, size_t at,
                                       uint32_t word)
{
    *sum += hasher->multipliers[0][at] * word;
}

/* The upper half of the sum; both ends of what it becomes depend on all of it, as below. */
static inline uint64_t flow_hash_half_end(uint64_t sum)
{
    uint64_t half = sum >> 32 ^ sum >> 47;
    half *= UINT64_C(0x9e3779b97f4a7c15);
    return half ^ half >> 32;
}

/* The upper halves of both sums; what follows is a permutation, so that keys in arithmetic
 * progression do not land in buckets that are, too. */
static inline uint64_t flow_hash_end(const struct flow_hash *hash)
{
    uint64_t joined = (hash->sums[0] & ~(uint64_t)UINT32_MAX) | hash->sums[1] >> 32;
    joined ^= joined >> 31;
    joined *= UINT64_C(0x9e3779b97f4a7c15);
    return joined ^ joined >> 32;
}

#endif
