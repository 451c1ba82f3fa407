/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Link headers made up by operating systems: Linux cooked v1 and v2 (tcpdump.org/linktypes), and
 * BSD's address family in front of a loopback packet.
 */
#include "probe/decode/layer.h"

#define ARPHRD_WLAN     801
#define ARPHRD_RADIOTAP 803
#define ARPHRD_NETLINK  824

/* Protocols below 0x600 that Linux numbers itself (if_ether.h). */
#define PROTOCOL_802_3 0x0001
#define PROTOCOL_802_2 0x0004

static enum layer layer_of_cooked(uint16_t hardware, uint16_t protocol)
{
    if (hardware == ARPHRD_NETLINK)
        return LAYER_UNSUPPORTED;
    if (hardware == ARPHRD_RADIOTAP)
        return LAYER_RADIOTAP;
    if (hardware == ARPHRD_WLAN)
        return LAYER_IEEE802_11;
    if (protocol == PROTOCOL_802_2)
        return LAYER_LLC;
    return protocol == PROTOCOL_802_3 ? LAYER_UNSUPPORTED : layer_of_ethertype(protocol);
}

/* The sender's link-layer address, of which eight bytes are kept. */
static void keep_address(struct walk *walk, uint16_t length, const uint8_t *address)
{
    if (length == MAC_BYTES)
        memcpy(walk->packet->source_mac, address, MAC_BYTES);
}

enum layer layer_linux_cooked(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 16);
    if (!header)
        return walk_cut(walk);
    keep_address(walk, cursor_load_u16(header + 4), header + 6);
    return layer_of_cooked(cursor_load_u16(header + 2), cursor_load_u16(header + 14));
}

enum layer layer_linux_cooked_v2(struct walk *walk)
{
    const uint8_t *header = cursor_take(&walk->at, 20);
    if (!header)
        return walk_cut(walk);
    keep_address(walk, header[11], header + 12);
    return layer_of_cooked(cursor_load_u16(header + 8), cursor_load_u16(header));
}

/* AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 24, 28, 30 (the BSDs, macOS), 23 (Windows). */
enum layer layer_null(struct walk *walk)
{
    uint32_t family = cursor_u32(&walk->at);
    if (walk->at.failed)
        return walk_cut(walk);
    if (family > 0xffff) /* the other byte order */
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:
        return LAYER_IPV4;
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
        return LAYER_IPV6;
    default:
        return LAYER_UNSUPPORTED;
    }
}
