/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A range of addresses, as operators write it: 192.0.2.0/24, 2001:db8::/32.
 */
#ifndef LASTMILE_COMMON_IP_PREFIX_H
#define LASTMILE_COMMON_IP_PREFIX_H

#include <stdint.h>

struct ip_prefix {
    uint8_t ip_version;  /* 4 or 6 */
    uint8_t bits;        /* 0..32, 0..128 */
    uint8_t address[16]; /* IPv4 in the first four bytes */
};

#endif
