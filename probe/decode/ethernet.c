/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ethernet (IEEE 802.3), its VLAN tags (802.1Q, 802.1ad, in any mix and number) and 802.1ah.
 */
#include "probe/decode/layer.h"

#define ETHERTYPE_MIN 0x600 /* below it is a length */
#define VID_MASK      0x0fff

enum layer layer_of_type_or_length(struct walk *walk, uint16_t type)
{
    if (type >= ETHERTYPE_MIN)
        return layer_of_ethertype(type);
    /* A length beyond the wire is left alone: LLC needs none. */
    (void)walk_bound(walk, type);
    return LAYER_LLC;
}

enum layer layer_ethernet(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 14);
    if (!header)
        return walk_cut(walk);
    struct packet *packet = walk->packet;
    if (walk_is_access(walk) || packet->wlan) {
        memcpy(packet->destination_mac, header, MAC_BYTES);
        memcpy(packet->source_mac, header + MAC_BYTES, MAC_BYTES);
    }
    return layer_of_type_or_length(walk, cursor_load_u16(header + 12));
}

enum layer layer_vlan(struct walk *walk)
{
    const uint8_t *tag = cursor_take(&walk->at, 4);
    if (!tag)
        return walk_cut(walk);
    uint16_t vid = cursor_load_u16(tag) & VID_MASK;
    walk->tags++;
    walk_mark(walk, ENCAPSULATION_DOT1Q);
    if (walk->tags > 1)
        walk_mark(walk, ENCAPSULATION_QINQ);
    if (walk_is_access(walk) && walk->tags == 1)
        walk->packet->key.svlan = vid;
    if (walk_is_access(walk) && walk->tags == 2)
        walk->packet->key.cvlan = vid;
    return layer_of_type_or_length(walk, cursor_load_u16(tag + 2));
}

/* I-TAG: flags and service id, then the customer's whole frame. */
enum layer layer_pbb(struct walk *walk)
{
    if (!cursor_take(&walk->at, 4))
        return walk_cut(walk);
    return LAYER_ETHERNET;
}
