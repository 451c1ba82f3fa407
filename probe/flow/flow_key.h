/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A Flow Key as the table sees it: both directions of a biflow turned to one canonical key, and its
 * keyed hash. Inside probe/flow; inline, because it runs for every packet. Pure.
 */
#ifndef LASTMILE_PROBE_FLOW_FLOW_KEY_H
#define LASTMILE_PROBE_FLOW_FLOW_KEY_H

#include "probe/decode/packet.h"
#include "probe/flow/siphash.h"

static inline uint64_t flow_key_word(const void *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Any total order will do, as long as both directions agree. True: the source is the higher end. */
static inline bool flow_key_is_reversed(const struct flow_key *key)
{
    uint64_t source = flow_key_word(key->source_address);
    uint64_t destination = flow_key_word(key->destination_address);
    if (source != destination)
        return source > destination;
    source = flow_key_word(key->source_address + 8);
    destination = flow_key_word(key->destination_address + 8);
    if (source != destination)
        return source > destination;
    return key->source_port > key->destination_port;
}

static inline struct flow_key flow_key_reversed(const struct flow_key *key)
{
    struct flow_key other = *key;
    memcpy(other.source_address, key->destination_address, sizeof other.source_address);
    memcpy(other.destination_address, key->source_address, sizeof other.destination_address);
    other.source_port = key->destination_port;
    other.destination_port = key->source_port;
    return other;
}

/* The tail of the key holds ports, protocol and tags in two words; it tells IPv4 from IPv6. */
static inline uint64_t flow_key_hash(const struct flow_key *key, const struct siphash_seed *seed)
{
    struct siphash hash = siphash_begin(seed);
    const uint8_t *tail = (const uint8_t *)&key->source_port;
    if (key->ip_version == 4) {
        uint64_t addresses = (flow_key_word(key->source_address) & UINT32_MAX) |
                             flow_key_word(key->destination_address) << 32;
        siphash_word(&hash, addresses, 1);
    } else {
        siphash_word(&hash, flow_key_word(key->source_address), 1);
        siphash_word(&hash, flow_key_word(key->source_address + 8), 1);
        siphash_word(&hash, flow_key_word(key->destination_address), 1);
        siphash_word(&hash, flow_key_word(key->destination_address + 8), 1);
    }
    siphash_word(&hash, flow_key_word(tail), 1);
    siphash_word(&hash, flow_key_word(tail + 8), 1);
    return siphash_end(&hash, 3);
}

#endif
