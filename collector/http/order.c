/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700 /* nftw */
#include "collector/http/order.h"

#include "common/clock.h"
#include "common/log.h"

#include "collector/http/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER_BYTES   64
#define ARGUMENT_BYTES 512
#define FILE_BYTES_MAX ((rlim_t)2 << 30)
#define EXIT_NO_START  127

struct order *order_new(void)
{
    return calloc(1, sizeof(struct order));
}

void order_free(struct order *order)
{
    for (size_t step = 0; order && step < ORDER_STEPS_MAX; step++)
        for (size_t i = 0; i < order->steps[step].count; i++)
            free(order->steps[step].arguments[i]);
    free(order);
}

void order_put(struct order *order, size_t step, const char *argument)
{
    struct order_step *to = &order->steps[step];
    char *copy = to->count < ORDER_ARGUMENTS_MAX ? strdup(argument) : NULL;
    if (copy)
        to->arguments[to->count++] = copy;
    else
        order->failed = true;
}

void order_printf(struct order *order, size_t step, const char *format, ...)
{
    char argument[ARGUMENT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(argument, sizeof argument, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof argument)
        order->failed = true;
    else
        order_put(order, step, argument);
}

/* After fork, in a process whose other threads are gone: only what is safe in a signal handler. */
static void become(const struct order_step *step, const struct order *order, const char *folder,
                   int out_fd)
{
    const struct rlimit memory = {order->memory_bytes, order->memory_bytes};
    const struct rlimit seconds = {order->timeout_s, order->timeout_s};
    const struct rlimit bytes = {FILE_BYTES_MAX, FILE_BYTES_MAX};
    const struct rlimit core = {0, 0};
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDWR);
    if (setpgid(0, 0) == 0 && null >= 0 && chdir(folder) == 0 && dup2(null, STDIN_FILENO) >= 0 &&
        dup2(out_fd, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
        setrlimit(RLIMIT_AS, &memory) == 0 && setrlimit(RLIMIT_CPU, &seconds) == 0 &&
        setrlimit(RLIMIT_FSIZE, &bytes) == 0 && setrlimit(RLIMIT_CORE, &core) == 0 &&
        syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
        (void)execvp(step->arguments[0], step->arguments);
    _exit(EXIT_NO_START);
}

/* Waits for the child until the deadline, then ends it and all that it has started. 0, -ETIMEDOUT,
 * -ENOENT (the program could not be started) or -EIO (it failed). */
static int wait_for(pid_t child, uint64_t deadline_mono_ns)
{
    int pid_fd = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd ended = {.fd = pid_fd, .events = POLLIN};
    uint64_t now = clock_mono_ns();
    bool late = pid_fd < 0;
    while (!late && poll(&ended, 1, (int)((deadline_mono_ns - now) / CLOCK_NS_PER_MS) + 1) <= 0) {
        now = clock_mono_ns();
        late = now >= deadline_mono_ns;
    }
    if (pid_fd >= 0)
        (void)close(pid_fd);
    if (late)
        (void)kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (late)
        return -ETIMEDOUT;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_START)
        return -ENOENT;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int run_step(const struct order *order, const struct order_step *step, const char *folder,
                    int out_fd, uint64_t deadline_mono_ns)
{
    if (clock_mono_ns() >= deadline_mono_ns)
        return -ETIMEDOUT;
    pid_t child = fork();
    if (child < 0)
        return -errno;
    if (child == 0)
        become(step, order, folder, out_fd);
    (void)setpgid(child, child); /* whichever of us is first; later it is done already */
    return wait_for(child, deadline_mono_ns);
}

/* A descriptor of the answer's file, or a negated errno. */
static int run_steps(const struct order *order, const char *folder)
{
    char path[FOLDER_BYTES + 32];
    (void)snprintf(path, sizeof path, "%s/.stdout", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    uint64_t deadline = clock_mono_ns() + order->timeout_s * CLOCK_NS_PER_S;
    int status = order->failed ? -ENOMEM : 0;
    for (size_t i = 0; i < ORDER_STEPS_MAX && order->steps[i].count && status == 0; i++)
        status = run_step(order, &order->steps[i], folder, fd, deadline);
    if (status == 0 && order->result) {
        (void)close(fd);
        (void)snprintf(path, sizeof path, "%s/%s", folder, order->result);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 ? -errno : fd;
    }
    if (status == 0)
        return fd;
    (void)close(fd);
    return status;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    (void)remove(path); /* what stays is said by the folder that stays */
    return 0;
}

/* As run_steps, in a folder that is gone afterwards; an open file lives on without it. */
static int run_in_folder(const struct order *order)
{
    const char *parent = getenv("TMPDIR");
    char folder[FOLDER_BYTES];
    int length = snprintf(folder, sizeof folder, "%s/lastmile-XXXXXX", parent ? parent : "/tmp");
    if (length < 0 || (size_t)length >= sizeof folder)
        return -ENAMETOOLONG;
    if (!mkdtemp(folder))
        return -errno;
    int fd = run_steps(order, folder);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return fd;
}

void order_run(const struct http_request *request, struct http_response *response)
{
    struct order *order = response->order;
    struct stat about;
    response->order = NULL;
    int fd = run_in_folder(order);
    if (fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0) {
        response->fd = fd;
        response->has_fd = true;
        response->fd_length = (uint64_t)about.st_size;
    } else {
        int error = fd < 0 ? -fd : EIO;
        if (fd >= 0)
            (void)close(fd);
        log_warn("http", "an answer could not be made program=%s error=\"%s\"",
                 order->steps[0].count ? order->steps[0].arguments[0] : "", strerror(error));
        http_respond_problem(response, error == ETIMEDOUT ? HTTP_UNAVAILABLE : HTTP_INTERNAL_ERROR,
                             error == ETIMEDOUT ? "The answer took too long to make."
                                                : "The answer could not be made.");
        problem_complete(response, request);
    }
    order_free(order);
}
