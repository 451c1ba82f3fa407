/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/rrd_file.h"

#include <rrd.h>

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENT_MAX 96 /* of an update: a time and four doubles */
#define BATCH_MAX    1024
#define ARGUMENTS    24 /* of a create */
#define PATH_BYTES   400
/* What a file may need at most, about: less room than that is a full disk. */
#define FILE_BYTES_MAX (UINT64_C(4) << 20)

/* What a file has to be made of, as librrd wants it. */
struct definition {
    char text[ARGUMENTS][64];
    const char *arguments[ARGUMENTS];
    int count;
};

static void define(struct definition *definition, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void define(struct definition *definition, const char *format, ...)
{
    if (definition->count == ARGUMENTS)
        return;
    char *text = definition->text[definition->count];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof definition->text[0], format, args);
    va_end(args);
    definition->arguments[definition->count++] = text;
}

static void define_archives(struct definition *definition, const struct rrd_shape *shape)
{
    static const char *const functions[] = {"AVERAGE", "MAX", "LAST"};
    struct series_archive archives[SERIES_ARCHIVES_MAX];
    size_t count = series_archives(shape->retention, shape->layout->stock, shape->step_s, archives);
    for (size_t i = 0; i < count; i++)
        define(definition, "RRA:%s:%.2f:%llu:%llu", functions[archives[i].function],
               archives[i].unknown_max, (unsigned long long)archives[i].steps,
               (unsigned long long)archives[i].rows);
}

/* librrd's own words name the file. */
static int say(const char *what)
{
    log_warn("series", "librrd could not %s a file: %s", what, rrd_get_error());
    rrd_clear_error();
    return -EIO;
}

static int read_disk(const char *path, struct statvfs *out_disk)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
                   slash ? path : ".");
    return statvfs(folder, out_disk) == 0 ? 0 : -errno;
}

/* Why no file could be made: librrd finds no words for a full disk. */
static int say_not_created(const char *path)
{
    struct statvfs disk;
    bool full = read_disk(path, &disk) == 0 && disk.f_bavail * disk.f_frsize < FILE_BYTES_MAX;
    if (!full)
        return say("create");
    rrd_clear_error();
    return -ENOSPC;
}

/* Series are a cache: they leave the last twentieth of the disk to what they are made from. */
static int leave_room(const char *path)
{
    struct statvfs disk;
    bool full = read_disk(path, &disk) == 0 && disk.f_bavail < disk.f_blocks / 20;
    return full ? -ENOSPC : 0;
}

/* Sparse files on a full disk end in SIGBUS: every block is asked for now. Nothing is synced: after
 * a power cut every file is made anew (folder_state.h). */
static int reserve(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int result = fstat(fd, &status) == 0 ? 0 : -errno;
    if (result == 0)
        result = -posix_fallocate(fd, 0, status.st_size);
    (void)close(fd); /* nothing was written through it */
    return result;
}

static int create_part(const char *path, const struct rrd_shape *shape, uint64_t first_end_s)
{
    struct definition definition = {.count = 0};
    uint64_t last = 0;
    for (size_t i = 0; i < shape->layout->source_count; i++)
        define(&definition, "DS:%s:GAUGE:%llu:0:U", shape->layout->sources[i].name,
               (unsigned long long)(2 * shape->step_s));
    define_archives(&definition, shape);
    rrd_clear_error();
    int made =
        rrd_create_r(path, (unsigned long)shape->step_s, (time_t)(first_end_s - shape->step_s),
                     definition.count, definition.arguments);
    int status = made == 0 ? reserve(path) : say_not_created(path);
    if (status == 0)
        status = leave_room(path);
    if (status == 0)
        status = rrd_file_last(path, &last); /* a full disk leaves no file and no error */
    return status == -ENOENT ? -ENOSPC : status;
}

int rrd_file_create(const char *path, const struct rrd_shape *shape, uint64_t first_end_s)
{
    char part[PATH_BYTES];
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return -ENAMETOOLONG;
    (void)unlink(part); /* of an attempt that was cut short */
    int status = create_part(part, shape, first_end_s);
    if (status == 0 && rename(part, path) != 0)
        status = -errno;
    if (status != 0)
        (void)unlink(part);
    return status;
}

int rrd_file_last(const char *path, uint64_t *out_end_s)
{
    if (access(path, F_OK) != 0)
        return -ENOENT;
    rrd_clear_error();
    time_t last = rrd_last_r(path);
    if (last <= 0)
        return say("read");
    *out_end_s = (uint64_t)last;
    return 0;
}

/* Arguments of rrd_update_r under way. */
struct update {
    char (*text)[ARGUMENT_MAX];
    const char *arguments[BATCH_MAX];
    int count;
};

static int flush(const char *path, struct update *update)
{
    if (update->count == 0)
        return 0;
    rrd_clear_error();
    int status = rrd_update_r(path, NULL, update->count, update->arguments);
    update->count = 0;
    return status == 0 ? 0 : say("update");
}

