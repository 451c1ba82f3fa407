/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RADIUS accounting, DHCPv6 and WLAN management: what they say, and that nothing breaks them.
 */
#include "probe/decode/decode.h"
#include "probe/decode/line_hint.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/control_builder.h"
#include "tests/support/random_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAS    0x0a000001
#define SERVER 0x0a000002

static struct packet_builder frame;
static struct packet packet;
static struct line_hint hint;

static const struct packet_radius interim = {.status = 3,
                                             .session = "s-1",
                                             .nas = "bras-1",
                                             .user = "alice@example",
                                             .circuit = "OLT-1 xpon 0/1/2:3",
                                             .remote = "serial",
                                             .port_id = "eth 0/1:100.7",
                                             .address = 0x64400002,
                                             .prefix = UINT64_C(0x20010db812345678),
                                             .prefix_bits = 60,
                                             .down = (UINT64_C(3) << 32) + 5,
                                             .up = 7,
                                             .gigawords = 1,
                                             .session_s = 600,
                                             .interim_s = 300};

static enum decode_outcome decode(enum link_type link)
{
    packet_finish(&frame);
    return decode_frame(link, frame.bytes, (uint32_t)frame.length, (uint32_t)frame.length, &packet);
}

static int read_hint(void)
{
    assert_int_equal(decode(LINK_ETHERNET), DECODE_DECODED);
    return decode_line_hint(&packet, frame.bytes, (uint32_t)frame.length, &hint);
}

static int read_radius(const struct packet_radius *record)
{
    packet_begin(&frame);
    packet_ethernet(&frame, 1, 2);
    packet_ipv4(&frame, NAS, SERVER);
    packet_udp(&frame, 40000, 1813);
    packet_radius(&frame, record);
    return read_hint();
}

static int read_dhcpv6(const struct packet_dhcpv6 *dhcp)
{
    packet_begin(&frame);
    packet_ethernet(&frame, 0x020000000001, 0x333300010002);
    packet_vlan(&frame, 0x88a8, 100);
    packet_vlan(&frame, 0x8100, 7);
    packet_ipv6(&frame, 1, 2);
    packet_udp(&frame, 546, 547);
    packet_dhcpv6(&frame, dhcp);
    return read_hint();
}

static void assert_text(struct byte_range range, const char *text)
{
    assert_non_null(range.bytes);
    assert_int_equal(range.length, strlen(text));
    assert_memory_equal(range.bytes, text, range.length);
}

static void radius_names_the_line_its_addresses_and_its_octets(void **state)
{
    (void)state;
    assert_int_equal(read_radius(&interim), 0);
    assert_true(hint.is_accounting);
    assert_int_equal(hint.event, LINE_EVENT_SEEN);
    assert_text(hint.circuit_id, "OLT-1 xpon 0/1/2:3");
    assert_text(hint.remote_id, "serial");
    assert_text(hint.account, "alice@example");
    assert_text(hint.port_id, "eth 0/1:100.7");
    assert_text(hint.accounting.session, "s-1");
    assert_text(hint.accounting.nas, "bras-1");
    assert_true(hint.accounting.octets_known && hint.accounting.gigawords_known);
    assert_int_equal(hint.accounting.octets[0], (UINT64_C(3) << 32) + 5);
    assert_int_equal(hint.accounting.octets[1], 7);
    assert_int_equal(hint.accounting.session_s, 600);
    assert_int_equal(hint.accounting.interim_s, 300);
    assert_int_equal(hint.address_count, 2);
    assert_int_equal(hint.addresses[0].bits, 32);
    assert_memory_equal(hint.addresses[0].bytes, "\x64\x40\0\x02", 4);
    assert_int_equal(hint.addresses[1].bits, 60);
    assert_memory_equal(hint.addresses[1].bytes, "\x20\x01\x0d\xb8\x12\x34\x56\x70\0", 9);
}

static void radius_says_what_begins_and_what_ends(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        int result;
        enum line_event event;
    } cases[] = {
        {1, 0, LINE_EVENT_STARTED},   {2, 0, LINE_EVENT_ENDED}, {3, 0, LINE_EVENT_SEEN},
        {7, 0, LINE_EVENT_ALL_ENDED}, {9, -ENOENT, 0}, /* Tunnel-Start */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet_radius record = {
            .status = cases[i].status, .session = "s", .nas = "n", .user = "u"};
        assert_int_equal(read_radius(&record), cases[i].result);
        if (cases[i].result == 0)
            assert_int_equal(hint.event, cases[i].event);
    }
    struct packet_radius nameless = {.status = 1, .user = "u"};
    assert_int_equal(read_radius(&nameless), -EPROTO); /* without a session */
}

