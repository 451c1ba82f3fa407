/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/line_binding.h"

#include "probe/line/line_names.h"

#define LEASES_MINUTES 10 /* between two looks at all of them */

void line_prepare_hashes(struct line_meter *meter)
{
    for (size_t i = 0; i < 2; i++) {
        meter->address_hash[i] = siphash_begin(&meter->seed);
        siphash_word(&meter->address_hash[i], i == 0 ? 4 : 6, 1);
    }
    flow_hasher_init(&meter->hasher, &meter->seed);
}

/* ---- leases and sessions ---- */

#define MINUTE_NS          UINT64_C(60000000000)
#define LEASE_MINUTES_MAX  (20 * 1440) /* of which 16 bits tell whether they are over */
#define LEASE_CLIENT_SHIFT 16
#define LEASE_CLIENT_MASK  0x7fffu

static uint32_t client_of(const struct line_meter *meter, const uint8_t *mac)
{
    return (uint32_t)siphash13(&meter->seed, mac, MAC_BYTES) & LEASE_CLIENT_MASK;
}

uint32_t line_lease(const struct line_meter *meter, const uint8_t *client_mac, uint32_t valid_s,
                    uint64_t now_unix_ns)
{
    uint32_t client = client_of(meter, client_mac) << LEASE_CLIENT_SHIFT;
    uint64_t minutes = ((uint64_t)valid_s + 59) / 60;
    if (valid_s == 0 || minutes > LEASE_MINUTES_MAX)
        return LINE_LEASE | client;
    uint16_t end = (uint16_t)(now_unix_ns / MINUTE_NS + minutes + 1);
    return LINE_LEASE | client | (end != 0 ? end : 1);
}

bool line_lease_is_of(const struct line_meter *meter, uint32_t owner, const uint8_t *mac)
{
    return owner & LINE_LEASE &&
           (owner >> LEASE_CLIENT_SHIFT & LEASE_CLIENT_MASK) == client_of(meter, mac);
}

bool line_lease_is_over(uint32_t owner, uint64_t now_unix_ns)
{
    uint16_t end = (uint16_t)owner, now = (uint16_t)(now_unix_ns / MINUTE_NS);
    return owner & LINE_LEASE && end != 0 && (int16_t)(uint16_t)(now - end) >= 0;
}

bool line_session_is_fresh(const struct line_meter *meter, uint32_t owner, uint64_t now_unix_ns)
{
    if (owner == 0 || owner & LINE_LEASE)
        return false;
    uint64_t seen = meter->sessions.sessions[owner - 1].seen_unix_ns;
    return now_unix_ns < seen || now_unix_ns - seen <= LINE_RECORD_FRESH_NS;
}

struct at_time {
    const struct line_meter *meter;
    uint64_t now_unix_ns;
};

static uint32_t unless_over(const void *ctx, const struct key_map_entry *entry)
{
    const struct at_time *at = ctx;
    return line_lease_is_over(entry->owner, at->now_unix_ns) ? KEY_MAP_NONE : entry->value;
}

void line_expire_leases(struct line_meter *meter, uint64_t now_unix_ns)
{
    uint64_t minute = now_unix_ns / MINUTE_NS;
    if (!meter->addresses_bound || minute - meter->leases_minute < LEASES_MINUTES)
        return;
    meter->leases_minute = minute;
    key_map_revise(&meter->by_binding, unless_over, &(struct at_time){meter, now_unix_ns});
}

/* ---- addresses ---- */

uint32_t line_of_binding(const struct line_meter *meter, uint64_t binding, uint64_t now_unix_ns)
{
    uint32_t number = key_map_get(&meter->by_binding, binding);
    if (number == KEY_MAP_NONE ||
        line_lease_is_over(key_map_owner(&meter->by_binding, binding), now_unix_ns))
        return LINE_NONE;
    return line_now(meter, number);
}

uint32_t line_of_address(const struct line_meter *meter, uint8_t version, const uint8_t *address,
                         uint64_t now_unix_ns, uint64_t *out_binding)
{
    uint64_t binding = line_address_hash(meter, version, address);
    uint32_t number = line_of_binding(meter, binding, now_unix_ns);
    for (size_t i = 0; version == 6 && number == LINE_NONE && i < meter->prefix_length_count; i++) {
        unsigned bits = meter->prefix_lengths[i];
        struct line_address prefix = {.ip_version = 6, .bits = (uint8_t)bits};
        memcpy(prefix.bytes, address, bits / 8);
        if (bits % 8 != 0)
            prefix.bytes[bits / 8] = (uint8_t)(address[bits / 8] & 0xff00 >> bits % 8);
        binding = line_prefix_binding(meter, &prefix);
        number = line_of_binding(meter, binding, now_unix_ns);
    }
    *out_binding = binding;
    return number;
}

void line_bind(struct line_meter *meter, uint64_t binding, uint32_t number)
{
    if (binding != 0 && !key_map_put(&meter->by_binding, binding, number))
        meter->totals.bindings_not_stored++;
}

/* Remembers which lengths of prefixes are in use, longest first. */
static bool note_prefix_length(struct line_meter *meter, unsigned bits)
{
    size_t at = 0;
    while (at < meter->prefix_length_count && meter->prefix_lengths[at] > bits)
        at++;
    if (at < meter->prefix_length_count && meter->prefix_lengths[at] == bits)
        return true;
    if (meter->prefix_length_count == LINE_PREFIX_LENGTHS)
        return false;
    memmove(&meter->prefix_lengths[at + 1], &meter->prefix_lengths[at],
            meter->prefix_length_count - at);
    meter->prefix_lengths[at] = (uint8_t)bits;
    meter->prefix_length_count++;
    return true;
}

uint64_t line_bind_address(struct line_meter *meter, const struct line_address *address,
                           uint32_t number, uint32_t owner)
{
    uint64_t binding = line_prefix_binding(meter, address);
    bool prefix = address->ip_version == 6 && address->bits != 128;
    if ((prefix && !note_prefix_length(meter, address->bits)) ||
        !key_map_put_for(&meter->by_binding, binding, number, owner)) {
        meter->totals.bindings_not_stored++;
        return 0;
    }
    meter->addresses_bound = true;
    return binding;
}

void line_unbind(struct line_meter *meter, uint64_t binding, uint32_t number)
{
    if (line_now(meter, key_map_get(&meter->by_binding, binding)) == line_now(meter, number))
        key_map_remove(&meter->by_binding, binding);
}
