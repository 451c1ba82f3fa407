/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a request to its response: past the gate, to the site's answers, and back by the library.
 * All of it runs in the server's thread, but for the two that wake it.
 */
#include "collector/http/server_parts.h"

#include "common/clock.h"

#include "collector/http/client.h"
#include "collector/http/exchange.h"
#include "collector/http/fields.h"
#include "collector/http/gate.h"
#include "collector/http/reply.h"
#include "collector/http/routes.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTION_MEMORY_BYTES ((size_t)64 * 1024) /* request line, headers, the library's own */

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

void server_password_checked(struct guard_check *check)
{
    const struct exchange *exchange = check->ctx;
    int wake_fd = exchange->server->wake_fd;
    MHD_resume_connection(exchange->library); /* the exchange may be gone from here on */
    server_wake(wake_fd);
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

/* The library resumes at its next turn, which it would not know of. */
void server_answer_ready(void *ctx, void *waiter)
{
    const struct http_server *server = ctx;
    MHD_resume_connection(waiter);
    server_wake(server->wake_fd);
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

/* Of a request that has been read as far as it is to be. */
static enum MHD_Result respond(struct http_server *server, struct MHD_Connection *library,
                               struct exchange *exchange, enum http_method kind,
                               uint64_t body_bytes)
{
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

    return respond(server, library, exchange, kind, body_bytes);
}

struct MHD_Daemon *server_listen(struct http_server *server, int listen_fd, const char *cert,
                                 const char *key)
{
    const struct http_options *options = &server->options;
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (cert ? MHD_USE_TLS : 0U), 0, NULL, NULL,
        on_request, server, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        options->connections_per_address_max, MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_ARRAY,
        cert ? tls : plain, MHD_OPTION_END);
}
