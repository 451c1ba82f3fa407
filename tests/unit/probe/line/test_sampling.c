/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a meter reports of sampled frames, and of sampled flows, beside what it reports of all.
 */
#include "probe/meter.h"

#include "common/distinct.h"
#include "probe/capture/selector.h"
#include "probe/flow/flow_selector.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"
#include "tests/support/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define START_S  UINT64_C(1700000000)
#define RUNS     60

static const uint8_t secret[PSEUDONYM_KEY_BYTES] = {1, 2, 3};

static const struct access_rule rule = {.vlans = {100, 100, 1, 4095},
                                        .access_node = "OLT-1",
                                        .area = "huancui",
                                        .technology = TECHNOLOGY_GPON};

struct bench {
    struct traffic *traffic;
    struct pseudonym *pseudonym;
};

static int set_up(void **state)
{
    static struct bench bench;
    const struct traffic_options made = {.kind = TRAFFIC_PPPOE_QINQ,
                                         .lines = 60,
                                         .seconds = 6,
                                         .seed = 7,
                                         .start_unix_s = START_S,
                                         .node = "OLT-1",
                                         .svlan = 100,
                                         .snaplen = 640};
    bench.traffic = traffic_new(&made);
    bench.pseudonym = pseudonym_new(secret, sizeof secret);
    *state = &bench;
    return bench.pseudonym ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    traffic_free(bench->traffic);
    pseudonym_free(bench->pseudonym);
    return 0;
}

static struct meter *meter_for(const struct bench *bench, uint32_t flow_interval, uint64_t seed)
{
    struct meter_options options;
    meter_options_init(&options);
    options.observation_point = "tap-1";
    options.flow.memory_bytes = 8 << 20;
    options.flow.seed = (struct siphash_seed){seed, 6};
    options.flow_sampling_interval = flow_interval;
    options.line.memory_bytes = 1 << 20;
    options.line.rules = &rule;
    options.line.rule_count = 1;
    options.line.pseudonym = bench->pseudonym;
    struct meter *meter = meter_new(&options);
    assert_non_null(meter);
    return meter;
}

static struct frame frame_of(const struct traffic *traffic, size_t number)
{
    const struct traffic_frame *from = &traffic->frames[number];
    return (struct frame){.time_unix_ns = from->time_unix_ns,
                          .bytes = traffic->bytes + from->offset,
                          .captured_bytes = from->captured_bytes,
                          .wire_bytes = from->wire_bytes,
                          .link_type = LINK_ETHERNET};
}

static struct report *collect(struct meter *meter, const struct meter_losses *losses)
{
    struct report *report = report_new();
    assert_non_null(report);
    assert_int_equal(meter_collect(meter, report, (START_S + 60) * NS_PER_S, losses), 0);
    assert_int_equal(report->observation_count, 1);
    return report;
}

/* Feeds what a selector takes whose rate changes halfway. */
static struct report *sampled(const struct bench *bench, const uint32_t intervals[static 2],
                              uint64_t seed)
{
    struct meter *meter = meter_for(bench, 0, 5);
    struct selector selector;
    struct sampling_sum sum = {0};
    size_t count = bench->traffic->frame_count;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || i == count / 2)
            selector_init(&selector, REPORT_SAMPLING_PROBABILISTIC, intervals[i > 0], seed + i);
        if (!selector_takes(&selector))
            continue;
        struct frame frame = frame_of(bench->traffic, i);
        frame.sampling_interval = selector.interval;
        sampling_sum_add(&sum, frame.sampling_interval, frame.wire_bytes);
        meter_frame(meter, &frame);
    }
    struct meter_losses losses = {.sampling = REPORT_SAMPLING_PROBABILISTIC,
                                  .estimate = sampling_sum_estimate(&sum)};
    struct report *report = collect(meter, &losses);
    meter_free(meter);
    return report;
}

static struct report *all_of(const struct bench *bench)
{
    struct meter *meter = meter_for(bench, 0, 5);
    for (size_t i = 0; i < bench->traffic->frame_count; i++) {
        struct frame frame = frame_of(bench->traffic, i);
        meter_frame(meter, &frame);
    }
    struct report *report = collect(meter, NULL);
    meter_free(meter);
    return report;
}

static const struct report_cell *cell_of(const struct report *report)
{
    for (size_t i = 0; i < report->cell_count; i++)
        if (strcmp(report->cells[i].access_node, "OLT-1") == 0)
            return &report->cells[i];
    fail_msg("no cell");
    return NULL;
}

static double octets_of(const struct report *report)
{
    return (double)cell_of(report)->downstream_octets + (double)cell_of(report)->upstream_octets;
}

