/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which networks may be named, and how finely devices and users are counted.
 */
#include "common/distinct.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/meter_stage.h"

#include <math.h>

static const char public_ssids[][SSID_BYTES_MAX + 1] = {"weihai-free"};

static void begin_public(void)
{
    struct meter_options options = stage_options();
    options.line.public_ssids = public_ssids;
    options.line.public_ssid_count = 1;
    stage_begin(&options);
}

static void beacon(uint64_t bssid, const char *ssid)
{
    packet_begin(&stage.packet);
    packet_beacon(&stage.packet, bssid, ssid);
    stage_send_as(LINK_IEEE802_11, MORNING_S * NS_PER_S);
}

/* A data frame of 28 bytes of IP and UDP to the distribution system. */
static void user(uint64_t bssid, unsigned number)
{
    packet_begin(&stage.packet);
    packet_u16(&stage.packet, 0x0801);
    packet_u16(&stage.packet, 0);
    const uint64_t macs[] = {bssid, 0x020000000000 + number, 0x02000000feed};
    for (size_t i = 0; i < 3; i++) {
        packet_u16(&stage.packet, (unsigned)(macs[i] >> 32));
        packet_u32(&stage.packet, (uint32_t)macs[i]);
    }
    packet_u16(&stage.packet, 0);
    packet_bytes(&stage.packet, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    stage.packet.next = FIELD_NONE;
    packet_ipv4(&stage.packet, CLIENT + number, CLOUD);
    packet_udp(&stage.packet, 5000, 443);
    stage_send_as(LINK_IEEE802_11, MORNING_S * NS_PER_S);
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
    begin_public();
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
    struct report *report = stage_collect(MORNING_S + 60);
    const struct report_cell *cell = &report->cells[0];
    assert_int_equal(cell->wlan_count, 2);
    assert_string_equal(cell->wlans[0].ssid, "");
    assert_string_equal(cell->wlans[1].ssid, "weihai-free");
    assert_int_equal(cell->wlans[0].upstream_octets, 5 * UDP_BYTES);
    assert_int_equal(cell->wlans[1].upstream_octets, 5 * UDP_BYTES);
    assert_true(fabs(users_of(&cell->wlans[0]) - 5) < 0.5);
    assert_true(fabs(users_of(&cell->wlans[1]) - 5) < 0.5);
    stage_end(report);
}

/* Two stay for three intervals with one flow each, a third comes and goes. */
static void a_user_counts_in_each_interval_whenever_his_flow_began(void **state)
{
    (void)state;
    begin_public();
    beacon(1, "weihai-free");
    for (unsigned interval = 0; interval < 3; interval++) {
        for (unsigned i = 0; i < 100; i++)
            user(1, i % (interval == 1 ? 3 : 2));
        struct report *report = stage_collect(MORNING_S + 60 * (interval + 1));
        double users = users_of(&report->cells[0].wlans[0]);
        assert_true(fabs(users - (interval == 1 ? 3 : 2)) < 0.1);
        report_free(report);
    }
    meter_free(stage.meter);
}

static void devices_count_while_their_flows_go_on_or_when_they_end(void **state)
{
    (void)state;
    struct meter_options options = stage_options();
    stage_begin(&options);
    const unsigned devices[] = {2, 2, 1, 0}; /* one falls silent, then the other */
    for (unsigned interval = 0; interval < 4; interval++) {
        for (unsigned i = 0; i < devices[interval]; i++)
            stage_traffic(CLIENT + i, CLOUD, true, 100, MORNING_S + 60 * interval + 1);
        struct report *report = stage_collect(MORNING_S + 60 * (interval + 1));
        assert_int_equal(report->cell_count, devices[interval] > 0);
        for (size_t i = 0; i < report->cell_count; i++) {
            struct distinct *distinct =
                distinct_read(report->cells[i].devices, report->cells[i].devices_length);
            assert_true(fabs(distinct_estimate(distinct) - devices[interval]) < 0.1);
            distinct_free(distinct);
        }
        report_free(report);
    }
    meter_free(stage.meter);
}

static void a_rule_names_the_network_where_frames_do_not(void **state)
{
    (void)state;
    static const struct access_rule rule[] = {
        {.vlans = {0, 0, 0, 0}, .access_node = "ac-1", .wlan = true, .ssid = "square"}};
    struct meter_options options = stage_options();
    options.line.rules = rule;
    options.line.rule_count = 1;
    stage_begin(&options);
    stage_traffic(CLIENT, CLOUD, true, 100, MORNING_S);
    struct report *report = stage_collect(MORNING_S + 60);
    assert_int_equal(report->cells[0].wlan_count, 1);
    assert_string_equal(report->cells[0].wlans[0].ssid, "square");
    stage_end(report);
}

static void begin_tunnel(unsigned port)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, 0x02000000aa01, 0x02000000ac01);
    packet_ipv4(&stage.packet, 0x0a000001, 0x0a000002);
    packet_udp(&stage.packet, 49152, port);
}

