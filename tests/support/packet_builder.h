/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames built in code, a line a layer, from the outside in: a test shows what it sends. Each layer
 * announces itself in the one before; packet_finish writes the lengths. A fault of the caller (too
 * long, a layer that cannot follow) ends the program. Checksums are left 0: no reader of ours asks.
 */
#ifndef LASTMILE_TESTS_SUPPORT_PACKET_BUILDER_H
#define LASTMILE_TESTS_SUPPORT_PACKET_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_BYTES_MAX  16384
#define PACKET_LAYERS_MAX 256

/* How the layer before says what follows it. */
enum packet_field { FIELD_NONE, FIELD_ETHERTYPE, FIELD_PROTOCOL, FIELD_PPP };
/* How a layer says how long it is. */
enum packet_length {
    LENGTH_NONE,
    LENGTH_IPV4,
    LENGTH_IPV6,
    LENGTH_UDP,
    LENGTH_PPPOE,
    LENGTH_GTPU,
    LENGTH_802_3,
};

struct packet_builder {
    uint8_t bytes[PACKET_BYTES_MAX];
    size_t length;
    enum packet_field next;
    size_t next_at;
    struct {
        enum packet_length kind;
        size_t at;
    } lengths[PACKET_LAYERS_MAX];
    size_t length_count;
};

void packet_begin(struct packet_builder *packet);
/* Writes all lengths; the frame is then bytes[0..length). */
void packet_finish(struct packet_builder *packet);

void packet_bytes(struct packet_builder *packet, const void *bytes, size_t length);
void packet_zeros(struct packet_builder *packet, size_t length);
void packet_u8(struct packet_builder *packet, unsigned value);
void packet_u16(struct packet_builder *packet, unsigned value);
void packet_u32(struct packet_builder *packet, uint32_t value);

/* MACs as numbers: 0x020000000001. */
void packet_ethernet(struct packet_builder *packet, uint64_t source, uint64_t destination);
void packet_ethertype(struct packet_builder *packet, unsigned ethertype); /* and then raw bytes */
void packet_vlan(struct packet_builder *packet, unsigned tpid, unsigned vid);
void packet_pppoe(struct packet_builder *packet, unsigned session);
/* PPPoE discovery; tags follow by packet_tag. */
void packet_pppoe_discovery(struct packet_builder *packet, unsigned code, unsigned session);
void packet_tag(struct packet_builder *packet, unsigned type, const void *bytes, size_t length);
/* TR-101's tag with circuit and remote id; NULL leaves one out. */
void packet_tag_tr101(struct packet_builder *packet, const char *circuit, const char *remote);
void packet_mpls(struct packet_builder *packet, unsigned label, int bottom);
/* IEEE 802.3 with LLC and SNAP in place of an EtherType. */
void packet_llc_snap(struct packet_builder *packet);

/* Addresses as numbers: 0x0a000001. */
void packet_ipv4(struct packet_builder *packet, uint32_t source, uint32_t destination);
/* Offset in units of 8 bytes. */
void packet_ipv4_fragment(struct packet_builder *packet, uint32_t source, uint32_t destination,
                          unsigned offset, int more);
/* 2001:db8::source_tail and ::destination_tail. */
void packet_ipv6(struct packet_builder *packet, uint64_t source_tail, uint64_t destination_tail);
/* An extension header of `words` times 8 bytes: 0, 43, 60, 135. */
void packet_extension(struct packet_builder *packet, unsigned protocol, unsigned words);
void packet_ipv6_fragment(struct packet_builder *packet, unsigned offset, int more);
/* A protocol number for bytes that follow. */
void packet_protocol(struct packet_builder *packet, unsigned protocol);

void packet_udp(struct packet_builder *packet, unsigned source, unsigned destination);
struct packet_tcp {
    unsigned source, destination;
    uint32_t sequence, acknowledgement;
    unsigned flags;
};
void packet_tcp(struct packet_builder *packet, const struct packet_tcp *tcp);
void packet_icmp(struct packet_builder *packet, unsigned type);
void packet_sctp(struct packet_builder *packet, unsigned source, unsigned destination);

/* Tunnels; those over UDP add their UDP header themselves. */
void packet_gre(struct packet_builder *packet, unsigned flags);
void packet_vxlan(struct packet_builder *packet, unsigned vni);
void packet_geneve(struct packet_builder *packet, unsigned vni);
void packet_gtpu(struct packet_builder *packet, uint32_t teid);
void packet_l2tp(struct packet_builder *packet);
void packet_ppp(struct packet_builder *packet);
/* CAPWAP data; native: an 802.11 frame follows, else Ethernet. */
void packet_capwap(struct packet_builder *packet, int native, int upstream);
/* A data frame with LLC and SNAP; to the distribution system or from it. */
void packet_ieee802_11(struct packet_builder *packet, uint64_t station, uint64_t peer,
                       int upstream);
void packet_radiotap(struct packet_builder *packet);
void packet_linux_cooked(struct packet_builder *packet);
void packet_linux_cooked_v2(struct packet_builder *packet);

/* DHCPv4 behind UDP: message type, client, the address given (0: none), option 82 (NULL: none). */
struct packet_dhcp {
    unsigned operation, message;
    uint64_t client_mac;
    uint32_t client_address, your_address;
    const char *circuit, *remote;
    uint32_t relay, lease_s; /* 0: none */
};
void packet_dhcp(struct packet_builder *packet, const struct packet_dhcp *dhcp);

#endif
