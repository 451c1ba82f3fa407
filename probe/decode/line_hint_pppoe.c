/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PPPoE discovery (RFC 2516 section 5 and appendix A) with the access node's tag (TR-101 issue 2,
 *
 */
#include "probe/decode/line_hint_parts.h"

#include <errno.h>

enum pppoe_code { PADI = 0x09, PADR = 0x19, PADO = 0x07, PADS = 0x65, PADT = 0xa7 };
#define TAG_END_OF_LIST     0x0000
#define TAG_VENDOR_SPECIFIC 0x0105
#define VENDOR_ADSL_FORUM   3561

static int read_tags(struct cursor tags, struct line_hint *hint)
{
    while (cursor_left(&tags) > 0) {
        uint16_t type = cursor_u16(&tags);
        struct cursor value = cursor_part(&tags, cursor_u16(&tags));
        if (tags.failed)
            return -EPROTO;
        if (type == TAG_END_OF_LIST)
            return 0;
        if (type == TAG_VENDOR_SPECIFIC && cursor_u32(&value) == VENDOR_ADSL_FORUM &&
            !line_hint_read_sub_options(value, hint))
            return -EPROTO;
    }
    return 0;
}

/* The access node names what comes from a client (TR-101 R-198). Either side may send a PADT, and
 * one without a name says nothing of who has sent it. */
static bool is_named(const struct line_hint *hint)
{
    return hint->circuit_id.bytes || hint->remote_id.bytes;
}

static const struct {
    uint8_t code;
    bool from_client;
    enum line_event event;
} codes[] = {
    {PADI, true, LINE_EVENT_SEEN},  {PADR, true, LINE_EVENT_SEEN},
    {PADO, false, LINE_EVENT_SEEN}, {PADS, false, LINE_EVENT_STARTED},
    {PADT, true, LINE_EVENT_ENDED},
};

int line_hint_read_pppoe(const struct packet *packet, struct cursor at, struct line_hint *hint)
{
    cursor_skip(&at, 1);
    uint8_t code = cursor_u8(&at);
    hint->pppoe_session = cursor_u16(&at);
    struct cursor tags = cursor_part(&at, cursor_u16(&at));
    if (at.failed)
        return -EPROTO;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code != code)
            continue;
        hint->event = codes[i].event;
        hint->from_client = codes[i].from_client;
        memcpy(hint->client_mac, hint->from_client ? packet->source_mac : packet->destination_mac,
               MAC_BYTES);
        int status = read_tags(tags, hint);
        return status == 0 && code == PADT && !is_named(hint) ? -ENOENT : status;
    }
    return -ENOENT;
}
