/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stacks in which a header could be taken for another one: found by comparing random stacks with
 * what they were built from.
 */
#include "tests/unit/probe/decode/inner_datagram.h"

/* Addresses that begin as a control word, an associated channel, IPv4 and IPv6 do. */
static const uint64_t destinations[] = {
    UINT64_C(0x001122334455), UINT64_C(0x000000334455), UINT64_C(0x0c1122334455),
    UINT64_C(0x102233445566), UINT64_C(0x45ff33445566), UINT64_C(0x4c2233445566),
    UINT64_C(0x602233445566), UINT64_C(0x6effffffffff), UINT64_C(0xa02233445566),
};

static void a_pseudowire_without_control_word_is_read_whatever_address_it_begins_with(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
        for (int tagged = 0; tagged < 2; tagged++) {
            begin_ethernet();
            packet_mpls(&frame, 17, 1);
            packet_ethernet(&frame, UINT64_C(0x001b21aabbcc), destinations[i]);
            if (tagged)
                packet_vlan(&frame, 0x8100, 7);
            put_inner();
            assert_inner(decode_as(LINK_ETHERNET));
            assert_int_equal(packet.encapsulations, BIT(MPLS) | (tagged ? BIT(DOT1Q) : 0));
        }
    }
}

static void a_pseudowire_with_control_word_is_read_whatever_address_it_begins_with(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
        begin_ethernet();
        packet_mpls(&frame, 17, 1);
        packet_u32(&frame, 0x00000102); /* sequence number 258 */
        packet_ethernet(&frame, UINT64_C(0x001b21aabbcc), destinations[i]);
        packet_vlan(&frame, 0x8100, 7);
        put_inner();
        assert_inner(decode_as(LINK_ETHERNET));
    }
}

/* Addresses that give IPv4 and IPv6 lengths that are possible, but leave most of the frame unread.
 */
static void an_address_that_looks_like_a_short_packet_is_the_frames(void **state)
{
    (void)state;
    static const uint64_t addresses[] = {UINT64_C(0x450000302244), UINT64_C(0x6c2233440018)};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        begin_ethernet();
        packet_mpls(&frame, 17, 1);
        packet_ethernet(&frame, UINT64_C(0x001b21aabbcc), addresses[i]);
        packet_ipv4(&frame, INSIDE, OUTSIDE);
        packet_udp(&frame, 4000, 53);
        packet_zeros(&frame, 500);
        assert_int_equal(decode_as(LINK_ETHERNET), DECODE_DECODED);
        assert_int_equal(packet.ip_bytes, 528);
        assert_int_equal(packet.key.destination_port, 53);
    }
}

/* Cut before the EtherType, a frame is no message of the pseudowire's own. */
static void a_cut_frame_below_a_label_is_truncated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
        begin_ethernet();
        packet_mpls(&frame, 17, 1);
        packet_ethernet(&frame, UINT64_C(0x001b21aabbcc), destinations[i]);
        put_inner();
        packet_finish(&frame);
        for (uint32_t captured = 19; captured < 14 + 4 + 14 + 20 + 4; captured++)
            assert_int_equal(
                decode_frame(LINK_ETHERNET, frame.bytes, captured, (uint32_t)frame.length, &packet),
                DECODE_TRUNCATED);
    }
}

/* 802.3: a bridge's greeting, which begins with 01 80 c2, by a pseudowire without control word. */
static void a_frame_with_a_length_is_found_below_a_label(void **state)
{
    (void)state;
    begin_ethernet();
    packet_mpls(&frame, 17, 1);
    packet_ethernet(&frame, UINT64_C(0x001b21aabbcc), UINT64_C(0x0180c2000000));
    packet_ethertype(&frame, 38);
    packet_bytes(&frame, "\x42\x42\x03", 3);
    packet_zeros(&frame, 43);
    assert_int_equal(decode_as(LINK_ETHERNET), DECODE_DECODED);
    assert_false(packet_has_ip(&packet));
}

