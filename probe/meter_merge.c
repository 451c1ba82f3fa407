/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/meter_interval.h"

#include <errno.h>

#define PARTS_MAX 64

/* Of independent samples. */
static struct optional_u64 add_errors(struct optional_u64 a, struct optional_u64 b)
{
    if (!a.known || !b.known)
        return a.known ? a : b;
    return optional_u64(sampling_error_of_sum(a.value, b.value));
}

/* The mean over all packets taken; a flow's interval never changes. */
static uint64_t mean_interval(const struct report_observation *a,
                              const struct report_observation *b)
{
    uint64_t taken = a->packet_delta_count + b->packet_delta_count;
    uint64_t scaled = a->scaled_packets.value + b->scaled_packets.value;
    if (a->sampling != REPORT_SAMPLING_FLOW_HASH && a->scaled_packets.known &&
        b->scaled_packets.known && taken > 0)
        return (scaled + taken / 2) / taken;
    return a->sampling_interval > b->sampling_interval ? a->sampling_interval
                                                       : b->sampling_interval;
}

static void merge_observation(struct report_observation *into,
                              const struct report_observation *from)
{
    into->sampling_interval = mean_interval(into, from);
    into->packet_delta_count += from->packet_delta_count;
    into->octet_delta_count += from->octet_delta_count;
    into->dropped_packet_delta_count += from->dropped_packet_delta_count;
    for (size_t i = 0; i < REPORT_OUTCOMES; i++)
        into->outcomes[i] += from->outcomes[i];
    into->interface_octets = optional_u64_add(into->interface_octets, from->interface_octets);
    into->flows_started += from->flows_started;
    for (size_t i = 0; i < REPORT_END_REASONS; i++)
        into->flows_ended[i] += from->flows_ended[i];
    into->not_stored_octets += from->not_stored_octets;
    into->failed |= from->failed;
    into->sampling_changes += from->sampling_changes;
    into->scaled_packets = optional_u64_add(into->scaled_packets, from->scaled_packets);
    into->scaled_octets = optional_u64_add(into->scaled_octets, from->scaled_octets);
    into->scaled_packets_error = add_errors(into->scaled_packets_error, from->scaled_packets_error);
    into->scaled_octets_error = add_errors(into->scaled_octets_error, from->scaled_octets_error);
}

int meter_intervals_merge(struct meter_interval *const *intervals, size_t count)
{
    struct line_counts *lines[PARTS_MAX] = {NULL};
    if (count > PARTS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        lines[i] = intervals[i]->lines;
    int status = line_counts_merge(lines, count);
    for (size_t i = 1; i < count && status == 0; i++)
        merge_observation(&intervals[0]->observation, &intervals[i]->observation);
    return status;
}

struct report_observation *meter_interval_observation(struct meter_interval *interval)
{
    return &interval->observation;
}
