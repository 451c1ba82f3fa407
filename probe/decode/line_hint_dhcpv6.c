/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * DHCPv6 (RFC 8415): relays wrap the client's message, each around the other, and name the port it
 * came from by interface-id (18) and remote-id (37, RFC 4649). The innermost relay is the access
 * node: its names hold. Read iteratively, at most RELAYS_MAX deep.
 */
#include "probe/decode/line_hint_parts.h"

#include <errno.h>

#define RELAYS_MAX        32 /* RFC 3315's HOP_COUNT_LIMIT; RFC 8415 has 8 */
#define RELAY_FIXED_BYTES 34 /* type, hop count, link-address, peer-address */
#define IA_FIXED_BYTES    12 /* IAID, T1, T2 */
#define LIFETIMES_BYTES   8
#define HARDWARE_ETHERNET 1

enum message {
    CONFIRM = 4,
    RENEW = 5,
    REBIND = 6,
    REPLY = 7,
    RELEASE = 8,
    DECLINE = 9,
    RELAY_FORWARD = 12,
    RELAY_REPLY = 13,
    MESSAGES,
};
enum option {
    OPTION_CLIENT_ID = 1,
    OPTION_IA_NA = 3,
    OPTION_IA_TA = 4,
    OPTION_ADDRESS = 5,
    OPTION_RELAY_MESSAGE = 9,
    OPTION_INTERFACE_ID = 18,
    OPTION_IA_PD = 25,
    OPTION_PREFIX = 26,
    OPTION_REMOTE_ID = 37,
    OPTION_LINK_LAYER = 79, /* RFC 6939 */
};

static const struct {
    bool known, from_client;
    bool leased; /* the addresses in it are, or were, the client's */
    enum line_event event;
} messages[MESSAGES] = {
    [1] = {true, true, false, LINE_EVENT_SEEN},  /* SOLICIT */
    [2] = {true, false, false, LINE_EVENT_SEEN}, /* ADVERTISE */
    [3] = {true, true, false, LINE_EVENT_SEEN},  /* REQUEST */
    [CONFIRM] = {true, true, true, LINE_EVENT_SEEN},
    [RENEW] = {true, true, true, LINE_EVENT_SEEN},
    [REBIND] = {true, true, true, LINE_EVENT_SEEN},
    [REPLY] = {true, false, true, LINE_EVENT_STARTED},
    [RELEASE] = {true, true, true, LINE_EVENT_ENDED},
    [DECLINE] = {true, true, true, LINE_EVENT_ENDED},
    [11] = {true, true, false, LINE_EVENT_SEEN}, /* INFORMATION-REQUEST */
};

struct option_value {
    uint16_t type;
    struct cursor value;
};

/* The next option. False at the end; `options` has failed when a length lies. */
static bool next_option(struct cursor *options, struct option_value *out)
{
    if (cursor_left(options) == 0)
        return false;
    out->type = cursor_u16(options);
    out->value = cursor_part(options, cursor_u16(options));
    return !options->failed;
}

static struct byte_range rest_of(const struct cursor *cursor)
{
    size_t left = cursor_left(cursor);
    return (struct byte_range){left > 0 ? cursor->at : NULL, left};
}

static bool is_zero(const uint8_t *mac)
{
    static const uint8_t zero[MAC_BYTES];
    return memcmp(mac, zero, MAC_BYTES) == 0;
}

/* A relay's options; the message it wraps goes to *inner. Its names stand together, in place of
 * those of the relays around it: an interface of a router beside a modem's name is no line. */
static int read_relay(struct cursor *at, struct line_hint *hint, struct cursor *inner)
{
    struct option_value option;
    struct byte_range circuit_id = {0}, remote_id = {0};
    bool wraps = false;
    while (next_option(at, &option)) {
        switch (option.type) {
        case OPTION_RELAY_MESSAGE:
            *inner = option.value;
            wraps = true;
            break;
        case OPTION_INTERFACE_ID:
            circuit_id = rest_of(&option.value);
            break;
        case OPTION_REMOTE_ID:
            cursor_skip(&option.value, 4); /* the vendor's enterprise number */
            remote_id = rest_of(&option.value);
            break;
        case OPTION_LINK_LAYER:
            if (cursor_u16(&option.value) == HARDWARE_ETHERNET &&
                cursor_left(&option.value) == MAC_BYTES)
                cursor_copy(&option.value, hint->client_mac, MAC_BYTES);
            break;
        default:
            break;
        }
    }
    if (circuit_id.bytes || remote_id.bytes) {
        hint->circuit_id = circuit_id;
        hint->remote_id = remote_id;
    }
    return !at->failed && wraps ? 0 : -EPROTO;
}

