/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/parcels.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct parcels {
    pthread_mutex_t lock; /* guards the list and its sums */
    struct parcel *first, **end;
    size_t count, bytes;
    size_t count_max, bytes_max;
    int event_fd;
};

struct parcels *parcels_new(size_t count_max, size_t bytes_max)
{
    struct parcels *parcels = calloc(1, sizeof *parcels);
    if (!parcels)
        return NULL;
    *parcels = (struct parcels){.count_max = count_max, .bytes_max = bytes_max};
    parcels->end = &parcels->first;
    parcels->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = parcels->event_fd < 0 ? errno : pthread_mutex_init(&parcels->lock, NULL);
    if (error == 0)
        return parcels;
    if (parcels->event_fd >= 0)
        (void)close(parcels->event_fd);
    free(parcels);
    errno = error;
    return NULL;
}

void parcels_drop(struct parcel *list)
{
    while (list) {
        struct parcel *next = list->next;
        free(list);
        list = next;
    }
}

void parcels_free(struct parcels *parcels)
{
    if (!parcels)
        return;
    parcels_drop(parcels->first);
    (void)close(parcels->event_fd);
    (void)pthread_mutex_destroy(&parcels->lock);
    free(parcels);
}

void parcels_wake(struct parcels *parcels)
{
    const uint64_t one = 1;
    /* Full at 2^64 - 2: then it is readable, too. */
    ssize_t written = write(parcels->event_fd, &one, sizeof one);
    (void)written;
}

static struct parcel *parcel_new(const char *topic, const void *payload, size_t length)
{
    size_t topic_bytes = strlen(topic) + 1;
    struct parcel *parcel = malloc(sizeof *parcel + topic_bytes + length);
    if (!parcel)
        return NULL;
    char *behind = (char *)(parcel + 1);
    memcpy(behind, topic, topic_bytes);
    if (length)
        memcpy(behind + topic_bytes, payload, length);
    *parcel = (struct parcel){
        .topic = behind, .payload = (const uint8_t *)behind + topic_bytes, .length = length};
    return parcel;
}

/* Of count_max and bytes_max, in quarters. */
static bool is_filled(const struct parcels *parcels, size_t quarters)
{
    return parcels->count >= parcels->count_max / 4 * quarters ||
           parcels->bytes >= parcels->bytes_max / 4 * quarters;
}

/* True when the taker should be woken. */
static bool append(struct parcels *parcels, struct parcel *parcel)
{
    bool was_empty = parcels->count == 0;
    bool was_half = is_filled(parcels, 2);
    *parcels->end = parcel;
    parcels->end = &parcel->next;
    parcels->count++;
    parcels->bytes += parcel->length;
    return was_empty || (!was_half && is_filled(parcels, 2));
}

int parcels_put(struct parcels *parcels, const char *topic, const void *payload, size_t length,
                uint64_t unix_ns, uint64_t mono_ns)
{
    struct parcel *parcel = parcel_new(topic, payload, length);
    if (!parcel)
        return -ENOMEM;
    parcel->unix_ns = unix_ns;
    parcel->mono_ns = mono_ns;
    (void)pthread_mutex_lock(&parcels->lock); /* fails for a lock that is no lock only */
    bool fits = parcels->count == 0 || (parcels->count < parcels->count_max &&
                                        parcels->bytes + length <= parcels->bytes_max);
    bool wake = fits && append(parcels, parcel);
    bool crowded = is_filled(parcels, 3);
    (void)pthread_mutex_unlock(&parcels->lock);
    if (wake)
        parcels_wake(parcels);
    if (!fits)
        free(parcel);
    return !fits ? -ENOBUFS : crowded;
}

static bool ask(struct parcels *parcels, size_t quarters)
{
    (void)pthread_mutex_lock(&parcels->lock);
    bool filled = is_filled(parcels, quarters);
    (void)pthread_mutex_unlock(&parcels->lock);
    return filled;
}

bool parcels_are_crowded(struct parcels *parcels)
{
    return ask(parcels, 3);
}

bool parcels_hear(struct parcels *parcels)
{
    uint64_t told = 0;
    ssize_t got = read(parcels->event_fd, &told, sizeof told); /* first: no news is lost */
    (void)got;
    return ask(parcels, 2);
}

struct parcel *parcels_take(struct parcels *parcels)
{
    (void)parcels_hear(parcels);
    (void)pthread_mutex_lock(&parcels->lock);
    struct parcel *list = parcels->first;
    parcels->first = NULL;
    parcels->end = &parcels->first;
    parcels->count = 0;
    parcels->bytes = 0;
    (void)pthread_mutex_unlock(&parcels->lock);
    return list;
}

int parcels_fd(const struct parcels *parcels)
{
    return parcels->event_fd;
}
