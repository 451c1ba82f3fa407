/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decode/line_hint.h"

#include "common/cursor.h"

#include <errno.h>

/* RFC 2516 section 5 and appendix A. */
enum pppoe_code { PADI = 0x09, PADR = 0x19, PADO = 0x07, PADS = 0x65, PADT = 0xa7 };
#define TAG_END_OF_LIST     0x0000
#define TAG_VENDOR_SPECIFIC 0x0105
#define VENDOR_ADSL_FORUM   3561 /* TR-101 issue 2, R-198 */

/* The same sub-option numbers in TR-101 tags and in DHCP's option 82 (RFC 3046). */
#define SUB_CIRCUIT_ID 1
#define SUB_REMOTE_ID  2

/* DHCPv4 (RFC 2131, 2132). */
#define BOOTP_REQUEST      1
#define BOOTP_REPLY        2
#define BOOTP_ETHERNET     1
#define BOOTP_FIXED_BYTES  236
#define DHCP_MAGIC         0x63825363u
#define OPTION_PAD         0
#define OPTION_MESSAGE     53
#define OPTION_RELAY_AGENT 82
#define OPTION_END         255
enum dhcp_message { DHCP_DECLINE = 4, DHCP_ACK = 5, DHCP_RELEASE = 7 };

/* Type, length, value in bytes: circuit and remote id. False when a length lies. */
static bool read_sub_options(struct cursor options, struct line_hint *hint)
{
    while (cursor_left(&options) > 0) {
        uint8_t type = cursor_u8(&options);
        size_t length = cursor_u8(&options);
        const uint8_t *bytes = cursor_take(&options, length);
        if (!bytes)
            return false;
        struct byte_range value = {bytes, length};
        if (type == SUB_CIRCUIT_ID && length > 0)
            hint->circuit_id = value;
        else if (type == SUB_REMOTE_ID && length > 0)
            hint->remote_id = value;
    }
    return true;
}

static int read_pppoe_tags(struct cursor tags, struct line_hint *hint)
{
    while (cursor_left(&tags) > 0) {
        uint16_t type = cursor_u16(&tags);
        struct cursor value = cursor_part(&tags, cursor_u16(&tags));
        if (tags.failed)
            return -EPROTO;
        if (type == TAG_END_OF_LIST)
            return 0;
        if (type == TAG_VENDOR_SPECIFIC && cursor_u32(&value) == VENDOR_ADSL_FORUM &&
            !read_sub_options(value, hint))
            return -EPROTO;
    }
    return 0;
}

static const struct {
    uint8_t code;
    bool from_client;
    enum line_event event;
} pppoe_codes[] = {
    {PADI, true, LINE_EVENT_SEEN},  {PADR, true, LINE_EVENT_SEEN},
    {PADO, false, LINE_EVENT_SEEN}, {PADS, false, LINE_EVENT_STARTED},
    {PADT, true, LINE_EVENT_ENDED},
};

static int read_pppoe(const struct packet *packet, struct cursor at, struct line_hint *hint)
{
    cursor_skip(&at, 1);
    uint8_t code = cursor_u8(&at);
    hint->pppoe_session = cursor_u16(&at);
    struct cursor tags = cursor_part(&at, cursor_u16(&at));
    if (at.failed)
        return -EPROTO;
    for (size_t i = 0; i < sizeof pppoe_codes / sizeof pppoe_codes[0]; i++) {
        if (pppoe_codes[i].code != code)
            continue;
        hint->event = pppoe_codes[i].event;
        hint->from_client = pppoe_codes[i].from_client;
        memcpy(hint->client_mac, hint->from_client ? packet->source_mac : packet->destination_mac,
               MAC_BYTES);
        return read_pppoe_tags(tags, hint);
    }
    return -ENOENT;
}

/* Options up to END. 0, or -EPROTO. */
static int read_dhcp_options(struct cursor options, struct line_hint *hint, uint8_t *out_message)
{
    while (cursor_left(&options) > 0) {
        uint8_t type = cursor_u8(&options);
        if (type == OPTION_PAD)
            continue;
        if (type == OPTION_END)
            return 0;
        struct cursor value = cursor_part(&options, cursor_u8(&options));
        if (options.failed)
            return -EPROTO;
        if (type == OPTION_MESSAGE)
            *out_message = cursor_u8(&value);
        else if (type == OPTION_RELAY_AGENT && !read_sub_options(value, hint))
            return -EPROTO;
    }
    return 0;
}

/* The address that the message gives to the client, or that the client says it has. */
static void keep_ipv4(struct line_hint *hint, const uint8_t *address)
{
    if (cursor_load_u32(address) == 0)
        return;
    hint->ip_version = 4;
    memcpy(hint->address, address, 4);
}

static int read_dhcpv4(struct cursor at, struct line_hint *hint)
{
    const uint8_t *fixed = cursor_take(&at, BOOTP_FIXED_BYTES);
    uint32_t magic = cursor_u32(&at);
    if (at.failed || (fixed[0] != BOOTP_REQUEST && fixed[0] != BOOTP_REPLY))
        return -EPROTO;
    if (magic != DHCP_MAGIC || fixed[1] != BOOTP_ETHERNET || fixed[2] != MAC_BYTES)
        return -ENOENT;
    uint8_t message = 0;
    int status = read_dhcp_options(at, hint, &message);
    if (status < 0)
        return status;
    hint->from_client = fixed[0] == BOOTP_REQUEST;
    hint->event = message == DHCP_ACK                                  ? LINE_EVENT_STARTED
                  : message == DHCP_RELEASE || message == DHCP_DECLINE ? LINE_EVENT_ENDED
                                                                       : LINE_EVENT_SEEN;
    memcpy(hint->client_mac, fixed + 28, MAC_BYTES);
    /* An offer is no lease: only what was acknowledged, or is in use (ciaddr), is the client's. */
    keep_ipv4(hint, fixed + 12);
    if (message == DHCP_ACK)
        keep_ipv4(hint, fixed + 16);
    return 0;
}

int decode_line_hint(const struct packet *packet, const uint8_t *frame, uint32_t captured,
                     struct line_hint *out_hint)
{
    struct line_hint hint = {.svlan = packet->key.svlan, .cvlan = packet->key.cvlan};
    if (packet->payload_offset > captured)
        return -EPROTO;
    struct cursor at = cursor_of(frame, captured);
    cursor_skip(&at, packet->payload_offset);
    int status = -ENOENT;
    if (packet->control == CONTROL_PPPOE_DISCOVERY)
        status = read_pppoe(packet, at, &hint);
    else if (packet->control == CONTROL_DHCPV4)
        status = read_dhcpv4(at, &hint);
    if (status == 0)
        *out_hint = hint;
    return status;
}
