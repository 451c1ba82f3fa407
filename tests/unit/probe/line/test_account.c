/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is counted of lines beside octets, by hand-made numbers: whose an address is by RADIUS
 * accounting, where traffic goes, what is achieved under demand, which networks may be named.
 */
#include "common/distinct.h"
#include "probe/meter.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/control_builder.h"
#include "tests/support/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S  UINT64_C(1000000000)
#define MORNING_S UINT64_C(1699999980)          /* 06:13:00 in the city, a whole minute */
#define EVENING_S (MORNING_S - 780 + 13 * 3600) /* 19:00:00 */
#define ROUTER    0x02000000aa01
#define CORE      0x02000000aa02
#define CLIENT    0x64400002 /* 100.64.0.2 */
#define CLOUD     0xc6336401
#define ELSEWHERE 0x08080808
#define UDP_BYTES 28 /* IPv4 and UDP headers */

static struct pseudonym *pseudonym;
static struct packet_builder packet;
static struct meter *meter;

static const struct access_rule routed[] = {
    {.vlans = {0, 0, 0, 0}, .access_node = "bras-1", .area = "371002", .routed = true},
};
static const char class_names[][REPORT_NAME_BYTES] = {"cloud", "cloud-weihai"};
static const struct prefix_class prefixes[] = {
    {{4, 16, {198, 51}}, 1},
    {{4, 24, {198, 51, 100}}, 2},
};
static const char public_ssids[][SSID_BYTES_MAX + 1] = {"weihai-free"};

static struct meter_options base_options(void)
{
    struct meter_options options;
    meter_options_init(&options);
    options.observation_point = "tap-1";
    options.flow.memory_bytes = 1 << 20;
    options.line.memory_bytes = 1 << 20;
    options.line.pseudonym = pseudonym;
    options.line.accounting.session_limit = 100;
    return options;
}

static void begin(const struct meter_options *options)
{
    meter = meter_new(options);
    assert_non_null(meter);
}

static void send_as(enum link_type link, uint64_t time_unix_ns)
{
    packet_finish(&packet);
    struct frame frame = {.time_unix_ns = time_unix_ns,
                          .bytes = packet.bytes,
                          .captured_bytes = (uint32_t)packet.length,
                          .wire_bytes = (uint32_t)packet.length,
                          .link_type = link};
    meter_frame(meter, &frame);
}

static void send(uint64_t time_s)
{
    send_as(LINK_ETHERNET, time_s * NS_PER_S);
}

static void record(const struct packet_radius *radius, uint64_t time_s)
{
    packet_begin(&packet);
    packet_ethernet(&packet, 0x020000000101, 0x020000000102);
    packet_vlan(&packet, 0x8100, 999);
    packet_ipv4(&packet, 0xc0000201, 0xc0000202);
    packet_udp(&packet, 40000, 1813);
    packet_radius(&packet, radius);
    send(time_s);
}

/* `bytes` of IP to a client, or from him. */
static void traffic(uint32_t client, uint32_t server, bool up, unsigned bytes, uint64_t time_s)
{
    packet_begin(&packet);
    packet_ethernet(&packet, up ? ROUTER : CORE, up ? CORE : ROUTER);
    packet_ipv4(&packet, up ? client : server, up ? server : client);
    packet_udp(&packet, up ? 5000 : 443, up ? 443 : 5000);
    packet_zeros(&packet, bytes - UDP_BYTES);
    send(time_s);
}

static struct report *collect(uint64_t end_s)
{
    struct report *report = report_new();
    assert_non_null(report);
    assert_int_equal(meter_collect(meter, report, end_s * NS_PER_S, NULL), 0);
    return report;
}

static const struct report_cell *find_cell(const struct report *report, const char *node)
{
    for (size_t i = 0; i < report->cell_count; i++)
        if (strcmp(report->cells[i].access_node, node) == 0)
            return &report->cells[i];
    return NULL;
}

