/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/counter.h"

#define NS_PER_TICK     UINT64_C(10000000)
#define TICKS_30_S      3000
#define OCTETS_PER_MBIT 125000
/* Counters are read at other instants than the clock: buffers and caches of agents make a line
 * look up to a tenth faster over a short time, and one second more is allowed for. */
#define SLACK_DIVISOR 10
#define SLACK_NS      UINT64_C(1000000000)

static bool engine_went_back(const struct counter_reading *before,
                             const struct counter_reading *after)
{
    return before->engine_time_s.known && after->engine_time_s.known &&
           after->engine_time_s.value < before->engine_time_s.value;
}

bool counter_agent_restarted(const struct counter_reading *before,
                             const struct counter_reading *after)
{
    if (!before->uptime_ticks.known || !after->uptime_ticks.known)
        return engine_went_back(before, after);
    uint32_t from = (uint32_t)before->uptime_ticks.value;
    uint32_t to = (uint32_t)after->uptime_ticks.value;
    uint64_t elapsed = (after->mono_ns - before->mono_ns) / NS_PER_TICK;
    uint64_t grown = (uint32_t)(to - from); /* modulo 2^32: as if it had wrapped */
    uint64_t slack = elapsed / 20 + TICKS_30_S;
    if (to > from)
        return grown + slack < elapsed && to <= elapsed;
    bool wrapped = grown <= elapsed + slack && grown + slack >= elapsed;
    return to < from && (!wrapped || engine_went_back(before, after));
}

/* The octets that the interface can carry in the time; unknown when its speed is. */
static struct optional_u64 capacity(struct optional_u64 mbit_s, uint64_t duration_ns)
{
    if (!mbit_s.known || mbit_s.value == 0)
        return (struct optional_u64){.known = false, .value = 0};
    double ns = (double)duration_ns + (double)duration_ns / SLACK_DIVISOR + (double)SLACK_NS;
    double octets = (double)mbit_s.value * OCTETS_PER_MBIT * ns / 1e9;
    return optional_u64(octets < 1.8e19 ? (uint64_t)octets : UINT64_MAX);
}

/* Of an aggregate that lost or got a member in the time, the higher speed. */
static struct optional_u64 speed_of(const struct counter_reading *before,
                                    const struct counter_reading *after)
{
    struct optional_u64 old = before->high_speed_mbit_s;
    struct optional_u64 new = after->high_speed_mbit_s;
    return old.known && new.known &&new.value > 0 && old.value > new.value ? old : new;
}

static bool discontinuous(const struct counter_reading *before, const struct counter_reading *after)
{
    return before->discontinuity.known && after->discontinuity.known &&
           before->discontinuity.value != after->discontinuity.value;
}

/* What can be judged before the values are looked at. COUNTER_GOOD: nothing speaks against it. */
static enum counter_verdict preconditions(const struct counter_reading *before,
                                          const struct counter_reading *after)
{
    if (!before->value.known || !after->value.known)
        return COUNTER_FIRST;
    if (after->mono_ns <= before->mono_ns)
        return COUNTER_NO_TIME;
    if (before->counter64 != after->counter64)
        return COUNTER_CHANGED_WIDTH;
    if (counter_agent_restarted(before, after))
        return COUNTER_RESTARTED;
    return discontinuous(before, after) ? COUNTER_DISCONTINUOUS : COUNTER_GOOD;
}

/* A 32-bit counter that went back has wrapped when the speed is known and allows for no second
 * wrap; without a speed a wrap cannot be told from a reset. */
static enum counter_verdict judge_32(const struct counter_reading *before,
                                     const struct counter_reading *after, struct optional_u64 most,
                                     uint64_t *out_octets)
{
    uint32_t delta = (uint32_t)after->value.value - (uint32_t)before->value.value;
    bool back = (uint32_t)after->value.value < (uint32_t)before->value.value;
    *out_octets = delta;
    if (!most.known)
        return back ? COUNTER_WENT_BACK : COUNTER_GOOD;
    if (delta > most.value)
        return back ? COUNTER_WENT_BACK : COUNTER_TOO_FAST;
    if (most.value > UINT32_MAX && most.value - delta > UINT32_MAX)
        return COUNTER_AMBIGUOUS;
    return back ? COUNTER_WRAPPED : COUNTER_GOOD;
}

/* 64 bits last 4,700 years at 1 Gbit/s: going back near the top is a wrap, all else a reset. */
static enum counter_verdict judge_64(const struct counter_reading *before,
                                     const struct counter_reading *after, struct optional_u64 most,
                                     uint64_t *out_octets)
{
    uint64_t delta = after->value.value - before->value.value;
    bool back = after->value.value < before->value.value;
    *out_octets = delta;
    if (most.known && delta > most.value)
        return back ? COUNTER_WENT_BACK : COUNTER_TOO_FAST;
    if (back && !most.known)
        return COUNTER_WENT_BACK;
    return back ? COUNTER_WRAPPED : COUNTER_GOOD;
}

struct counter_delta counter_delta(const struct counter_reading *before,
                                   const struct counter_reading *after)
{
    struct counter_delta delta = {.octets = {.known = false, .value = 0}};
    delta.verdict = preconditions(before, after);
    if (delta.verdict == COUNTER_FIRST || delta.verdict == COUNTER_NO_TIME)
        return delta;
    delta.duration_ns = after->mono_ns - before->mono_ns;
    if (delta.verdict != COUNTER_GOOD)
        return delta;
    uint64_t octets = 0;
    struct optional_u64 most = capacity(speed_of(before, after), delta.duration_ns);
    delta.verdict = after->counter64 ? judge_64(before, after, most, &octets)
                                     : judge_32(before, after, most, &octets);
    if (delta.verdict == COUNTER_GOOD || delta.verdict == COUNTER_WRAPPED)
        delta.octets = optional_u64(octets);
    return delta;
}

const char *counter_verdict_name(enum counter_verdict verdict)
{
    static const char *const names[COUNTER_VERDICTS] = {
        [COUNTER_GOOD] = "good",
        [COUNTER_WRAPPED] = "wrapped",
        [COUNTER_FIRST] = "first",
        [COUNTER_RESTARTED] = "restarted",
        [COUNTER_DISCONTINUOUS] = "discontinuous",
        [COUNTER_WENT_BACK] = "went-back",
        [COUNTER_TOO_FAST] = "too-fast",
        [COUNTER_AMBIGUOUS] = "ambiguous",
        [COUNTER_CHANGED_WIDTH] = "changed-width",
        [COUNTER_NO_TIME] = "no-time",
    };
    return (unsigned)verdict < COUNTER_VERDICTS ? names[verdict] : "?";
}
