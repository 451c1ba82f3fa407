/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/http_server.h"

#include "common/clock.h"
#include "common/log.h"

#include "collector/access/guard.h"
#include "collector/http/answers.h"
#include "collector/http/client.h"
#include "collector/http/connections.h"
#include "collector/http/exchange.h"
#include "collector/http/fields.h"
#include "collector/http/gate.h"
#include "collector/http/listen.h"
#include "collector/http/reply.h"
#include "collector/http/routes.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECTION_MEMORY_BYTES ((size_t)64 * 1024) /* request line, headers, the library's own */
#define SWEEP_MS                500
#define STALE_MS                5 /* between looks at who has waited long enough */
#define URL_BYTES               96
#define RETIRED_MAX             4 /* daemons with an older certificate whose clients are not through */

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
    struct MHD_Daemon *retired[RETIRED_MAX];
    bool tls;
    uint16_t port;
    char url[URL_BYTES];
    pthread_t thread;
};

/* TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers alone. */
static const char tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"
    "+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE";

static struct connection *connection_of(struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *library, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = ctx;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(library, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context = connections_add(&server->connections, info ? info->connect_fd : -1);
    } else if (*socket_context) {
        connections_remove(&server->connections, *socket_context);
        *socket_context = NULL;
    }
}

static void *on_request_line(void *ctx, const char *target, struct MHD_Connection *library)
{
    (void)ctx;
    (void)library;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange)
        exchange->target = strndup(target_origin(target), TARGET_BYTES_MAX + 1);
    return exchange;
}

static void on_completed(void *ctx, struct MHD_Connection *library, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct http_server *server = ctx;
    struct exchange *exchange = *request_context;
    if (exchange && exchange->ask)
        answer_release(answers_take(server->answers, exchange->ask));
    exchange_free(exchange);
    *request_context = NULL;
    connection_set_deadline(&server->connections, connection_of(library),
                            false); /* to ask again on the same connection */
}

static void wake(int event_fd)
{
    const uint64_t one = 1;
    if (write(event_fd, &one, sizeof one) != (ssize_t)sizeof one)
        log_error("http", "the server's thread cannot be told error=\"%s\"", strerror(errno));
}

