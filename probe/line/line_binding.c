/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/line_binding.h"

void line_prepare_hashes(struct line_meter *meter)
{
    for (size_t i = 0; i < 2; i++) {
        meter->address_hash[i] = siphash_begin(&meter->seed);
        siphash_word(&meter->address_hash[i], i == 0 ? 4 : 6, 1);
    }
    flow_hasher_init(&meter->hasher, &meter->seed);
}

uint32_t line_of_address(const struct line_meter *meter, uint8_t version, const uint8_t *address)
{
    uint32_t number = key_map_get(&meter->by_binding, line_address_hash(meter, version, address));
    for (size_t i = 0; version == 6 && number == KEY_MAP_NONE && i < meter->prefix_length_count;
         i++) {
        unsigned bits = meter->prefix_lengths[i];
        struct line_address prefix = {.ip_version = 6, .bits = (uint8_t)bits};
        memcpy(prefix.bytes, address, bits / 8);
        if (bits % 8 != 0)
            prefix.bytes[bits / 8] = (uint8_t)(address[bits / 8] & 0xff00 >> bits % 8);
        number = key_map_get(&meter->by_binding, line_prefix_binding(meter, &prefix));
    }
    return number;
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
    if (key_map_get(&meter->by_binding, binding) == number)
        key_map_remove(&meter->by_binding, binding);
}