/* values NULL: all unknown. */
static int add(const char *path, struct update *update, uint64_t end_s, const double *values,
               size_t source_count)
{
    char *text = update->text[update->count];
    size_t used = (size_t)snprintf(text, ARGUMENT_MAX, "%llu", (unsigned long long)end_s);
    for (size_t i = 0; i < source_count && used < ARGUMENT_MAX; i++) {
        bool known = values && isfinite(values[i]);
        used += (size_t)(known ? snprintf(text + used, ARGUMENT_MAX - used, ":%.10g", values[i])
                               : snprintf(text + used, ARGUMENT_MAX - used, ":U"));
    }
    update->arguments[update->count++] = text;
    return update->count == BATCH_MAX ? flush(path, update) : 0;
}

int rrd_file_update(const char *path, const struct rrd_shape *shape, uint64_t last_s,
                    const struct message_point *points, size_t count)
{
    const size_t source_count = shape->layout->source_count;
    const uint64_t step_s = shape->step_s;
    uint64_t last = last_s;
    int status = 0;
    struct update update = {.text = malloc(BATCH_MAX * sizeof *update.text)};
    if (!update.text)
        return -ENOMEM;
    for (size_t i = 0; i < count && status == 0; i++) {
        /* Without this, librrd would stretch the value over one missing interval. */
        if (points[i].end_s > last + step_s)
            status = add(path, &update, points[i].end_s - step_s, NULL, source_count);
        if (status == 0)
            status = add(path, &update, points[i].end_s, points[i].values, source_count);
        last = points[i].end_s;
    }
    if (status == 0)
        status = flush(path, &update);
    free(update.text);
    return status;
}

/* One function's rows; what was fetched before is freed. */
static int fetch_rows(const char *path, const char *function, const struct rrd_fetch *wanted,
                      struct rrd_fetch *out)
{
    time_t start = (time_t)wanted->from_s;
    time_t end = (time_t)wanted->to_s;
    unsigned long step = (unsigned long)wanted->step_s;
    unsigned long sources = 0;
    char **names = NULL;
    rrd_value_t *values = NULL;
    rrd_clear_error();
    if (rrd_fetch_r(path, function, &start, &end, &step, &sources, &names, &values) != 0)
        return -EIO;
    for (unsigned long i = 0; i < sources; i++)
        rrd_freemem(names[i]);
    rrd_freemem(names);
    rrd_file_free_values(out);
    *out = (struct rrd_fetch){.from_s = (uint64_t)start,
                              .to_s = (uint64_t)end,
                              .step_s = step,
                              .maximum = wanted->maximum,
                              .rows = step ? (size_t)(end - start) / step : 0,
                              .sources = sources,
                              .values = values};
    /* librrd ends behind what was asked for. */
    while (out->rows && out->from_s + (out->rows - 1) * step >= wanted->to_s)
        out->rows--;
    return 0;
}

int rrd_file_fetch(const char *path, struct rrd_fetch *fetch)
{
    struct rrd_fetch got = {.values = NULL};
    if (access(path, F_OK) != 0)
        return -ENOENT;
    /* An archive of single steps has no maximum of its own: its mean is that. */
    bool fine =
        fetch->maximum && fetch_rows(path, "MAX", fetch, &got) == 0 && got.step_s <= fetch->step_s;
    if (!fine && fetch_rows(path, "AVERAGE", fetch, &got) != 0) {
        rrd_file_free_values(&got);
        return say("fetch from");
    }
    *fetch = got;
    return 0;
}

void rrd_file_free_values(struct rrd_fetch *fetch)
{
    if (fetch->values)
        rrd_freemem(fetch->values);
    fetch->values = NULL;
}

/* Every step of a coarse row gets the row's mean. */
static int carry_row(const char *new_path, struct update *update, const struct rrd_fetch *fetch,
                     size_t row, uint64_t step_s)
{
    const double *values = fetch->values + row * fetch->sources;
    uint64_t begin = fetch->from_s + row * fetch->step_s;
    int status = 0;
    uint64_t first = (begin / step_s + 1) * step_s; /* the old grid may be another */
    for (uint64_t end = first; end <= begin + fetch->step_s && status == 0; end += step_s)
        status = add(new_path, update, end, values, fetch->sources);
    return status;
}

static bool row_is_known(const struct rrd_fetch *fetch, size_t row)
{
    for (size_t i = 0; i < fetch->sources; i++)
        if (isfinite(fetch->values[row * fetch->sources + i]))
            return true;
    return false;
}

/* Where a new file stands while it is filled. */
struct carrying {
    const char *old_path, *new_path;
    const struct rrd_shape *shape;
    uint64_t last_s; /* 0: not made yet */
    struct update update;
};

