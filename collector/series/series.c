/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/folder_state.h"
#include "collector/series/protocol.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUEUE_BYTES_MAX  (8u << 20)
#define FETCH_TIMEOUT_MS 5000
#define FETCH_ROWS_MAX   110000 /* a year of 5 minutes, and a little */

/* A message that waits to be sent; as long as it needs to be. */
struct queued {
    struct queued *next;
    size_t length;
    struct message message;
};

struct series {
    char folder[300];
    struct series_retention retention;
    enum series_suspicion suspicion;
    bool noted_open;
    pid_t keeper;
    int writer_fd;
    struct queued *first, *last;
    struct series_stats stats;
    bool drained; /* series_stop waits for it */
    struct message inbox;
    pthread_mutex_t fetch_lock; /* guards what follows */
    int reader_fd;
    uint64_t request;
    struct message answer;
};

static int make_pair(int out_fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out_fds) != 0)
        return -errno;
    int size = 1 << 20;
    /* Larger buffers are a convenience: the default holds a message too. */
    (void)setsockopt(out_fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(out_fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return 0;
}

static int make_folder(const char *data_dir, char *out, size_t size)
{
    if ((size_t)snprintf(out, size, "%s/rrd", data_dir) >= size)
        return -ENAMETOOLONG;
    return mkdir(out, 0750) == 0 || errno == EEXIST ? 0 : -errno;
}

static void run_keeper(const int writer[2], const int reader[2], const struct series *series)
{
    struct keeper keeper = {writer[1], reader[1], series->folder, series->retention};
    (void)close(writer[0]);
    (void)close(reader[0]);
    _exit(keeper_run(&keeper));
}

static void look_at_folder(struct series *series, const struct series_retention *retention)
{
    char boot[FOLDER_BOOT_BYTES];
    folder_read_boot(boot);
    series->retention = *retention;
    series->suspicion = folder_suspect(series->folder, retention, boot);
}

struct series *series_start(const char *data_dir)
{
    return series_start_keeping(data_dir, &series_retention_default);
}

struct series *series_start_keeping(const char *data_dir, const struct series_retention *retention)
{
    int writer[2] = {-1, -1};
    int reader[2] = {-1, -1};
    struct series *series = calloc(1, sizeof *series);
    int status = series ? make_folder(data_dir, series->folder, sizeof series->folder) : -ENOMEM;
    if (status == 0)
        look_at_folder(series, retention);
    if (status == 0)
        status = make_pair(writer);
    if (status == 0)
        status = make_pair(reader);
    if (status == 0)
        status = -pthread_mutex_init(&series->fetch_lock, NULL);
    pid_t keeper = status == 0 ? fork() : -1;
    if (keeper == 0)
        run_keeper(writer, reader, series);
    if (status == 0 && keeper < 0)
        status = -errno;
    if (writer[1] >= 0)
        (void)close(writer[1]);
    if (reader[1] >= 0)
        (void)close(reader[1]);
    if (status == 0) {
        series->keeper = keeper;
        series->writer_fd = writer[0];
        series->reader_fd = reader[0];
        return series;
    }
    if (writer[0] >= 0)
        (void)close(writer[0]);
    if (reader[0] >= 0)
        (void)close(reader[0]);
    free(series);
    errno = -status;
    return NULL;
}

enum series_suspicion series_must_rebuild(const struct series *series)
{
    return series->suspicion;
}

int series_note_open(struct series *series)
{
    char boot[FOLDER_BOOT_BYTES];
    folder_read_boot(boot);
    int status = folder_note(series->folder, &series->retention, boot, true);
    series->noted_open = status == 0;
    if (status == 0)
        series->suspicion = SERIES_SOUND;
    return status;
}

int series_fd(const struct series *series)
{
    return series->writer_fd;
}

bool series_wants_write(const struct series *series)
{
    return series->first != NULL && series->writer_fd >= 0;
}

static int enqueue(struct series *series, const struct message *message)
{
    size_t length = message_length(message);
    if (series->stats.queued_bytes + length > QUEUE_BYTES_MAX)
        return -EAGAIN;
    struct queued *item = malloc(offsetof(struct queued, message) + length);
    if (!item)
        return -EAGAIN;
    item->next = NULL;
    item->length = length;
    memcpy(&item->message, message, length);
    if (series->last)
        series->last->next = item;
    else
        series->first = item;
    series->last = item;
    series->stats.queued_bytes += length;
    return 0;
}

static void drop_first(struct series *series)
{
    struct queued *item = series->first;
    series->first = item->next;
    if (!series->first)
        series->last = NULL;
    series->stats.queued_bytes -= item->length;
    free(item);
}

static void send_queued(struct series *series)
{
    while (series->first && series->writer_fd >= 0) {
        const struct queued *item = series->first;
        ssize_t sent =
            send(series->writer_fd, &item->message, item->length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            return; /* full for now; a keeper that has gone shows when receiving */
        drop_first(series);
    }
}

static void take_answer(struct series *series, const struct series_handlers *handlers)
{
    const struct message *message = &series->inbox;
    switch ((enum message_type)message->type) {
    case MESSAGE_HELLO:
        series->stats.restarts++;
        handlers->restarted(handlers->ctx);
        break;
    case MESSAGE_MARKED:
        series->drained = message->id == INT64_MAX;
        if (!series->drained)
            handlers->marked(handlers->ctx, message->id);
        break;
    case MESSAGE_CREATED:
        series->stats.files_created++;
        if (handlers->created)
            handlers->created(handlers->ctx, message->id, message->from_s);
        break;
    case MESSAGE_LATE:
        series->stats.late++;
        handlers->late(handlers->ctx, message->id);
        break;
    case MESSAGE_REBUILT:
        series->stats.rebuilds++;
        handlers->rebuilt(handlers->ctx, message->id);
        break;
    case MESSAGE_FAULT:
        series->stats.faults++;
        handlers->failed(handlers->ctx, message->id);
        break;
    default:
        break;
    }
}

void series_service(struct series *series, const struct series_handlers *handlers)
{
    int received = 1;
    if (series->writer_fd < 0)
        return;
    send_queued(series);
    while ((received = message_receive(series->writer_fd, 0, &series->inbox)) == 1)
        take_answer(series, handlers);
    if (received != 0)
        return;
    log_error("series", "the keeper of the series processes has gone; reports are still stored, "
                        "the series follow after a restart");
    (void)close(series->writer_fd);
    series->writer_fd = -1;
}

/* As many of the samples as a message takes; how many. */
static size_t fill_put(struct message *message, const struct series_sample *samples, size_t count)
{
    *message = (struct message){.type = MESSAGE_PUT,
                                .count = count < MESSAGE_POINTS_MAX ? count : MESSAGE_POINTS_MAX};
    for (size_t i = 0; i < message->count; i++) {
        const struct series_sample *sample = &samples[i];
        uint64_t step_s = sample->step_s ? sample->step_s : 1;
        struct message_point *point = &message->body.points[i];
        *point = (struct message_point){.id = sample->series_id,
                                        .kind = (uint32_t)sample->kind,
                                        .step_s = (uint32_t)step_s,
                                        .end_s = (sample->end_s + step_s / 2) / step_s * step_s};
        memcpy(point->values, sample->values, sizeof point->values);
    }
    return (size_t)message->count;
}

int series_put(struct series *series, const struct series_sample *samples, size_t count)
{
    size_t messages = count / MESSAGE_POINTS_MAX + 1;
    size_t worst = count * sizeof(struct message_point) + messages * MESSAGE_HEAD_BYTES;
    if (series->stats.queued_bytes + worst > QUEUE_BYTES_MAX)
        return -EAGAIN;
    for (size_t done = 0; done < count;) {
        done += fill_put(&series->inbox, samples + done, count - done);
        int status = enqueue(series, &series->inbox);
        if (status != 0)
            return status;
    }
    series->stats.samples += count;
    send_queued(series);
    return 0;
}

int series_put_mark(struct series *series, int64_t report_id)
{
    struct message mark = {.type = MESSAGE_MARK, .id = report_id};
    int status = enqueue(series, &mark);
    send_queued(series);
    return status;
}

int series_rebuild_begin(struct series *series, const struct series_info *info, uint64_t from_s)
{
    struct message begin = {.type = MESSAGE_REBUILD_BEGIN,
                            .kind = (uint32_t)info->kind,
                            .id = info->id,
                            .step_s = info->step_s,
                            .from_s = from_s};
    return enqueue(series, &begin);
}

int series_rebuild_end(struct series *series, int64_t series_id)
{
    struct message end = {.type = MESSAGE_REBUILD_END, .id = series_id};
    return enqueue(series, &end);
}

static void ignore(void *ctx)
{
    (void)ctx;
}

static void ignore_id(void *ctx, int64_t id)
{
    (void)ctx;
    (void)id;
}

/* The last mark comes back when everything before it is in the files. */
static void drain(struct series *series, unsigned timeout_ms)
{
    static const struct series_handlers none = {.restarted = ignore,
                                                .marked = ignore_id,
                                                .late = ignore_id,
                                                .rebuilt = ignore_id,
                                                .failed = ignore_id};
    uint64_t end_ns = clock_mono_ns() + timeout_ms * CLOCK_NS_PER_MS;
    const struct message last = {.type = MESSAGE_MARK, .kind = 1, .id = INT64_MAX};
    (void)enqueue(series, &last); /* full: the writer is far behind, and the time runs out */
    while (!series->drained && series->writer_fd >= 0 && clock_mono_ns() < end_ns) {
        struct pollfd wanted = {.fd = series->writer_fd,
                                .events = (short)(POLLIN | (series->first ? POLLOUT : 0))};
        (void)poll(&wanted, 1, 50);
        series_service(series, &none);
    }
}

static void end_keeper(struct series *series, unsigned timeout_ms)
{
    uint64_t end_ns = clock_mono_ns() + timeout_ms * CLOCK_NS_PER_MS;
    if (series->writer_fd >= 0)
        (void)close(series->writer_fd);
    (void)close(series->reader_fd);
    while (waitpid(series->keeper, NULL, WNOHANG) == 0) {
        if (clock_mono_ns() > end_ns) { /* its processes end by their closed sockets */
            (void)kill(series->keeper, SIGKILL);
            (void)waitpid(series->keeper, NULL, 0);
            return;
        }
        (void)poll(NULL, 0, 10);
    }
}

void series_stop(struct series *series, unsigned timeout_ms)
{
    if (!series)
        return;
    drain(series, timeout_ms);
    end_keeper(series, timeout_ms);
    /* Where that fails, the next start finds the folder open, and makes everything anew. */
    if (series->noted_open)
        (void)folder_note(series->folder, &series->retention, "", false);
    while (series->first)
        drop_first(series);
    (void)pthread_mutex_destroy(&series->fetch_lock);
    free(series);
}

void series_read_stats(const struct series *series, struct series_stats *out_stats)
{
    *out_stats = series->stats;
    out_stats->restarts -= out_stats->restarts > 0; /* the first was a start */
}

static int begin_points(const struct message *answer, struct series_points **out_points)
{
    uint64_t total = answer->to_s;
    if (answer->kind == 0 || answer->kind > SERIES_SOURCES_MAX || total % answer->kind != 0 ||
        total > (uint64_t)FETCH_ROWS_MAX * SERIES_SOURCES_MAX)
        return -EIO;
    struct series_points *points = calloc(1, sizeof *points);
    if (points)
        points->values = calloc(total ? (size_t)total : 1, sizeof *points->values);
    if (!points || !points->values) {
        free(points);
        return -ENOMEM;
    }
    points->from_s = answer->from_s;
    points->step_s = answer->step_s;
    points->source_count = answer->kind;
    points->count = (size_t)(total / answer->kind);
    *out_points = points;
    return 0;
}

/* Parts of an answer until it is whole. 1 while parts are missing. */
static int take_part(struct series *series, struct series_points **points)
{
    const struct message *answer = &series->answer;
    if (answer->request != series->request)
        return 1; /* of a question that was given up */
    if (answer->type == MESSAGE_FAULT)
        return answer->to_s == ENOENT ? -ENOENT : -EIO;
    if (answer->type != MESSAGE_POINTS)
        return 1;
    int status = *points ? 0 : begin_points(answer, points);
    if (status != 0)
        return status;
    size_t total = (*points)->count * (*points)->source_count;
    if (answer->place + answer->count > total)
        return -EIO;
    if (answer->count)
        memcpy((*points)->values + answer->place, answer->body.values,
               (size_t)answer->count * sizeof(double));
    return answer->place + answer->count == total ? 0 : 1;
}

static int fetch_locked(struct series *series, const struct series_fetch_query *query,
                        struct series_points **points)
{
    struct message question = {.type = MESSAGE_FETCH,
                               .kind = query->maximum ? 1 : 0,
                               .request = ++series->request,
                               .id = query->series_id,
                               .from_s = query->from_s,
                               .to_s = query->to_s,
                               .step_s = query->step_s};
    uint64_t end_ns = clock_mono_ns() + FETCH_TIMEOUT_MS * CLOCK_NS_PER_MS;
    int status = message_send(series->reader_fd, &question) == 0 ? 1 : -EIO;
    while (status == 1) {
        uint64_t now = clock_mono_ns();
        int left_ms = now < end_ns ? (int)((end_ns - now) / CLOCK_NS_PER_MS) + 1 : 0;
        int received =
            left_ms ? message_receive(series->reader_fd, left_ms, &series->answer) : -ETIMEDOUT;
        if (received == 1)
            status = take_part(series, points);
        else if (received != -ETIMEDOUT || left_ms == 0)
            status = received == -ETIMEDOUT ? -ETIMEDOUT : -EIO;
    }
    return status;
}

int series_fetch(struct series *series, const struct series_fetch_query *query,
                 struct series_points **out_points)
{
    uint64_t step_s = query->step_s ? query->step_s : 1;
    if (query->series_id <= 0 || query->to_s <= query->from_s ||
        (query->to_s - query->from_s) / step_s > FETCH_ROWS_MAX)
        return -EINVAL;
    struct series_points *points = NULL;
    (void)pthread_mutex_lock(&series->fetch_lock);
    int status = fetch_locked(series, query, &points);
    (void)pthread_mutex_unlock(&series->fetch_lock);
    if (status == 0)
        *out_points = points;
    else
        series_points_free(points);
    return status;
}

void series_points_free(struct series_points *points)
{
    if (!points)
        return;
    free(points->values);
    free(points);
}
