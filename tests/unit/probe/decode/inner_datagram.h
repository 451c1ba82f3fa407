/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One datagram, wrapped in whatever a test puts before it, and what must be read of it. For a test
 * program of one file: the frame and the packet are its own.
 */
#ifndef LASTMILE_TESTS_UNIT_PROBE_DECODE_INNER_DATAGRAM_H
#define LASTMILE_TESTS_UNIT_PROBE_DECODE_INNER_DATAGRAM_H

#include "probe/decode/decode.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/packet_builder.h"

#define GATEWAY UINT64_C(0x02000000feed)
#define INSIDE  0x64400001u
#define OUTSIDE 0xc6336401u
#define PAYLOAD 32
#define BIT(x)  (1u << ENCAPSULATION_##x)

static struct packet_builder frame;
static struct packet packet;

static enum decode_outcome decode_as(enum link_type link)
{
    packet_finish(&frame);
    return decode_frame(link, frame.bytes, (uint32_t)frame.length, (uint32_t)frame.length, &packet);
}

static void begin_ethernet(void)
{
    packet_begin(&frame);
    packet_ethernet(&frame, UINT64_C(0x020000000001), GATEWAY);
}

/* IPv4, UDP 4000 -> 53, 60 bytes by its IP header. */
static void put_inner(void)
{
    packet_ipv4(&frame, INSIDE, OUTSIDE);
    packet_udp(&frame, 4000, 53);
    packet_zeros(&frame, PAYLOAD);
}

static void assert_inner(enum decode_outcome outcome)
{
    assert_int_equal(outcome, DECODE_DECODED);
    assert_int_equal(packet.key.source_port, 4000);
    assert_int_equal(packet.key.destination_port, 53);
    assert_int_equal(packet.ip_bytes, 60);
}

#endif
