/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/fields.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum http_method fields_method(const char *name)
{
    if (strcmp(name, "GET") == 0)
        return HTTP_GET;
    if (strcmp(name, "POST") == 0)
        return HTTP_POST;
    return strcmp(name, "HEAD") == 0 ? HTTP_HEAD : HTTP_OTHER_METHOD;
}

const char *fields_value(struct MHD_Connection *library, const char *name)
{
    return MHD_lookup_connection_value(library, MHD_HEADER_KIND, name);
}

/* What the library has checked to be digits; 0 when there is none. */
uint64_t fields_body_bytes(struct MHD_Connection *library)
{
    const char *length = fields_value(library, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length ? strtoull(length, NULL, 10) : 0;
}

uint64_t fields_header_bytes(struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

static enum MHD_Result keep_last(void *ctx, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    const char **last = ctx;
    (void)kind;
    if (value && strcasecmp(name, "X-Forwarded-For") == 0)
        *last = value;
    return MHD_YES;
}

const char *fields_forwarded_for(struct MHD_Connection *library)
{
    const char *last = NULL;
    (void)MHD_get_connection_values(library, MHD_HEADER_KIND, keep_last, &last);
    return last;
}

void fields_peer(struct MHD_Connection *library, char out[static CLIENT_TEXT_BYTES])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    socklen_t length = address && address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                 : sizeof(struct sockaddr_in);
    if (!address ||
        getnameinfo(address, length, out, CLIENT_TEXT_BYTES, NULL, 0, NI_NUMERICHOST) != 0)
        out[0] = '\0';
}

/* How often the fields stand there that say where a request ends and whose it is. */
struct framing {
    unsigned hosts, lengths, codings;
    bool chunked;
};

static enum MHD_Result count_field(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct framing *framing = ctx;
    (void)kind;
    framing->hosts += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    framing->lengths += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
    if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        framing->codings++;
        framing->chunked = value && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

const char *fields_fault(struct MHD_Connection *library)
{
    struct framing framing = {0};
    (void)MHD_get_connection_values(library, MHD_HEADER_KIND, count_field, &framing);
    if (framing.hosts > 1)
        return "The request has more than one Host.";
    if (framing.lengths > 1)
        return "The request has more than one Content-Length.";
    if (framing.lengths && framing.codings)
        return "The request has both a Content-Length and a Transfer-Encoding.";
    if (framing.codings > 1 || (framing.codings && !framing.chunked))
        return "The request has a Transfer-Encoding other than chunked.";
    return NULL;
}
