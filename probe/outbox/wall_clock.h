/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether this machine's wall clock can be believed. Routers boot in 1970, or when their newest
 * file was written; a plausible year proves nothing. A wall clock is trusted while the kernel says
 * that a time server disciplines it (STA_UNSYNC, adjtimex(2); setting it by hand takes that away)
 * or the collector's receipts agree with it, and not over an interval in which it jumped. Where
 * kernel and collector differ the collector is right: that is the clock that all are compared by.
 * What is stamped without trust is placed by boot id and monotonic clock (journal.h).
 *
 * Pure; a plain value, zero at the start. Times are arguments; wall times are ns since 1970 UTC:
 * time zones are for those who show them.
 */
#ifndef LASTMILE_PROBE_OUTBOX_WALL_CLOCK_H
#define LASTMILE_PROBE_OUTBOX_WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct wall_clock {
    bool observed, confirmed, heard;
    int64_t offset_ns;       /* wall less monotonic clock, as last observed */
    int64_t heard_offset_ns; /* the collector's wall less our monotonic clock */
    uint64_t steady_from_ns; /* no jump since then, monotonic */
};

/* Both clocks at one moment. At least once a second, so that a jump and its return are seen. */
void wall_clock_observe(struct wall_clock *wall, uint64_t mono_ns, uint64_t unix_ns,
                        bool synchronised);

/* A receipt came just now; its time is the collector's of a moment ago (0: it does not say). */
void wall_clock_hear(struct wall_clock *wall, uint64_t mono_ns, uint64_t collector_unix_ns);

/* The wall clock's time at a moment of the monotonic clock; 0 where that is before 1970. */
uint64_t wall_clock_at(const struct wall_clock *wall, uint64_t mono_ns);

/* The wall clock less the collector's; 0 where they agree, or the collector has said nothing yet. */
int64_t wall_clock_error_ns(const struct wall_clock *wall);

/* Whether what was stamped from a moment on, until the last observation, can be believed. */
bool wall_clock_is_trusted_since(const struct wall_clock *wall, uint64_t mono_ns);

#endif