static void radius_refuses_attributes_whose_length_lies(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } lies[] = {
        {"\x01\x01", 2},                         /* shorter than its own head */
        {"\x01\xff\x61", 3},                     /* beyond the message */
        {"\x08\x05\x01\x02\x03", 5},             /* an IPv4 address of three bytes */
        {"\x2a\x04\x01\x02", 4},                 /* octets of two */
        {"\x7b\x05\x00\x81\x20", 5},             /* a prefix of 129 bits */
        {"\x7b\x05\x00\x40\x20", 5},             /* 64 bits in one byte */
        {"\x1a\x08\x00\x00\x0d\xe9\x01\x09", 8}, /* a vendor's name beyond its attribute */
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        packet_begin(&frame);
        packet_ethernet(&frame, 1, 2);
        packet_ipv4(&frame, NAS, SERVER);
        packet_udp(&frame, 40000, 1813);
        packet_u16(&frame, 0x0401);
        packet_u16(&frame, (unsigned)lies[i].length + 20);
        packet_zeros(&frame, 16);
        packet_bytes(&frame, lies[i].bytes, lies[i].length);
        assert_int_equal(read_hint(), -EPROTO);
    }
}

static const struct packet_dhcpv6 reply = {.message = 7,
                                           .client_mac = 0x020000000009,
                                           .circuit = "OLT-1 eth 0/1",
                                           .remote = "modem",
                                           .relays = 3,
                                           .address_tail = 0x42,
                                           .prefix = UINT64_C(0x20010db8aaaa0000),
                                           .prefix_bits = 56};

static void dhcpv6_takes_the_names_of_the_innermost_relay(void **state)
{
    (void)state;
    assert_int_equal(read_dhcpv6(&reply), 0);
    assert_int_equal(hint.event, LINE_EVENT_STARTED);
    assert_false(hint.from_client);
    assert_text(hint.circuit_id, "OLT-1 eth 0/1");
    assert_text(hint.remote_id, "modem");
    assert_int_equal(hint.address_count, 2);
    assert_int_equal(hint.addresses[0].bits, 128);
    assert_int_equal(hint.addresses[0].bytes[15], 0x42);
    assert_int_equal(hint.addresses[1].bits, 56);
    assert_memory_equal(hint.addresses[1].bytes, "\x20\x01\x0d\xb8\xaa\xaa\0\0", 8);
    assert_memory_equal(hint.client_mac, "\2\0\0\0\0\x09", MAC_BYTES); /* of the DUID */
}

static void put_relay(unsigned rest, unsigned type, const char *name)
{
    size_t length = strlen(name), vendor = type == 37 ? 4 : 0;
    packet_u16(&frame, 0x0c00);
    packet_zeros(&frame, 32);
    packet_u16(&frame, type);
    packet_u16(&frame, (unsigned)(length + vendor));
    packet_zeros(&frame, vendor);
    packet_bytes(&frame, name, length);
    packet_u16(&frame, 9);
    packet_u16(&frame, rest);
}

/* A router around the access node says which of its own interfaces a message came by. */
static void dhcpv6_mixes_no_names_of_several_relays(void **state)
{
    (void)state;
    packet_begin(&frame);
    packet_ethernet(&frame, 1, 2);
    packet_ipv6(&frame, 1, 2);
    packet_udp(&frame, 547, 547);
    put_relay(34 + 4 + 4 + 5 + 4 + 4, 18, "ge-0/0/0");
    put_relay(4, 37, "modem");
    packet_u32(&frame, 0x01000001); /* SOLICIT */
    assert_int_equal(read_hint(), 0);
    assert_null(hint.circuit_id.bytes);
    assert_text(hint.remote_id, "modem");
}

static void dhcpv6_without_a_relay_names_the_sender_of_the_frame(void **state)
{
    (void)state;
    struct packet_dhcpv6 renew = {.message = 5, .client_mac = 9, .address_tail = 0x42};
    assert_int_equal(read_dhcpv6(&renew), 0);
    assert_memory_equal(hint.client_mac, "\2\0\0\0\0\1", MAC_BYTES);
    assert_null(hint.circuit_id.bytes);
    assert_int_equal(hint.svlan, 100);
    assert_int_equal(hint.address_count, 1);
}

static void dhcpv6_takes_an_advertisement_for_no_lease(void **state)
{
    (void)state;
    struct packet_dhcpv6 advertise = reply;
    advertise.message = 2;
    assert_int_equal(read_dhcpv6(&advertise), 0);
    assert_int_equal(hint.event, LINE_EVENT_SEEN);
    assert_int_equal(hint.address_count, 0);
}

