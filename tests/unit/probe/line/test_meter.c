/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Made-up subscribers through decode, flow and line, against what their maker knows.
 */
#include "probe/meter.h"

#include "common/distinct.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"
#include "tests/support/traffic.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define START_S  UINT64_C(1700000000)
#define LINES    60
#define SECONDS  6

static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1, 2, 3};

static const struct access_rule rules[] = {
    {.vlans = {100, 100, 1, 4095},
     .access_node = "OLT-1",
     .area = "huancui",
     .settlement = SETTLEMENT_URBAN,
     .residence = RESIDENCE_RESIDENTIAL,
     .technology = TECHNOLOGY_GPON},
    {.vlans = {1100, 1100, 0, 4095},
     .access_node = "OLT-2",
     .area = "rushan",
     .technology = TECHNOLOGY_ETHERNET},
};

static struct traffic_options made(enum traffic_kind kind)
{
    return (struct traffic_options){.kind = kind,
                                    .lines = LINES,
                                    .seconds = SECONDS,
                                    .seed = 7,
                                    .start_unix_s = START_S,
                                    .node = "OLT-1",
                                    .svlan = 100,
                                    .snaplen = 640};
}

static struct pseudonym *pseudonym;

static struct meter_options options_with_rules(void)
{
    struct meter_options options;
    meter_options_init(&options);
    options.observation_point = "tap-1";
    options.flow.memory_bytes = 8 << 20;
    options.flow.seed = (struct siphash_seed){5, 6};
    options.line.memory_bytes = 1 << 20;
    options.line.rules = rules;
    options.line.rule_count = sizeof rules / sizeof rules[0];
    options.line.pseudonym = pseudonym;
    return options;
}

static void feed(struct meter *meter, const struct traffic *traffic)
{
    for (size_t i = 0; i < traffic->frame_count; i++) {
        const struct traffic_frame *from = &traffic->frames[i];
        struct frame frame = {.time_unix_ns = from->time_unix_ns,
                              .bytes = traffic->bytes + from->offset,
                              .captured_bytes = from->captured_bytes,
                              .wire_bytes = from->wire_bytes,
                              .link_type = LINK_ETHERNET};
        meter_frame(meter, &frame);
    }
    meter_flush(meter);
}

static struct report *collect(struct meter *meter, uint64_t end_s)
{
    struct report *report = report_new();
    assert_non_null(report);
    assert_int_equal(meter_collect(meter, report, end_s * NS_PER_S, NULL), 0);
    return report;
}

static void meter_agrees_with_the_maker_of_the_traffic(void **state)
{
    (void)state;
    for (int kind = TRAFFIC_PPPOE_QINQ; kind <= TRAFFIC_MIXED; kind++) {
        struct traffic_options made_options = made((enum traffic_kind)kind);
        struct traffic *traffic = traffic_new(&made_options);
        struct meter_options options = options_with_rules();
        struct meter *meter = meter_new(&options);
        struct meter_totals totals;
        assert_non_null(meter);
        feed(meter, traffic);
        meter_totals(meter, &totals);
        assert_int_equal(totals.packets, traffic->truth.packets);
        assert_int_equal(totals.outcomes[DECODE_DECODED], traffic->truth.packets);
        assert_int_equal(totals.wire_bytes, traffic->truth.wire_bytes);
        assert_int_equal(totals.ip_packets, traffic->truth.ip_packets);
        assert_int_equal(totals.ip_bytes, traffic->truth.ip_bytes);
        assert_int_equal(totals.flows.flows_started, traffic->truth.biflows);
        assert_int_equal(totals.lines.lines_active, traffic->truth.lines);
        assert_int_equal(totals.lines.octets_unattributed, 0);
        assert_int_equal(totals.tcp_retransmitted, traffic->truth.retransmitted);
        assert_int_equal(meter_rtt_us(meter, METER_RTT_HANDSHAKE)->count,
                         traffic->truth.handshakes);
        meter_free(meter);
        traffic_free(traffic);
    }
}

