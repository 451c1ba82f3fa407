/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PPP over Ethernet (RFC 2516), both of its EtherTypes.
 */
#include "probe/decode/layer.h"

#define VERSION_AND_TYPE 0x11
#define CODE_SESSION     0
#define HEADER_BYTES     6

/* Reads the header and bounds the payload. NULL with the walk ended. */
static const uint8_t *read_header(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, HEADER_BYTES);
    if (!header)
        (void)walk_cut(walk);
    else if (header[0] != VERSION_AND_TYPE || !walk_bound(walk, cursor_load_u16(header + 4)))
        (void)walk_end(walk, DECODE_MALFORMED);
    else
        return header;
    return NULL;
}

enum layer layer_pppoe_session(struct walk *walk)
{
    const uint8_t *header = read_header(walk);
    if (!header)
        return LAYER_END;
    if (header[1] != CODE_SESSION)
        return walk_end(walk, DECODE_MALFORMED);
    walk_mark(walk, ENCAPSULATION_PPPOE);
    if (walk_is_access(walk))
        walk->packet->key.pppoe_session = cursor_load_u16(header + 2);
    walk->over_ethernet = true;
    return LAYER_PPP;
}

enum layer layer_pppoe_discovery(struct walk *walk)
{
    uint32_t offset = walk_offset(walk);
    if (!read_header(walk))
        return LAYER_END;
    walk_mark(walk, ENCAPSULATION_PPPOE_DISCOVERY);
    if (cursor_left(&walk->at) < walk_wire_left(walk))
        return walk_cut(walk);
    if (walk_is_access(walk)) {
        walk->packet->control = CONTROL_PPPOE_DISCOVERY;
        walk->packet->payload_offset = offset;
    }
    return LAYER_CONTROL;
}
