/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/segment_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_DIGITS    12
#define NAME_BYTES     (NAME_DIGITS + sizeof ".spool")
#define FILE_BYTES_MAX (4 << 20) /* we make none as large */
#define NUMBER_LIMIT   UINT64_C(1000000000000)
#define DIRECTORY_MODE 0700
#define FILE_MODE      0600

struct segment {
    uint64_t number;
    uint64_t bytes;
    uint64_t wanted;        /* records that nobody released */
    uint64_t synced_bytes;  /* the active one: as of the last sync */
    uint64_t synced_wanted; /* likewise, less what was released since */
};

struct segment_store {
    int directory_fd;
    int active_fd; /* of the last segment, or -1: the next record begins another */
    uint64_t segment_bytes;
    uint64_t next_number;
    struct segment *segments; /* ascending by number */
    size_t segment_count, segment_capacity;
    struct segment_store_stats stats;
};

static void segment_name(uint64_t number, char out[static NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "%0*" PRIu64 ".spool", NAME_DIGITS, number % NUMBER_LIMIT);
}

/* The number of a segment's name, or 0 for another file. */
static uint64_t segment_number(const char *name)
{
    uint64_t number = 0;
    for (size_t i = 0; i < NAME_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        number = number * 10 + (uint64_t)(name[i] - '0');
    }
    return strcmp(name + NAME_DIGITS, ".spool") == 0 ? number : 0;
}

static struct segment *find_segment(struct segment_store *store, uint64_t number)
{
    for (size_t i = 0; i < store->segment_count; i++)
        if (store->segments[i].number == number)
            return &store->segments[i];
    return NULL;
}

static struct segment *add_segment(struct segment_store *store, uint64_t number)
{
    if (store->segment_count == store->segment_capacity) {
        size_t capacity = store->segment_capacity ? 2 * store->segment_capacity : 16;
        struct segment *grown = realloc(store->segments, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        store->segments = grown;
        store->segment_capacity = capacity;
    }
    struct segment *segment = &store->segments[store->segment_count++];
    *segment = (struct segment){.number = number};
    if (number >= store->next_number)
        store->next_number = number + 1;
    return segment;
}

static bool is_active(const struct segment_store *store, const struct segment *segment)
{
    return store->active_fd >= 0 && segment == &store->segments[store->segment_count - 1];
}

static void close_active(struct segment_store *store)
{
    if (store->active_fd >= 0)
        (void)close(store->active_fd); /* synced before, or given up */
    store->active_fd = -1;
}

static void remove_segment(struct segment_store *store, struct segment *segment)
{
    char name[NAME_BYTES];
    if (is_active(store, segment))
        close_active(store);
    segment_name(segment->number, name);
    (void)unlinkat(store->directory_fd, name, 0); /* if it stays, it is read and released again */
    store->stats.bytes -= segment->bytes;
    size_t at = (size_t)(segment - store->segments);
    memmove(segment, segment + 1, (store->segment_count - at - 1) * sizeof *segment);
    store->segment_count--;
}

static int open_segment(const struct segment_store *store, uint64_t number, int flags)
{
    char name[NAME_BYTES];
    segment_name(number, name);
    int fd = openat(store->directory_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    return fd >= 0 ? fd : -errno;
}

/* Reads up to length bytes; how many there were, or a negated errno. */
static ssize_t read_at(int fd, uint8_t *out, size_t length, uint64_t offset)
{
    size_t done = 0;
    while (done < length) {
        ssize_t step = pread(fd, out + done, length - done, (off_t)(offset + done));
        if (step < 0 && errno != EINTR)
            return -errno;
        if (step == 0)
            break;
        done += step > 0 ? (size_t)step : 0;
    }
    return (ssize_t)done;
}

static int write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length) {
        ssize_t step = write(fd, bytes, length);
        if (step < 0 && errno != EINTR)
            return -errno;
        if (step > 0) {
            bytes += step;
            length -= (size_t)step;
        }
    }
    return 0;
}

/* Takes the records of one file's bytes into the index. The end of the last whole one, or what
 * ended it. */
