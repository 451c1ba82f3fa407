/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/flow_stage.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

struct flow_stage flow_stage;

static struct flow_origin on_started(void *ctx, const struct packet *first,
                                     const struct flow_notes *notes)
{
    (void)ctx;
    (void)first;
    (void)notes;
    return (struct flow_origin){.context = 42, .direction = flow_stage.next_direction};
}

static void on_ended(void *ctx, const struct flow_record *record)
{
    (void)ctx;
    flow_stage.ended[flow_stage.ended_count++ % FLOW_STAGE_RECORDS] = *record;
}

struct flow_options router_options(void)
{
    return (struct flow_options){
        .memory_bytes = 1 << 20,
        .seed = {1, 2},
        .idle_timeout_ns = 120 * S,
        .active_timeout_ns = 300 * S,
        .end_on_fin = true,
    };
}

struct flow_table *new_table(const struct flow_options *options)
{
    struct flow_hooks hooks = {.started = on_started, .ended = on_ended};
    struct flow_table *table = flow_table_new(options, &hooks);
    assert_non_null(table);
    flow_stage.ended_count = 0;
    flow_stage.next_direction = DIRECTION_UNKNOWN;
    return table;
}

struct packet make_packet(uint32_t from, uint32_t to, uint8_t protocol, uint64_t time_ns)
{
    struct packet packet = {.time_unix_ns = time_ns, .ip_bytes = 100};
    packet.key.ip_version = 4;
    packet.key.protocol = protocol;
    memcpy(packet.key.source_address, &from, 4);
    memcpy(packet.key.destination_address, &to, 4);
    packet.key.source_port = (uint16_t)(from % 65521);
    packet.key.destination_port = (uint16_t)(to % 65521);
    return packet;
}

struct packet make_tcp(uint32_t from, uint32_t to, unsigned flags, uint64_t time_ns)
{
    struct packet packet = make_packet(from, to, TCP, time_ns);
    packet.tcp_flags = (uint8_t)flags;
    return packet;
}

struct flow_verdict give(struct flow_table *table, struct packet packet)
{
    struct flow_verdict verdict;
    flow_table_update(table, &packet, 1, &verdict);
    return verdict;
}
