/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Series over time in round-robin databases: data_dir/rrd/<series id>.rrd. librrd is known to
 * rrd_file.c alone and runs in processes of its own, because damaged files make it crash: a keeper,
 * forked at the start before any thread, which forks a writer and a reader and replaces whichever
 * dies. Their sockets outlive them.
 *
 * The databases are a cache of the journal: whatever is lost here, the caller puts again.
 * series_fetch may be called by any thread; everything else belongs to the thread that started it.
 */
#ifndef LASTMILE_COLLECTOR_SERIES_SERIES_H
#define LASTMILE_COLLECTOR_SERIES_SERIES_H

#include "collector/registry/series_index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_SOURCES_MAX 4

/* What a series of a kind holds, in the order of values. Stored: only ever appended to. */
struct series_source {
    const char *name; /* "down_bit_s" */
    const char *unit; /* "bit/s", "lines", "" */
};
struct series_layout {
    size_t source_count;
    struct series_source sources[SERIES_SOURCES_MAX];
    bool stock; /* archives keep the last value too */
};
/* NULL for a kind that there is not. */
const struct series_layout *series_layout(enum series_kind kind);

/* How long each width of archive reaches back; 0 fine_hours: no archive of single steps. A change
 * makes every file anew, with its history (series_must_rebuild). */
struct series_retention {
    uint64_t fine_hours;       /* the step itself, where it is finer than 5 minutes */
    uint64_t five_minute_days; /* 5 minutes */
    uint64_t hourly_days;
    uint64_t daily_days;
};
extern const struct series_retention series_retention_default; /* 48 h, 60, 400, 2196 days */

/* The archives of a file, finest first, as librrd is told them. Pure. */
enum series_function { SERIES_MEAN, SERIES_MAXIMUM, SERIES_LAST };
struct series_archive {
    enum series_function function;
    double unknown_max; /* xff: share of a row that may be unknown (indicators.md 3.7) */
    uint64_t steps, rows;
};
#define SERIES_ARCHIVES_MAX 12
size_t series_archives(const struct series_retention *retention, bool stock, uint64_t step_s,
                       struct series_archive out[static SERIES_ARCHIVES_MAX]);
/* Bytes of such a file, all of which are reserved when it is made (RRD version 3 or 4, 64 bits). */
uint64_t series_file_bytes(const struct series_retention *retention,
                           const struct series_layout *layout, uint64_t step_s);

/* One interval of one series. Unknown is NAN. */
struct series_sample {
    int64_t series_id;
    enum series_kind kind;
    uint64_t step_s; /* length of the interval; the grid of the series */
    uint64_t end_s;  /* unix; is set on the grid */
    double values[SERIES_SOURCES_MAX];
};

struct series;

/* Forks the keeper. NULL with errno. The first keeps the default retention. */
struct series *series_start(const char *data_dir);
struct series *series_start_keeping(const char *data_dir, const struct series_retention *retention);

/* Whether the files cannot be trusted to hold what they were given: the machine stopped while they
 * were open (files are not synced one by one), or they were made for another retention. The caller
 * marks every series dirty and commits that, then calls series_note_open. */
enum series_suspicion { SERIES_SOUND, SERIES_UNCLEAN, SERIES_RESHAPED };
enum series_suspicion series_must_rebuild(const struct series *series);
/* From here on a stop of the machine is noticed, until series_stop. 0 or a negated errno. */
int series_note_open(struct series *series);
/* Lets the writer finish what it was given, for at most timeout_ms; then ends its processes. */
void series_stop(struct series *series, unsigned timeout_ms);

/* What the writer answers, from series_service. Every handler but created must be there. */
struct series_handlers {
    void (*restarted)(void *ctx); /* also at the start: put again what lies past the mark */
    void (*marked)(void *ctx, int64_t report_id);
    void (*late)(void *ctx, int64_t series_id); /* its file does not fit any more: rebuild it */
    void (*created)(void *ctx, int64_t series_id, uint64_t first_end_s);
    void (*rebuilt)(void *ctx, int64_t series_id);
    void (*failed)(void *ctx, int64_t series_id); /* disk full: rebuild it in a while */
    void *ctx;
};
/* For poll(2); -1 when there is nobody to talk to any more. */
int series_fd(const struct series *series);
bool series_wants_write(const struct series *series);
/* Sends and receives what can be without waiting. */
void series_service(struct series *series, const struct series_handlers *handlers);

/* Queues samples, in time order within a series. 0, or -EAGAIN: the queue (8 MiB) is full and none
 * was taken. */
int series_put(struct series *series, const struct series_sample *samples, size_t count);
/* Asks to be told (marked) when all that was put before is in the files. 0 or -EAGAIN. */
int series_put_mark(struct series *series, int64_t report_id);
/* Between these two, what is put for a series goes to a new file, which then takes the place of the
 * old one; what is older than from_s is carried over from the old one. 0 or -EAGAIN. */
int series_rebuild_begin(struct series *series, const struct series_info *info, uint64_t from_s);
int series_rebuild_end(struct series *series, int64_t series_id);

/* Points of a series from the archive that suits the step best; the caller frees with
 * series_points_free. 0, -EINVAL (a span that is none, or more than
 * 110,000 rows), -ENOENT (no file yet), -ETIMEDOUT, -EIO (file damaged) or -ENOMEM. */
struct series_points {
    uint64_t from_s, step_s; /* point i ends at from_s + (i + 1) * step_s */
    size_t count, source_count;
    double *values; /* count rows of source_count; NAN = unknown */
};
struct series_fetch_query {
    int64_t series_id;
    uint64_t from_s, to_s, step_s;
    bool maximum; /* the highest of each point instead of the mean */
};
int series_fetch(struct series *series, const struct series_fetch_query *query,
                 struct series_points **out_points);
void series_points_free(struct series_points *points);

struct series_stats {
    uint64_t samples, files_created, rebuilds, late, faults; /* faults: disk full, damaged file */
    uint64_t restarts;
    uint64_t queued_bytes;
};
void series_read_stats(const struct series *series, struct series_stats *out_stats);

#endif
