/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which network a cell of a WLAN belongs to: the SSID element of management frames (IEEE
 * 802.11-2020, 9.3.3 and 9.4.2.2).
 */
#include "probe/decode/line_hint.h"

#include "common/cursor.h"

#include <errno.h>

#define HEADER_BYTES     24
#define BSSID_OFFSET     16
#define HT_CONTROL       0x80 /* in the second byte of frame control: four bytes more */
#define PROTECTED        0x40
#define ELEMENT_SSID     0
#define ASSOCIATION_BODY 4  /* capabilities, listen interval */
#define REASSOCIATION    10 /* and the access point before */
#define BEACON_BODY      12 /* timestamp, interval, capabilities */

static const struct {
    uint8_t type; /* first byte of frame control */
    uint8_t fixed_bytes;
} kinds[] = {
    {0x00, ASSOCIATION_BODY}, {0x20, REASSOCIATION}, {0x50, BEACON_BODY}, {0x80, BEACON_BODY}};

/* A hidden network sends no bytes, or only zeros. */
static bool is_hidden(const uint8_t *ssid, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (ssid[i] != 0)
            return false;
    return true;
}

static int read_elements(struct cursor elements, struct wlan_hint *hint)
{
    while (cursor_left(&elements) > 0) {
        uint8_t id = cursor_u8(&elements);
        size_t length = cursor_u8(&elements);
        const uint8_t *bytes = cursor_take(&elements, length);
        if (!bytes)
            return -EPROTO;
        if (id != ELEMENT_SSID)
            continue;
        if (length > SSID_BYTES_MAX)
            return -EPROTO;
        hint->ssid_length = length;
        memcpy(hint->ssid, bytes, length);
        return is_hidden(bytes, length) ? -ENOENT : 0;
    }
    return -ENOENT;
}

int decode_wlan_hint(const struct packet *packet, const uint8_t *frame, uint32_t captured,
                     struct wlan_hint *out_hint)
{
    struct wlan_hint hint = {.ssid_length = 0};
    if (packet->control != CONTROL_WLAN_MANAGEMENT)
        return -ENOENT;
    if (packet->payload_offset > captured)
        return -EPROTO;
    struct cursor at = cursor_of(frame, captured);
    cursor_skip(&at, packet->payload_offset);
    const uint8_t *header = cursor_take(&at, HEADER_BYTES);
    if (!header)
        return -EPROTO;
    if (header[1] & PROTECTED)
        return -ENOENT;
    memcpy(hint.bssid, header + BSSID_OFFSET, MAC_BYTES);
    cursor_skip(&at, header[1] & HT_CONTROL ? 4 : 0);
    int status = -ENOENT;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type != header[0])
            continue;
        cursor_skip(&at, kinds[i].fixed_bytes);
        status = at.failed ? -EPROTO : read_elements(at, &hint);
    }
    if (status == 0)
        *out_hint = hint;
    return status;
}
