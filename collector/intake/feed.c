/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/feed.h"

#include "collector/intake/samples.h"
#include "collector/intake/suspects.h"
#include "collector/registry/registry.h"
#include "collector/registry/series_index.h"
#include "collector/series/series.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_REPORTS 64                    /* of the journal, a piece of work */
#define SAVE_NS       (5 * CLOCK_NS_PER_S)  /* how often the mark is stored */
#define QUIET_NS      (5 * CLOCK_NS_PER_S)  /* without a late point, before a rebuild */
#define PATIENCE_NS   (60 * CLOCK_NS_PER_S) /* and at most so long */
#define FAILED_NS     (60 * CLOCK_NS_PER_S) /* after a full disk */
#define ATTEMPTS      3 /* rebuild: a writer may die over a file, which is then set aside */
#define SILENT_NS     (120 * CLOCK_NS_PER_S) /* rebuild: a writer that says nothing is lost */

enum rebuild_state { REBUILD_NONE, REBUILD_RUNNING, REBUILD_ENDING };

/* The dirty series of one probe, made anew in one pass over its journal. */
struct rebuild {
    enum rebuild_state state;
    int64_t probe_id;
    struct series_info *series; /* owned; by id */
    size_t count, begun, ended, answered;
    struct journal_place place;
    bool failed;
};

struct feed {
    struct registry *registry;
    struct series *series;
    struct suspects *suspects; /* or NULL */
    int64_t handed, marked, saved;
    bool listening; /* the writer has said hello */
    uint64_t saved_ns;
    uint64_t dirty_since_ns, late_ns, not_before_ns; /* 0: none */
    uint64_t now_ns;
    struct rebuild rebuild;
    struct samples samples; /* of the chunk at hand: also kept while the queue is full */
    struct journal_place chunk_end;
    uint64_t undecodable;
    unsigned cut_short; /* rebuilds that the death of a writer ended */
};

struct feed *feed_new(struct registry *registry, struct series *series)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->registry = registry;
    feed->series = series;
    int status = registry_read_series_mark(registry, &feed->marked);
    if (status != 0) {
        free(feed);
        errno = -status;
        return NULL;
    }
    feed->handed = feed->saved = feed->marked;
    return feed;
}

void feed_guard(struct feed *feed, struct suspects *suspects)
{
    feed->suspects = suspects;
}

static void save_mark(struct feed *feed)
{
    if (feed->marked != feed->saved && registry_put_series_mark(feed->registry, feed->marked) == 0)
        feed->saved = feed->marked; /* else it is tried again: an old mark costs repetition only */
    feed->saved_ns = feed->now_ns;
}

static void end_rebuild(struct feed *feed)
{
    free(feed->rebuild.series);
    feed->rebuild = (struct rebuild){.state = REBUILD_NONE};
    feed->samples.count = 0;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    save_mark(feed);
    end_rebuild(feed);
    samples_fini(&feed->samples);
    free(feed);
}

