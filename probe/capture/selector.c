/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/selector.h"

#include <math.h>

#define ADDED       2.0    /* packets, to those taken (Agresti and Coull 1998) */
#define FRAME_BYTES 1514.0 /* of each of them */

void sampling_sum_close(struct sampling_sum *sum)
{
    double each = (double)sum->interval * ((double)sum->interval - 1);
    if (sum->interval > 1) {
        sum->packets_variance += each * ((double)sum->packets + ADDED);
        sum->octets_variance += each * ((double)sum->squares + ADDED * FRAME_BYTES * FRAME_BYTES);
    }
    sum->packets = sum->squares = 0;
}

/* Variances of a torrent of jumbo frames can exceed what 64 bits hold; standard errors do not. */
static uint64_t standard_error(double variance)
{
    double root = sqrt(variance);
    uint64_t whole = (uint64_t)root;
    return whole + ((double)whole < root);
}

uint64_t sampling_error_of_sum(uint64_t a, uint64_t b)
{
    return standard_error((double)a * (double)a + (double)b * (double)b);
}

static uint64_t mean_interval(const struct sampling_sum *sum)
{
    if (sum->taken == 0)
        return sum->interval ? sum->interval : 1;
    return (sum->scaled_packets + sum->taken / 2) / sum->taken;
}

struct sampling_estimate sampling_sum_estimate(const struct sampling_sum *sum)
{
    struct sampling_sum closed = *sum;
    sampling_sum_close(&closed);
    return (struct sampling_estimate){
        .packets = sum->scaled_packets,
        .octets = sum->scaled_octets,
        .packets_error = standard_error(closed.packets_variance),
        .octets_error = standard_error(closed.octets_variance),
        .interval = mean_interval(sum),
        .changes = sum->changes,
    };
}

void sampling_sum_restart(struct sampling_sum *sum)
{
    *sum = (struct sampling_sum){.interval = sum->interval};
}
