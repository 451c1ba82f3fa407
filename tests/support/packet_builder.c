/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/packet_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *why)
{
    (void)fprintf(stderr, "packet_builder: %s\n", why);
    abort();
}

void packet_begin(struct packet_builder *packet)
{
    packet->length = packet->length_count = 0;
    packet->next = FIELD_NONE;
}

static uint8_t *extend(struct packet_builder *packet, size_t length)
{
    if (length > PACKET_BYTES_MAX - packet->length)
        fail("the frame is too long");
    uint8_t *at = packet->bytes + packet->length;
    memset(at, 0, length);
    packet->length += length;
    return at;
}

void packet_bytes(struct packet_builder *packet, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(extend(packet, length), bytes, length);
}

void packet_zeros(struct packet_builder *packet, size_t length)
{
    (void)extend(packet, length);
}

static void store_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void packet_u8(struct packet_builder *packet, unsigned value)
{
    *extend(packet, 1) = (uint8_t)value;
}

void packet_u16(struct packet_builder *packet, unsigned value)
{
    store_u16(extend(packet, 2), value);
}

void packet_u32(struct packet_builder *packet, uint32_t value)
{
    packet_u16(packet, value >> 16);
    packet_u16(packet, value & 0xffff);
}

static void mac(struct packet_builder *packet, uint64_t value)
{
    for (int shift = 40; shift >= 0; shift -= 8)
        packet_u8(packet, (unsigned)(value >> shift) & 0xff);
}

/* What a layer is called by each kind of header before it; -1: cannot follow. */
struct names {
    int ethertype, protocol, ppp;
};

static void announce(struct packet_builder *packet, struct names names)
{
    int name = packet->next == FIELD_ETHERTYPE  ? names.ethertype
               : packet->next == FIELD_PROTOCOL ? names.protocol
               : packet->next == FIELD_PPP      ? names.ppp
                                                : 0;
    if (name < 0)
        fail("this layer cannot follow the one before");
    if (packet->next == FIELD_PROTOCOL)
        packet->bytes[packet->next_at] = (uint8_t)name;
    else if (packet->next != FIELD_NONE)
        store_u16(packet->bytes + packet->next_at, (unsigned)name);
    packet->next = FIELD_NONE;
}

/* The field that will name the next layer stands at this offset. */
static void expect(struct packet_builder *packet, enum packet_field field, size_t at)
{
    packet->next = field;
    packet->next_at = at;
}

static void note_length(struct packet_builder *packet, enum packet_length kind, size_t at)
{
    if (packet->length_count == PACKET_LAYERS_MAX)
        fail("too many layers");
    packet->lengths[packet->length_count].kind = kind;
    packet->lengths[packet->length_count++].at = at;
}

/* Where the length field stands in its header, and how many bytes of the header it leaves out. */
static const struct {
    size_t field, excluded;
} length_rules[] = {
    [LENGTH_IPV4] = {2, 0},  [LENGTH_IPV6] = {4, 40}, [LENGTH_UDP] = {4, 0},
    [LENGTH_PPPOE] = {4, 6}, [LENGTH_GTPU] = {2, 8},  [LENGTH_802_3] = {0, 2},
};

void packet_finish(struct packet_builder *packet)
{
    for (size_t i = 0; i < packet->length_count; i++) {
        size_t at = packet->lengths[i].at;
        size_t excluded = length_rules[packet->lengths[i].kind].excluded;
        store_u16(packet->bytes + at + length_rules[packet->lengths[i].kind].field,
                  (unsigned)(packet->length - at - excluded));
    }
    packet->length_count = 0;
}

void packet_ethernet(struct packet_builder *packet, uint64_t source, uint64_t destination)
{
    announce(packet, (struct names){0x6558, -1, -1});
    mac(packet, destination);
    mac(packet, source);
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_u16(packet, 0);
}

void packet_ethertype(struct packet_builder *packet, unsigned ethertype)
{
    announce(packet, (struct names){(int)ethertype, -1, -1});
}

void packet_vlan(struct packet_builder *packet, unsigned tpid, unsigned vid)
{
    announce(packet, (struct names){(int)tpid, -1, -1});
    packet_u16(packet, vid);
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_u16(packet, 0);
}

void packet_pppoe(struct packet_builder *packet, unsigned session)
{
    announce(packet, (struct names){0x8864, -1, -1});
    note_length(packet, LENGTH_PPPOE, packet->length);
    packet_u16(packet, 0x1100);
    packet_u16(packet, session);
    packet_u16(packet, 0);
    expect(packet, FIELD_PPP, packet->length);
    packet_u16(packet, 0);
}

void packet_pppoe_discovery(struct packet_builder *packet, unsigned code, unsigned session)
{
    announce(packet, (struct names){0x8863, -1, -1});
    note_length(packet, LENGTH_PPPOE, packet->length);
    packet_u16(packet, 0x1100 | code);
    packet_u16(packet, session);
    packet_u16(packet, 0);
}