static void meter_reports_each_octet_of_each_cell(void **state)
{
    (void)state;
    struct traffic_options made_options = made(TRAFFIC_MIXED);
    struct traffic *traffic = traffic_new(&made_options);
    struct meter_options options = options_with_rules();
    struct meter *meter = meter_new(&options);
    uint64_t down = 0, up = 0, lines = 0, users = 0, handshakes = 0;
    feed(meter, traffic);
    struct report *report = collect(meter, START_S + 60);
    assert_int_equal(report->observation_count, 1);
    assert_string_equal(report->observations[0].observation_point, "tap-1");
    assert_int_equal(report->observations[0].packet_delta_count, traffic->truth.packets);
    assert_int_equal(report->cell_count, 3); /* two access nodes, and the WLAN under no rule */
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct report_cell *cell = &report->cells[i];
        down += cell->downstream_octets;
        up += cell->upstream_octets;
        lines += cell->lines_active;
        handshakes += cell->internal_rtt_us.count;
        assert_int_equal(cell->peak_bits_per_s.count, cell->lines_active);
        assert_int_equal(cell->line_pseudonym_count, cell->lines_active);
        if (cell->lines_active == 0) {
            struct distinct *devices = distinct_read(cell->devices, cell->devices_length);
            users += (uint64_t)(distinct_estimate(devices) + 0.5);
            distinct_free(devices);
        } else {
            assert_int_equal(cell->key_kind, LINE_KEY_CIRCUIT);
        }
    }
    assert_int_equal(down, traffic->truth.down_octets);
    assert_int_equal(up, traffic->truth.up_octets);
    assert_int_equal(lines, traffic->truth.lines);
    assert_int_equal(users, traffic->truth.users);
    assert_int_equal(handshakes, traffic->truth.handshakes);
    report_free(report);
    meter_free(meter);
    traffic_free(traffic);
}

static void meter_names_a_line_once_a_day(void **state)
{
    (void)state;
    struct traffic_options made_options = made(TRAFFIC_PPPOE_QINQ);
    struct traffic *traffic = traffic_new(&made_options);
    struct meter_options options = options_with_rules();
    options.flow.idle_timeout_ns = FLOW_NEVER;
    options.flow.active_timeout_ns = FLOW_NEVER;
    struct meter *meter = meter_new(&options);
    static const struct {
        uint64_t end_s;
        size_t new_lines;
    } intervals[] = {{START_S + 60, LINES}, {START_S + 120, 0}, {START_S + 86400, LINES}};
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        feed(meter, traffic);
        struct report *report = collect(meter, intervals[i].end_s);
        assert_int_equal(report->cells[0].lines_active, LINES);
        assert_int_equal(report->cells[0].line_pseudonym_count, intervals[i].new_lines);
        report_free(report);
    }
    struct report *report = collect(meter, START_S + 86460);
    assert_int_equal(report->cell_count, 0); /* nothing went by */
    assert_int_equal(report->observations[0].packet_delta_count, 0);
    report_free(report);
    meter_free(meter);
    traffic_free(traffic);
}

static void meter_gives_a_circuit_the_same_pseudonym_on_every_probe(void **state)
{
    (void)state;
    struct traffic_options made_options = made(TRAFFIC_DHCP);
    uint64_t names[2][LINES];
    for (size_t i = 0; i < 2; i++) {
        struct traffic *traffic = traffic_new(&made_options);
        struct meter_options options = options_with_rules();
        options.flow.seed.k0 += i;
        struct meter *meter = meter_new(&options);
        feed(meter, traffic);
        struct report *report = collect(meter, START_S + 60);
        assert_int_equal(report->cells[0].line_pseudonym_count, LINES);
        memcpy(names[i], report->cells[0].line_pseudonyms, sizeof names[i]);
        report_free(report);
        meter_free(meter);
        traffic_free(traffic);
    }
    assert_memory_equal(names[0], names[1], sizeof names[0]);
}

static void meter_leaves_suppressed_lines_out_and_says_how_many(void **state)
{
    (void)state;
    static const struct vlan_range suppressed[] = {{100, 100, 1, 10}};
    struct traffic_options made_options = made(TRAFFIC_PPPOE_QINQ);
    struct traffic *traffic = traffic_new(&made_options);
    struct meter_options options = options_with_rules();
    options.line.suppressed = suppressed;
    options.line.suppressed_count = 1;
    struct meter *meter = meter_new(&options);
    feed(meter, traffic);
    struct report *report = collect(meter, START_S + 60);
    assert_int_equal(report->suppressed_lines, 10);
    assert_int_equal(report->cells[0].lines_active, LINES - 10);
    assert_int_equal(report->cells[0].line_pseudonym_count, LINES - 10);
    report_free(report);
    meter_free(meter);
    traffic_free(traffic);
}