static struct meter_options bras_options(void)
{
    struct meter_options options = base_options();
    options.line.rules = routed;
    options.line.rule_count = 1;
    return options;
}

static void end(struct report *report)
{
    report_free(report);
    meter_free(meter);
}

static void an_address_belongs_to_the_line_that_radius_says(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    begin(&options);
    record(&(struct packet_radius){.status = 1,
                                   .session = "1",
                                   .nas = "n",
                                   .user = "alice",
                                   .circuit = "OLT-1 1",
                                   .address = CLIENT},
           MORNING_S);
    record(
        &(struct packet_radius){
            .status = 1, .session = "2", .nas = "n", .user = "bob", .address = CLIENT + 1},
        MORNING_S);
    traffic(CLIENT, ELSEWHERE, false, 1000, MORNING_S + 1);
    traffic(CLIENT + 1, ELSEWHERE, true, 500, MORNING_S + 1);
    traffic(CLIENT + 2, ELSEWHERE, true, 100, MORNING_S + 1); /* nobody's */
    struct meter_totals totals;
    meter_totals(meter, &totals);
    assert_int_equal(totals.lines.sessions_active, 2);
    struct report *report = collect(MORNING_S + 60);
    const struct report_cell *cell = find_cell(report, "bras-1");
    assert_non_null(cell);
    assert_int_equal(cell->lines_active, 2);
    assert_int_equal(cell->downstream_octets, 1000);
    assert_int_equal(cell->upstream_octets, 500);
    assert_int_equal(cell->key_kind, LINE_KEY_ACCOUNT); /* the weaker of both */
    end(report);
}

static void a_line_is_known_by_its_circuit_on_every_path(void **state)
{
    (void)state;
    uint64_t names[2];
    for (unsigned i = 0; i < 2; i++) {
        struct meter_options options = bras_options();
        begin(&options);
        record(&(struct packet_radius){.status = 1,
                                       .session = "1",
                                       .nas = i ? "m" : "n",
                                       .user = i ? "alice" : "bob",
                                       .circuit = "OLT-1 1",
                                       .port_id = i ? "port" : NULL,
                                       .address = CLIENT},
               MORNING_S);
        traffic(CLIENT, ELSEWHERE, false, 1000, MORNING_S + 1);
        struct report *report = collect(MORNING_S + 60);
        const struct report_cell *cell = find_cell(report, "bras-1");
        assert_int_equal(cell->key_kind, LINE_KEY_CIRCUIT);
        assert_int_equal(cell->line_pseudonym_count, 1);
        names[i] = cell->line_pseudonyms[0];
        end(report);
    }
    assert_true(names[0] == names[1]);
    assert_true(names[0] == pseudonym_of(pseudonym, LINE_KEY_CIRCUIT, "OLT-1 1", 7));
}

static void ports_of_two_nas_are_two_lines_unless_they_are_ignored(void **state)
{
    (void)state;
    static const uint64_t lines[] = {2, 1}; /* one account */
    for (unsigned ignored = 0; ignored < 2; ignored++) {
        struct meter_options options = bras_options();
        options.line.accounting.ignore_port_id = ignored != 0;
        begin(&options);
        for (unsigned i = 0; i < 2; i++) {
            record(&(struct packet_radius){.status = 1,
                                           .session = "1",
                                           .nas = i ? "m" : "n",
                                           .user = "alice",
                                           .port_id = "eth 0/1:7",
                                           .address = CLIENT + i},
                   MORNING_S);
            traffic(CLIENT + i, ELSEWHERE, false, 1000, MORNING_S + 1);
        }
        struct report *report = collect(MORNING_S + 60);
        assert_int_equal(find_cell(report, "bras-1")->lines_active, lines[ignored]);
        end(report);
    }
}

