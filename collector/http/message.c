/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/message.h"

#include "collector/http/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

void http_response_fini(struct http_response *response)
{
    free(response->owned);
    free(response->link);
    order_free(response->order);
    if (response->has_fd)
        (void)close(response->fd); /* was only read */
    *response = (struct http_response){0};
}

static void respond(struct http_response *response, enum http_status status,
                    const char *content_type, const char *body, size_t length)
{
    http_response_fini(response);
    response->status = status;
    response->content_type = content_type;
    response->body = body;
    response->body_length = length;
}

void http_respond_static(struct http_response *response, const char *content_type, const void *body,
                         size_t length)
{
    respond(response, HTTP_OK, content_type, body, length);
}

void http_respond_take(struct http_response *response, const char *content_type, char *body)
{
    if (!body) {
        http_respond_problem(response, HTTP_INTERNAL_ERROR, "The answer could not be written.");
        return;
    }
    respond(response, HTTP_OK, content_type, body, strlen(body));
    response->owned = body;
}

void http_respond_text(struct http_response *response, const char *content_type, struct text *text)
{
    http_respond_take(response, content_type, text_take(text, NULL));
}

void http_respond_order(struct http_response *response, const char *content_type,
                        struct order *order)
{
    if (!order || order->failed) {
        order_free(order);
        http_respond_problem(response, HTTP_INTERNAL_ERROR, "The answer could not be written.");
        return;
    }
    respond(response, HTTP_OK, content_type, NULL, 0);
    response->order = order;
}

void http_response_take_gzip(struct http_response *response, char *gzip, size_t length)
{
    free(response->owned);
    response->owned = gzip;
    response->body = gzip;
    response->body_length = length;
    response->content_encoding = "gzip";
}

/* Quality in thousandths of the parameters after a media range: ";q=0.8;..." */
static unsigned read_quality(const char *at, const char *end)
{
    for (; at < end; at++) {
        bool starts = at[0] == ';';
        const char *name = at + 1;
        while (starts && name < end && (*name == ' ' || *name == '\t'))
            name++;
        if (!starts || end - name < 3 || (name[0] != 'q' && name[0] != 'Q') || name[1] != '=')
            continue;
        unsigned quality = name[2] == '1' ? 1000 : 0;
        unsigned weight = 100;
        for (const char *digit = name + 4; weight && digit < end; digit++) {
            if (*digit < '0' || *digit > '9')
                break;
            quality += weight * (unsigned)(*digit - '0');
            weight /= 10;
            if (weight == 0)
                break;
        }
        return quality;
    }
    return 1000;
}

/* How well a range fits: 3 the very type, 2 its kind, 1 anything, 0 not at all. */
static unsigned specificity(const char *range, size_t length, const char *media_type)
{
    const char *slash = strchr(media_type, '/');
    size_t kind = slash ? (size_t)(slash - media_type) + 1 : 0;
    if (length == strlen(media_type) && strncasecmp(range, media_type, length) == 0)
        return 3;
    if (length == kind + 1 && range[kind] == '*' && strncasecmp(range, media_type, kind) == 0)
        return 2;
    return length == 3 && strncmp(range, "*/*", 3) == 0 ? 1 : 0;
}

bool http_accepts(const char *accept, const char *media_type, unsigned *out_quality)
{
    unsigned best = 0, quality = 0;
    if (!accept || !*accept) {
        best = 1;
        quality = 1000;
    }
    for (const char *at = accept ? accept : ""; *at;) {
        size_t element = strcspn(at, ",");
        size_t skip = strspn(at, " \t");
        const char *range = at + (skip < element ? skip : element);
        size_t length = strcspn(range, ",; \t");
        unsigned fits = specificity(range, length, media_type);
        if (fits > best) {
            best = fits;
            quality = read_quality(range + length, at + element);
        }
        at += element;
        at += *at == ',';
    }
    if (out_quality)
        *out_quality = quality;
    return quality > 0;
}

bool http_accepts_gzip(const char *accept_encoding)
{
    return accept_encoding && *accept_encoding && http_accepts(accept_encoding, "gzip", NULL);
}

bool http_etag_matches(const char *if_none_match, const char *etag)
{
    if (!if_none_match || !*etag)
        return false;
    for (const char *at = if_none_match; *at;) {
        at += strspn(at, " \t,");
        if (*at == '*')
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        size_t length = strlen(etag);
        if (strncmp(at, etag, length) == 0 && strchr(" \t,", at[length]))
            return true;
        at += strcspn(at, ",");
    }
    return false;
}

bool http_is_read(int status, struct http_response *response)
{
    if (status == -ERANGE)
        http_respond_problem(response, HTTP_NOT_FOUND, "There are no figures of this year.");
    else if (status < 0)
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
    return status >= 0;
}
