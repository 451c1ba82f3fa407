/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/flow/flow_table.h"

#include "probe/flow/flow_key.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/flow_stage.h"

#include <errno.h>
#include <string.h>

static void assert_identity(const struct flow_table *table, uint64_t packets, uint64_t octets)
{
    struct flow_counts counts = flow_table_counts(table);
    uint64_t active_packets, active_octets;
    flow_table_sum_active(table, &active_packets, &active_octets);
    assert_int_equal(active_packets + counts.packets_ended + counts.packets_not_stored, packets);
    assert_int_equal(active_octets + counts.octets_ended + counts.octets_not_stored, octets);
    uint64_t over = 0;
    for (size_t i = 0; i < FLOW_END_REASONS; i++)
        over += counts.flows_ended[i];
    assert_int_equal(counts.flows_started, counts.flows_active + over);
}

static void flow_table_joins_both_directions_in_one_biflow(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    assert_int_equal(give(table, make_packet(1, 2, UDP, T0)).events, FLOW_STARTED);
    struct flow_verdict verdict = give(table, make_packet(2, 1, UDP, T0 + S));
    assert_int_equal(verdict.events, 0);
    assert_int_equal(verdict.context, 42);
    flow_table_end_all(table);
    assert_int_equal(flow_stage.ended_count, 1);
    assert_int_equal(flow_stage.ended[0].packet_delta_count[0], 1);
    assert_int_equal(flow_stage.ended[0].packet_delta_count[1], 1);
    assert_int_equal(flow_stage.ended[0].octet_delta_count[1], 100);
    assert_int_equal(flow_stage.ended[0].key.source_port, 1);
    assert_int_equal(flow_stage.ended[0].end_reason, FLOW_END_FORCED);
    assert_int_equal(flow_stage.ended[0].biflow_direction, 1);
    assert_int_equal(flow_stage.ended[0].end_unix_ns - flow_stage.ended[0].start_unix_ns, S);
    flow_table_free(table);
}

static void flow_table_tells_flows_apart_by_each_part_of_the_key(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    struct packet same = make_packet(1, 2, UDP, T0);
    struct packet others[8];
    for (size_t i = 0; i < 8; i++)
        others[i] = same;
    others[0].key.source_address[3]++;
    others[1].key.destination_address[0]++;
    others[2].key.source_port++;
    others[3].key.destination_port++;
    others[4].key.protocol = TCP;
    others[5].key.svlan = 1;
    others[6].key.cvlan = 1;
    others[7].key.pppoe_session = 1;
    (void)give(table, same);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(give(table, others[i]).events & FLOW_STARTED, FLOW_STARTED);
    assert_int_equal(flow_table_counts(table).flows_active, 9);
    flow_table_free(table);
}

static void flow_table_takes_the_subscriber_for_the_forward_side(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    for (uint32_t from = 1; from <= 2; from++) {
        struct flow_table *table = new_table(&options);
        flow_stage.next_direction = DIRECTION_DOWNSTREAM;
        struct flow_verdict verdict = give(table, make_packet(from, 3 - from, UDP, T0));
        assert_int_equal(verdict.direction, DIRECTION_DOWNSTREAM);
        verdict = give(table, make_packet(3 - from, from, UDP, T0));
        assert_int_equal(verdict.direction, DIRECTION_UPSTREAM);
        flow_table_end_all(table);
        assert_int_equal(flow_stage.ended[0].key.source_port, 3 - from);
        assert_int_equal(flow_stage.ended[0].biflow_direction, 3);
        flow_table_free(table);
    }
}

static void flow_table_ends_the_idle_flow_with_reason_1(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    (void)give(table, make_packet(1, 2, UDP, T0));
    flow_table_expire(table, T0 + 120 * S - 1);
    assert_int_equal(flow_stage.ended_count, 0);
    flow_table_expire(table, T0 + 120 * S);
    assert_int_equal(flow_stage.ended_count, 1);
    assert_int_equal(flow_stage.ended[0].end_reason, FLOW_END_IDLE_TIMEOUT);
    /* A late packet ends it as exactly as the clock does. */
    (void)give(table, make_packet(3, 4, UDP, T0));
    assert_int_equal(give(table, make_packet(3, 4, UDP, T0 + 120 * S)).events, FLOW_STARTED);
    assert_int_equal(flow_stage.ended[1].end_reason, FLOW_END_IDLE_TIMEOUT);
    flow_table_free(table);
}

