/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeps a capture thread below its share of a CPU: doubles the sampling interval before the
 * kernel's ring runs over, and halves it again when there is room. A pure controller: it is told
 * the time and what was measured, and says the interval; it reads no clock and sets nothing.
 */
#ifndef LASTMILE_PROBE_CAPTURE_GOVERNOR_H
#define LASTMILE_PROBE_CAPTURE_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

struct governor_limits {
    uint32_t cpu_permille; /* of one CPU, that the thread may use; 0: the governor is off */
    uint32_t interval_min; /* the configured sampling interval, from 1 */
    uint32_t interval_max;
};

/* Cumulative, but for the ring. */
struct governor_sample {
    uint64_t now_mono_ns;
    uint64_t thread_cpu_ns; /* CLOCK_THREAD_CPUTIME_ID */
    uint64_t dropped;       /* packets, by the kernel's ring */
    uint32_t ring_permille; /* the fullest that the ring has been since the last sample */
};

enum governor_reason { GOVERNOR_NONE, GOVERNOR_CPU, GOVERNOR_RING, GOVERNOR_DROPS, GOVERNOR_ROOM };

struct governor {
    struct governor_limits limits;
    uint32_t interval;
    uint32_t cpu_permille; /* of the last second */
    enum governor_reason reason;
    bool started;
    unsigned calm; /* seconds in a row with room for twice the packets */
    unsigned calm_wanted;
    uint64_t lowered_mono_ns;
    struct governor_sample last;
};

void governor_init(struct governor *governor, const struct governor_limits *limits);

/* To be told at least once a second; acts once a second. True when governor->interval has changed:
 * up by two at once when the CPU is above its limit, the ring above half, or packets were dropped;
 * down by two after GOVERNOR_CALM_S seconds in which the CPU stood below 40 % of the limit and the
 * ring below a tenth. A step down that had to be taken back within that time makes the next wait
 * twice as long, up to GOVERNOR_CALM_MAX_S: a load at the edge does not make it swing. */
bool governor_update(struct governor *governor, const struct governor_sample *sample);

#define GOVERNOR_CALM_S     10
#define GOVERNOR_CALM_MAX_S 320

const char *governor_reason_name(enum governor_reason reason);

#endif
