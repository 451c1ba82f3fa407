/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames made to hurt: headers nested up to 20,000 deep, chains of IPv6 extension headers in every
 * order, lengths that lie, giants. Each ends in its outcome; none costs more than sixteen headers,
 * which is measured in bytes looked at: behind them the frame's memory is not readable.
 */
#include "probe/decode/decode.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"
#include "tests/support/wrapping.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CLIENT        UINT64_C(0x020000000001)
#define GATEWAY       UINT64_C(0x02000000feed)
#define NESTED_MAX    20000
#define LOOKED_AT_MAX 1024 /* sixteen headers of at most 64 bytes */

static struct packet_builder frame;
static struct packet packet;

/* Decodes `length` bytes of which only the first LOOKED_AT_MAX may be touched. */
static enum decode_outcome decode_behind_a_wall(const uint8_t *bytes, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *room =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(room != MAP_FAILED);
    assert_int_equal(mprotect(room + page, page, PROT_NONE), 0);
    size_t there = length < LOOKED_AT_MAX ? length : LOOKED_AT_MAX;
    uint8_t *start = room + page - there;
    memcpy(start, bytes, there);
    enum decode_outcome outcome =
        decode_frame(LINK_ETHERNET, start, (uint32_t)length, (uint32_t)length, &packet);
    assert_int_equal(munmap(room, 2 * page), 0);
    return outcome;
}

/* ---- nests ---- */

/* The IPv4 header of a nest: total length 0, for no length could be true in all of them. */
#define IPV4_WITH(protocol) 0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
#define IPV6_WITH(next)                                                                            \
    0x60, 0, 0, 0, 0, 0, next, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20,   \
        1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* The EtherType that announces the first, one that is repeated, and what stands at the bottom.
 * `layers`: how many headers one repetition is. */
static const struct nest {
    const char *name;
    uint16_t ethertype;
    unsigned layers;
    const uint8_t *repeated;
    size_t repeated_bytes;
    const uint8_t *bottom;
    size_t bottom_bytes;
} nests[] = {
    {"802.1Q", 0x8100, 1, BYTES(0, 1, 0x81, 0), BYTES(0, 2, 8, 0, IPV4_WITH(17), 1, 2, 3, 4)},
    {"802.1ad", 0x88a8, 1, BYTES(0, 1, 0x88, 0xa8), BYTES(0, 2, 8, 0, IPV4_WITH(17), 1, 2, 3, 4)},
    {"MPLS", 0x8847, 1, BYTES(0, 1, 0, 64), BYTES(0, 1, 1, 64, IPV4_WITH(17), 1, 2, 3, 4)},
    {"GRE in GRE", 0x0800, 2, BYTES(IPV4_WITH(47), 0, 0, 8, 0), BYTES(IPV4_WITH(17), 1, 2, 3, 4)},
    {"IPv4 in IPv4", 0x0800, 1, BYTES(IPV4_WITH(4)), BYTES(IPV4_WITH(17), 1, 2, 3, 4)},
    {"IPv6 in IPv6", 0x86dd, 1, BYTES(IPV6_WITH(41)), BYTES(IPV6_WITH(17), 1, 2, 3, 4)},
    {"6in4 in 4in6", 0x0800, 2, BYTES(IPV4_WITH(41), IPV6_WITH(4)),
     BYTES(IPV4_WITH(17), 1, 2, 3, 4)},
    {"Ethernet in GRE", 0x0800, 3,
     BYTES(IPV4_WITH(47), 0, 0, 0x65, 0x58, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0),
     BYTES(IPV4_WITH(17), 1, 2, 3, 4)},
    {"802.1ah", 0x88e7, 2, BYTES(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0xe7),
     BYTES(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, IPV4_WITH(17), 1, 2, 3, 4)},
};

