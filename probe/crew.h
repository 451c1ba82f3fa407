/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One capture source and the threads that share its frames (`threads` of a source): what each has
 * counted in an interval becomes one observation and one set of cells, and it is judged whether the
 * source sees what its interface carries. For the control thread.
 *
 * Frames are shared by their VLAN tags, those without by their MACs or by the address that is inside
 * (probe/capture/fanout.h), so that a line, its flows and what names it lie in one thread. Exact, as
 * one thread would count: packets, octets, outcomes, flows, round-trip times, segments, devices,
 * users, lines and their names. A line of several VLAN pairs, or what it says to its neighbours and
 * to groups, may lie in several threads: it is counted once, with the peak of its busiest part
 * (probe/line/line_meter.h).
 */
#ifndef LASTMILE_PROBE_CREW_H
#define LASTMILE_PROBE_CREW_H

#include "probe/meter.h"
#include "probe/settings/settings.h"

#include <stdint.h>

struct crew;

/* Settings and pseudonym are borrowed for its life. NULL with errno set: EINVAL, ENOMEM. */
struct crew *crew_new(const struct settings *settings, const struct settings_source *source,
                      const struct pseudonym *pseudonym);
/* Stops the threads if need be. NULL is fine. */
void crew_free(struct crew *crew);

/* Starts the threads. 0, or a negated errno. */
int crew_start(struct crew *crew);

/* Asks for the end of the interval, as observer_turn does. A thread that has answered a turn before
 * which is not complete yet is not asked: its counts since come with the next. */
void crew_turn(struct crew *crew, uint64_t end_unix_ns);
/* What all have counted, once the last has answered, or NULL: give it back with
 * meter_interval_release. */
struct meter_interval *crew_take(struct crew *crew);

/* Ends the threads and waits for them; a turn that was asked for has then been answered. */
void crew_stop(struct crew *crew);

#endif
