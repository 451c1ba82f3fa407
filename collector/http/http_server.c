/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/http_server.h"

#include "common/clock.h"
#include "common/log.h"

#include "collector/http/listen.h"
#include "collector/http/server_parts.h"
#include "collector/http/site.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SWEEP_MS 500
#define STALE_MS 5 /* between looks at who has waited long enough */

void server_wake(int event_fd)
{
    const uint64_t one = 1;
    if (write(event_fd, &one, sizeof one) != (ssize_t)sizeof one)
        log_error("http", "the server's thread cannot be told error=\"%s\"", strerror(errno));
}

/* Now and then. */
static void tidy(struct http_server *server)
{
    connections_sweep(&server->connections);
    answers_keep_warm(server->answers, clock_unix_ns());
    server_daemons_tidy(server);
}

enum { WATCH_STOP, WATCH_WAKE, WATCH_DAEMONS, WATCHED = WATCH_DAEMONS + SERVER_DAEMONS };

static void *run(void *ctx)
{
    struct http_server *server = ctx;
    struct pollfd watched[WATCHED] = {[WATCH_STOP] = {.fd = server->stop_fd, .events = POLLIN},
                                      [WATCH_WAKE] = {.fd = server->wake_fd, .events = POLLIN}};
    uint64_t tidied_mono_ns = clock_mono_ns();
    bool patient = false;
    answers_prepare(server->answers, clock_unix_ns());
    while (watched[WATCH_STOP].revents == 0) {
        server_daemons_watch(server, watched + WATCH_DAEMONS);
        /* Interrupted or not, the next turn is the same. */
        (void)poll(watched, WATCHED,
                   server_daemons_patience_ms(server, patient ? STALE_MS : SWEEP_MS));
        uint64_t told;
        if (watched[WATCH_WAKE].revents)
            (void)read(server->wake_fd, &told, sizeof told); /* whatever it says */
        server_daemons_run(server);
        if (atomic_exchange(&server->renewal, false) && !server_daemon_renew(server))
            atomic_store(&server->renewal, true); /* when one of the retired is through */
        patient = answers_serve_stale(server->answers, clock_mono_ns());
        if (clock_mono_ns() - tidied_mono_ns >= SWEEP_MS * CLOCK_NS_PER_MS) {
            tidy(server);
            tidied_mono_ns = clock_mono_ns();
        }
    }
    return NULL;
}

/* Our thread takes no signal: they are the main loop's. */
static int start_thread(struct http_server *server)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error)
        return -error;
    error = pthread_create(&server->thread, NULL, run, server);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* what was valid a line above */
    return -error;
}

/* Takes listen_fd when it succeeds. */
static int start(struct http_server *server, const struct http_options *options, int listen_fd)
{
    server->tls = options->cert_file != NULL;
    int status = listen_name(listen_fd, options->address, server->tls, &server->port, server->url,
                             sizeof server->url);
    if (status < 0)
        return status;
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_fd < 0 || server->wake_fd < 0)
        return -errno;
    server->answers = answers_new(server->site, server_answer_ready, server);
    if (!server->answers)
        return -errno;
    server->guard = guard_new(server_password_checked);
    if (!server->guard)
        return -errno;
    status = server_daemon_start(server, listen_fd);
    return status < 0 ? status : start_thread(server);
}

struct http_server *http_server_new(const struct http_options *options, struct site *site)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->site = site;
    server->gate = options->gate;
    server->options = *options;
    server->connections.timeout_ns = options->timeout_s * CLOCK_NS_PER_S;
    server->stop_fd = server->wake_fd = -1;
    int listen_fd = listen_on(options->address, options->port);
    int status = listen_fd < 0 ? listen_fd : start(server, options, listen_fd);
    if (status == 0)
        return server;

    if (server->answers)
        answers_stop(server->answers);
    guard_free(server->guard);
    if (server->daemon)
        server_daemons_stop(server); /* closes listen_fd, too */
    else if (listen_fd >= 0)
        (void)close(listen_fd);
    if (server->answers)
        answers_free(server->answers);
    if (server->stop_fd >= 0)
        (void)close(server->stop_fd);
    if (server->wake_fd >= 0)
        (void)close(server->wake_fd);
    free(server);
    errno = -status;
    return NULL;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    server_wake(server->stop_fd);
    (void)pthread_join(server->thread, NULL);
    answers_stop(server->answers); /* wakes who waits: none may sleep when the library stops */
    guard_free(server->guard);     /* no connection is suspended after it */
    server_daemons_stop(server);
    answers_free(server->answers);
    (void)close(server->stop_fd);
    (void)close(server->wake_fd);
    site_free(server->site);
    free(server);
}

void http_server_renew(struct http_server *server)
{
    if (!server->tls)
        return;
    atomic_store(&server->renewal, true);
    server_wake(server->wake_fd);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}
