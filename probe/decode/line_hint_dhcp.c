/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * DHCPv4 (RFC 2131, 2132) with the relay agent's option 82 (RFC 3046).
 */
#include "probe/decode/line_hint_parts.h"

#include <errno.h>

#define BOOTP_REQUEST      1
#define BOOTP_REPLY        2
#define BOOTP_ETHERNET     1
#define BOOTP_FIXED_BYTES  236
#define DHCP_MAGIC         0x63825363u
#define OPTION_PAD         0
#define OPTION_LEASE_TIME  51
#define OPTION_MESSAGE     53
#define OPTION_RELAY_AGENT 82
#define OPTION_END         255
enum dhcp_message { DHCP_DECLINE = 4, DHCP_ACK = 5, DHCP_RELEASE = 7 };

/* Options up to END. 0, or -EPROTO. */
static int read_options(struct cursor options, struct line_hint *hint, uint8_t *out_message,
                        uint32_t *out_lease_s)
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
        else if (type == OPTION_LEASE_TIME)
            *out_lease_s = cursor_u32(&value);
        else if (type == OPTION_RELAY_AGENT && !line_hint_read_sub_options(value, hint))
            return -EPROTO;
    }
    return 0;
}

int line_hint_read_dhcpv4(const struct packet *packet, struct cursor at, struct line_hint *hint)
{
    (void)packet; /* relays change the frame's MACs; the message has the client's own */
    const uint8_t *fixed = cursor_take(&at, BOOTP_FIXED_BYTES);
    uint32_t magic = cursor_u32(&at);
    if (at.failed || (fixed[0] != BOOTP_REQUEST && fixed[0] != BOOTP_REPLY))
        return -EPROTO;
    if (magic != DHCP_MAGIC || fixed[1] != BOOTP_ETHERNET || fixed[2] != MAC_BYTES)
        return -ENOENT;
    uint8_t message = 0;
    uint32_t lease_s = 0;
    int status = read_options(at, hint, &message, &lease_s);
    if (status < 0)
        return status;
    hint->from_client = fixed[0] == BOOTP_REQUEST;
    hint->event = message == DHCP_ACK                                  ? LINE_EVENT_STARTED
                  : message == DHCP_RELEASE || message == DHCP_DECLINE ? LINE_EVENT_ENDED
                                                                       : LINE_EVENT_SEEN;
    hint->relayed = cursor_load_u32(fixed + 24) != 0; /* giaddr */
    memcpy(hint->client_mac, fixed + 28, MAC_BYTES);
    /* An offer is no lease: only what was acknowledged, or is in use (ciaddr), is the client's. */
    bool granted = message == DHCP_ACK; /* a client only asks for a time */
    line_hint_add_address(hint, 4, 32, fixed + 12, granted ? lease_s : 0);
    if (granted)
        line_hint_add_address(hint, 4, 32, fixed + 16, lease_s);
    return 0;
}