/* RFC 4291 appendix A: an interface identifier made of a MAC. */
static void keep_mac_of_address(struct line_hint *hint, const uint8_t *address)
{
    const uint8_t *id = address + 8;
    if (!is_zero(hint->client_mac) || id[3] != 0xff || id[4] != 0xfe)
        return;
    const uint8_t mac[MAC_BYTES] = {id[0] ^ 2, id[1], id[2], id[5], id[6], id[7]};
    memcpy(hint->client_mac, mac, MAC_BYTES);
}

/* DUID-LLT (1) and DUID-LL (3) hold a MAC of the client. */
static void keep_mac_of_duid(struct line_hint *hint, struct cursor duid)
{
    uint16_t type = cursor_u16(&duid);
    uint16_t hardware = cursor_u16(&duid);
    if (type == 1)
        cursor_skip(&duid, 4); /* time */
    if ((type == 1 || type == 3) && hardware == HARDWARE_ETHERNET &&
        cursor_left(&duid) == MAC_BYTES && is_zero(hint->client_mac))
        cursor_copy(&duid, hint->client_mac, MAC_BYTES);
}

/* Addresses and prefixes of one identity association. What has no lifetime left is not his. */
static int read_association(struct cursor options, struct line_hint *hint)
{
    struct option_value option;
    while (next_option(&options, &option)) {
        bool prefix = option.type == OPTION_PREFIX;
        if (!prefix && option.type != OPTION_ADDRESS)
            continue;
        const uint8_t *address = prefix ? NULL : cursor_take(&option.value, 16);
        cursor_skip(&option.value, LIFETIMES_BYTES / 2);
        uint32_t valid_s = cursor_u32(&option.value);
        unsigned bits = prefix ? cursor_u8(&option.value) : 128;
        if (prefix)
            address = cursor_take(&option.value, 16);
        if (option.value.failed || bits > 128)
            return -EPROTO;
        if (valid_s > 0 || hint->event == LINE_EVENT_ENDED)
            line_hint_add_address(hint, 6, bits, address, hint->from_client ? 0 : valid_s);
    }
    return options.failed ? -EPROTO : 0;
}

static int read_client(struct cursor at, struct line_hint *hint, bool leased)
{
    struct option_value option;
    while (next_option(&at, &option)) {
        bool association = option.type == OPTION_IA_NA || option.type == OPTION_IA_PD;
        if (option.type == OPTION_CLIENT_ID)
            keep_mac_of_duid(hint, option.value);
        if (!leased || (!association && option.type != OPTION_IA_TA))
            continue;
        cursor_skip(&option.value, association ? IA_FIXED_BYTES : 4);
        if (option.value.failed || read_association(option.value, hint) < 0)
            return -EPROTO;
    }
    return at.failed ? -EPROTO : 0;
}

int line_hint_read_dhcpv6(const struct packet *packet, struct cursor at, struct line_hint *hint)
{
    unsigned relays = 0;
    uint8_t peer[16] = {0};
    uint8_t type = cursor_u8(&at);
    for (; type == RELAY_FORWARD || type == RELAY_REPLY; type = cursor_u8(&at)) {
        struct cursor inner;
        cursor_skip(&at, 1 + 16);
        cursor_copy(&at, peer, sizeof peer);
        if (at.failed || ++relays > RELAYS_MAX || read_relay(&at, hint, &inner) < 0)
            return -EPROTO;
        at = inner;
    }
    cursor_skip(&at, 3); /* transaction */
    if (at.failed)
        return -EPROTO;
    if (type >= MESSAGES || !messages[type].known)
        return -ENOENT;
    hint->event = messages[type].event;
    hint->relayed = relays > 0;
    hint->from_client = messages[type].from_client;
    if (relays > 0)
        keep_mac_of_address(hint, peer);
    else
        memcpy(hint->client_mac, hint->from_client ? packet->source_mac : packet->destination_mac,
               MAC_BYTES);
    return read_client(at, hint, messages[type].leased);
}
