/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where traffic goes: octets, lines and round trips by class of destination, by hand-made numbers
 * and beside the maker of the traffic.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"
#include "tests/support/traffic.h"

#include <string.h>

static const char class_names[][REPORT_NAME_BYTES] = {"cloud", "cloud-weihai"};
static const struct prefix_class prefixes[] = {
    {{4, 16, {198, 51}}, 1},
    {{4, 24, {198, 51, 100}}, 2},
};
/* TRAFFIC_CLOUD_IPV4, TRAFFIC_CLOUD_IPV6 */
static const struct prefix_class cloud_of_the_maker[] = {
    {{4, 26, {198, 51, 100}}, 1},
    {{6, 122, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x50}}, 1},
};

static const struct report_destination *find_class(const struct report_cell *cell, const char *name)
{
    for (size_t i = 0; i < cell->destination_count; i++)
        if (strcmp(cell->destinations[i].name, name) == 0)
            return &cell->destinations[i];
    return NULL;
}

static struct meter_options destination_options(void)
{
    struct meter_options options = stage_options();
    options.line.destinations = (struct line_destination_options){
        .names = class_names,
        .name_count = 2,
        .prefixes = prefixes,
        .prefix_count = 2,
        .line_octets = 3000,
    };
    return options;
}

/* Lines of the class in a minute in which these octets came from it. */
static uint64_t lines_after(unsigned octets, uint64_t time_s)
{
    stage_traffic(CLIENT, CLOUD, false, octets, time_s);
    struct report *report = stage_collect(time_s + 60);
    uint64_t lines = find_class(&report->cells[0], "cloud-weihai")->lines;
    report_free(report);
    return lines;
}

static void tcp(uint32_t server, bool up, unsigned flags, uint64_t time_ns)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, up ? ROUTER : CORE, up ? CORE : ROUTER);
    packet_ipv4(&stage.packet, up ? CLIENT : server, up ? server : CLIENT);
    packet_tcp(&stage.packet, &(struct packet_tcp){.source = up ? 5000 : 443,
                                                   .destination = up ? 443 : 5000,
                                                   .sequence = up ? 100 : 200,
                                                   .acknowledgement = up ? 201 : 101,
                                                   .flags = flags});
    stage_send_as(LINK_ETHERNET, time_ns);
}

static void feed(const struct traffic *made)
{
    for (size_t i = 0; i < made->frame_count; i++) {
        const struct traffic_frame *from = &made->frames[i];
        struct frame frame = {.time_unix_ns = from->time_unix_ns,
                              .bytes = made->bytes + from->offset,
                              .captured_bytes = from->captured_bytes,
                              .wire_bytes = from->wire_bytes,
                              .link_type = LINK_ETHERNET};
        meter_frame(stage.meter, &frame);
    }
}

static void octets_are_told_apart_by_where_they_go(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    stage_begin(&options);
    stage_traffic(CLIENT, CLOUD, false, 1000, MORNING_S);
    stage_traffic(CLIENT, CLOUD, true, 300, MORNING_S);
    stage_traffic(CLIENT, 0xc6330001, true, 70, MORNING_S); /* in the /16 alone */
    stage_traffic(CLIENT, ELSEWHERE, false, 500, MORNING_S);
    struct report *report = stage_collect(MORNING_S + 60);
    const struct report_cell *cell = &report->cells[0];
    assert_int_equal(cell->destination_count, 3);
    assert_int_equal(find_class(cell, "cloud-weihai")->downstream_octets, 1000);
    assert_int_equal(find_class(cell, "cloud-weihai")->upstream_octets, 300);
    assert_int_equal(find_class(cell, "cloud")->upstream_octets, 70);
    assert_int_equal(find_class(cell, "other")->downstream_octets, 500);
    assert_int_equal(cell->downstream_octets, 1500);
    report_free(report);
    report = stage_collect(MORNING_S + 120);
    assert_int_equal(report->cell_count, 0); /* all cleared */
    stage_end(report);
}

static void a_line_uses_a_class_once_a_month_from_its_threshold_on(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    options.line.line_idle_ns = 0;
    stage_begin(&options);
    assert_int_equal(lines_after(1400, MORNING_S), 0);
    assert_int_equal(lines_after(1400, MORNING_S + 60), 0);
    assert_int_equal(lines_after(1400, MORNING_S + 120), 1);
    assert_int_equal(lines_after(1400, MORNING_S + 180), 0);
    uint64_t next_month = MORNING_S + 20 * 86400;
    report_free(stage_collect(next_month - 60));
    assert_int_equal(lines_after(1400, next_month), 0);
    assert_int_equal(lines_after(1400, next_month + 60), 0);
    assert_int_equal(lines_after(1400, next_month + 120), 1);
    meter_free(stage.meter);
}

static void round_trips_are_told_apart_by_where_they_go(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    stage_begin(&options);
    uint64_t t = MORNING_S * NS_PER_S;
    static const uint32_t servers[] = {CLOUD, ELSEWHERE};
    static const uint64_t external_ms[] = {7, 90};
    for (size_t i = 0; i < 2; i++) {
        tcp(servers[i], true, 0x02, t);
        tcp(servers[i], false, 0x12, t + external_ms[i] * 1000000);
        tcp(servers[i], true, 0x10, t + external_ms[i] * 1000000 + 3000000);
    }
    struct report *report = stage_collect(MORNING_S + 60);
    const char *const names[] = {"cloud-weihai", "other"};
    for (size_t i = 0; i < 2; i++) {
        const struct report_destination *to = find_class(&report->cells[0], names[i]);
        uint64_t p50 = 0;
        assert_int_equal(to->external_rtt_us.count, 1);
        assert_int_equal(to->internal_rtt_us.count, 1);
        assert_int_equal(histogram_quantile(&to->external_rtt_us, 0.5, &p50), 0);
        assert_int_equal(histogram_bucket(p50), histogram_bucket(external_ms[i] * 1000));
    }
    assert_int_equal(report->cells[0].external_rtt_us.count, 2);
    stage_end(report);
}

