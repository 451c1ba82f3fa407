/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/tally.h"

void tally_init(struct tally *tally, enum report_sampling sampling, uint32_t interval)
{
    *tally = (struct tally){.sampling = sampling, .flow_interval = interval};
    if (sampling != REPORT_SAMPLING_FLOW_HASH)
        tally->sum.interval = interval;
}

static uint64_t squares_of(const struct frame *frames, size_t count)
{
    uint64_t squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (uint64_t)frames[i].wire_bytes * frames[i].wire_bytes;
    return squares;
}

/* The frames from the first on that were taken at one interval. Where all were taken, nothing asks
 * for squares: there is no variance. */
static size_t add_run(struct sampling_sum *sum, const struct frame *frames, size_t count)
{
    const uint32_t interval = frames[0].sampling_interval;
    uint64_t octets = 0;
    size_t i = 0;
    for (; i < count && frames[i].sampling_interval == interval; i++)
        octets += frames[i].wire_bytes;
    uint64_t squares = interval > 1 ? squares_of(frames, i) : 0;
    sampling_sum_add_run(sum, interval, (struct sampling_run){i, octets, squares});
    return i;
}

void tally_count(struct tally *tally, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count;)
        i += add_run(&tally->sum, frames + i, count - i);
}

void tally_gather(struct tally *tally, struct capture *capture, uint32_t interval)
{
    struct capture_losses lost;
    if (!capture || capture_losses(capture, &lost) != 0)
        return;
    /* What the ring dropped had been chosen before; what the driver dropped had not. */
    uint64_t stands_for = capture_samples_in_kernel(capture) ? interval : 1;
    tally->dropped_since_start += lost.dropped + lost.interface_dropped;
    tally->dropped += lost.dropped * stands_for + lost.interface_dropped;
    tally->interface_octets = optional_u64_add(tally->interface_octets, lost.interface_octets);
    tally->incomparable |= !lost.interface_octets.known;
    tally->gathered = true;
}

struct meter_losses tally_losses(const struct tally *tally)
{
    struct meter_losses losses = {
        .dropped_packets = tally->dropped,
        .sampling = tally->sampling,
        .estimate = sampling_sum_estimate(&tally->sum),
    };
    if (tally->gathered && !tally->incomparable)
        losses.interface_octets = tally->interface_octets;
    if (tally->sampling == REPORT_SAMPLING_FLOW_HASH)
        losses.estimate.interval = tally->flow_interval;
    return losses;
}

void tally_restart(struct tally *tally)
{
    sampling_sum_restart(&tally->sum);
    tally->dropped = 0;
    tally->interface_octets = (struct optional_u64){0};
    tally->gathered = tally->incomparable = false;
}
