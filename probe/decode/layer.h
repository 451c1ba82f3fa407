/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the layers of this room share: the walk through one frame, and the table by which a header
 * announces the next. Inside probe/decode only. A layer reads its header from walk->at, writes what
 * it learned into walk->packet, and names the next layer, or ends the walk with an outcome.
 */
#ifndef LASTMILE_PROBE_DECODE_LAYER_H
#define LASTMILE_PROBE_DECODE_LAYER_H

#include "common/cursor.h"
#include "probe/decode/decode.h"

enum layer {
    LAYER_END, /* walk->outcome is set */
    LAYER_ETHERNET,
    LAYER_VLAN,
    LAYER_LLC,
    LAYER_SNAP,
    LAYER_PPPOE_DISCOVERY,
    LAYER_PPPOE_SESSION,
    LAYER_PPP,
    LAYER_MPLS,
    LAYER_RAW_IP,
    LAYER_IPV4,
    LAYER_IPV6,
    LAYER_IPV6_HOP_BY_HOP,
    LAYER_IPV6_OPTIONS,
    LAYER_IPV6_FRAGMENT,
    LAYER_AUTHENTICATION,
    LAYER_TCP,
    LAYER_UDP,
    LAYER_PORTS, /* SCTP, DCCP, UDP-Lite: two ports come first */
    LAYER_NO_PORTS,
    LAYER_GRE,
    LAYER_ERSPAN,
    LAYER_ERSPAN_III,
    LAYER_ETHERIP,
    LAYER_PBB,
    LAYER_VXLAN,
    LAYER_GENEVE,
    LAYER_GTPU,
    LAYER_L2TP,
    LAYER_CAPWAP,
    LAYER_IEEE802_11,
    LAYER_RADIOTAP,
    LAYER_PRISM,
    LAYER_AVS,
    LAYER_PPI,
    LAYER_LINUX_COOKED,
    LAYER_LINUX_COOKED_V2,
    LAYER_NULL,
    LAYER_FRAME_RELAY,
    LAYER_CISCO_HDLC,
    LAYER_CONTROL,     /* a known protocol that carries no subscriber's traffic */
    LAYER_UNSUPPORTED, /* no reader here */
    LAYER_COUNT,
};

struct walk {
    struct cursor at; /* what was captured, and lies within the enclosing header's length */
    const uint8_t *frame;
    uint32_t captured; /* bytes of the frame that are there */
    uint64_t wire_end; /* offset in the frame at which the enclosing header's payload ends */
    struct packet *packet;
    enum decode_outcome outcome;
    unsigned tags;         /* VLAN tags so far */
    unsigned ip_headers;   /* so far; access tags count before the first only */
    uint8_t next_protocol; /* for IPv6's extension headers */
    bool fragmented;       /* an inner length may exceed what is here */
    bool length_unknown;   /* IPv6 payload length 0: a jumbo option may say it */
    bool swapped_wlan;     /* inside CAPWAP, where frame control may be byte-swapped */
    bool padded_wlan;      /* the 802.11 header is padded to four bytes */
    bool over_ethernet;    /* a PPP header that follows is PPPoE's */
    bool guessed;          /* in a tunnel known by its port only */
    struct packet outer;   /* as it was before the guess */
};

typedef enum layer (*layer_fn)(struct walk *walk);

/* By what the header before announces. */
enum layer layer_of_ethertype(uint16_t ethertype);
enum layer layer_of_protocol(uint8_t protocol);
/* From an EtherType as 802.3 has it: below 0x600 it is a length, and LLC follows. */
enum layer layer_of_type_or_length(struct walk *walk, uint16_t type);

static inline uint32_t walk_offset(const struct walk *walk)
{
    return (uint32_t)(walk->at.at - walk->frame);
}

/* Bytes that the wire had from here to the end of the enclosing header's payload. */
static inline uint64_t walk_wire_left(const struct walk *walk)
{
    return walk->wire_end - walk_offset(walk);
}

static inline enum layer walk_end(struct walk *walk, enum decode_outcome outcome)
{
    walk->outcome = outcome;
    return LAYER_END;
}

/* A header is not wholly there: the capture's fault, or the sender's. */
static inline enum layer walk_cut(struct walk *walk)
{
    bool by_capture =
        walk->wire_end > walk->captured && walk->at.end == walk->frame + walk->captured;
    return walk_end(walk, by_capture || walk->fragmented ? DECODE_TRUNCATED : DECODE_MALFORMED);
}

/* Ends the present payload `length` bytes from here; false when the wire had not so many. */
static inline bool walk_bound(struct walk *walk, uint64_t length)
{
    uint64_t left = walk_wire_left(walk);
    if (length > left)
        return walk->fragmented;
    walk->wire_end -= left - length;
    if (length < (uint64_t)(walk->at.end - walk->at.at))
        walk->at.end = walk->at.at + length;
    return true;
}

static inline void walk_mark(struct walk *walk, enum encapsulation encapsulation)
{
    walk->packet->encapsulations |= 1u << encapsulation;
}

/* Before the first IP header the tags and MACs are those of the access network. */
static inline bool walk_is_access(const struct walk *walk)
{
    return walk->ip_headers == 0;
}

enum layer layer_ethernet(struct walk *walk);
enum layer layer_vlan(struct walk *walk);
enum layer layer_pbb(struct walk *walk);
enum layer layer_llc(struct walk *walk);
enum layer layer_snap(struct walk *walk);
enum layer layer_pppoe_discovery(struct walk *walk);
enum layer layer_pppoe_session(struct walk *walk);
enum layer layer_ppp(struct walk *walk);
enum layer layer_mpls(struct walk *walk);
enum layer layer_raw_ip(struct walk *walk);
enum layer layer_ipv4(struct walk *walk);
enum layer layer_ipv6(struct walk *walk);
enum layer layer_ipv6_hop_by_hop(struct walk *walk);
enum layer layer_ipv6_options(struct walk *walk);
enum layer layer_ipv6_fragment(struct walk *walk);
enum layer layer_authentication(struct walk *walk);
enum layer layer_tcp(struct walk *walk);
enum layer layer_udp(struct walk *walk);
enum layer layer_ports(struct walk *walk);
enum layer layer_no_ports(struct walk *walk);
enum layer layer_gre(struct walk *walk);
enum layer layer_erspan(struct walk *walk);
enum layer layer_erspan_iii(struct walk *walk);
enum layer layer_etherip(struct walk *walk);
enum layer layer_vxlan(struct walk *walk);
enum layer layer_geneve(struct walk *walk);
enum layer layer_gtpu(struct walk *walk);
enum layer layer_l2tp(struct walk *walk);
enum layer layer_capwap(struct walk *walk);
enum layer layer_ieee802_11(struct walk *walk);
enum layer layer_radiotap(struct walk *walk);
enum layer layer_prism(struct walk *walk);
enum layer layer_avs(struct walk *walk);
enum layer layer_ppi(struct walk *walk);
enum layer layer_linux_cooked(struct walk *walk);
enum layer layer_linux_cooked_v2(struct walk *walk);
enum layer layer_null(struct walk *walk);
enum layer layer_frame_relay(struct walk *walk);
enum layer layer_cisco_hdlc(struct walk *walk);

#endif
