/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/wall_clock.h"

#include "common/clock.h"

/* Slewing moves a clock by 500 ppm; what moves it further between two looks is a jump. */
#define JUMP_NS (INT64_C(500) * (int64_t)CLOCK_NS_PER_MS)
/* A receipt has been on its way for a commit, a broker and a poll loop. */
#define AGREE_NS (INT64_C(10) * (int64_t)CLOCK_NS_PER_S)

static bool within(int64_t a, int64_t b, int64_t limit)
{
    int64_t apart = a > b ? a - b : b - a;
    return apart <= limit;
}

/* Wall clocks of 64-bit kernels end in 2262. */
static int64_t offset_of(uint64_t mono_ns, uint64_t unix_ns)
{
    uint64_t most = INT64_MAX / 2;
    return (int64_t)(unix_ns < most ? unix_ns : most) - (int64_t)(mono_ns < most ? mono_ns : most);
}

void wall_clock_observe(struct wall_clock *wall, uint64_t mono_ns, uint64_t unix_ns,
                        bool synchronised)
{
    int64_t offset_ns = offset_of(mono_ns, unix_ns);
    if (!wall->observed || !within(offset_ns, wall->offset_ns, JUMP_NS))
        wall->steady_from_ns = wall->observed ? mono_ns : 0; /* nothing is known of before */
    wall->observed = true;
    wall->offset_ns = offset_ns;
    wall->confirmed =
        clock_unix_is_plausible(unix_ns) &&
        (wall->heard ? within(offset_ns, wall->heard_offset_ns, AGREE_NS) : synchronised);
}

void wall_clock_hear(struct wall_clock *wall, uint64_t mono_ns, uint64_t collector_unix_ns)
{
    if (!clock_unix_is_plausible(collector_unix_ns))
        return;
    wall->heard = true;
    wall->heard_offset_ns = offset_of(mono_ns, collector_unix_ns);
}

uint64_t wall_clock_at(const struct wall_clock *wall, uint64_t mono_ns)
{
    int64_t at_ns = (int64_t)mono_ns + wall->offset_ns;
    return at_ns > 0 ? (uint64_t)at_ns : 0;
}

int64_t wall_clock_error_ns(const struct wall_clock *wall)
{
    bool agree = within(wall->offset_ns, wall->heard_offset_ns, AGREE_NS);
    return wall->heard && wall->observed && !agree ? wall->offset_ns - wall->heard_offset_ns : 0;
}

bool wall_clock_is_trusted_since(const struct wall_clock *wall, uint64_t mono_ns)
{
    return wall->confirmed && wall->steady_from_ns <= mono_ns;
}
