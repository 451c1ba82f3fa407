/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Headers that few networks have: leased lines, drivers that call one header another's, source
 * routes, labels over UDP.
 */
#include "tests/unit/probe/decode/inner_datagram.h"

static void begin(const void *bytes, size_t length)
{
    packet_begin(&frame);
    packet_bytes(&frame, bytes, length);
}

static void what_routers_say_on_a_cisco_line_is_control(void **state)
{
    (void)state;
    static const char *const protocols[] = {"\x80\x35", "\x20\x00", "\xfe\xfe"};
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        begin("\x8f\0", 2);
        packet_bytes(&frame, protocols[i], 2);
        packet_zeros(&frame, 20);
        assert_int_equal(decode_as(LINK_CISCO_HDLC), DECODE_DECODED);
        assert_false(packet_has_ip(&packet));
    }
}

/* RFC 2427: SNAP behind its own number, with an EtherType or a whole frame. */
static void frame_relay_is_read_by_snap(void **state)
{
    (void)state;
    begin("\x18\x41\x03\x00\x80\x00\x00\x00\x08\x00", 10);
    put_inner();
    assert_inner(decode_as(LINK_FRAME_RELAY));
    assert_int_equal(packet.encapsulations, BIT(LLC_SNAP));
    begin("\x18\x41\x03\x00\x80\x00\x80\xc2\x00\x07", 10);
    packet_ethernet(&frame, 1, 2);
    put_inner();
    assert_inner(decode_as(LINK_FRAME_RELAY));
    begin("\x18\x41\x03\x00\x80\x00\x00\x00\x08\x06", 10);
    packet_zeros(&frame, 28);
    assert_int_equal(decode_as(LINK_FRAME_RELAY), DECODE_DECODED);
    assert_false(packet_has_ip(&packet));
}

static void a_header_of_avs_is_read_where_prism_is_announced(void **state)
{
    (void)state;
    begin("\x80\x21\x10\x01\0\0\0\x40", 8);
    packet_zeros(&frame, 56);
    packet_ieee802_11(&frame, 1, 2, 1);
    put_inner();
    assert_inner(decode_as(LINK_IEEE802_11_PRISM));
    begin("\x44\0\0\0\x90\0\0\0", 8);
    packet_zeros(&frame, 136);
    packet_ieee802_11(&frame, 1, 2, 1);
    put_inner();
    assert_inner(decode_as(LINK_IEEE802_11_PRISM));
}

static void put_routed_gre(const void *routes, size_t length)
{
    begin_ethernet();
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_protocol(&frame, 47);
    packet_bytes(&frame, "\x60\x00\x08\x00" /* routes, key */, 4);
    packet_zeros(&frame, 8);
    packet_bytes(&frame, routes, length);
    frame.next = FIELD_NONE;
}

static void gre_is_read_behind_source_routes(void **state)
{
    (void)state;
    static const uint8_t routes[] = {8, 0, 0, 4, 10, 0, 0, 9, 0, 0, 0, 0};
    put_routed_gre(routes, sizeof routes);
    put_inner();
    assert_inner(decode_as(LINK_ETHERNET));
    assert_int_equal(packet.encapsulations, BIT(GRE));
    put_routed_gre(routes, 6); /* ends within a route */
    assert_int_equal(decode_as(LINK_ETHERNET), DECODE_MALFORMED);
}

static void put_labels_over_udp(void)
{
    begin_ethernet();
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_udp(&frame, 49152, 6635);
    packet_u32(&frame, 17 << 12 | 64);
    packet_u32(&frame, 18 << 12 | 1 << 8 | 64);
    frame.next = FIELD_NONE;
}

static void labels_over_udp_are_read_and_anything_else_there_is_udp(void **state)
{
    (void)state;
    put_labels_over_udp();
    put_inner();
    assert_inner(decode_as(LINK_ETHERNET));
    assert_int_equal(packet.encapsulations, BIT(MPLS));
    begin_ethernet();
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_udp(&frame, 49152, 6635);
    packet_bytes(&frame, "GET / HTTP/1.1 and so on\r\n", 26);
    assert_int_equal(decode_as(LINK_ETHERNET), DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 6635);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_routers_say_on_a_cisco_line_is_control),
        cmocka_unit_test(frame_relay_is_read_by_snap),
        cmocka_unit_test(a_header_of_avs_is_read_where_prism_is_announced),
        cmocka_unit_test(gre_is_read_behind_source_routes),
        cmocka_unit_test(labels_over_udp_are_read_and_anything_else_there_is_udp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