static void a_delegated_prefix_leads_to_its_line(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    begin(&options);
    /* packet_ipv6's addresses lie in 2001:db8::/64; that network is delegated. */
    record(&(struct packet_radius){.status = 1,
                                   .session = "1",
                                   .nas = "n",
                                   .user = "alice",
                                   .prefix = UINT64_C(0x20010db800000000),
                                   .prefix_bits = 60},
           MORNING_S);
    packet_begin(&packet);
    packet_ethernet(&packet, ROUTER, CORE);
    packet_ipv6(&packet, 0x1234, 0x5678);
    packet_udp(&packet, 5000, 443);
    send(MORNING_S + 1);
    struct report *report = collect(MORNING_S + 60);
    assert_int_equal(find_cell(report, "bras-1")->lines_active, 1);
    assert_int_equal(find_cell(report, "bras-1")->upstream_octets, 48);
    end(report);
}

static uint64_t unattributed(void)
{
    struct meter_totals totals;
    meter_totals(meter, &totals);
    return totals.lines.octets_unattributed;
}

static void an_address_is_nobody_s_after_stop_and_after_three_silent_intervals(void **state)
{
    (void)state;
    struct packet_radius start = {.status = 1,
                                  .session = "1",
                                  .nas = "n",
                                  .user = "alice",
                                  .address = CLIENT,
                                  .interim_s = 300};
    struct meter_options options = bras_options();
    options.flow.idle_timeout_ns = NS_PER_S;
    begin(&options);
    uint64_t records = 0;
    record(&start, MORNING_S);
    records = unattributed();
    traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 1);
    assert_int_equal(unattributed(), records);
    struct packet_radius stop = start;
    stop.status = 2;
    record(&stop, MORNING_S + 2);
    records = unattributed();
    traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 10);
    assert_int_equal(unattributed(), records + 100);

    record(&start, MORNING_S + 20);
    report_free(collect(MORNING_S + 20 + 900)); /* three intervals: not yet over */
    records = unattributed();
    traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 20 + 900);
    assert_int_equal(unattributed(), records);
    report_free(collect(MORNING_S + 20 + 901));
    traffic(CLIENT, ELSEWHERE, true, 100, MORNING_S + 20 + 910);
    assert_int_equal(unattributed(), records + 100);
    meter_free(meter);
}

static void accounting_on_ends_the_sessions_of_its_nas_alone(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    struct meter_totals totals;
    begin(&options);
    record(&(struct packet_radius){.status = 1, .session = "1", .nas = "n", .user = "a"},
           MORNING_S);
    record(&(struct packet_radius){.status = 1, .session = "2", .nas = "n", .user = "b"},
           MORNING_S);
    record(&(struct packet_radius){.status = 1, .session = "1", .nas = "m", .user = "c"},
           MORNING_S);
    record(&(struct packet_radius){.status = 7, .nas = "n"}, MORNING_S + 1);
    meter_totals(meter, &totals);
    assert_int_equal(totals.lines.sessions_active, 1);
    meter_free(meter);
}

static void records_say_how_the_octets_of_a_session_grow(void **state)
{
    (void)state;
    static const uint64_t giga = UINT64_C(1) << 32;
    struct packet_radius r = {.session = "1", .nas = "n", .user = "alice", .address = CLIENT};
    static const struct {
        unsigned status, gigawords, session_s;
        uint64_t down, grown;
    } steps[] = {
        {1, 0, 0, 0, 0},
        {3, 1, 60, 1000, 1000},
        {3, 1, 60, 1000, 0},                                                  /* sent again */
        {3, 1, 120, 3 * (UINT64_C(1) << 32), 3 * (UINT64_C(1) << 32) - 1000}, /* Gigawords */
        {3, 1, 100, 2000, 0},                                                 /* came late */
        {2, 1, 180, 3 * (UINT64_C(1) << 32) + 5, 5},
        {1, 0, 0, 0, 0},
        {3, 0, 60, UINT32_MAX - 9, UINT32_MAX - 9},
        {3, 0, 120, 10, 20}, /* wrapped, without Gigawords */
    };
    struct meter_options options = bras_options();
    begin(&options);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        r.status = steps[i].status;
        r.gigawords = steps[i].gigawords;
        r.session_s = steps[i].session_s;
        r.down = steps[i].down;
        record(&r, MORNING_S + i * 60);
        struct report *report = collect(MORNING_S + i * 60 + 30);
        const struct report_cell *cell = find_cell(report, "bras-1");
        uint64_t grown = cell && cell->accounted_downstream_octets.known
                             ? cell->accounted_downstream_octets.value
                             : 0;
        assert_true(grown == steps[i].grown);
        report_free(report);
    }
    assert_true(giga > UINT32_MAX);
    meter_free(meter);
}