/* peer is written to, and outlives the visit. */
static struct gate_visit visit_of(struct MHD_Connection *library, bool tls,
                                  const struct exchange *exchange,
                                  char peer[static CLIENT_TEXT_BYTES])
{
    fields_peer(library, peer);
    struct gate_visit visit = {
        .peer = peer,
        .encrypted = tls,
        .authorization = fields_value(library, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = fields_value(library, MHD_HTTP_HEADER_COOKIE),
        .origin = fields_value(library, MHD_HTTP_HEADER_ORIGIN),
        .fetch_site = fields_value(library, "Sec-Fetch-Site"),
        .host = fields_value(library, MHD_HTTP_HEADER_HOST),
        .content_type = fields_value(library, MHD_HTTP_HEADER_CONTENT_TYPE),
        .body = exchange->form && !exchange->too_long ? exchange->body : NULL,
        .body_length = exchange->body_length,
        .now_mono_ns = clock_mono_ns(),
    };
    visit.forwarded_for = fields_forwarded_for(library);
    return visit;
}

/* Any thread. */
static void on_checked(struct guard_check *check)
{
    const struct exchange *exchange = check->ctx;
    int wake_fd = exchange->server->wake_fd;
    MHD_resume_connection(exchange->library); /* the exchange may be gone from here on */
    wake(wake_fd);
}

/* The connection sleeps meanwhile, and the request comes again. */
static void check_password(struct http_server *server, struct MHD_Connection *library,
                           struct exchange *exchange)
{
    struct connection *connection = connection_of(library);
    exchange->server = server;
    exchange->library = library;
    login_check(exchange->login)->ctx = exchange;
    if (connection)
        connection->waiting = true;
    MHD_suspend_connection(library);
    guard_submit(server->guard, login_check(exchange->login));
}

enum admission { ADMIT_ANSWERED, ADMIT_SITE, ADMIT_CHECK };

/* Past the gate: the response, or who else has to make it. */
static enum admission admit(struct http_server *server, struct MHD_Connection *library,
                            struct exchange *exchange, struct http_request *request,
                            enum target_fault fault, struct http_response *response)
{
    char peer[CLIENT_TEXT_BYTES];
    struct gate_visit visit = visit_of(library, server->tls, exchange, peer);
    if (exchange->login) {
        gate_checked(server->gate, exchange->login, &visit, request, response);
        login_free(exchange->login);
        exchange->login = NULL;
    } else if (!gate_admit(server->gate, &visit, request, response)) {
        /* the response says why */
    } else if (fault != TARGET_OK || !gate_takes_body(request->method, request->target.path)) {
        bool of_site = routes_needs_site(fault, request);
        if (!of_site)
            routes_answer(server->site, fault, request, response);
        memcpy(response->cookies[0], visit.set_cookie, sizeof visit.set_cookie);
        gate_note(server->gate, &visit, request, of_site ? 0 : (int)response->status);
        return of_site ? ADMIT_SITE : ADMIT_ANSWERED;
    } else if (request->body_bytes > GATE_FORM_BYTES || exchange->too_long) {
        http_respond_problem(response, HTTP_CONTENT_TOO_LARGE,
                             "The form is more than anybody fills in.");
    } else if (!guard_has_room(server->guard)) {
        gate_busy(response);
    } else {
        exchange->login = gate_post(server->gate, &visit, request, response);
        if (exchange->login)
            return ADMIT_CHECK;
    }
    routes_complete(request, response);
    gate_note(server->gate, &visit, request, (int)response->status);
    return ADMIT_ANSWERED;
}

/* A connection under an older certificate ends with its next answer. */
static enum MHD_Result send_reply(struct http_server *server, struct MHD_Connection *library,
                                  struct http_response *response, struct answer *answer)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_DAEMON);
    response->last = response->last || !info || info->daemon != server->daemon;
    return reply_send(library, server->tls, response, answer) ? MHD_YES : MHD_NO;
}

/* Releases the answer. */
static enum MHD_Result send_answer(struct http_server *server, struct MHD_Connection *library,
                                   struct answer *answer, const struct http_request *request)
{
    if (!answer)
        return MHD_NO;                                        /* memory was out */
    struct http_response response = *answer_response(answer); /* borrows all that the answer has */
    uint64_t now_ns = clock_unix_ns(), made_ns = answer_made_ns(answer);
    response.aged = true;
    response.age_s = now_ns > made_ns ? (now_ns - made_ns) / CLOCK_NS_PER_S : 0;
    routes_revalidate(request, &response);
    connection_set_deadline(&server->connections, connection_of(library), true);
    enum MHD_Result result = send_reply(server, library, &response, answer);
    answer_release(answer);
    return result;
}

/* Any thread. The library resumes at its next turn, which it would not know of. */
static void on_answer(void *ctx, void *waiter)
{
    const struct http_server *server = ctx;
    MHD_resume_connection(waiter);
    wake(server->wake_fd);
}

/* At once where the answer is there; else the connection sleeps until it is made. The library takes
 * a client that has closed its own side meanwhile for one that is gone. */
static enum MHD_Result ask_site(struct http_server *server, struct MHD_Connection *library,
                                struct exchange *exchange, const struct http_request *request)
{
    struct answer *answer = answers_find(server->answers, request);
    struct connection *connection = connection_of(library);
    if (answer)
        return send_answer(server, library, answer, request);
    MHD_suspend_connection(library);
    exchange->ask = answers_wait(server->answers, request, library);
    if (!exchange->ask) {
        MHD_resume_connection(library);
        return MHD_NO;
    }
    if (connection)
        connection->waiting = true;
    return MHD_YES;
}

