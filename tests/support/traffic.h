/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Subscribers who behave like subscribers, from a seed: PPPoE sessions behind QinQ, DHCP lines with
 * option 82, DHCPv6 lines behind a relay, WLAN users behind CAPWAP, lines beyond a BRAS with RADIUS
 * accounting. Frames in the order of their times, with the truth about
 * them for tests to compare. Used by make_capture, tests and bench; ends the program when memory
 * is out.
 */
#ifndef LASTMILE_TESTS_SUPPORT_TRAFFIC_H
#define LASTMILE_TESTS_SUPPORT_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

enum traffic_kind {
    TRAFFIC_PPPOE_QINQ,
    TRAFFIC_DHCP,
    TRAFFIC_WLAN,
    TRAFFIC_MIXED,
    TRAFFIC_DHCPV6,
    TRAFFIC_RADIUS
};

/* Where the servers that count as a cloud are: about a third of them. */
#define TRAFFIC_CLOUD_IPV4 "198.51.100.0/26"
#define TRAFFIC_CLOUD_IPV6 "2001:db8::50:0:0/122"

struct traffic_options {
    enum traffic_kind kind;
    unsigned lines, seconds;
    uint64_t seed;
    uint64_t start_unix_s;
    const char *node; /* the access node's name in circuit ids */
    unsigned svlan;   /* of the first line; DHCP lines have svlan + 1000 */
    unsigned snaplen; /* 0: whole frames */
};

struct traffic_frame {
    uint64_t time_unix_ns;
    size_t offset; /* of its bytes in struct traffic */
    uint32_t captured_bytes, wire_bytes;
    uint32_t number; /* keeps equal times in the order of their making */
};

struct traffic_truth {
    uint64_t packets, wire_bytes, ip_packets, ip_bytes;
    uint64_t lines; /* fixed ones, by their circuits */
    uint64_t users; /* of the WLAN */
    uint64_t biflows;
    uint64_t down_octets, up_octets; /* of the innermost IP */
    uint64_t handshakes, retransmitted;
    uint64_t cloud_down_octets, cloud_up_octets;         /* of servers in TRAFFIC_CLOUD_ */
    uint64_t accounted_down_octets, accounted_up_octets; /* as RADIUS says at last */
    uint64_t control_octets;                             /* of RADIUS itself: no subscriber's */
};

struct traffic {
    struct traffic_frame *frames;
    size_t frame_count, frame_limit;
    uint8_t *bytes;
    size_t length, limit;
    struct traffic_truth truth;
};

struct traffic *traffic_new(const struct traffic_options *options);
void traffic_free(struct traffic *traffic);

#endif
