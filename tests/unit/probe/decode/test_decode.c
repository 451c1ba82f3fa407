/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decode/decode.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT   UINT64_C(0x020000000001)
#define GATEWAY  UINT64_C(0x02000000feed)
#define INSIDE   0x64400001u
#define OUTSIDE  0xc6336401u
#define TUNNEL_A 0x0a000001u
#define TUNNEL_B 0x0a000002u
#define PAYLOAD  32

static struct packet_builder frame;
static struct packet packet;

/* The bytes on the heap, so that a sanitizer sees the first one too many. */
static enum decode_outcome decode_cut(enum link_type link, size_t captured, size_t wire)
{
    uint8_t *bytes = malloc(captured > 0 ? captured : 1);
    assert_non_null(bytes);
    memcpy(bytes, frame.bytes, captured);
    enum decode_outcome outcome =
        decode_frame(link, bytes, (uint32_t)captured, (uint32_t)wire, &packet);
    free(bytes);
    return outcome;
}

static enum decode_outcome decode_as(enum link_type link)
{
    packet_finish(&frame);
    return decode_cut(link, frame.length, frame.length);
}

static enum decode_outcome decode(void)
{
    return decode_as(LINK_ETHERNET);
}

static void begin_ethernet(void)
{
    packet_begin(&frame);
    packet_ethernet(&frame, CLIENT, GATEWAY);
}

/* The same flow in each wrapping: IPv4, UDP 4000 -> 53, 60 bytes by its IP header. */
static void put_inner(void)
{
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_udp(&frame, 4000, 53);
    packet_zeros(&frame, PAYLOAD);
}

static void put_tunnel_ipv4(void)
{
    packet_ipv4(&frame, TUNNEL_A, TUNNEL_B);
}

static void wrap_plain(void)
{
    begin_ethernet();
}

static void wrap_dot1q(void)
{
    begin_ethernet();
    packet_vlan(&frame, 0x8100, 100);
}

static void wrap_qinq(void)
{
    begin_ethernet();
    packet_vlan(&frame, 0x88a8, 100);
    packet_vlan(&frame, 0x8100, 200);
}

static void wrap_old_qinq(void)
{
    begin_ethernet();
    packet_vlan(&frame, 0x9100, 100);
    packet_vlan(&frame, 0x9200, 200);
    packet_vlan(&frame, 0x8100, 300);
}

static void wrap_pppoe(void)
{
    wrap_qinq();
    packet_pppoe(&frame, 777);
}

static void wrap_mpls(void)
{
    begin_ethernet();
    packet_mpls(&frame, 16, 0);
    packet_mpls(&frame, 17, 1);
}

static void wrap_pseudowire(void)
{
    wrap_mpls();
    packet_u32(&frame, 0);
    packet_ethernet(&frame, CLIENT, GATEWAY);
}

static void wrap_llc(void)
{
    begin_ethernet();
    packet_llc_snap(&frame);
}

static void wrap_gre(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_gre(&frame, 0xb000);
}

static void wrap_nvgre(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_gre(&frame, 0x2000);
    packet_ethernet(&frame, GATEWAY, CLIENT);
}

static void wrap_ipip(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
}

static void wrap_4in6(void)
{
    begin_ethernet();
    packet_ipv6(&frame, 1, 2);
    packet_extension(&frame, 60, 1);
}

static void wrap_vxlan(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_vxlan(&frame, 5000);
    packet_ethernet(&frame, GATEWAY, CLIENT);
}

static void wrap_geneve(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_geneve(&frame, 5000);
    packet_ethernet(&frame, GATEWAY, CLIENT);
}

static void wrap_gtpu(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_gtpu(&frame, 1);
}

static void wrap_l2tp(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_l2tp(&frame);
}

static void wrap_capwap_802_3(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_capwap(&frame, 0, 1);
    packet_ethernet(&frame, CLIENT, GATEWAY);
}

static void wrap_capwap_802_11(void)
{
    begin_ethernet();
    put_tunnel_ipv4();
    packet_capwap(&frame, 1, 1);
    packet_ieee802_11(&frame, CLIENT, GATEWAY, 1);
}

static void wrap_ieee802_11(void)
{
    packet_begin(&frame);
    packet_ieee802_11(&frame, CLIENT, GATEWAY, 1);
}

static void wrap_radiotap(void)
{
    packet_begin(&frame);
    packet_radiotap(&frame);
    packet_ieee802_11(&frame, CLIENT, GATEWAY, 1);
}

