/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/shelf.h"

#include <pthread.h>
#include <stdlib.h>

struct row {
    const struct shelf_kind *kind;
    struct snapshot **places; /* NULL = empty */
    uint64_t cost_ns;
};

struct shelf {
    pthread_mutex_t lock; /* of all below, and of every holders */
    size_t count;
    struct row rows[];
};

/* Locked. The data go when the last holder does. */
static void let_go(struct snapshot *snapshot)
{
    if (!snapshot || --snapshot->holders > 0)
        return;
    snapshot->kind->free((void *)(uintptr_t)snapshot->data);
    free(snapshot);
}

struct shelf *shelf_new(const struct shelf_kind *kinds, size_t count)
{
    struct shelf *shelf = calloc(1, sizeof *shelf + count * sizeof shelf->rows[0]);
    if (!shelf)
        return NULL;
    (void)pthread_mutex_init(&shelf->lock, NULL); /* the default kind needs nothing */
    for (; shelf->count < count; shelf->count++) {
        struct row *row = &shelf->rows[shelf->count];
        row->kind = &kinds[shelf->count];
        row->places = calloc(row->kind->places, sizeof *row->places);
        if (!row->places) {
            shelf_free(shelf);
            return NULL;
        }
    }
    return shelf;
}

void shelf_free(struct shelf *shelf)
{
    if (!shelf)
        return;
    for (size_t i = 0; i < shelf->count; i++) {
        for (size_t k = 0; k < shelf->rows[i].kind->places; k++)
            let_go(shelf->rows[i].places[k]);
        free(shelf->rows[i].places);
    }
    (void)pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

const struct snapshot *shelf_find(struct shelf *shelf, size_t kind, int year)
{
    const struct row *row = &shelf->rows[kind];
    struct snapshot *found = NULL;
    (void)pthread_mutex_lock(&shelf->lock);
    for (size_t i = 0; i < row->kind->places && !found; i++)
        if (row->places[i] && row->places[i]->year == year)
            found = row->places[i];
    if (found)
        found->holders++;
    (void)pthread_mutex_unlock(&shelf->lock);
    return found;
}

/* The year's place, or an empty one, or that of what was asked longest ago. */
static struct snapshot **place_of(const struct row *row, int year)
{
    struct snapshot **best = &row->places[0];
    for (size_t i = 0; i < row->kind->places; i++) {
        struct snapshot **place = &row->places[i];
        if (*place && (*place)->year == year)
            return place;
        if (*best && (!*place || (*place)->asked_ns < (*best)->asked_ns))
            best = place;
    }
    return best;
}

const struct snapshot *shelf_put(struct shelf *shelf, size_t kind, const struct snapshot *made,
                                 void *data, uint64_t cost_ns)
{
    struct row *row = &shelf->rows[kind];
    struct snapshot *snapshot = malloc(sizeof *snapshot);
    if (!snapshot) {
        row->kind->free(data);
        return NULL;
    }
    *snapshot = *made;
    snapshot->data = data;
    snapshot->kind = row->kind;
    snapshot->holders = 2; /* the shelf, and the caller */
    (void)pthread_mutex_lock(&shelf->lock);
    struct snapshot **place = place_of(row, made->year);
    let_go(*place);
    *place = snapshot;
    row->cost_ns = cost_ns;
    (void)pthread_mutex_unlock(&shelf->lock);
    return snapshot;
}

void shelf_release(struct shelf *shelf, const struct snapshot *snapshot)
{
    (void)pthread_mutex_lock(&shelf->lock);
    let_go((struct snapshot *)(uintptr_t)snapshot);
    (void)pthread_mutex_unlock(&shelf->lock);
}

uint64_t shelf_cost_ns(struct shelf *shelf, size_t kind)
{
    (void)pthread_mutex_lock(&shelf->lock);
    uint64_t cost_ns = shelf->rows[kind].cost_ns;
    (void)pthread_mutex_unlock(&shelf->lock);
    return cost_ns;
}
