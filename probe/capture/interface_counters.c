/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/interface_counters.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES 16 /* IFNAMSIZ */

struct interface_counters {
    char name[NAME_BYTES];
    bool was_there;
    struct optional_u64 last;
};

static const char *const counted[] = {"rx_bytes", "tx_bytes"};

static bool read_number(const char *name, const char *counter, uint64_t *out_value)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/statistics/%s", name, counter);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fscanf(file, "%" SCNu64, out_value) == 1;
    (void)fclose(file); /* it was only read */
    return read;
}

static struct optional_u64 read_octets(const char *name)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        uint64_t value;
        if (!read_number(name, counted[i], &value))
            return (struct optional_u64){0};
        sum += value;
    }
    return optional_u64(sum);
}

static bool is_there(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s", name);
    return access(path, F_OK) == 0;
}

struct interface_counters *interface_counters_new(const char *interface)
{
    if (strlen(interface) >= NAME_BYTES || strchr(interface, '/') || interface[0] == '.')
        return NULL;
    struct interface_counters *counters = calloc(1, sizeof *counters);
    if (!counters)
        return NULL;
    memcpy(counters->name, interface, strlen(interface));
    counters->was_there = is_there(interface);
    counters->last = read_octets(interface);
    return counters;
}

void interface_counters_free(struct interface_counters *counters)
{
    free(counters);
}

struct optional_u64 interface_counters_delta(struct interface_counters *counters)
{
    if (!counters)
        return (struct optional_u64){0};
    struct optional_u64 before = counters->last;
    counters->last = read_octets(counters->name);
    if (!before.known || !counters->last.known || counters->last.value < before.value)
        return (struct optional_u64){0};
    return optional_u64(counters->last.value - before.value);
}

bool interface_counters_exists(const struct interface_counters *counters)
{
    return !counters || !counters->was_there || is_there(counters->name);
}

int interface_wait(int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, timeout_ms) > 0 ? 1 : 0;
}
