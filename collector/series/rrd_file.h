/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One round-robin database file through librrd's re-entrant calls. Only the series processes use
 * it: librrd may crash on a damaged file. Archives (indicators.md 3.10, series_archives): the step
 * itself, 5 min, 1 h and 1 day, as mean and maximum, and the last value of stocks.
 */
#ifndef LASTMILE_COLLECTOR_SERIES_RRD_FILE_H
#define LASTMILE_COLLECTOR_SERIES_RRD_FILE_H

#include "collector/series/protocol.h"

/* What a file is made of. */
struct rrd_shape {
    const struct series_layout *layout;
    const struct series_retention *retention;
    uint64_t step_s;
};

/* Makes a file whose first interval ends at first_end_s, with its space reserved, and looks whether
 * it can be read; it appears whole, under its name, or not at all ("PATH.part" is all that a death
 * in the middle leaves, and the next attempt removes that). 0, -ENOSPC, -EIO or another negated
 * errno. */
int rrd_file_create(const char *path, const struct rrd_shape *shape, uint64_t first_end_s);

/* The end of the last interval in it, or -ENOENT (no file), -EIO (not a sound database). */
int rrd_file_last(const char *path, uint64_t *out_end_s);

/* Points on the grid of step_s, ascending, all after last_s, which is what rrd_file_last says;
 * intervals between that are missing are written as unknown. 0 or -EIO. */
int rrd_file_update(const char *path, const struct rrd_shape *shape, uint64_t last_s,
                    const struct message_point *points, size_t count);

/* Rows of the archive that suits best; *out_values is freed by rrd_file_free_values. */
struct rrd_fetch {
    uint64_t from_s, to_s, step_s; /* in: wanted; out: given, rows end at from_s + step_s, ... */
    bool maximum;
    size_t rows, sources;
    double *values;
};
int rrd_file_fetch(const char *path, struct rrd_fetch *fetch);
void rrd_file_free_values(struct rrd_fetch *fetch);

/* Copies what an old file has before until_s into a new one, each stretch of time from the finest
 * archive that the old file has of it: each mean fills its row. 0, also when there is nothing, or
 * -EIO. */
int rrd_file_carry(const char *old_path, const char *new_path, const struct rrd_shape *shape,
                   uint64_t until_s);

#endif
