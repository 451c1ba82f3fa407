/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The writer process: points into files. What came is held for a moment, so that each file is
 * opened once for many points, in the order of time. It keeps nothing that it could not be told
 * again, and answers MARK when all before it is in the files.
 */
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

#define PENDING_MAX  65536
#define IDLE_MS      1000
#define REBUILDS_MAX 4096 /* files under way at once: a probe's series and some */
#define PATH_BYTES   400
#define FUTURE_S     86400

struct pending {
    int64_t id;
    uint64_t step_s;
    size_t order; /* of arrival: the first of two equal times counts */
    enum series_kind kind;
    struct message_point point;
};

struct rebuild {
    int64_t id;
    bool failed;
};

struct writer {
    const struct worker *worker;
    struct message message; /* in or out, one at a time */
    struct pending *pending;
    size_t pending_count;
    struct rebuild rebuilds[REBUILDS_MAX];
    size_t rebuild_count;
    bool disk_full; /* said once */
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
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
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

/* A point that is not after the last one is a repetition when the file has something there. */
static bool is_late(const char *path, const struct pending *pending, size_t source_count)
{
    struct rrd_fetch fetch = {.from_s = pending->point.end_s - pending->step_s,
                              .to_s = pending->point.end_s,
                              .step_s = pending->step_s};
    if (!is_known(&pending->point, source_count))
        return false;
    if (rrd_file_fetch(path, &fetch) != 0)
        return true;
    bool known = false;
    for (size_t i = 0; fetch.rows > 0 && i < fetch.sources; i++)
        known = known || isfinite(fetch.values[i]);
    rrd_file_free_values(&fetch);
    return !known;
}

/* Sets a damaged file aside, so that the next point makes a new one. */
static void set_aside(const struct writer *writer, int64_t id, const char *path)
{
    char aside[PATH_BYTES];
    path_of(writer, id, ".bad", aside);
    log_warn("series", "a damaged round-robin database was set aside series=%lld", (long long)id);
    (void)rename(path, aside); /* where that fails, the fault is said again */
}

/* The file's last time, after making the file where there is none. */
static int open_file(struct writer *writer, const char *path, const struct pending *first,
                     uint64_t *out_last, bool *out_created)
{
    const struct series_layout *layout = series_layout(first->kind);
    int status = rrd_file_last(path, out_last);
    if (status == -EIO) {
        set_aside(writer, first->id, path);
        status = -ENOENT;
    }
    *out_created = status == -ENOENT;
    if (status == -ENOENT) {
        status = rrd_file_create(path, layout, first->step_s, first->point.end_s);
        *out_last = first->point.end_s - first->step_s;
    }
    return status;
}

/* All pending points of one series: from..to of the sorted list. */
static int write_series(struct writer *writer, size_t from, size_t to)
{
    const struct pending *first = &writer->pending[from];
    size_t sources = series_layout(first->kind)->source_count;
    struct rebuild *rebuild = find_rebuild(writer, first->id);
    char path[PATH_BYTES];
    uint64_t last = 0;
    bool created = false;
    bool late = false;
    size_t count = 0;
    if (rebuild && rebuild->failed)
        return 0;
    struct message_point *points = malloc((to - from) * sizeof *points);
    if (!points)
        return -ENOMEM;
    path_of(writer, first->id, rebuild ? ".new" : "", path);
    *writer->worker->in_hand = first->id;
    int status = open_file(writer, path, first, &last, &created);
    uint64_t newest = last;
    for (size_t i = from; i < to && status == 0; i++) {
        const struct pending *pending = &writer->pending[i];
        if (pending->point.end_s > newest) {
            points[count++] = pending->point;
            newest = pending->point.end_s;
        } else if (!rebuild && pending->point.end_s <= last && !late) {
            late = is_late(path, pending, sources);
        }
    }
    if (status == 0 && count)
        status = rrd_file_update(path, sources, first->step_s, points, count);
    *writer->worker->in_hand = 0;
    free(points);
    if (status != 0 && rebuild) {
        rebuild->failed = true;
        return 0;
    }
    if (status != 0)
        return fault(writer, first->id, status);
    writer->disk_full = false;
    if (created && !rebuild)
        status = answer(writer, MESSAGE_CREATED, first->id, first->point.end_s);
    return late && status == 0 ? answer(writer, MESSAGE_LATE, first->id, 0) : status;
}

static int flush(struct writer *writer)
{
    int status = 0;
    if (writer->pending_count)
        qsort(writer->pending, writer->pending_count, sizeof *writer->pending, compare_pending);
    for (size_t from = 0; from < writer->pending_count && status == 0;) {
        size_t to = from + 1;
        while (to < writer->pending_count && writer->pending[to].id == writer->pending[from].id)
            to++;
        status = write_series(writer, from, to);
        from = to;
    }
    writer->pending_count = 0;
    return status;
}

static int take_points(struct writer *writer)
{
    const struct message *message = &writer->message;
    /* A file that was given a time of the far future would take nothing else ever after. */
    uint64_t latest = clock_unix_ns() / CLOCK_NS_PER_S + FUTURE_S;
    if (!series_layout((enum series_kind)message->kind) || message->step_s == 0 || message->id <= 0)
        return 0;
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
        if (point->end_s <= message->step_s || point->end_s > latest)
            continue;
        writer->pending[writer->pending_count] =
            (struct pending){message->id, message->step_s, writer->pending_count,
                             (enum series_kind)message->kind, *point};
        writer->pending_count++;
    }
    return 0;
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
    const struct series_layout *layout = series_layout((enum series_kind)request.kind);
    int status = flush(writer);
    if (status != 0 || !layout || request.step_s == 0)
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
    rebuild->failed = rrd_file_carry(path, fresh, layout, request.step_s, request.from_s) != 0;
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
    if (!failed && rename(fresh, path) != 0 && errno != ENOENT)
        failed = true;
    if (!failed)
        return answer(writer, MESSAGE_REBUILT, id, 0);
    (void)unlink(fresh);
    return fault(writer, id, -ENOSPC); /* what stops a new file, nearly always */
}

static int take_message(struct writer *writer)
{
    int64_t id = writer->message.id;
    int status = 0;
    switch ((enum message_type)writer->message.type) {
    case MESSAGE_PUT:
        return take_points(writer);
    case MESSAGE_MARK:
        status = flush(writer);
        return status == 0 ? answer(writer, MESSAGE_MARKED, id, 0) : status;
    case MESSAGE_REBUILD_BEGIN:
        return begin_rebuild(writer);
    case MESSAGE_REBUILD_END:
        return end_rebuild(writer);
    default:
        return 0;
    }
}

int writer_run(const struct worker *worker)
{
    static struct writer writer; /* the process has this one */
    writer.worker = worker;
    writer.pending = malloc(PENDING_MAX * sizeof *writer.pending);
    int status = writer.pending ? answer(&writer, MESSAGE_HELLO, (int64_t)getpid(), 0) : -ENOMEM;
    while (status == 0) {
        int received = message_receive(worker->fd, IDLE_MS, &writer.message);
        if (received == 1)
            status = take_message(&writer);
        else if (received == -ETIMEDOUT)
            status = flush(&writer);
        else
            status = received == 0 ? -EPIPE : received;
    }
    if (status == -EPIPE) /* the collector has gone: what it gave is still good */
        (void)flush(&writer);
    free(writer.pending);
    return status == -EPIPE ? 0 : 1;
}
