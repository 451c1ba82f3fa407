/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The writer process: points into files. What came is held until nothing more comes, or for some
 * seconds at most, so that each file is opened once for many points, in the order of time. It keeps
 * nothing that it could not be told again, and answers a mark when all before it is in the files.
 */
#include "collector/series/last_times.h"
#include "collector/series/protocol.h"
#include "collector/series/rrd_file.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PENDING_MAX  262144 /* 19 MB, touched as far as they are used */
#define IDLE_MS      100
#define HOLD_NS      (5 * CLOCK_NS_PER_S)
#define REBUILDS_MAX 4096 /* files under way at once: a probe's series and some */
#define PATH_BYTES   400
#define FUTURE_S     86400
#define PAST_S       (UINT64_C(20) * 366 * 86400) /* no archive reaches back so far */

struct pending {
    struct message_point point;
    size_t order; /* of arrival: the first of two equal times counts */
};

struct rebuild {
    int64_t id;
    bool failed;
};

struct writer {
    const struct worker *worker;
    struct message message; /* in or out, one at a time */
    struct pending *pending;
    struct message_point *points; /* of one series in a flush; as many */
    size_t pending_count;
    struct rebuild rebuilds[REBUILDS_MAX];
    size_t rebuild_count;
    struct last_times last_times;
    uint64_t held_since_ns; /* of the oldest point or mark; 0: none */
    int64_t mark;           /* to be answered after the next flush; 0: none */
    bool disk_full;         /* said once */
};

static void path_of(const struct writer *writer, int64_t id, const char *suffix,
                    char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%lld.rrd%s", writer->worker->folder, (long long)id, suffix);
}

static struct rebuild *find_rebuild(struct writer *writer, int64_t id)
{
    for (size_t i = 0; i < writer->rebuild_count; i++)
        if (writer->rebuilds[i].id == id)
            return &writer->rebuilds[i];
    return NULL;
}

static int answer(struct writer *writer, enum message_type type, int64_t id, uint64_t number)
{
    writer->message = (struct message){.type = type, .id = id};
    if (type == MESSAGE_CREATED)
        writer->message.from_s = number;
    if (type == MESSAGE_FAULT)
        writer->message.to_s = number;
    return message_send(writer->worker->fd, &writer->message);
}

/* A fault of one file is said, counted, and left to a rebuild; the rest goes on. */
static int fault(struct writer *writer, int64_t id, int status)
{
    bool full = status == -ENOSPC;
    if (!full || !writer->disk_full)
        log_error("series", "cannot write round-robin database series=%lld: %s", (long long)id,
                  full ? "the disk is full; it will be rebuilt when there is room"
                       : strerror(-status));
    writer->disk_full = writer->disk_full || full;
    return answer(writer, MESSAGE_FAULT, id, (uint64_t)-status);
}