static void flow_table_ends_the_long_flow_with_reason_2(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    for (uint64_t t = 0; t <= 300; t += 10)
        (void)give(table, make_packet(1, 2, UDP, T0 + t * S));
    assert_int_equal(flow_stage.ended_count, 1);
    assert_int_equal(flow_stage.ended[0].end_reason, FLOW_END_ACTIVE_TIMEOUT);
    assert_int_equal(flow_stage.ended[0].packet_delta_count[0], 30);
    assert_identity(table, 31, 3100);
    flow_table_free(table);
}

static void flow_table_ends_the_closed_connection_with_reason_3(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    (void)give(table, make_tcp(1, 2, TCP_FIN | TCP_ACK, T0));
    (void)give(table, make_tcp(2, 1, TCP_FIN | TCP_ACK, T0));
    (void)give(table, make_tcp(1, 2, TCP_ACK, T0 + MS)); /* still the same flow */
    flow_table_expire(table, T0 + 10 * S);
    assert_int_equal(flow_stage.ended_count, 1);
    assert_int_equal(flow_stage.ended[0].end_reason, FLOW_END_OF_FLOW);
    assert_int_equal(flow_stage.ended[0].packet_delta_count[0], 2);
    (void)give(table, make_tcp(1, 2, TCP_RST, T0 + 11 * S));
    (void)give(table, make_tcp(1, 2, TCP_SYN, T0 + 12 * S)); /* the ports are used anew */
    assert_int_equal(flow_stage.ended_count, 2);
    assert_int_equal(flow_stage.ended[1].end_reason, FLOW_END_OF_FLOW);
    flow_table_free(table);
}

static void flow_table_never_ends_a_flow_where_no_timeout_is_set(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    options.idle_timeout_ns = options.active_timeout_ns = FLOW_NEVER;
    options.end_on_fin = false;
    struct flow_table *table = new_table(&options);
    (void)give(table, make_tcp(1, 2, TCP_RST, T0));
    (void)give(table, make_tcp(1, 2, TCP_SYN, T0 + 86400 * S));
    (void)give(table, make_tcp(1, 2, TCP_SYN, 0)); /* time steps back */
    flow_table_expire(table, UINT64_MAX);
    assert_int_equal(flow_table_counts(table).flows_started, 1);
    assert_int_equal(flow_stage.ended_count, 0);
    flow_table_free(table);
}

static uint64_t random_state;
static uint32_t random_below(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % below;
}

static struct packet random_packet(uint64_t time_ns, uint32_t hosts)
{
    struct packet packet = make_packet(1 + random_below(hosts), 1 + random_below(hosts),
                                       random_below(2) ? TCP : UDP, time_ns);
    packet.ip_bytes = 20 + random_below(1480);
    if (packet.key.protocol == TCP) {
        static const uint8_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK,
                                        TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST};
        packet.tcp_flags = flags[random_below(sizeof flags)];
        packet.tcp_sequence = random_below(5000);
        packet.transport_payload_bytes = random_below(3) * 700;
    }
    return packet;
}

