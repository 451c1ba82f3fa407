/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames shared out among several meters by their VLAN tags, as the kernel shares them among
 * threads: what they counted, merged in any order, is to the byte what one meter reports that was
 * given everything.
 */
#include "probe/meter.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"
#include "tests/support/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S  UINT64_C(1000000000)
#define START_S   UINT64_C(1700000000)
#define SECONDS   6
#define PARTS_MAX 3

static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1, 2, 3};
static struct pseudonym *pseudonym;

static const struct access_rule rules[] = {
    {.vlans = {100, 100, 1, 4095}, .access_node = "OLT-1", .area = "huancui"},
    {.vlans = {1100, 1100, 0, 4095}, .access_node = "OLT-2", .area = "rushan"},
};
static const struct vlan_range suppressed[] = {{100, 100, 1, 10}};
static const char classes[][REPORT_NAME_BYTES] = {"cloud"};
static const struct prefix_class cloud = {
    .prefix = {.ip_version = 4, .bits = 26, .address = {198, 51, 100, 0}}, .class = 1};

static struct meter *new_meter(unsigned parts)
{
    struct meter_options options;
    meter_options_init(&options);
    options.observation_point = "tap-1";
    options.flow.memory_bytes = 8 << 20;
    options.flow.seed = (struct siphash_seed){5, 6};
    options.line.memory_bytes = 1 << 20;
    options.line.rules = rules;
    options.line.rule_count = sizeof rules / sizeof rules[0];
    options.line.suppressed = suppressed;
    options.line.suppressed_count = 1;
    options.line.destinations = (struct line_destination_options){
        .names = classes, .name_count = 1, .prefixes = &cloud, .prefix_count = 1, .line_octets = 1};
    options.line.demand = (struct line_demand_options){.flow_octets = 1};
    options.line.pseudonym = pseudonym;
    options.line.parts = parts;
    struct meter *meter = meter_new(&options);
    assert_non_null(meter);
    return meter;
}

/* The part that a frame falls to: by its tags, or the first. */
static unsigned part_of(const uint8_t *bytes, unsigned parts)
{
    bool tagged = (bytes[12] == 0x88 && bytes[13] == 0xa8) || (bytes[12] == 0x81 && bytes[13] == 0);
    return tagged ? (bytes[15] * 31u + bytes[19]) % parts : 0;
}

static void feed(struct meter *const *meters, unsigned parts, const struct traffic *traffic)
{
    for (size_t i = 0; i < traffic->frame_count; i++) {
        const struct traffic_frame *from = &traffic->frames[i];
        const struct frame frame = {.time_unix_ns = from->time_unix_ns,
                                    .bytes = traffic->bytes + from->offset,
                                    .captured_bytes = from->captured_bytes,
                                    .wire_bytes = from->wire_bytes,
                                    .link_type = LINK_ETHERNET};
        meter_frames(meters[part_of(frame.bytes, parts)], &frame, 1);
    }
}

static struct report *new_report(void)
{
    struct report *report = report_new();
    assert_non_null(report);
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "probe-1");
    report->interval_ms = report->schedule_ms = 60000;
    report->sequence = 1;
    report->interval_start_unix_ns = START_S * NS_PER_S;
    return report;
}

/* Ends the interval in all meters, and merges from the first, or from the last, on. */
static struct report *merged_report(struct meter *const *meters, unsigned parts, bool backwards,
                                    uint64_t end_s)
{
    struct meter_interval *intervals[PARTS_MAX];
    struct report *report = new_report();
    for (unsigned i = 0; i < parts; i++) {
        struct meter *meter = meters[backwards ? parts - 1 - i : i];
        intervals[i] = meter_turn(meter, end_s * NS_PER_S, NULL);
        assert_non_null(intervals[i]);
    }
    assert_int_equal(meter_intervals_merge(intervals, parts), 0);
    assert_int_equal(meter_interval_report(intervals[0], report), 0);
    for (unsigned i = 0; i < parts; i++)
        meter_interval_release(intervals[i]);
    return report;
}

