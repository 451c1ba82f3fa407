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

static enum layer snap(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 5);
    if (!header)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_LLC_SNAP);
    uint32_t organisation = cursor_load_u32(header) >> 8;
    if (organisation == snap_ethernet || organisation == snap_bridge)
        return layer_of_ethertype(cursor_load_u16(header + 3));
    return organisation == snap_cisco ? LAYER_CONTROL : LAYER_UNSUPPORTED;
}

enum layer layer_llc(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 3);
    if (!header)
        return walk_cut(walk);
    if (header[0] == SNAP && header[1] == SNAP)
        return snap(walk);
    for (size_t i = 0; i < sizeof access_points / sizeof access_points[0]; i++)
        if (access_points[i].dsap == header[0])
            return (enum layer)access_points[i].layer;
    return LAYER_UNSUPPORTED;
}
