/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/netlink/message.h"

#include <errno.h>

#define ALIGNED(length) (((length) + 3) & ~(size_t)3)
#define HEAD_BYTES      16
#define TYPE_MASK       0x3fff /* NLA_TYPE_MASK */
#define FLAG_REQUEST    1      /* NLM_F_REQUEST */

/* The head of something that says its own length, which counts the head. */
static bool take(struct cursor *in, size_t length, size_t head, struct cursor *out)
{
    if (length < head || length > cursor_left(in)) {
        in->failed = true;
        return false;
    }
    *out = cursor_part(in, length);
    cursor_skip(out, head);
    size_t padding = ALIGNED(length) - length;
    cursor_skip(in, padding < cursor_left(in) ? padding : cursor_left(in)); /* none at the end */
    return true;
}

bool netlink_next_message(struct cursor *in, struct netlink_message *out)
{
    struct {
        uint32_t length;
        uint16_t type, flags;
        uint32_t sequence, port;
    } head;
    _Static_assert(sizeof head == HEAD_BYTES, "as the kernel has it");
    if (cursor_left(in) == 0)
        return false;
    if (cursor_left(in) < sizeof head) {
        in->failed = true;
        return false;
    }
    memcpy(&head, in->at, sizeof head);
    out->type = head.type;
    out->flags = head.flags;
    out->sequence = head.sequence;
    return take(in, head.length, sizeof head, &out->payload);
}

bool netlink_next_attribute(struct cursor *in, struct netlink_attribute *out)
{
    uint16_t head[2];
    struct cursor value;
    if (cursor_left(in) == 0)
        return false;
    if (cursor_left(in) < sizeof head) {
        in->failed = true;
        return false;
    }
    memcpy(head, in->at, sizeof head);
    if (!take(in, head[0], sizeof head, &value))
        return false;
    out->type = head[1] & TYPE_MASK;
    out->bytes = value.at;
    out->length = cursor_left(&value);
    return true;
}

int netlink_error(const struct netlink_message *message)
{
    struct cursor payload = message->payload;
    int32_t code = 0;
    if (cursor_left(&payload) < sizeof code)
        return -EPROTO;
    memcpy(&code, payload.at, sizeof code);
    return code > 0 || code < -4095 ? -EPROTO : code;
}

uint32_t netlink_u32(const struct netlink_attribute *attribute)
{
    uint32_t value = 0;
    if (attribute->length >= sizeof value)
        memcpy(&value, attribute->bytes, sizeof value);
    return value;
}

uint64_t netlink_be64(const struct netlink_attribute *attribute)
{
    struct cursor in = netlink_nested(attribute);
    return cursor_u64(&in);
}

uint16_t netlink_be16(const struct netlink_attribute *attribute)
{
    struct cursor in = netlink_nested(attribute);
    return cursor_u16(&in);
}

struct cursor netlink_nested(const struct netlink_attribute *attribute)
{
    return cursor_of(attribute->bytes, attribute->length);
}

void netlink_put(struct netlink_request *request, const void *bytes, size_t length)
{
    if (length > sizeof request->bytes - request->length) {
        request->full = true;
        return;
    }
    memcpy(request->bytes + request->length, bytes, length);
    request->length = ALIGNED(request->length + length); /* a multiple of 4, as the room is */
}

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags,
                   uint32_t sequence)
{
    const uint16_t kind[2] = {type, (uint16_t)(flags | FLAG_REQUEST)};
    const uint32_t zero = 0;
    memset(request, 0, sizeof *request);
    netlink_put(request, &zero, sizeof zero); /* the length, at the end */
    netlink_put(request, kind, sizeof kind);
    netlink_put(request, &sequence, sizeof sequence);
    netlink_put(request, &zero, sizeof zero);
}

void netlink_put_attribute(struct netlink_request *request, uint16_t type, const void *bytes,
                           size_t length)
{
    const uint16_t head[2] = {(uint16_t)(length + sizeof head), type};
    netlink_put(request, head, sizeof head);
    netlink_put(request, bytes, length);
}

void netlink_end(struct netlink_request *request)
{
    uint32_t length = (uint32_t)request->length;
    memcpy(request->bytes, &length, sizeof length);
}
