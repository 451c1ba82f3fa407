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
    bool loopback;
    unsigned added_octets; /* to each packet */
    struct optional_u64 last;
    uint64_t dropped; /* when last asked */
};

#define ETHERNET_HEADER 14
#define ARPHRD_LOOPBACK 772

static const struct {
    const char *octets, *packets;
} counted[] = {{"rx_bytes", "rx_packets"}, {"tx_bytes", "tx_packets"}};

static bool read_number(const char *name, const char *counter, uint64_t *out_value)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/%s", name, counter);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fscanf(file, "%" SCNu64, out_value) == 1;
    (void)fclose(file); /* it was only read */
    return read;
}

static bool read_statistic(const char *name, const char *counter, uint64_t *out_value)
{
    char path[64];
    (void)snprintf(path, sizeof path, "statistics/%s", counter);
    return read_number(name, path, out_value);
}

static struct optional_u64 read_octets(const struct interface_counters *counters)
{
    uint64_t sum = 0;
    size_t directions = counters->loopback ? 1 : sizeof counted / sizeof counted[0];
    for (size_t i = 0; i < directions; i++) {
        uint64_t octets;
        uint64_t packets;
        if (!read_statistic(counters->name, counted[i].octets, &octets) ||
            !read_statistic(counters->name, counted[i].packets, &packets))
            return (struct optional_u64){0};
        sum += octets + packets * counters->added_octets;
    }
    return optional_u64(sum);
}

static bool is_there(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s", name);
    return access(path, F_OK) == 0;
}

/* What libpcap calls dropped by the interface. */
static uint64_t read_dropped(const struct interface_counters *counters)
{
    static const char *const names[] = {"rx_missed_errors", "rx_fifo_errors"};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint64_t value;
        if (read_statistic(counters->name, names[i], &value))
            sum += value;
    }
    return sum;
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
    uint64_t type = 0;
    counters->loopback = read_number(interface, "type", &type) && type == ARPHRD_LOOPBACK;
    counters->dropped = read_dropped(counters);
    interface_counters_add(counters, 0);
    return counters;
}

void interface_counters_add(struct interface_counters *counters, unsigned octets)
{
    if (!counters)
        return;
    counters->added_octets = octets + (counters->loopback ? ETHERNET_HEADER : 0);
    counters->last = read_octets(counters);
}

bool interface_counters_is_loopback(const struct interface_counters *counters)
{
    return counters && counters->loopback;
}

uint64_t interface_counters_dropped(struct interface_counters *counters)
{
    if (!counters)
        return 0;
    uint64_t before = counters->dropped;
    counters->dropped = read_dropped(counters);
    return counters->dropped > before ? counters->dropped - before : 0;
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
    counters->last = read_octets(counters);
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
