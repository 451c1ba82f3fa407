/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decode/common_path.h"

#include "common/cursor.h"
#include "probe/decode/udp_port.h"

#define ETHERNET_BYTES 14
#define MACS_BYTES     (2 * MAC_BYTES)
#define TAG_BYTES      4
#define PPPOE_BYTES    8 /* with PPP's protocol */
#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define TCP_BYTES      20
#define UDP_BYTES      8

#define TYPE_IPV4       0x0800
#define TYPE_IPV6       0x86dd
#define TYPE_8021Q      0x8100
#define TYPE_8021AD     0x88a8
#define TYPE_PPPOE      0x8864
#define PPPOE_SESSION   0x1100 /* version, type, code */
#define PPP_IPV4        0x0021
#define PPP_IPV6        0x0057
#define VID_MASK        0x0fff
#define IPV4_NO_OPTIONS 0x45
#define IPV4_FRAGMENT   0x3f /* "more fragments" and the offset's upper half */
#define PROTOCOL_TCP    6
#define PROTOCOL_UDP    17

#define FRAMES_AHEAD 8 /* that are fetched while one is read */
#define CACHE_LINE   64

/* Where the way stands: offset of the next header, and what it is. */
struct position {
    uint32_t at;
    uint32_t end; /* on the wire, of the enclosing payload */
    uint16_t type;
};

static bool is_tag(uint16_t type)
{
    return type == TYPE_8021Q || type == TYPE_8021AD;
}

/* In a few wide stores. Of a plain memset the compiler makes a string instruction, which costs more
 * than all the reading below. */
typedef uint32_t wide __attribute__((vector_size(16), aligned(8), may_alias));
_Static_assert(sizeof(struct packet) == 7 * sizeof(wide), "clear knows how many");
_Static_assert(offsetof(struct packet, key.destination_address) == sizeof(wide) &&
                   offsetof(struct packet, key.source_port) == 2 * sizeof(wide) &&
                   offsetof(struct packet, time_unix_ns) == 3 * sizeof(wide) &&
                   offsetof(struct packet, encapsulations) == 4 * sizeof(wide),
               "and what is written anyway: addresses, the time, lengths");

static inline void clear(struct packet *out)
{
    wide *at = (wide *)out;
    at[2] = at[4] = at[5] = at[6] = (wide){0};
}

/* And zeros behind it. */
static inline void copy_ipv4_address(uint8_t out[static sizeof(wide)], const uint8_t *from)
{
    uint32_t address;
    memcpy(&address, from, sizeof address);
    *(wide *)out = (wide){address};
}

static inline void read_tags(const uint8_t *bytes, struct position *here, struct packet *out)
{
    if (!is_tag(here->type))
        return;
    out->key.svlan = cursor_load_u16(bytes + here->at) & VID_MASK;
    out->encapsulations = 1u << ENCAPSULATION_DOT1Q;
    here->type = cursor_load_u16(bytes + here->at + 2);
    here->at += TAG_BYTES;
    if (!is_tag(here->type))
        return;
    out->key.cvlan = cursor_load_u16(bytes + here->at) & VID_MASK;
    out->encapsulations |= 1u << ENCAPSULATION_QINQ;
    here->type = cursor_load_u16(bytes + here->at + 2);
    here->at += TAG_BYTES;
}

static inline bool read_pppoe(const uint8_t *bytes, struct position *here, struct packet *out)
{
    const uint8_t *header = bytes + here->at;
    uint32_t length = cursor_load_u16(header + 4);
    uint16_t protocol = cursor_load_u16(header + 6);
    if (cursor_load_u16(header) != PPPOE_SESSION || length < 2 + IPV4_BYTES ||
        length > here->end - here->at - (PPPOE_BYTES - 2) ||
        (protocol != PPP_IPV4 && protocol != PPP_IPV6))
        return false;
    out->key.pppoe_session = cursor_load_u16(header + 2);
    out->encapsulations |= 1u << ENCAPSULATION_PPPOE;
    here->end = here->at + PPPOE_BYTES - 2 + length;
    here->type = protocol == PPP_IPV4 ? TYPE_IPV4 : TYPE_IPV6;
    here->at += PPPOE_BYTES;
    return true;
}

static inline bool read_ipv4(const uint8_t *header, struct position *here, struct packet *out)
{
    uint32_t total = cursor_load_u16(header + 2);
    uint32_t most = here->end - here->at - IPV4_BYTES; /* behind the header, which is there */
    if (header[0] != IPV4_NO_OPTIONS || total - IPV4_BYTES > most ||
        ((header[6] & IPV4_FRAGMENT) | header[7]) != 0)
        return false;
    out->key.ip_version = 4;
    out->key.protocol = header[9];
    copy_ipv4_address(out->key.source_address, header + 12);
    copy_ipv4_address(out->key.destination_address, header + 16);
    out->ip_bytes = out->outer_ip_bytes = total;
    here->end = here->at + total;
    here->at += IPV4_BYTES;
    return true;
}

static inline bool read_ipv6(const uint8_t *header, struct position *here, struct packet *out)
{
    uint32_t payload = cursor_load_u16(header + 4);
    if (header[0] >> 4 != 6 || payload == 0 || payload + IPV6_BYTES > here->end - here->at)
        return false;
    out->key.ip_version = 6;
    out->key.protocol = header[6];
    memcpy(out->key.source_address, header + 8, 16);
    memcpy(out->key.destination_address, header + 24, 16);
    out->ip_bytes = out->outer_ip_bytes = IPV6_BYTES + payload;
    here->end = here->at + IPV6_BYTES + payload;
    here->at += IPV6_BYTES;
    return true;
}