static void meter_counts_lines_that_found_no_memory(void **state)
{
    (void)state;
    struct traffic_options made_options = made(TRAFFIC_PPPOE_QINQ);
    made_options.lines = 2000;
    made_options.seconds = 1;
    struct traffic *traffic = traffic_new(&made_options);
    struct meter_options options = options_with_rules();
    options.line.memory_bytes = 64 << 10;
    struct meter *meter = meter_new(&options);
    struct meter_totals totals;
    feed(meter, traffic);
    meter_totals(meter, &totals);
    assert_true(totals.lines.lines_known < 2000);
    assert_true(totals.lines.lines_not_stored > 0);
    assert_true(totals.lines.octets_unattributed > 0);
    assert_int_equal(totals.flows.flows_started, traffic->truth.biflows);
    meter_free(meter);
    traffic_free(traffic);
}

static void meter_goes_on_counting_while_an_interval_is_out(void **state)
{
    (void)state;
    struct traffic_options made_options = made(TRAFFIC_PPPOE_QINQ);
    struct traffic *traffic = traffic_new(&made_options);
    struct meter_options options = options_with_rules();
    struct meter *meter = meter_new(&options);
    feed(meter, traffic);
    struct meter_interval *first = meter_turn(meter, (START_S + 60) * NS_PER_S, NULL);
    assert_non_null(first);
    feed(meter, traffic);
    assert_null(meter_turn(meter, (START_S + 120) * NS_PER_S, NULL));
    assert_int_equal(errno, EBUSY);
    meter_interval_release(first);
    struct report *report = collect(meter, START_S + 180);
    assert_int_equal(report->observations[0].packet_delta_count, traffic->truth.packets);
    assert_int_equal(report->cells[0].downstream_octets, traffic->truth.down_octets);
    report_free(report);
    meter_free(meter);
    traffic_free(traffic);
}

static void meter_finds_the_busiest_second_of_a_line(void **state)
{
    (void)state;
    static struct packet_builder packet;
    struct meter_options options = options_with_rules();
    struct meter *meter = meter_new(&options);
    static const unsigned per_second[] = {3, 9, 1};
    for (unsigned s = 0; s < 3; s++)
        for (unsigned i = 0; i < per_second[s]; i++) {
            packet_begin(&packet);
            packet_ethernet(&packet, 2, 1);
            packet_vlan(&packet, 0x88a8, 100);
            packet_vlan(&packet, 0x8100, 7);
            packet_ipv4(&packet, 0xc6336401, 0x0a000001);
            packet_udp(&packet, 443, 5000);
            packet_zeros(&packet, 972); /* 1,000 bytes of IP */
            packet_finish(&packet);
            struct frame frame = {.time_unix_ns = (START_S + s) * NS_PER_S + i,
                                  .bytes = packet.bytes,
                                  .captured_bytes = (uint32_t)packet.length,
                                  .wire_bytes = (uint32_t)packet.length,
                                  .link_type = LINK_ETHERNET};
            meter_frame(meter, &frame);
        }
    struct report *report = collect(meter, START_S + 60);
    uint64_t peak = 0;
    assert_int_equal(report->cells[0].lines_active, 1);
    assert_int_equal(report->cells[0].key_kind, LINE_KEY_VLAN_PAIR);
    assert_int_equal(histogram_quantile(&report->cells[0].peak_bits_per_s, 1, &peak), 0);
    assert_int_equal(histogram_bucket(peak), histogram_bucket(9 * 1000 * 8));
    report_free(report);
    meter_free(meter);
}

static int set_up(void **state)
{
    (void)state;
    pseudonym = pseudonym_new(key, sizeof key);
    return pseudonym ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pseudonym_free(pseudonym);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meter_agrees_with_the_maker_of_the_traffic),
        cmocka_unit_test(meter_reports_each_octet_of_each_cell),
        cmocka_unit_test(meter_names_a_line_once_a_day),
        cmocka_unit_test(meter_gives_a_circuit_the_same_pseudonym_on_every_probe),
        cmocka_unit_test(meter_leaves_suppressed_lines_out_and_says_how_many),
        cmocka_unit_test(meter_counts_lines_that_found_no_memory),
        cmocka_unit_test(meter_goes_on_counting_while_an_interval_is_out),
        cmocka_unit_test(meter_finds_the_busiest_second_of_a_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