/* An access point greets its controller, sends beacons to it, and one user's packet. */
static void an_access_point_is_no_user(void **state)
{
    (void)state;
    static const struct access_rule rule[] = {
        {.vlans = {0, 0, 0, 0}, .access_node = "ac-1", .wlan = true}};
    struct meter_options options = stage_options();
    options.line.rules = rule;
    options.line.rule_count = 1;
    options.line.public_ssids = public_ssids;
    options.line.public_ssid_count = 1;
    stage_begin(&options);
    begin_tunnel(5246);
    packet_zeros(&stage.packet, 40);
    stage_send_as(LINK_ETHERNET, MORNING_S * NS_PER_S);
    begin_tunnel(5247);
    packet_u32(&stage.packet, 0x00100300);
    packet_u32(&stage.packet, 0);
    packet_beacon(&stage.packet, 0x02000000bb01, "weihai-free");
    stage_send_as(LINK_ETHERNET, MORNING_S * NS_PER_S);
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, 0x02000000aa01, 0x02000000ac01);
    packet_ipv4(&stage.packet, 0x0a000001, 0x0a000002);
    packet_capwap(&stage.packet, 1, 1);
    packet_ieee802_11(&stage.packet, 5, 6, 1);
    packet_ipv4(&stage.packet, CLIENT, CLOUD);
    packet_udp(&stage.packet, 5000, 443);
    stage_send_as(LINK_ETHERNET, MORNING_S * NS_PER_S);
    struct report *report = stage_collect(MORNING_S + 60);
    const struct report_cell *cell = &report->cells[0];
    double users = 0;
    for (size_t i = 0; i < cell->wlan_count; i++)
        users += users_of(&cell->wlans[i]);
    assert_true(fabs(users - 1) < 0.1);
    stage_end(report);
}

static void devices_are_counted_as_finely_as_asked(void **state)
{
    (void)state;
    for (unsigned precision = 12; precision <= 14; precision++) {
        struct meter_options options = stage_options();
        options.line.devices_precision = precision;
        stage_begin(&options);
        stage_traffic(CLIENT, CLOUD, true, 100, MORNING_S);
        struct report *report = stage_collect(MORNING_S + 60);
        assert_int_equal(report->cells[0].devices[0], precision);
        stage_end(report);
    }
}

static double devices_until(uint64_t end_s)
{
    struct report *report = stage_collect(end_s);
    assert_int_equal(report->cell_count, 1);
    assert_int_equal(report->cells[0].lines_active, 1);
    struct distinct *distinct =
        distinct_read(report->cells[0].devices, report->cells[0].devices_length);
    double devices = distinct_estimate(distinct);
    distinct_free(distinct);
    report_free(report);
    return devices;
}

/* Behind one router: of one line. */
static void each_device_of_a_line_counts_once_in_each_interval(void **state)
{
    (void)state;
    struct meter_options options = stage_options();
    stage_begin(&options);
    for (uint32_t i = 0; i < 9; i++) /* one address again and again, others between */
        stage_traffic(CLIENT + (i % 3 == 0 ? i : 0), CLOUD + i, i % 2 == 0, 100, MORNING_S);
    assert_true(fabs(devices_until(MORNING_S + 60) - 3) < 0.1);
    stage_traffic(CLIENT, CLOUD + 10, true, 100, MORNING_S + 61);
    stage_traffic(CLIENT, CLOUD + 11, true, 100, MORNING_S + 61);
    assert_true(fabs(devices_until(MORNING_S + 120) - 1) < 0.1);
    stage_traffic(CLIENT, CLOUD + 12, true, 100, MORNING_S + 121);
    assert_true(fabs(devices_until(MORNING_S + 180) - 1) < 0.1);
    stage_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_public_networks_are_named),
        cmocka_unit_test(a_user_counts_in_each_interval_whenever_his_flow_began),
        cmocka_unit_test(devices_count_while_their_flows_go_on_or_when_they_end),
        cmocka_unit_test(a_rule_names_the_network_where_frames_do_not),
        cmocka_unit_test(an_access_point_is_no_user),
        cmocka_unit_test(devices_are_counted_as_finely_as_asked),
        cmocka_unit_test(each_device_of_a_line_counts_once_in_each_interval),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
