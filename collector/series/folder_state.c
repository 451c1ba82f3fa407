/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* syncfs */
#include "collector/series/folder_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 400
#define TEXT_BYTES 256

void folder_read_boot(char out[static FOLDER_BOOT_BYTES])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool read = file && fgets(out, FOLDER_BOOT_BYTES, file);
    if (file)
        (void)fclose(file); /* only read from */
    if (!read)
        (void)snprintf(out, FOLDER_BOOT_BYTES, "unknown");
    out[strcspn(out, "\n")] = '\0';
}

static void write_retention(const struct series_retention *retention, char out[static TEXT_BYTES])
{
    (void)snprintf(out, TEXT_BYTES, "retention %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                   retention->fine_hours, retention->five_minute_days, retention->hourly_days,
                   retention->daily_days);
}

static bool has_databases(const char *folder)
{
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
        found = strstr(entry->d_name, ".rrd") != NULL;
    if (dir)
        (void)closedir(dir);
    return found;
}

enum series_suspicion folder_suspect(const char *folder, const struct series_retention *retention,
                                     const char *boot)
{
    char path[PATH_BYTES];
    char wanted[TEXT_BYTES];
    char first[TEXT_BYTES] = "";
    char second[TEXT_BYTES] = "";
    (void)snprintf(path, sizeof path, "%s/state", folder);
    FILE *file = fopen(path, "re");
    bool read = file && fgets(first, sizeof first, file) && fgets(second, sizeof second, file);
    if (file)
        (void)fclose(file); /* only read from */
    if (!read)
        return has_databases(folder) ? SERIES_UNCLEAN : SERIES_SOUND;
    first[strcspn(first, "\n")] = '\0';
    bool same_boot = strncmp(first, "open ", 5) == 0 && strcmp(first + 5, boot) == 0;
    if (strcmp(first, "closed") != 0 && (!same_boot || strcmp(boot, "unknown") == 0))
        return SERIES_UNCLEAN;
    write_retention(retention, wanted);
    return strcmp(second, wanted) == 0 ? SERIES_SOUND : SERIES_RESHAPED;
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    ssize_t length = (ssize_t)strlen(text);
    int status = write(fd, text, (size_t)length) == length ? 0 : errno ? -errno : -EIO;
    if (status == 0 && fsync(fd) != 0)
        status = -errno;
    if (close(fd) != 0 && status == 0)
        status = -errno;
    return status;
}

int folder_note(const char *folder, const struct series_retention *retention, const char *boot,
                bool open_now)
{
    char path[PATH_BYTES];
    char beside[PATH_BYTES];
    char retained[TEXT_BYTES];
    char text[2 * TEXT_BYTES];
    write_retention(retention, retained);
    (void)snprintf(path, sizeof path, "%s/state", folder);
    (void)snprintf(beside, sizeof beside, "%s/state.part", folder);
    (void)snprintf(text, sizeof text, "%s%s\n%s", open_now ? "open " : "closed",
                   open_now ? boot : "", retained);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = open_now || syncfs(fd) == 0 ? 0 : -errno;
    if (status == 0)
        status = write_file(beside, text);
    if (status == 0 && rename(beside, path) != 0)
        status = -errno;
    if (status == 0 && fsync(fd) != 0)
        status = -errno;
    (void)close(fd); /* synced above */
    if (status != 0)
        (void)unlink(path); /* better no word than an old one */
    return status;
}