static void a_session_met_half_way_counts_from_its_first_record(void **state)
{
    (void)state;
    struct meter_options options = bras_options();
    begin(&options);
    struct packet_radius r = {
        .status = 3, .session = "1", .nas = "n", .user = "alice", .down = 5000, .session_s = 600};
    record(&r, MORNING_S);
    struct report *report = collect(MORNING_S + 60);
    assert_null(find_cell(report, "bras-1"));
    report_free(report);
    r.down = 5700;
    r.session_s = 660;
    record(&r, MORNING_S + 60);
    report = collect(MORNING_S + 120);
    assert_int_equal(find_cell(report, "bras-1")->accounted_downstream_octets.value, 700);
    end(report);
}

/* ---- where traffic goes ---- */

static const struct report_destination *find_class(const struct report_cell *cell, const char *name)
{
    for (size_t i = 0; i < cell->destination_count; i++)
        if (strcmp(cell->destinations[i].name, name) == 0)
            return &cell->destinations[i];
    return NULL;
}

static struct meter_options destination_options(void)
{
    struct meter_options options = base_options();
    options.line.destinations = (struct line_destination_options){
        .names = class_names,
        .name_count = 2,
        .prefixes = prefixes,
        .prefix_count = 2,
        .line_octets = 3000,
    };
    return options;
}

static void octets_are_told_apart_by_where_they_go(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    begin(&options);
    traffic(CLIENT, CLOUD, false, 1000, MORNING_S);
    traffic(CLIENT, CLOUD, true, 300, MORNING_S);
    traffic(CLIENT, 0xc6330001, true, 70, MORNING_S); /* in the /16 alone */
    traffic(CLIENT, ELSEWHERE, false, 500, MORNING_S);
    struct report *report = collect(MORNING_S + 60);
    const struct report_cell *cell = &report->cells[0];
    assert_int_equal(cell->destination_count, 3);
    assert_int_equal(find_class(cell, "cloud-weihai")->downstream_octets, 1000);
    assert_int_equal(find_class(cell, "cloud-weihai")->upstream_octets, 300);
    assert_int_equal(find_class(cell, "cloud")->upstream_octets, 70);
    assert_int_equal(find_class(cell, "other")->downstream_octets, 500);
    assert_int_equal(cell->downstream_octets, 1500);
    report_free(report);
    report = collect(MORNING_S + 120);
    assert_int_equal(report->cell_count, 0); /* all cleared */
    end(report);
}

/* Lines of the class in a minute in which these octets came from it. */
static uint64_t lines_after(unsigned octets, uint64_t time_s)
{
    traffic(CLIENT, CLOUD, false, octets, time_s);
    struct report *report = collect(time_s + 60);
    uint64_t lines = find_class(&report->cells[0], "cloud-weihai")->lines;
    report_free(report);
    return lines;
}

static void a_line_uses_a_class_once_a_month_from_its_threshold_on(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    options.line.line_idle_ns = 0;
    begin(&options);
    assert_int_equal(lines_after(1400, MORNING_S), 0);
    assert_int_equal(lines_after(1400, MORNING_S + 60), 0);
    assert_int_equal(lines_after(1400, MORNING_S + 120), 1);
    assert_int_equal(lines_after(1400, MORNING_S + 180), 0);
    uint64_t next_month = MORNING_S + 20 * 86400;
    report_free(collect(next_month - 60));
    assert_int_equal(lines_after(1400, next_month), 0);
    assert_int_equal(lines_after(1400, next_month + 60), 0);
    assert_int_equal(lines_after(1400, next_month + 120), 1);
    meter_free(meter);
}