static void wrap_cooked(void)
{
    packet_begin(&frame);
    packet_linux_cooked(&frame);
}

static void wrap_cooked_v2(void)
{
    packet_begin(&frame);
    packet_linux_cooked_v2(&frame);
}

static void wrap_nothing(void)
{
    packet_begin(&frame);
}

static void wrap_ppp(void)
{
    packet_begin(&frame);
    packet_ppp(&frame);
}

#define BIT(name) (1u << ENCAPSULATION_##name)
#define INNER_IP  (20 + 8 + PAYLOAD)

static const struct wrapping {
    const char *name;
    void (*wrap)(void);
    enum link_type link;
    uint32_t encapsulations;
    uint32_t tunnel_bytes; /* of the outermost IP packet above the innermost; 0: the same */
    uint16_t svlan, cvlan, session;
} wrappings[] = {
    {"plain", wrap_plain, LINK_ETHERNET, 0, 0, 0, 0, 0},
    {"dot1q", wrap_dot1q, LINK_ETHERNET, BIT(DOT1Q), 0, 100, 0, 0},
    {"qinq", wrap_qinq, LINK_ETHERNET, BIT(DOT1Q) | BIT(QINQ), 0, 100, 200, 0},
    {"old qinq", wrap_old_qinq, LINK_ETHERNET, BIT(DOT1Q) | BIT(QINQ), 0, 100, 200, 0},
    {"pppoe", wrap_pppoe, LINK_ETHERNET, BIT(DOT1Q) | BIT(QINQ) | BIT(PPPOE), 0, 100, 200, 777},
    {"mpls", wrap_mpls, LINK_ETHERNET, BIT(MPLS), 0, 0, 0, 0},
    {"pseudowire", wrap_pseudowire, LINK_ETHERNET, BIT(MPLS), 0, 0, 0, 0},
    {"llc", wrap_llc, LINK_ETHERNET, BIT(LLC_SNAP), 0, 0, 0, 0},
    {"gre", wrap_gre, LINK_ETHERNET, BIT(GRE), 20 + 16, 0, 0, 0},
    {"nvgre", wrap_nvgre, LINK_ETHERNET, BIT(GRE), 20 + 8 + 14, 0, 0, 0},
    {"ipip", wrap_ipip, LINK_ETHERNET, BIT(IPIP), 20, 0, 0, 0},
    {"4in6", wrap_4in6, LINK_ETHERNET, BIT(IPIP), 40 + 8, 0, 0, 0},
    {"vxlan", wrap_vxlan, LINK_ETHERNET, BIT(VXLAN), 20 + 16 + 14, 0, 0, 0},
    {"geneve", wrap_geneve, LINK_ETHERNET, BIT(GENEVE), 20 + 16 + 14, 0, 0, 0},
    {"gtpu", wrap_gtpu, LINK_ETHERNET, BIT(GTPU), 20 + 16, 0, 0, 0},
    {"l2tp", wrap_l2tp, LINK_ETHERNET, BIT(L2TP) | BIT(PPP), 20 + 8 + 6 + 4, 0, 0, 0},
    {"capwap 802.3", wrap_capwap_802_3, LINK_ETHERNET, BIT(CAPWAP), 20 + 16 + 14, 0, 0, 0},
    {"capwap 802.11", wrap_capwap_802_11, LINK_ETHERNET,
     BIT(CAPWAP) | BIT(IEEE802_11) | BIT(LLC_SNAP), 20 + 16 + 32, 0, 0, 0},
    {"802.11", wrap_ieee802_11, LINK_IEEE802_11, BIT(IEEE802_11) | BIT(LLC_SNAP), 0, 0, 0, 0},
    {"radiotap", wrap_radiotap, LINK_IEEE802_11_RADIOTAP, BIT(IEEE802_11) | BIT(LLC_SNAP), 0, 0, 0,
     0},
    {"cooked", wrap_cooked, LINK_LINUX_COOKED, 0, 0, 0, 0, 0},
    {"cooked v2", wrap_cooked_v2, LINK_LINUX_COOKED_V2, 0, 0, 0, 0, 0},
    {"raw", wrap_nothing, LINK_RAW_IP, 0, 0, 0, 0, 0},
    {"ppp", wrap_ppp, LINK_PPP, BIT(PPP), 0, 0, 0, 0},
};
#define WRAPPINGS (sizeof wrappings / sizeof wrappings[0])

