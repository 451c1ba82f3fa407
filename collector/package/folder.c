/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/package/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int path_of(const char *folder, const char *name, char out[static FOLDER_PATH_BYTES])
{
    int length = snprintf(out, FOLDER_PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < FOLDER_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

static int add_name(struct folder_list *list, const char *name)
{
    if (list->count == FOLDER_FILES_MAX)
        return -EFBIG;
    int length = snprintf(list->names[list->count], FOLDER_NAME_BYTES, "%s", name);
    if (length < 0 || length >= FOLDER_NAME_BYTES)
        return -EFBIG;
    list->count++;
    return 0;
}

/* prefix: "" or "archive/". */
static int list_level(const char *folder, const char *prefix, struct folder_list *list)
{
    char path[FOLDER_PATH_BYTES];
    if (path_of(folder, prefix, path) != 0)
        return -ENAMETOOLONG;
    DIR *level = opendir(path);
    if (!level)
        return -errno;
    int status = 0;
    for (struct dirent *entry; status == 0 && (entry = readdir(level)) != NULL;) {
        char name[FOLDER_NAME_BYTES + 256];
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(name, sizeof name, "%s%s", prefix, entry->d_name);
        if (path_of(folder, name, path) != 0 || lstat(path, &about) != 0)
            status = -EIO;
        else if (S_ISDIR(about.st_mode) && !prefix[0] && strlen(name) < FOLDER_NAME_BYTES - 1)
            status = list_level(folder, strcat(name, "/"), list);
        else
            status = add_name(list, name);
    }
    (void)closedir(level);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

int folder_list(const char *folder, struct folder_list *out_list)
{
    out_list->count = 0;
    int status = list_level(folder, "", out_list);
    qsort(out_list->names, out_list->count, sizeof out_list->names[0], compare_names);
    return status;
}

static int read_open(int fd, char **out_bytes, size_t *out_length)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return -errno;
    if (!S_ISREG(about.st_mode))
        return -EINVAL;
    if (about.st_size > (off_t)FOLDER_BYTES_MAX)
        return -EFBIG;
    size_t size = (size_t)about.st_size;
    char *bytes = malloc(size + 1);
    size_t length = 0;
    if (!bytes)
        return -ENOMEM;
    for (ssize_t got = 1; got > 0 && length < size; length += (size_t)got) {
        got = read(fd, bytes + length, size - length);
        if (got < 0) {
            int status = -errno;
            free(bytes);
            return status;
        }
    }
    bytes[length] = '\0';
    *out_bytes = bytes;
    *out_length = length;
    return 0;
}

int folder_read(const char *folder, const char *name, char **out_bytes, size_t *out_length)
{
    char path[FOLDER_PATH_BYTES];
    if (path_of(folder, name, path) != 0)
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = read_open(fd, out_bytes, out_length);
    (void)close(fd); /* only read */
    return status;
}

int folder_write(const char *folder, const char *name, const char *bytes, size_t length)
{
    char path[FOLDER_PATH_BYTES];
    if (path_of(folder, name, path) != 0)
        return -ENAMETOOLONG;
    FILE *out = fopen(path, "wbx");
    if (!out)
        return -errno;
    int status = 0;
    if (fwrite(bytes, 1, length, out) != length || fflush(out) != 0 || fsync(fileno(out)) != 0)
        status = errno ? -errno : -EIO;
    if (fclose(out) != 0 && status == 0)
        status = -errno;
    return status;
}

int folder_is_free(const char *path)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(about.st_mode))
        return -ENOTDIR;
    DIR *folder = opendir(path);
    if (!folder)
        return -errno;
    size_t entries = 0;
    while (readdir(folder))
        entries++;
    (void)closedir(folder);
    return entries > 2 ? -EEXIST : 0; /* . and .. */
}

/* The name of a folder is on the disk when the folder above it is. */
static int sync_above(const char *path)
{
    char above[FOLDER_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int length = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    (void)snprintf(above, sizeof above, "%.*s", slash ? length : 1, slash ? path : ".");
    int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = fsync(fd) == 0 ? 0 : -errno;
    (void)close(fd);
    return status;
}

int folder_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return -errno;
    return sync_above(to);
}

void folder_remove(const char *folder)
{
    struct folder_list *list = malloc(sizeof *list);
    char path[FOLDER_PATH_BYTES];
    if (list && folder_list(folder, list) == 0) {
        for (size_t i = 0; i < list->count; i++)
            if (path_of(folder, list->names[i], path) == 0)
                (void)unlink(path);
        if (path_of(folder, "archive", path) == 0)
            (void)rmdir(path); /* it may not be there */
        (void)rmdir(folder);
    }
    free(list);
}
