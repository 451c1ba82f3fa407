/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/memory_ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#define RANGES_MAX 64

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct {
        uintptr_t start, end;
    } ranges[RANGES_MAX]; /* from `first` on, so many wait */
    size_t first, waiting;
    bool running, ends;
} ahead = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *make_ready(void *ctx)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)pthread_mutex_lock(&ahead.lock);
    while (!ahead.ends) {
        if (ahead.waiting == 0) {
            (void)pthread_cond_wait(&ahead.changed, &ahead.lock);
            continue;
        }
        uintptr_t start = ahead.ranges[ahead.first].start & ~(page - 1);
        uintptr_t end = ahead.ranges[ahead.first].end;
        ahead.first = (ahead.first + 1) % RANGES_MAX;
        ahead.waiting--;
        (void)pthread_mutex_unlock(&ahead.lock);
        (void)madvise((void *)start, end - start, MADV_POPULATE_WRITE); /* advice */
        (void)pthread_mutex_lock(&ahead.lock);
    }
    (void)pthread_mutex_unlock(&ahead.lock);
    return ctx;
}

void memory_ahead_begin(void)
{
    ahead.ends = false;
    ahead.waiting = 0;
    ahead.running = pthread_create(&ahead.thread, NULL, make_ready, NULL) == 0;
}

void memory_ahead_end(void)
{
    if (!ahead.running)
        return;
    (void)pthread_mutex_lock(&ahead.lock);
    ahead.ends = true;
    (void)pthread_cond_signal(&ahead.changed);
    (void)pthread_mutex_unlock(&ahead.lock);
    (void)pthread_join(ahead.thread, NULL);
    ahead.running = false;
}

void memory_ahead_want(void *memory, size_t bytes)
{
    if (!ahead.running)
        return;
    (void)pthread_mutex_lock(&ahead.lock);
    if (ahead.waiting < RANGES_MAX) {
        uintptr_t start = (uintptr_t)memory;
        size_t last = (ahead.first + ahead.waiting++) % RANGES_MAX;
        ahead.ranges[last].start = start;
        ahead.ranges[last].end = start + bytes;
        (void)pthread_cond_signal(&ahead.changed);
    }
    (void)pthread_mutex_unlock(&ahead.lock);
}
