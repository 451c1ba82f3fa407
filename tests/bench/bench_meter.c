/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Million packets a second of decode, decode + flow, and all of the meter, over frames in memory.
 * Figures to look at, not a test: it fails only where a count is wrong.
 *   W1  100,000 flows, skewed, mixed sizes      W3  QinQ + PPPoE, 200,000 flows, 30 % IPv6
 */
#include "probe/meter.h"
#include "tests/support/packet_builder.h"

#include "probe/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAMES (1u << 20)
#define SLOT   128 /* bytes kept of each frame */
#define ROUNDS 3

static uint64_t random_state = 88172645463325252u;
static uint64_t roll(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

struct workload {
    const char *name;
    unsigned flows;
    int access; /* QinQ and PPPoE around */
    unsigned ipv6_percent;
    int skewed;
};

static const struct workload workloads[] = {
    {"W1", 100000, 0, 0, 1},
    {"W2", 1000000, 0, 0, 0},
    {"W3", 200000, 1, 30, 1},
};

static void build(const struct workload *workload, struct packet_builder *packet, unsigned flow,
                  uint32_t sequence)
{
    static const unsigned sizes[] = {20, 20, 20, 20, 20, 20, 20, 556, 556, 556, 556, 1440};
    int up = (int)roll(2);
    uint64_t client = UINT64_C(0x020000000000) + flow / 4;
    packet_begin(packet);
    packet_ethernet(packet, up ? client : 0xfeed, up ? 0xfeed : client);
    if (workload->access) {
        packet_vlan(packet, 0x88a8, 1 + flow / 4 / 4000);
        packet_vlan(packet, 0x8100, 1 + flow / 4 % 4000);
        packet_pppoe(packet, 1 + flow / 4 % 65535);
    }
    uint32_t address = 0x0a000000 + flow / 4, server = 0xcb007100 + flow % 251;
    if (flow % 100 < workload->ipv6_percent)
        packet_ipv6(packet, up ? address : server, up ? server : address);
    else
        packet_ipv4(packet, up ? address : server, up ? server : address);
    packet_tcp(packet, &(struct packet_tcp){.source = up ? 1024 + flow % 60000 : 443,
                                            .destination = up ? 443 : 1024 + flow % 60000,
                                            .sequence = sequence,
                                            .flags = TCP_ACK});
    packet_zeros(packet, sizes[roll(sizeof sizes / sizeof sizes[0])]);
    packet_finish(packet);
}

struct frames {
    uint8_t *bytes;
    struct frame *list;
};

static void fill(const struct workload *workload, struct frames *frames)
{
    static struct packet_builder packet;
    for (uint32_t i = 0; i < FRAMES; i++) {
        uint64_t flow = roll(workload->flows);
        if (workload->skewed) /* most packets belong to few flows */
            flow = flow * roll(workload->flows) / workload->flows * roll(workload->flows) /
                   workload->flows;
        build(workload, &packet, (unsigned)flow, i * 1460);
        uint32_t kept = packet.length < SLOT ? (uint32_t)packet.length : SLOT;
        memcpy(frames->bytes + (size_t)i * SLOT, packet.bytes, kept);
        frames->list[i] = (struct frame){
            .time_unix_ns = UINT64_C(1700000000000000000) + i * UINT64_C(100),
            .bytes = frames->bytes + (size_t)i * SLOT,
            .captured_bytes = kept,
            .wire_bytes = (uint32_t)packet.length,
            .link_type = LINK_ETHERNET,
        };
    }
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t run_decode(const struct frames *frames)
{
    struct packet packet;
    uint64_t decoded = 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        const struct frame *frame = &frames->list[i];
        decoded += decode_frame(frame->link_type, frame->bytes, frame->captured_bytes,
                                frame->wire_bytes, &packet) == DECODE_DECODED;
    }
    return decoded;
}

static uint64_t run_flow(const struct frames *frames, struct flow_table *table)
{
    struct packet batch[FLOW_BATCH];
    struct flow_verdict verdicts[FLOW_BATCH];
    for (uint32_t i = 0; i < FRAMES; i++) {
        const struct frame *frame = &frames->list[i];
        (void)decode_frame(frame->link_type, frame->bytes, frame->captured_bytes, frame->wire_bytes,
                           &batch[i % FLOW_BATCH]);
        batch[i % FLOW_BATCH].time_unix_ns = frame->time_unix_ns;
        if (i % FLOW_BATCH == FLOW_BATCH - 1)
            flow_table_update(table, batch, FLOW_BATCH, verdicts);
    }
    return flow_table_counts(table).flows_active;
}

static uint64_t run_meter(const struct frames *frames, struct meter *meter)
{
    for (uint32_t i = 0; i < FRAMES; i++)
        meter_frame(meter, &frames->list[i]);
    struct meter_totals totals;
    meter_totals(meter, &totals);
    return totals.flows.flows_active;
}

static void print(const char *workload, const char *what, double seconds, uint64_t count)
{
    (void)printf("%s %-22s %6.2f Mpps %6.1f ns/packet  (%llu)\n", workload, what,
                 FRAMES / seconds / 1e6, seconds * 1e9 / FRAMES, (unsigned long long)count);
}

static int bench(const struct workload *workload, struct frames *frames)
{
    struct meter_options options;
    meter_options_init(&options);
    options.flow.memory_bytes = (size_t)workload->flows * 320;
    options.line.memory_bytes = (size_t)64 << 20;
    options.flow.seed = (struct siphash_seed){3, 4};
    struct meter *meter = meter_new(&options);
    options.flow.take_memory = memory_take;
    options.flow.give_memory = memory_give;
    struct flow_table *table = flow_table_new(&options.flow, NULL);
    uint64_t decoded = 0, flows = 0, metered = 0;
    double best[3] = {1e9, 1e9, 1e9};
    if (!meter || !table)
        return EXIT_FAILURE;
    fill(workload, frames);
    for (unsigned round = 0; round < ROUNDS; round++) {
        double t0 = now_s();
        decoded = run_decode(frames);
        double t1 = now_s();
        flows = run_flow(frames, table);
        double t2 = now_s();
        metered = run_meter(frames, meter);
        double t3 = now_s();
        double took[] = {t1 - t0, t2 - t1, t3 - t2};
        for (size_t i = 0; i < 3; i++)
            best[i] = took[i] < best[i] ? took[i] : best[i];
    }
    print(workload->name, "decode", best[0], decoded);
    print(workload->name, "decode + flow", best[1], flows);
    print(workload->name, "decode + flow + line", best[2], metered);
    flow_table_free(table);
    meter_free(meter);
    return decoded == FRAMES && flows == metered ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
    struct frames frames = {.bytes = memory_take((size_t)FRAMES * SLOT),
                            .list = memory_take(FRAMES * sizeof(struct frame))};
    int status = EXIT_SUCCESS;
    if (!frames.bytes || !frames.list)
        return EXIT_FAILURE;
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++)
        status |= bench(&workloads[i], &frames);
    memory_give(frames.list, FRAMES * sizeof(struct frame));
    memory_give(frames.bytes, (size_t)FRAMES * SLOT);
    return status;
}
