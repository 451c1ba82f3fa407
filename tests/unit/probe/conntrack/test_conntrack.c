/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tracked connections: messages as ctnetlink lays them out, and what is made of counters that grow,
 * begin before us, end, and come late.
 */
#include "probe/conntrack/conntrack_meter.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>

#define NESTED 0x8000

/* ---- messages ---- */

static void put_be64(struct netlink_request *request, uint16_t type, uint64_t value)
{
    const uint32_t halves[2] = {htonl((uint32_t)(value >> 32)), htonl((uint32_t)value)};
    netlink_put_attribute(request, type, halves, sizeof halves);
}

static void put_nested(struct netlink_request *request, uint16_t type,
                       const struct netlink_request *inner)
{
    netlink_put_attribute(request, type | NESTED, inner->bytes, inner->length);
}

static struct netlink_request tuple_of(uint8_t last, uint16_t port)
{
    struct netlink_request ip = {.length = 0};
    struct netlink_request proto = {.length = 0};
    struct netlink_request tuple = {.length = 0};
    const uint8_t source[4] = {100, 64, 0, last};
    const uint8_t destination[4] = {198, 51, 100, 1};
    const uint16_t ports[2] = {htons(port), htons(443)};
    netlink_put_attribute(&ip, CTA_IP_V4_SRC, source, 4);
    netlink_put_attribute(&ip, CTA_IP_V4_DST, destination, 4);
    netlink_put_attribute(&proto, CTA_PROTO_NUM, "\x06", 1);
    netlink_put_attribute(&proto, CTA_PROTO_SRC_PORT, &ports[0], 2);
    netlink_put_attribute(&proto, CTA_PROTO_DST_PORT, &ports[1], 2);
    put_nested(&tuple, CTA_TUPLE_IP, &ip);
    put_nested(&tuple, CTA_TUPLE_PROTO, &proto);
    return tuple;
}

static struct netlink_request connection_message(bool counted)
{
    struct netlink_request request = {.length = 0};
    struct netlink_request tuple = tuple_of(7, 5000);
    struct netlink_request up = {.length = 0};
    struct netlink_request down = {.length = 0};
    const uint32_t id = htonl(0xabcdef01);
    put_be64(&up, CTA_COUNTERS_PACKETS, 10);
    put_be64(&up, CTA_COUNTERS_BYTES, UINT64_C(5000000000));
    put_be64(&down, CTA_COUNTERS_PACKETS, 20);
    put_be64(&down, CTA_COUNTERS_BYTES, 3000);
    put_nested(&request, CTA_TUPLE_ORIG, &tuple);
    if (counted) {
        put_nested(&request, CTA_COUNTERS_ORIG, &up);
        put_nested(&request, CTA_COUNTERS_REPLY, &down);
    }
    netlink_put_attribute(&request, CTA_ID, &id, sizeof id);
    assert_false(request.full);
    return request;
}

static void a_connection_is_read_with_its_ends_and_counters(void **state)
{
    (void)state;
    struct conntrack_flow flow;
    struct netlink_request request = connection_message(true);
    assert_true(conntrack_read_flow(cursor_of(request.bytes, request.length), &flow));
    assert_int_equal(flow.ip_version, 4);
    assert_int_equal(flow.protocol, 6);
    assert_memory_equal(flow.source, "\x64\x40\x00\x07", 4);
    assert_memory_equal(flow.destination, "\xc6\x33\x64\x01", 4);
    assert_int_equal(flow.source_port, 5000);
    assert_int_equal(flow.destination_port, 443);
    assert_int_equal(flow.id, 0xabcdef01);
    assert_true(flow.counted);
    assert_int_equal(flow.octets[CONNTRACK_ORIGINAL], UINT64_C(5000000000));
    assert_int_equal(flow.packets[CONNTRACK_REPLY], 20);
    request = connection_message(false);
    assert_true(conntrack_read_flow(cursor_of(request.bytes, request.length), &flow));
    assert_false(flow.counted); /* and not: 0 octets */
}

