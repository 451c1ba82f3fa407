/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/temp_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 1024
#define LEVELS     3 /* all that a test makes */

char *temp_folder_new(void)
{
    const char *base = getenv("TMPDIR");
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/lastmile-test-XXXXXX", base && *base ? base : "/tmp");
    return mkdtemp(path) ? strdup(path) : NULL;
}

static void empty(const char *path, int levels)
{
    DIR *directory = opendir(path);
    if (!directory)
        return;
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char inner[PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0 && levels > 0) {
            empty(inner, levels - 1);
            (void)rmdir(inner);
        }
    }
    (void)closedir(directory);
}

void temp_folder_empty(const char *path)
{
    empty(path, LEVELS);
}

void temp_folder_remove(char *path)
{
    if (!path)
        return;
    temp_folder_empty(path);
    (void)rmdir(path);
    free(path);
}

int temp_folder_enter(void **state)
{
    *state = temp_folder_new();
    return *state ? 0 : -1;
}

int temp_folder_leave(void **state)
{
    temp_folder_remove(*state);
    return 0;
}
