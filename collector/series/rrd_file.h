/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One round-robin database file through librrd's re-entrant calls. Only the series processes use
 * it: librrd may crash on a damaged file. Archives (indicators.md 3.10): the step itself for 48 h
 * (2,880 rows at most) where it is finer than 5 min; 5 min for 60 days, 1 h for 400 days, 1 day for
 * 6 years, as mean and maximum, and the last value of stocks.
 */
#ifndef LASTMILE_COLLECTOR_SERIES_RRD_FILE_H
#define LASTMILE_COLLECTOR_SERIES_RRD_FILE_H

#include "collector/series/protocol.h"

/* Makes a file whose first interval ends at first_end_s, with its space reserved, and looks whether
 * it can be read. 0, -ENOSPC, -EIO or another negated errno; nothing stays behind then. */
int rrd_file_create(const char *path, const struct series_layout *layout, uint64_t step_s,
                    uint64_t first_end_s);

/* The end of the last interval in it, or -ENOENT (no file), -EIO (not a sound database). */
int rrd_file_last(const char *path, uint64_t *out_end_s);

/* Points on the grid of step_s, ascending, all after rrd_file_last; intervals between that are
 * missing are written as unknown. 0 or -EIO. */
int rrd_file_update(const char *path, size_t source_count, uint64_t step_s,
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

/* Copies what an old file has before until_s into a new one, from its coarser archives: each mean
 * fills its whole stretch. 0, also when there is nothing, or -EIO. */
int rrd_file_carry(const char *old_path, const char *new_path, const struct series_layout *layout,
                   uint64_t step_s, uint64_t until_s);

#endif
