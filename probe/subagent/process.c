/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* pipe2, syscall */
#include "probe/subagent/process.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM         "agentx"
#define PROGRAM      "lastmile-subagent"
#define PATH_BYTES   4096
#define SOCKET_BYTES 256
#define WAIT_MIN_NS  CLOCK_NS_PER_S
#define WAIT_MAX_NS  (60 * CLOCK_NS_PER_S)
#define GOODBYE_MS   1000
#define OPEN_MAX_FD  65536

struct subagent_process {
    char path[PATH_BYTES], socket[SOCKET_BYTES];
    int board_fd, life_fd; /* -1: no process */
    pid_t pid;             /* 0: none */
    uint64_t started_ns, due_ns, wait_ns;
};

static int find_program(char *out_path, size_t size)
{
    char self[PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        if (slash)
            slash[1] = '\0';
        if ((size_t)snprintf(out_path, size, "%s%s", self, PROGRAM) < size &&
            access(out_path, X_OK) == 0)
            return 0;
    }
    if ((size_t)snprintf(out_path, size, "%s/%s", LASTMILE_LIBEXEC, PROGRAM) < size &&
        access(out_path, X_OK) == 0)
        return 0;
    return -ENOENT;
}

struct subagent_process *subagent_process_new(const char *socket, int board_fd)
{
    struct subagent_process *process = calloc(1, sizeof *process);
    if (!process)
        return NULL;
    *process =
        (struct subagent_process){.board_fd = board_fd, .life_fd = -1, .wait_ns = WAIT_MIN_NS};
    (void)snprintf(process->socket, sizeof process->socket, "%s", socket);
    int status = find_program(process->path, sizeof process->path);
    if (status == 0)
        return process;
    free(process);
    errno = -status;
    return NULL;
}

/* In the child, between fork and exec, where only async-signal-safe calls are allowed: everything
 * is closed but what it is to have. */
static void become(const struct subagent_process *process, int life, long open_max)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int board = fcntl(process->board_fd, F_DUPFD, SUBAGENT_LIFE_FD + 1);
    int pipe_end = fcntl(life, F_DUPFD, SUBAGENT_LIFE_FD + 1);
    if (board < 0 || pipe_end < 0 || dup2(board, SUBAGENT_BOARD_FD) < 0 ||
        dup2(pipe_end, SUBAGENT_LIFE_FD) < 0)
        _exit(127);
    for (int fd = SUBAGENT_LIFE_FD + 1; fd < open_max; fd++)
        (void)close(fd);
    char *const arguments[] = {(char *)PROGRAM, (char *)process->socket, NULL};
    (void)execv(process->path, arguments);
    _exit(127);
}

static void start(struct subagent_process *process, uint64_t now_mono_ns)
{
    int ends[2];
    long open_max = sysconf(_SC_OPEN_MAX);
    if (open_max < 0 || open_max > OPEN_MAX_FD)
        open_max = OPEN_MAX_FD;
    process->started_ns = now_mono_ns;
    process->due_ns = now_mono_ns + process->wait_ns;
    process->wait_ns = process->wait_ns * 2 < WAIT_MAX_NS ? process->wait_ns * 2 : WAIT_MAX_NS;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return; /* again later */
    pid_t pid = fork();
    if (pid == 0)
        become(process, ends[0], open_max);
    (void)close(ends[0]);
    if (pid < 0) {
        (void)close(ends[1]);
        return;
    }
    process->pid = pid;
    process->life_fd = ends[1];
}

static void bury(struct subagent_process *process, int status, uint64_t now_mono_ns)
{
    (void)close(process->life_fd);
    process->life_fd = -1;
    process->pid = 0;
    if (now_mono_ns > process->started_ns + WAIT_MAX_NS)
        process->wait_ns = WAIT_MIN_NS; /* it ran well until now */
    log_warn(ROOM, "the sub-agent has ended and is started again status=%d", status);
}

void subagent_process_service(struct subagent_process *process, uint64_t now_mono_ns)
{
    int status = 0;
    if (process->pid != 0 && waitpid(process->pid, &status, WNOHANG) == process->pid)
        bury(process, status, now_mono_ns);
    if (process->pid == 0 && now_mono_ns >= process->due_ns)
        start(process, now_mono_ns);
}

void subagent_process_free(struct subagent_process *process)
{
    if (!process)
        return;
    if (process->pid != 0) {
        (void)close(process->life_fd); /* it ends by itself, unless its master hangs */
        pid_t ended = 0;
        for (int i = 0; i < GOODBYE_MS / 10 && ended == 0; i++) {
            ended = waitpid(process->pid, NULL, WNOHANG);
            if (ended == 0)
                (void)usleep(10000);
        }
        if (ended == 0) {
            (void)kill(process->pid, SIGKILL);
            (void)waitpid(process->pid, NULL, 0);
        }
    }
    free(process);
}
