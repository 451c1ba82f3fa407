/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/http_server.h"

#include "common/clock.h"
#include "common/log.h"

#include "collector/access/crypto.h"
#include "collector/access/guard.h"
#include "collector/http/answers.h"
#include "collector/http/client.h"
#include "collector/http/fields.h"
#include "collector/http/gate.h"
#include "collector/http/listen.h"
#include "collector/http/reply.h"
#include "collector/http/routes.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_MEMORY_BYTES ((size_t)64 * 1024) /* request line, headers, the library's own */
#define SWEEP_MS                500
#define STALE_MS                5 /* between looks at who has waited long enough */
#define ANSWER_TIMEOUTS         6 /* a response may take so many timeouts to be read */
#define URL_BYTES               96

/* One socket. The library's own timeout starts anew with each byte, so that a client who sends a
 * byte a second would never meet it; these deadlines are absolute. */
struct connection {
    struct connection *next, *previous;
    int fd;
    bool answering; /* between a request and the end of its answer */
    bool waiting;   /* for its answer to be made, however long that takes */
    uint64_t deadline_mono_ns;
};

/* One request, from its first line to its end. */
struct exchange {
    char *target;    /* as sent; NULL when memory was out */
    bool seen;       /* the library has shown its headers */
    struct ask *ask; /* while its answer is made */
    bool form;       /* its body is for the gate */
    bool too_long;
    size_t body_length;
    char body[GATE_FORM_BYTES];
    struct login *login; /* while its password is checked; then these are told: */
    struct http_server *server;
    struct MHD_Connection *library;
};

struct http_server {
    struct MHD_Daemon *daemon;
    struct site *site;
    struct gate *gate;
    struct answers *answers;
    struct guard *guard;
    uint64_t timeout_ns;
    struct connection *connections;
    int stop_fd, wake_fd; /* told by other threads */
    bool tls;
    uint16_t port;
    char url[URL_BYTES];
    pthread_t thread;
};

/* TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers alone. */
static const char tls_priorities[] =
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"
    "+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE";

static void set_deadline(const struct http_server *server, struct connection *connection,
                         bool answering)
{
    if (!connection)
        return;
    connection->answering = answering;
    connection->waiting = false;
    connection->deadline_mono_ns =
        clock_mono_ns() + server->timeout_ns * (answering ? ANSWER_TIMEOUTS : 1);
}

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
    struct connection *connection = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(library, MHD_CONNECTION_INFO_CONNECTION_FD);
        connection = calloc(1, sizeof *connection);
        *socket_context = connection;
        if (!connection)
            return; /* served without a deadline of ours */
        connection->fd = info ? info->connect_fd : -1;
        connection->next = server->connections;
        if (connection->next)
            connection->next->previous = connection;
        server->connections = connection;
        set_deadline(server, connection, false);
        return;
    }
    if (!connection)
        return;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    free(connection);
    *socket_context = NULL;
}

/* The peer has ended the stream and waits for nothing. The library, told of data and end by one
 * edge of epoll, reads the data and would wait for more. */