/* Random traffic over a table that is too small, growing or not, with time going both ways. */
static void flow_table_loses_no_octet_whatever_comes(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 12; round++) {
        struct flow_options options = router_options();
        options.memory_bytes = FLOW_MEMORY_MIN << (round % 3);
        options.grow = round % 2;
        options.idle_timeout_ns = round % 4 == 3 ? FLOW_NEVER : 5 * S;
        options.active_timeout_ns = 20 * S;
        struct flow_table *table = new_table(&options);
        struct packet batch[FLOW_BATCH];
        struct flow_verdict verdicts[FLOW_BATCH];
        uint64_t packets = 0, octets = 0, now = T0;
        random_state = round;
        for (unsigned i = 0; i < 2000; i++) {
            size_t count = 1 + random_below(FLOW_BATCH);
            for (size_t k = 0; k < count; k++) {
                now += random_below(3) ? random_below(20) * MS : 0;
                batch[k] = random_packet(now - random_below(2) * random_below(2000) * MS, 60);
                octets += batch[k].ip_bytes;
            }
            packets += count;
            flow_table_update(table, batch, count, verdicts);
            if (i % 50 == 0)
                flow_table_expire(table, now);
            if (i % 500 == 0)
                assert_identity(table, packets, octets);
        }
        assert_identity(table, packets, octets);
        flow_table_end_all(table);
        assert_identity(table, packets, octets);
        assert_int_equal(flow_table_counts(table).flows_active, 0);
        assert_int_equal(flow_table_counts(table).flows_half_open, 0);
        flow_table_free(table);
    }
}

static void flow_table_keeps_established_flows_through_a_syn_flood(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    struct flow_table *table = new_table(&options);
    const uint32_t established = 1000, flood = 100000;
    for (uint32_t i = 0; i < established; i++) {
        (void)give(table, make_tcp(100000 + i, 2, TCP_SYN, T0));
        (void)give(table, make_tcp(2, 100000 + i, TCP_SYN | TCP_ACK, T0));
    }
    for (uint32_t i = 0; i < flood; i++)
        (void)give(table, make_tcp(1000000 + i, 3, TCP_SYN, T0 + i * 1000));
    struct flow_counts counts = flow_table_counts(table);
    assert_true(counts.flows_half_open <= flow_table_capacity(table) / 8 + 1);
    assert_int_equal(counts.flows_ended[FLOW_END_LACK_OF_RESOURCES - 1],
                     flood - counts.flows_half_open);
    for (uint32_t i = 0; i < established; i++) {
        struct flow_verdict verdict = give(table, make_tcp(100000 + i, 2, TCP_ACK, T0 + S));
        assert_int_equal(verdict.events & (FLOW_STARTED | FLOW_NOT_STORED), 0);
    }
    assert_identity(table, established * 3 + flood, (established * 3 + (uint64_t)flood) * 100);
    flow_table_free(table);
}

static void assert_evicted(size_t number, uint32_t from, uint64_t packets)
{
    const struct flow_record *record = &flow_stage.ended[number];
    uint32_t source;
    memcpy(&source, record->key.source_address, sizeof source);
    assert_int_equal(source, from);
    assert_int_equal(record->end_reason, FLOW_END_LACK_OF_RESOURCES);
    assert_int_equal(record->packet_delta_count[0], packets);
    assert_int_equal(record->packet_delta_count[1], 0);
    assert_int_equal(record->octet_delta_count[0], packets * 100);
    assert_int_equal(record->start_unix_ns, T0 + from * MS);
    assert_int_equal(record->end_unix_ns, T0 + from * MS + (packets - 1) * S);
}

static void flow_table_gives_up_half_open_flows_oldest_first(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    options.half_open_permille = 10;
    struct flow_table *table = new_table(&options);
    uint32_t limit = (uint32_t)flow_table_capacity(table) / 100, next = 1;
    assert_true(limit >= 8);
    for (; next <= limit; next++)
        (void)give(table, make_tcp(next, 9999, TCP_SYN, T0 + next * MS));
    (void)give(table, make_tcp(1, 9999, TCP_SYN, T0 + MS + S)); /* the oldest, once more */
    (void)give(table, make_tcp(4, 9999, TCP_SYN, T0 + 4 * MS + S));
    (void)give(table, make_tcp(9999, 2, TCP_SYN | TCP_ACK, T0 + 2 * S)); /* of those between: */
    (void)give(table, make_tcp(9999, 5, TCP_SYN | TCP_ACK, T0 + 2 * S));
    (void)give(table, make_tcp(9999, limit, TCP_SYN | TCP_ACK, T0 + 2 * S)); /* and the newest */
    assert_int_equal(flow_table_counts(table).flows_half_open, limit - 3);
    for (size_t i = 0; i < 3 + 4; i++, next++)
        (void)give(table, make_tcp(next, 9999, TCP_SYN, T0 + next * MS));
    assert_int_equal(flow_stage.ended_count, 4);
    assert_evicted(0, 1, 2);
    assert_evicted(1, 3, 1);
    assert_evicted(2, 4, 2);
    assert_evicted(3, 6, 1);
    assert_int_equal(flow_table_counts(table).flows_half_open, limit);
    assert_identity(table, limit + 5 + 7, (limit + 5 + 7) * 100);
    flow_table_free(table);
}

