/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where an agent is: "udp:HOST:PORT", "udp6:[ADDRESS]:PORT", "HOST:PORT", "HOST" (port 161), as
 * net-snmp's tools spell it. Looking up a name that is no address blocks. Any thread.
 */
#ifndef LASTMILE_PROBE_SNMP_ADDRESS_H
#define LASTMILE_PROBE_SNMP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage bytes;
    socklen_t length;
    bool numeric; /* no name was looked up */
};

/* 0, or -EINVAL: not an address, or a name that has none. */
int address_resolve(const char *text, struct address *out_address);

bool address_equal(const struct address *address, const struct sockaddr_storage *other);

#endif
