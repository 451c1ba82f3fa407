/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The loop, and the tables that say which header follows which.
 */
#include "probe/decode/decode.h"

#include "probe/decode/common_path.h"
#include "probe/decode/layer.h"

const char *const decode_outcome_names[DECODE_OUTCOMES] = {
    "decoded", "truncated", "malformed", "unsupported", "too_deep",
};

const char *const encapsulation_names[ENCAPSULATION_COUNT] = {
    [ENCAPSULATION_DOT1Q] = "dot1q",       [ENCAPSULATION_QINQ] = "qinq",
    [ENCAPSULATION_PPPOE] = "pppoe",       [ENCAPSULATION_PPPOE_DISCOVERY] = "pppoe_discovery",
    [ENCAPSULATION_PPP] = "ppp",           [ENCAPSULATION_MPLS] = "mpls",
    [ENCAPSULATION_GRE] = "gre",           [ENCAPSULATION_IPIP] = "ipip",
    [ENCAPSULATION_VXLAN] = "vxlan",       [ENCAPSULATION_GENEVE] = "geneve",
    [ENCAPSULATION_GTPU] = "gtpu",         [ENCAPSULATION_L2TP] = "l2tp",
    [ENCAPSULATION_CAPWAP] = "capwap",     [ENCAPSULATION_IEEE802_11] = "ieee802_11",
    [ENCAPSULATION_LLC_SNAP] = "llc_snap",
};

static enum layer layer_control(struct walk *walk)
{
    return walk_end(walk, DECODE_DECODED);
}

static enum layer layer_unsupported(struct walk *walk)
{
    return walk_end(walk, DECODE_UNSUPPORTED);
}

static const layer_fn layers[LAYER_COUNT] = {
    [LAYER_ETHERNET] = layer_ethernet,
    [LAYER_VLAN] = layer_vlan,
    [LAYER_LLC] = layer_llc,
    [LAYER_SNAP] = layer_snap,
    [LAYER_PPPOE_DISCOVERY] = layer_pppoe_discovery,
    [LAYER_PPPOE_SESSION] = layer_pppoe_session,
    [LAYER_PPP] = layer_ppp,
    [LAYER_MPLS] = layer_mpls,
    [LAYER_RAW_IP] = layer_raw_ip,
    [LAYER_IPV4] = layer_ipv4,
    [LAYER_IPV6] = layer_ipv6,
    [LAYER_IPV6_HOP_BY_HOP] = layer_ipv6_hop_by_hop,
    [LAYER_IPV6_OPTIONS] = layer_ipv6_options,
    [LAYER_IPV6_FRAGMENT] = layer_ipv6_fragment,
    [LAYER_AUTHENTICATION] = layer_authentication,
    [LAYER_TCP] = layer_tcp,
    [LAYER_UDP] = layer_udp,
    [LAYER_PORTS] = layer_ports,
    [LAYER_NO_PORTS] = layer_no_ports,
    [LAYER_GRE] = layer_gre,
    [LAYER_ERSPAN] = layer_erspan,
    [LAYER_ERSPAN_III] = layer_erspan_iii,
    [LAYER_ETHERIP] = layer_etherip,
    [LAYER_PBB] = layer_pbb,
    [LAYER_VXLAN] = layer_vxlan,
    [LAYER_GENEVE] = layer_geneve,
    [LAYER_GTPU] = layer_gtpu,
    [LAYER_L2TP] = layer_l2tp,
    [LAYER_CAPWAP] = layer_capwap,
    [LAYER_IEEE802_11] = layer_ieee802_11,
    [LAYER_RADIOTAP] = layer_radiotap,
    [LAYER_PRISM] = layer_prism,
    [LAYER_AVS] = layer_avs,
    [LAYER_PPI] = layer_ppi,
    [LAYER_LINUX_COOKED] = layer_linux_cooked,
    [LAYER_LINUX_COOKED_V2] = layer_linux_cooked_v2,
    [LAYER_NULL] = layer_null,
    [LAYER_FRAME_RELAY] = layer_frame_relay,
    [LAYER_CISCO_HDLC] = layer_cisco_hdlc,
    [LAYER_CONTROL] = layer_control,
    [LAYER_UNSUPPORTED] = layer_unsupported,
};

static const enum layer link_layers[LINK_TYPES] = {
    [LINK_UNSUPPORTED] = LAYER_UNSUPPORTED,
    [LINK_ETHERNET] = LAYER_ETHERNET,
    [LINK_LINUX_COOKED] = LAYER_LINUX_COOKED,
    [LINK_LINUX_COOKED_V2] = LAYER_LINUX_COOKED_V2,
    [LINK_RAW_IP] = LAYER_RAW_IP,
    [LINK_NULL] = LAYER_NULL,
    [LINK_PPP] = LAYER_PPP,
    [LINK_PPP_ETHER] = LAYER_PPPOE_SESSION,
    [LINK_FRAME_RELAY] = LAYER_FRAME_RELAY,
    [LINK_CISCO_HDLC] = LAYER_CISCO_HDLC,
    [LINK_IEEE802_11] = LAYER_IEEE802_11,
    [LINK_IEEE802_11_RADIOTAP] = LAYER_RADIOTAP,
    [LINK_IEEE802_11_PRISM] = LAYER_PRISM,
    [LINK_IEEE802_11_AVS] = LAYER_AVS,
    [LINK_PPI] = LAYER_PPI,
};