static void cut_and_spoilt_messages_are_read_within_their_bounds(void **state)
{
    (void)state;
    const struct netlink_request whole = connection_message(true);
    for (size_t length = 0; length <= whole.length; length++)
        for (unsigned flip = 0; flip < 8 * whole.length; flip += 3) {
            uint8_t *bytes = malloc(length + 1); /* so that the sanitizer knows its end */
            struct conntrack_flow flow;
            assert_non_null(bytes);
            memcpy(bytes, whole.bytes, length);
            if (flip / 8 < length)
                bytes[flip / 8] ^= (uint8_t)(1u << flip % 8);
            (void)conntrack_read_flow(cursor_of(bytes, length), &flow);
            free(bytes);
        }
    struct conntrack_flow flow;
    assert_false(conntrack_read_flow(cursor_of(whole.bytes, whole.length - 1), &flow));
    assert_false(conntrack_read_flow(cursor_of(whole.bytes, 0), &flow));
}

/* ---- counters ---- */

static bool is_inside(const void *ctx, uint8_t ip_version, const uint8_t address[static 16])
{
    (void)ctx;
    return ip_version == 4 && address[0] == 100;
}

static struct conntrack_meter *new_meter(size_t limit)
{
    const struct conntrack_options options = {
        .connections_max = limit, .seed = {1, 2}, .is_inside = is_inside};
    struct conntrack_meter *meter = conntrack_meter_new(&options);
    assert_non_null(meter);
    return meter;
}

static struct conntrack_flow flow_of(uint32_t id, uint64_t up, uint64_t down)
{
    return (struct conntrack_flow){.ip_version = 4,
                                   .protocol = 17,
                                   .source = {100, 64, 0, 1},
                                   .destination = {198, 51, 100, 1},
                                   .id = id,
                                   .counted = true,
                                   .packets = {up / 100, down / 100},
                                   .octets = {up, down}};
}

static void dump(struct conntrack_meter *meter, const struct conntrack_flow *flows, size_t count)
{
    conntrack_meter_begin_dump(meter);
    for (size_t i = 0; i < count; i++)
        conntrack_meter_tell(meter, &flows[i]);
    conntrack_meter_end_dump(meter, true);
}

static void what_was_there_before_us_counts_from_where_it_stood(void **state)
{
    (void)state;
    struct conntrack_meter *meter = new_meter(16);
    struct conntrack_flow flow = flow_of(1, 1000, 9000);
    dump(meter, &flow, 1);
    struct conntrack_counts counts = conntrack_meter_take(meter);
    assert_int_equal(counts.octets, 0);
    assert_int_equal(counts.started, 0);
    flow = flow_of(1, 1500, 10000);
    dump(meter, &flow, 1);
    counts = conntrack_meter_take(meter);
    assert_int_equal(counts.octets, 1500);
    assert_int_equal(counts.packets, 15);
    assert_int_equal(counts.upstream_octets, 500);
    assert_int_equal(counts.downstream_octets, 1000);
    conntrack_meter_free(meter);
}

static void each_octet_counts_once_over_dumps_and_the_end(void **state)
{
    (void)state;
    struct conntrack_meter *meter = new_meter(16);
    uint64_t octets = 0;
    uint64_t ended = 0;
    dump(meter, NULL, 0);
    for (uint64_t total = 100; total <= 700; total += 200) {
        struct conntrack_flow flow = flow_of(1, total, 2 * total);
        if (total < 700)
            dump(meter, &flow, 1);
        else
            conntrack_meter_end(meter, &flow);
        struct conntrack_counts counts = conntrack_meter_take(meter);
        octets += counts.octets;
        ended += counts.ended;
        assert_int_equal(counts.started, total == 100);
    }
    struct conntrack_flow late = flow_of(2, 400, 0); /* between two dumps, begun and over */
    conntrack_meter_end(meter, &late);
    struct conntrack_counts counts = conntrack_meter_take(meter);
    assert_int_equal(octets, 2100);
    assert_int_equal(ended, 1);
    assert_int_equal(counts.octets, 400);
    assert_int_equal(counts.started, 1);
    assert_int_equal(counts.ended, 1);
    conntrack_meter_free(meter);
}

static void who_ends_just_after_a_dump_without_it_is_not_counted_twice(void **state)
{
    (void)state;
    struct conntrack_meter *meter = new_meter(16);
    struct conntrack_flow flow = flow_of(1, 1000, 0);
    dump(meter, NULL, 0);
    dump(meter, &flow, 1);
    dump(meter, NULL, 0); /* it is gone, and its end has not been told yet */
    flow = flow_of(1, 1200, 0);
    conntrack_meter_end(meter, &flow);
    struct conntrack_counts counts = conntrack_meter_take(meter);
    assert_int_equal(counts.octets, 1200);
    assert_int_equal(counts.vanished, 0);
    conntrack_meter_free(meter);
}

