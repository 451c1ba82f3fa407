/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A Flow Key as the table sees it: both directions of a biflow turned to one canonical order (the
 * lower end first), as a few words that are cut out of struct flow_key as they lie there, and their
 * keyed hash. For IPv4 the words are the whole key. For IPv6 a hash of 64 bits of the whole key
 * stands for the addresses, and beside it the rest of the key as it is: equal words are taken for
 * equal keys. Who does not know the multipliers finds two keys that only seem equal once in 2^64
 * pairs (flow_hash.h), whatever the keys are; of a million flows, once in 37 million tables.
 * Then their packets would be counted as one flow's, and all sums would still hold. What a packet
 * needs of an IPv6 flow is therefore one cache line, not two. Inside probe/flow; inline, because it
 * runs for every packet. Pure.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_KEY_H
#define LASTMILE_PROBE_FLOW_FLOW_KEY_H

#include "probe/decode/packet.h"
#include "probe/flow/flow_hash.h"
#include "probe/flow/flow_table.h"

#include <string.h>

struct flow_words {
    uint64_t addresses; /* IPv4: lower end, then higher; IPv6: the whole key's hash */
    uint64_t ports;     /* low half: lower end's, higher end's; high half: version to svlan */
    uint32_t tags;      /* cvlan, PPPoE session */
    uint32_t context;   /* not of the key: the table's, in what would be padding */
};

/* IPv6 only; of the lower and of the higher end. */
struct flow_addresses {
    uint64_t low[2], high[2]; /* as they lie in memory */
};

/* A packet's key on its way through the table. */
struct flow_name {
    struct flow_words words; /* without the context */
    uint64_t hash;
    uint32_t slot; /* where the flow probably is; any, where there probably is none */
    bool reversed; /* the source is the higher end */
};