static uint8_t *put(uint8_t *at, const void *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static uint8_t *build_nest(const struct nest *nest, unsigned count, size_t *out_length)
{
    size_t length = 14 + count * nest->repeated_bytes + nest->bottom_bytes;
    uint8_t *bytes = calloc(1, length), *at = bytes + 12;
    assert_non_null(bytes);
    *at++ = (uint8_t)(nest->ethertype >> 8);
    *at++ = (uint8_t)nest->ethertype;
    for (unsigned i = 0; i < count; i++)
        at = put(at, nest->repeated, nest->repeated_bytes);
    at = put(at, nest->bottom, nest->bottom_bytes);
    assert_ptr_equal(at, bytes + length);
    *out_length = length;
    return bytes;
}

/* Headers at the bottom: the last of the nest where it has one of its own, IPv4 or IPv6, UDP. */
static unsigned headers_of(const struct nest *nest, unsigned count)
{
    unsigned bottom = nest->ethertype == 0x0800 || nest->ethertype == 0x86dd ? 0 : nest->layers;
    return 1 + count * nest->layers + bottom + 2;
}

static void decode_ends_nests_of_any_depth_after_sixteen_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++)
        for (unsigned count = 1; count <= NESTED_MAX; count += count < 40 ? 1 : count / 3) {
            size_t length;
            uint8_t *bytes = build_nest(&nests[i], count, &length);
            enum decode_outcome outcome = decode_behind_a_wall(bytes, length);
            bool fits = headers_of(&nests[i], count) <= DECODE_LAYERS_MAX;
            if (outcome != (fits ? DECODE_DECODED : DECODE_TOO_DEEP))
                fail_msg("%u times %s: %s", count, nests[i].name, decode_outcome_names[outcome]);
            if (fits)
                assert_int_equal(packet.key.destination_port, 0x0304);
            free(bytes);
        }
}

static void decode_ends_vxlan_in_gtp_in_pppoe(void **state)
{
    (void)state;
    for (unsigned units = 1; units <= 40; units++) {
        packet_begin(&frame);
        packet_ethernet(&frame, CLIENT, GATEWAY);
        for (unsigned i = 0; i < units; i++) {
            packet_pppoe(&frame, 7);
            packet_ipv4(&frame, 1, 2);
            packet_gtpu(&frame, 3);
            packet_ipv4(&frame, 1, 2);
            packet_vxlan(&frame, 4);
            packet_ethernet(&frame, CLIENT, GATEWAY);
        }
        packet_ipv4(&frame, 1, 2);
        packet_udp(&frame, 10, 11);
        packet_finish(&frame);
        enum decode_outcome outcome = decode_behind_a_wall(frame.bytes, frame.length);
        assert_int_equal(outcome, units == 1 ? DECODE_DECODED : DECODE_TOO_DEEP);
    }
}

/* ---- chains of extension headers ---- */

static const uint8_t extensions[] = {60, 43, 44, 51, 135};
#define EXTENSIONS (sizeof extensions)
#define ORDERS     120 /* 5! */
#define CHAIN_MAX  200

/* The order of this number: 0 to ORDERS - 1. */
static void order_extensions(unsigned number, uint8_t out_order[static EXTENSIONS])
{
    uint8_t left[EXTENSIONS];
    memcpy(left, extensions, EXTENSIONS);
    for (unsigned count = EXTENSIONS; count > 0; count--) {
        unsigned pick = number % count;
        number /= count;
        out_order[EXTENSIONS - count] = left[pick];
        memmove(left + pick, left + pick + 1, count - pick - 1);
    }
}

static void put_extension(uint8_t protocol)
{
    if (protocol == 44) {
        packet_ipv6_fragment(&frame, 0, 0);
        return;
    }
    size_t at = frame.length;
    packet_extension(&frame, protocol, protocol == 43 ? 3 : 2);
    if (protocol == 51)
        frame.bytes[at + 1] = 2; /* words of four bytes, less two */
}

static void build_chain(const uint8_t *order, unsigned count)
{
    packet_begin(&frame);
    packet_ethernet(&frame, CLIENT, GATEWAY);
    packet_ipv6(&frame, 1, 2);
    for (unsigned i = 0; i < count; i++)
        put_extension(order[i % EXTENSIONS]);
    packet_udp(&frame, 5000, 5001);
    packet_finish(&frame);
}

