/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200), jumbograms (RFC 2675), and the
 * total length 0 that segmentation offload leaves. Fragments are counted, not reassembled.
 */
#include "probe/decode/layer.h"

#define IPV4_HEADER_BYTES   20
#define IPV4_FRAGMENT_MASK  0x1fff
#define IPV4_MORE           0x2000
#define IPV6_HEADER_BYTES   40
#define IPV6_OFFSET_MASK    0xfff8
#define IPV6_MORE           0x0001
#define PROTOCOL_HOP_BY_HOP 0
#define PROTOCOL_NONE       59
#define OPTION_PAD1         0x00
#define OPTION_JUMBO        0xc2

/* Begins a new innermost header of this length; ports and TCP are those of what follows it. */
static void begin_header(struct walk *walk, uint8_t version, uint64_t length)
{
    struct packet *packet = walk->packet;
    if (walk->ip_headers > 0) {
        if (packet->key.protocol == 4 || packet->key.protocol == 41)
            walk_mark(walk, ENCAPSULATION_IPIP);
        packet->key.source_port = packet->key.destination_port = 0;
        packet->control = CONTROL_NONE;
        packet->fragment = 0;
    }
    packet->ip_bytes = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
    if (walk->ip_headers++ == 0)
        packet->outer_ip_bytes = packet->ip_bytes;
    packet->key.ip_version = version;
}

enum layer layer_ipv4(struct walk *walk)
{
    uint64_t wire_left = walk_wire_left(walk);
    const uint8_t *header = cursor_take(&walk->at, IPV4_HEADER_BYTES);
    if (!header)
        return walk_cut(walk);
    uint32_t header_bytes = (header[0] & 0x0fu) * 4;
    uint64_t total = cursor_load_u16(header + 2);
    if (total == 0)
        total = wire_left;
    if (header[0] >> 4 != 4 || header_bytes < IPV4_HEADER_BYTES || total < header_bytes)
        return walk_end(walk, DECODE_MALFORMED);
    if (!walk_bound(walk, total - IPV4_HEADER_BYTES))
        return walk_end(walk, DECODE_MALFORMED);
    cursor_skip(&walk->at, header_bytes - IPV4_HEADER_BYTES);

    struct flow_key *key = &walk->packet->key;
    begin_header(walk, 4, total);
    key->protocol = header[9];
    memset(key->source_address, 0, sizeof key->source_address);
    memset(key->destination_address, 0, sizeof key->destination_address);
    memcpy(key->source_address, header + 12, 4);
    memcpy(key->destination_address, header + 16, 4);

    uint16_t fragment = cursor_load_u16(header + 6);
    walk->packet->fragment = (fragment & (IPV4_MORE | IPV4_FRAGMENT_MASK)) != 0;
    if (walk->at.failed) /* within the options */
        return walk_cut(walk);
    if (fragment & IPV4_FRAGMENT_MASK)
        return walk_end(walk, DECODE_DECODED);
    walk->fragmented |= (fragment & IPV4_MORE) != 0;
    if (key->protocol == PROTOCOL_HOP_BY_HOP) /* means something in IPv6 only */
        return LAYER_NO_PORTS;
    walk->next_protocol = key->protocol;
    return layer_of_protocol(key->protocol);
}

/* A payload length of 0 is also what offload leaves, and what a jumbogram has; but a protocol whose
 * header is not known here may really have sent nothing, and what follows is the link's padding. */
static bool may_be_empty(uint8_t protocol, uint64_t payload_left)
{
    return payload_left <= UINT16_MAX && layer_of_protocol(protocol) == LAYER_NO_PORTS;
}

enum layer layer_ipv6(struct walk *walk)
{
    uint64_t wire_left = walk_wire_left(walk);
    const uint8_t *header = cursor_take(&walk->at, IPV6_HEADER_BYTES);
    if (!header)
        return walk_cut(walk);
    if (header[0] >> 4 != 6)
        return walk_end(walk, DECODE_MALFORMED);
    uint8_t next = header[6];
    uint64_t payload = cursor_load_u16(header + 4);
    uint64_t payload_left = wire_left - IPV6_HEADER_BYTES;
    walk->length_unknown = payload == 0 && !may_be_empty(next, payload_left);
    if (walk->length_unknown)
        payload = payload_left;
    if (!walk_bound(walk, payload))
        return walk_end(walk, DECODE_MALFORMED);

