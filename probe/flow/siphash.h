/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SipHash-1-3 and SipHash-2-4 (Aumasson, Bernstein 2012) over 64-bit words: a keyed hash, so that
 * nobody outside can choose what collides in our tables. Inline, because it runs for every packet.
 * Words are hashed as they lie in memory; for whole words on a little-endian machine the result
 * equals the reference over the same bytes. Pure.
 */
#ifndef LASTMILE_PROBE_FLOW_SIPHASH_H
#define LASTMILE_PROBE_FLOW_SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct siphash_seed {
    uint64_t k0, k1;
};

struct siphash {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t siphash_rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void siphash_round(struct siphash *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = siphash_rotate(s->v1, 13) ^ s->v0;
    s->v3 = siphash_rotate(s->v3, 16) ^ s->v2;
    s->v0 = siphash_rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = siphash_rotate(s->v1, 17) ^ s->v2;
    s->v3 = siphash_rotate(s->v3, 21) ^ s->v0;
    s->v2 = siphash_rotate(s->v2, 32);
}

static inline struct siphash siphash_begin(const struct siphash_seed *seed)
{
    return (struct siphash){
        .v0 = seed->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = seed->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = seed->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = seed->k1 ^ UINT64_C(0x7465646279746573),
    };
}

/* One word, `rounds` compression rounds (1 or 2). */
static inline void siphash_word(struct siphash *s, uint64_t word, int rounds)
{
    s->v3 ^= word;
    for (int i = 0; i < rounds; i++)
        siphash_round(s);
    s->v0 ^= word;
}

static inline uint64_t siphash_end(struct siphash *s, int rounds)
{
    s->v2 ^= 0xff;
    for (int i = 0; i < rounds; i++)
        siphash_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* Eight bytes as the little-endian number that the reference takes them for. */
static inline uint64_t siphash_little(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* SipHash-c-d over any bytes, as the reference. */
static inline uint64_t siphash_bytes(const struct siphash_seed *seed, const void *bytes,
                                     size_t length, int c, int d)
{
    struct siphash s = siphash_begin(seed);
    const uint8_t *at = bytes;
    uint64_t word;
    size_t whole = length / 8;
    for (size_t i = 0; i < whole; i++, at += 8) {
        memcpy(&word, at, 8);
        siphash_word(&s, siphash_little(word), c);
    }
    word = (uint64_t)(length & 0xff) << 56;
    for (size_t i = 0; i < length % 8; i++)
        word |= (uint64_t)at[i] << (8 * i);
    siphash_word(&s, word, c);
    return siphash_end(&s, d);
}

static inline uint64_t siphash13(const struct siphash_seed *seed, const void *bytes, size_t length)
{
    return siphash_bytes(seed, bytes, length, 1, 3);
}

#endif
