/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one probe may ask of the collector, so that no probe is felt by another: how many reports a
 * second, how many octets a day; and how many probes there may be. Rates are kept by the generic
 * cell rate algorithm (ITU-T I.371): one time a limit and probe, nothing to be woken for. A message
 * over its rate is not taken and not receipted, so that an honest probe sends it again. Pure: time
 * is an argument. One thread.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_QUOTA_H
#define LASTMILE_COLLECTOR_INTAKE_QUOTA_H

#include "common/topic.h"

#include <stddef.h>
#include <stdint.h>

struct quota_limits {
    uint64_t probes_max;        /* known to this collector, all operators together */
    uint64_t reports_per_s_max; /* in the long run; ten times as many at once */
    uint64_t bytes_per_day_max; /* in the long run; as many at once */
};

enum quota_verdict {
    QUOTA_OK = 0,
    QUOTA_TOO_MANY_PROBES,
    QUOTA_TOO_FAST,
};

struct quota;

/* The seed is of the table of names; anything that nobody guesses. NULL when memory is out. */
struct quota *quota_new(const struct quota_limits *limits, uint64_t seed);
void quota_free(struct quota *quota);

/* Makes room for a probe that is in the registry already, beyond the limit, too. 0 or -ENOMEM. */
int quota_know(struct quota *quota, const char *operator_name, const char *probe_name);

/* Judges a message and charges it. States are charged by themselves: one a second, 20 at once. */
enum quota_verdict quota_take(struct quota *quota, const struct topic *topic, size_t length,
                              uint64_t now_mono_ns);

size_t quota_probes(const struct quota *quota);

#endif
