/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/governor.h"

#define SECOND_NS    UINT64_C(1000000000)
#define RING_HIGH    500 /* permille */
#define RING_LOW     100
#define ROOM_PERCENT 40 /* of the CPU limit: twice that leaves a fifth to spare */

void governor_init(struct governor *governor, const struct governor_limits *limits)
{
    *governor = (struct governor){
        .limits = *limits, .interval = limits->interval_min, .calm_wanted = GOVERNOR_CALM_S};
}

static enum governor_reason pressure(const struct governor *governor, uint32_t ring_permille,
                                     uint64_t dropped)
{
    if (dropped > 0)
        return GOVERNOR_DROPS;
    if (ring_permille > RING_HIGH)
        return GOVERNOR_RING;
    return governor->cpu_permille > governor->limits.cpu_permille ? GOVERNOR_CPU : GOVERNOR_NONE;
}

static bool raise_interval(struct governor *governor, enum governor_reason reason, uint64_t now)
{
    uint32_t before = governor->interval;
    governor->calm = 0;
    if (before >= governor->limits.interval_max)
        return false;
    /* Taken back soon after it was given: the load stands at the edge. */
    uint64_t since = now - governor->lowered_mono_ns;
    bool regretted = governor->lowered_mono_ns > 0 && since < GOVERNOR_CALM_S * SECOND_NS;
    governor->calm_wanted = regretted ? 2 * governor->calm_wanted : GOVERNOR_CALM_S;
    if (governor->calm_wanted > GOVERNOR_CALM_MAX_S)
        governor->calm_wanted = GOVERNOR_CALM_MAX_S;
    governor->interval =
        before > governor->limits.interval_max / 2 ? governor->limits.interval_max : 2 * before;
    governor->reason = reason;
    return true;
}

static bool lower_interval(struct governor *governor, uint32_t ring_permille, uint64_t now)
{
    uint64_t room = (uint64_t)governor->limits.cpu_permille * ROOM_PERCENT / 100;
    bool calm = governor->cpu_permille < room && ring_permille < RING_LOW;
    governor->calm = calm ? governor->calm + 1 : 0;
    if (governor->calm < governor->calm_wanted ||
        governor->interval == governor->limits.interval_min)
        return false;
    uint32_t half = governor->interval / 2;
    governor->interval =
        half > governor->limits.interval_min ? half : governor->limits.interval_min;
    governor->reason = GOVERNOR_ROOM;
    governor->calm = 0;
    governor->lowered_mono_ns = now;
    return true;
}

bool governor_update(struct governor *governor, const struct governor_sample *sample)
{
    struct governor_sample *last = &governor->last;
    uint32_t ring = sample->ring_permille;
    if (governor->limits.cpu_permille == 0)
        return false;
    if (!governor->started) {
        governor->started = true;
        *last = *sample;
        return false;
    }
    if (ring > last->ring_permille)
        last->ring_permille = ring;
    uint64_t elapsed = sample->now_mono_ns - last->now_mono_ns;
    if (elapsed < SECOND_NS)
        return false;
    uint64_t used = sample->thread_cpu_ns - last->thread_cpu_ns;
    governor->cpu_permille = (uint32_t)((double)used * 1000 / (double)elapsed);
    uint64_t dropped = sample->dropped - last->dropped;
    ring = last->ring_permille;
    *last = *sample;
    last->ring_permille = 0;
    enum governor_reason reason = pressure(governor, ring, dropped);
    return reason != GOVERNOR_NONE ? raise_interval(governor, reason, sample->now_mono_ns)
                                   : lower_interval(governor, ring, sample->now_mono_ns);
}

const char *governor_reason_name(enum governor_reason reason)
{
    static const char *const names[] = {"none", "cpu", "ring", "drops", "room"};
    return reason <= GOVERNOR_ROOM ? names[reason] : "?";
}