static void assert_same(const struct report *one, const struct report *other)
{
    uint8_t *bytes[2];
    size_t lengths[2];
    assert_int_equal(report_encode(one, &bytes[0], &lengths[0]), 0);
    assert_int_equal(report_encode(other, &bytes[1], &lengths[1]), 0);
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(bytes[0], bytes[1], lengths[0]);
    free(bytes[0]);
    free(bytes[1]);
}

/* The traffic in two intervals, the same frames in both: the second knows flows and lines. */
static void assert_parts_equal_whole(const struct traffic *traffic, unsigned parts, bool backwards)
{
    struct meter *whole = new_meter(1);
    struct meter *meters[PARTS_MAX];
    for (unsigned i = 0; i < parts; i++)
        meters[i] = new_meter(parts);
    for (unsigned interval = 1; interval <= 2; interval++) {
        feed(&whole, 1, traffic);
        feed(meters, parts, traffic);
        struct report *expected = merged_report(&whole, 1, false, START_S + interval * 60);
        struct report *report = merged_report(meters, parts, backwards, START_S + interval * 60);
        assert_int_equal(expected->observations[0].packet_delta_count, traffic->truth.packets);
        assert_true(expected->cell_count > 0);
        assert_same(expected, report);
        report_free(report);
        report_free(expected);
    }
    for (unsigned i = 0; i < parts; i++)
        meter_free(meters[i]);
    meter_free(whole);
}

static void parts_merged_in_any_order_are_what_one_meter_reports(void **state)
{
    (void)state;
    static const enum traffic_kind kinds[] = {TRAFFIC_PPPOE_QINQ, TRAFFIC_DHCP, TRAFFIC_WLAN,
                                              TRAFFIC_MIXED};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct traffic_options made = {.kind = kinds[i],
                                             .lines = 60,
                                             .seconds = SECONDS,
                                             .seed = 7,
                                             .start_unix_s = START_S,
                                             .node = "OLT-1",
                                             .svlan = 100,
                                             .snaplen = 640};
        struct traffic *traffic = traffic_new(&made);
        for (unsigned parts = 2; parts <= PARTS_MAX; parts++) {
            assert_parts_equal_whole(traffic, parts, false);
            assert_parts_equal_whole(traffic, parts, true);
        }
        traffic_free(traffic);
    }
}

/* One subscriber's device in a VLAN, known by its MAC alone. */
static void send_in_vlan(struct meter *meter, unsigned vlan, unsigned packets)
{
    struct packet_builder packet;
    for (unsigned i = 0; i < packets; i++) {
        packet_begin(&packet);
        packet_ethernet(&packet, 0x020000000001, 0x0200000000ff);
        packet_vlan(&packet, 0x8100, vlan);
        packet_ipv4(&packet, i % 2 ? 0x0a000001 : 0xc6336401, i % 2 ? 0xc6336401 : 0x0a000001);
        packet_udp(&packet, i % 2 ? 1024 : 443, i % 2 ? 443 : 1024);
        packet_zeros(&packet, 100);
        packet_finish(&packet);
        if (i % 2 == 0) { /* down: to the subscriber's MAC */
            uint8_t swapped[6];
            memcpy(swapped, packet.bytes, sizeof swapped);
            memcpy(packet.bytes, packet.bytes + 6, sizeof swapped);
            memcpy(packet.bytes + 6, swapped, sizeof swapped);
        }
        const struct frame frame = {.time_unix_ns = (START_S + 1) * NS_PER_S,
                                    .bytes = packet.bytes,
                                    .captured_bytes = (uint32_t)packet.length,
                                    .wire_bytes = (uint32_t)packet.length,
                                    .link_type = LINK_ETHERNET};
        meter_frames(meter, &frame, 1);
    }
}