static void dhcpv6_refuses_more_relays_than_there_may_be(void **state)
{
    (void)state;
    struct packet_dhcpv6 deep = {.message = 1, .client_mac = 9};
    deep.relays = 33;
    assert_int_equal(read_dhcpv6(&deep), -EPROTO);
    deep.relays = 20;
    assert_int_equal(read_dhcpv6(&deep), 0);
}

static void read_beacon(const char *ssid)
{
    packet_begin(&frame);
    packet_beacon(&frame, 0x0200000000bb, ssid);
    assert_int_equal(decode(LINK_IEEE802_11), DECODE_DECODED);
    assert_int_equal(packet.control, CONTROL_WLAN_MANAGEMENT);
}

static void a_beacon_names_its_cell_and_its_network(void **state)
{
    (void)state;
    struct wlan_hint wlan;
    read_beacon("weihai-free");
    assert_int_equal(decode_wlan_hint(&packet, frame.bytes, (uint32_t)frame.length, &wlan), 0);
    assert_memory_equal(wlan.bssid, "\2\0\0\0\0\xbb", MAC_BYTES);
    assert_int_equal(wlan.ssid_length, 11);
    assert_memory_equal(wlan.ssid, "weihai-free", 11);
    read_beacon("");
    assert_int_equal(decode_wlan_hint(&packet, frame.bytes, (uint32_t)frame.length, &wlan),
                     -ENOENT);
    read_beacon("a name of more than thirty-two bytes");
    assert_int_equal(decode_wlan_hint(&packet, frame.bytes, (uint32_t)frame.length, &wlan),
                     -EPROTO);
}

static bool lies_within(struct byte_range range, const uint8_t *bytes, size_t length)
{
    return !range.bytes || (range.bytes >= bytes && range.bytes + range.length <= bytes + length);
}

/* A copy of its own, so that a sanitizer sees the first byte too many. */
static void try_bytes(const uint8_t *from, size_t length)
{
    uint8_t *bytes = malloc(length + 1);
    struct wlan_hint wlan;
    assert_non_null(bytes);
    memcpy(bytes, from, length);
    struct packet announced = packet;
    for (unsigned control = CONTROL_NONE; control <= CONTROL_WLAN_MANAGEMENT; control++) {
        announced.control = (uint8_t)control;
        int status = decode_line_hint(&announced, bytes, (uint32_t)length, &hint);
        assert_true(status == 0 || status == -EPROTO || status == -ENOENT);
        assert_true(status != 0 || (lies_within(hint.circuit_id, bytes, length) &&
                                    lies_within(hint.account, bytes, length) &&
                                    lies_within(hint.accounting.session, bytes, length)));
        status = decode_wlan_hint(&announced, bytes, (uint32_t)length, &wlan);
        assert_true(status == 0 || status == -EPROTO || status == -ENOENT);
    }
    free(bytes);
}

static void no_cut_and_no_flipped_bits_do_harm(void **state)
{
    (void)state;
    struct random_source source = {.state = 5};
    for (unsigned kind = 0; kind < 3; kind++) {
        if (kind == 0)
            assert_int_equal(read_radius(&interim), 0);
        else if (kind == 1)
            assert_int_equal(read_dhcpv6(&reply), 0);
        else
            read_beacon("weihai-free");
        for (size_t cut = 0; cut <= frame.length; cut++)
            try_bytes(frame.bytes, cut);
        for (unsigned round = 0; round < 2000; round++) {
            uint8_t broken[PACKET_BYTES_MAX];
            memcpy(broken, frame.bytes, frame.length);
            for (unsigned flips = 1 + round % 4; flips > 0; flips--)
                broken[random_below(&source, frame.length)] ^=
                    (uint8_t)(1u << random_below(&source, 8));
            try_bytes(broken, frame.length);
        }
    }
}

static void a_cut_record_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(read_radius(&interim), 0);
    for (size_t cut = packet.payload_offset; cut < frame.length; cut++)
        assert_int_equal(decode_line_hint(&packet, frame.bytes, (uint32_t)cut, &hint), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radius_names_the_line_its_addresses_and_its_octets),
        cmocka_unit_test(radius_says_what_begins_and_what_ends),
        cmocka_unit_test(radius_refuses_attributes_whose_length_lies),
        cmocka_unit_test(dhcpv6_takes_the_names_of_the_innermost_relay),
        cmocka_unit_test(dhcpv6_mixes_no_names_of_several_relays),
        cmocka_unit_test(dhcpv6_without_a_relay_names_the_sender_of_the_frame),
        cmocka_unit_test(dhcpv6_takes_an_advertisement_for_no_lease),
        cmocka_unit_test(dhcpv6_refuses_more_relays_than_there_may_be),
        cmocka_unit_test(a_beacon_names_its_cell_and_its_network),
        cmocka_unit_test(no_cut_and_no_flipped_bits_do_harm),
        cmocka_unit_test(a_cut_record_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
