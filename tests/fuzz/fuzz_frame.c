/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a row of frames through decode, flow and line: outcomes add up, and no octet is lost
 * between packets and flows. A frame is: link type, time step in s, length (2 bytes), bytes; the
 * lowest bit of the step adds a missing tail of 100 bytes.
 */
#include "common/cursor.h"
#include "probe/meter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NS_PER_S UINT64_C(1000000000)

struct sums {
    uint64_t packets, octets;
};

static void add(void *ctx, const struct flow_record *record)
{
    struct sums *sums = ctx;
    for (size_t way = 0; way < 2; way++) {
        sums->packets += record->packet_delta_count[way];
        sums->octets += record->octet_delta_count[way];
    }
}

static struct meter *new_meter(struct sums *ended)
{
    static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1};
    static struct pseudonym *pseudonym;
    if (!pseudonym)
        pseudonym = pseudonym_new(key, sizeof key);
    struct meter_options options;
    meter_options_init(&options);
    options.flow.memory_bytes = FLOW_MEMORY_MIN;
    options.flow.idle_timeout_ns = 60 * NS_PER_S;
    options.line.memory_bytes = 64 << 10;
    options.line.pseudonym = pseudonym;
    options.flow_ended = add;
    options.ctx = ended;
    return meter_new(&options);
}

static void feed(struct meter *meter, struct cursor in)
{
    uint64_t now = 1700000000 * NS_PER_S;
    while (cursor_left(&in) > 4) {
        enum link_type link = (enum link_type)(cursor_u8(&in) % (LINK_TYPES + 1));
        uint8_t step = cursor_u8(&in);
        size_t length = cursor_u16(&in);
        length = length < cursor_left(&in) ? length : cursor_left(&in);
        now += step * NS_PER_S;
        struct frame frame = {.time_unix_ns = now,
                              .bytes = cursor_take(&in, length),
                              .captured_bytes = (uint32_t)length,
                              .wire_bytes = (uint32_t)length + (step & 1 ? 100 : 0),
                              .link_type = link};
        meter_frame(meter, &frame);
    }
}

static void check(struct meter *meter, struct sums sums)
{
    struct meter_totals totals;
    meter_totals(meter, &totals);
    uint64_t outcomes = 0;
    for (size_t i = 0; i < DECODE_OUTCOMES; i++)
        outcomes += totals.outcomes[i];
    meter_visit_flows(meter, add, &sums);
    if (outcomes != totals.packets ||
        sums.packets + totals.flows.packets_not_stored != totals.ip_packets ||
        sums.octets + totals.flows.octets_not_stored != totals.ip_bytes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sums ended = {0};
    struct meter *meter = new_meter(&ended);
    if (!meter)
        return 0;
    feed(meter, cursor_of(data, size));
    meter_flush(meter);
    check(meter, ended);
    meter_free(meter);
    return 0;
}