static void cells_of_sampled_packets_are_unbiased_and_their_lines_not_scaled(void **state)
{
    const struct bench *bench = *state;
    static const uint32_t intervals[] = {2, 8};
    struct report *whole = all_of(bench);
    double mean = 0, squares = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct report *part = sampled(bench, intervals, 7919 * (run + 1));
        double off = octets_of(part) - octets_of(whole);
        mean += off / RUNS;
        squares += off * off / RUNS;
        const struct report_observation *o = &part->observations[0];
        assert_true(cell_of(part)->lines_active <= cell_of(whole)->lines_active);
        assert_true(cell_of(part)->line_pseudonym_count <= cell_of(whole)->line_pseudonym_count);
        assert_int_equal(cell_of(part)->peak_bits_per_s.count, 0);
        assert_true(cell_of(part)->external_rtt_us.count <= cell_of(whole)->external_rtt_us.count);
        assert_int_equal(o->sampling_changes, 1);
        assert_true(o->sampling_interval >= 2 && o->sampling_interval <= 8);
        assert_true(o->packet_delta_count < bench->traffic->truth.packets);
        assert_true(fabs((double)o->scaled_packets.value - (double)bench->traffic->truth.packets) <
                    6 * (double)o->scaled_packets_error.value);
        report_free(part);
    }
    assert_true(squares > 0);
    assert_true(fabs(mean) < 5 * sqrt(squares / RUNS));
    report_free(whole);
}

static void an_interval_of_one_is_as_if_there_were_no_sampling(void **state)
{
    const struct bench *bench = *state;
    static const uint32_t intervals[] = {1, 1};
    struct report *whole = all_of(bench);
    struct report *part = sampled(bench, intervals, 3);
    assert_true(octets_of(part) == octets_of(whole));
    assert_true(cell_of(part)->peak_bits_per_s.count > 0);
    assert_int_equal(cell_of(part)->peak_bits_per_s.count, cell_of(whole)->peak_bits_per_s.count);
    assert_int_equal(part->observations[0].scaled_packets.value, bench->traffic->truth.packets);
    assert_int_equal(part->observations[0].scaled_packets_error.value, 0);
    assert_false(whole->observations[0].scaled_packets.known);
    report_free(part);
    report_free(whole);
}

static struct flow_key turned(const struct flow_key *key)
{
    struct flow_key other = *key;
    memcpy(other.source_address, key->destination_address, sizeof other.source_address);
    memcpy(other.destination_address, key->source_address, sizeof other.destination_address);
    other.source_port = key->destination_port;
    other.destination_port = key->source_port;
    return other;
}

static void all_packets_of_a_selected_flow_are_taken_in_both_directions(void **state)
{
    (void)state;
    struct flow_selector selector;
    unsigned taken = 0;
    flow_selector_init(&selector, 8, &(struct siphash_seed){1, 2});
    enum { FLOWS = 100000 };
    for (uint32_t i = 0; i < FLOWS; i++) {
        struct flow_key flow = {.ip_version = 4, .protocol = 6, .source_port = 443};
        memcpy(flow.source_address, &i, sizeof i);
        flow.destination_address[0] = 10;
        flow.destination_port = (uint16_t)(i * 7);
        struct flow_key back = turned(&flow);
        bool takes = flow_selector_takes(&selector, &flow);
        assert_int_equal(flow_selector_takes(&selector, &back), takes);
        taken += takes;
    }
    double expected = FLOWS / 8.0;
    assert_true(fabs(taken - expected) < 5 * sqrt(expected * 7 / 8));
}

static void sampled_flows_keep_the_observation_exact_and_the_cells_unbiased(void **state)
{
    const struct bench *bench = *state;
    struct report *whole = all_of(bench);
    double mean = 0, squares = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct meter *meter = meter_for(bench, 4, 1000 + run);
        struct meter_totals totals;
        for (size_t i = 0; i < bench->traffic->frame_count; i++) {
            struct frame frame = frame_of(bench->traffic, i);
            meter_frame(meter, &frame);
        }
        meter_totals(meter, &totals);
        assert_int_equal(totals.packets, bench->traffic->truth.packets);
        assert_true(totals.flows.flows_started > 0);
        assert_true(totals.flows.flows_started < bench->traffic->truth.biflows / 2);
        assert_true(totals.unselected_octets > 0 &&
                    totals.unselected_octets < bench->traffic->truth.ip_bytes);
        struct report *part = collect(meter, NULL);
        double off = octets_of(part) - octets_of(whole);
        mean += off / RUNS;
        squares += off * off / RUNS;
        report_free(part);
        meter_free(meter);
    }
    assert_true(squares > 0);
    assert_true(fabs(mean) < 5 * sqrt(squares / RUNS));
    report_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_sampled_packets_are_unbiased_and_their_lines_not_scaled),
        cmocka_unit_test(an_interval_of_one_is_as_if_there_were_no_sampling),
        cmocka_unit_test(all_packets_of_a_selected_flow_are_taken_in_both_directions),
        cmocka_unit_test(sampled_flows_keep_the_observation_exact_and_the_cells_unbiased),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
