/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which addresses are a host's own. Inside probe/line only. Pure.
 */
#ifndef LASTMILE_PROBE_LINE_HOST_ADDRESS_H
#define LASTMILE_PROBE_LINE_HOST_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* An address of many: unspecified, of a group, broadcast. */
static inline bool is_shared_address(uint8_t ip_version, const uint8_t *address)
{
    static const uint8_t zero[16];
    bool unspecified = memcmp(address, zero, ip_version == 4 ? 4 : 16) == 0;
    bool broadcast = ip_version == 4 && memcmp(address, "\xff\xff\xff\xff", 4) == 0;
    bool group = ip_version == 4 ? (address[0] & 0xf0) == 0xe0 : address[0] == 0xff;
    return unspecified || broadcast || group;
}

/* fe80::/10, which a host has beside others. */
static inline bool is_link_local_address(uint8_t ip_version, const uint8_t *address)
{
    return ip_version == 6 && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static inline bool is_group_mac(const uint8_t *mac)
{
    return mac[0] & 1;
}

#endif
