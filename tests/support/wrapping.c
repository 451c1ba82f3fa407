/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/wrapping.h"

#include <string.h>

#define CLIENT   UINT64_C(0x020000000001)
#define GATEWAY  UINT64_C(0x02000000feed)
#define TUNNEL_A 0x0a000001u
#define TUNNEL_B 0x0a000002u

static void begin_ethernet(struct packet_builder *packet)
{
    packet_begin(packet);
    packet_ethernet(packet, CLIENT, GATEWAY);
}

static void begin_tunnel(struct packet_builder *packet)
{
    begin_ethernet(packet);
    packet_ipv4(packet, TUNNEL_A, TUNNEL_B);
}

static void begin_dot1q(struct packet_builder *packet)
{
    begin_ethernet(packet);
    packet_vlan(packet, 0x8100, 100);
}

static void begin_two_tags(struct packet_builder *packet, unsigned outer, unsigned inner)
{
    begin_ethernet(packet);
    packet_vlan(packet, outer, 100);
    packet_vlan(packet, inner, 200);
}

static void begin_qinq(struct packet_builder *packet)
{
    begin_two_tags(packet, 0x8100, 0x8100);
}

static void begin_dot1ad(struct packet_builder *packet)
{
    begin_two_tags(packet, 0x88a8, 0x8100);
}

static void begin_9100(struct packet_builder *packet)
{
    begin_two_tags(packet, 0x9100, 0x8100);
}

static void begin_pppoe(struct packet_builder *packet)
{
    begin_ethernet(packet);
    packet_pppoe(packet, 777);
}

static void begin_pppoe_qinq(struct packet_builder *packet)
{
    begin_dot1ad(packet);
    packet_pppoe(packet, 777);
}

static void begin_mpls(struct packet_builder *packet)
{
    begin_ethernet(packet);
    packet_mpls(packet, 16, 0);
    packet_mpls(packet, 17, 1);
}

static void begin_pseudowire(struct packet_builder *packet)
{
    begin_mpls(packet);
    packet_u32(packet, 0);
    packet_ethernet(packet, CLIENT, GATEWAY);
}

static void begin_llc_snap(struct packet_builder *packet)
{
    begin_ethernet(packet);
    packet_llc_snap(packet);
}

static void begin_gre(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_gre(packet, 0xb000);
}

static void begin_nvgre(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_gre(packet, 0x2000);
    packet_ethernet(packet, GATEWAY, CLIENT);
}

static void begin_in_ipv6(struct packet_builder *packet)
{
    begin_ethernet(packet);
    packet_ipv6(packet, 1, 2);
}

static void begin_vxlan(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_vxlan(packet, 5000);
    packet_ethernet(packet, GATEWAY, CLIENT);
}

static void begin_geneve(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_geneve(packet, 5000);
    packet_ethernet(packet, GATEWAY, CLIENT);
}

static void begin_gtpu(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_gtpu(packet, 1);
}

static void begin_l2tp(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_l2tp(packet);
}

static void begin_capwap_802_3(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_capwap(packet, 0, 1);
    packet_ethernet(packet, CLIENT, GATEWAY);
}

static void begin_capwap_802_11(struct packet_builder *packet)
{
    begin_tunnel(packet);
    packet_capwap(packet, 1, 1);
    packet_ieee802_11(packet, CLIENT, GATEWAY, 1);
}

static void begin_ieee802_11(struct packet_builder *packet)
{
    packet_begin(packet);
    packet_ieee802_11(packet, CLIENT, GATEWAY, 1);
}

static void begin_radiotap(struct packet_builder *packet)
{
    packet_begin(packet);
    packet_radiotap(packet);
    packet_ieee802_11(packet, CLIENT, GATEWAY, 1);
}

static void begin_cooked(struct packet_builder *packet)
{
    packet_begin(packet);
    packet_linux_cooked(packet);
}

static void begin_cooked_v2(struct packet_builder *packet)
{
    packet_begin(packet);
    packet_linux_cooked_v2(packet);
}