static void decode_walks_chains_of_extension_headers_in_every_order(void **state)
{
    (void)state;
    for (unsigned number = 0; number < ORDERS; number++) {
        uint8_t order[EXTENSIONS];
        order_extensions(number, order);
        for (unsigned count = 0; count <= CHAIN_MAX; count++) {
            build_chain(order, count);
            enum decode_outcome outcome = decode_behind_a_wall(frame.bytes, frame.length);
            bool fits = 1 + 1 + count + 1 <= DECODE_LAYERS_MAX;
            assert_int_equal(outcome, fits ? DECODE_DECODED : DECODE_TOO_DEEP);
            if (!fits)
                continue;
            assert_int_equal(packet.key.protocol, 17);
            assert_int_equal(packet.key.destination_port, 5001);
            assert_int_equal(packet.ip_bytes, frame.length - 14);
        }
    }
}

static void decode_calls_a_chain_cut_at_any_byte_truncated(void **state)
{
    (void)state;
    for (unsigned number = 0; number < ORDERS; number += 7) {
        uint8_t order[EXTENSIONS];
        order_extensions(number, order);
        build_chain(order, 10);
        size_t ports_end = frame.length - 4;
        for (size_t cut = 0; cut <= frame.length; cut++) {
            uint8_t *bytes = malloc(cut + 1);
            assert_non_null(bytes);
            memcpy(bytes, frame.bytes, cut);
            enum decode_outcome outcome =
                decode_frame(LINK_ETHERNET, bytes, (uint32_t)cut, (uint32_t)frame.length, &packet);
            free(bytes);
            assert_int_equal(outcome, cut < ports_end ? DECODE_TRUNCATED : DECODE_DECODED);
        }
    }
}

/* ---- lies ---- */

static void decode_believes_no_length_beyond_the_wire(void **state)
{
    (void)state;
    static const uint16_t lies[] = {0, 1, 2, 19, 20, 0x3fff, 0x7fff, 0x8000, 0xfff8, 0xffff};
    for (size_t i = 0; i < wrapping_count; i++) {
        wrappings[i].begin(&frame);
        packet_ipv4(&frame, 1, 2);
        packet_udp(&frame, 4000, 53);
        packet_zeros(&frame, 32);
        packet_finish(&frame);
        for (size_t at = 0; at + 2 <= frame.length; at++)
            for (size_t lie = 0; lie < sizeof lies / sizeof lies[0]; lie++) {
                uint8_t *bytes = malloc(frame.length);
                assert_non_null(bytes);
                memcpy(bytes, frame.bytes, frame.length);
                bytes[at] = (uint8_t)(lies[lie] >> 8);
                bytes[at + 1] = (uint8_t)lies[lie];
                uint32_t length = (uint32_t)frame.length;
                enum decode_outcome outcome =
                    decode_frame(wrappings[i].link, bytes, length, length, &packet);
                free(bytes);
                assert_true(outcome < DECODE_OUTCOMES);
                if (outcome != DECODE_DECODED || !packet_has_ip(&packet))
                    continue;
                assert_true(packet.outer_ip_bytes <= length);
                /* An inner length may be beyond what its tunnel's first fragment holds. */
                assert_true(packet.ip_bytes <= packet.outer_ip_bytes || packet.ip_bytes <= 0xffff);
            }
    }
}

/* ---- giants ---- */

static void decode_enters_a_tunnel_too_long_for_its_length_fields(void **state)
{
    (void)state;
    const uint32_t wire = 80000;
    packet_begin(&frame);
    packet_ethernet(&frame, CLIENT, GATEWAY);
    packet_ipv4(&frame, 1, 2);
    packet_vxlan(&frame, 4);
    packet_ethernet(&frame, CLIENT, GATEWAY);
    size_t inner = frame.length;
    packet_ipv4(&frame, 3, 4);
    packet_tcp(&frame, &(struct packet_tcp){.source = 5, .destination = 6, .flags = TCP_ACK});
    packet_finish(&frame);
    memset(frame.bytes + 14 + 2, 0, 2);      /* the outer IPv4, */
    memset(frame.bytes + 14 + 20 + 4, 0, 2); /* UDP, */
    memset(frame.bytes + inner + 2, 0, 2);   /* and the inner IPv4 leave it open */
    assert_int_equal(
        decode_frame(LINK_ETHERNET, frame.bytes, (uint32_t)frame.length, wire, &packet),
        DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 6);
    assert_int_equal(packet.outer_ip_bytes, wire - 14);
    assert_int_equal(packet.ip_bytes, wire - inner);
    assert_int_equal(packet.transport_payload_bytes, wire - inner - 40);
    /* In a frame of ordinary length a UDP length of 0 is no tunnel. */
    assert_int_equal(
        decode_frame(LINK_ETHERNET, frame.bytes, (uint32_t)frame.length, 9000, &packet),
        DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 4789);
    assert_int_equal(packet.ip_bytes, 9000 - 14);
}

