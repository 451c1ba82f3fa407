/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The server from inside: http_server.c (its life, its thread), server_daemons.c (the library's
 * daemons, one for each certificate) and server_requests.c (from a request to its response). Inside
 * collector/http only.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_SERVER_PARTS_H
#define LASTMILE_COLLECTOR_HTTP_SERVER_PARTS_H

#include "collector/access/guard.h"
#include "collector/http/answers.h"
#include "collector/http/connections.h"
#include "collector/http/http_server.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SERVER_RETIRED_MAX 4 /* daemons with an older certificate whose clients are not through */
#define SERVER_DAEMONS     (1 + SERVER_RETIRED_MAX)
#define SERVER_URL_BYTES   96

struct MHD_Daemon;

struct http_server {
    struct MHD_Daemon *daemon;
    struct site *site;
    struct gate *gate;
    struct answers *answers;
    struct guard *guard;
    struct http_options options; /* its texts are the caller's */
    struct connections connections;
    int stop_fd, wake_fd; /* told by other threads */
    atomic_bool renewal;  /* the certificate is to be read anew; told, too */
    int listen_fd;        /* of the daemon, which closes it */
    struct MHD_Daemon *retired[SERVER_RETIRED_MAX];
    bool tls;
    uint16_t port;
    char url[SERVER_URL_BYTES];
    pthread_t thread;
};

/* Wakes who polls this eventfd. Any thread. */
void server_wake(int event_fd);

/* ---- server_requests.c ---- */

/* A daemon of the library that serves by us; PEM texts, or NULL without TLS. Takes listen_fd unless
 * it returns NULL. */
struct MHD_Daemon *server_listen(struct http_server *server, int listen_fd, const char *cert,
                                 const char *key);
/* The request that waited for an answer, or for its password's check, goes on. Any thread. */
void server_answer_ready(void *ctx, void *waiter);
void server_password_checked(struct guard_check *check);

/* ---- server_daemons.c ---- */

/* Takes listen_fd when it succeeds. -EPROTO for a certificate and a key that do not go together. */
int server_daemon_start(struct http_server *server, int listen_fd);
/* The certificate is read anew, for connections that come from now on. What is not good is not
 * taken, and the old one goes on. False: try again when one of the retired is through. */
bool server_daemon_renew(struct http_server *server);
/* Stops those retired that have no clients any more. */
void server_daemons_tidy(struct http_server *server);
/* How long they may be left alone, at most so long. */
int server_daemons_patience_ms(const struct http_server *server, unsigned most_ms);
void server_daemons_watch(const struct http_server *server,
                          struct pollfd out_watched[static SERVER_DAEMONS]);
void server_daemons_run(struct http_server *server);
void server_daemons_stop(struct http_server *server);

#endif