static void begin_ppp(struct packet_builder *packet)
{
    packet_begin(packet);
    packet_ppp(packet);
}

/* Sixteen headers with the innermost IP and its ports: as deep as the decoder goes. */
static void begin_everything(struct packet_builder *packet)
{
    begin_dot1ad(packet);
    packet_mpls(packet, 16, 1);
    packet_ipv4(packet, TUNNEL_A, TUNNEL_B);
    packet_vxlan(packet, 1);
    packet_ethernet(packet, GATEWAY, CLIENT);
    packet_pppoe(packet, 9);
    packet_ipv6(packet, 3, 4);
    packet_gtpu(packet, 7);
}
#define EVERYTHING_BYTES (20 + 16 + 14 + 8 + 40 + 8 + 8)

#define WIFI     "ieee802_11 llc_snap"
#define ETHERNET LINK_ETHERNET, 1

const struct wrapping wrappings[] = {
    {"ethernet", "", ETHERNET, 0, begin_ethernet},
    {"dot1q", "dot1q", ETHERNET, 0, begin_dot1q},
    {"qinq", "dot1q qinq", ETHERNET, 0, begin_qinq},
    {"dot1ad", "dot1q qinq", ETHERNET, 0, begin_dot1ad},
    {"qinq-9100", "dot1q qinq", ETHERNET, 0, begin_9100},
    {"pppoe", "pppoe", ETHERNET, 0, begin_pppoe},
    {"pppoe-qinq", "dot1q qinq pppoe", ETHERNET, 0, begin_pppoe_qinq},
    {"mpls", "mpls", ETHERNET, 0, begin_mpls},
    {"pseudowire", "mpls", ETHERNET, 0, begin_pseudowire},
    {"llc-snap", "llc_snap", ETHERNET, 0, begin_llc_snap},
    {"gre", "gre", ETHERNET, 20 + 16, begin_gre},
    {"nvgre", "gre", ETHERNET, 20 + 8 + 14, begin_nvgre},
    {"in-ipv4", "ipip", ETHERNET, 20, begin_tunnel},
    {"in-ipv6", "ipip", ETHERNET, 40, begin_in_ipv6},
    {"vxlan", "vxlan", ETHERNET, 20 + 16 + 14, begin_vxlan},
    {"geneve", "geneve", ETHERNET, 20 + 16 + 14, begin_geneve},
    {"gtpu", "gtpu", ETHERNET, 20 + 16, begin_gtpu},
    {"l2tp", "l2tp ppp", ETHERNET, 20 + 8 + 6 + 4, begin_l2tp},
    {"capwap-802.3", "capwap", ETHERNET, 20 + 16 + 14, begin_capwap_802_3},
    {"capwap-802.11", "capwap " WIFI, ETHERNET, 20 + 16 + 32, begin_capwap_802_11},
    {"802.11", WIFI, LINK_IEEE802_11, 105, 0, begin_ieee802_11},
    {"radiotap", WIFI, LINK_IEEE802_11_RADIOTAP, 127, 0, begin_radiotap},
    {"sll", "", LINK_LINUX_COOKED, 113, 0, begin_cooked},
    {"sll2", "", LINK_LINUX_COOKED_V2, 276, 0, begin_cooked_v2},
    {"raw", "", LINK_RAW_IP, 12, 0, packet_begin},
    {"ppp", "ppp", LINK_PPP, 9, 0, begin_ppp},
    {"everything", "dot1q qinq mpls vxlan pppoe gtpu", ETHERNET, EVERYTHING_BYTES,
     begin_everything},
};
const size_t wrapping_count = sizeof wrappings / sizeof wrappings[0];

const struct wrapping *wrapping_find(const char *name)
{
    for (size_t i = 0; i < wrapping_count; i++)
        if (strcmp(wrappings[i].name, name) == 0)
            return &wrappings[i];
    return NULL;
}
