/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GRE (RFC 2784, 2890, 1701), PPTP's version of it (RFC 2637), ERSPAN types I to III inside it
 * (draft-foschiano-erspan), and EtherIP (RFC 3378).
 */
#include "probe/decode/layer.h"

#define HAS_CHECKSUM        0x8000
#define HAS_ROUTING         0x4000
#define HAS_KEY             0x2000
#define HAS_SEQUENCE        0x1000
#define HAS_ACK             0x0080 /* version 1 */
#define VERSION_MASK        0x0007
#define PROTOCOL_ERSPAN     0x88be
#define ERSPAN_HEADER_BYTES 8

static size_t words_of(uint16_t flags)
{
    size_t words = 0;
    words += (flags & (HAS_CHECKSUM | HAS_ROUTING)) != 0;
    words += (flags & HAS_KEY) != 0;
    words += (flags & HAS_SEQUENCE) != 0;
    words += (flags & VERSION_MASK) == 1 && (flags & HAS_ACK) != 0;
    return words;
}

/* Source routes (RFC 1701): family, offset, length, addresses; the last one is empty. */
static void skip_routes(struct cursor *at)
{
    const uint8_t *route;
    do {
        route = cursor_take(at, 4);
        cursor_skip(at, route ? route[3] : 0);
    } while (route && cursor_load_u32(route) != 0);
}

enum layer layer_gre(struct walk *walk)
{
    uint16_t flags = cursor_u16(&walk->at);
    uint16_t protocol = cursor_u16(&walk->at);
    cursor_skip(&walk->at, words_of(flags) * 4);
    if (flags & HAS_ROUTING)
        skip_routes(&walk->at);
    if (walk->at.failed)
        return walk_cut(walk);
    walk_mark(walk, ENCAPSULATION_GRE);
    if ((flags & VERSION_MASK) > 1)
        return LAYER_UNSUPPORTED;
    if (walk_wire_left(walk) == 0) /* PPTP acknowledges without payload */
        return walk_end(walk, DECODE_DECODED);
    if (protocol == PROTOCOL_ERSPAN && !(flags & HAS_SEQUENCE)) /* type I has no header */
        return LAYER_ETHERNET;
    return layer_of_ethertype(protocol);
}

enum layer layer_erspan(struct walk *walk)
{
    cursor_skip(&walk->at, ERSPAN_HEADER_BYTES);
    return walk->at.failed ? walk_cut(walk) : LAYER_ETHERNET;
}

#define ERSPAN_III_BYTES    12
#define ERSPAN_III_OPTIONAL 0x01 /* in the last byte: a subheader follows */
#define ERSPAN_III_TYPE(h)  ((h)[10] >> 2 & 0x1f)
#define ERSPAN_III_IP       2

enum layer layer_erspan_iii(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, ERSPAN_III_BYTES);
    if (header && header[ERSPAN_III_BYTES - 1] & ERSPAN_III_OPTIONAL)
        cursor_skip(&walk->at, 8);
    if (walk->at.failed)
        return walk_cut(walk);
    return ERSPAN_III_TYPE(header) == ERSPAN_III_IP ? LAYER_RAW_IP : LAYER_ETHERNET;
}

enum layer layer_etherip(struct walk *walk)
{
    cursor_skip(&walk->at, 2);
    return walk->at.failed ? walk_cut(walk) : LAYER_ETHERNET;
}
