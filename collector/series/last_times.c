/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/last_times.h"

#include <stdlib.h>

#define FIRST_CAPACITY 1024

/* Row ids follow each other: a multiplication spreads them (Knuth, TAOCP 6.4). */
static struct last_time *find(const struct last_times *times, int64_t series_id)
{
    size_t mask = times->capacity - 1;
    size_t at = (size_t)((uint64_t)series_id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;
    while (times->slots[at].series_id != 0 && times->slots[at].series_id != series_id)
        at = (at + 1) & mask;
    return &times->slots[at];
}

static void make_room(struct last_times *times)
{
    struct last_times old = *times;
    struct last_times grown = {.capacity = old.capacity ? old.capacity * 2 : FIRST_CAPACITY};
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots) { /* forget all, and go on */
        last_times_fini(times);
        return;
    }
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].series_id == 0)
            continue;
        *find(&grown, old.slots[i].series_id) = old.slots[i];
        grown.count++;
    }
    free(old.slots);
    *times = grown;
}

uint64_t last_times_get(const struct last_times *times, int64_t series_id)
{
    return times->capacity ? find(times, series_id)->end_s : 0;
}

void last_times_put(struct last_times *times, int64_t series_id, uint64_t end_s)
{
    if (times->count * 2 >= times->capacity)
        make_room(times);
    if (times->capacity == 0)
        return;
    struct last_time *slot = find(times, series_id);
    times->count += slot->series_id == 0;
    *slot = (struct last_time){series_id, end_s};
}

void last_times_fini(struct last_times *times)
{
    free(times->slots);
    *times = (struct last_times){.count = 0};
}