static int compare_series(const void *a, const void *b)
{
    const struct series_info *x = a;
    const struct series_info *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static const struct series_info *find_rebuilding(const struct rebuild *rebuild, int64_t id)
{
    const struct series_info key = {.id = id};
    return rebuild->count
               ? bsearch(&key, rebuild->series, rebuild->count, sizeof key, compare_series)
               : NULL;
}

/* A new writer knows nothing: what lies past the mark once more, a rebuild from its beginning. */
static void on_restarted(void *ctx)
{
    struct feed *feed = ctx;
    feed->listening = true;
    feed->handed = feed->marked;
    feed->cut_short += feed->rebuild.state != REBUILD_NONE;
    end_rebuild(feed);
}

static void on_marked(void *ctx, int64_t report_id)
{
    struct feed *feed = ctx;
    if (report_id > feed->marked && report_id <= feed->handed)
        feed->marked = report_id;
}

static void on_late(void *ctx, int64_t series_id)
{
    struct feed *feed = ctx;
    (void)registry_mark_series(feed->registry, series_id, true); /* else its next late point does */
    feed->late_ns = feed->now_ns;
    if (feed->dirty_since_ns == 0)
        feed->dirty_since_ns = feed->now_ns;
}

static int note_start(void *ctx, const struct journal_row *row)
{
    *(uint64_t *)ctx = row->start_ns;
    return 1;
}

/* Where a probe's journal begins; the far future when it is empty. 0 or a negated errno. */
static int journal_start(struct feed *feed, int64_t probe_id, uint64_t *out_start_ns)
{
    *out_start_ns = (uint64_t)INT64_MAX;
    return registry_visit_probe(feed->registry, probe_id, (struct journal_place){0, 0}, 1,
                                note_start, out_start_ns);
}

/* A new file of an old series: the older part of the journal is missing in it. */
static void on_created(void *ctx, int64_t series_id, uint64_t first_end_s)
{
    struct feed *feed = ctx;
    struct series_info info;
    uint64_t first_ns = 0;
    if (registry_find_series(feed->registry, series_id, &info) != 0 ||
        journal_start(feed, info.probe_id, &first_ns) != 0)
        return;
    if (first_ns / CLOCK_NS_PER_S + 2 * info.step_s < first_end_s)
        on_late(feed, series_id);
}

static void on_rebuilt(void *ctx, int64_t series_id)
{
    struct feed *feed = ctx;
    if (find_rebuilding(&feed->rebuild, series_id) == NULL)
        return;
    if (registry_mark_series(feed->registry, series_id, false) != 0)
        feed->rebuild.failed = true;
    feed->rebuild.answered++;
}

static void on_failed(void *ctx, int64_t series_id)
{
    struct feed *feed = ctx;
    on_late(feed, series_id);
    feed->not_before_ns = feed->now_ns + FAILED_NS;
    if (find_rebuilding(&feed->rebuild, series_id) == NULL)
        return;
    feed->rebuild.answered++;
    feed->rebuild.failed = true;
}

static int add_row(void *ctx, const struct journal_row *row)
{
    struct feed *feed = ctx;
    struct report *report = NULL;
    feed->chunk_end = (struct journal_place){row->start_ns, row->report_id};
    if (!suspects_take(feed->suspects, row->payload, row->length)) {
        feed->undecodable++;
        return 0;
    }
    int status = 0;
    if (report_decode(row->payload, row->length, &report) == REPORT_OK) {
        status = samples_add_report(&feed->samples, feed->registry, row, report);
        report_free(report);
    } else {
        feed->undecodable++;
    }
    suspects_done(feed->suspects);
    return status;
}

/* One chunk of new reports. True when there was one. */
static bool feed_live(struct feed *feed)
{
    feed->samples.count = 0;
    feed->chunk_end = (struct journal_place){0, 0};
    if (registry_visit_journal(feed->registry, feed->handed, CHUNK_REPORTS, add_row, feed) != 0 ||
        feed->chunk_end.report_id == 0)
        return false;
    samples_sort(&feed->samples);
    if (series_put(feed->series, feed->samples.list, feed->samples.count) != 0)
        return false; /* the writer is behind: the same chunk again, later */
    feed->handed = feed->chunk_end.report_id;
    (void)series_put_mark(feed->series, feed->handed); /* else the mark of the next chunk tells */
    return true;
}

/* The dirty series of a probe, or all of them, sorted by id. 0, -ENOENT or another errno. */
static int list_to_rebuild(struct feed *feed, int64_t probe_id, bool all)
{
    struct rebuild *rebuild = &feed->rebuild;
    struct series_info *list = NULL;
    size_t count = 0;
    size_t kept = 0;
    int status = registry_list_series(feed->registry, &list, &count);
    if (status != 0)
        return status;
    for (size_t i = 0; i < count; i++)
        if (list[i].probe_id == probe_id && (all || list[i].dirty))
            list[kept++] = list[i];
    if (kept == 0) {
        free(list);
        return -ENOENT;
    }
    qsort(list, kept, sizeof *list, compare_series);
    *rebuild = (struct rebuild){
        .state = REBUILD_RUNNING, .probe_id = probe_id, .series = list, .count = kept};
    return 0;
}

/* The writer is told of each series before its first point. True when all are begun. */
static bool begin_series(struct feed *feed)
{
    struct rebuild *rebuild = &feed->rebuild;
    uint64_t first_ns = 0;
    if (rebuild->begun == rebuild->count)
        return true;
    if (journal_start(feed, rebuild->probe_id, &first_ns) != 0)
        return false;
    while (rebuild->begun < rebuild->count &&
           series_rebuild_begin(feed->series, &rebuild->series[rebuild->begun],
                                first_ns / CLOCK_NS_PER_S) == 0)
        rebuild->begun++;
    return rebuild->begun == rebuild->count;
}

static void keep_rebuilding_only(struct feed *feed)
{
    size_t kept = 0;
    for (size_t i = 0; i < feed->samples.count; i++)
        if (find_rebuilding(&feed->rebuild, feed->samples.list[i].series_id))
            feed->samples.list[kept++] = feed->samples.list[i];
    feed->samples.count = kept;
}

/* One chunk of the probe's journal, in the order of time. */
static void rebuild_chunk(struct feed *feed)
{
    struct rebuild *rebuild = &feed->rebuild;
    feed->samples.count = 0;
    feed->chunk_end = (struct journal_place){0, 0};
    int status = registry_visit_probe(feed->registry, rebuild->probe_id, rebuild->place,
                                      CHUNK_REPORTS, add_row, feed);
    if (status != 0)
        rebuild->failed = true;
    if (status != 0 || feed->chunk_end.report_id == 0) {
        rebuild->state = REBUILD_ENDING;
        return;
    }
    keep_rebuilding_only(feed);
    samples_sort(&feed->samples);
    if (series_put(feed->series, feed->samples.list, feed->samples.count) == 0)
        rebuild->place = feed->chunk_end;
}

/* True while the rebuild could go on at once. */
static bool step_rebuild(struct feed *feed)
{
    struct rebuild *rebuild = &feed->rebuild;
    struct series_stats stats;
    series_read_stats(feed->series, &stats);
    if (stats.queued_bytes > (1u << 20))
        return false; /* the writer is behind */
    if (rebuild->state == REBUILD_RUNNING) {
        if (begin_series(feed))
            rebuild_chunk(feed);
        return true;
    }
    while (rebuild->ended < rebuild->count &&
           series_rebuild_end(feed->series, rebuild->series[rebuild->ended].id) == 0)
        rebuild->ended++;
    if (rebuild->answered >= rebuild->count)
        end_rebuild(feed);
    return false;
}

/* Late points come in bursts: one rebuild for all of them. */
static bool begin_rebuild(struct feed *feed)
{
    int64_t probe_id = 0;
    bool quiet = feed->now_ns >= feed->late_ns + QUIET_NS;
    bool patient = feed->dirty_since_ns == 0 || feed->now_ns < feed->dirty_since_ns + PATIENCE_NS;
    if (feed->now_ns < feed->not_before_ns || (!quiet && patient))
        return false;
    int status = registry_next_dirty_probe(feed->registry, &probe_id);
    if (status == 0)
        status = list_to_rebuild(feed, probe_id, false);
    if (status == -ENOENT)
        feed->dirty_since_ns = 0;
    feed->not_before_ns = status == 0 ? 0 : feed->now_ns + QUIET_NS;
    return status == 0;
}

static void listen(struct feed *feed)
{
    const struct series_handlers handlers = {.restarted = on_restarted,
                                             .marked = on_marked,
                                             .late = on_late,
                                             .created = on_created,
                                             .rebuilt = on_rebuilt,
                                             .failed = on_failed,
                                             .ctx = feed};
    series_service(feed->series, &handlers);
}

bool feed_service(struct feed *feed, uint64_t now_mono_ns)
{
    feed->now_ns = now_mono_ns;
    listen(feed);
    if (!feed->listening)
        return false;
    if (now_mono_ns >= feed->saved_ns + SAVE_NS)
        save_mark(feed);
    if (feed->rebuild.state != REBUILD_NONE)
        return step_rebuild(feed);
    if (feed_live(feed))
        return true;
    return begin_rebuild(feed);
}

/* Runs what is under way to its end, waiting for the writer. 0 or -ETIMEDOUT. */
static int finish_rebuild(struct feed *feed, bool *out_failed)
{
    uint64_t heard_ns = clock_mono_ns();
    size_t answered = 0;
    *out_failed = false;
    while (feed->rebuild.state != REBUILD_NONE) {
        struct pollfd wanted = {
            .fd = series_fd(feed->series),
            .events = (short)(POLLIN | (series_wants_write(feed->series) ? POLLOUT : 0))};
        bool more = step_rebuild(feed);
        *out_failed = *out_failed || feed->rebuild.failed;
        if (!more)
            (void)poll(&wanted, 1, 100);
        feed->now_ns = clock_mono_ns();
        if (more || feed->rebuild.answered != answered)
            heard_ns = feed->now_ns;
        answered = feed->rebuild.answered;
        if (feed->now_ns > heard_ns + SILENT_NS)
            return -ETIMEDOUT;
        listen(feed);
        *out_failed = *out_failed || feed->rebuild.failed;
    }
    return 0;
}

static int await_writer(struct feed *feed)
{
    uint64_t end_ns = clock_mono_ns() + 10 * CLOCK_NS_PER_S;
    while (!feed->listening && clock_mono_ns() < end_ns) {
        struct pollfd wanted = {.fd = series_fd(feed->series), .events = POLLIN};
        (void)poll(&wanted, 1, 100);
        listen(feed);
    }
    return feed->listening ? 0 : -ETIMEDOUT;
}

static int rebuild_probe(struct feed *feed, int64_t probe_id, bool *failed)
{
    bool probe_failed = false;
    unsigned cut_short = 0;
    size_t count = 0;
    int status = 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        cut_short = feed->cut_short;
        status = list_to_rebuild(feed, probe_id, true);
        if (status == -ENOENT)
            return 0;
        count = feed->rebuild.count;
        if (status == 0)
            status = finish_rebuild(feed, &probe_failed);
        if (status != 0 || cut_short == feed->cut_short)
            break;
    }
    *failed = *failed || probe_failed || cut_short != feed->cut_short;
    return status == 0 ? (int)count : status;
}