/* Nothing of it is believed, and nothing behind it on the connection. */
static enum MHD_Result refuse(struct http_server *server, struct MHD_Connection *library,
                              const struct exchange *exchange, const char *why)
{
    struct http_request request = {.method = HTTP_GET,
                                   .accept = fields_value(library, MHD_HTTP_HEADER_ACCEPT)};
    struct http_response response = {.status = HTTP_OK};
    (void)target_parse(exchange->target, strlen(exchange->target), &request.target);
    http_respond_problem(&response, HTTP_BAD_REQUEST, why);
    routes_complete(&request, &response);
    response.last = true;
    connection_set_deadline(&server->connections, connection_of(library), true);
    enum MHD_Result result = send_reply(server, library, &response, NULL);
    http_response_fini(&response);
    return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *library, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_length, void **request_context)
{
    (void)url; /* decoded by the library; ours is taken apart by target_parse */
    (void)version;
    struct http_server *server = ctx;
    struct exchange *exchange = *request_context;
    if (!exchange || !exchange->target)
        return MHD_NO;
    if (exchange->ask) {
        const struct http_request again = {
            .if_none_match = fields_value(library, MHD_HTTP_HEADER_IF_NONE_MATCH)};
        struct answer *answer = answers_take(server->answers, exchange->ask);
        exchange->ask = NULL;
        return send_answer(server, library, answer, &again);
    }
    const char *fault_of_fields = exchange->seen ? NULL : fields_fault(library);
    if (fault_of_fields)
        return refuse(server, library, exchange, fault_of_fields);
    enum http_method kind = fields_method(method);
    uint64_t body_bytes = fields_body_bytes(library);
    exchange->form = exchange_is_form(exchange, kind) && body_bytes <= GATE_FORM_BYTES;
    bool reads_on = exchange->form || kind == HTTP_GET || kind == HTTP_HEAD;
    if (!exchange_take_body(exchange, upload, upload_length) && reads_on &&
        body_bytes <= HTTP_BODY_BYTES_MAX)
        return MHD_YES; /* an answer now would end the connection; for another POST that is right */

    struct http_request request = {
        .method = kind,
        .accept = fields_value(library, MHD_HTTP_HEADER_ACCEPT),
        .accept_encoding = fields_value(library, MHD_HTTP_HEADER_ACCEPT_ENCODING),
        .if_none_match = fields_value(library, MHD_HTTP_HEADER_IF_NONE_MATCH),
        .header_bytes = fields_header_bytes(library),
        .body_bytes = body_bytes,
        .now_unix_ns = clock_unix_ns(),
    };
    enum target_fault fault =
        target_parse(exchange->target, strlen(exchange->target), &request.target);
    struct http_response response = {.status = HTTP_OK};
    connection_set_deadline(&server->connections, connection_of(library), true);
    enum MHD_Result result = MHD_YES;
    switch (admit(server, library, exchange, &request, fault, &response)) {
    case ADMIT_SITE:
        return ask_site(server, library, exchange, &request);
    case ADMIT_ANSWERED:
        result = send_reply(server, library, &response, NULL);
        http_response_fini(&response);
        break;
    case ADMIT_CHECK:
        check_password(server, library, exchange);
        break;
    }
    return result;
}

/* Takes listen_fd when it succeeds. -EPROTO for a certificate and a key that do not go together. */
static int start_daemon(struct http_server *server, int listen_fd, struct MHD_Daemon **out_daemon)
{
    const struct http_options *options = &server->options;
    struct MHD_Daemon *daemon = NULL;
    char *cert = server->tls ? listen_read_pem(options->cert_file, false) : NULL;
    char *key = cert ? listen_read_pem(options->key_file, true) : NULL;
    int status = server->tls && !key ? -errno : 0;
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    if (status == 0)
        daemon = MHD_start_daemon(
            MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (server->tls ? MHD_USE_TLS : 0U), 0, NULL,
            NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, listen_fd,
            MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
            MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address_max,
            MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
            on_request_line, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_ARRAY,
            server->tls ? tls : plain, MHD_OPTION_END);
    if (status == 0 && !daemon)
        status = server->tls ? -EPROTO : -EIO;
    listen_free_pem(cert);
    listen_free_pem(key);
    *out_daemon = daemon;
    return status;
}