static void who_vanishes_is_told_apart_from_who_ends(void **state)
{
    (void)state;
    struct conntrack_meter *meter = new_meter(16);
    struct conntrack_flow flows[] = {flow_of(1, 100, 0), flow_of(2, 100, 0), flow_of(3, 100, 0)};
    dump(meter, flows, 3);
    dump(meter, flows, 1);
    conntrack_meter_begin_dump(meter);
    conntrack_meter_end_dump(meter, false); /* a dump that was cut says nothing of them */
    assert_int_equal(conntrack_meter_take(meter).vanished, 0);
    dump(meter, flows, 1);
    assert_int_equal(conntrack_meter_take(meter).vanished, 2);
    dump(meter, flows, 1);
    assert_int_equal(conntrack_meter_take(meter).vanished, 0);
    conntrack_meter_free(meter);
}

static void beyond_the_limit_connections_count_at_their_end(void **state)
{
    (void)state;
    struct conntrack_meter *meter = new_meter(2);
    struct conntrack_flow flows[] = {flow_of(1, 100, 0), flow_of(2, 100, 0), flow_of(3, 100, 0)};
    dump(meter, NULL, 0);
    dump(meter, flows, 3);
    struct conntrack_counts counts = conntrack_meter_take(meter);
    assert_int_equal(counts.crowded, 1);
    assert_int_equal(counts.octets, 200);
    for (size_t i = 0; i < 3; i++) {
        flows[i].octets[0] = 500;
        conntrack_meter_end(meter, &flows[i]);
    }
    assert_int_equal(conntrack_meter_take(meter).octets, 1300);
    conntrack_meter_free(meter);
}

static void counters_that_are_missing_are_told(void **state)
{
    (void)state;
    struct conntrack_meter *meter = new_meter(16);
    struct conntrack_flow flow = flow_of(1, 0, 0);
    flow.counted = false;
    dump(meter, &flow, 1);
    assert_int_equal(conntrack_meter_take(meter).uncounted, 1);
    conntrack_meter_free(meter);
    assert_null(conntrack_meter_new(&(struct conntrack_options){.connections_max = 0}));
    assert_int_equal(errno, EINVAL);
}

/* A thousand that come and go at random, against a plain sum. */
static void many_that_come_and_go_add_up(void **state)
{
    (void)state;
    static uint64_t totals[1000];
    struct conntrack_meter *meter = new_meter(1000);
    uint64_t expected = 0;
    uint64_t counted = 0;
    uint64_t random = 88172645463325252u;
    memset(totals, 0, sizeof totals);
    dump(meter, NULL, 0);
    for (unsigned round = 0; round < 200; round++) {
        conntrack_meter_begin_dump(meter);
        for (uint32_t id = 0; id < 1000; id++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            totals[id] += random % 1500;
            expected += random % 1500;
            struct conntrack_flow flow = flow_of(id, totals[id], 0);
            if (random % 11 == 0) {
                conntrack_meter_end(meter, &flow);
                totals[id] = 0; /* and a new one begins under the same name */
            } else {
                conntrack_meter_tell(meter, &flow);
            }
        }
        conntrack_meter_end_dump(meter, true);
        counted += conntrack_meter_take(meter).octets;
    }
    assert_int_equal(counted, expected);
    conntrack_meter_free(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_read_with_its_ends_and_counters),
        cmocka_unit_test(cut_and_spoilt_messages_are_read_within_their_bounds),
        cmocka_unit_test(what_was_there_before_us_counts_from_where_it_stood),
        cmocka_unit_test(each_octet_counts_once_over_dumps_and_the_end),
        cmocka_unit_test(who_ends_just_after_a_dump_without_it_is_not_counted_twice),
        cmocka_unit_test(who_vanishes_is_told_apart_from_who_ends),
        cmocka_unit_test(beyond_the_limit_connections_count_at_their_end),
        cmocka_unit_test(counters_that_are_missing_are_told),
        cmocka_unit_test(many_that_come_and_go_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