static void tcp(uint32_t server, bool up, unsigned flags, uint64_t time_ns)
{
    packet_begin(&packet);
    packet_ethernet(&packet, up ? ROUTER : CORE, up ? CORE : ROUTER);
    packet_ipv4(&packet, up ? CLIENT : server, up ? server : CLIENT);
    packet_tcp(&packet, &(struct packet_tcp){.source = up ? 5000 : 443,
                                             .destination = up ? 443 : 5000,
                                             .sequence = up ? 100 : 200,
                                             .acknowledgement = up ? 201 : 101,
                                             .flags = flags});
    send_as(LINK_ETHERNET, time_ns);
}

static void round_trips_are_told_apart_by_where_they_go(void **state)
{
    (void)state;
    struct meter_options options = destination_options();
    begin(&options);
    uint64_t t = MORNING_S * NS_PER_S;
    static const uint32_t servers[] = {CLOUD, ELSEWHERE};
    static const uint64_t external_ms[] = {7, 90};
    for (size_t i = 0; i < 2; i++) {
        tcp(servers[i], true, 0x02, t);
        tcp(servers[i], false, 0x12, t + external_ms[i] * 1000000);
        tcp(servers[i], true, 0x10, t + external_ms[i] * 1000000 + 3000000);
    }
    struct report *report = collect(MORNING_S + 60);
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
    end(report);
}

/* ---- made subscribers ---- */

static void feed(const struct traffic *made)
{
    for (size_t i = 0; i < made->frame_count; i++) {
        const struct traffic_frame *from = &made->frames[i];
        struct frame frame = {.time_unix_ns = from->time_unix_ns,
                              .bytes = made->bytes + from->offset,
                              .captured_bytes = from->captured_bytes,
                              .wire_bytes = from->wire_bytes,
                              .link_type = LINK_ETHERNET};
        meter_frame(meter, &frame);
    }
}

/* TRAFFIC_CLOUD_IPV4, TRAFFIC_CLOUD_IPV6 */
static const struct prefix_class cloud_of_the_maker[] = {
    {{4, 26, {198, 51, 100}}, 1},
    {{6, 122, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x50}}, 1},
};

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
        begin(&options);
        feed(made);
        struct report *report = collect(MORNING_S + 60);
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
        assert_int_equal(unattributed(), made->truth.control_octets);
        assert_int_equal(lines, made->truth.lines);
        assert_int_equal(all_down, made->truth.down_octets);
        assert_int_equal(down, made->truth.cloud_down_octets);
        assert_int_equal(up, made->truth.cloud_up_octets);
        assert_int_equal(accounted[0], made->truth.accounted_down_octets);
        assert_int_equal(accounted[1], made->truth.accounted_up_octets);
        end(report);
        traffic_free(made);
    }
}

/* ---- demand ---- */

static struct meter_options demand_options(uint64_t flow_octets)
{
    struct meter_options options = base_options();
    options.line.demand = (struct line_demand_options){
        .flow_octets = flow_octets, .busy_from_hour = 19, .busy_to_hour = 24};
    return options;
}

/* 10,000 octets in the first second of a minute, 9,000 in the next, ... 1,000 in the tenth. */
static void send_stairs(uint64_t start_s)
{
    for (unsigned second = 0; second < 10; second++)
        for (unsigned i = second; i < 10; i++)
            traffic(CLIENT, CLOUD, false, 1000, start_s + second);
}