/* The place of one that has no connection any more, or an empty one; NULL when all have clients. */
static struct MHD_Daemon **retire_place(struct http_server *server)
{
    struct MHD_Daemon **free_place = NULL;
    for (size_t i = 0; i < RETIRED_MAX; i++) {
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

/* The library takes a certificate only when it starts: a second daemon begins to accept on the same
 * socket, and the first accepts no more and serves those whom it has. What is not good is not
 * taken, and the old one goes on. True when it is done. */
static bool renew(struct http_server *server)
{
    struct MHD_Daemon **place = retire_place(server);
    struct MHD_Daemon *daemon = NULL;
    if (!place)
        return false;
    int listen_fd = fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 0);
    int status = listen_fd < 0 ? -errno : start_daemon(server, listen_fd, &daemon);
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

static int epoll_of(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    return info ? info->epoll_fd : -1;
}

/* How long the library may be left alone. */
static int patience_ms(struct http_server *server, bool patient)
{
    MHD_UNSIGNED_LONG_LONG shortest = patient ? STALE_MS : SWEEP_MS, wait_ms;
    if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES && wait_ms < shortest)
        shortest = wait_ms;
    for (size_t i = 0; i < RETIRED_MAX; i++)
        if (server->retired[i] && MHD_get_timeout(server->retired[i], &wait_ms) == MHD_YES &&
            wait_ms < shortest)
            shortest = wait_ms;
    return (int)shortest;
}

static void run_daemons(struct http_server *server)
{
    (void)MHD_run(server->daemon);
    for (size_t i = 0; i < RETIRED_MAX; i++)
        if (server->retired[i])
            (void)MHD_run(server->retired[i]);
}

/* Now and then. */
static void tidy(struct http_server *server)
{
    connections_sweep(&server->connections);
    answers_keep_warm(server->answers, clock_unix_ns());
    (void)retire_place(server);
}

enum { WATCH_STOP, WATCH_WAKE, WATCH_DAEMON, WATCH_RETIRED, WATCHED = WATCH_RETIRED + RETIRED_MAX };

static void *run(void *ctx)
{
    struct http_server *server = ctx;
    struct pollfd watched[WATCHED] = {[WATCH_STOP] = {.fd = server->stop_fd, .events = POLLIN},
                                      [WATCH_WAKE] = {.fd = server->wake_fd, .events = POLLIN}};
    uint64_t tidied_mono_ns = clock_mono_ns();
    bool patient = false;
    answers_prepare(server->answers, clock_unix_ns());
    while (watched[WATCH_STOP].revents == 0) {
        watched[WATCH_DAEMON] = (struct pollfd){.fd = epoll_of(server->daemon), .events = POLLIN};
        for (size_t i = 0; i < RETIRED_MAX; i++)
            watched[WATCH_RETIRED + i] =
                (struct pollfd){.fd = epoll_of(server->retired[i]), .events = POLLIN};
        /* Interrupted or not, the next turn is the same. */
        (void)poll(watched, WATCHED, patience_ms(server, patient));
        uint64_t told;
        if (watched[WATCH_WAKE].revents)
            (void)read(server->wake_fd, &told, sizeof told); /* whatever it says */
        run_daemons(server);
        if (atomic_exchange(&server->renewal, false) && !renew(server))
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
    server->answers = answers_new(server->site, on_answer, server);
    if (!server->answers)
        return -errno;
    server->guard = guard_new(on_checked);
    if (!server->guard)
        return -errno;
    status = start_daemon(server, listen_fd, &server->daemon);
    server->listen_fd = listen_fd;
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
        MHD_stop_daemon(server->daemon); /* closes listen_fd, too */
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
    wake(server->stop_fd);
    (void)pthread_join(server->thread, NULL);
    answers_stop(server->answers); /* wakes who waits: none may sleep when the library stops */
    guard_free(server->guard);     /* no connection is suspended after it */
    MHD_stop_daemon(server->daemon);
    for (size_t i = 0; i < RETIRED_MAX; i++)
        if (server->retired[i])
            MHD_stop_daemon(server->retired[i]);
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
    wake(server->wake_fd);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}