void packet_tag(struct packet_builder *packet, unsigned type, const void *bytes, size_t length)
{
    packet_u16(packet, type);
    packet_u16(packet, (unsigned)length);
    packet_bytes(packet, bytes, length);
}

static size_t put_sub_option(uint8_t *at, unsigned type, const char *text)
{
    if (!text)
        return 0;
    at[0] = (uint8_t)type;
    at[1] = (uint8_t)strlen(text);
    memcpy(at + 2, text, strlen(text));
    return 2 + strlen(text);
}

void packet_tag_tr101(struct packet_builder *packet, const char *circuit, const char *remote)
{
    uint8_t value[4 + 2 * 257] = {0, 0, 0x0d, 0xe9};
    size_t length = 4;
    length += put_sub_option(value + length, 1, circuit);
    length += put_sub_option(value + length, 2, remote);
    packet_tag(packet, 0x0105, value, length);
}

void packet_mpls(struct packet_builder *packet, unsigned label, int bottom)
{
    if (packet->next != FIELD_NONE)
        announce(packet, (struct names){0x8847, 137, 0x0281});
    packet_u32(packet, label << 12 | (bottom ? 0x100u : 0) | 64);
}

void packet_llc_snap(struct packet_builder *packet)
{
    if (packet->next != FIELD_ETHERTYPE)
        fail("LLC follows an EtherType field");
    note_length(packet, LENGTH_802_3, packet->next_at);
    packet_bytes(packet, "\xaa\xaa\x03\0\0\0", 6);
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_u16(packet, 0);
}

void packet_ipv4_fragment(struct packet_builder *packet, uint32_t source, uint32_t destination,
                          unsigned offset, int more)
{
    announce(packet, (struct names){0x0800, 4, 0x0021});
    note_length(packet, LENGTH_IPV4, packet->length);
    packet_u32(packet, 0x45000000);
    packet_u16(packet, 0);
    packet_u16(packet, offset | (more ? 0x2000u : 0));
    packet_u8(packet, 64);
    expect(packet, FIELD_PROTOCOL, packet->length);
    packet_u8(packet, 0);
    packet_u16(packet, 0);
    packet_u32(packet, source);
    packet_u32(packet, destination);
}

void packet_ipv4(struct packet_builder *packet, uint32_t source, uint32_t destination)
{
    packet_ipv4_fragment(packet, source, destination, 0, 0);
}

static void ipv6_address(struct packet_builder *packet, uint64_t tail)
{
    packet_u32(packet, 0x20010db8);
    packet_u32(packet, 0);
    packet_u32(packet, (uint32_t)(tail >> 32));
    packet_u32(packet, (uint32_t)tail);
}

void packet_ipv6(struct packet_builder *packet, uint64_t source_tail, uint64_t destination_tail)
{
    announce(packet, (struct names){0x86dd, 41, 0x0057});
    note_length(packet, LENGTH_IPV6, packet->length);
    packet_u32(packet, 0x60000000);
    packet_u16(packet, 0);
    size_t protocol = packet->length;
    packet_u16(packet, 0x3b40); /* no next header, until one is announced */
    ipv6_address(packet, source_tail);
    ipv6_address(packet, destination_tail);
    expect(packet, FIELD_PROTOCOL, protocol);
}

void packet_protocol(struct packet_builder *packet, unsigned protocol)
{
    announce(packet, (struct names){-1, (int)protocol, -1});
}

void packet_extension(struct packet_builder *packet, unsigned protocol, unsigned words)
{
    packet_protocol(packet, protocol);
    size_t at = packet->length;
    packet_u8(packet, 59);
    packet_u8(packet, words - 1);
    packet_zeros(packet, words * 8 - 2);
    expect(packet, FIELD_PROTOCOL, at);
}

void packet_ipv6_fragment(struct packet_builder *packet, unsigned offset, int more)
{
    packet_protocol(packet, 44);
    size_t at = packet->length;
    packet_u16(packet, 59 << 8);
    packet_u16(packet, offset << 3 | (more ? 1u : 0));
    packet_u32(packet, 1);
    expect(packet, FIELD_PROTOCOL, at);
}

void packet_udp(struct packet_builder *packet, unsigned source, unsigned destination)
{
    packet_protocol(packet, 17);
    note_length(packet, LENGTH_UDP, packet->length);
    packet_u16(packet, source);
    packet_u16(packet, destination);
    packet_u32(packet, 0);
}

void packet_tcp(struct packet_builder *packet, const struct packet_tcp *tcp)
{
    packet_protocol(packet, 6);
    packet_u16(packet, tcp->source);
    packet_u16(packet, tcp->destination);
    packet_u32(packet, tcp->sequence);
    packet_u32(packet, tcp->acknowledgement);
    packet_u16(packet, 0x5000 | tcp->flags);
    packet_u16(packet, 0xffff);
    packet_u32(packet, 0);
}