static bool is_gone(const struct connection *connection)
{
    char byte;
    return !connection->answering &&
           recv(connection->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Ends what is past its deadline or gone; the library then sees the end and cleans up. */
static void sweep(struct http_server *server)
{
    uint64_t now = clock_mono_ns();
    for (struct connection *each = server->connections; each; each = each->next) {
        if (each->fd < 0 || each->waiting || (now < each->deadline_mono_ns && !is_gone(each)))
            continue;
        (void)shutdown(each->fd, SHUT_RDWR); /* fails only when the peer is gone already */
        each->fd = -1;
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
    if (exchange) {
        free(exchange->target);
        login_free(exchange->login);
        crypto_wipe(exchange->body, sizeof exchange->body);
    }
    free(exchange);
    *request_context = NULL;
    set_deadline(ctx, connection_of(library), false); /* to ask again on the same connection */
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

/* True when the body is all there: what does not fit is read past. */
static bool take_body(struct exchange *exchange, const char *upload, size_t *upload_length)
{
    bool more = !exchange->seen || *upload_length > 0;
    size_t room = sizeof exchange->body - exchange->body_length;
    size_t taken = *upload_length < room ? *upload_length : room;
    if (exchange->form && taken > 0)
        memcpy(exchange->body + exchange->body_length, upload, taken);
    exchange->body_length += exchange->form ? taken : 0;
    exchange->too_long = exchange->too_long || (exchange->form && taken < *upload_length);
    exchange->seen = true;
    *upload_length = 0;
    return !more;
}

static bool is_form(const struct exchange *exchange, enum http_method method)
{
    char path[16];
    size_t length = strcspn(exchange->target, "?");
    if (length >= sizeof path)
        return false;
    (void)snprintf(path, sizeof path, "%.*s", (int)length, exchange->target);
    return gate_takes_body(method, path);
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
    set_deadline(server, connection_of(library), true);
    enum MHD_Result result = reply_send(library, server->tls, &response, answer) ? MHD_YES : MHD_NO;
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
    set_deadline(server, connection_of(library), true);
    bool sent = reply_send(library, server->tls, &response, NULL);
    http_response_fini(&response);
    return sent ? MHD_YES : MHD_NO;
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
    exchange->form = is_form(exchange, kind) && body_bytes <= GATE_FORM_BYTES;
    bool reads_on = exchange->form || kind == HTTP_GET || kind == HTTP_HEAD;
    if (!take_body(exchange, upload, upload_length) && reads_on &&
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
    set_deadline(server, connection_of(library), true);
    enum MHD_Result result = MHD_YES;
    switch (admit(server, library, exchange, &request, fault, &response)) {
    case ADMIT_SITE:
        return ask_site(server, library, exchange, &request);
    case ADMIT_ANSWERED:
        result = reply_send(library, server->tls, &response, NULL) ? MHD_YES : MHD_NO;
        http_response_fini(&response);
        break;
    case ADMIT_CHECK:
        check_password(server, library, exchange);
        break;
    }
    return result;
}

static void *run(void *ctx)
{
    struct http_server *server = ctx;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd watched[] = {
        {.fd = info->epoll_fd, .events = POLLIN},
        {.fd = server->stop_fd, .events = POLLIN},
        {.fd = server->wake_fd, .events = POLLIN},
    };
    uint64_t swept_mono_ns = clock_mono_ns();
    bool patient = false;
    answers_prepare(server->answers, clock_unix_ns());
    while (watched[1].revents == 0) {
        MHD_UNSIGNED_LONG_LONG wait_ms = SWEEP_MS;
        if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES || wait_ms > SWEEP_MS)
            wait_ms = SWEEP_MS;
        if (patient && wait_ms > STALE_MS)
            wait_ms = STALE_MS;
        (void)poll(watched, 3, (int)wait_ms); /* interrupted or not, the next turn is the same */
        uint64_t told;
        if (watched[2].revents)
            (void)read(server->wake_fd, &told, sizeof told); /* whatever it says */
        (void)MHD_run(server->daemon);
        patient = answers_serve_stale(server->answers, clock_mono_ns());
        if (clock_mono_ns() - swept_mono_ns >= SWEEP_MS * CLOCK_NS_PER_MS) {
            sweep(server);
            answers_keep_warm(server->answers, clock_unix_ns());
            swept_mono_ns = clock_mono_ns();
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

/* -EPROTO for a certificate and a key that do not go together. */
static int start_daemon(struct http_server *server, const struct http_options *options,
                        int listen_fd)
{
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
        server->daemon = MHD_start_daemon(
            MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (server->tls ? MHD_USE_TLS : 0U), 0, NULL,
            NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, listen_fd,
            MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
            MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address_max,
            MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
            on_request_line, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_ARRAY,
            server->tls ? tls : plain, MHD_OPTION_END);
    if (status == 0 && !server->daemon)
        status = server->tls ? -EPROTO : -EIO;
    listen_free_pem(cert);
    listen_free_pem(key);
    return status;
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
    status = start_daemon(server, options, listen_fd);
    return status < 0 ? status : start_thread(server);
}

struct http_server *http_server_new(const struct http_options *options, struct site *site)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->site = site;
    server->gate = options->gate;
    server->timeout_ns = options->timeout_s * CLOCK_NS_PER_S;
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
    answers_free(server->answers);
    (void)close(server->stop_fd);
    (void)close(server->wake_fd);
    site_free(server->site);
    free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}
