/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The thread that owns the registry's writing handle, and all that works on it: intake, feed,
 * watch, pruning. It takes messages from a queue and never waits for the network; the thread of the
 * network never waits for it or a disk. Until it is started, and after it has ended, its parts are
 * the caller's.
 */
#ifndef LASTMILE_COLLECTOR_STOREKEEPER_H
#define LASTMILE_COLLECTOR_STOREKEEPER_H

#include <stdbool.h>
#include <stdint.h>

struct feed;
struct intake;
struct parcels;
struct plan;
struct registry;
struct series;
struct storekeeper;
struct watch;

/* Borrowed until storekeeper_stop. */
struct storekeeper_parts {
    struct parcels
        *in; /* messages; taken when the first has waited for an interval, or half full */
    struct parcels *room; /* woken whenever messages were taken, and at a failure */
    struct intake *intake;
    struct feed *feed;
    struct series *series;
    struct watch *watch;
    struct registry *registry;
    const struct plan *plan;
    uint64_t gather_ms;  /* how long a first message waits for more */
    uint64_t journal_ns; /* how long payloads are kept */
};

/* NULL with errno. */
struct storekeeper *storekeeper_start(const struct storekeeper_parts *parts);
/* Commits what has come, and ends. 0, or the negated errno that ended it before; NULL is fine. */
int storekeeper_stop(struct storekeeper *keeper);

/* Any thread: whether the broker is there; all receipts are told anew when it has come back. */
void storekeeper_set_hearing(struct storekeeper *keeper, bool hearing);
/* Whether it has ended by itself. */
bool storekeeper_has_failed(const struct storekeeper *keeper);

#endif
