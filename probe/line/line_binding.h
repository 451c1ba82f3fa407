/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What leads to a line, as keys of by_binding: MACs, addresses, prefixes, pairs of VLANs. Keyed
 * hashes; inline, because they are reckoned for every new flow. Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_BINDING_H
#define LASTMILE_PROBE_LINE_LINE_BINDING_H

#include "common/cursor.h"
#include "probe/line/line.h"

#include <string.h>

struct line_binding {
    uint16_t what; /* 4 or 6: an address */
    uint16_t svlan, cvlan, zero;
    uint8_t bytes[16];
};
#define BOUND_MAC   (0x100 | MAC_BYTES)
#define BOUND_VLANS 0x200
_Static_assert(sizeof(struct line_binding) == 24, "no hidden padding in what is hashed");

/* The rest of a binding's hash. Three whole words, always: their number needs no place in it. */
static inline uint64_t line_binding_hash_bytes(struct siphash hash, const uint8_t bytes[static 16])
{
    uint64_t words[2];
    memcpy(words, bytes, sizeof words);
    siphash_word(&hash, words[0], 1);
    siphash_word(&hash, words[1], 1);
    return siphash_end(&hash, 3);
}

static inline uint64_t line_binding_hash(const struct line_meter *meter,
                                         const struct line_binding *binding)
{
    struct siphash hash = siphash_begin(&meter->seed);
    siphash_word(
        &hash, binding->what | (uint64_t)binding->svlan << 16 | (uint64_t)binding->cvlan << 32, 1);
    return line_binding_hash_bytes(hash, binding->bytes);
}

/* 0, which is no key, for an unknown MAC. Asked for both ends of each new flow, hence the faster
 * hash; it stays here, while that of an address is counted, too, and must agree among probes. */
static inline uint64_t line_mac_binding(const struct line_meter *meter, uint16_t svlan,
                                        uint16_t cvlan, const uint8_t *mac)
{
    uint32_t high = cursor_load_u16(mac), low = cursor_load_u32(mac + 2);
    if ((high | low) == 0)
        return 0;
    struct flow_hash hash = flow_hash_begin(&meter->hasher);
    flow_hash_pair(&hash, &meter->hasher, 0, (uint32_t)svlan << 16 | cvlan, high);
    flow_hash_pair(&hash, &meter->hasher, 2, low, BOUND_MAC);
    return flow_hash_end(&hash);
}

/* A prefix is bound under its length, which stands where an address has 0. */
static inline uint64_t line_prefix_binding(const struct line_meter *meter,
                                           const struct line_address *prefix)
{
    struct line_binding binding = {.what = prefix->ip_version};
    memcpy(binding.bytes, prefix->bytes, 16);
    if (prefix->bits != (prefix->ip_version == 4 ? 32 : 128))
        binding.svlan = prefix->bits;
    return line_binding_hash(meter, &binding);
}

/* As line_binding_hash, its first word being the version: that part is done. */
static inline uint64_t line_address_hash(const struct line_meter *meter, uint8_t version,
                                         const uint8_t *address)
{
    return line_binding_hash_bytes(meter->address_hash[version == 6], address);
}

static inline uint64_t line_vlan_binding(const struct line_meter *meter, uint16_t svlan,
                                         uint16_t cvlan)
{
    struct line_binding binding = {.what = BOUND_VLANS, .svlan = svlan, .cvlan = cvlan};
    return line_binding_hash(meter, &binding);
}

/* Who has bound an address: 0, a session's place and 1, or a lease. A lease is told by a few bits
 * of its client's MAC and by the minute in which it ends, as far as that is known. */
#define LINE_LEASE (UINT32_C(1) << 31)

uint32_t line_lease(const struct line_meter *meter, const uint8_t *client_mac, uint32_t valid_s,
                    uint64_t now_unix_ns);
bool line_lease_is_of(const struct line_meter *meter, uint32_t owner, const uint8_t *mac);
bool line_lease_is_over(uint32_t owner, uint64_t now_unix_ns);
/* Whether the owner is a session with a record of these minutes. */
bool line_session_is_fresh(const struct line_meter *meter, uint32_t owner, uint64_t now_unix_ns);

/* The line that a binding leads to at that time, or LINE_NONE. */
uint32_t line_of_binding(const struct line_meter *meter, uint64_t binding, uint64_t now_unix_ns);
/* The line that an address, or the longest prefix around it, is bound to, or LINE_NONE; and which
 * binding that is. */
uint32_t line_of_address(const struct line_meter *meter, uint8_t version, const uint8_t *address,
                         uint64_t now_unix_ns, uint64_t *out_binding);
/* Binds a MAC or a pair of tags; 0 is none. What finds no room is counted. */
void line_bind(struct line_meter *meter, uint64_t binding, uint32_t number);
/* Binds an address or a prefix to a line, for an owner or for nobody (0). The binding, or 0 when
 * there is no room. */
uint64_t line_bind_address(struct line_meter *meter, const struct line_address *address,
                           uint32_t number, uint32_t owner);
/* Takes a binding back, if it still is the line's. */
void line_unbind(struct line_meter *meter, uint64_t binding, uint32_t number);
/* Drops what leases have left that are over. */
void line_expire_leases(struct line_meter *meter, uint64_t now_unix_ns);

#endif
