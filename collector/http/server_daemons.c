/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The library takes a certificate only when it starts: for a new one a second daemon begins to
 * accept on the same socket, and the first accepts no more and serves those whom it has.
 */
#include "collector/http/server_parts.h"

#include "common/log.h"

#include "collector/http/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

static int start_with_certificate(struct http_server *server, int listen_fd,
                                  struct MHD_Daemon **out_daemon)
{
    const struct http_options *options = &server->options;
    char *cert = server->tls ? listen_read_pem(options->cert_file, false) : NULL;
    char *key = cert ? listen_read_pem(options->key_file, true) : NULL;
    int status = server->tls && !key ? -errno : 0;
    *out_daemon = status == 0 ? server_listen(server, listen_fd, cert, key) : NULL;
    if (status == 0 && !*out_daemon)
        status = server->tls ? -EPROTO : -EIO;
    listen_free_pem(cert);
    listen_free_pem(key);
    return status;
}

int server_daemon_start(struct http_server *server, int listen_fd)
{
    int status = start_with_certificate(server, listen_fd, &server->daemon);
    server->listen_fd = listen_fd;
    return status;
}

/* The place of one that has no connection any more, or an empty one; NULL when all have clients. */
static struct MHD_Daemon **retire_place(struct http_server *server)
{
    struct MHD_Daemon **free_place = NULL;
    for (size_t i = 0; i < SERVER_RETIRED_MAX; i++) {
        struct MHD_Daemon **place = &server->retired[i];
        const union MHD_DaemonInfo *info =
            *place ? MHD_get_daemon_info(*place, MHD_DAEMON_INFO_CURRENT_CONNECTIONS) : NULL;
        if (info && info->num_connections == 0) {
            MHD_stop_daemon(*place);
            *place = NULL;
        }
        if (!*place)
            free_place = place;
    }
    return free_place;
}

bool server_daemon_renew(struct http_server *server)
{
    struct MHD_Daemon **place = retire_place(server);
    struct MHD_Daemon *daemon = NULL;
    if (!place)
        return false;
    int listen_fd = fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 0);
    int status = listen_fd < 0 ? -errno : start_with_certificate(server, listen_fd, &daemon);
    if (status < 0) {
        if (listen_fd >= 0)
            (void)close(listen_fd);
        log_error("http", "the new certificate is not taken, the old one goes on: %s",
                  status == -EPROTO ? "cert_file and key_file are no PEM files that go together"
                                    : strerror(-status));
        return true;
    }
    (void)close(MHD_quiesce_daemon(server->daemon));
    *place = server->daemon;
    server->daemon = daemon;
    server->listen_fd = listen_fd;
    log_info("http", "new connections get the certificate of %s", server->options.cert_file);
    return true;
}

void server_daemons_tidy(struct http_server *server)
{
    (void)retire_place(server);
}

/* ---- their turns ---- */

static int epoll_of(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    return info ? info->epoll_fd : -1;
}

int server_daemons_patience_ms(const struct http_server *server, unsigned most_ms)
{
    MHD_UNSIGNED_LONG_LONG shortest = most_ms, wait_ms;
    if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES && wait_ms < shortest)
        shortest = wait_ms;
    for (size_t i = 0; i < SERVER_RETIRED_MAX; i++)
        if (server->retired[i] && MHD_get_timeout(server->retired[i], &wait_ms) == MHD_YES &&
            wait_ms < shortest)
            shortest = wait_ms;
    return (int)shortest;
}

void server_daemons_watch(const struct http_server *server,
                          struct pollfd out_watched[static SERVER_DAEMONS])
{
    out_watched[0] = (struct pollfd){.fd = epoll_of(server->daemon), .events = POLLIN};
    for (size_t i = 0; i < SERVER_RETIRED_MAX; i++)
        out_watched[1 + i] = (struct pollfd){.fd = epoll_of(server->retired[i]), .events = POLLIN};
}

void server_daemons_run(struct http_server *server)
{
    (void)MHD_run(server->daemon);
    for (size_t i = 0; i < SERVER_RETIRED_MAX; i++)
        if (server->retired[i])
            (void)MHD_run(server->retired[i]);
}

void server_daemons_stop(struct http_server *server)
{
    MHD_stop_daemon(server->daemon);
    for (size_t i = 0; i < SERVER_RETIRED_MAX; i++)
        if (server->retired[i])
            MHD_stop_daemon(server->retired[i]);
}
