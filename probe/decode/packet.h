/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a frame says, after decoding: who talks to whom (the innermost 5-tuple and the access tags),
 * how much, and what TCP adds. A plain value in host byte order; addresses stay in network order.
 * Raw addresses and MACs: this struct never leaves decode, flow and line.
 */
#ifndef LASTMILE_PROBE_DECODE_PACKET_H
#define LASTMILE_PROBE_DECODE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_BYTES 6

/* The Flow Key (RFC 7011 section 2). Every byte is defined, so that it hashes and compares as
 * bytes. IPv4 addresses stand in the first four bytes, the rest is 0. */
struct flow_key {
    uint8_t source_address[16];      /* IPFIX 8, 27 */
    uint8_t destination_address[16]; /* IPFIX 12, 28 */
    uint16_t source_port;            /* IPFIX 7; 0 where the protocol has none, or in a fragment */
    uint16_t destination_port;       /* IPFIX 11 */
    uint8_t ip_version;              /* IPFIX 60: 4 or 6 */
    uint8_t protocol;                /* IPFIX 4: behind IPv6's extension headers */
    uint16_t svlan;                  /* IPFIX 243: the outermost tag's VID, 0 = none */
    uint16_t cvlan;                  /* IPFIX 245: the second tag's VID, 0 = none */
    uint16_t pppoe_session;          /* 0 = none */
    uint32_t zero;
};
_Static_assert(sizeof(struct flow_key) == 48, "no hidden padding in the Flow Key");

/* In which headers the frame was wrapped. Bits of struct packet's `encapsulations`; their names
 * are fixed (design 2.1). */
enum encapsulation {
    ENCAPSULATION_DOT1Q, /* at least one tag of 802.1Q or 802.1ad */
    ENCAPSULATION_QINQ,  /* two or more */
    ENCAPSULATION_PPPOE, /* session */
    ENCAPSULATION_PPPOE_DISCOVERY,
    ENCAPSULATION_PPP, /* outside PPPoE */
    ENCAPSULATION_MPLS,
    ENCAPSULATION_GRE,
    ENCAPSULATION_IPIP, /* IPv4 or IPv6 in IPv4 or IPv6 */
    ENCAPSULATION_VXLAN,
    ENCAPSULATION_GENEVE,
    ENCAPSULATION_GTPU,
    ENCAPSULATION_L2TP,
    ENCAPSULATION_CAPWAP,
    ENCAPSULATION_IEEE802_11,
    ENCAPSULATION_LLC_SNAP,
    ENCAPSULATION_COUNT,
};
extern const char *const encapsulation_names[ENCAPSULATION_COUNT];

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
};

/* Control protocols that name lines; decode_line_hint reads them. */
enum control_protocol {
    CONTROL_NONE,
    CONTROL_PPPOE_DISCOVERY,
    CONTROL_DHCPV4,
    CONTROL_DHCPV6,
    CONTROL_RADIUS_ACCOUNTING,
    CONTROL_WLAN_MANAGEMENT, /* decode_wlan_hint reads it */
};

/* Which way a packet goes, seen from the subscriber. */
enum direction { DIRECTION_UNKNOWN, DIRECTION_UPSTREAM, DIRECTION_DOWNSTREAM };

struct packet {
    struct flow_key key; /* meaningful when ip_version is not 0 */
    uint64_t time_unix_ns;
    uint32_t ip_bytes;       /* of the innermost IP header, by its own total length */
    uint32_t outer_ip_bytes; /* of the outermost */
    uint32_t encapsulations; /* bit 1 << enum encapsulation */
    uint32_t tcp_sequence, tcp_acknowledgement;
    uint32_t transport_payload_bytes; /* behind the TCP or UDP header, by the IP length */
    uint32_t payload_offset;          /* of a control protocol, from the frame's first byte */
    uint8_t tcp_flags;                /* 0 unless a whole flag byte was there */
    uint8_t fragment;                 /* 1: any fragment but an unfragmented packet */
    uint8_t control;                  /* enum control_protocol */
    uint8_t direction;                /* enum direction, where the link says it (802.11) */
    uint8_t wlan;                     /* 1: the MACs are those of an 802.11 or CAPWAP frame */
    uint8_t zero[3];
    uint8_t destination_mac[MAC_BYTES]; /* as the frame has them, one behind the other */
    uint8_t source_mac[MAC_BYTES]; /* of the outermost Ethernet, or of the WLAN frame; else 0 */
    uint8_t bssid[MAC_BYTES];      /* of the cell that an 802.11 data frame belongs to; else 0 */
};

static inline bool packet_has_ip(const struct packet *packet)
{
    return packet->key.ip_version != 0;
}

#endif
