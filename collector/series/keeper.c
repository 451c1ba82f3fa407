/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The keeper process: it was forked before the collector had threads, so it can fork safely for as
 * long as the collector lives. It holds the processes' ends of the sockets open, so that messages
 * wait while a process is replaced, and sets aside the file that one died over.
 */
#include "collector/series/protocol.h"

#include "common/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES  400
#define WRITER_NICE 5   /* files follow the journal, and can wait; whoever reports can't */
#define PAUSE_MS    200 /* between a death and its replacement: a crash loop costs little */

enum { WRITER, READER, PROCESSES };

static pid_t start(const struct worker *worker, int which)
{
    pid_t pid = fork();
    if (pid == 0 && which == WRITER)
        (void)setpriority(PRIO_PROCESS, 0, WRITER_NICE);
    if (pid == 0)
        _exit(which == WRITER ? writer_run(worker) : reader_run(worker));
    if (pid < 0)
        log_error("series", "cannot start the %s: out of processes or memory",
                  which == WRITER ? "writer" : "reader");
    return pid;
}

static void pause_ms(long ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&span, NULL);
}

/* The collector makes it anew. */
static void ask_for_rebuild(const struct keeper *keeper, int64_t id)
{
    struct message late = {.type = MESSAGE_LATE, .id = id};
    (void)message_send(keeper->writer_fd, &late); /* a collector that has gone needs no telling */
}

/* A file that kills librrd is set aside. */
static void set_aside(const struct keeper *keeper, int64_t id)
{
    static const char *const suffixes[] = {"", ".new"};
    char path[PATH_BYTES];
    char aside[PATH_BYTES];
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%lld.rrd%s", keeper->folder, (long long)id,
                       suffixes[i]);
        (void)snprintf(aside, sizeof aside, "%s/%lld.rrd.bad", keeper->folder, (long long)id);
        (void)rename(path, aside); /* there need not be one */
    }
    log_warn("series",
             "a process died over a round-robin database, which was set aside series=%lld",
             (long long)id);
}

static void after_death(const struct keeper *keeper, int which, int status,
                        volatile int64_t *in_hand)
{
    log_warn("series", "the %s process ended and is replaced %s=%d",
             which == WRITER ? "writer" : "reader", WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    bool fatal = WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV ||
                                         WTERMSIG(status) == SIGBUS || WTERMSIG(status) == SIGABRT);
    if (*in_hand != 0 && fatal)
        set_aside(keeper, *in_hand);
    /* Whoever killed it (out of memory, an operator): half an update may be in the file. */
    if (*in_hand != 0 && (fatal || which == WRITER))
        ask_for_rebuild(keeper, *in_hand);
    *in_hand = 0;
    pause_ms(PAUSE_MS);
}

int keeper_run(const struct keeper *keeper)
{
    volatile int64_t *in_hand = mmap(NULL, PROCESSES * sizeof *in_hand, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (in_hand == MAP_FAILED)
        return 1;
    /* A signal to the whole group must not end them before the collector is done. */
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    const struct worker workers[PROCESSES] = {
        [WRITER] = {keeper->writer_fd, keeper->folder, &keeper->retention, &in_hand[WRITER]},
        [READER] = {keeper->reader_fd, keeper->folder, &keeper->retention, &in_hand[READER]},
    };
    pid_t pids[PROCESSES];
    int alive = 0;
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = start(&workers[i], i);
        alive += pids[i] > 0;
    }
    while (alive > 0) {
        int status = 0;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < PROCESSES && ended > 0; i++) {
            if (pids[i] != ended)
                continue;
            bool finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            if (!finished)
                after_death(keeper, i, status, workers[i].in_hand);
            pids[i] = finished ? -1 : start(&workers[i], i);
            alive -= pids[i] < 0;
        }
    }
    return 0;
}
