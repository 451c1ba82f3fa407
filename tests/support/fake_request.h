/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asks the fake site as a client would, without a socket.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FAKE_REQUEST_H
#define LASTMILE_TESTS_SUPPORT_FAKE_REQUEST_H

#include "tests/support/fake_site.h"

#include "collector/http/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline struct http_response fake_ask_as(struct fake_site *fake, const struct viewer *viewer,
                                               enum http_method method, const char *target,
                                               const char *accept, const char *if_none_match)
{
    struct http_request request = {.method = method,
                                   .accept = accept,
                                   .if_none_match = if_none_match,
                                   .now_unix_ns = FAKE_NOW_NS,
                                   .viewer = *viewer};
    struct http_response response = {.status = HTTP_OK};
    enum target_fault fault = target_parse(target, strlen(target), &request.target);
    routes_answer(fake->site, fault, &request, &response);
    return response;
}

/* As who may see everything. */
static inline struct http_response fake_ask(struct fake_site *fake, enum http_method method,
                                            const char *target, const char *accept,
                                            const char *if_none_match)
{
    const struct viewer admin = {.role = ROLE_ADMIN};
    return fake_ask_as(fake, &admin, method, target, accept, if_none_match);
}

/* The body of a GET as a string that the caller frees; NULL unless the status is the one named. */
static inline char *fake_get(struct fake_site *fake, const char *target, enum http_status status)
{
    struct http_response response = fake_ask(fake, HTTP_GET, target, NULL, NULL);
    char *body = response.status == status ? strndup(response.body, response.body_length) : NULL;
    http_response_fini(&response);
    return body;
}

/* A target that a route answers with 200: its path, and what it must be asked for. */
static inline const char *fake_example(const struct route *route, char out[static 128])
{
    const char *brace = strchr(route->path, '{'); /* stands for a number */
    bool points = strcmp(route->path, "/api/v1/points") == 0;
    if (brace)
        (void)snprintf(out, 128, "%.*s1%s", (int)(brace - route->path), route->path,
                       strchr(brace, '}') + 1);
    else
        (void)snprintf(out, 128, "%s%s", route->path, points ? "?series=1" : "");
    return out;
}

#endif
