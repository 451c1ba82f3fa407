/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Packet sampling in user space (RFC 5475): which packets are taken, and what those that were taken
 * stand for. Pure and inline, since it runs for every packet; no clock, no system call. An object
 * belongs to one thread.
 *
 * A packet taken with probability p = 1/N stands for N. The sum of N over the packets taken is an
 * unbiased estimate of all packets, the sum of N times the size one of all octets, whatever N was
 * when each was taken (Horvitz and Thompson). Their variance is estimated without bias by the sums
 * of (1-p)/p^2 = N(N-1), and of that times the size squared; two packets are added to those taken
 * at a rate, so that an estimate of few, or of none, is not said to be surer than it is: within two
 * errors lies the truth in 95 % of intervals, however few packets were taken. For systematic
 * sampling this is the variance of random sampling at the same rate, which it does not exceed on
 * traffic without a period (RFC 5475 section 5.1).
 */
#ifndef LASTMILE_PROBE_CAPTURE_SELECTOR_H
#define LASTMILE_PROBE_CAPTURE_SELECTOR_H

#include "common/report.h"

#include <stdbool.h>
#include <stdint.h>

#define SELECTOR_INTERVAL_MAX 65535

struct selector {
    enum report_sampling method; /* NONE, SYSTEMATIC or PROBABILISTIC */
    uint32_t interval;
    uint32_t skip;      /* systematic: packets still to be left out */
    uint64_t threshold; /* probabilistic: of 32 random bits, taken below it; 2^32: always */
    uint64_t random;    /* never 0 */
};

/* `interval` from 1; 1 takes every packet. The seed places the first packet, or starts the random
 * numbers. */
static inline void selector_init(struct selector *selector, enum report_sampling method,
                                 uint32_t interval, uint64_t seed)
{
    *selector = (struct selector){
        .method = interval > 1 ? method : REPORT_SAMPLING_NONE,
        .interval = interval,
        .skip = (uint32_t)(seed % interval),
        .threshold = ((UINT64_C(1) << 32) + interval / 2) / interval,
        .random = seed ? seed : UINT64_C(0x9e3779b97f4a7c15),
    };
}

/* Vigna, xorshift64*: the upper half passes the usual tests of randomness. */
static inline uint32_t selector_random(struct selector *selector)
{
    uint64_t x = selector->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    selector->random = x;
    return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 32);
}

static inline bool selector_takes(struct selector *selector)
{
    if (selector->method == REPORT_SAMPLING_NONE)
        return true;
    if (selector->method == REPORT_SAMPLING_PROBABILISTIC)
        return selector_random(selector) < selector->threshold;
    if (selector->skip > 0) {
        selector->skip--;
        return false;
    }
    selector->skip = selector->interval - 1;
    return true;
}

/* What the packets taken stand for, while the interval may change from one to the next. */
struct sampling_sum {
    uint64_t taken, scaled_packets, scaled_octets;
    double packets_variance, octets_variance; /* of what went before the present interval */
    uint64_t packets, squares;                /* taken at the present interval; size squared */
    uint32_t interval;                        /* 0: nothing added yet */
    uint32_t changes;
};

/* Adds what was taken at the present interval to the variances. */
void sampling_sum_close(struct sampling_sum *sum);

/* Packets taken one after another at one interval: their number, and the sums of their sizes and of
 * the squares of them. */
struct sampling_run {
    uint64_t packets, octets, squares;
};

static inline void sampling_sum_add_run(struct sampling_sum *sum, uint32_t interval,
                                        struct sampling_run run)
{
    if (interval != sum->interval) {
        sampling_sum_close(sum);
        sum->changes += sum->interval != 0;
        sum->interval = interval;
    }
    sum->taken += run.packets;
    sum->packets += run.packets;
    sum->squares += run.squares;
    sum->scaled_packets += interval * run.packets;
    sum->scaled_octets += interval * run.octets;
}

static inline void sampling_sum_add(struct sampling_sum *sum, uint32_t interval, uint32_t octets)
{
    sampling_sum_add_run(sum, interval,
                         (struct sampling_run){1, octets, (uint64_t)octets * octets});
}

/* What a report says of it. */
struct sampling_estimate {
    uint64_t packets, octets;
    uint64_t packets_error, octets_error; /* standard errors, rounded up */
    uint64_t interval;                    /* the mean, or the one in force where no packet came */
    uint64_t changes;
};

struct sampling_estimate sampling_sum_estimate(const struct sampling_sum *sum);
/* The standard error of the sum of two estimates that are independent. */
uint64_t sampling_error_of_sum(uint64_t a, uint64_t b);
/* Begins anew, at the interval that is in force. */
void sampling_sum_restart(struct sampling_sum *sum);

#endif