static ssize_t index_bytes(struct segment_store *store, struct segment *segment,
                           const uint8_t *bytes, size_t length, segment_found_fn found, void *ctx)
{
    struct frame_reader reader = frame_reader_over(bytes, length);
    struct frame frame;
    while (frame_reader_next(&reader, &frame)) {
        struct segment_place place = {
            .segment = segment->number,
            .offset = (uint64_t)(frame.payload - bytes) - FRAME_HEAD_BYTES,
            .payload_length = (uint32_t)frame.payload_length,
        };
        int wanted = found(ctx, &frame, &place);
        if (wanted < 0)
            return wanted;
        segment->wanted += wanted > 0;
    }
    store->stats.damaged += reader.damaged;
    store->stats.torn += reader.offset != length;
    return (ssize_t)reader.offset;
}

static int index_segment(struct segment_store *store, struct segment *segment,
                         segment_found_fn found, void *ctx)
{
    int fd = open_segment(store, segment->number, O_RDWR);
    if (fd < 0)
        return fd;
    struct stat status;
    size_t size = FILE_BYTES_MAX;
    if (fstat(fd, &status) == 0 && status.st_size < FILE_BYTES_MAX)
        size = (size_t)status.st_size;
    uint8_t *bytes = malloc(size + 1); /* an empty file is no fault */
    ssize_t length = bytes ? read_at(fd, bytes, size, 0) : -ENOMEM;
    ssize_t end = length;
    if (length >= 0)
        end = index_bytes(store, segment, bytes, (size_t)length, found, ctx);
    if (end >= 0) {
        segment->bytes = (uint64_t)end;
        store->stats.bytes += (uint64_t)end;
        if (end != length)
            (void)!ftruncate(fd, end); /* a tail that stays does no harm: nothing is appended */
    }
    free(bytes);
    (void)close(fd); /* nothing was written that must not be lost */
    return end < 0 ? (int)end : 0;
}

static int compare_segments(const void *a, const void *b)
{
    uint64_t x = ((const struct segment *)a)->number;
    uint64_t y = ((const struct segment *)b)->number;
    return (x > y) - (x < y);
}