static void assert_inner_flow(const struct wrapping *wrapping)
{
    static const uint8_t inside[16] = {0x64, 0x40, 0, 1}, outside[16] = {0xc6, 0x33, 0x64, 1};
    assert_int_equal(packet.key.ip_version, 4);
    assert_memory_equal(packet.key.source_address, inside, 16);
    assert_memory_equal(packet.key.destination_address, outside, 16);
    assert_int_equal(packet.key.source_port, 4000);
    assert_int_equal(packet.key.destination_port, 53);
    assert_int_equal(packet.key.protocol, 17);
    assert_int_equal(packet.key.svlan, wrapping->svlan);
    assert_int_equal(packet.key.cvlan, wrapping->cvlan);
    assert_int_equal(packet.key.pppoe_session, wrapping->session);
    assert_int_equal(packet.ip_bytes, INNER_IP);
    assert_int_equal(packet.outer_ip_bytes, INNER_IP + wrapping->tunnel_bytes);
    assert_int_equal(packet.transport_payload_bytes, PAYLOAD);
    assert_int_equal(packet.encapsulations, wrapping->encapsulations);
}

static void decode_finds_the_same_flow_in_every_encapsulation(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRAPPINGS; i++) {
        print_message("# %s\n", wrappings[i].name);
        wrappings[i].wrap();
        put_inner();
        assert_int_equal(decode_as(wrappings[i].link), DECODE_DECODED);
        assert_inner_flow(&wrappings[i]);
    }
}

static void decode_calls_each_prefix_truncated_until_the_ports_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRAPPINGS; i++) {
        wrappings[i].wrap();
        put_inner();
        packet_finish(&frame);
        size_t ports_end = frame.length - PAYLOAD - 4;
        for (size_t cut = 0; cut <= frame.length; cut++) {
            enum decode_outcome outcome = decode_cut(wrappings[i].link, cut, frame.length);
            assert_int_equal(outcome, cut < ports_end ? DECODE_TRUNCATED : DECODE_DECODED);
        }
    }
}

static void decode_survives_every_single_bit_flip(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRAPPINGS; i++) {
        wrappings[i].wrap();
        put_inner();
        packet_finish(&frame);
        for (size_t bit = 0; bit < frame.length * 8; bit++) {
            frame.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            enum decode_outcome outcome = decode_cut(wrappings[i].link, frame.length, frame.length);
            assert_true(outcome < DECODE_OUTCOMES);
            if (outcome == DECODE_DECODED && packet_has_ip(&packet))
                assert_true(packet.ip_bytes <= frame.length);
            frame.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void decode_goes_sixteen_layers_deep_and_no_deeper(void **state)
{
    (void)state;
    for (unsigned tags = 1; tags <= 64; tags++) {
        begin_ethernet();
        for (unsigned i = 0; i < tags; i++)
            packet_vlan(&frame, 0x8100, i + 1);
        put_inner();
        /* Ethernet, IPv4 and UDP are layers as well. */
        bool fits = tags + 3 <= DECODE_LAYERS_MAX;
        assert_int_equal(decode(), fits ? DECODE_DECODED : DECODE_TOO_DEEP);
    }
}

static void decode_ends_a_chain_of_ten_thousand_headers(void **state)
{
    (void)state;
    begin_ethernet();
    packet_finish(&frame);
    size_t length = frame.length;
    frame.bytes[12] = 0x81;
    frame.bytes[13] = 0x00;
    for (; length + 4 <= PACKET_BYTES_MAX; length += 4)
        memcpy(frame.bytes + length, "\0\1\x81\0", 4);
    assert_int_equal(decode_cut(LINK_ETHERNET, length, length), DECODE_TOO_DEEP);
}

static void decode_ignores_padding_and_snaplen_in_byte_counts(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_tcp(&frame, &(struct packet_tcp){.source = 1, .destination = 2, .flags = TCP_ACK});
    packet_finish(&frame);
    packet_zeros(&frame, 6); /* to 60 bytes */
    assert_int_equal(decode_cut(LINK_ETHERNET, 60, 60), DECODE_DECODED);
    assert_int_equal(packet.ip_bytes, 40);
    assert_int_equal(packet.transport_payload_bytes, 0);
    assert_int_equal(decode_cut(LINK_ETHERNET, 38, 60), DECODE_DECODED);
    assert_int_equal(packet.ip_bytes, 40);
    assert_int_equal(packet.tcp_flags, 0);
}

static void decode_takes_the_wire_length_for_a_total_length_of_zero(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_tcp(&frame, &(struct packet_tcp){.source = 1, .destination = 2, .flags = TCP_ACK});
    packet_finish(&frame);
    frame.bytes[16] = frame.bytes[17] = 0;
    assert_int_equal(decode_cut(LINK_ETHERNET, frame.length, 70000), DECODE_DECODED);
    assert_int_equal(packet.ip_bytes, 70000 - 14);
    assert_int_equal(packet.transport_payload_bytes, 70000 - 14 - 40);
}

static void decode_reads_the_length_of_a_jumbogram(void **state)
{
    (void)state;
    const uint32_t payload = 100000;
    begin_ethernet();
    packet_ipv6(&frame, 1, 2);
    packet_extension(&frame, 0, 1);
    packet_tcp(&frame, &(struct packet_tcp){.source = 1, .destination = 2, .flags = TCP_ACK});
    packet_finish(&frame);
    frame.bytes[18] = frame.bytes[19] = 0;
    uint8_t option[] = {0xc2, 4, 0, payload >> 16, (payload >> 8) & 0xff, payload & 0xff};
    memcpy(frame.bytes + 14 + 40 + 2, option, sizeof option);
    assert_int_equal(decode_cut(LINK_ETHERNET, frame.length, 14 + 40 + payload), DECODE_DECODED);
    assert_int_equal(packet.ip_bytes, 40 + payload);
    assert_int_equal(packet.outer_ip_bytes, 40 + payload);
    assert_int_equal(decode_cut(LINK_ETHERNET, frame.length, 14 + 40 + payload - 1),
                     DECODE_MALFORMED);
}

static void decode_walks_ipv6_extension_headers_to_the_ports(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv6(&frame, 1, 2);
    packet_extension(&frame, 0, 1);
    packet_extension(&frame, 43, 3);
    packet_extension(&frame, 60, 2);
    packet_ipv6_fragment(&frame, 0, 0);
    packet_udp(&frame, 5000, 5001);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.protocol, 17);
    assert_int_equal(packet.key.source_port, 5000);
    assert_int_equal(packet.ip_bytes, 40 + 8 + 24 + 16 + 8 + 8);
    assert_int_equal(packet.fragment, 0); /* atomic */
}

static void decode_gives_a_later_fragment_no_ports(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv4_fragment(&frame, INSIDE, OUTSIDE, 185, 0);
    packet_protocol(&frame, 17);
    packet_u32(&frame, 0x12345678);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.protocol, 17);
    assert_int_equal(packet.key.source_port | packet.key.destination_port, 0);
    assert_int_equal(packet.fragment, 1);
    begin_ethernet();
    packet_ipv6(&frame, 1, 2);
    packet_ipv6_fragment(&frame, 100, 1);
    packet_protocol(&frame, 17);
    packet_u32(&frame, 0x12345678);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.protocol, 17);
    assert_int_equal(packet.key.source_port, 0);
}

