/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What sources gave, as it was at a moment: snapshots that nobody changes any more, for several
 * sites in threads of their own. Whoever has one in hand keeps it alive, so that none waits while
 * another is evaluated. Any thread.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_SHELF_H
#define LASTMILE_COLLECTOR_HTTP_SHELF_H

#include <stddef.h>
#include <stdint.h>

/* One kind of data, by the number of its row. */
struct shelf_kind {
    size_t places; /* years kept at once */
    void (*free)(void *data);
};

struct snapshot {
    const void *data;
    int year; /* 0 where the kind knows none */
    uint64_t asked_ns, lasts_ns;
    /* The shelf's own. */
    const struct shelf_kind *kind;
    unsigned holders;
};

struct shelf;

/* Borrows the kinds. NULL: memory. All snapshots have been released when it is freed. */
struct shelf *shelf_new(const struct shelf_kind *kinds, size_t count);
void shelf_free(struct shelf *shelf);

/* The caller's until released; NULL when there is none. */
const struct snapshot *shelf_find(struct shelf *shelf, size_t kind, int year);

/* Takes the data, in the place of the year's older ones or of what was asked longest ago, and gives
 * the snapshot as shelf_find does. NULL: memory; the data are then freed. */
const struct snapshot *shelf_put(struct shelf *shelf, size_t kind, const struct snapshot *made,
                                 void *data, uint64_t cost_ns);
void shelf_release(struct shelf *shelf, const struct snapshot *snapshot);

/* What the last of a kind cost to make; 0 = none was made yet. */
uint64_t shelf_cost_ns(struct shelf *shelf, size_t kind);

#endif
