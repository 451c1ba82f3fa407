/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One HTTP request and its response as plain values. Handlers are functions from one to the other:
 * they know no socket and no library, so a test calls them directly. A request borrows its texts
 * until the handler returns; a response owns its body unless the body is static.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_MESSAGE_H
#define LASTMILE_COLLECTOR_HTTP_MESSAGE_H

#include "collector/access/role.h"
#include "collector/http/target.h"
#include "collector/http/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order; /* order.h */

#define HTTP_CONSTANT_S       3600 /* fresh_s of what nothing changes while the collector runs */
#define HTTP_ETAG_BYTES       48
#define HTTP_COOKIE_BYTES     160
#define HTTP_HEADER_BYTES_MAX 16384 /* request line and fields together; more is 431 */
#define HTTP_BODY_BYTES_MAX   65536 /* of a request, as announced; more is 413 */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER_METHOD };

enum http_status {
    HTTP_OK = 200,
    HTTP_SEE_OTHER = 303,
    HTTP_NOT_MODIFIED = 304,
    HTTP_BAD_REQUEST = 400,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_NOT_ACCEPTABLE = 406,
    HTTP_CONTENT_TOO_LARGE = 413,
    HTTP_URI_TOO_LONG = 414,
    HTTP_TOO_MANY_REQUESTS = 429,
    HTTP_HEADERS_TOO_LARGE = 431,
    HTTP_INTERNAL_ERROR = 500,
    HTTP_UNAVAILABLE = 503,
};

struct http_request {
    enum http_method method;
    struct target target;        /* the route's path and the decoded query */
    const char *accept;          /* field values as sent, or NULL */
    const char *accept_encoding; /* or NULL */
    const char *if_none_match;   /* or NULL */
    uint64_t header_bytes;       /* as received */
    uint64_t body_bytes;         /* as announced by Content-Length; 0 = none */
    uint64_t now_unix_ns;
    struct viewer viewer; /* zeroed: nobody */
    bool open;            /* nobody is asked who he is */
    const char *csrf;     /* what a form of this viewer must bring back; or NULL, "" */
};

/* Content types and dispositions are static text of ours: nothing from outside enters a header. */
struct http_response {
    enum http_status status;
    const char *content_type;
    const char *content_encoding;       /* "gzip" or NULL */
    const char *content_language;       /* "zh-CN", "en", or NULL */
    const char *content_disposition;    /* or NULL */
    char file_name[32];                 /* to save it under, of letters, digits, "-."; "" = none */
    const char *allow;                  /* for 405, else NULL */
    char *link;                         /* to the next page (RFC 8288), owned; or NULL */
    const char *problem;                /* the sentence of a problem document, else NULL */
    unsigned retry_after_s;             /* for 503 and 429; 0 = not said */
    const char *authenticate;           /* for 401, else NULL */
    const char *location;               /* for 303, else NULL */
    char cookies[2][HTTP_COOKIE_BYTES]; /* to be set; "" = none */
    bool no_store;                      /* has a secret: for no cache at all */
    bool last;                          /* the connection ends with it */
    unsigned max_age_s;                 /* Cache-Control; 0 = no-cache: ask again with the ETag */
    bool immutable;                     /* and never within max_age_s */
    char etag[HTTP_ETAG_BYTES];         /* quoted; "" = none */
    const char *body;                   /* not NULL-terminated; NULL when empty */
    size_t body_length;
    char *owned;         /* what http_response_fini frees; or NULL */
    struct order *order; /* what makes the body, when it is not there yet; owned, or NULL */
    bool has_fd;         /* the body is a file, which the response owns */
    int fd;
    uint64_t fd_length;
    bool aged; /* the Age field says how long ago it was made (RFC 9111 section 5.1) */
    uint64_t age_s;
    unsigned fresh_s; /* the answer may be given again for so long; 0: for the usual moment */
};

/* Everything that a response holds; it may then be reused. */
void http_response_fini(struct http_response *response);

/* 200 with the text's contents, which move into the response; a text that ran out of memory gives
 * the 500 problem instead. The text is finished either way. */
void http_respond_text(struct http_response *response, const char *content_type, struct text *text);

/* 200 with a heap string that the response takes; NULL gives the 500 problem. */
void http_respond_take(struct http_response *response, const char *content_type, char *body);

/* 200 whose body is still to be made by the order, which the response takes; NULL gives the 500
 * problem. */
void http_respond_order(struct http_response *response, const char *content_type,
                        struct order *order);

/* 200 with bytes that outlive the response. */
void http_respond_static(struct http_response *response, const char *content_type, const void *body,
                         size_t length);

/* 200 becomes the compressed bytes of the body, which the response takes. */
void http_response_take_gzip(struct http_response *response, char *gzip, size_t length);

/* A problem document (RFC 9457, application/problem+json). detail is one sentence of ours, static
 * text. routes_answer then names the address in it, or makes a page of it. */
void http_respond_problem(struct http_response *response, enum http_status status,
                          const char *detail);

/* True where the registry was read; else status, a negated errno, becomes the problem: -ERANGE a
 * year without figures, any other an unreadable registry. */
bool http_is_read(int status, struct http_response *response);

/* True when a media type is acceptable (RFC 9110 section 12.5.1: ranges, q=0); no field accepts
 * all. out_quality, which may be NULL, gets the quality in thousandths. */
bool http_accepts(const char *accept, const char *media_type, unsigned *out_quality);

/* True when a gzip body is acceptable (section 12.5.3): named, or by "*", and not with q=0. */
bool http_accepts_gzip(const char *accept_encoding);

/* True when If-None-Match names the tag (RFC 9110 section 13.1.2: list, weak comparison, "*"). */
bool http_etag_matches(const char *if_none_match, const char *etag);

#endif