    struct flow_key *key = &walk->packet->key;
    begin_header(walk, 6, IPV6_HEADER_BYTES + payload);
    key->protocol = next;
    memcpy(key->source_address, header + 8, 16);
    memcpy(key->destination_address, header + 24, 16);
    return layer_of_protocol(next);
}

/* No header of its own: the version tells which of the two it is. */
enum layer layer_raw_ip(struct walk *walk)
{
    if (cursor_left(&walk->at) == 0)
        return walk_cut(walk);
    switch (walk->at.at[0] >> 4) {
    case 4:
        return layer_ipv4(walk);
    case 6:
        return layer_ipv6(walk);
    default:
        return walk_end(walk, DECODE_MALFORMED);
    }
}

/* Steps over an extension header of `bytes` bytes that begins here with the next protocol. */
static enum layer step_over(struct walk *walk, const uint8_t *header, size_t bytes)
{
    uint8_t next = header[0];
    cursor_skip(&walk->at, bytes);
    if (walk->at.failed)
        return walk_cut(walk);
    walk->packet->key.protocol = next;
    /* Hop-by-hop stands right behind the IPv6 header or not at all (RFC 8200 section 4.1). */
    return next == PROTOCOL_HOP_BY_HOP ? walk_end(walk, DECODE_MALFORMED) : layer_of_protocol(next);
}

enum layer layer_ipv6_options(struct walk *walk)
{
    if (walk->packet->key.ip_version != 6)
        return LAYER_NO_PORTS;
    if (cursor_left(&walk->at) < 2)
        return walk_cut(walk);
    const uint8_t *header = walk->at.at;
    return step_over(walk, header, (header[1] + 1u) * 8);
}

/* The length in a jumbo payload option, or 0. */
static uint32_t jumbo_length(struct cursor options)
{
    while (cursor_left(&options) > 0) {
        uint8_t type = cursor_u8(&options);
        if (type == OPTION_PAD1)
            continue;
        uint8_t length = cursor_u8(&options);
        if (type == OPTION_JUMBO && length == 4)
            return cursor_u32(&options);
        cursor_skip(&options, length);
    }
    return 0;
}

enum layer layer_ipv6_hop_by_hop(struct walk *walk)
{
    if (walk->packet->key.ip_version != 6)
        return LAYER_NO_PORTS;
    if (cursor_left(&walk->at) < 2)
        return walk_cut(walk);
    const uint8_t *header = walk->at.at;
    size_t bytes = (header[1] + 1u) * 8;
    if (walk->length_unknown && cursor_left(&walk->at) >= bytes) {
        uint32_t jumbo = jumbo_length(cursor_of(header + 2, bytes - 2));
        if (jumbo != 0 && !walk_bound(walk, jumbo))
            return walk_end(walk, DECODE_MALFORMED);
        if (jumbo != 0) {
            struct packet *packet = walk->packet;
            packet->ip_bytes =
                jumbo > UINT32_MAX - IPV6_HEADER_BYTES ? UINT32_MAX : jumbo + IPV6_HEADER_BYTES;
            if (walk->ip_headers == 1)
                packet->outer_ip_bytes = packet->ip_bytes;
        }
    }
    return step_over(walk, header, bytes);
}

enum layer layer_ipv6_fragment(struct walk *walk)
{
    if (walk->packet->key.ip_version != 6)
        return LAYER_NO_PORTS;
    if (cursor_left(&walk->at) < 8)
        return walk_cut(walk);
    const uint8_t *header = walk->at.at;
    uint16_t fragment = cursor_load_u16(header + 2);
    if (fragment & (IPV6_OFFSET_MASK | IPV6_MORE)) /* neither: an atomic fragment (RFC 6946) */
        walk->packet->fragment = 1;
    walk->fragmented |= (fragment & IPV6_MORE) != 0;
    if (fragment & IPV6_OFFSET_MASK) {
        walk->packet->key.protocol = header[0];
        return walk_end(walk, DECODE_DECODED);
    }
    return step_over(walk, header, 8);
}

/* AH (RFC 4302): in IPv4 too; its length counts words of four bytes, less two. */
enum layer layer_authentication(struct walk *walk)
{
    if (cursor_left(&walk->at) < 2)
        return walk_cut(walk);
    const uint8_t *header = walk->at.at;
    return step_over(walk, header, (header[1] + 2u) * 4);
}