static void a_demanding_minute_counts_with_its_fourth_busiest_second(void **state)
{
    (void)state;
    struct meter_options options = demand_options(50000); /* of 55,000 */
    begin(&options);
    send_stairs(EVENING_S);
    struct report *report = collect(EVENING_S + 60);
    const struct histogram *demand = &report->cells[0].demand_bits_per_s;
    uint64_t value = 0;
    assert_int_equal(demand->count, 1);
    assert_int_equal(histogram_quantile(demand, 1, &value), 0);
    assert_int_equal(histogram_bucket(value), histogram_bucket(7000 * 8));
    end(report);
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
        begin(&options);
        send_stairs(cases[i].start_s);
        struct report *report = collect(cases[i].start_s + 60);
        assert_int_equal(report->cells[0].demand_bits_per_s.count, cases[i].count);
        end(report);
    }
}

/* However the reports are cut: each second counts whole, each minute once. */
static void a_minute_is_the_same_across_intervals(void **state)
{
    (void)state;
    for (unsigned cut_ms = 200; cut_ms < 60000; cut_ms += 1700) {
        struct meter_options options = demand_options(50000);
        begin(&options);
        uint64_t count = 0, next_ms = cut_ms;
        struct histogram all = {0};
        for (unsigned second = 0; second < 10; second++)
            for (unsigned i = second; i < 10; i++) {
                uint64_t at_ms = second * 1000 + (i - second) * 90;
                for (; next_ms <= at_ms; next_ms += cut_ms) {
                    struct report *report = report_new();
                    assert_int_equal(meter_collect(meter, report,
                                                   EVENING_S * NS_PER_S + next_ms * 1000000, NULL),
                                     0);
                    for (size_t k = 0; k < report->cell_count; k++)
                        count += report->cells[k].demand_bits_per_s.count;
                    report_free(report);
                }
                packet_begin(&packet);
                packet_ethernet(&packet, CORE, ROUTER);
                packet_ipv4(&packet, CLOUD, CLIENT);
                packet_udp(&packet, 443, 5000);
                packet_zeros(&packet, 1000 - UDP_BYTES);
                send_as(LINK_ETHERNET, EVENING_S * NS_PER_S + at_ms * 1000000);
            }
        assert_int_equal(count, 0);
        struct report *report = collect(EVENING_S + 60);
        histogram_merge(&all, &report->cells[0].demand_bits_per_s);
        uint64_t value = 0;
        assert_int_equal(all.count, 1);
        assert_int_equal(histogram_quantile(&all, 1, &value), 0);
        assert_int_equal(histogram_bucket(value), histogram_bucket(7000 * 8));
        end(report);
    }
}

/* ---- networks ---- */

static void beacon(uint64_t bssid, const char *ssid)
{
    packet_begin(&packet);
    packet_beacon(&packet, bssid, ssid);
    send_as(LINK_IEEE802_11, MORNING_S * NS_PER_S);
}