static inline uint64_t flow_load_u64(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline uint32_t flow_load_u32(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Runs of fields of struct flow_key, taken as one word. */
#define FLOW_KEY_PORTS   offsetof(struct flow_key, source_port)
#define FLOW_KEY_VERSION offsetof(struct flow_key, ip_version)
#define FLOW_KEY_TAGS    offsetof(struct flow_key, cvlan)
_Static_assert(FLOW_KEY_VERSION == FLOW_KEY_PORTS + 4 && FLOW_KEY_TAGS == FLOW_KEY_VERSION + 4,
               "two ports; version, protocol, svlan; cvlan, session");

static inline uint32_t flow_key_u32(const struct flow_key *key, size_t offset)
{
    return flow_load_u32((const uint8_t *)key + offset);
}

/* The halves of a word change places, or not: which way a packet goes cannot be foreseen, so that a
 * branch would be guessed wrongly half of the time. */
static inline uint32_t flow_swap_u32(uint32_t word, bool swap)
{
    unsigned bits = swap ? 16 : 0;
    return word << bits | word >> (-bits & 31);
}

static inline uint64_t flow_swap_u64(uint64_t word, bool swap)
{
    unsigned bits = swap ? 32 : 0;
    return word << bits | word >> (-bits & 63);
}

static inline uint8_t flow_words_version(const struct flow_words *words)
{
    uint32_t half = (uint32_t)(words->ports >> 32);
    uint8_t version;
    memcpy(&version, &half, sizeof version);
    return version; /* 0: a free slot */
}

static inline bool flow_words_are_ipv6(const struct flow_words *words)
{
    return flow_words_version(words) == 6;
}

static inline bool flow_words_equal(const struct flow_words *a, const struct flow_words *b)
{
    return ((a->addresses ^ b->addresses) | (a->ports ^ b->ports) | (a->tags ^ b->tags)) == 0;
}

static inline uint64_t flow_hash_ipv4(const struct flow_words *words,
                                      const struct flow_hasher *hasher)
{
    uint64_t sum = hasher->begin[0];
    flow_hash_half_pair(&sum, hasher, 0, (uint32_t)words->addresses,
                        (uint32_t)(words->addresses >> 32));
    flow_hash_half_pair(&sum, hasher, 2, (uint32_t)words->ports, (uint32_t)(words->ports >> 32));
    flow_hash_half_word(&sum, hasher, 4, words->tags);
    return flow_hash_half_end(sum);
}

static inline uint64_t flow_hash_ipv6(const struct flow_words *words,
                                      const struct flow_addresses *addresses,
                                      const struct flow_hasher *hasher)
{
    const uint64_t all[4] = {addresses->low[0], addresses->low[1], addresses->high[0],
                             addresses->high[1]};
    struct flow_hash hash = flow_hash_begin(hasher);
    for (size_t i = 0; i < 4; i++)
        flow_hash_pair(&hash, hasher, 2 * i, (uint32_t)all[i], (uint32_t)(all[i] >> 32));
    flow_hash_pair(&hash, hasher, 8, (uint32_t)words->ports, (uint32_t)(words->ports >> 32));
    flow_hash_pair(&hash, hasher, 10, words->tags, 0);
    return flow_hash_end(&hash);
}

/* The hash of words that are in the table. */
static inline uint64_t flow_words_hash(const struct flow_words *words,
                                       const struct flow_hasher *hasher)
{
    return flow_words_are_ipv6(words) ? words->addresses : flow_hash_ipv4(words, hasher);
}

/* Any total order will do, as long as both directions agree. */
static inline bool flow_key_is_reversed(const struct flow_key *key)
{
    for (size_t i = 0; i < sizeof key->source_address; i += 8) {
        uint64_t source = flow_load_u64(key->source_address + i);
        uint64_t destination = flow_load_u64(key->destination_address + i);
        if (source != destination)
            return source > destination;
    }
    return key->source_port > key->destination_port;
}

static inline struct flow_addresses flow_addresses_of(const struct flow_key *key, bool reversed)
{
    const uint8_t *low = reversed ? key->destination_address : key->source_address;
    const uint8_t *high = reversed ? key->source_address : key->destination_address;
    return (struct flow_addresses){{flow_load_u64(low), flow_load_u64(low + 8)},
                                   {flow_load_u64(high), flow_load_u64(high + 8)}};
}

/* What both versions have; the direction is set. */
static inline void flow_name_ports(struct flow_name *name, const struct flow_key *key)
{
    uint32_t ports = flow_key_u32(key, FLOW_KEY_PORTS);
    name->words.ports =
        flow_swap_u32(ports, name->reversed) | (uint64_t)flow_key_u32(key, FLOW_KEY_VERSION) << 32;
    name->words.tags = flow_key_u32(key, FLOW_KEY_TAGS);
}

static inline void flow_name_ipv6(struct flow_name *name, const struct flow_key *key,
                                  const struct flow_hasher *hasher)
{
    name->reversed = flow_key_is_reversed(key);
    flow_name_ports(name, key);
    struct flow_addresses addresses = flow_addresses_of(key, name->reversed);
    name->hash = name->words.addresses = flow_hash_ipv6(&name->words, &addresses, hasher);
}

static inline void flow_name_ipv4(struct flow_name *name, const struct flow_key *key,
                                  const struct flow_hasher *hasher)
{
    uint32_t source = flow_load_u32(key->source_address);
    uint32_t destination = flow_load_u32(key->destination_address);
    name->reversed = source > destination;
    if (source == destination)
        name->reversed = key->source_port > key->destination_port;
    flow_name_ports(name, key);
    uint64_t upward = source | (uint64_t)destination << 32;
    name->words.addresses = flow_swap_u64(upward, name->reversed);
    name->hash = flow_hash_ipv4(&name->words, hasher);
}

static inline void flow_name_of(struct flow_name *name, const struct flow_key *key,
                                const struct flow_hasher *hasher)
{
    if (key->ip_version == 6)
        flow_name_ipv6(name, key, hasher);
    else
        flow_name_ipv4(name, key, hasher);
}

/* The key again, its source being the lower end, or the higher one. `addresses` for IPv6 only. */
static inline struct flow_key flow_key_from(const struct flow_words *words,
                                            const struct flow_addresses *addresses, bool from_high)
{
    struct flow_key key = {.ip_version = 0};
    uint32_t ports = (uint32_t)words->ports, version = (uint32_t)(words->ports >> 32);
    ports = flow_swap_u32(ports, from_high);
    memcpy((uint8_t *)&key + FLOW_KEY_PORTS, &ports, sizeof ports);
    memcpy((uint8_t *)&key + FLOW_KEY_VERSION, &version, sizeof version);
    memcpy((uint8_t *)&key + FLOW_KEY_TAGS, &words->tags, sizeof words->tags);
    uint8_t *low = from_high ? key.destination_address : key.source_address;
    uint8_t *high = from_high ? key.source_address : key.destination_address;
    if (flow_words_are_ipv6(words)) {
        memcpy(low, addresses->low, sizeof addresses->low);
        memcpy(high, addresses->high, sizeof addresses->high);
        return key;
    }
    uint32_t ends[2] = {(uint32_t)words->addresses, (uint32_t)(words->addresses >> 32)};
    memcpy(low, &ends[0], sizeof ends[0]);
    memcpy(high, &ends[1], sizeof ends[1]);
    return key;
}

#endif