static void a_line_with_parts_in_two_meters_is_counted_once(void **state)
{
    (void)state;
    struct meter *whole = new_meter(1);
    struct meter *meters[2] = {new_meter(2), new_meter(2)};
    static const unsigned packets[2] = {20, 60};
    for (unsigned i = 0; i < 2; i++) {
        send_in_vlan(whole, 500 + i, packets[i]);
        send_in_vlan(meters[i], 500 + i, packets[i]);
    }
    for (unsigned backwards = 0; backwards < 2; backwards++) {
        uint64_t peak = 0;
        struct report *expected = merged_report(&whole, 1, false, START_S + 60 * (backwards + 1));
        struct report *report = merged_report(meters, 2, backwards, START_S + 60 * (backwards + 1));
        assert_int_equal(expected->cell_count, 1);
        assert_int_equal(report->cell_count, 1);
        const struct report_cell *cell = &report->cells[0];
        assert_int_equal(expected->cells[0].lines_active, 1);
        assert_int_equal(cell->lines_active, 1);
        assert_int_equal(cell->downstream_octets, expected->cells[0].downstream_octets);
        assert_int_equal(cell->upstream_octets, expected->cells[0].upstream_octets);
        assert_int_equal(cell->peak_bits_per_s.count, 1);
        assert_int_equal(histogram_quantile(&cell->peak_bits_per_s, 1, &peak), 0);
        uint64_t busier = packets[1] / 2 * (20 + 8 + 100) * 8;
        assert_int_equal(histogram_bucket(peak), histogram_bucket(busier));
        report_free(report);
        report_free(expected);
        for (unsigned i = 0; i < 2 && !backwards; i++) { /* and in the next interval */
            send_in_vlan(whole, 500 + i, packets[i]);
            send_in_vlan(meters[i], 500 + i, packets[i]);
        }
    }
    for (unsigned i = 0; i < 2; i++)
        meter_free(meters[i]);
    meter_free(whole);
}

static void losses_of_parts_add_up_and_their_errors_as_those_of_independent_samples(void **state)
{
    (void)state;
    struct meter *meters[2] = {new_meter(2), new_meter(2)};
    struct meter_interval *intervals[2];
    const struct meter_losses losses[2] = {
        {.dropped_packets = 3,
         .interface_octets = optional_u64(5000),
         .sampling = REPORT_SAMPLING_PROBABILISTIC,
         .estimate = {80, 8000, 30, 300, 8, 1}},
        {.dropped_packets = 4,
         .failed = true,
         .sampling = REPORT_SAMPLING_PROBABILISTIC,
         .estimate = {120, 9000, 40, 400, 4, 0}},
    };
    send_in_vlan(meters[0], 500, 10);
    send_in_vlan(meters[1], 501, 30);
    for (size_t i = 0; i < 2; i++)
        intervals[i] = meter_turn(meters[i], (START_S + 60) * NS_PER_S, &losses[i]);
    assert_int_equal(meter_intervals_merge(intervals, 2), 0);
    const struct report_observation *o = meter_interval_observation(intervals[0]);
    assert_int_equal(o->packet_delta_count, 40);
    assert_int_equal(o->dropped_packet_delta_count, 7);
    assert_int_equal(o->interface_octets.value, 5000); /* told by one alone */
    assert_true(o->failed);
    assert_int_equal(o->sampling_changes, 1);
    assert_int_equal(o->scaled_packets.value, 200);
    assert_int_equal(o->sampling_interval, 5); /* 200 of 40 */
    assert_int_equal(o->scaled_octets.value, 17000);
    assert_int_equal(o->scaled_packets_error.value, 50);
    assert_int_equal(o->scaled_octets_error.value, 500);
    for (size_t i = 0; i < 2; i++) {
        meter_interval_release(intervals[i]);
        meter_free(meters[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_merged_in_any_order_are_what_one_meter_reports),
        cmocka_unit_test(a_line_with_parts_in_two_meters_is_counted_once),
        cmocka_unit_test(losses_of_parts_add_up_and_their_errors_as_those_of_independent_samples),
    };
    pseudonym = pseudonym_new(key, sizeof key);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    pseudonym_free(pseudonym);
    return status;
}
