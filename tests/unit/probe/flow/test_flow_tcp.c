/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a flow's segments say of the network: round-trip times of the handshake, repetitions.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/flow_stage.h"

static struct packet segment(uint32_t from, uint32_t to, uint32_t sequence, uint32_t length,
                             uint64_t time_ns)
{
    struct packet packet = make_tcp(from, to, TCP_ACK, time_ns);
    packet.tcp_sequence = sequence;
    packet.transport_payload_bytes = length;
    return packet;
}

static struct flow_verdict shake(struct flow_table *table, unsigned flags, uint32_t sequence,
                                 uint32_t acknowledgement, uint64_t time_ns)
{
    bool answer = flags == (TCP_SYN | TCP_ACK);
    struct packet packet = make_tcp(answer ? 2 : 1, answer ? 1 : 2, flags, time_ns);
    packet.tcp_sequence = sequence;
    packet.tcp_acknowledgement = acknowledgement;
    return give(table, packet);
}

static void flow_table_measures_both_halves_of_a_handshake(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    assert_int_equal(shake(table, TCP_SYN, UINT32_MAX, 0, T0).events, FLOW_STARTED | FLOW_SEGMENT);
    struct flow_verdict verdict = shake(table, TCP_SYN | TCP_ACK, 500, 0, T0 + 30 * MS);
    assert_int_equal(verdict.events, FLOW_EXTERNAL_RTT | FLOW_SEGMENT);
    assert_int_equal(verdict.rtt_ns, 30 * MS);
    verdict = shake(table, TCP_ACK, 0, 501, T0 + 32 * MS);
    assert_int_equal(verdict.events, FLOW_INTERNAL_RTT | FLOW_HANDSHAKE);
    assert_int_equal(verdict.rtt_ns, 2 * MS);
    assert_int_equal(verdict.handshake_ns, 32 * MS);
    assert_int_equal(shake(table, TCP_ACK, 0, 501, T0 + 40 * MS).events, 0);
    flow_table_end_all(table);
    assert_int_equal(flow_stage.ended[0].external_rtt_ns, 30 * MS);
    assert_int_equal(flow_stage.ended[0].internal_rtt_ns, 2 * MS);
    flow_table_free(table);
}

static void flow_table_swaps_the_halves_when_the_subscriber_is_called(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    flow_stage.next_direction = DIRECTION_DOWNSTREAM;
    (void)shake(table, TCP_SYN, 9, 0, T0);
    assert_int_equal(shake(table, TCP_SYN | TCP_ACK, 5, 10, T0 + 3 * MS).events,
                     FLOW_INTERNAL_RTT | FLOW_SEGMENT);
    assert_int_equal(shake(table, TCP_ACK, 10, 6, T0 + 40 * MS).events,
                     FLOW_EXTERNAL_RTT | FLOW_HANDSHAKE);
    flow_table_free(table);
}

static void flow_table_measures_nothing_from_a_repeated_syn(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    (void)shake(table, TCP_SYN, 9, 0, T0);
    assert_int_equal(shake(table, TCP_SYN, 9, 0, T0 + S).events, FLOW_SEGMENT | FLOW_RETRANSMITTED);
    assert_int_equal(shake(table, TCP_SYN | TCP_ACK, 5, 10, T0 + S + MS).events, FLOW_SEGMENT);
    assert_int_equal(shake(table, TCP_ACK, 10, 6, T0 + S + 2 * MS).events, FLOW_INTERNAL_RTT);
    flow_table_free(table);
}

/* The server speaks, so that its answer has been acknowledged, but not before our eyes. */
static void flow_table_takes_no_later_acknowledgement_for_the_handshake_s(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    (void)shake(table, TCP_SYN, 9, 0, T0);
    (void)shake(table, TCP_SYN | TCP_ACK, 5, 10, T0 + MS);
    (void)give(table, segment(2, 1, 6, 100, T0 + S));
    assert_int_equal(shake(table, TCP_ACK, 10, 106, T0 + 2 * S).events, 0);
    flow_table_free(table);
}

static void flow_table_counts_repeated_segments_in_their_direction(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    const uint32_t start = UINT32_MAX - 1500; /* the numbers wrap */
    (void)give(table, segment(1, 2, start, 1000, T0));
    assert_int_equal(give(table, segment(1, 2, start + 1000, 1000, T0)).events, FLOW_SEGMENT);
    assert_int_equal(give(table, segment(1, 2, start + 1000, 1000, T0)).events,
                     FLOW_SEGMENT | FLOW_RETRANSMITTED);
    assert_int_equal(give(table, segment(1, 2, start + 2000 - 1, 1, T0)).events,
                     FLOW_SEGMENT);                                       /* keep-alive */
    assert_int_equal(give(table, segment(1, 2, start, 0, T0)).events, 0); /* pure ACK */
    assert_int_equal(give(table, segment(2, 1, 77, 100, T0)).events, FLOW_SEGMENT);
    flow_table_end_all(table);
    assert_int_equal(flow_stage.ended[0].retransmitted[0], 1);
    assert_int_equal(flow_stage.ended[0].retransmitted[1], 0);
    flow_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_table_measures_both_halves_of_a_handshake),
        cmocka_unit_test(flow_table_swaps_the_halves_when_the_subscriber_is_called),
        cmocka_unit_test(flow_table_measures_nothing_from_a_repeated_syn),
        cmocka_unit_test(flow_table_takes_no_later_acknowledgement_for_the_handshake_s),
        cmocka_unit_test(flow_table_counts_repeated_segments_in_their_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