static void what_is_no_ip_and_no_frame_below_a_label_is_called_so(void **state)
{
    (void)state;
    begin_ethernet();
    packet_mpls(&frame, 17, 1);
    packet_bytes(&frame, "\x45\x00\xff\xff\x00\x00\x00\x00\x40\x11", 10); /* IPv4, too long */
    packet_zeros(&frame, 60);
    assert_int_equal(decode_as(LINK_ETHERNET), DECODE_MALFORMED);
}

/* PPP over L2TP over PPPoE: the bit `ppp` is for PPP that is not PPPoE's own. */
static void ppp_in_a_tunnel_behind_pppoe_is_counted(void **state)
{
    (void)state;
    begin_ethernet();
    packet_pppoe(&frame, 9);
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_l2tp(&frame);
    put_inner();
    assert_inner(decode_as(LINK_ETHERNET));
    assert_int_equal(packet.encapsulations, BIT(PPPOE) | BIT(L2TP) | BIT(PPP));
}

/* A protocol that has no reader may send no bytes at all; Ethernet pads to 46. */
static void an_empty_ipv6_packet_is_forty_bytes_and_its_padding_none(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv6(&frame, 1, 2);
    packet_protocol(&frame, 103);
    packet_finish(&frame);
    packet_zeros(&frame, 6);
    assert_int_equal(decode_frame(LINK_ETHERNET, frame.bytes, 60, 60, &packet), DECODE_DECODED);
    assert_int_equal(packet.ip_bytes, 40);
    assert_int_equal(packet.key.protocol, 103);
}

static void put_vxlan(unsigned port, uint32_t flags)
{
    begin_ethernet();
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_udp(&frame, 49152, port);
    packet_u32(&frame, flags);
    packet_u32(&frame, 77 << 8);
    frame.next = FIELD_NONE;
}

/* Whoever writes VXLAN may use bits that RFC 7348 reserves: group policy, the generic extension. */
static void vxlan_is_read_with_the_bits_of_its_extensions(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0x08000000, 0x88480007, 0x0c000003, 0x0c000000};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        put_vxlan(i % 2 ? 8472 : 4789, flags[i]);
        packet_ethernet(&frame, 1, 2);
        put_inner();
        assert_inner(decode_as(LINK_ETHERNET));
        assert_int_equal(packet.encapsulations, BIT(VXLAN));
    }
    put_vxlan(4790, 0x0c000001); /* IPv4 without Ethernet */
    put_inner();
    assert_inner(decode_as(LINK_ETHERNET));
    put_vxlan(4790, 0x0c000004); /* a service header, which has no reader: the UDP flow is left */
    put_inner();
    assert_int_equal(decode_as(LINK_ETHERNET), DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 4790);
}

static void mirrored_frames_are_read_behind_each_type_of_erspan(void **state)
{
    (void)state;
    static const struct {
        uint32_t flags_and_protocol;
        uint8_t bytes, last; /* of the header, and its last byte */
    } types[] = {{0x000088be, 0, 0}, {0x100088be, 8, 0}, {0x100022eb, 12, 0}, {0x100022eb, 20, 1}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        begin_ethernet();
        packet_ipv4(&frame, 0x0a000001, 0x0a000002);
        packet_protocol(&frame, 47);
        packet_u32(&frame, types[i].flags_and_protocol);
        if (types[i].bytes > 0)
            packet_u32(&frame, 5); /* sequence */
        packet_zeros(&frame, types[i].bytes);
        if (types[i].bytes >= 12)
            frame.bytes[frame.length - types[i].bytes + 11] = types[i].last;
        packet_ethernet(&frame, 1, 2);
        put_inner();
        assert_inner(decode_as(LINK_ETHERNET));
        assert_int_equal(packet.encapsulations, BIT(GRE));
    }
}