void packet_icmp(struct packet_builder *packet, unsigned type)
{
    packet_protocol(packet, 1);
    packet_u32(packet, (uint32_t)type << 24);
    packet_u32(packet, 0);
}

void packet_sctp(struct packet_builder *packet, unsigned source, unsigned destination)
{
    packet_protocol(packet, 132);
    packet_u16(packet, source);
    packet_u16(packet, destination);
    packet_u32(packet, 0);
    packet_u32(packet, 0);
}

void packet_gre(struct packet_builder *packet, unsigned flags)
{
    packet_protocol(packet, 47);
    packet_u16(packet, flags);
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_u16(packet, 0);
    for (unsigned bit = 0x8000; bit >= 0x1000; bit >>= 1)
        if (flags & bit & 0xb000)
            packet_u32(packet, 0);
}

void packet_vxlan(struct packet_builder *packet, unsigned vni)
{
    packet_udp(packet, 49152, 4789);
    packet_u32(packet, 0x08000000);
    packet_u32(packet, vni << 8);
}

void packet_geneve(struct packet_builder *packet, unsigned vni)
{
    packet_udp(packet, 49152, 6081);
    packet_u16(packet, 0);
    size_t at = packet->length;
    packet_u16(packet, 0);
    packet_u32(packet, vni << 8);
    expect(packet, FIELD_ETHERTYPE, at);
}

void packet_gtpu(struct packet_builder *packet, uint32_t teid)
{
    packet_udp(packet, 2152, 2152);
    note_length(packet, LENGTH_GTPU, packet->length);
    packet_u32(packet, 0x30ff0000);
    packet_u32(packet, teid);
}

void packet_ppp(struct packet_builder *packet)
{
    packet_u16(packet, 0xff03);
    expect(packet, FIELD_PPP, packet->length);
    packet_u16(packet, 0);
}

void packet_l2tp(struct packet_builder *packet)
{
    packet_udp(packet, 1701, 1701);
    packet_u16(packet, 0x0002);
    packet_u32(packet, 0x00010001);
    packet_ppp(packet);
}

void packet_capwap(struct packet_builder *packet, int native, int upstream)
{
    packet_udp(packet, upstream ? 49152 : 5247, upstream ? 5247 : 49152);
    packet_u32(packet, native ? 0x00100300 : 0x00100200); /* HLEN 2, binding 1, T */
    packet_u32(packet, 0);
    packet->next = FIELD_NONE;
}

void packet_ieee802_11(struct packet_builder *packet, uint64_t station, uint64_t peer, int upstream)
{
    const uint64_t bssid = 0x02000000bb01;
    packet_u32(packet, upstream ? 0x08010000 : 0x08020000);
    mac(packet, upstream ? bssid : station);
    mac(packet, upstream ? station : bssid);
    mac(packet, peer);
    packet_u16(packet, 0);
    packet_bytes(packet, "\xaa\xaa\x03\0\0\0", 6);
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_u16(packet, 0);
}

void packet_radiotap(struct packet_builder *packet)
{
    packet_bytes(packet, "\0\0\x08\0\0\0\0\0", 8);
}

void packet_linux_cooked(struct packet_builder *packet)
{
    packet_bytes(packet, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0", 14);
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_u16(packet, 0);
}

void packet_linux_cooked_v2(struct packet_builder *packet)
{
    expect(packet, FIELD_ETHERTYPE, packet->length);
    packet_bytes(packet, "\0\0\0\0\0\0\0\x02\0\x01\0\x06\x02\0\0\0\0\x01\0\0", 20);
}

void packet_dhcp(struct packet_builder *packet, const struct packet_dhcp *dhcp)
{
    uint8_t relay[2 * 257];
    size_t length = put_sub_option(relay, 1, dhcp->circuit);
    length += put_sub_option(relay + length, 2, dhcp->remote);
    packet_u8(packet, dhcp->operation);
    packet_bytes(packet, "\x01\x06\0", 3);
    packet_zeros(packet, 8);
    packet_u32(packet, dhcp->client_address);
    packet_u32(packet, dhcp->your_address);
    packet_u32(packet, 0);
    packet_u32(packet, dhcp->relay);
    mac(packet, dhcp->client_mac);
    packet_zeros(packet, 10 + 192);
    packet_u32(packet, 0x63825363);
    packet_bytes(packet, "\x35\x01", 2);
    packet_u8(packet, dhcp->message);
    if (dhcp->lease_s > 0) {
        packet_bytes(packet, "\x33\x04", 2);
        packet_u32(packet, dhcp->lease_s);
    }
    if (length > 0) {
        packet_u8(packet, 82);
        packet_u8(packet, (unsigned)length);
        packet_bytes(packet, relay, length);
    }
    packet_u8(packet, 255);
}
