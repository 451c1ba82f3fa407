/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IEEE 802.2 LLC, with SNAP (RFC 1042): what follows a length, and every 802.11 data frame.
 */
#include "probe/decode/layer.h"

#define SNAP 0xaa

/* Destination service access points that are no SNAP. */
static const struct {
    uint8_t dsap;
    uint8_t layer;
} access_points[] = {
    {0x06, LAYER_RAW_IP},
    {0x42, LAYER_CONTROL}, /* spanning tree */
    {0xfe, LAYER_CONTROL}, /* OSI: IS-IS, ES-IS */
};

static const uint32_t snap_ethernet = 0x000000; /* RFC 1042 */
static const uint32_t snap_bridge = 0x0000f8;   /* 802.1H */
static const uint32_t snap_cisco = 0x00000c;    /* CDP, VTP, PVST+ */
static const uint32_t snap_bridged = 0x0080c2;  /* RFC 2427 section 4.2 */

/* A whole frame with its FCS or without, or a message of the spanning tree. */
static enum layer layer_of_bridged(uint16_t kind)
{
    if (kind == 0x0001 || kind == 0x0007)
        return LAYER_ETHERNET;
    return kind == 0x000e ? LAYER_CONTROL : LAYER_UNSUPPORTED;
}

enum layer layer_snap(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 5);
    if (!header)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_LLC_SNAP);
    uint32_t organisation = cursor_load_u32(header) >> 8;
    if (organisation == snap_ethernet || organisation == snap_bridge)
        return layer_of_ethertype(cursor_load_u16(header + 3));
    if (organisation == snap_bridged)
        return layer_of_bridged(cursor_load_u16(header + 3));
    return organisation == snap_cisco ? LAYER_CONTROL : LAYER_UNSUPPORTED;
}

enum layer layer_llc(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 3);
    if (!header)
        return walk_cut(walk);
    if (header[0] == SNAP && header[1] == SNAP)
        return layer_snap(walk);
    for (size_t i = 0; i < sizeof access_points / sizeof access_points[0]; i++)
        if (access_points[i].dsap == header[0])
            return (enum layer)access_points[i].layer;
    return LAYER_UNSUPPORTED;
}
