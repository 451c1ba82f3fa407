/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The readers behind decode_line_hint, one a protocol. Each gets a cursor over its message and a
 * hint with the frame's VLANs; 0, -EPROTO or -ENOENT as decode_line_hint. Inside probe/decode only.
 */
#ifndef LASTMILE_PROBE_DECODE_LINE_HINT_PARTS_H
#define LASTMILE_PROBE_DECODE_LINE_HINT_PARTS_H

#include "common/cursor.h"
#include "probe/decode/line_hint.h"

int line_hint_read_pppoe(const struct packet *packet, struct cursor at, struct line_hint *hint);
int line_hint_read_dhcpv4(const struct packet *packet, struct cursor at, struct line_hint *hint);
int line_hint_read_dhcpv6(const struct packet *packet, struct cursor at, struct line_hint *hint);
int line_hint_read_radius(const struct packet *packet, struct cursor at, struct line_hint *hint);

/* Type, length, value in bytes: circuit (1) and remote id (2), numbered alike in TR-101's tag, in
 * DHCP's option 82 and in RADIUS (RFC 4679). False when a length lies. */
bool line_hint_read_sub_options(struct cursor options, struct line_hint *hint);

/* Adds an address or a prefix of the client, for `valid_s` or as long as is not said (0); none for
 * an unspecified one, or beyond the limit. What stands behind `bits` is cleared. */
void line_hint_add_address(struct line_hint *hint, uint8_t ip_version, unsigned bits,
                           const uint8_t *bytes, uint32_t valid_s);

#endif