static int carry_span(struct carrying *carrying, struct rrd_fetch fetch)
{
    int status = rrd_file_fetch(carrying->old_path, &fetch);
    if (status != 0)
        return status;
    for (size_t row = 0; row < fetch.rows && status == 0; row++) {
        uint64_t begin = fetch.from_s + row * fetch.step_s;
        if (begin < carrying->last_s || (!carrying->last_s && !row_is_known(&fetch, row)))
            continue;
        if (!carrying->last_s)
            status =
                rrd_file_create(carrying->new_path, carrying->shape,
                                (begin / carrying->shape->step_s + 1) * carrying->shape->step_s);
        if (status == 0)
            status = carry_row(carrying->new_path, &carrying->update, &fetch, row,
                               carrying->shape->step_s);
        carrying->last_s = begin + fetch.step_s;
    }
    if (status == 0)
        status = flush(carrying->new_path, &carrying->update);
    rrd_file_free_values(&fetch);
    return status;
}

/* An archive of means of an old file: its row's width, and how far it reaches back. */
struct old_archive {
    uint64_t width_s, span_s;
};

static void take_field(const rrd_info_t *field, uint64_t step_s,
                       struct old_archive archives[static SERIES_ARCHIVES_MAX],
                       bool is_mean[static SERIES_ARCHIVES_MAX])
{
    unsigned index = 0;
    int end = 0;
    if (sscanf(field->key, "rra[%u].%n", &index, &end) != 1 || end == 0 ||
        index >= SERIES_ARCHIVES_MAX)
        return;
    const char *name = field->key + end;
    if (strcmp(name, "cf") == 0 && field->type == RD_I_STR)
        is_mean[index] = strcmp(field->value.u_str, "AVERAGE") == 0;
    else if (strcmp(name, "rows") == 0 && field->type == RD_I_CNT)
        archives[index].span_s = field->value.u_cnt; /* rows as yet */
    else if (strcmp(name, "pdp_per_row") == 0 && field->type == RD_I_CNT)
        archives[index].width_s = field->value.u_cnt * step_s;
}

static int compare_widths(const void *a, const void *b)
{
    const struct old_archive *x = a;
    const struct old_archive *y = b;
    return (x->width_s < y->width_s) - (x->width_s > y->width_s);
}

/* The archives of means, coarsest first. How many, or -EIO. */
static int read_archives(const char *path, struct old_archive out[static SERIES_ARCHIVES_MAX])
{
    struct old_archive archives[SERIES_ARCHIVES_MAX] = {{0, 0}};
    bool is_mean[SERIES_ARCHIVES_MAX] = {false};
    uint64_t step_s = 0;
    int count = 0;
    rrd_clear_error();
    rrd_info_t *info = rrd_info_r(path);
    if (!info)
        return say("look into");
    for (const rrd_info_t *field = info; field; field = field->next) {
        if (strcmp(field->key, "step") == 0 && field->type == RD_I_CNT)
            step_s = field->value.u_cnt;
        take_field(field, step_s, archives, is_mean);
    }
    rrd_info_free(info);
    for (size_t i = 0; i < SERIES_ARCHIVES_MAX; i++)
        if (is_mean[i] && archives[i].width_s)
            out[count++] =
                (struct old_archive){archives[i].width_s, archives[i].span_s * archives[i].width_s};
    qsort(out, (size_t)count, sizeof *out, compare_widths);
    return count;
}

int rrd_file_carry(const char *old_path, const char *new_path, const struct rrd_shape *shape,
                   uint64_t until_s)
{
    struct old_archive archives[SERIES_ARCHIVES_MAX];
    uint64_t last = 0;
    if (rrd_file_last(old_path, &last) != 0)
        return 0; /* nothing sound to carry */
    struct carrying carrying = {.old_path = old_path, .new_path = new_path, .shape = shape};
    int count = read_archives(old_path, archives);
    if (count < 0)
        return count;
    while (count > 0 && archives[count - 1].width_s < shape->step_s)
        count--; /* finer than the new steps: the next one serves */
    carrying.update.text = malloc(BATCH_MAX * sizeof *carrying.update.text);
    int status = carrying.update.text ? 0 : -ENOMEM;
    uint64_t end = until_s < last ? until_s : last;
    for (int i = 0; i < count && status == 0; i++) {
        uint64_t width = archives[i].width_s;
        uint64_t oldest = last > archives[i].span_s ? last - archives[i].span_s : 0;
        uint64_t finer =
            i + 1 < count && last > archives[i + 1].span_s ? last - archives[i + 1].span_s : 0;
        uint64_t to = i + 1 < count && finer < end ? finer : end;
        struct rrd_fetch fetch = {
            .from_s = oldest / width * width, .to_s = to / width * width, .step_s = width};
        if (fetch.to_s > fetch.from_s)
            status = carry_span(&carrying, fetch);
    }
    free(carrying.update.text);
    return status;
}
