/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeps the series in step with the journal. It reads what was committed past its mark, hands it to
 * the series writer, and moves the mark when the writer says that it is in the files: a writer that
 * died, a collector that was killed and a fresh start are all the same case. Late data mark a
 * series dirty; when the journal is quiet, a probe's dirty series are rebuilt from it. One thread.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_FEED_H
#define LASTMILE_COLLECTOR_INTAKE_FEED_H

#include <stdbool.h>
#include <stdint.h>

struct feed;
struct registry;
struct series;
struct suspects;

/* Borrows both until feed_free. NULL with errno. */
struct feed *feed_new(struct registry *registry, struct series *series);
void feed_free(struct feed *feed); /* stores the mark */

/* Rows that this process has died over several times are left out; borrowed until feed_free. */
void feed_guard(struct feed *feed, struct suspects *suspects);

/* Listens to the writer and does one bounded piece of work (some 10 ms). True when there is more to
 * do at once. */
bool feed_service(struct feed *feed, uint64_t now_mono_ns);

/* Every series anew from the journal, now: `lastmile-collector rebuild`. progress is told the
 * probes done; it may be NULL. The number of series rebuilt, or a negated errno (-EIO: some
 * failed). */
typedef void (*feed_progress_fn)(void *ctx, uint64_t done, uint64_t total);
int feed_rebuild_all(struct feed *feed, feed_progress_fn progress, void *ctx);

struct feed_stats {
    int64_t handed_report_id, marked_report_id; /* given to the writer; known to be in the files */
    uint64_t undecodable;                       /* rows of the journal that no longer decode */
    bool rebuilding;
};
void feed_read_stats(const struct feed *feed, struct feed_stats *out_stats);

#endif
