/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A frame's bytes -> struct packet and one named outcome. A loop over layers, one small file each;
 * at most DECODE_LAYERS_MAX headers deep, no recursion, no heap, no clock, no state: pure, and safe
 * in any thread.
 *
 * What the outcomes mean:
 *   decoded      the innermost header that names a flow was read (IP, and the ports where the
 *                protocol has them), or the frame is a complete control frame that carries no
 *                subscriber's traffic (ARP, LLDP, STP, PPP's LCP, PPPoE discovery, a beacon of
 *                802.11): then packet_has_ip is false.
 *   truncated    the capture ended before that header did.
 *   malformed    a header contradicts itself, or claims more bytes than the wire had.
 *   unsupported  the link type, or what a header announces, has no reader here; or the payload is
 *                encrypted 802.11. Possibly subscribers' traffic that we cannot see.
 *   too_deep     more than DECODE_LAYERS_MAX headers.
 */
#ifndef LASTMILE_PROBE_DECODE_H
#define LASTMILE_PROBE_DECODE_H

#include "probe/decode/packet.h"
#include "probe/frame/frame.h"

#define DECODE_LAYERS_MAX 16

/* The order of REPORT_OUTCOMES (common/report.h). */
enum decode_outcome {
    DECODE_DECODED,
    DECODE_TRUNCATED,
    DECODE_MALFORMED,
    DECODE_UNSUPPORTED,
    DECODE_TOO_DEEP,
    DECODE_OUTCOMES,
};
extern const char *const decode_outcome_names[DECODE_OUTCOMES];

/* Reads one frame. `out` is filled as far as it got, whatever the outcome; count its IP fields only
 * for DECODE_DECODED. captured <= wire is not required: the smaller of both bounds all reading. */
enum decode_outcome decode_frame(enum link_type link_type, const uint8_t *bytes, uint32_t captured,
                                 uint32_t wire, struct packet *out);

/* The same for a run of frames that are as most are: reads the first of these `count`, at most
 * `room`, as long as each is Ethernet with one IP header, decoded and no control message. Fills
 * `out` index for index, with the frames' times, and returns how many; the next one, if there was
 * room for it, is one for decode_frame. Frames behind it are fetched meanwhile. */
size_t decode_common(const struct frame *frames, size_t count, struct packet *out, size_t room);

#endif
