/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages on their way between two threads: a queue that is bounded in number and in bytes. One
 * thread puts, another takes all at once. Whoever puts is told when there is no room, and never
 * waits; whoever takes is woken through a descriptor for poll(2): by the first parcel, and again
 * when the queue is half full.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_PARCELS_H
#define LASTMILE_COLLECTOR_INTAKE_PARCELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One message; topic and payload lie behind it in the same piece of memory. */
struct parcel {
    struct parcel *next;
    const char *topic;
    const uint8_t *payload;
    size_t length;
    uint64_t unix_ns, mono_ns; /* when it came */
};

struct parcels;

/* NULL with errno. */
struct parcels *parcels_new(size_t count_max, size_t bytes_max);
void parcels_free(struct parcels *parcels); /* with what is in it */

/* Copies topic and payload. 0, or 1: taken, but the queue is three quarters full, and it were
 * better to wait until it is not; -ENOBUFS: no room, nothing was put; -ENOMEM. A queue that is
 * empty takes any one parcel, however long. */
int parcels_put(struct parcels *parcels, const char *topic, const void *payload, size_t length,
                uint64_t unix_ns, uint64_t mono_ns);

/* For the one who puts: whether it is still three quarters full. */
bool parcels_are_crowded(struct parcels *parcels);

/* For the one who takes: lets the descriptor be quiet until the next news; true when the queue is
 * at least half full, so that there is no use in waiting for more. */
bool parcels_hear(struct parcels *parcels);
/* All of them in their order, to be given to parcels_drop; NULL: none. */
struct parcel *parcels_take(struct parcels *parcels);
void parcels_drop(struct parcel *list);

/* Readable when there is something to take; for the taker's poll. */
int parcels_fd(const struct parcels *parcels);
/* Makes the descriptor readable, though nothing was put: for an end, a change of state. */
void parcels_wake(struct parcels *parcels);

#endif
