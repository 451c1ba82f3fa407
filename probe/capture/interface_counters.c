/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/capture/interface_counters.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES      16 /* IFNAMSIZ */
#define ETHERNET_HEADER 14
#define ARPHRD_LOOPBACK 772

enum { RECEIVED, SENT, DIRECTIONS };

static const struct {
    const char *octets, *packets;
} counted[DIRECTIONS] = {{"rx_bytes", "rx_packets"}, {"tx_bytes", "tx_packets"}};

struct octets {
    bool known;
    uint64_t of[DIRECTIONS];
};

struct interface_counters {
    char name[NAME_BYTES];
    uint64_t index; /* of the interface that had this name; 0: none had */
    bool loopback;
    bool bare;                  /* it counts what it received without the Ethernet header */
    unsigned added[DIRECTIONS]; /* octets, to each packet */
    struct octets last;
    uint64_t dropped; /* when last asked */
};

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

/* 0: no interface has this name. */
static uint64_t index_of(const char *name)
{
    uint64_t index = 0;
    return read_number(name, "ifindex", &index) ? index : 0;
}

static struct octets read_octets(const struct interface_counters *counters)
{
    struct octets now = {.known = index_of(counters->name) == counters->index};
    for (size_t i = 0; i < (counters->loopback ? SENT : DIRECTIONS); i++) {
        uint64_t packets = 0;
        now.known &= read_statistic(counters->name, counted[i].octets, &now.of[i]) &&
                     read_statistic(counters->name, counted[i].packets, &packets);
        now.of[i] += packets * counters->added[i];
    }
    return now;
}

/* Linux takes the header off before a bridge or a VLAN's interface counts what it received (the
 * kernel's br_pass_frame_up and vlan_do_receive); what these send they count with it. */
static bool counts_without_header(const char *name)
{
    char path[64], line[64];
    bool found = false;
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/uevent", name);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strcmp(line, "DEVTYPE=bridge\n") == 0 || strcmp(line, "DEVTYPE=vlan\n") == 0;
    if (file)
        (void)fclose(file); /* it was only read */
    return found;
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
    counters->index = index_of(interface);
    counters->bare = counts_without_header(interface);
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
    bool bare = counters->loopback || counters->bare;
    counters->added[RECEIVED] = octets + (bare ? ETHERNET_HEADER : 0);
    counters->added[SENT] = octets;
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
    const struct octets before = counters->last;
    const struct octets now = counters->last = read_octets(counters);
    if (!before.known || !now.known || now.of[RECEIVED] < before.of[RECEIVED] ||
        now.of[SENT] < before.of[SENT])
        return (struct optional_u64){0};
    return optional_u64(now.of[RECEIVED] - before.of[RECEIVED] + now.of[SENT] - before.of[SENT]);
}

bool interface_counters_exists(const struct interface_counters *counters)
{
    return !counters || counters->index == 0 || index_of(counters->name) == counters->index;
}

int interface_wait(int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, timeout_ms) > 0 ? 1 : 0;
}