/* A data frame of 28 bytes of IP and UDP to the distribution system. */
static void user(uint64_t bssid, unsigned number)
{
    packet_begin(&packet);
    packet_u16(&packet, 0x0801);
    packet_u16(&packet, 0);
    const uint64_t macs[] = {bssid, 0x020000000000 + number, 0x02000000feed};
    for (size_t i = 0; i < 3; i++) {
        packet_u16(&packet, (unsigned)(macs[i] >> 32));
        packet_u32(&packet, (uint32_t)macs[i]);
    }
    packet_u16(&packet, 0);
    packet_bytes(&packet, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    packet.next = FIELD_NONE;
    packet_ipv4(&packet, CLIENT + number, CLOUD);
    packet_udp(&packet, 5000, 443);
    send_as(LINK_IEEE802_11, MORNING_S * NS_PER_S);
}

static double users_of(const struct report_wlan *wlan)
{
    struct distinct *distinct = distinct_read(wlan->users, wlan->users_length);
    double users = distinct_estimate(distinct);
    distinct_free(distinct);
    return users;
}

static void only_public_networks_are_named(void **state)
{
    (void)state;
    struct meter_options options = base_options();
    options.line.public_ssids = public_ssids;
    options.line.public_ssid_count = 1;
    begin(&options);
    beacon(1, "weihai-free");
    beacon(2, "family Wang");
    beacon(3, "weihai-free");
    beacon(3, "now a private one");
    for (unsigned i = 0; i < 5; i++)
        user(1, i);
    for (unsigned i = 5; i < 8; i++)
        user(2, i);
    user(3, 8);
    user(4, 9); /* never heard of */
    struct report *report = collect(MORNING_S + 60);
    const struct report_cell *cell = &report->cells[0];
    assert_int_equal(cell->wlan_count, 2);
    assert_string_equal(cell->wlans[0].ssid, "");
    assert_string_equal(cell->wlans[1].ssid, "weihai-free");
    assert_int_equal(cell->wlans[0].upstream_octets, 5 * UDP_BYTES);
    assert_int_equal(cell->wlans[1].upstream_octets, 5 * UDP_BYTES);
    assert_true(fabs(users_of(&cell->wlans[0]) - 5) < 0.5);
    assert_true(fabs(users_of(&cell->wlans[1]) - 5) < 0.5);
    end(report);
}

static void a_rule_names_the_network_where_frames_do_not(void **state)
{
    (void)state;
    static const struct access_rule rule[] = {
        {.vlans = {0, 0, 0, 0}, .access_node = "ac-1", .wlan = true, .ssid = "square"}};
    struct meter_options options = base_options();
    options.line.rules = rule;
    options.line.rule_count = 1;
    begin(&options);
    traffic(CLIENT, CLOUD, true, 100, MORNING_S);
    struct report *report = collect(MORNING_S + 60);
    assert_int_equal(report->cells[0].wlan_count, 1);
    assert_string_equal(report->cells[0].wlans[0].ssid, "square");
    end(report);
}

static void devices_are_counted_as_finely_as_asked(void **state)
{
    (void)state;
    for (unsigned precision = 12; precision <= 14; precision++) {
        struct meter_options options = base_options();
        options.line.devices_precision = precision;
        begin(&options);
        traffic(CLIENT, CLOUD, true, 100, MORNING_S);
        struct report *report = collect(MORNING_S + 60);
        assert_int_equal(report->cells[0].devices[0], precision);
        end(report);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1, 2, 3};
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
        cmocka_unit_test(an_address_belongs_to_the_line_that_radius_says),
        cmocka_unit_test(a_line_is_known_by_its_circuit_on_every_path),
        cmocka_unit_test(ports_of_two_nas_are_two_lines_unless_they_are_ignored),
        cmocka_unit_test(a_delegated_prefix_leads_to_its_line),
        cmocka_unit_test(an_address_is_nobody_s_after_stop_and_after_three_silent_intervals),
        cmocka_unit_test(accounting_on_ends_the_sessions_of_its_nas_alone),
        cmocka_unit_test(records_say_how_the_octets_of_a_session_grow),
        cmocka_unit_test(a_session_met_half_way_counts_from_its_first_record),
        cmocka_unit_test(octets_are_told_apart_by_where_they_go),
        cmocka_unit_test(a_line_uses_a_class_once_a_month_from_its_threshold_on),
        cmocka_unit_test(round_trips_are_told_apart_by_where_they_go),
        cmocka_unit_test(lines_and_clouds_agree_with_the_maker_of_the_traffic),
        cmocka_unit_test(a_demanding_minute_counts_with_its_fourth_busiest_second),
        cmocka_unit_test(a_minute_without_demand_or_out_of_busy_hours_does_not_count),
        cmocka_unit_test(a_minute_is_the_same_across_intervals),
        cmocka_unit_test(only_public_networks_are_named),
        cmocka_unit_test(a_rule_names_the_network_where_frames_do_not),
        cmocka_unit_test(devices_are_counted_as_finely_as_asked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
