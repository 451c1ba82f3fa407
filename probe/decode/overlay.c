/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tunnels over UDP that carry frames or packets: VXLAN (RFC 7348), Geneve (RFC 8926), GTP-U (3GPP
 * TS 29.281), L2TPv2 (RFC 2661). A port only hints at them, so each checks what its header must
 * hold, and calls itself malformed otherwise: then the UDP flow is all there is.
 */
#include "probe/decode/layer.h"

#define VXLAN_HAS_VNI    0x08
#define VXLAN_HAS_NEXT   0x04 /* the generic protocol extension: a protocol follows */
#define VXLAN_UNASSIGNED 0x70 /* and the extension's version, which is 0 */

/* What the extension's protocol numbers mean (draft-ietf-nvo3-vxlan-gpe). */
static const enum layer vxlan_protocols[] = {LAYER_ETHERNET, LAYER_IPV4,        LAYER_IPV6,
                                             LAYER_ETHERNET, LAYER_UNSUPPORTED, LAYER_MPLS};

enum layer layer_vxlan(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    if (!(header[0] & VXLAN_HAS_VNI) || header[0] & VXLAN_UNASSIGNED || header[7] != 0)
        return walk_end(walk, DECODE_MALFORMED);
    walk_mark(walk, ENCAPSULATION_VXLAN);
    uint8_t protocol = header[0] & VXLAN_HAS_NEXT ? header[3] : 0;
    return protocol < sizeof vxlan_protocols / sizeof vxlan_protocols[0] ? vxlan_protocols[protocol]
                                                                         : LAYER_UNSUPPORTED;
}

enum layer layer_geneve(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    if (header[0] >> 6 != 0 || header[7] != 0)
        return walk_end(walk, DECODE_MALFORMED);
    cursor_skip(&walk->at, (header[0] & 0x3fu) * 4);
    if (walk->at.failed)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_GENEVE);
    return layer_of_ethertype(cursor_load_u16(header + 2));
}

#define GTPU_VERSION_MASK  0xf0 /* version, protocol type, a spare bit */
#define GTPU_VERSION       0x30
#define GTPU_EXTENSION     0x04
#define GTPU_OPTIONAL_MASK 0x07 /* extension, sequence, N-PDU: one of them brings all */
#define GTPU_G_PDU         0xff
#define GTPU_EXTENSIONS    8

/* Extension headers: length in words of four bytes, the next type in the last byte. */
static bool skip_gtpu_extensions(struct walk *walk, uint8_t type)
{
    for (unsigned i = 0; type != 0 && i < GTPU_EXTENSIONS; i++) {
        size_t bytes = cursor_u8(&walk->at) * (size_t)4;
        const uint8_t *rest = bytes > 0 ? cursor_take(&walk->at, bytes - 1) : NULL;
        if (!rest)
            return false;
        type = rest[bytes - 2];
    }
    return type == 0;
}

enum layer layer_gtpu(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 8);
    if (!header)
        return walk_cut(walk);
    if ((header[0] & GTPU_VERSION_MASK) != GTPU_VERSION ||
        !walk_bound(walk, cursor_load_u16(header + 2)))
        return walk_end(walk, DECODE_MALFORMED);
    if (header[1] != GTPU_G_PDU) /* echo, error indication, end marker */
        return walk_end(walk, DECODE_DECODED);
    if (header[0] & GTPU_OPTIONAL_MASK) {
        const uint8_t *optional = cursor_take(&walk->at, 4);
        if (!optional)
            return walk_cut(walk);
        if (header[0] & GTPU_EXTENSION && !skip_gtpu_extensions(walk, optional[3]))
            return walk->at.failed ? walk_cut(walk) : walk_end(walk, DECODE_MALFORMED);
    }
    walk_mark(walk, ENCAPSULATION_GTPU);
    return LAYER_RAW_IP;
}

#define L2TP_CONTROL  0x8000
#define L2TP_LENGTH   0x4000
#define L2TP_SEQUENCE 0x0800
#define L2TP_OFFSET   0x0200
#define L2TP_RESERVED 0x34f0
#define L2TP_VERSION  0x000f

enum layer layer_l2tp(struct walk *walk)
{
    struct cursor *at = &walk->at;
    uint16_t flags = cursor_u16(at);
    if (at->failed)
        return walk_cut(walk);
    if ((flags & L2TP_VERSION) != 2 || flags & L2TP_RESERVED)
        return walk_end(walk, DECODE_MALFORMED);
    if (flags & L2TP_CONTROL)
        return walk_end(walk, DECODE_DECODED);
    cursor_skip(at, flags & L2TP_LENGTH ? 2 : 0);
    cursor_skip(at, 4); /* tunnel and session */
    cursor_skip(at, flags & L2TP_SEQUENCE ? 4 : 0);
    if (flags & L2TP_OFFSET)
        cursor_skip(at, cursor_u16(at));
    if (at->failed)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_L2TP);
    if (walk_wire_left(walk) == 0) /* zero-length body: an acknowledgement */
        return walk_end(walk, DECODE_DECODED);
    return LAYER_PPP;
}
