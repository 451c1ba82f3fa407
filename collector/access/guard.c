/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/guard.h"

#include "collector/access/crypto.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define WAITING_MAX 4

struct guard {
    void (*done)(struct guard_check *check);
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct guard_check *waiting[WAITING_MAX]; /* in the order of asking */
    size_t count;
    bool ends;
};

/* The next check, or NULL at the end. */
static struct guard_check *next_check(struct guard *guard)
{
    struct guard_check *check = NULL;
    (void)pthread_mutex_lock(&guard->mutex);
    while (guard->count == 0 && !guard->ends)
        (void)pthread_cond_wait(&guard->changed, &guard->mutex);
    if (guard->count > 0) {
        check = guard->waiting[0];
        guard->count--;
        for (size_t i = 0; i < guard->count; i++)
            guard->waiting[i] = guard->waiting[i + 1];
    }
    (void)pthread_mutex_unlock(&guard->mutex);
    return check;
}

static bool is_ending(struct guard *guard)
{
    (void)pthread_mutex_lock(&guard->mutex);
    bool ends = guard->ends;
    (void)pthread_mutex_unlock(&guard->mutex);
    return ends;
}

static void *run(void *ctx)
{
    struct guard *guard = ctx;
    struct guard_check *check;
    while ((check = next_check(guard)) != NULL) {
        check->matches = !is_ending(guard) && crypto_verify_password(check->hash, check->password);
        crypto_wipe(check->password, sizeof check->password);
        guard->done(check);
    }
    return NULL;
}

/* Signals are the main loop's. */
static int start_thread(struct guard *guard)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error)
        return error;
    error = pthread_create(&guard->thread, NULL, run, guard);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* what was valid a line above */
    return error;
}

struct guard *guard_new(void (*done)(struct guard_check *check))
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return NULL;
    guard->done = done;
    (void)pthread_mutex_init(&guard->mutex, NULL);
    (void)pthread_cond_init(&guard->changed, NULL);
    int error = start_thread(guard);
    if (error == 0)
        return guard;
    free(guard);
    errno = error;
    return NULL;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    (void)pthread_mutex_lock(&guard->mutex);
    guard->ends = true;
    (void)pthread_cond_signal(&guard->changed);
    (void)pthread_mutex_unlock(&guard->mutex);
    (void)pthread_join(guard->thread, NULL);
    (void)pthread_cond_destroy(&guard->changed);
    (void)pthread_mutex_destroy(&guard->mutex);
    free(guard);
}

bool guard_has_room(struct guard *guard)
{
    (void)pthread_mutex_lock(&guard->mutex);
    bool room = guard->count < WAITING_MAX;
    (void)pthread_mutex_unlock(&guard->mutex);
    return room;
}

void guard_submit(struct guard *guard, struct guard_check *check)
{
    (void)pthread_mutex_lock(&guard->mutex);
    guard->waiting[guard->count++] = check;
    (void)pthread_cond_signal(&guard->changed);
    (void)pthread_mutex_unlock(&guard->mutex);
}