/* Common ones first: the table is searched from the top. */
static const struct {
    uint16_t ethertype;
    uint8_t layer;
} ethertypes[] = {
    {0x0800, LAYER_IPV4},
    {0x86dd, LAYER_IPV6},
    {0x8100, LAYER_VLAN},            /* 802.1Q */
    {0x88a8, LAYER_VLAN},            /* 802.1ad */
    {0x8864, LAYER_PPPOE_SESSION},   /* RFC 2516 */
    {0x8863, LAYER_PPPOE_DISCOVERY}, /* RFC 2516 */
    {0x9100, LAYER_VLAN},            /* QinQ before 802.1ad */
    {0x9200, LAYER_VLAN},
    {0x9300, LAYER_VLAN},
    {0x8847, LAYER_MPLS},     /* RFC 5332: unicast, */
    {0x8848, LAYER_MPLS},     /* and upstream-assigned */
    {0x0806, LAYER_CONTROL},  /* ARP */
    {0x6558, LAYER_ETHERNET}, /* transparent Ethernet bridging, RFC 1701 */
    {0x880b, LAYER_PPP},      /* RFC 2637 */
    {0x88be, LAYER_ERSPAN},
    {0x22eb, LAYER_ERSPAN_III},
    {0x88e7, LAYER_PBB},     /* 802.1ah */
    {0x8870, LAYER_LLC},     /* in jumbo frames, whose length is no EtherType */
    {0x8035, LAYER_CONTROL}, /* RARP */
    {0x8808, LAYER_CONTROL}, /* MAC control: pause */
    {0x8809, LAYER_CONTROL}, /* slow protocols: LACP, OAM */
    {0x888e, LAYER_CONTROL}, /* EAPOL */
    {0x88cc, LAYER_CONTROL}, /* LLDP */
    {0x88f5, LAYER_CONTROL}, /* MVRP */
    {0x88f7, LAYER_CONTROL}, /* PTP */
    {0x8902, LAYER_CONTROL}, /* CFM */
    {0x890d, LAYER_CONTROL}, /* 802.11 over the distribution system */
    {0x9000, LAYER_CONTROL}, /* loopback test */
};

enum layer layer_of_ethertype(uint16_t ethertype)
{
    for (size_t i = 0; i < sizeof ethertypes / sizeof ethertypes[0]; i++)
        if (ethertypes[i].ethertype == ethertype)
            return (enum layer)ethertypes[i].layer;
    return LAYER_UNSUPPORTED;
}

/* IANA protocol numbers; what is not here has no ports. */
static const uint8_t protocols[256] = {
    [0] = LAYER_IPV6_HOP_BY_HOP,
    [4] = LAYER_IPV4,
    [6] = LAYER_TCP,
    [17] = LAYER_UDP,
    [33] = LAYER_PORTS, /* DCCP */
    [41] = LAYER_IPV6,
    [43] = LAYER_IPV6_OPTIONS, /* routing */
    [44] = LAYER_IPV6_FRAGMENT,
    [47] = LAYER_GRE,
    [51] = LAYER_AUTHENTICATION,
    [60] = LAYER_IPV6_OPTIONS, /* destination options */
    [97] = LAYER_ETHERIP,
    [132] = LAYER_PORTS,        /* SCTP */
    [135] = LAYER_IPV6_OPTIONS, /* mobility */
    [136] = LAYER_PORTS,        /* UDP-Lite */
    [137] = LAYER_MPLS,         /* RFC 4023 */
    [139] = LAYER_IPV6_OPTIONS, /* HIP */
    [140] = LAYER_IPV6_OPTIONS, /* shim6 */
    [143] = LAYER_ETHERNET,     /* RFC 8986: frames over segment routing */
};

enum layer layer_of_protocol(uint8_t protocol)
{
    return protocols[protocol] == LAYER_END ? LAYER_NO_PORTS : (enum layer)protocols[protocol];
}

/* A tunnel that was only guessed from a port and does not hold, or of whose first fragment there is
 * no more, is that port's own flow. Behind an IP header, what has no reader leaves that header's
 * flow, as any unknown protocol does. */
static enum decode_outcome settle(struct walk *walk)
{
    bool whole = walk->outcome == DECODE_TRUNCATED && walk->wire_end <= walk->captured;
    if (walk->guessed && (walk->outcome == DECODE_MALFORMED || whole)) {
        uint32_t seen = walk->packet->encapsulations;
        *walk->packet = walk->outer;
        walk->packet->encapsulations |= seen;
        return DECODE_DECODED;
    }
    if (walk->outcome == DECODE_UNSUPPORTED && packet_has_ip(walk->packet))
        return DECODE_DECODED;
    return walk->outcome;
}

enum decode_outcome decode_walk(enum link_type link_type, const uint8_t *bytes, uint32_t captured,
                                uint32_t wire, struct packet *out)
{
    struct walk walk;
    if (captured > wire)
        captured = wire;
    walk.at = cursor_of(bytes, captured);
    walk.frame = bytes;
    walk.captured = captured;
    walk.wire_end = wire;
    walk.packet = out;
    walk.outcome = DECODE_UNSUPPORTED;
    walk.tags = 0;
    walk.ip_headers = 0;
    walk.next_protocol = 0;
    walk.fragmented = walk.length_unknown = walk.guessed = false;
    walk.swapped_wlan = walk.padded_wlan = walk.over_ethernet = false;
    memset(out, 0, sizeof *out);

    enum layer next = (unsigned)link_type < LINK_TYPES ? link_layers[link_type] : LAYER_UNSUPPORTED;
    for (unsigned depth = 0; next != LAYER_END; depth++) {
        if (depth == DECODE_LAYERS_MAX && next != LAYER_CONTROL && next != LAYER_UNSUPPORTED)
            return DECODE_TOO_DEEP;
        next = layers[next](&walk);
    }
    return settle(&walk);
}
