/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/reply.h"

#include "collector/http/answers.h"

#include <fcntl.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *name, *value;
} fixed_headers[] = {
    {"Content-Security-Policy", "default-src 'self'; img-src 'self' blob:; object-src 'none'; "
                                "base-uri 'none'; "
                                "form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Vary", "Accept, Accept-Encoding, Authorization, Cookie"},
};

/* Header fields are fixed texts of ours, so adding one fails only without memory. */
static bool add_headers(struct MHD_Response *out, const struct http_response *response, bool tls)
{
    char cache[64];
    if (response->max_age_s)
        (void)snprintf(cache, sizeof cache, "public, max-age=%u%s", response->max_age_s,
                       response->immutable ? ", immutable" : "");
    else
        (void)snprintf(cache, sizeof cache, response->no_store ? "no-store" : "private, no-cache");
    char file_name[64];
    (void)snprintf(file_name, sizeof file_name, "attachment; filename=\"%s\"", response->file_name);
    const struct {
        const char *name, *value;
    } own[] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type},
        {MHD_HTTP_HEADER_CONTENT_ENCODING, response->content_encoding},
        {MHD_HTTP_HEADER_CONTENT_LANGUAGE, response->content_language},
        {MHD_HTTP_HEADER_CONTENT_DISPOSITION,
         *response->file_name ? file_name : response->content_disposition},
        {MHD_HTTP_HEADER_ALLOW, response->allow},
        {MHD_HTTP_HEADER_LINK, response->link},
        {MHD_HTTP_HEADER_LOCATION, response->location},
        {MHD_HTTP_HEADER_SET_COOKIE, response->cookies[0][0] ? response->cookies[0] : NULL},
        {MHD_HTTP_HEADER_SET_COOKIE, response->cookies[1][0] ? response->cookies[1] : NULL},
        {MHD_HTTP_HEADER_WWW_AUTHENTICATE, response->authenticate},
        {MHD_HTTP_HEADER_ETAG, *response->etag ? response->etag : NULL},
        {MHD_HTTP_HEADER_CACHE_CONTROL, cache},
        {MHD_HTTP_HEADER_CONNECTION, response->last ? "close" : NULL},
        {"Strict-Transport-Security", tls ? "max-age=31536000" : NULL},
    };
    bool ok = true;
    if (response->aged) {
        char seconds[24];
        (void)snprintf(seconds, sizeof seconds, "%" PRIu64, response->age_s);
        ok = MHD_add_response_header(out, MHD_HTTP_HEADER_AGE, seconds) == MHD_YES;
    }
    if (response->retry_after_s) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%u", response->retry_after_s);
        ok = MHD_add_response_header(out, MHD_HTTP_HEADER_RETRY_AFTER, seconds) == MHD_YES && ok;
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i].value)
            ok = MHD_add_response_header(out, own[i].name, own[i].value) == MHD_YES && ok;
    for (size_t i = 0; i < sizeof fixed_headers / sizeof fixed_headers[0]; i++)
        ok = MHD_add_response_header(out, fixed_headers[i].name, fixed_headers[i].value) ==
                 MHD_YES &&
             ok;
    return ok;
}

/* The library's response without a header yet; it takes the body, or releases the answer that has
 * it when it is sent. */
static struct MHD_Response *make_body(struct http_response *response, struct answer *answer)
{
    static char nothing[] = "";
    if (response->has_fd) {
        int fd = fcntl(response->fd, F_DUPFD_CLOEXEC, 0);
        struct MHD_Response *file =
            fd < 0 ? NULL : MHD_create_response_from_fd64(response->fd_length, fd);
        if (fd >= 0 && !file)
            (void)close(fd);
        return file;
    }
    if (response->body_length == 0)
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    void *body = (void *)(uintptr_t)response->body;
    if (answer) {
        (void)answer_hold(answer);
        struct MHD_Response *kept = MHD_create_response_from_buffer_with_free_callback(
            response->body_length, body, answer_release_body);
        if (!kept)
            answer_release(answer);
        return kept;
    }
    if (!response->owned)
        return MHD_create_response_from_buffer(response->body_length, body, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *owned = MHD_create_response_from_buffer_with_free_callback(
        response->body_length, response->owned, free);
    if (owned)
        response->owned = NULL;
    return owned;
}

bool reply_send(struct MHD_Connection *library, bool tls, struct http_response *response,
                struct answer *answer)
{
    struct MHD_Response *out = make_body(response, answer);
    bool queued = out && add_headers(out, response, tls) &&
                  MHD_queue_response(library, (unsigned)response->status, out) == MHD_YES;
    if (out)
        MHD_destroy_response(out);
    return queued;
}
