/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/memory_limit.h"

#include "probe/settings/settings.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* The line "0::/PATH" of /proc/self/cgroup; "" where there is none. */
static void find_group(char out[static PATH_MAX])
{
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "re");
    out[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "0::", 3) == 0)
            (void)snprintf(out, PATH_MAX, "%s", line + 3);
    }
    if (file)
        (void)fclose(file);
}

static uint64_t limit_of_group(void)
{
    char group[PATH_MAX];
    char path[PATH_MAX + 40];
    uint64_t bytes;
    find_group(group);
    (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
    FILE *file = fopen(path, "re");
    if (!file)
        return UINT64_MAX;
    if (fscanf(file, "%" SCNu64, &bytes) != 1) /* "max" */
        bytes = UINT64_MAX;
    (void)fclose(file);
    return bytes;
}

uint64_t memory_limit_bytes(void)
{
    struct rlimit data;
    uint64_t group = limit_of_group();
    if (getrlimit(RLIMIT_DATA, &data) != 0 || data.rlim_cur == RLIM_INFINITY)
        return group;
    return data.rlim_cur < group ? (uint64_t)data.rlim_cur : group;
}

uint64_t memory_wanted_bytes(const struct settings *settings)
{
    return settings->outbox.memory_bytes +
           settings->source_count *
               (settings->flow.memory_bytes + settings->flow.line_memory_bytes);
}
