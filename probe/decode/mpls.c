/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MPLS label stack (RFC 3032), one label a layer. What follows the last label is not announced: it
 * is told by its first nibble (RFC 4928), a pseudowire's control word being 0 (RFC 4385). Ethernet
 * may come without a control word (RFC 4448), and then its first byte is anybody's: so what the
 * nibble says must hold, or else an EtherType must stand where a frame has it.
 */
#include "probe/decode/layer.h"

#define BOTTOM_OF_STACK    0x01
#define CONTROL_WORD_BYTES 4
#define ETHERTYPE_AT       12 /* in a frame */
#define ETHERNET_BYTES     14
#define ETHERTYPE_MIN      0x600
#define PADDING_MAX        60 /* behind what says its length */
#define IPV4_HEADER_BYTES  20
#define IPV6_HEADER_BYTES  40
#define CHANNEL_HEADER_MASK                                                                        \
    0x0fff /* of an associated channel: version and reserved bits, all 0                           \
            */

/* What stands in the place of an EtherType when a frame begins `bytes` from here; 0 when cut. */
static uint16_t type_behind(const struct walk *walk, size_t bytes)
{
    return cursor_left(&walk->at) < bytes + ETHERNET_BYTES
               ? 0
               : cursor_load_u16(walk->at.at + bytes + ETHERTYPE_AT);
}

static bool is_ethertype(uint16_t type)
{
    return type >= ETHERTYPE_MIN && layer_of_ethertype(type) != LAYER_UNSUPPORTED;
}

/* A length of what is here, but for padding. */
static bool is_length(const struct walk *walk, uint16_t type)
{
    uint64_t left = walk_wire_left(walk);
    return type > 0 && type < ETHERTYPE_MIN && left >= ETHERNET_BYTES + (uint64_t)type &&
           left - ETHERNET_BYTES - type <= PADDING_MAX;
}

/* The wire ends with this packet, but for padding. */
static bool fills_wire(const struct walk *walk, uint64_t total)
{
    uint64_t left = walk_wire_left(walk);
    return total <= left && left - total <= PADDING_MAX;
}

static bool may_be_frame(const struct walk *walk)
{
    uint16_t type = type_behind(walk, 0);
    return is_ethertype(type) || is_length(walk, type);
}

static bool may_be_ipv4(const struct walk *walk)
{
    const uint8_t *header = walk->at.at;
    unsigned header_bytes = (header[0] & 0x0fu) * 4, total = cursor_load_u16(header + 2);
    return header_bytes >= IPV4_HEADER_BYTES &&
           (total == 0 || (total >= header_bytes && fills_wire(walk, total)));
}

static bool may_be_ipv6(const struct walk *walk)
{
    uint64_t payload = cursor_left(&walk->at) < 6 ? 0 : cursor_load_u16(walk->at.at + 4);
    return payload == 0 || fills_wire(walk, IPV6_HEADER_BYTES + payload);
}

/* The first nibble is 0: a control word, or an address that begins so. Behind a tag stands an
 * EtherType, which could be that of a frame behind a control word. */
static bool is_control_word(const struct walk *walk)
{
    uint16_t here = type_behind(walk, 0);
    bool reserved = cursor_load_u16(walk->at.at) != 0;
    bool behind = is_ethertype(type_behind(walk, CONTROL_WORD_BYTES));
    bool tagged = layer_of_ethertype(here) == LAYER_VLAN;
    if (is_ethertype(here) && (reserved || tagged || !behind))
        return false;
    return behind || !is_length(walk, here);
}

static bool is_channel_header(const struct walk *walk)
{
    return (cursor_load_u16(walk->at.at) & CHANNEL_HEADER_MASK) == 0 && !may_be_frame(walk);
}

static enum layer behind_control_word(struct walk *walk)
{
    cursor_skip(&walk->at, CONTROL_WORD_BYTES);
    return walk->at.failed ? walk_cut(walk) : LAYER_ETHERNET;
}

static enum layer below_the_stack(struct walk *walk)
{
    if (cursor_left(&walk->at) < CONTROL_WORD_BYTES) /* whatever it is has more */
        return walk_cut(walk);
    switch (walk->at.at[0] >> 4) {
    case 0:
        return is_control_word(walk) ? behind_control_word(walk) : LAYER_ETHERNET;
    case 1: /* associated channel: the pseudowire's own maintenance */
        return is_channel_header(walk) ? LAYER_CONTROL : LAYER_ETHERNET;
    case 4:
        return may_be_ipv4(walk) || !may_be_frame(walk) ? LAYER_IPV4 : LAYER_ETHERNET;
    case 6:
        return may_be_ipv6(walk) || !may_be_frame(walk) ? LAYER_IPV6 : LAYER_ETHERNET;
    default:
        return LAYER_ETHERNET;
    }
}

enum layer layer_mpls(struct walk *walk)
{
    const uint8_t *label = cursor_take(&walk->at, 4);
    if (!label)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_MPLS);
    return label[2] & BOTTOM_OF_STACK ? below_the_stack(walk) : LAYER_MPLS;
}
