/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every address of the site in one table, and the way from a request to its response: route,
 * method, ETag, errors. Pure but for the site. openapi.json is held against it by a test.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_ROUTES_H
#define LASTMILE_COLLECTOR_HTTP_ROUTES_H

#include "collector/http/message.h"
#include "collector/http/site.h"

/* Fills an empty response; never leaves it empty. */
typedef void (*route_handler_fn)(struct site *site, const struct http_request *request,
                                 struct http_response *response);

#define ROUTE_TYPES_MAX 5

struct route {
    const char *path;
    route_handler_fn handler;
    const char
        *content_types[ROUTE_TYPES_MAX]; /* what it may answer with, best first; ends with NULL */
};

extern const struct route routes[]; /* ends with a NULL path; assets.h has the static files */

/* Answers a request whose target was well formed; fault says so. Assets are answered too. */
void routes_answer(struct site *site, enum target_fault fault, const struct http_request *request,
                   struct http_response *response);

/* Completes a response that did not come from a route: its problem, its coding. */
void routes_complete(const struct http_request *request, struct http_response *response);

/* Whether the answer asks the site; else it is made of what is compiled in, in no time. */
bool routes_needs_site(enum target_fault fault, const struct http_request *request);

/* 200 becomes 304 for whoever has that answer. */
void routes_revalidate(const struct http_request *request, struct http_response *response);

#endif