static void decode_takes_a_jumbo_frame_as_it_is(void **state)
{
    (void)state;
    packet_begin(&frame);
    packet_ethernet(&frame, CLIENT, GATEWAY);
    packet_ipv4(&frame, 1, 2);
    packet_udp(&frame, 4000, 53);
    packet_zeros(&frame, 9000 - 28);
    packet_finish(&frame);
    assert_int_equal(decode_frame(LINK_ETHERNET, frame.bytes, 128, 9014, &packet), DECODE_DECODED);
    assert_int_equal(packet.ip_bytes, 9000);
    assert_int_equal(packet.transport_payload_bytes, 9000 - 28);
}

/* Options of ten words: no IPv4 header is read before they are there, of whatever protocol. */
static void decode_calls_cut_ipv4_options_truncated(void **state)
{
    (void)state;
    static const uint16_t fragments[] = {0, 0x2000, 0x2005, 0x0005};
    for (size_t i = 0; i < sizeof fragments / sizeof fragments[0]; i++) {
        packet_begin(&frame);
        packet_u32(&frame, 0x4f000000 | 100);
        packet_u32(&frame, fragments[i]);
        packet_u32(&frame, 0x40320000); /* ESP */
        packet_zeros(&frame, 88);
        for (uint32_t captured = 0; captured <= 100; captured++)
            assert_int_equal(decode_frame(LINK_RAW_IP, frame.bytes, captured, 100, &packet),
                             captured < 60 ? DECODE_TRUNCATED : DECODE_DECODED);
    }
}

/* The access point has cut the frame so early; the capture has all that there was. */
static void decode_leaves_the_flow_of_a_tunnel_whose_first_fragment_is_short(void **state)
{
    (void)state;
    packet_begin(&frame);
    packet_ethernet(&frame, 1, 2);
    packet_ipv4(&frame, 0x0a000001, 0x0a000002);
    packet_udp(&frame, 40000, 5247);
    packet_u32(&frame, 0x00100280); /* 802.3, more fragments */
    packet_u32(&frame, 0x00010000);
    packet_zeros(&frame, 5);
    packet_finish(&frame);
    uint32_t length = (uint32_t)frame.length;
    assert_int_equal(decode_frame(LINK_ETHERNET, frame.bytes, length, length, &packet),
                     DECODE_DECODED);
    assert_int_equal(packet.key.destination_port, 5247);
    assert_int_equal(decode_frame(LINK_ETHERNET, frame.bytes, length - 1, length, &packet),
                     DECODE_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_ends_nests_of_any_depth_after_sixteen_headers),
        cmocka_unit_test(decode_ends_vxlan_in_gtp_in_pppoe),
        cmocka_unit_test(decode_walks_chains_of_extension_headers_in_every_order),
        cmocka_unit_test(decode_calls_a_chain_cut_at_any_byte_truncated),
        cmocka_unit_test(decode_believes_no_length_beyond_the_wire),
        cmocka_unit_test(decode_enters_a_tunnel_too_long_for_its_length_fields),
        cmocka_unit_test(decode_takes_a_jumbo_frame_as_it_is),
        cmocka_unit_test(decode_calls_cut_ipv4_options_truncated),
        cmocka_unit_test(decode_leaves_the_flow_of_a_tunnel_whose_first_fragment_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
