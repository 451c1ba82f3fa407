/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The last time in each file, as the writer left it: saves opening a file to ask. A memory, not the
 * truth: a file that disappears is noticed when it cannot be written. Never fails: without memory
 * it forgets.
 */
#ifndef LASTMILE_COLLECTOR_SERIES_LAST_TIMES_H
#define LASTMILE_COLLECTOR_SERIES_LAST_TIMES_H

#include <stddef.h>
#include <stdint.h>

struct last_time {
    int64_t series_id; /* 0: free */
    uint64_t end_s;
};
struct last_times {
    struct last_time *slots;
    size_t capacity, count; /* a power of two; at most half of it used */
};

/* 0: not known. */
uint64_t last_times_get(const struct last_times *times, int64_t series_id);
/* end_s 0: forget. */
void last_times_put(struct last_times *times, int64_t series_id, uint64_t end_s);
void last_times_fini(struct last_times *times);

#endif
