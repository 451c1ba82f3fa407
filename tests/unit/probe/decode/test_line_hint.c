/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decode/line_hint.h"

#include "probe/decode/decode.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT  UINT64_C(0x020000000001)
#define GATEWAY UINT64_C(0x02000000feed)

static const uint8_t client_mac[MAC_BYTES] = {2, 0, 0, 0, 0, 1};
static struct packet_builder frame;
static struct packet packet;
static struct line_hint hint;

static int read_hint(void)
{
    packet_finish(&frame);
    enum decode_outcome outcome = decode_frame(LINK_ETHERNET, frame.bytes, (uint32_t)frame.length,
                                               (uint32_t)frame.length, &packet);
    assert_int_equal(outcome, DECODE_DECODED);
    return decode_line_hint(&packet, frame.bytes, (uint32_t)frame.length, &hint);
}

static void begin_discovery(unsigned code, unsigned session, int up)
{
    packet_begin(&frame);
    packet_ethernet(&frame, up ? CLIENT : GATEWAY, up ? GATEWAY : CLIENT);
    packet_vlan(&frame, 0x88a8, 100);
    packet_vlan(&frame, 0x8100, 7);
    packet_pppoe_discovery(&frame, code, session);
}

static void assert_text(struct byte_range range, const char *text)
{
    assert_non_null(range.bytes);
    assert_int_equal(range.length, strlen(text));
    assert_memory_equal(range.bytes, text, range.length);
}

static void line_hint_reads_circuit_and_remote_of_a_padr(void **state)
{
    (void)state;
    begin_discovery(0x19, 0, 1);
    packet_tag(&frame, 0x0101, NULL, 0);
    packet_tag(&frame, 0x0105, "\0\0\0\x09other vendor", 16);
    packet_tag_tr101(&frame, "OLT-1 xpon 0/1/2:3", "4711");
    assert_int_equal(read_hint(), 0);
    assert_int_equal(hint.event, LINE_EVENT_SEEN);
    assert_true(hint.from_client);
    assert_memory_equal(hint.client_mac, client_mac, MAC_BYTES);
    assert_int_equal(hint.svlan, 100);
    assert_int_equal(hint.cvlan, 7);
    assert_text(hint.circuit_id, "OLT-1 xpon 0/1/2:3");
    assert_text(hint.remote_id, "4711");
}

static void line_hint_knows_the_client_of_a_pads(void **state)
{
    (void)state;
    begin_discovery(0x65, 555, 0);
    assert_int_equal(read_hint(), 0);
    assert_int_equal(hint.event, LINE_EVENT_STARTED);
    assert_false(hint.from_client);
    assert_int_equal(hint.pppoe_session, 555);
    assert_memory_equal(hint.client_mac, client_mac, MAC_BYTES);
    assert_null(hint.circuit_id.bytes);
}

static void line_hint_takes_a_padt_from_either_side_for_no_client_s(void **state)
{
    (void)state;
    for (int up = 0; up < 2; up++) {
        begin_discovery(0xa7, 555, up);
        packet_tag(&frame, 0x0203, "session closed", 14);
        assert_int_equal(read_hint(), -ENOENT);
    }
    begin_discovery(0xa7, 555, 1); /* but the access node names what comes from a client */
    packet_tag_tr101(&frame, "OLT-1 xpon 0/1/2:3", NULL);
    assert_int_equal(read_hint(), 0);
    assert_int_equal(hint.event, LINE_EVENT_ENDED);
    assert_memory_equal(hint.client_mac, client_mac, MAC_BYTES);
}

static void line_hint_refuses_tags_whose_length_lies(void **state)
{
    (void)state;
    begin_discovery(0x19, 0, 1);
    packet_u32(&frame, 0x010500ff);
    packet_u32(&frame, 3561);
    assert_int_equal(read_hint(), -EPROTO);
    begin_discovery(0x19, 0, 1);
    packet_tag(&frame, 0x0105, "\0\0\x0d\xe9\x01\x20short", 11);
    assert_int_equal(read_hint(), -EPROTO);
}

static void put_dhcp(const struct packet_dhcp *dhcp)
{
    packet_begin(&frame);
    packet_ethernet(&frame, CLIENT, GATEWAY);
    packet_ipv4(&frame, 0, 0xffffffff);
    packet_udp(&frame, 68, 67);
    packet_dhcp(&frame, dhcp);
}

static void line_hint_reads_option_82_and_the_lease_of_an_ack(void **state)
{
    (void)state;
    put_dhcp(&(struct packet_dhcp){.operation = 2,
                                   .message = 5,
                                   .client_mac = CLIENT,
                                   .your_address = 0x64400002,
                                   .circuit = "OLT-2 eth 0/1",
                                   .remote = "modem"});
    assert_int_equal(read_hint(), 0);
    assert_int_equal(hint.event, LINE_EVENT_STARTED);
    assert_text(hint.circuit_id, "OLT-2 eth 0/1");
    assert_text(hint.remote_id, "modem");
    assert_memory_equal(hint.client_mac, client_mac, MAC_BYTES);
    assert_int_equal(hint.address_count, 1);
    assert_int_equal(hint.addresses[0].ip_version, 4);
    assert_int_equal(hint.addresses[0].bits, 32);
    assert_memory_equal(hint.addresses[0].bytes, "\x64\x40\0\x02", 4);
}

static void line_hint_takes_an_offer_for_no_lease(void **state)
{
    (void)state;
    put_dhcp(&(struct packet_dhcp){
        .operation = 2, .message = 2, .client_mac = CLIENT, .your_address = 0x64400002});
    assert_int_equal(read_hint(), 0);
    assert_int_equal(hint.event, LINE_EVENT_SEEN);
    assert_int_equal(hint.address_count, 0);
    assert_null(hint.circuit_id.bytes);
}

/* The bytes on the heap, so that a sanitizer sees the first one too many. */
static void line_hint_survives_every_cut(void **state)
{
    (void)state;
    put_dhcp(&(struct packet_dhcp){
        .operation = 2, .message = 5, .client_mac = CLIENT, .circuit = "OLT-2 eth 0/1"});
    assert_int_equal(read_hint(), 0);
    for (size_t cut = 0; cut < frame.length; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        assert_non_null(bytes);
        memcpy(bytes, frame.bytes, cut);
        int status = decode_line_hint(&packet, bytes, (uint32_t)cut, &hint);
        assert_true(status == -EPROTO || status == 0);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_hint_reads_circuit_and_remote_of_a_padr),
        cmocka_unit_test(line_hint_knows_the_client_of_a_pads),
        cmocka_unit_test(line_hint_takes_a_padt_from_either_side_for_no_client_s),
        cmocka_unit_test(line_hint_refuses_tags_whose_length_lies),
        cmocka_unit_test(line_hint_reads_option_82_and_the_lease_of_an_ack),
        cmocka_unit_test(line_hint_takes_an_offer_for_no_lease),
        cmocka_unit_test(line_hint_survives_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
