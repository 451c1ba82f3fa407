/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What names a line, and what only seems to.
 */
#include "probe/meter.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/control_builder.h"
#include "tests/support/packet_builder.h"

#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define START_MS  UINT64_C(1700000000000)
#define GATEWAY   UINT64_C(0x02000000feed)
#define SERVER    0xc6336401u

static struct packet_builder frame;
static struct meter *meter;
static uint64_t now_ms;

static int begin_meter(void **state)
{
    (void)state;
    struct meter_options options;
    meter_options_init(&options);
    options.flow.memory_bytes = 8 << 20;
    options.line.memory_bytes = 1 << 20;
    meter = meter_new(&options);
    now_ms = START_MS;
    return meter ? 0 : -1;
}

static int end_meter(void **state)
{
    (void)state;
    meter_free(meter);
    return 0;
}

static void send(void)
{
    packet_finish(&frame);
    struct frame one = {.time_unix_ns = now_ms++ * NS_PER_MS,
                        .bytes = frame.bytes,
                        .captured_bytes = (uint32_t)frame.length,
                        .wire_bytes = (uint32_t)frame.length,
                        .link_type = LINK_ETHERNET};
    meter_frame(meter, &one);
}

static void begin_frame(uint64_t client, bool up, unsigned svlan)
{
    packet_begin(&frame);
    packet_ethernet(&frame, up ? client : GATEWAY, up ? GATEWAY : client);
    packet_vlan(&frame, 0x8100, svlan);
}

static void discovery(uint64_t client, bool up, unsigned code, const void *circuit, size_t length)
{
    uint8_t tag[6 + 255] = {0, 0, 0x0d, 0xe9, 1, (uint8_t)length};
    begin_frame(client, up, 100);
    packet_pppoe_discovery(&frame, code, code == 0xa7 ? 1 : 0);
    if (length > 0) {
        memcpy(tag + 6, circuit, length);
        packet_tag(&frame, 0x0105, tag, 6 + length);
    }
    send();
}

/* Public addresses, and ports that tell nothing: only the MACs say which way it goes. */
static void traffic(uint64_t client, bool up, unsigned number)
{
    begin_frame(client, up, 100);
    packet_pppoe(&frame, number);
    packet_ipv4(&frame, up ? 0xcb007100 + number : SERVER, up ? SERVER : 0xcb007100 + number);
    packet_udp(&frame, 40000, 40000);
    packet_zeros(&frame, 72);
    send();
}

static struct line_totals lines(void)
{
    struct meter_totals totals;
    meter_totals(meter, &totals);
    return totals.lines;
}

static void a_padt_of_the_concentrator_makes_it_no_subscriber(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        discovery(i, true, 0x19, "OLT-1/1", 7); /* all on one circuit */
    traffic(1, true, 1);
    discovery(1, false, 0xa7, NULL, 0);
    traffic(2, false, 2);
    assert_int_equal(lines().lines_active, 1);
    assert_int_equal(lines().lines_known, 1);
    struct report *report = report_new();
    assert_non_null(report);
    assert_int_equal(meter_collect(meter, report, now_ms * NS_PER_MS, NULL), 0);
    assert_int_equal(report->cell_count, 1);
    assert_int_equal(report->cells[0].upstream_octets, 100);
    assert_int_equal(report->cells[0].downstream_octets, 100);
    report_free(report);
}

static void a_line_that_ports_have_told_is_not_counted_again_when_it_is_named(void **state)
{
    (void)state;
    traffic(1, true, 1);
    discovery(1, true, 0x19, "OLT-1/1", 7);
    traffic(1, true, 2);
    assert_int_equal(lines().lines_active, 1);
    assert_int_equal(lines().lines_known, 1);
}

