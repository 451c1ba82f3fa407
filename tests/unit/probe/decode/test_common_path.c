/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decode/common_path.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 200000

static struct packet_builder frame;
static uint64_t random_state = 7;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % limit;
}

static void put_link(void)
{
    static const unsigned tpids[] = {0x8100, 0x88a8, 0x8100, 0x88a8, 0x9100};
    packet_ethernet(&frame, UINT64_C(0x020000000000) + below(9), 0x02000000feed);
    for (uint32_t tags = below(4); tags > 0; tags--)
        packet_vlan(&frame, tpids[below(5)], below(4096));
    if (below(2))
        packet_pppoe(&frame, below(65536));
}

static void put_network(void)
{
    switch (below(8)) {
    case 0:
        packet_ipv4_fragment(&frame, 0x0a000001, 0xc6336401, below(3), (int)below(2));
        break;
    case 1:
        packet_ipv6(&frame, 1, 2);
        packet_extension(&frame, 60, 1);
        break;
    case 2:
    case 3:
    case 4:
        packet_ipv6(&frame, below(9), below(9));
        break;
    default:
        packet_ipv4(&frame, 0x0a000000 + below(9), 0xc6336400 + below(9));
    }
}

static void put_transport(void)
{
    static const unsigned ports[] = {53,   67,   443,  547,  1813, 1646, 1701,
                                     2152, 4789, 8472, 5247, 6081, 40000};
    unsigned from = ports[below(13)], to = ports[below(13)];
    if (below(8) == 0)
        packet_icmp(&frame, 8);
    else if (below(2))
        packet_udp(&frame, from, to);
    else
        packet_tcp(&frame, &(struct packet_tcp){from, to, below(1000), below(1000), below(64)});
}

/* Both readers of the same bytes, on the heap so that a sanitizer sees the first one too many.
 * True: the common path served. */
static bool compare(uint32_t captured, uint32_t wire)
{
    struct packet by_walk, by_both, by_run[2];
    uint8_t *bytes = malloc(captured > 0 ? captured : 1);
    assert_non_null(bytes);
    memcpy(bytes, frame.bytes, captured);
    enum decode_outcome walked = decode_walk(LINK_ETHERNET, bytes, captured, wire, &by_walk);
    enum decode_outcome both = decode_frame(LINK_ETHERNET, bytes, captured, wire, &by_both);
    const struct frame frames[2] = {{1, bytes, captured, wire, LINK_ETHERNET, 0},
                                    {2, bytes, captured, wire, LINK_PPP_ETHER, 0}};
    size_t served = decode_common(frames, 2, by_run, 2);
    assert_int_equal(walked, both);
    assert_memory_equal(&by_walk, &by_both, sizeof by_walk);
    free(bytes);
    if (served == 0)
        return false;
    assert_int_equal(served, 1);
    by_both.time_unix_ns = 1;
    assert_int_equal(both, DECODE_DECODED);
    assert_memory_equal(&by_run[0], &by_both, sizeof by_both);
    assert_int_equal(by_both.ip_bytes, by_both.outer_ip_bytes);
    assert_true(packet_has_ip(&by_both) && by_both.control == CONTROL_NONE);
    return true;
}

static void common_path_reads_what_the_walk_reads(void **state)
{
    (void)state;
    unsigned served = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        packet_begin(&frame);
        put_link();
        put_network();
        put_transport();
        packet_zeros(&frame, below(64));
        packet_finish(&frame);
        uint32_t wire = (uint32_t)frame.length;
        served += compare(wire, wire);
        served += compare(wire, wire + below(20)); /* padded */
        served += compare(below(wire + 1), wire);  /* cut by the capture */
        served += compare(wire, below(wire + 1));  /* more bytes than the wire had */
        for (unsigned flips = 1 + below(3); flips > 0; flips--)
            frame.bytes[below(wire)] ^= (uint8_t)(1u << below(8));
        served += compare(wire, wire);
        frame.bytes[below(wire)] = (uint8_t)below(256);
        served += compare(below(wire + 1), wire);
    }
    assert_true(served > ROUNDS / 2); /* else too little was compared */
}

static void common_path_leaves_other_frames_to_the_walk(void **state)
{
    (void)state;
    packet_begin(&frame);
    packet_ethernet(&frame, 1, 2);
    packet_ipv4(&frame, 1, 2);
    packet_udp(&frame, 1000, 4789);
    packet_zeros(&frame, 40);
    packet_finish(&frame);
    assert_false(compare((uint32_t)frame.length, (uint32_t)frame.length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_path_reads_what_the_walk_reads),
        cmocka_unit_test(common_path_leaves_other_frames_to_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
