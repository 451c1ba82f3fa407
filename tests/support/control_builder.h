/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Control messages that name lines, behind a UDP header of packet_builder: RADIUS accounting and
 * DHCPv6 through relays. What is NULL or 0 is left out.
 */
#ifndef LASTMILE_TESTS_SUPPORT_CONTROL_BUILDER_H
#define LASTMILE_TESTS_SUPPORT_CONTROL_BUILDER_H

#include "tests/support/packet_builder.h"

struct packet_radius {
    unsigned status; /* 1 start, 2 stop, 3 interim, 7 on */
    const char *session, *nas, *user, *circuit, *remote, *port_id;
    uint32_t address;
    uint64_t prefix; /* its first eight bytes: Delegated-IPv6-Prefix */
    unsigned prefix_bits;
    uint64_t down, up; /* octets; with Gigawords where `gigawords` */
    unsigned gigawords, session_s, interim_s;
};
/* An Accounting-Request. */
void packet_radius(struct packet_builder *packet, const struct packet_radius *record);

struct packet_dhcpv6 {
    unsigned message;
    uint64_t client_mac;          /* in a DUID-LL */
    const char *circuit, *remote; /* of the innermost relay: interface-id, remote-id */
    unsigned relays;              /* each outer one has the interface-id "outer" */
    uint64_t address_tail;        /* of 2001:db8::/64 */
    uint64_t prefix;              /* first eight bytes */
    unsigned prefix_bits;
};
void packet_dhcpv6(struct packet_builder *packet, const struct packet_dhcpv6 *dhcp);

/* A beacon: header and body from frame control on. */
void packet_beacon(struct packet_builder *packet, uint64_t bssid, const char *ssid);

#endif
