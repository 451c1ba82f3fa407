/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Subscribers who behave like subscribers, from a seed: PPPoE sessions behind QinQ, DHCP lines with
 * option 82, WLAN users behind CAPWAP. Frames in the order of their times, with the truth about
 * them for tests to compare. Used by make_capture, tests and bench; ends the program when memory
 * is out.
 */
#ifndef LASTMILE_TESTS_SUPPORT_TRAFFIC_H
#define LASTMILE_TESTS_SUPPORT_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

enum traffic_kind { TRAFFIC_PPPOE_QINQ, TRAFFIC_DHCP, TRAFFIC_WLAN, TRAFFIC_MIXED };

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
