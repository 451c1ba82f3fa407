/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is achieved under demand: minutes of the busy hours, their busiest seconds.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"

static struct meter_options demand_options(uint64_t flow_octets)
{
    struct meter_options options = stage_options();
    options.line.demand = (struct line_demand_options){
        .flow_octets = flow_octets, .busy_from_hour = 19, .busy_to_hour = 24};
    return options;
}

/* 10,000 octets in the first second of a minute, 9,000 in the next, ... 1,000 in the tenth. */
static void send_stairs(uint64_t start_s)
{
    for (unsigned second = 0; second < 10; second++)
        for (unsigned i = second; i < 10; i++)
            stage_traffic(CLIENT, CLOUD, false, 1000, start_s + second);
}

static void a_demanding_minute_counts_with_its_fourth_busiest_second(void **state)
{
    (void)state;
    struct meter_options options = demand_options(50000); /* of 55,000 */
    stage_begin(&options);
    send_stairs(EVENING_S);
    struct report *report = stage_collect(EVENING_S + 60);
    const struct histogram *demand = &report->cells[0].demand_bits_per_s;
    uint64_t value = 0;
    assert_int_equal(demand->count, 1);
    assert_int_equal(histogram_quantile(demand, 1, &value), 0);
    assert_int_equal(histogram_bucket(value), histogram_bucket(7000 * 8));
    stage_end(report);
}

static void a_minute_without_demand_or_out_of_busy_hours_does_not_count(void **state)
{
    (void)state;
    static const struct {
        uint64_t start_s, flow_octets, count;
    } cases[] = {
        {EVENING_S, 54999, 1}, {EVENING_S, 55000, 0}, {EVENING_S - 60, 50000, 0},
        {MORNING_S, 50000, 0}, {EVENING_S, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct meter_options options = demand_options(cases[i].flow_octets);
        stage_begin(&options);
        send_stairs(cases[i].start_s);
        struct report *report = stage_collect(cases[i].start_s + 60);
        assert_int_equal(report->cells[0].demand_bits_per_s.count, cases[i].count);
        stage_end(report);
    }
}

/* However the reports are cut: each second counts whole, each minute once. */
static void a_minute_is_the_same_across_intervals(void **state)
{
    (void)state;
    for (unsigned cut_ms = 200; cut_ms < 60000; cut_ms += 1700) {
        struct meter_options options = demand_options(50000);
        stage_begin(&options);
        uint64_t count = 0, next_ms = cut_ms;
        struct histogram all = {0};
        for (unsigned second = 0; second < 10; second++)
            for (unsigned i = second; i < 10; i++) {
                uint64_t at_ms = second * 1000 + (i - second) * 90;
                for (; next_ms <= at_ms; next_ms += cut_ms) {
                    struct report *report = report_new();
                    assert_int_equal(meter_collect(stage.meter, report,
                                                   EVENING_S * NS_PER_S + next_ms * 1000000, NULL),
                                     0);
                    for (size_t k = 0; k < report->cell_count; k++)
                        count += report->cells[k].demand_bits_per_s.count;
                    report_free(report);
                }
                packet_begin(&stage.packet);
                packet_ethernet(&stage.packet, CORE, ROUTER);
                packet_ipv4(&stage.packet, CLOUD, CLIENT);
                packet_udp(&stage.packet, 443, 5000);
                packet_zeros(&stage.packet, 1000 - UDP_BYTES);
                stage_send_as(LINK_ETHERNET, EVENING_S * NS_PER_S + at_ms * 1000000);
            }
        assert_int_equal(count, 0);
        struct report *report = stage_collect(EVENING_S + 60);
        histogram_merge(&all, &report->cells[0].demand_bits_per_s);
        uint64_t value = 0;
        assert_int_equal(all.count, 1);
        assert_int_equal(histogram_quantile(&all, 1, &value), 0);
        assert_int_equal(histogram_bucket(value), histogram_bucket(7000 * 8));
        stage_end(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_demanding_minute_counts_with_its_fourth_busiest_second),
        cmocka_unit_test(a_minute_without_demand_or_out_of_busy_hours_does_not_count),
        cmocka_unit_test(a_minute_is_the_same_across_intervals),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
