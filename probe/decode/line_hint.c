/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decode/line_hint.h"

#include "probe/decode/line_hint_parts.h"

#include <errno.h>

bool line_hint_read_sub_options(struct cursor options, struct line_hint *hint)
{
    enum { CIRCUIT_ID = 1, REMOTE_ID = 2 };
    while (cursor_left(&options) > 0) {
        uint8_t type = cursor_u8(&options);
        size_t length = cursor_u8(&options);
        const uint8_t *bytes = cursor_take(&options, length);
        if (!bytes)
            return false;
        struct byte_range value = {bytes, length};
        if (type == CIRCUIT_ID && length > 0)
            hint->circuit_id = value;
        else if (type == REMOTE_ID && length > 0)
            hint->remote_id = value;
    }
    return true;
}

void line_hint_add_address(struct line_hint *hint, uint8_t ip_version, unsigned bits,
                           const uint8_t *bytes, uint32_t valid_s)
{
    struct line_address address = {
        .ip_version = ip_version, .bits = (uint8_t)bits, .valid_s = valid_s};
    memcpy(address.bytes, bytes, bits / 8);
    if (bits % 8 != 0)
        address.bytes[bits / 8] = (uint8_t)(bytes[bits / 8] & 0xff00 >> bits % 8);
    static const uint8_t unspecified[sizeof address.bytes];
    if (memcmp(address.bytes, unspecified, sizeof unspecified) == 0 ||
        hint->address_count == LINE_HINT_ADDRESSES)
        return;
    hint->addresses[hint->address_count++] = address;
}

static int (*const readers[])(const struct packet *packet, struct cursor at,
                              struct line_hint *hint) = {
    [CONTROL_PPPOE_DISCOVERY] = line_hint_read_pppoe,
    [CONTROL_DHCPV4] = line_hint_read_dhcpv4,
    [CONTROL_DHCPV6] = line_hint_read_dhcpv6,
    [CONTROL_RADIUS_ACCOUNTING] = line_hint_read_radius,
};

int decode_line_hint(const struct packet *packet, const uint8_t *frame, uint32_t captured,
                     struct line_hint *out_hint)
{
    struct line_hint hint = {.svlan = packet->key.svlan,
                             .cvlan = packet->key.cvlan,
                             .protocol = (enum control_protocol)packet->control};
    if (packet->control >= sizeof readers / sizeof readers[0] || !readers[packet->control])
        return -ENOENT;
    if (packet->payload_offset > captured)
        return -EPROTO;
    struct cursor at = cursor_of(frame, captured);
    cursor_skip(&at, packet->payload_offset);
    int status = readers[packet->control](packet, at, &hint);
    if (status == 0)
        *out_hint = hint;
    return status;
}
