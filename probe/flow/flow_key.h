/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A Flow Key as the table sees it: both directions of a biflow turned to one canonical order (the
 * lower end first), packed into a few words, and their keyed hash. For IPv4 the words are the whole
 * key; for IPv6 they are all but the addresses, whose hash stands in their place, so that equal
 * words still want the addresses compared. Inside probe/flow; inline, because it runs for every
 * packet. Pure.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_KEY_H
#define LASTMILE_PROBE_FLOW_FLOW_KEY_H

#include "probe/decode/packet.h"
#include "probe/flow/siphash.h"

#define FLOW_VID_MASK 0xfffu

struct flow_words {
    uint64_t addresses; /* IPv4: lower end, then higher; IPv6: the whole key's hash */
    uint64_t ports;     /* from bit 0: lower end's 16, higher end's 16, protocol 8, VIDs 12 + 12 */
    uint32_t session;   /* PPPoE's 16, IP version; never 0 */
    uint32_t context;   /* not of the key: the table's, in what would be padding */
};

/* IPv6 only; of the lower and of the higher end. */
struct flow_addresses {
    uint64_t low[2], high[2]; /* as they lie in memory */
};

/* A packet's key on its way through the table. */
struct flow_name {
    struct flow_words words;
    uint32_t slot; /* where the flow probably is */
    uint64_t hash;
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

static inline bool flow_words_equal(const struct flow_words *a, const struct flow_words *b)
{
    return ((a->addresses ^ b->addresses) | (a->ports ^ b->ports) | (a->session ^ b->session)) == 0;
}

static inline bool flow_words_are_ipv6(const struct flow_words *words)
{
    return words->session >> 16 == 6;
}

/* Ends a hash with what both versions have; a session is rare enough on IPoE to be left out. */
static inline uint64_t flow_hash_end(struct siphash *hash, const struct flow_words *words)
{
    siphash_word(hash, words->ports, 1);
    if (words->session & UINT16_MAX)
        siphash_word(hash, words->session, 1);
    return siphash_end(hash, 3);
}

/* The hash of words that are in the table. */
static inline uint64_t flow_words_hash(const struct flow_words *words,
                                       const struct siphash_seed *seed)
{
    if (flow_words_are_ipv6(words))
        return words->addresses;
    struct siphash hash = siphash_begin(seed);
    siphash_word(&hash, words->addresses, 1);
    return flow_hash_end(&hash, words);
}

static inline uint64_t flow_pack_ports(const struct flow_key *key, bool reversed)
{
    uint32_t low = reversed ? key->destination_port : key->source_port;
    uint32_t high = reversed ? key->source_port : key->destination_port;
    return low | high << 16 | (uint64_t)key->protocol << 32 |
           (uint64_t)(key->svlan & FLOW_VID_MASK) << 40 |
           (uint64_t)(key->cvlan & FLOW_VID_MASK) << 52;
}

static inline struct flow_name flow_name_of(const struct flow_key *key,
                                            const struct siphash_seed *seed)
{
    struct flow_name name;
    name.words.context = 0;
    name.slot = UINT32_MAX;
    name.words.session = key->pppoe_session | (uint32_t)key->ip_version << 16;
    if (key->ip_version == 4) {
        uint32_t source = flow_load_u32(key->source_address);
        uint32_t destination = flow_load_u32(key->destination_address);
        bool same = source == destination;
        name.reversed =
            (source > destination) | (same & (key->source_port > key->destination_port));
        uint64_t upward = source | (uint64_t)destination << 32;
        name.words.addresses = name.reversed ? siphash_rotate(upward, 32) : upward;
        name.words.ports = flow_pack_ports(key, name.reversed);
        name.hash = flow_words_hash(&name.words, seed);
        return name;
    }
    name.reversed = flow_key_is_reversed(key);
    name.words.ports = flow_pack_ports(key, name.reversed);
    struct flow_addresses addresses = flow_addresses_of(key, name.reversed);
    struct siphash hash = siphash_begin(seed);
    siphash_word(&hash, addresses.low[0], 1);
    siphash_word(&hash, addresses.low[1], 1);
    siphash_word(&hash, addresses.high[0], 1);
    siphash_word(&hash, addresses.high[1], 1);
    name.hash = name.words.addresses = flow_hash_end(&hash, &name.words);
    return name;
}

/* The key again, its source being the lower end, or the higher one. `addresses` for IPv6 only. */
static inline struct flow_key flow_key_from(const struct flow_words *words,
                                            const struct flow_addresses *addresses, bool from_high)
{
    struct flow_key key = {
        .ip_version = (uint8_t)(words->session >> 16),
        .protocol = (uint8_t)(words->ports >> 32),
        .svlan = words->ports >> 40 & FLOW_VID_MASK,
        .cvlan = (uint16_t)(words->ports >> 52),
        .pppoe_session = (uint16_t)words->session,
    };
    uint16_t low_port = (uint16_t)words->ports, high_port = (uint16_t)(words->ports >> 16);
    uint8_t *low = from_high ? key.destination_address : key.source_address;
    uint8_t *high = from_high ? key.source_address : key.destination_address;
    key.source_port = from_high ? high_port : low_port;
    key.destination_port = from_high ? low_port : high_port;
    if (key.ip_version == 4) {
        uint32_t ends[2] = {(uint32_t)words->addresses, (uint32_t)(words->addresses >> 32)};
        memcpy(low, &ends[0], sizeof ends[0]);
        memcpy(high, &ends[1], sizeof ends[1]);
    } else {
        memcpy(low, addresses->low, sizeof addresses->low);
        memcpy(high, addresses->high, sizeof addresses->high);
    }
    return key;
}

#endif