static void decode_calls_lying_ip_lengths_malformed(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint8_t value;
    } lies[] = {
        {14, 0x44}, /* header of 16 bytes */
        {14, 0x55}, /* version 5 */
        {16, 0xff}, /* total length beyond the wire */
        {17, 0x0a}, /* total length below the header's */
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        begin_ethernet();
        put_inner();
        packet_finish(&frame);
        frame.bytes[lies[i].offset] = lies[i].value;
        assert_int_equal(decode_cut(LINK_ETHERNET, frame.length, frame.length), DECODE_MALFORMED);
    }
}

static void decode_keeps_the_outer_flow_of_a_tunnel_that_is_none(void **state)
{
    (void)state;
    begin_ethernet();
    put_tunnel_ipv4();
    packet_udp(&frame, 40000, 4789);
    packet_bytes(&frame, "not a VXLAN header at all", 25);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 4789);
    assert_int_equal(packet.encapsulations, 0);
    begin_ethernet();
    put_tunnel_ipv4();
    packet_gtpu(&frame, 1);
    packet_bytes(&frame, "\x77neither 4 nor 6", 15);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 2152);
    assert_int_equal(packet.ip_bytes, 20 + 8 + 8 + 15);
}

static void decode_counts_control_frames_as_decoded_without_a_flow(void **state)
{
    (void)state;
    static const unsigned control[] = {0x0806, 0x88cc, 0x8809, 0x888e};
    for (size_t i = 0; i < sizeof control / sizeof control[0]; i++) {
        begin_ethernet();
        packet_ethertype(&frame, control[i]);
        packet_zeros(&frame, 46);
        assert_int_equal(decode(), DECODE_DECODED);
        assert_false(packet_has_ip(&packet));
    }
    begin_ethernet();
    packet_ethertype(&frame, 0x4242);
    packet_zeros(&frame, 46);
    assert_int_equal(decode(), DECODE_UNSUPPORTED);
    assert_int_equal(decode_as(LINK_UNSUPPORTED), DECODE_UNSUPPORTED);
}

