/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Netlink messages and their attributes (RFC 3549; linux/netlink.h): bounded reading, and the
 * little that is written. Lengths are the sender's: each is asked of what is there. A length that
 * cannot be ends the walk with `failed`. Own code, since a router has no libnl (OpenWrt's is
 * another library) and 16 bytes of head need none. Pure; bytes are borrowed, in this machine's
 * order.
 */
#ifndef LASTMILE_PROBE_NETLINK_MESSAGE_H
#define LASTMILE_PROBE_NETLINK_MESSAGE_H

#include "common/cursor.h"

struct netlink_message {
    uint16_t type, flags;
    uint32_t sequence;
    struct cursor payload;
};

struct netlink_attribute {
    uint16_t type; /* without the bits for "nested" and "network order" */
    const uint8_t *bytes;
    size_t length;
};

/* The next one, or false: at the end, or with `failed` set. */
bool netlink_next_message(struct cursor *in, struct netlink_message *out);
bool netlink_next_attribute(struct cursor *in, struct netlink_attribute *out);

/* The error of an NLMSG_ERROR or NLMSG_DONE: 0 or a negated errno; -EPROTO where it is cut. */
int netlink_error(const struct netlink_message *message);

/* Numbers of an attribute, 0 where it is shorter; be: in network order. */
uint32_t netlink_u32(const struct netlink_attribute *attribute);
uint64_t netlink_be64(const struct netlink_attribute *attribute);
uint16_t netlink_be16(const struct netlink_attribute *attribute);
struct cursor netlink_nested(const struct netlink_attribute *attribute);

/* A message that is being written: begin, put, end. What does not fit is left out and `full`. */
#define NETLINK_REQUEST_BYTES 256
struct netlink_request {
    _Alignas(8) uint8_t bytes[NETLINK_REQUEST_BYTES];
    size_t length;
    bool full;
};
void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags,
                   uint32_t sequence);
void netlink_put(struct netlink_request *request, const void *bytes, size_t length);
void netlink_put_attribute(struct netlink_request *request, uint16_t type, const void *bytes,
                           size_t length);
void netlink_end(struct netlink_request *request);

#endif