int feed_rebuild_all(struct feed *feed, feed_progress_fn progress, void *ctx)
{
    struct probe_status *probes = NULL;
    struct registry_stats stats;
    size_t count = 0;
    bool failed = false;
    int total = 0;
    int status = await_writer(feed);
    if (status == 0)
        status = registry_list_probes(feed->registry, &probes, &count);
    if (status == 0)
        status = registry_read_stats(feed->registry, &stats);
    for (size_t i = 0; i < count && status == 0; i++) {
        int rebuilt = rebuild_probe(feed, probes[i].id, &failed);
        status = rebuilt < 0 ? rebuilt : 0;
        total += rebuilt > 0 ? rebuilt : 0;
        if (progress && status == 0)
            progress(ctx, i + 1, count);
    }
    free(probes);
    if (status == 0 && failed)
        status = -EIO;
    if (status == 0) /* what was committed before is in the files now */
        feed->handed = feed->marked = (int64_t)stats.last_report_id;
    return status == 0 ? total : status;
}

void feed_read_stats(const struct feed *feed, struct feed_stats *out_stats)
{
    *out_stats = (struct feed_stats){.handed_report_id = feed->handed,
                                     .marked_report_id = feed->marked,
                                     .undecodable = feed->undecodable,
                                     .rebuilding = feed->rebuild.state != REBUILD_NONE};
}
