/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IEEE 802.11 frames, and CAPWAP's data channel (RFC 5415, 5416) that carries them, or 802.3
 * frames, from an access point to its controller. Encrypted frames cannot be read: unsupported.
 */
#include "probe/decode/layer.h"

#define VERSION_MASK       0x03 /* 0 in all frames so far */
#define TYPE_MASK          0x0c
#define TYPE_DATA          0x08
#define TYPE_MANAGEMENT    0x00
#define SUBTYPE_NULL       0x40 /* data without data */
#define SUBTYPE_QOS        0x80
#define TO_DS              0x01
#define FROM_DS            0x02
#define PROTECTED          0x40
#define HAS_HT_CONTROL     0x80
#define AMSDU_PRESENT      0x80 /* in QoS control */
#define AMSDU_HEADER_BYTES 14

/* Some controllers send frame control byte-swapped inside CAPWAP: then the type stands second, and
 * first the flags, of which those that say the way would be a version that does not exist. */
static bool is_swapped(const uint8_t *control)
{
    return (control[0] == 0 || control[0] & (TO_DS | FROM_DS)) &&
           (control[1] & (TYPE_MASK | VERSION_MASK)) == TYPE_DATA;
}

#define NONE 0 /* no address stands there */

/* The four address roles by ToDS and FromDS (IEEE 802.11 table 9-30): offsets in the header. */
static const struct {
    uint8_t destination, source, bssid, direction;
} roles[4] = {
    {4, 10, 16, DIRECTION_UNKNOWN},
    {16, 10, 4, DIRECTION_UPSTREAM},   /* to the distribution system */
    {4, 16, 10, DIRECTION_DOWNSTREAM}, /* from it */
    {16, 24, NONE, DIRECTION_UNKNOWN}, /* between access points */
};

/* Steps over what a QoS data frame adds to its header. True when several frames follow it. */
static bool skip_qos(struct walk *walk, uint8_t flags)
{
    const uint8_t *qos = cursor_take(&walk->at, 2);
    if (flags & HAS_HT_CONTROL)
        cursor_skip(&walk->at, 4);
    return qos && qos[0] & AMSDU_PRESENT;
}

/* Steps to LLC from behind the addresses. */
static enum layer skip_to_body(struct walk *walk, const uint8_t *header, uint8_t type,
                               uint8_t flags)
{
    bool aggregate = type & SUBTYPE_QOS && skip_qos(walk, flags);
    if (walk->padded_wlan)
        cursor_skip(&walk->at, (size_t)(header - walk->at.at) % 4);
    walk->padded_wlan = false; /* a frame in a tunnel inside has not been through the radio */
    if (aggregate)             /* the first of them is read, the others are lost to us */
        cursor_skip(&walk->at, AMSDU_HEADER_BYTES);
    return walk->at.failed ? walk_cut(walk) : LAYER_LLC;
}

enum layer layer_ieee802_11(struct walk *walk)
{
    if (cursor_left(&walk->at) < 2)
        return walk_cut(walk);
    const uint8_t *header = walk->at.at;
    bool swapped = walk->swapped_wlan && is_swapped(header);
    uint8_t type = header[swapped ? 1 : 0];
    uint8_t flags = header[swapped ? 0 : 1];
    walk_mark(walk, ENCAPSULATION_IEEE802_11);
    if ((type & TYPE_MASK) == TYPE_MANAGEMENT && !swapped) { /* beacons, associations */
        walk->packet->control = CONTROL_WLAN_MANAGEMENT;
        walk->packet->payload_offset = walk_offset(walk);
    }
    if ((type & TYPE_MASK) != TYPE_DATA || type & SUBTYPE_NULL)
        return LAYER_CONTROL; /* acknowledgements, power saving */
    unsigned way = flags & (TO_DS | FROM_DS);
    if (!cursor_take(&walk->at, way == (TO_DS | FROM_DS) ? 30 : 24))
        return walk_cut(walk);
    memcpy(walk->packet->destination_mac, header + roles[way].destination, MAC_BYTES);
    memcpy(walk->packet->source_mac, header + roles[way].source, MAC_BYTES);
    if (roles[way].bssid != NONE)
        memcpy(walk->packet->bssid, header + roles[way].bssid, MAC_BYTES);
    walk->packet->direction = roles[way].direction;
    walk->packet->wlan = 1;
    return flags & PROTECTED ? LAYER_UNSUPPORTED : skip_to_body(walk, header, type, flags);
}

#define CAPWAP_PREAMBLE    0x00   /* version 0, not DTLS */
#define CAPWAP_NATIVE      0x0100 /* bits of the header's second and third byte */
#define CAPWAP_FRAGMENT    0x0080
#define CAPWAP_KEEP_ALIVE  0x0008
#define CAPWAP_BINDING(w)  ((w) >> 9 & 0x1f)
#define BINDING_IEEE802_11 1

enum layer layer_capwap(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    uint16_t bits = cursor_load_u16(header + 2);
    uint32_t header_bytes = (uint32_t)(header[1] >> 3) * 4;
    if (header[0] != CAPWAP_PREAMBLE || header_bytes < 8) /* DTLS, or none of ours */
        return walk_end(walk, DECODE_MALFORMED);
    cursor_skip(&walk->at, header_bytes - 8);
    if (walk->at.failed)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_CAPWAP);
    uint16_t fragment_offset = cursor_load_u16(header + 6) >> 3;
    if (bits & CAPWAP_KEEP_ALIVE || (bits & CAPWAP_FRAGMENT && fragment_offset != 0))
        return walk_end(walk, DECODE_DECODED);
    walk->fragmented |= (bits & CAPWAP_FRAGMENT) != 0;
    walk->packet->wlan = 1;
    if (!(bits & CAPWAP_NATIVE))
        return LAYER_ETHERNET;
    walk->swapped_wlan = true;
    return CAPWAP_BINDING(bits) == BINDING_IEEE802_11 ? LAYER_IEEE802_11 : LAYER_UNSUPPORTED;
}
