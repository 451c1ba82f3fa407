/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MPLS label stack (RFC 3032), one label a layer. What follows the last label is not announced: it
 * is told by its first nibble (RFC 4928), a pseudowire's control word being 0 (RFC 4385). Ethernet
 * may come without a control word (RFC 4448), and then its first byte is anybody's: so what the
 * nibble says must hold, or else an EtherType must stand where a frame has it.
 */
#include "probe/decode/layer.h"

#define BOTTOM_OF_STACK     0x01
#define CONTROL_WORD_BYTES  4
#define ETHERTYPE_AT        12 /* in a frame */
#define ETHERNET_BYTES      14
#define ETHERTYPE_MIN       0x600
#define PADDING_MAX         60 /* behind a frame that says its length */
#define IPV4_HEADER_BYTES   20
#define IPV6_HEADER_BYTES   40
#define CHANNEL_HEADER_MASK 0x0fff /* of an associated channel: version and reserved bits, all 0   \
                                    */

/* A frame may begin `bytes` from here: its EtherType has a reader, or its length fits. */
static bool may_be_frame(const struct walk *walk, size_t bytes)
{
    if (cursor_left(&walk->at) < bytes + ETHERNET_BYTES)
        return false;
    uint16_t type = cursor_load_u16(walk->at.at + bytes + ETHERTYPE_AT);
    if (type >= ETHERTYPE_MIN)
        return layer_of_ethertype(type) != LAYER_UNSUPPORTED;
    uint64_t body = walk_wire_left(walk) - bytes - ETHERNET_BYTES;
    return type > 0 && type <= body && body - type <= PADDING_MAX;
}

static bool may_be_ipv4(const struct walk *walk)
{
    const uint8_t *header = walk->at.at;
    if (cursor_left(&walk->at) < 4)
        return true;
    unsigned header_bytes = (header[0] & 0x0fu) * 4, total = cursor_load_u16(header + 2);
    return header_bytes >= IPV4_HEADER_BYTES &&
           (total == 0 || (total >= header_bytes && total <= walk_wire_left(walk)));
}

static bool may_be_ipv6(const struct walk *walk)
{
    return cursor_left(&walk->at) < 6 ||
           cursor_load_u16(walk->at.at + 4) + (uint64_t)IPV6_HEADER_BYTES <= walk_wire_left(walk);
}

/* The first nibble is 0: a control word, or an address that begins so. */
static bool is_control_word(const struct walk *walk)
{
    bool reserved = cursor_left(&walk->at) >= 2 && cursor_load_u16(walk->at.at) != 0;
    bool behind = may_be_frame(walk, CONTROL_WORD_BYTES), here = may_be_frame(walk, 0);
    return !here || (behind && !reserved);
}

static enum layer behind_control_word(struct walk *walk)
{
    cursor_skip(&walk->at, CONTROL_WORD_BYTES);
    return walk->at.failed ? walk_cut(walk) : LAYER_ETHERNET;
}

static enum layer below_the_stack(struct walk *walk)
{
    if (cursor_left(&walk->at) == 0)
        return walk_cut(walk);
    switch (walk->at.at[0] >> 4) {
    case 0:
        return is_control_word(walk) ? behind_control_word(walk) : LAYER_ETHERNET;
    case 1: /* associated channel: the pseudowire's own maintenance */
        return may_be_frame(walk, 0) && cursor_load_u16(walk->at.at) & CHANNEL_HEADER_MASK
                   ? LAYER_ETHERNET
                   : LAYER_CONTROL;
    case 4:
        return may_be_ipv4(walk) || !may_be_frame(walk, 0) ? LAYER_IPV4 : LAYER_ETHERNET;
    case 6:
        return may_be_ipv6(walk) || !may_be_frame(walk, 0) ? LAYER_IPV6 : LAYER_ETHERNET;
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
