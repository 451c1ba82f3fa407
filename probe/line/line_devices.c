/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices and WLAN users, each once an interval: where a flow begins; where one that goes on is
 * found at the interval's end, or has ended in it; and of WLAN frames, whose MACs no flow keeps,
 * with the packets, as far as they have not been seen lately.
 */
#include "common/cursor.h"
#include "probe/line/host_address.h"
#include "probe/line/line_binding.h"

#include <string.h>

#define UDP_PROTOCOL 17

/* The network of a WLAN user: the radio cell's, as far as it was heard, else the rule's. */
static uint32_t ssid_of(const struct line_meter *meter, const struct packet *first, uint16_t cell)
{
    static const uint8_t no_cell[MAC_BYTES];
    uint32_t number = KEY_MAP_NONE;
    if (meter->ssid_count > 1 && memcmp(first->bssid, no_cell, MAC_BYTES) != 0)
        number = key_map_get(&meter->by_bssid, siphash13(&meter->seed, first->bssid, MAC_BYTES));
    return number != KEY_MAP_NONE ? number : meter->ssid_of_cell[cell];
}

/* CAPWAP from outside (RFC 5415): beacons, what is encrypted, the controller's orders. Its octets
 * are the WLAN's, but an access point is no user. */
static bool is_tunnel_of_access_point(const struct flow_key *key)
{
    static const uint16_t capwap[] = {5246, 5247};
    for (size_t i = 0; i < sizeof capwap / sizeof capwap[0]; i++)
        if (key->protocol == UDP_PROTOCOL &&
            (key->source_port == capwap[i] || key->destination_port == capwap[i]))
            return true;
    return false;
}

uint32_t line_wlan_context(const struct line_meter *meter, const struct packet *first,
                           uint16_t cell)
{
    uint32_t user = 0;
    if (is_tunnel_of_access_point(&first->key))
        user = LINE_CONTEXT_NO_USER;
    else if (first->wlan)
        user = LINE_CONTEXT_BY_MAC;
    return LINE_CONTEXT_CELL | user | ssid_of(meter, first, cell) << LINE_CONTEXT_SSID_SHIFT | cell;
}

static void note(struct line_meter *meter, uint32_t cell, uint64_t device)
{
    struct cell_counts *counts = &meter->counts->counts[cell];
    counts->used = true;
    if (device != 0)
        distinct_add(counts->devices, device);
}

static void note_user(struct line_meter *meter, uint32_t cell, uint32_t ssid, uint64_t device)
{
    note(meter, cell, device);
    if (!meter->counts->wlans)
        return;
    struct wlan_counts *wlan = &meter->counts->wlans[cell * meter->ssid_count + ssid];
    if (!wlan->users)
        return;
    wlan->used = true;
    if (device != 0)
        distinct_add(wlan->users, device);
}

/* 0: no device's. */
static uint64_t device_of_address(const struct line_meter *meter, uint8_t version,
                                  const uint8_t *address)
{
    return is_shared_address(version, address) || is_link_local_address(version, address)
               ? 0
               : line_address_hash(meter, version, address);
}

static uint64_t device_of_mac(const struct line_meter *meter, const uint8_t *mac)
{
    return is_group_mac(mac) ? 0 : siphash13(&meter->seed, mac, MAC_BYTES);
}

static uint32_t cell_of_context(uint32_t context)
{
    return context & LINE_CONTEXT_CELL_NUMBER;
}

static uint32_t ssid_of_context(uint32_t context)
{
    return context >> LINE_CONTEXT_SSID_SHIFT & LINE_SSIDS_MAX;
}

/* Most lines have one address; what was noted in this interval need not be hashed again. */
static void note_on_line(struct line_meter *meter, struct line *line, uint8_t version,
                         const uint8_t *address)
{
    uint32_t short_address = version == 4 ? cursor_load_u32(address) : 0;
    if (!(line->flags & LINE_IN_USE) || line->cell == LINE_SUPPRESSED ||
        (short_address != 0 && short_address == line->device))
        return;
    note(meter, line->cell, device_of_address(meter, version, address));
    line->device = short_address;
}

void line_note_address(struct line_meter *meter, uint32_t context, uint8_t version,
                       const uint8_t *address)
{
    bool cell = context & LINE_CONTEXT_CELL;
    if (context == LINE_NONE || (cell && context & (LINE_CONTEXT_BY_MAC | LINE_CONTEXT_NO_USER)))
        return;
    if (cell)
        note_user(meter, cell_of_context(context), ssid_of_context(context),
                  device_of_address(meter, version, address));
    else
        note_on_line(meter, &meter->lines[line_now(meter, context & LINE_CONTEXT_NUMBER)], version,
                     address);
}

void line_meter_flow_alive(struct line_meter *meter, const struct flow_glimpse *flow)
{
    if (flow->perimeter)
        line_note_address(meter, flow->context, flow->key->ip_version, flow->key->source_address);
}

void line_note_wlan(struct line_meter *meter, uint32_t context, const uint8_t *mac)
{
    uint64_t user = 0;
    memcpy(&user, mac, MAC_BYTES);
    user |= (uint64_t)(context & LINE_CONTEXT_WLAN) << 48;
    uint64_t mixed = user * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t *lately = &meter->lately[mixed >> (64 - LINE_LATELY_BITS)];
    if (*lately == user)
        return;
    *lately = user;
    note_user(meter, cell_of_context(context), ssid_of_context(context), device_of_mac(meter, mac));
}