static int list_segments(struct segment_store *store)
{
    int fd = openat(store->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        int status = -errno;
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    int status = 0;
    for (const struct dirent *entry = readdir(directory); entry && status == 0;
         entry = readdir(directory)) {
        uint64_t number = segment_number(entry->d_name);
        if (number && !add_segment(store, number))
            status = -ENOMEM;
    }
    (void)closedir(directory);
    if (store->segment_count)
        qsort(store->segments, store->segment_count, sizeof *store->segments, compare_segments);
    return status;
}

/* A segment that cannot be read at all counts as damaged, and the others go on. */
static int index_all(struct segment_store *store, segment_found_fn found, void *ctx)
{
    int status = list_segments(store);
    for (size_t i = 0; i < store->segment_count && status == 0;) {
        struct segment *segment = &store->segments[i];
        int read = index_segment(store, segment, found, ctx);
        if (read == -ENOMEM)
            return read;
        store->stats.damaged += read < 0;
        if (segment->wanted == 0)
            remove_segment(store, segment);
        else
            i++;
    }
    return status;
}

/* Fails early where nothing could be written, rather than at the first outage. */
static int open_directory(const char *path)
{
    if (mkdir(path, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (faccessat(fd, ".", W_OK | X_OK, 0) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int status = -errno;
    (void)close(fd);
    return status;
}

struct segment_store *segment_store_open(const char *directory, uint64_t segment_bytes,
                                         segment_found_fn found, void *ctx)
{
    struct segment_store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->active_fd = -1;
    store->segment_bytes = segment_bytes;
    store->next_number = 1;
    store->directory_fd = open_directory(directory);
    int status = store->directory_fd < 0 ? store->directory_fd : index_all(store, found, ctx);
    if (status < 0) {
        segment_store_close(store);
        errno = -status;
        return NULL;
    }
    return store;
}

void segment_store_close(struct segment_store *store)
{
    if (!store)
        return;
    close_active(store);
    if (store->directory_fd >= 0)
        (void)close(store->directory_fd);
    free(store->segments);
    free(store);
}

/* The name must be as durable as what will stand under it. */
static int begin_segment(struct segment_store *store)
{
    int fd = open_segment(store, store->next_number, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0) {
        store->next_number += fd == -EEXIST;
        return fd;
    }
    if (!add_segment(store, store->next_number) || fsync(store->directory_fd) != 0) {
        int status = errno ? -errno : -EIO;
        (void)close(fd);
        if (store->segment_count &&
            store->segments[store->segment_count - 1].number + 1 == store->next_number)
            remove_segment(store, &store->segments[store->segment_count - 1]);
        return status;
    }
    store->active_fd = fd;
    return 0;
}

/* Goes back to the last sync, and leaves that file alone from here on. */
static int give_up_active(struct segment_store *store, int status)
{
    if (store->active_fd < 0)
        return status;
    struct segment *segment = &store->segments[store->segment_count - 1];
    if (ftruncate(store->active_fd, (off_t)segment->synced_bytes) != 0)
        store->stats.damaged++; /* its whole records come again, and are known by their numbers */
    store->stats.bytes -= segment->bytes - segment->synced_bytes;
    segment->bytes = segment->synced_bytes;
    segment->wanted = segment->synced_wanted;
    close_active(store);
    if (segment->wanted == 0)
        remove_segment(store, segment);
    return status;
}

int segment_store_append(struct segment_store *store, const struct frame *frame,
                         struct segment_place *out_place)
{
    uint8_t head[FRAME_HEAD_BYTES];
    frame_write_head(frame, head);
    int status = store->active_fd < 0 ? begin_segment(store) : 0;
    if (status == 0)
        status = write_all(store->active_fd, head, sizeof head);
    if (status == 0)
        status = write_all(store->active_fd, frame->payload, frame->payload_length);
    if (status != 0)
        return give_up_active(store, status);
    struct segment *segment = &store->segments[store->segment_count - 1];
    *out_place = (struct segment_place){.segment = segment->number,
                                        .offset = segment->bytes,
                                        .payload_length = (uint32_t)frame->payload_length};
    uint64_t written = sizeof head + frame->payload_length;
    segment->bytes += written;
    segment->wanted++;
    store->stats.bytes += written;
    store->stats.bytes_written += written;
    return 0;
}

bool segment_store_is_full(const struct segment_store *store)
{
    return store->active_fd >= 0 &&
           store->segments[store->segment_count - 1].bytes >= store->segment_bytes;
}

int segment_store_sync(struct segment_store *store)
{
    if (store->active_fd < 0)
        return 0;
    if (fdatasync(store->active_fd) != 0)
        return give_up_active(store, -errno);
    struct segment *segment = &store->segments[store->segment_count - 1];
    segment->synced_bytes = segment->bytes;
    segment->synced_wanted = segment->wanted;
    if (segment_store_is_full(store))
        close_active(store);
    return 0;
}

int segment_store_read(struct segment_store *store, const struct segment_place *place,
                       uint8_t *memory, struct frame *out_frame)
{
    int fd = open_segment(store, place->segment, O_RDONLY);
    if (fd < 0)
        return fd;
    size_t length = FRAME_HEAD_BYTES + (size_t)place->payload_length;
    ssize_t got = read_at(fd, memory, length, place->offset);
    (void)close(fd); /* only read */
    if (got < 0)
        return (int)got;
    return frame_parse(memory, (size_t)got, out_frame) ? 0 : -EBADMSG;
}

void segment_store_release(struct segment_store *store, const struct segment_place *place)
{
    struct segment *segment = find_segment(store, place->segment);
    if (!segment || segment->wanted == 0)
        return;
    segment->wanted--;
    if (segment->synced_wanted)
        segment->synced_wanted--;
    if (segment->wanted == 0)
        remove_segment(store, segment);
}

struct segment_store_stats segment_store_stats(const struct segment_store *store)
{
    return store->stats;
}
