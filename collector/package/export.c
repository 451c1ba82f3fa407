/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A package on the disk: beside its place first, then renamed to it.
 */
#include "collector/package/package.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct conf_error *error, const char *name, int status)
{
    (void)snprintf(error->text, sizeof error->text, "%s: %s", name, strerror(-status));
    return status;
}

static int put(void *ctx, const char *name, const char *bytes, size_t length)
{
    char inside[FOLDER_NAME_BYTES];
    (void)snprintf(inside, sizeof inside, PACKAGE_ARCHIVE "/%s", name);
    return folder_write(ctx, inside, bytes, length);
}

/* A settings file as it is. */
static int copy_file(const char *from, char *beside, const char *name)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *in = fopen(from, "rb");
    if (!in)
        return -errno;
    char *room = malloc(ARCHIVE_BYTES_MAX);
    if (room) {
        bytes = room;
        length = fread(bytes, 1, ARCHIVE_BYTES_MAX, in);
    }
    int status = !room ? -ENOMEM : ferror(in) ? -EIO : !feof(in) ? -EFBIG : 0;
    (void)fclose(in); /* only read */
    if (status == 0)
        status = put(beside, name, bytes, length);
    free(room);
    return status;
}

static int write_archive(const struct package_order *order, char *beside, struct conf_error *error)
{
    const struct {
        const char *from, *name;
    } copies[] = {{order->plan_file, "plan.cfg"},
                  {order->indicators_file, "indicators.cfg"},
                  {order->areas_file, "areas.cfg"}};
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        int status = copy_file(copies[i].from, beside, copies[i].name);
        if (status != 0)
            return fail(error, copies[i].from, status);
    }
    int status = archive_write(order->archive, put, beside);
    return status == 0 ? 0 : fail(error, beside, status);
}

static int write_files(char *beside, struct conf_error *error)
{
    struct package package;
    int status = package_build(beside, &package, error);
    for (size_t i = 0; i < package.count && status == 0; i++) {
        const struct package_file *file = &package.files[i];
        if (strncmp(file->name, PACKAGE_ARCHIVE "/", sizeof PACKAGE_ARCHIVE) == 0)
            continue;
        status = folder_write(beside, file->name, file->bytes, file->length);
        if (status != 0)
            (void)fail(error, file->name, status);
    }
    package_clear(&package);
    return status;
}

static int make_folders(const char *beside)
{
    char archive[FOLDER_PATH_BYTES];
    (void)snprintf(archive, sizeof archive, "%s/" PACKAGE_ARCHIVE, beside);
    if (mkdir(beside, 0777) != 0 || mkdir(archive, 0777) != 0)
        return -errno;
    return 0;
}

int package_export(const struct package_order *order, const char *path,
                   struct conf_error *out_error)
{
    char beside[FOLDER_PATH_BYTES];
    char place[FOLDER_PATH_BYTES];
    int length = snprintf(place, sizeof place, "%s", path);
    while (length > 1 && length < FOLDER_PATH_BYTES && place[length - 1] == '/')
        place[--length] = '\0';
    out_error->text[0] = '\0';
    if (length + 64 > FOLDER_PATH_BYTES)
        return fail(out_error, path, -ENAMETOOLONG);
    int status = folder_is_free(place);
    if (status != 0)
        return fail(out_error, path, status);
    (void)snprintf(beside, sizeof beside, "%.*s.%ld.part", length, place, (long)getpid());
    status = make_folders(beside);
    if (status != 0)
        return fail(out_error, beside, status);
    status = write_archive(order, beside, out_error);
    if (status == 0)
        status = write_files(beside, out_error);
    if (status == 0) {
        status = folder_rename(beside, place);
        if (status != 0)
            (void)fail(out_error, path, status);
    }
    if (status != 0)
        folder_remove(beside);
    return status;
}
