/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RADIUS accounting (RFC 2866, 2869; IPv6: RFC 3162, 4818, 6911; DSL: RFC 4679): requests only, for
 * the answers say nothing. Passwords are not among the attributes of accounting; nothing is read
 * but what the table names.
 */
#include "probe/decode/line_hint_parts.h"

#include <errno.h>

#define ACCOUNTING_REQUEST  4
#define ACCOUNTING_RESPONSE 5
#define HEADER_BYTES        20
#define VENDOR_ADSL_FORUM   3561

enum attribute {
    USER_NAME = 1,
    NAS_IP_ADDRESS = 4,
    FRAMED_IP_ADDRESS = 8,
    VENDOR_SPECIFIC = 26,
    NAS_IDENTIFIER = 32,
    ACCT_STATUS_TYPE = 40,
    ACCT_INPUT_OCTETS = 42,
    ACCT_OUTPUT_OCTETS = 43,
    ACCT_SESSION_ID = 44,
    ACCT_SESSION_TIME = 46,
    ACCT_INPUT_GIGAWORDS = 52,
    ACCT_OUTPUT_GIGAWORDS = 53,
    ACCT_INTERIM_INTERVAL = 85,
    NAS_PORT_ID = 87,
    NAS_IPV6_ADDRESS = 95,
    FRAMED_IPV6_PREFIX = 97,
    DELEGATED_IPV6_PREFIX = 123,
    FRAMED_IPV6_ADDRESS = 168,
};

static const struct {
    uint32_t status;
    enum line_event event;
} statuses[] = {
    {1, LINE_EVENT_STARTED},   {2, LINE_EVENT_ENDED},     {3, LINE_EVENT_SEEN},
    {7, LINE_EVENT_ALL_ENDED}, {8, LINE_EVENT_ALL_ENDED}, /* Accounting-On, -Off */
};

/* The numbers of a record, as they come. */
struct numbers {
    uint32_t status, low[2], high[2]; /* octets: 0 down (output), 1 up (input) */
    unsigned low_seen, high_seen;     /* bit per direction */
};

static void keep_number(struct numbers *numbers, struct line_accounting *accounting, uint8_t type,
                        uint32_t value)
{
    unsigned up = type == ACCT_INPUT_OCTETS || type == ACCT_INPUT_GIGAWORDS;
    switch (type) {
    case ACCT_STATUS_TYPE:
        numbers->status = value;
        break;
    case ACCT_INPUT_OCTETS:
    case ACCT_OUTPUT_OCTETS:
        numbers->low[up] = value;
        numbers->low_seen |= 1u << up;
        break;
    case ACCT_INPUT_GIGAWORDS:
    case ACCT_OUTPUT_GIGAWORDS:
        numbers->high[up] = value;
        numbers->high_seen |= 1u << up;
        break;
    case ACCT_SESSION_TIME:
        accounting->session_s = value;
        break;
    default:
        accounting->interim_s = value;
        break;
    }
}

/* Reserved byte, length, and as much of the prefix as it takes (RFC 3162 section 2.3). */
static bool keep_prefix(struct cursor value, struct line_hint *hint)
{
    uint8_t prefix[16] = {0};
    cursor_skip(&value, 1);
    unsigned bits = cursor_u8(&value);
    size_t length = cursor_left(&value);
    if (value.failed || bits > 128 || length > sizeof prefix || length * 8 < bits)
        return false;
    memcpy(prefix, value.at, length);
    line_hint_add_address(hint, 6, bits, prefix, 0);
    return true;
}

static bool keep_vendor(struct cursor value, struct line_hint *hint)
{
    if (cursor_u32(&value) != VENDOR_ADSL_FORUM)
        return !value.failed;
    while (cursor_left(&value) > 0) {
        uint8_t type = cursor_u8(&value);
        size_t length = cursor_u8(&value);
        const uint8_t *bytes = length >= 2 ? cursor_take(&value, length - 2) : NULL;
        if (!bytes)
            return false;
        struct byte_range name = {bytes, length - 2};
        if (type == 1 && name.length > 0)
            hint->circuit_id = name;
        else if (type == 2 && name.length > 0)
            hint->remote_id = name;
    }
    return true;
}

