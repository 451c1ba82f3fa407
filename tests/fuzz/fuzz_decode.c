/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as one frame through decode alone, which is a thousand times faster than with flows
 * and lines behind it (fuzz_frame). Link type, bytes that the capture has cut off, then the frame.
 * The way of the common frames and the walk must agree, and what is decoded must be possible.
 */
#include "probe/decode/common_path.h"
#include "probe/decode/line_hint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum decode_outcome outcome, const struct packet *packet)
{
    bool known = outcome < DECODE_OUTCOMES;
    bool version = packet->key.ip_version == 4 || packet->key.ip_version == 6;
    if (!known || (packet_has_ip(packet) && !version) ||
        packet->encapsulations >> ENCAPSULATION_COUNT != 0)
        abort();
    if (outcome == DECODE_DECODED && packet_has_ip(packet) &&
        (packet->ip_bytes < 20 || packet->outer_ip_bytes < 20))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > UINT16_MAX)
        return 0;
    enum link_type link = (enum link_type)(data[0] % (LINK_TYPES + 1));
    const uint8_t *frame = data + 2;
    uint32_t captured = (uint32_t)size - 2, wire = captured + data[1];
    struct packet packet, walked;
    enum decode_outcome outcome = decode_frame(link, frame, captured, wire, &packet);
    check(outcome, &packet);
    if (decode_walk(link, frame, captured, wire, &walked) != outcome ||
        (outcome == DECODE_DECODED && memcmp(&packet, &walked, sizeof packet) != 0))
        abort();
    struct line_hint line;
    struct wlan_hint wlan;
    if (outcome == DECODE_DECODED && packet.control == CONTROL_WLAN_MANAGEMENT)
        (void)decode_wlan_hint(&packet, frame, captured, &wlan);
    else if (outcome == DECODE_DECODED && packet.control != CONTROL_NONE)
        (void)decode_line_hint(&packet, frame, captured, &line);
    return 0;
}
