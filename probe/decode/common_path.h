/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The headers that nearly every frame of an access network has, read in one go: Ethernet, up to two
 * tags, PPPoE, IPv4 or IPv6 without options, TCP or plain UDP, all there and nothing odd. Whatever
 * differs is left to the walk, which reads the same frames to the same result: decode_common and
 * decode_frame (decode.h) begin with it. Pure. Inside probe/decode and its tests only.
 */
#ifndef LASTMILE_PROBE_DECODE_COMMON_PATH_H
#define LASTMILE_PROBE_DECODE_COMMON_PATH_H

#include "probe/decode/decode.h"

/* The whole reader, for any frame; what decode_frame does where the common path does not serve. */
enum decode_outcome decode_walk(enum link_type link_type, const uint8_t *bytes, uint32_t captured,
                                uint32_t wire, struct packet *out);

#endif