/* 255.255.255.255 and .254: the user or the NAS shall choose (RFC 2865 section 5.8). */
static void keep_ipv4(const uint8_t *address, struct line_hint *hint)
{
    if (cursor_load_u32(address) < 0xfffffffeu)
        line_hint_add_address(hint, 4, 32, address, 0);
}

/* False for an attribute whose length cannot be. */
static bool keep_attribute(uint8_t type, struct cursor value, struct line_hint *hint,
                           struct numbers *numbers)
{
    struct byte_range bytes = {value.at, cursor_left(&value)};
    struct line_accounting *accounting = &hint->accounting;
    switch (type) {
    case USER_NAME:
        hint->account = bytes;
        return true;
    case NAS_PORT_ID:
        hint->port_id = bytes;
        return true;
    case ACCT_SESSION_ID:
        accounting->session = bytes;
        return true;
    case NAS_IDENTIFIER:
        accounting->nas = bytes;
        return true;
    case NAS_IP_ADDRESS:
    case NAS_IPV6_ADDRESS:
        if (!accounting->nas.bytes)
            accounting->nas = bytes;
        return true;
    case FRAMED_IP_ADDRESS:
        if (bytes.length == 4)
            keep_ipv4(bytes.bytes, hint);
        return bytes.length == 4;
    case FRAMED_IPV6_ADDRESS:
        if (bytes.length == 16)
            line_hint_add_address(hint, 6, 128, bytes.bytes, 0);
        return bytes.length == 16;
    case FRAMED_IPV6_PREFIX:
    case DELEGATED_IPV6_PREFIX:
        return keep_prefix(value, hint);
    case VENDOR_SPECIFIC:
        return keep_vendor(value, hint);
    case ACCT_STATUS_TYPE:
    case ACCT_INPUT_OCTETS:
    case ACCT_OUTPUT_OCTETS:
    case ACCT_SESSION_TIME:
    case ACCT_INPUT_GIGAWORDS:
    case ACCT_OUTPUT_GIGAWORDS:
    case ACCT_INTERIM_INTERVAL:
        if (bytes.length == 4)
            keep_number(numbers, accounting, type, cursor_u32(&value));
        return bytes.length == 4;
    default:
        return true;
    }
}

static int settle(const struct numbers *numbers, struct line_hint *hint)
{
    struct line_accounting *accounting = &hint->accounting;
    accounting->octets_known = numbers->low_seen == 3;
    accounting->gigawords_known = numbers->high_seen != 0;
    for (size_t way = 0; way < 2; way++)
        accounting->octets[way] = (uint64_t)numbers->high[way] << 32 | numbers->low[way];
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status != numbers->status)
            continue;
        hint->event = statuses[i].event;
        bool named = hint->event == LINE_EVENT_ALL_ENDED ? accounting->nas.bytes != NULL
                                                         : accounting->session.bytes != NULL;
        return named ? 0 : -EPROTO;
    }
    return -ENOENT;
}

int line_hint_read_radius(const struct packet *packet, struct cursor at, struct line_hint *hint)
{
    if (line_hint_is_of_subscriber(packet)) /* who is no NAS, whatever he says of others */
        return -ENOENT;
    /* Between NAS and server: its MACs and VLANs are nobody's line. */
    uint8_t code = cursor_u8(&at);
    cursor_skip(&at, 1);
    size_t length = cursor_u16(&at);
    cursor_skip(&at, HEADER_BYTES - 4);
    if (at.failed || length < HEADER_BYTES)
        return -EPROTO;
    if (code != ACCOUNTING_REQUEST)
        return code == ACCOUNTING_RESPONSE ? -ENOENT : -EPROTO;
    struct cursor attributes = cursor_part(&at, length - HEADER_BYTES);
    struct numbers numbers = {0};
    hint->is_accounting = true;
    while (cursor_left(&attributes) > 0) {
        uint8_t type = cursor_u8(&attributes);
        size_t bytes = cursor_u8(&attributes);
        struct cursor value = cursor_part(&attributes, bytes >= 2 ? bytes - 2 : SIZE_MAX);
        if (attributes.failed || !keep_attribute(type, value, hint, &numbers))
            return -EPROTO;
    }
    return attributes.failed ? -EPROTO : settle(&numbers, hint);
}