static void flow_table_grows_with_the_traffic_and_finds_all_again(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    options.memory_bytes = 64 << 20;
    options.grow = true;
    options.half_open_permille = 1000;
    struct flow_table *table = new_table(&options);
    const uint32_t flows = 120000;
    for (unsigned round = 0; round < 2; round++)
        for (uint32_t i = 0; i < flows; i++)
            (void)give(table, make_packet(i + 10, 5, UDP, T0));
    assert_int_equal(flow_table_counts(table).packets_not_stored, 0);
    assert_int_equal(flow_table_counts(table).flows_started, flows);
    assert_true(flow_table_counts(table).longest_probe <= 16);
    flow_table_free(table);
}

/* A third of the flows end between the steps of growth, and their entries in the index with them.
 */
static void flow_table_grows_while_flows_end_and_finds_the_rest_again(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    options.memory_bytes = 64 << 20;
    options.grow = true;
    options.active_timeout_ns = FLOW_NEVER;
    struct flow_table *table = new_table(&options);
    const uint32_t flows = 180000;
    for (uint32_t i = 0; i < flows; i++) {
        (void)give(table, make_packet(i + 10, 5, UDP, i % 3 ? T0 + options.idle_timeout_ns : T0));
        if (i % 5000 == 4999)
            flow_table_expire(table, T0 + options.idle_timeout_ns);
    }
    for (uint32_t i = 0; i < flows; i++)
        if (i % 3)
            (void)give(table, make_packet(5, i + 10, UDP, T0 + options.idle_timeout_ns));
    flow_table_expire(table, T0 + options.idle_timeout_ns);
    assert_int_equal(flow_table_counts(table).packets_not_stored, 0);
    assert_int_equal(flow_table_counts(table).flows_started, flows);
    assert_int_equal(flow_table_counts(table).flows_active, flows / 3 * 2);
    assert_true(flow_table_counts(table).longest_probe <= 16);
    assert_identity(table, flows / 3 * 5, UINT64_C(100) * (flows / 3 * 5));
    flow_table_free(table);
}

static void flow_table_never_takes_more_than_its_limit(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    options.memory_bytes = FLOW_MEMORY_MIN - 1;
    assert_null(flow_table_new(&options, NULL));
    assert_int_equal(errno, EINVAL);
    options.memory_bytes = 8 << 20;
    struct flow_table *table = new_table(&options);
    assert_true(flow_table_capacity(table) >= 8192);
    /* Hot, history, addresses, and half a bucket. */
    assert_true(flow_table_capacity(table) * (64 + 64 + 32 + 32 / 2) <= options.memory_bytes);
    flow_table_free(table);
}

/* Keys that all fall into one bucket under a seed that the attacker knows: nothing but a secret
 * seed spreads them. */
static void flow_table_spreads_colliding_keys_only_under_a_secret_seed(void **state)
{
    (void)state;
    const struct siphash_seed known = {1, 2}, secret = {0x1234567, 0x89abcdef};
    struct flow_hasher hasher;
    struct flow_name name;
    flow_hasher_init(&hasher, &known);
    struct flow_options options = router_options();
    options.memory_bytes = 4 << 20;
    options.half_open_permille = 1000;
    enum { KEYS = 400 };
    static struct packet keys[KEYS];
    size_t found = 0;
    for (uint32_t i = 1; found < KEYS; i++) {
        struct packet packet = make_packet(i, 0xffffffff, UDP, T0);
        packet.key.source_port = 1;
        packet.key.destination_port = 2;
        flow_name_of(&name, &packet.key, &hasher);
        if ((name.hash & 0x3ff) == 0)
            keys[found++] = packet;
    }
    for (unsigned secretly = 0; secretly < 2; secretly++) {
        options.seed = secretly ? secret : known;
        struct flow_table *table = new_table(&options);
        for (size_t i = 0; i < KEYS; i++)
            (void)give(table, keys[i]);
        struct flow_counts counts = flow_table_counts(table);
        assert_true(counts.longest_probe <= 16);
        assert_int_equal(counts.packets_not_stored > 0, !secretly);
        flow_table_free(table);
    }
}

