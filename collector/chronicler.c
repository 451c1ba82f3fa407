/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicler.h"

#include "collector/chronicle/chronicle.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 600000

struct chronicler {
    pthread_t thread;
    struct registry *registry;
    struct chronicle_options options;
    int stop_fds[2]; /* closing the second wakes the thread */
    int status;      /* of the last run: what fails again is not said again */
};

/* True when the chronicler is to stop; waits so long for it. */
static bool is_told_to_stop(const struct chronicler *self, int wait_ms)
{
    struct pollfd fd = {.fd = self->stop_fds[0], .events = POLLIN};
    return poll(&fd, 1, wait_ms) > 0;
}

static void say(struct chronicler *self, int status, const struct chronicle_result *result)
{
    if (status != 0 && status != self->status)
        log_warn("chronicle", "a month cannot be computed, tried again later: %s",
                 strerror(-status));
    if (status == 0 && result->added > 0)
        log_info("chronicle", "computed months=%zu rows=%zu pending=%zu", result->computed,
                 result->added, result->pending);
    self->status = status;
}

static void *keep(void *ctx)
{
    struct chronicler *self = ctx;
    bool more = true; /* at the start there may be much to catch up with */
    while (!is_told_to_stop(self, more ? 0 : LOOK_MS)) {
        struct chronicle_result result = {.computed = 0};
        int status = chronicle_run(&self->options, 1, clock_unix_ns(), &result);
        say(self, status, &result);
        more = status == 0 && result.pending > 0;
    }
    return NULL;
}

/* The thread takes no signal: they are the main loop's. */
static int start_thread(struct chronicler *self)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error)
        return error;
    error = pthread_create(&self->thread, NULL, keep, self);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* what was valid a line above */
    return error;
}

static void close_all(struct chronicler *self)
{
    for (size_t i = 0; i < 2; i++)
        if (self->stop_fds[i] >= 0)
            (void)close(self->stop_fds[i]);
    registry_close(self->registry);
    free(self);
}

static int open_pipe(int fds[static 2])
{
    if (pipe(fds) != 0) {
        fds[0] = fds[1] = -1;
        return errno;
    }
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

struct chronicler *chronicler_start(const char *registry_file, const struct plan *plan,
                                    const struct rule_settings *rules)
{
    struct chronicler *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    int error = open_pipe(self->stop_fds);
    self->registry = error == 0 ? registry_open(registry_file) : NULL;
    if (error == 0 && !self->registry)
        error = errno;
    self->options = (struct chronicle_options){
        .plan = plan, .registry = self->registry, .rules = rules, .version = LASTMILE_VERSION};
    if (error == 0)
        error = start_thread(self);
    if (error == 0)
        return self;
    close_all(self);
    errno = error;
    return NULL;
}

void chronicler_stop(struct chronicler *chronicler)
{
    if (!chronicler)
        return;
    (void)close(chronicler->stop_fds[1]); /* the other end reads its end */
    chronicler->stop_fds[1] = -1;
    (void)pthread_join(chronicler->thread, NULL);
    close_all(chronicler);
}
