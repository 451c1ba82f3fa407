/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/conntrack/conntrack_answers.h"

#include <linux/netfilter/nfnetlink_conntrack.h>

#define IPV4_BYTES 4
#define IPV6_BYTES 16

static void read_addresses(struct cursor in, struct conntrack_flow *out, bool *malformed)
{
    struct netlink_attribute attribute;
    while (netlink_next_attribute(&in, &attribute)) {
        bool source = attribute.type == CTA_IP_V4_SRC || attribute.type == CTA_IP_V6_SRC;
        bool is4 = attribute.type == CTA_IP_V4_SRC || attribute.type == CTA_IP_V4_DST;
        bool is6 = attribute.type == CTA_IP_V6_SRC || attribute.type == CTA_IP_V6_DST;
        if (attribute.length != (is4 ? IPV4_BYTES : IPV6_BYTES) || (!is4 && !is6))
            continue;
        memcpy(source ? out->source : out->destination, attribute.bytes, attribute.length);
        out->ip_version = is4 ? 4 : 6;
    }
    *malformed |= in.failed;
}

static void read_protocol(struct cursor in, struct conntrack_flow *out, bool *malformed)
{
    struct netlink_attribute attribute;
    while (netlink_next_attribute(&in, &attribute)) {
        if (attribute.type == CTA_PROTO_NUM && attribute.length >= 1)
            out->protocol = attribute.bytes[0];
        if (attribute.type == CTA_PROTO_SRC_PORT)
            out->source_port = netlink_be16(&attribute);
        if (attribute.type == CTA_PROTO_DST_PORT)
            out->destination_port = netlink_be16(&attribute);
    }
    *malformed |= in.failed;
}

static void read_tuple(struct cursor in, struct conntrack_flow *out, bool *malformed)
{
    struct netlink_attribute attribute;
    while (netlink_next_attribute(&in, &attribute)) {
        if (attribute.type == CTA_TUPLE_IP)
            read_addresses(netlink_nested(&attribute), out, malformed);
        if (attribute.type == CTA_TUPLE_PROTO)
            read_protocol(netlink_nested(&attribute), out, malformed);
    }
    *malformed |= in.failed;
}

static void read_counters(struct cursor in, enum conntrack_way way, struct conntrack_flow *out,
                          bool *malformed)
{
    struct netlink_attribute attribute;
    while (netlink_next_attribute(&in, &attribute)) {
        if (attribute.type == CTA_COUNTERS_PACKETS)
            out->packets[way] = netlink_be64(&attribute);
        if (attribute.type == CTA_COUNTERS_BYTES)
            out->octets[way] = netlink_be64(&attribute);
        out->counted = true;
    }
    *malformed |= in.failed;
}

bool conntrack_read_flow(struct cursor attributes, struct conntrack_flow *out)
{
    struct netlink_attribute attribute;
    bool malformed = false;
    memset(out, 0, sizeof *out);
    while (netlink_next_attribute(&attributes, &attribute)) {
        struct cursor nested = netlink_nested(&attribute);
        switch (attribute.type) {
        case CTA_TUPLE_ORIG:
            read_tuple(nested, out, &malformed);
            break;
        case CTA_COUNTERS_ORIG:
            read_counters(nested, CONNTRACK_ORIGINAL, out, &malformed);
            break;
        case CTA_COUNTERS_REPLY:
            read_counters(nested, CONNTRACK_REPLY, out, &malformed);
            break;
        case CTA_ID:
            out->id = cursor_u32(&nested);
            break;
        default:
            break;
        }
    }
    return !attributes.failed && !malformed && out->ip_version != 0;
}