static void link_headers_that_are_rare_are_read(void **state)
{
    (void)state;
    packet_begin(&frame); /* what libpcap gives of a serial link, framed as Cisco does */
    packet_u32(&frame, 0x8f000800);
    put_inner();
    assert_inner(decode_as(LINK_PPP));
    packet_begin(&frame); /* "any", an interface in monitor mode among them */
    packet_u16(&frame, 0);
    packet_u16(&frame, 801);
    packet_zeros(&frame, 12);
    packet_ieee802_11(&frame, 1, 2, 1);
    put_inner();
    assert_inner(decode_as(LINK_LINUX_COOKED));
    begin_ethernet();
    packet_ethertype(&frame, 0x8870);
    packet_bytes(&frame, "\xaa\xaa\x03\0\0\0\x08\0", 8);
    put_inner();
    assert_inner(decode_as(LINK_ETHERNET));
}

/* Raw IP is told by its version, which costs no layer: fifteen headers of IP and one of UDP. */
static void the_version_of_ip_is_no_layer(void **state)
{
    (void)state;
    packet_begin(&frame);
    for (unsigned i = 0; i < DECODE_LAYERS_MAX - 2; i++)
        packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    put_inner();
    assert_inner(decode_as(LINK_RAW_IP));
    packet_begin(&frame);
    for (unsigned i = 0; i < DECODE_LAYERS_MAX - 1; i++)
        packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    put_inner();
    assert_int_equal(decode_as(LINK_RAW_IP), DECODE_TOO_DEEP);
}

/* 26 bytes of a header with QoS, the padding that a radio may put behind it, and, where several
 * frames are sent as one, the header of the first of them. */
static void put_qos(unsigned padding, int aggregate)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
    packet_u16(&frame, 0x8801); /* to the distribution system */
    packet_zeros(&frame, 22);
    packet_u16(&frame, aggregate ? 0x8000 : 0);
    packet_zeros(&frame, padding);
    if (aggregate) {
        packet_zeros(&frame, 12);
        packet_u16(&frame, sizeof snap + 60);
    }
    packet_bytes(&frame, snap, sizeof snap);
    frame.next = FIELD_ETHERTYPE;
    frame.next_at = frame.length - 2;
}

static void begin_padded_radiotap(void)
{
    static const uint8_t radiotap[] = {0, 0, 9, 0, 0x02, 0, 0, 0, 0x20};
    packet_begin(&frame);
    packet_bytes(&frame, radiotap, sizeof radiotap);
}

static void a_padded_wlan_header_is_stepped_over_before_the_first_of_several_frames(void **state)
{
    (void)state;
    for (int aggregate = 0; aggregate < 2; aggregate++) {
        begin_padded_radiotap();
        put_qos(2, aggregate);
        put_inner();
        assert_inner(decode_as(LINK_IEEE802_11_RADIOTAP));
    }
}

static void padding_by_the_radio_says_nothing_of_a_frame_in_a_tunnel_inside(void **state)
{
    (void)state;
    begin_padded_radiotap();
    put_qos(2, 0);
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_capwap(&frame, 1, 1);
    put_qos(0, 0);
    put_inner();
    assert_inner(decode_as(LINK_IEEE802_11_RADIOTAP));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pseudowire_without_control_word_is_read_whatever_address_it_begins_with),
        cmocka_unit_test(a_pseudowire_with_control_word_is_read_whatever_address_it_begins_with),
        cmocka_unit_test(an_address_that_looks_like_a_short_packet_is_the_frames),
        cmocka_unit_test(a_cut_frame_below_a_label_is_truncated),
        cmocka_unit_test(a_frame_with_a_length_is_found_below_a_label),
        cmocka_unit_test(what_is_no_ip_and_no_frame_below_a_label_is_called_so),
        cmocka_unit_test(ppp_in_a_tunnel_behind_pppoe_is_counted),
        cmocka_unit_test(an_empty_ipv6_packet_is_forty_bytes_and_its_padding_none),
        cmocka_unit_test(vxlan_is_read_with_the_bits_of_its_extensions),
        cmocka_unit_test(mirrored_frames_are_read_behind_each_type_of_erspan),
        cmocka_unit_test(link_headers_that_are_rare_are_read),
        cmocka_unit_test(the_version_of_ip_is_no_layer),
        cmocka_unit_test(a_padded_wlan_header_is_stepped_over_before_the_first_of_several_frames),
        cmocka_unit_test(padding_by_the_radio_says_nothing_of_a_frame_in_a_tunnel_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
