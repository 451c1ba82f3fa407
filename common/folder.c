/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_path(const char *folder, const char *name, char out[static FOLDER_PATH_BYTES])
{
    int length = snprintf(out, FOLDER_PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < FOLDER_PATH_BYTES - 8 ? 0 : -ENAMETOOLONG; /* ".new" */
}

int folder_make(const char *path, mode_t mode)
{
    char part[FOLDER_PATH_BYTES];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return -ENAMETOOLONG;
    memcpy(part, path, length + 1);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return -errno;
        *at = '/';
    }
    return mkdir(part, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* The file must be new: what stands there under that name is nothing of ours. */
static int write_beside(const char *path, const char *text, mode_t mode)
{
    size_t length = strlen(text);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    int status = fchmod(fd, mode) == 0 ? 0 : -errno;
    while (length > 0 && status == 0) {
        ssize_t written = write(fd, text, length);
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        } else if (errno != EINTR) {
            status = written == 0 ? -ENOSPC : -errno;
        }
    }
    if (status == 0 && fsync(fd) != 0)
        status = -errno;
    if (close(fd) != 0 && status == 0)
        status = -errno;
    return status;
}

static bool holds(const char *folder, const char *name, const char *path, const char *text,
                  mode_t mode)
{
    struct stat info;
    char *now = NULL;
    bool same = lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
                (info.st_mode & 07777) == mode && folder_get(folder, name, &now) == 0 &&
                strcmp(now, text) == 0;
    free(now);
    return same;
}

int folder_put(const char *folder, const char *name, const char *text, mode_t mode)
{
    char path[FOLDER_PATH_BYTES];
    char beside[FOLDER_PATH_BYTES + 8];
    int status = folder_path(folder, name, path);
    if (status != 0)
        return status;
    if (holds(folder, name, path, text, mode))
        return 0;
    (void)snprintf(beside, sizeof beside, "%s.new", path);
    status = write_beside(beside, text, mode);
    if (status == 0 && rename(beside, path) != 0)
        status = -errno;
    if (status != 0) {
        (void)unlink(beside);
        return status;
    }
    return sync_folder(folder);
}

int folder_get(const char *folder, const char *name, char **out_text)
{
    char path[FOLDER_PATH_BYTES];
    struct stat info;
    int status = folder_path(folder, name, path);
    if (status != 0)
        return status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) != 0)
        status = -errno;
    else if (info.st_size > FOLDER_FILE_MAX)
        status = -EFBIG;
    size_t size = status == 0 ? (size_t)info.st_size : 0;
    size_t length = 0;
    char *text = status == 0 ? malloc(size + 1) : NULL;
    if (status == 0 && !text)
        status = -ENOMEM;
    while (status == 0 && length < size) {
        ssize_t got = read(fd, text + length, size - length);
        if (got == 0)
            break;
        if (got > 0)
            length += (size_t)got;
        else if (errno != EINTR)
            status = -errno;
    }
    (void)close(fd); /* only read from */
    if (status != 0) {
        free(text);
        return status;
    }
    text[length] = '\0';
    *out_text = text;
    return 0;
}

int folder_lock(const char *folder)
{
    char path[FOLDER_PATH_BYTES];
    int status = folder_path(folder, ".lock", path);
    if (status != 0)
        return status;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX) == 0)
        return fd;
    status = -errno;
    (void)close(fd);
    return status;
}
