/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One capture source, or its part of one (crew.h), in a thread of its own: capture -> meter, and
 * the interval's counts handed over through a one-place mailbox. The thread neither locks nor
 * allocates per packet. A source that goes away is opened again with backoff and counted; a file is
 * played at its own pace.
 */
#ifndef LASTMILE_PROBE_OBSERVER_H
#define LASTMILE_PROBE_OBSERVER_H

#include "probe/capture/capture.h"
#include "probe/meter.h"
#include "probe/settings/settings.h"

#include <stdint.h>

struct observer;

/* One of several threads that share an interface's frames. */
struct observer_part {
    unsigned number, count; /* from 0; 1: it has all frames */
    struct capture_sharing sharing;
};

/* Settings, pseudonym and prefixes are borrowed for the observer's life. NULL with errno set:
 * EINVAL, ENOMEM.
 */
struct observer *observer_new(const struct settings *settings, const struct settings_source *source,
                              const struct pseudonym *pseudonym, struct observer_part part);
/* Stops the thread if need be. NULL is fine. */
void observer_free(struct observer *observer);

/* Starts the thread. 0, or a negated errno. */
int observer_start(struct observer *observer);

/* Asks for the end of the interval at a wall time; the thread answers within about 100 ms. After
 * observer_stop it is answered at once: that is how the last counts are fetched. */
void observer_turn(struct observer *observer, uint64_t end_unix_ns);
/* What the thread has handed over since, or NULL: give it back with meter_interval_release. */
struct meter_interval *observer_take(struct observer *observer);

/* Ends the thread and waits for it. The counts since the last turn stay in the meter, for one more
 * turn. */
void observer_stop(struct observer *observer);

#endif