/* ---- what the caller notes of a flow that will begin ---- */

static size_t noted, awaited_notes, started_with_notes;

static void note_expected(void *ctx, struct flow_expected *flows, size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++) {
        flows[i].notes.words[0] = flows[i].first->key.source_port;
        flows[i].notes.words[1] = flows[i].first->key.destination_port;
    }
    noted += count;
}

static void assert_notes_of(const struct packet *first, const struct flow_notes *notes)
{
    assert_int_equal(notes->words[0], first->key.source_port);
    assert_int_equal(notes->words[1], first->key.destination_port);
}

static void check_awaited(void *ctx, struct flow_expected *flows, size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++)
        assert_notes_of(flows[i].first, &flows[i].notes);
    assert_int_equal(started_with_notes <= awaited_notes, true);
    awaited_notes += count;
}

static struct flow_origin check_started(void *ctx, const struct packet *first,
                                        const struct flow_notes *notes)
{
    (void)ctx;
    assert_non_null(notes);
    assert_notes_of(first, notes);
    started_with_notes++;
    return (struct flow_origin){0};
}

static void notes_of_an_expected_flow_come_back_when_it_begins(void **state)
{
    (void)state;
    struct flow_options options = router_options();
    const struct flow_hooks hooks = {
        .expected = note_expected, .awaited = check_awaited, .started = check_started};
    struct flow_table *table = flow_table_new(&options, &hooks);
    struct packet packets[FLOW_BATCH];
    struct flow_verdict verdicts[FLOW_BATCH];
    assert_non_null(table);
    noted = awaited_notes = started_with_notes = 0;
    for (uint32_t i = 0; i < FLOW_BATCH; i++) /* every third goes on, the last before it */
        packets[i] = make_packet(1 + i - (i % 3 == 2), 99, UDP, S + i);
    flow_table_update(table, packets, FLOW_BATCH, verdicts);
    assert_int_equal(noted, FLOW_BATCH);
    assert_int_equal(awaited_notes, FLOW_BATCH);
    assert_int_equal(started_with_notes, flow_table_counts(table).flows_started);
    assert_int_equal(started_with_notes, FLOW_BATCH - FLOW_BATCH / 3);
    flow_table_update(table, packets, FLOW_BATCH, verdicts);
    assert_int_equal(flow_table_counts(table).flows_started, started_with_notes);
    flow_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_table_joins_both_directions_in_one_biflow),
        cmocka_unit_test(flow_table_tells_flows_apart_by_each_part_of_the_key),
        cmocka_unit_test(flow_table_takes_the_subscriber_for_the_forward_side),
        cmocka_unit_test(flow_table_ends_the_idle_flow_with_reason_1),
        cmocka_unit_test(flow_table_ends_the_long_flow_with_reason_2),
        cmocka_unit_test(flow_table_ends_the_closed_connection_with_reason_3),
        cmocka_unit_test(flow_table_never_ends_a_flow_where_no_timeout_is_set),
        cmocka_unit_test(flow_table_loses_no_octet_whatever_comes),
        cmocka_unit_test(flow_table_keeps_established_flows_through_a_syn_flood),
        cmocka_unit_test(flow_table_gives_up_half_open_flows_oldest_first),
        cmocka_unit_test(flow_table_grows_with_the_traffic_and_finds_all_again),
        cmocka_unit_test(flow_table_grows_while_flows_end_and_finds_the_rest_again),
        cmocka_unit_test(flow_table_never_takes_more_than_its_limit),
        cmocka_unit_test(flow_table_spreads_colliding_keys_only_under_a_secret_seed),
        cmocka_unit_test(notes_of_an_expected_flow_come_back_when_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
