/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Open addressing with linear probing, half full at most; removal moves the followers up.
 */
#include "probe/conntrack/conntrack_meter.h"

#include <errno.h>
#include <stdlib.h>

#define SILENT_DUMPS 2 /* its end may be told a moment after it is gone */

struct connection {
    uint64_t key; /* 0: free */
    uint64_t packets[CONNTRACK_WAYS], octets[CONNTRACK_WAYS];
    uint32_t generation; /* of the dump that told it last */
    bool is_upstream[2]; /* whether the original, the reply direction is; both false: neither */
};

struct conntrack_meter {
    struct conntrack_options options;
    struct connection *table;
    size_t mask, count;
    uint32_t generation;
    bool has_baseline;
    struct conntrack_counts counts;
};

struct conntrack_meter *conntrack_meter_new(const struct conntrack_options *options)
{
    if (options->connections_max == 0 || options->connections_max > SIZE_MAX / 512) {
        errno = EINVAL;
        return NULL;
    }
    size_t size = 16;
    while (size < 2 * options->connections_max)
        size *= 2;
    struct conntrack_meter *meter = calloc(1, sizeof *meter);
    if (!meter)
        return NULL;
    meter->options = *options;
    meter->mask = size - 1;
    meter->table = calloc(size, sizeof *meter->table);
    if (meter->table)
        return meter;
    free(meter);
    return NULL;
}

void conntrack_meter_free(struct conntrack_meter *meter)
{
    if (!meter)
        return;
    free(meter->table);
    free(meter);
}

/* The kernel's id tells two connections apart that have the same ends, one after the other. */
static uint64_t key_of(const struct conntrack_meter *meter, const struct conntrack_flow *flow)
{
    uint8_t bytes[42];
    const uint16_t ports[2] = {flow->source_port, flow->destination_port};
    memcpy(bytes, flow->source, 16);
    memcpy(bytes + 16, flow->destination, 16);
    memcpy(bytes + 32, ports, 4);
    memcpy(bytes + 36, &flow->id, 4);
    bytes[40] = flow->protocol;
    bytes[41] = flow->ip_version;
    uint64_t key = siphash13(&meter->options.seed, bytes, sizeof bytes);
    return key ? key : 1;
}

/* Its place, or the free one where it would stand. */
static size_t find(const struct conntrack_meter *meter, uint64_t key)
{
    size_t i = (size_t)key & meter->mask;
    while (meter->table[i].key != 0 && meter->table[i].key != key)
        i = (i + 1) & meter->mask;
    return i;
}

static void remove_at(struct conntrack_meter *meter, size_t hole)
{
    struct connection *table = meter->table;
    for (size_t i = (hole + 1) & meter->mask; table[i].key != 0; i = (i + 1) & meter->mask) {
        size_t home = (size_t)table[i].key & meter->mask;
        if (((i - home) & meter->mask) >= ((i - hole) & meter->mask)) {
            table[hole] = table[i];
            hole = i;
        }
    }
    table[hole].key = 0;
    meter->count--;
}

/* A counter that was set back (the kernel's "dump and clear", by somebody else) has grown from 0.
 */
static uint64_t growth(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now;
}

static void add(struct conntrack_meter *meter, struct connection *connection,
                const struct conntrack_flow *flow)
{
    struct conntrack_counts *counts = &meter->counts;
    bool has_end_inside = connection->is_upstream[0] != connection->is_upstream[1];
    for (int way = 0; way < CONNTRACK_WAYS; way++) {
        uint64_t octets = growth(flow->octets[way], connection->octets[way]);
        counts->packets += growth(flow->packets[way], connection->packets[way]);
        counts->octets += octets;
        if (has_end_inside && connection->is_upstream[way])
            counts->upstream_octets += octets;
        else if (has_end_inside)
            counts->downstream_octets += octets;
        connection->packets[way] = flow->packets[way];
        connection->octets[way] = flow->octets[way];
    }
    counts->uncounted += !flow->counted;
}

static struct connection begin(const struct conntrack_meter *meter,
                               const struct conntrack_flow *flow, uint64_t key)
{
    const struct conntrack_options *options = &meter->options;
    struct connection fresh = {.key = key};
    if (options->is_inside) {
        fresh.is_upstream[CONNTRACK_ORIGINAL] =
            options->is_inside(options->ctx, flow->ip_version, flow->source);
        fresh.is_upstream[CONNTRACK_REPLY] =
            options->is_inside(options->ctx, flow->ip_version, flow->destination);
    }
    return fresh;
}

void conntrack_meter_begin_dump(struct conntrack_meter *meter)
{
    meter->generation++;
}

void conntrack_meter_tell(struct conntrack_meter *meter, const struct conntrack_flow *flow)
{
    uint64_t key = key_of(meter, flow);
    struct connection *connection = &meter->table[find(meter, key)];
    if (connection->key == 0) {
        if (meter->count >= meter->options.connections_max) {
            meter->counts.crowded++;
            return;
        }
        meter->count++;
        *connection = begin(meter, flow, key);
        meter->counts.started += meter->has_baseline;
        if (!meter->has_baseline) {
            memcpy(connection->packets, flow->packets, sizeof connection->packets);
            memcpy(connection->octets, flow->octets, sizeof connection->octets);
        }
    }
    connection->generation = meter->generation;
    add(meter, connection, flow);
}

void conntrack_meter_end_dump(struct conntrack_meter *meter, bool whole)
{
    if (whole)
        meter->has_baseline = true;
    for (size_t i = 0; whole && i <= meter->mask;) {
        const struct connection *connection = &meter->table[i];
        if (connection->key != 0 && meter->generation - connection->generation >= SILENT_DUMPS) {
            meter->counts.vanished++;
            remove_at(meter, i); /* and who has moved up is looked at */
        } else {
            i++;
        }
    }
}

void conntrack_meter_end(struct conntrack_meter *meter, const struct conntrack_flow *flow)
{
    uint64_t key = key_of(meter, flow);
    size_t i = find(meter, key);
    bool known = meter->table[i].key != 0;
    struct connection ended = known ? meter->table[i] : begin(meter, flow, key);
    if (!known && !meter->has_baseline)
        return; /* it began before us, and where it stood then was not told */
    meter->counts.started += !known;
    meter->counts.ended++;
    add(meter, &ended, flow);
    if (known)
        remove_at(meter, i);
}

void conntrack_meter_note_malformed(struct conntrack_meter *meter)
{
    meter->counts.malformed++;
}

struct conntrack_counts conntrack_meter_take(struct conntrack_meter *meter)
{
    struct conntrack_counts counts = meter->counts;
    meter->counts = (struct conntrack_counts){0};
    return counts;
}
