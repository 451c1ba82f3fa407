/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When a device is polled: in its own slot of every interval, so that ten thousand devices spread
 * themselves; and later, by doubling and with jitter, while it is silent. Pure: times are
 * arguments.
 */
#ifndef LASTMILE_PROBE_SNMP_SLOTS_H
#define LASTMILE_PROBE_SNMP_SLOTS_H

#include <stdint.h>

#define SLOTS_DOUBLINGS_MAX 5
#define SLOTS_BACKOFF_MAX_S 1800

/* A name as a number that is always the same. */
uint64_t slots_hash(const char *name);

/* The first slot of a phase (any number; its hash) that is not before a time. Slots lie at epoch +
 * phase modulo interval + k intervals. The interval is above 0. */
uint64_t slots_next(uint64_t epoch_ns, uint64_t interval_ns, uint64_t phase,
                    uint64_t not_before_ns);

/* How long to leave a device alone after so many failures in a row (0 for none and for the first):
 * whole doublings of the interval, at most half an hour or one interval, and up to an eighth more
 * by random. */
uint64_t slots_backoff(uint64_t interval_ns, unsigned failures, uint64_t random);

#endif
