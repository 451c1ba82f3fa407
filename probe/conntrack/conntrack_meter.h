/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From counters that grow to what an interval has brought. Each connection's counters as last told
 * are kept under a keyed hash; a dump, or a connection's end, tells them anew, and the difference
 * is counted, once. Pure: no clock, no socket.
 */
#ifndef LASTMILE_PROBE_CONNTRACK_METER_H
#define LASTMILE_PROBE_CONNTRACK_METER_H

#include "probe/conntrack/conntrack_answers.h"
#include "probe/flow/siphash.h"

struct conntrack_counts {
    uint64_t packets, octets;                    /* both ways, IP lengths */
    uint64_t downstream_octets, upstream_octets; /* of those with one end inside */
    uint64_t started, ended;
    uint64_t vanished;  /* gone without a word: what they carried last is not known */
    uint64_t uncounted; /* told without counters (nf_conntrack_acct was off when they began) */
    uint64_t crowded;   /* found no place: counted in whole at their end */
    uint64_t malformed;
};

struct conntrack_meter;

struct conntrack_options {
    size_t connections_max; /* 56 octets each, twice */
    struct siphash_seed seed;
    bool (*is_inside)(const void *ctx, uint8_t ip_version, const uint8_t address[static 16]);
    const void *ctx;
};

/* NULL with errno: EINVAL, ENOMEM. */
struct conntrack_meter *conntrack_meter_new(const struct conntrack_options *options);
void conntrack_meter_free(struct conntrack_meter *meter);

/* A dump: begin, a call for each, end. What the first one finds has begun before us: from where it
 * stands it is counted. What two do not find any more has vanished; one that was cut says
 * nothing of those. */
void conntrack_meter_begin_dump(struct conntrack_meter *meter);
void conntrack_meter_tell(struct conntrack_meter *meter, const struct conntrack_flow *flow);
void conntrack_meter_end_dump(struct conntrack_meter *meter, bool whole);

/* A connection has ended, with these counters. */
void conntrack_meter_end(struct conntrack_meter *meter, const struct conntrack_flow *flow);
void conntrack_meter_note_malformed(struct conntrack_meter *meter);

/* What was counted since it was last taken. */
struct conntrack_counts conntrack_meter_take(struct conntrack_meter *meter);

#endif