static int compare_pending(const void *a, const void *b)
{
    const struct pending *x = a;
    const struct pending *y = b;
    if (x->point.id != y->point.id)
        return x->point.id < y->point.id ? -1 : 1;
    if (x->point.end_s != y->point.end_s)
        return x->point.end_s < y->point.end_s ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_known(const struct message_point *point, size_t source_count)
{
    for (size_t i = 0; i < source_count; i++)
        if (isfinite(point->values[i]))
            return true;
    return false;
}

/* Equal but for what the way through a text and librrd's arithmetic costs. */
static bool is_same(double a, double b)
{
    return (!isfinite(a) && !isfinite(b)) || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* A point that is not after the last one is a repetition when the file has the same there. Where
 * the file knows that time by a coarser archive only, nothing can be told. */
static bool is_late(const char *path, const struct pending *pending, size_t source_count)
{
    const struct message_point *point = &pending->point;
    struct rrd_fetch fetch = {
        .from_s = point->end_s - point->step_s, .to_s = point->end_s, .step_s = point->step_s};
    if (!is_known(point, source_count))
        return false;
    if (rrd_file_fetch(path, &fetch) != 0)
        return true;
    bool same = fetch.rows == 1 && fetch.step_s == point->step_s && fetch.sources == source_count;
    for (size_t i = 0; same && i < fetch.sources; i++)
        same = is_same(fetch.values[i], point->values[i]);
    rrd_file_free_values(&fetch);
    return !same;
}

/* Sets a damaged file aside, so that the next point makes a new one. */
static void set_aside(const struct writer *writer, int64_t id, const char *path)
{
    char aside[PATH_BYTES];
    path_of(writer, id, ".bad", aside);
    log_warn("series", "a damaged round-robin database was set aside series=%lld", (long long)id);
    (void)rename(path, aside); /* where that fails, the fault is said again */
}

/* The points of one series in a flush, and its file. */
struct batch {
    const struct pending *pending; /* sorted by time */
    size_t count;
    int64_t id;
    struct rrd_shape shape;
    struct rebuild *rebuild; /* NULL: none under way */
    char path[PATH_BYTES];
    bool created, late;
    struct message_point *points; /* room for all */
};

/* The file's last time, after making the file where there is none. */
static int open_file(struct writer *writer, struct batch *batch, uint64_t *out_last)
{
    uint64_t first_end_s = batch->pending[0].point.end_s;
    int status = rrd_file_last(batch->path, out_last);
    if (status == -EIO) {
        set_aside(writer, batch->id, batch->path);
        status = -ENOENT;
    }
    if (status == -ENOENT) {
        status = rrd_file_create(batch->path, &batch->shape, first_end_s);
        *out_last = first_end_s - batch->shape.step_s;
        batch->created = true;
    }
    return status;
}

/* The newer points into the file whose last time is known; the others are looked at. */
static int write_batch(struct writer *writer, struct batch *batch, uint64_t last)
{
    size_t count = 0;
    uint64_t newest = last;
    for (size_t i = 0; i < batch->count; i++) {
        const struct pending *pending = &batch->pending[i];
        if (pending->point.end_s > newest) {
            batch->points[count++] = pending->point;
            newest = pending->point.end_s;
        } else if (!batch->rebuild && pending->point.end_s <= last && !batch->late) {
            batch->late = is_late(batch->path, pending, batch->shape.layout->source_count);
        }
    }
    int status =
        count ? rrd_file_update(batch->path, &batch->shape, last, batch->points, count) : 0;
    if (!batch->rebuild)
        last_times_put(&writer->last_times, batch->id, status == 0 ? newest : 0);
    return status;
}

/* By the last time that is remembered; else, or where the file is not as it was, by the file's. */
static int write_file(struct writer *writer, struct batch *batch)
{
    uint64_t last = batch->rebuild ? 0 : last_times_get(&writer->last_times, batch->id);
    int status = last ? write_batch(writer, batch, last) : -ENOENT;
    if (status == 0 || status == -ENOMEM)
        return status;
    status = open_file(writer, batch, &last);
    return status == 0 ? write_batch(writer, batch, last) : status;
}

/* All pending points of one series. */
static int write_series(struct writer *writer, const struct pending *pending, size_t count)
{
    struct batch batch = {.pending = pending,
                          .count = count,
                          .id = pending->point.id,
                          .shape = {.layout = series_layout((enum series_kind)pending->point.kind),
                                    .retention = writer->worker->retention,
                                    .step_s = pending->point.step_s},
                          .rebuild = find_rebuild(writer, pending->point.id),
                          .points = writer->points};
    if (batch.rebuild && batch.rebuild->failed)
        return 0;
    path_of(writer, batch.id, batch.rebuild ? ".new" : "", batch.path);
    *writer->worker->in_hand = batch.id;
    int status = write_file(writer, &batch);
    *writer->worker->in_hand = 0;
    if (status != 0 && batch.rebuild) {
        batch.rebuild->failed = true;
        return 0;
    }
    if (status != 0)
        return fault(writer, batch.id, status);
    writer->disk_full = false;
    if (batch.created && !batch.rebuild)
        status = answer(writer, MESSAGE_CREATED, batch.id, pending->point.end_s);
    return batch.late && status == 0 ? answer(writer, MESSAGE_LATE, batch.id, 0) : status;
}

static int flush(struct writer *writer)
{
    int status = 0;
    if (writer->pending_count)
        qsort(writer->pending, writer->pending_count, sizeof *writer->pending, compare_pending);
    for (size_t from = 0; from < writer->pending_count && status == 0;) {
        size_t to = from + 1;
        while (to < writer->pending_count &&
               writer->pending[to].point.id == writer->pending[from].point.id)
            to++;
        status = write_series(writer, &writer->pending[from], to - from);
        from = to;
    }
    writer->pending_count = 0;
    writer->held_since_ns = 0;
    if (status == 0 && writer->mark)
        status = answer(writer, MESSAGE_MARKED, writer->mark, 0);
    writer->mark = 0;
    return status;
}

/* When what is held must go, at the latest. */
static void hold(struct writer *writer)
{
    if (writer->held_since_ns == 0)
        writer->held_since_ns = clock_mono_ns();
}

/* A file that was given a time of the far future would take nothing else ever after. */
static bool is_plausible(const struct message_point *point, uint64_t now_s)
{
    uint64_t earliest_s = now_s > PAST_S ? now_s - PAST_S : 0;
    return point->id > 0 && point->step_s > 0 && point->end_s > point->step_s &&
           point->end_s >= earliest_s && point->end_s <= now_s + FUTURE_S &&
           series_layout((enum series_kind)point->kind) != NULL;
}

static int take_points(struct writer *writer)
{
    const struct message *message = &writer->message;
    uint64_t now_s = clock_unix_ns() / CLOCK_NS_PER_S;
    if (writer->pending_count + message->count > PENDING_MAX) {
        static struct message kept; /* flush answers through writer->message */
        kept = *message;
        int status = flush(writer);
        writer->message = kept;
        if (status != 0)
            return status;
    }
    for (size_t i = 0; i < message->count; i++) {
        const struct message_point *point = &message->body.points[i];
        if (!is_plausible(point, now_s))
            continue;
        writer->pending[writer->pending_count] = (struct pending){*point, writer->pending_count};
        writer->pending_count++;
    }
    hold(writer);
    return 0;
}

/* A younger mark says more than an older one. */
static int take_mark(struct writer *writer)
{
    writer->mark = writer->message.id;
    hold(writer);
    return writer->message.kind == 1 ? flush(writer) : 0;
}

static int begin_rebuild(struct writer *writer)
{
    struct message request = {.type = MESSAGE_REBUILD_BEGIN,
                              .id = writer->message.id,
                              .kind = writer->message.kind,
                              .step_s = writer->message.step_s,
                              .from_s = writer->message.from_s};
    char path[PATH_BYTES];
    char fresh[PATH_BYTES];
    const struct rrd_shape shape = {.layout = series_layout((enum series_kind)request.kind),
                                    .retention = writer->worker->retention,
                                    .step_s = request.step_s};
    int status = flush(writer);
    if (status != 0 || !shape.layout || request.step_s == 0)
        return status;
    struct rebuild *rebuild = find_rebuild(writer, request.id);
    if (!rebuild && writer->rebuild_count == REBUILDS_MAX)
        return fault(writer, request.id, -ENOBUFS);
    if (!rebuild)
        rebuild = &writer->rebuilds[writer->rebuild_count++];
    *rebuild = (struct rebuild){.id = request.id};
    path_of(writer, request.id, "", path);
    path_of(writer, request.id, ".new", fresh);
    (void)unlink(fresh); /* of a rebuild that was cut short */
    *writer->worker->in_hand = request.id;
    rebuild->failed = rrd_file_carry(path, fresh, &shape, request.from_s) != 0;
    *writer->worker->in_hand = 0;
    return 0;
}

static int end_rebuild(struct writer *writer)
{
    int64_t id = writer->message.id;
    char path[PATH_BYTES];
    char fresh[PATH_BYTES];
    int status = flush(writer);
    struct rebuild *rebuild = find_rebuild(writer, id);
    if (status != 0 || !rebuild)
        return status;
    bool failed = rebuild->failed;
    *rebuild = writer->rebuilds[--writer->rebuild_count];
    path_of(writer, id, "", path);
    path_of(writer, id, ".new", fresh);
    last_times_put(&writer->last_times, id, 0); /* another file has the name */
    if (!failed && rename(fresh, path) != 0 && errno != ENOENT)
        failed = true;
    if (!failed)
        return answer(writer, MESSAGE_REBUILT, id, 0);
    (void)unlink(fresh);
    return fault(writer, id, -ENOSPC); /* what stops a new file, nearly always */
}

static int take_message(struct writer *writer)
{
    switch ((enum message_type)writer->message.type) {
    case MESSAGE_PUT:
        return take_points(writer);
    case MESSAGE_MARK:
        return take_mark(writer);
    case MESSAGE_REBUILD_BEGIN:
        return begin_rebuild(writer);
    case MESSAGE_REBUILD_END:
        return end_rebuild(writer);
    default:
        return 0;
    }
}

static int receive(struct writer *writer)
{
    int received = message_receive(writer->worker->fd, IDLE_MS, &writer->message);
    int status = 0;
    if (received == 1)
        status = take_message(writer);
    else if (received != -ETIMEDOUT)
        return received == 0 ? -EPIPE : received;
    bool due = received == -ETIMEDOUT ||
               (writer->held_since_ns && clock_mono_ns() >= writer->held_since_ns + HOLD_NS);
    return status == 0 && due ? flush(writer) : status;
}

int writer_run(const struct worker *worker)
{
    static struct writer writer; /* the process has this one */
    writer.worker = worker;
    writer.pending = malloc(PENDING_MAX * sizeof *writer.pending);
    writer.points = malloc(PENDING_MAX * sizeof *writer.points);
    bool ready = writer.pending && writer.points;
    int status = ready ? answer(&writer, MESSAGE_HELLO, (int64_t)getpid(), 0) : -ENOMEM;
    while (status == 0)
        status = receive(&writer);
    if (status == -EPIPE) /* the collector has gone: what it gave is still good */
        (void)flush(&writer);
    last_times_fini(&writer.last_times);
    free(writer.points);
    free(writer.pending);
    return status == -EPIPE ? 0 : 1;
}