/* Between machines of the operator's, in private address space. */
static void record(unsigned status, const char *session, uint32_t address)
{
    packet_begin(&frame);
    packet_ethernet(&frame, GATEWAY + 1, GATEWAY + 2);
    packet_ipv4(&frame, 0x0a090909, 0x0a090901);
    packet_udp(&frame, 40000, 1813);
    packet_radius(&frame, &(struct packet_radius){.status = status,
                                                  .session = session,
                                                  .nas = "bras-1",
                                                  .user = session,
                                                  .address = address});
    send();
}

static void routed_traffic(uint32_t address, unsigned port)
{
    packet_begin(&frame);
    packet_ethernet(&frame, GATEWAY, GATEWAY + 3);
    packet_ipv4(&frame, address, SERVER);
    packet_udp(&frame, port, 443);
    packet_zeros(&frame, 72);
    send();
}

/* All within one batch: what came before a record is still counted as it was known then. */
static void an_address_changes_its_line_between_two_packets(void **state)
{
    (void)state;
    record(1, "one", 0xcb007105);
    routed_traffic(0xcb007105, 40000);
    record(2, "one", 0xcb007105);
    record(1, "two", 0xcb007105);
    routed_traffic(0xcb007105, 40001);
    assert_int_equal(lines().lines_active, 2);
    assert_int_equal(lines().lines_known, 2);
}

static void radius_and_relayed_dhcp_are_no_subscriber_s(void **state)
{
    (void)state;
    record(1, "one", 0xcb007105);
    packet_begin(&frame);
    packet_ethernet(&frame, GATEWAY + 1, GATEWAY + 2);
    packet_ipv4(&frame, 0x0a090909, 0x0a090901);
    packet_udp(&frame, 67, 67);
    packet_dhcp(&frame, &(struct packet_dhcp){.operation = 2, .message = 2, .client_mac = 7});
    send();
    assert_int_equal(lines().lines_active, 1); /* whose session it is */
}

/* Whoever writes records into his own session says nothing of anybody's line. */
static void radius_out_of_a_subscriber_s_session_is_his_traffic(void **state)
{
    (void)state;
    begin_frame(1, true, 100);
    packet_pppoe(&frame, 1);
    packet_ipv4(&frame, 0xcb007101, 0x0a090901);
    packet_udp(&frame, 40000, 1813);
    packet_radius(
        &frame,
        &(struct packet_radius){
            .status = 1, .session = "lie", .nas = "bras-1", .user = "lie", .address = 0xcb007105});
    send();
    assert_int_equal(lines().sessions_active, 0);
    assert_int_equal(lines().lines_active, 1);
    assert_int_equal(lines().octets_unattributed, 0);
}

/* Slot and port as two bytes: 1/32 and 1/0 differ, though a text ends alike with both. */
static void the_last_byte_of_a_binary_name_is_no_padding(void **state)
{
    (void)state;
    discovery(1, true, 0x19, "\x00\x04\x00\x0a\x01\x20", 6);
    discovery(2, true, 0x19, "\x00\x04\x00\x0a\x01\x00", 6);
    discovery(3, true, 0x19, "OLT-1 0/1/2  ", 13);
    discovery(4, true, 0x19, "OLT-1 0/1/2\0", 12);
    for (unsigned i = 1; i <= 4; i++)
        traffic(i, true, i);
    assert_int_equal(lines().lines_active, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_padt_of_the_concentrator_makes_it_no_subscriber,
                                        begin_meter, end_meter),
        cmocka_unit_test_setup_teardown(
            a_line_that_ports_have_told_is_not_counted_again_when_it_is_named, begin_meter,
            end_meter),
        cmocka_unit_test_setup_teardown(an_address_changes_its_line_between_two_packets,
                                        begin_meter, end_meter),
        cmocka_unit_test_setup_teardown(radius_and_relayed_dhcp_are_no_subscriber_s, begin_meter,
                                        end_meter),
        cmocka_unit_test_setup_teardown(radius_out_of_a_subscriber_s_session_is_his_traffic,
                                        begin_meter, end_meter),
        cmocka_unit_test_setup_teardown(the_last_byte_of_a_binary_name_is_no_padding, begin_meter,
                                        end_meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