static void lines_and_clouds_agree_with_the_maker_of_the_traffic(void **state)
{
    (void)state;
    for (int kind = TRAFFIC_PPPOE_QINQ; kind <= TRAFFIC_RADIUS; kind++) {
        struct traffic_options made_options = {.kind = (enum traffic_kind)kind,
                                               .lines = 40,
                                               .seconds = 6,
                                               .seed = 3,
                                               .start_unix_s = MORNING_S,
                                               .node = "OLT-1",
                                               .svlan = 100};
        struct traffic *made = traffic_new(&made_options);
        struct meter_options options = destination_options();
        options.line.destinations.prefixes = cloud_of_the_maker;
        stage_begin(&options);
        feed(made);
        struct report *report = stage_collect(MORNING_S + 60);
        uint64_t down = 0, up = 0, lines = 0, accounted[2] = {0}, all_down = 0;
        for (size_t i = 0; i < report->cell_count; i++) {
            const struct report_cell *cell = &report->cells[i];
            const struct report_destination *cloud = find_class(cell, "cloud");
            down += cloud ? cloud->downstream_octets : 0;
            up += cloud ? cloud->upstream_octets : 0;
            lines += cell->lines_active;
            all_down += cell->downstream_octets;
            accounted[0] += cell->accounted_downstream_octets.value;
            accounted[1] += cell->accounted_upstream_octets.value;
        }
        assert_int_equal(stage_unattributed(), made->truth.control_octets);
        assert_int_equal(lines, made->truth.lines);
        assert_int_equal(all_down, made->truth.down_octets);
        assert_int_equal(down, made->truth.cloud_down_octets);
        assert_int_equal(up, made->truth.cloud_up_octets);
        assert_int_equal(accounted[0], made->truth.accounted_down_octets);
        assert_int_equal(accounted[1], made->truth.accounted_up_octets);
        stage_end(report);
        traffic_free(made);
    }
}

/* By its MAC, in a shared VLAN. */
static uint64_t lines_after_traffic_of(uint64_t mac, unsigned octets, uint64_t time_s)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, CORE, mac);
    packet_vlan(&stage.packet, 0x8100, 100);
    packet_ipv4(&stage.packet, CLOUD, CLIENT + (uint32_t)(mac & 0xff));
    packet_udp(&stage.packet, 443, 5000);
    packet_zeros(&stage.packet, octets - UDP_BYTES);
    stage_send(time_s);
    struct report *report = stage_collect(time_s + 60);
    const struct report_destination *class = find_class(&report->cells[0], "cloud-weihai");
    uint64_t lines = class ? class->lines : 0;
    report_free(report);
    return lines;
}

static void a_line_in_the_place_of_a_forgotten_one_begins_its_month_with_nothing(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    stage_begin(&options);
    assert_int_equal(lines_after_traffic_of(ROUTER, 2000, MORNING_S), 0);
    report_free(stage_collect(MORNING_S + 2 * 86400));
    assert_int_equal(lines_after_traffic_of(ROUTER + 7, 2000, MORNING_S + 2 * 86400 + 60), 0);
    assert_int_equal(lines_after_traffic_of(ROUTER + 7, 1000, MORNING_S + 2 * 86400 + 180), 1);
    stage_end(NULL);
}

static void name(uint64_t mac, uint64_t time_s)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, mac, CORE);
    packet_vlan(&stage.packet, 0x8100, 100);
    packet_pppoe_discovery(&stage.packet, 0x19, 0);
    packet_tag_tr101(&stage.packet, "OLT-1 eth 1", NULL);
    stage_send(time_s);
}

/* Two clients turn out to be behind one circuit: what either has had is the line's. */
static void lines_that_become_one_reach_a_class_once_and_with_all_their_octets(void **state)
{
    (void)state;
    for (unsigned reached = 0; reached < 2; reached++) {
        struct meter_options options = destination_options();
        stage_begin(&options);
        name(ROUTER, MORNING_S);
        assert_int_equal(lines_after_traffic_of(ROUTER, 1000, MORNING_S), 0);
        assert_int_equal(lines_after_traffic_of(ROUTER + 7, reached ? 3000 : 1500, MORNING_S + 60),
                         reached);
        name(ROUTER + 7, MORNING_S + 120);
        assert_int_equal(lines_after_traffic_of(ROUTER, reached ? 3000 : 1000, MORNING_S + 121),
                         !reached);
        stage_end(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_are_told_apart_by_where_they_go),
        cmocka_unit_test(a_line_uses_a_class_once_a_month_from_its_threshold_on),
        cmocka_unit_test(round_trips_are_told_apart_by_where_they_go),
        cmocka_unit_test(lines_and_clouds_agree_with_the_maker_of_the_traffic),
        cmocka_unit_test(a_line_in_the_place_of_a_forgotten_one_begins_its_month_with_nothing),
        cmocka_unit_test(lines_that_become_one_reach_a_class_once_and_with_all_their_octets),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
