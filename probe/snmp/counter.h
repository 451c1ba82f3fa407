/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a counter has counted between two polls: the one place that understands wraps, resets and
 * discontinuities (RFC 2578 §7.1.6, RFC 2863 §3.1.5 to 3.1.7). In doubt the delta is unknown: a gap
 * can be marked, a spike cannot be taken back. Pure.
 */
#ifndef LASTMILE_PROBE_SNMP_COUNTER_H
#define LASTMILE_PROBE_SNMP_COUNTER_H

#include "common/optional.h"

#include <stdbool.h>
#include <stdint.h>

/* One reading of an octet counter, with what is needed to judge it. */
struct counter_reading {
    struct optional_u64 value;
    bool counter64;                        /* 64 bits wide, else 32; chosen once per interface */
    uint64_t mono_ns;                      /* when it was read, our clock */
    struct optional_u64 uptime_ticks;      /* sysUpTime, hundredths of a second, 32 bits */
    struct optional_u64 discontinuity;     /* ifCounterDiscontinuityTime, sysUpTime's units */
    struct optional_u64 high_speed_mbit_s; /* ifHighSpeed; 0 or unknown bounds nothing */
    struct optional_u64 engine_time_s;     /* snmpEngineTime, the second witness of a restart */
};

/* Why a delta is what it is. */
enum counter_verdict {
    COUNTER_GOOD,
    COUNTER_WRAPPED,       /* passed its maximum once: the delta is whole */
    COUNTER_FIRST,         /* nothing to compare with, or not answered */
    COUNTER_RESTARTED,     /* the agent restarted (sysUpTime went back) */
    COUNTER_DISCONTINUOUS, /* the interface says that it was reset */
    COUNTER_WENT_BACK,     /* smaller without a reason that holds: a reset that nobody announced */
    COUNTER_TOO_FAST,      /* more than the interface can carry */
    COUNTER_AMBIGUOUS,     /* 32 bits may have wrapped more than once in the time */
    COUNTER_CHANGED_WIDTH, /* 32 bits before, 64 now, or the reverse */
    COUNTER_NO_TIME,       /* both readings at the same time, or time went back */
    COUNTER_VERDICTS,
};

struct counter_delta {
    struct optional_u64 octets; /* unknown unless COUNTER_GOOD or COUNTER_WRAPPED */
    uint64_t duration_ns;       /* between the readings; 0 for COUNTER_NO_TIME and COUNTER_FIRST */
    enum counter_verdict verdict;
};

/* The octets between two readings of one counter of one interface. */
struct counter_delta counter_delta(const struct counter_reading *before,
                                   const struct counter_reading *after);

/* True when the agent has restarted between two readings, the second of them later. sysUpTime wraps
 * after 497 days: going back is a wrap when the new value is where the old one would have come to,
 * within a twentieth of the time and 30 s, and snmpEngineTime (68 years) has not gone back. Going
 * forth is a restart when it fell short by more than that, and the agent is no older than the time
 * between (polls were lost while it was away); an uptime that stands still says nothing. Where
 * sysUpTime is not answered, snmpEngineTime going back is a restart. */
bool counter_agent_restarted(const struct counter_reading *before,
                             const struct counter_reading *after);

/* "wrapped", "restarted", ... */
const char *counter_verdict_name(enum counter_verdict verdict);

#endif