static inline bool read_tcp(const uint8_t *header, const struct position *here, struct packet *out)
{
    uint32_t bytes = (header[12] & 0xf0u) >> 2; /* so many words of four */
    if (bytes < TCP_BYTES ||
        __builtin_sub_overflow(here->end - here->at, bytes, &out->transport_payload_bytes))
        return false;
    out->tcp_sequence = cursor_load_u32(header + 4);
    out->tcp_acknowledgement = cursor_load_u32(header + 8);
    out->tcp_flags = header[13];
    return true;
}

static inline bool read_udp(const struct position *here, struct packet *out)
{
    uint32_t left = here->end - here->at;
    if (left < UDP_BYTES || decode_is_udp_port(out->key.source_port) ||
        decode_is_udp_port(out->key.destination_port))
        return false;
    out->transport_payload_bytes = left - UDP_BYTES;
    return true;
}

/* Both at once: the fields lie one behind the other, too. */
static inline void read_ports(const uint8_t *header, struct flow_key *key)
{
    uint32_t ports = cursor_load_u32(header);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    ports = ports << 16 | ports >> 16;
#endif
    memcpy((uint8_t *)key + offsetof(struct flow_key, source_port), &ports, sizeof ports);
}
_Static_assert(offsetof(struct flow_key, destination_port) ==
                   offsetof(struct flow_key, source_port) + sizeof(uint16_t),
               "both at once");

static inline bool read_transport(const uint8_t *bytes, uint32_t captured,
                                  const struct position *here, struct packet *out)
{
    const uint8_t *header = bytes + here->at;
    if (here->at + UDP_BYTES > captured)
        return false;
    read_ports(header, &out->key);
    if (out->key.protocol == PROTOCOL_TCP)
        return here->at + TCP_BYTES <= captured && read_tcp(header, here, out);
    return out->key.protocol == PROTOCOL_UDP && read_udp(here, out);
}

static inline bool read_network(const uint8_t *bytes, uint32_t captured, struct position *here,
                                struct packet *out)
{
    if (here->type == TYPE_IPV4)
        return here->at + IPV4_BYTES <= captured && read_ipv4(bytes + here->at, here, out) &&
               read_transport(bytes, captured, here, out);
    return here->type == TYPE_IPV6 && here->at + IPV6_BYTES <= captured &&
           read_ipv6(bytes + here->at, here, out) && read_transport(bytes, captured, here, out);
}

static inline void read_ethernet(const uint8_t *bytes, struct packet *out)
{
    clear(out);
    memcpy((uint8_t *)out + offsetof(struct packet, destination_mac), bytes, MACS_BYTES);
}
_Static_assert(offsetof(struct packet, source_mac) ==
                   offsetof(struct packet, destination_mac) + MAC_BYTES,
               "both at once");

/* Ethernet without a tag before it: by itself, so that nothing but offsets that are known now
 * remains of the way. */
static inline bool read_plain(const uint8_t *bytes, uint32_t captured, uint32_t wire,
                              struct packet *out)
{
    struct position here = {ETHERNET_BYTES, wire, TYPE_IPV4};
    read_ethernet(bytes, out);
    return read_network(bytes, captured, &here, out);
}

/* Two tags end before the 42 bytes that are there. */
static inline bool read_access(const uint8_t *bytes, uint32_t captured, uint32_t wire,
                               struct packet *out)
{
    struct position here = {ETHERNET_BYTES, wire, cursor_load_u16(bytes + 12)};
    read_ethernet(bytes, out);
    read_tags(bytes, &here, out);
    if (here.type == TYPE_PPPOE && !read_pppoe(bytes, &here, out))
        return false;
    return read_network(bytes, captured, &here, out);
}

static inline bool read_common(const uint8_t *bytes, uint32_t captured, uint32_t wire,
                               struct packet *out)
{
    if (captured > wire || captured < ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES)
        return false;
    if (cursor_load_u16(bytes + 12) == TYPE_IPV4)
        return read_plain(bytes, captured, wire, out);
    return read_access(bytes, captured, wire, out);
}

/* The headers lie in two cache lines, mostly, and are read once: they need no room beside flows. */
static inline void fetch_frame(const struct frame *frame)
{
    __builtin_prefetch(frame->bytes, 0, 0);
    __builtin_prefetch(frame->bytes + CACHE_LINE, 0, 0);
}

size_t decode_common(const struct frame *frames, size_t count, struct packet *out, size_t room)
{
    size_t i = 0;
    for (; i < room && i < count; i++) {
        const struct frame *frame = &frames[i];
        if (i + FRAMES_AHEAD < count)
            fetch_frame(frame + FRAMES_AHEAD);
        if (frame->link_type != LINK_ETHERNET ||
            !read_common(frame->bytes, frame->captured_bytes, frame->wire_bytes, &out[i]))
            break;
        out[i].time_unix_ns = frame->time_unix_ns;
    }
    return i;
}

enum decode_outcome decode_frame(enum link_type link_type, const uint8_t *bytes, uint32_t captured,
                                 uint32_t wire, struct packet *out)
{
    const struct frame frame = {0, bytes, captured, wire, link_type, 0};
    if (decode_common(&frame, 1, out, 1) == 1)
        return DECODE_DECODED;
    return decode_walk(link_type, bytes, captured, wire, out);
}