static void decode_cannot_see_into_encrypted_wlan_frames(void **state)
{
    (void)state;
    wrap_ieee802_11();
    put_inner();
    packet_finish(&frame);
    frame.bytes[1] |= 0x40;
    assert_int_equal(decode_cut(LINK_IEEE802_11, frame.length, frame.length), DECODE_UNSUPPORTED);
}

static void decode_reads_byte_swapped_frame_control_inside_capwap(void **state)
{
    (void)state;
    static const uint8_t more[] = {0, 0x08, 0x10, 0x38}; /* sent again, power saving, more data */
    for (size_t i = 0; i < sizeof more; i++) {
        wrap_capwap_802_11();
        size_t control = frame.length - 32;
        put_inner();
        packet_finish(&frame);
        uint8_t type = frame.bytes[control];
        frame.bytes[control] = frame.bytes[control + 1] | more[i];
        frame.bytes[control + 1] = type;
        assert_int_equal(decode_cut(LINK_ETHERNET, frame.length, frame.length), DECODE_DECODED);
        assert_int_equal(packet.key.source_port, 4000);
        assert_int_equal(packet.direction, DIRECTION_UPSTREAM);
    }
}

static void decode_reads_what_tcp_and_sctp_say(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_tcp(&frame, &(struct packet_tcp){.source = 1,
                                            .destination = 2,
                                            .sequence = 0x01020304,
                                            .acknowledgement = 0x05060708,
                                            .flags = TCP_SYN | TCP_ACK});
    packet_zeros(&frame, 11);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.tcp_sequence, 0x01020304);
    assert_int_equal(packet.tcp_acknowledgement, 0x05060708);
    assert_int_equal(packet.tcp_flags, TCP_SYN | TCP_ACK);
    assert_int_equal(packet.transport_payload_bytes, 11);
    begin_ethernet();
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_sctp(&frame, 36412, 36413);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 36413);
    begin_ethernet();
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_icmp(&frame, 8);
    assert_int_equal(decode(), DECODE_DECODED);
    assert_int_equal(packet.key.source_port | packet.key.destination_port, 0);
}

/* QinQ, PPPoE and IPv4 leave 14 bytes of a snaplen of 64: all but the window. */
static void decode_reads_what_tcp_says_when_it_is_cut_behind_the_flags(void **state)
{
    (void)state;
    begin_ethernet();
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_tcp(&frame, &(struct packet_tcp){.sequence = 7, .flags = TCP_SYN});
    packet_finish(&frame);
    for (size_t cut = 13; cut < 20; cut++) {
        assert_int_equal(decode_cut(LINK_ETHERNET, 34 + cut, frame.length), DECODE_DECODED);
        assert_int_equal(packet.tcp_flags, cut < 14 ? 0 : TCP_SYN);
        assert_int_equal(packet.tcp_sequence, cut < 14 ? 0 : 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_finds_the_same_flow_in_every_encapsulation),
        cmocka_unit_test(decode_calls_each_prefix_truncated_until_the_ports_are_there),
        cmocka_unit_test(decode_survives_every_single_bit_flip),
        cmocka_unit_test(decode_goes_sixteen_layers_deep_and_no_deeper),
        cmocka_unit_test(decode_ends_a_chain_of_ten_thousand_headers),
        cmocka_unit_test(decode_ignores_padding_and_snaplen_in_byte_counts),
        cmocka_unit_test(decode_takes_the_wire_length_for_a_total_length_of_zero),
        cmocka_unit_test(decode_reads_the_length_of_a_jumbogram),
        cmocka_unit_test(decode_walks_ipv6_extension_headers_to_the_ports),
        cmocka_unit_test(decode_gives_a_later_fragment_no_ports),
        cmocka_unit_test(decode_calls_lying_ip_lengths_malformed),
        cmocka_unit_test(decode_keeps_the_outer_flow_of_a_tunnel_that_is_none),
        cmocka_unit_test(decode_counts_control_frames_as_decoded_without_a_flow),
        cmocka_unit_test(decode_cannot_see_into_encrypted_wlan_frames),
        cmocka_unit_test(decode_reads_byte_swapped_frame_control_inside_capwap),
        cmocka_unit_test(decode_reads_what_tcp_and_sctp_say),
        cmocka_unit_test(decode_reads_what_tcp_says_when_it_is_cut_behind_the_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
