/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/routes.h"

#include "collector/http/assets.h"
#include "collector/http/entry.h"
#include "collector/http/gzip.h"
#include "collector/http/handlers.h"
#include "collector/http/problem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct route routes[] = {
    {"/", handle_dashboards, {"text/html"}},
    {"/plain", handle_page, {"text/html"}},
    {"/method", handle_method, {"text/html"}},
    {"/api/v1/figures", handle_figures, {"application/json", "text/csv"}},
    {"/api/v1/export",
     handle_export,
     {"text/csv", "application/json",
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/gzip"}},
    {"/api/v1/plan", handle_plan, {"application/json"}},
    {"/api/v1/indicators", handle_indicators, {"application/json", "text/csv"}},
    {"/api/v1/areas", handle_areas, {"application/json", "text/csv"}},
    {"/api/v1/operators", handle_operators, {"application/json", "text/csv"}},
    {"/api/v1/trends", handle_trends, {"application/json", "text/csv"}},
    {"/api/v1/nodes", handle_nodes, {"application/json", "text/csv"}},
    {"/api/v1/quality", handle_quality, {"application/json", "text/csv"}},
    {"/api/v1/series", handle_series, {"application/json", "text/csv"}},
    {"/api/v1/series/{id}/graph", handle_graph, {"image/png", "image/svg+xml"}},
    {"/api/v1/points", handle_points, {"application/json", "text/csv"}},
    {"/api/v1/probes", handle_probes, {"application/json", "text/csv"}},
    {"/api/v1/completeness", handle_completeness, {"application/json", "text/csv"}},
    {"/api/v1/alerts", handle_alerts, {"application/json", "text/csv"}},
    {"/api/v1/quarantine", handle_quarantine, {"application/json", "text/csv"}},
    {"/metrics", handle_metrics, {"application/openmetrics-text"}},
    {"/login", handle_login, {"text/html"}},
    {"/api/v1/viewer", handle_viewer, {"application/json"}},
    {"/healthz", handle_health, {"application/json"}},
    {NULL, NULL, {NULL}},
};

#define IMMUTABLE_S 31536000 /* a year, the longest that RFC 9111 has in mind */

static const struct asset *find_asset(const char *path)
{
    for (const struct asset *asset = assets; asset->path; asset++)
        if (strcmp(asset->path, path) == 0)
            return asset;
    return NULL;
}

static void respond_asset(const struct asset *asset, const struct http_request *request,
                          struct http_response *response)
{
    bool gzip = http_accepts_gzip(request->accept_encoding);
    http_respond_static(response, asset->content_type, gzip ? asset->gzip : asset->bytes,
                        gzip ? asset->gzip_length : asset->length);
    response->content_encoding = gzip ? "gzip" : NULL;
    response->max_age_s = asset->immutable ? IMMUTABLE_S : 0;
    response->immutable = asset->immutable;
}

/* The dashboards, where they were built in; else the page that needs no script. */
void handle_dashboards(struct site *site, const struct http_request *request,
                       struct http_response *response)
{
    const struct asset *shell = find_asset("index.html");
    if (shell)
        respond_asset(shell, request, response);
    else
        handle_page(site, request, response);
}

static const struct route *find_route(const char *path)
{
    for (const struct route *route = routes; route->path; route++)
        if (target_path_matches(route->path, path))
            return route;
    return NULL;
}

/* FNV-1a (64 bits): tells versions of one answer apart, guards nothing. A coding of the same answer
 * has a tag of its own (RFC 9110 section 8.8.3.3). */
static void set_etag(struct http_response *response, bool gzip)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < response->body_length; i++)
        hash = (hash ^ (unsigned char)response->body[i]) * UINT64_C(1099511628211);
    (void)snprintf(response->etag, sizeof response->etag, "\"%016" PRIx64 "-%zx%s\"", hash,
                   response->body_length, gzip ? "-gzip" : "");
}

void routes_revalidate(const struct http_request *request, struct http_response *response)
{
    if (response->status != HTTP_OK || !http_etag_matches(request->if_none_match, response->etag))
        return;
    response->status = HTTP_NOT_MODIFIED;
    response->body_length = 0;
}

/* Tag first, coding last: who has the answer already costs no compression. */
static void finish(const struct http_request *request, struct http_response *response)
{
    bool gzip = !response->content_encoding && response->body_length >= GZIP_BYTES_MIN &&
                gzip_shrinks(response->content_type) && http_accepts_gzip(request->accept_encoding);
    if (response->status == HTTP_OK && !response->order)
        set_etag(response, gzip);
    if (response->status == HTTP_OK && http_etag_matches(request->if_none_match, response->etag)) {
        response->status = HTTP_NOT_MODIFIED;
        response->body_length = 0;
        return;
    }
    size_t length;
    char *coded = gzip ? gzip_compress(response->body, response->body_length, &length) : NULL;
    if (coded)
        http_response_take_gzip(response, coded, length);
}

/* The API gives what Accept takes, and nothing else; ?format= stands above it. */
static bool is_wanted(const struct route *route, const struct http_request *request)
{
    if (strncmp(route->path, "/api/", 5) != 0 || target_value(&request->target, "format"))
        return true;
    for (size_t i = 0; i < ROUTE_TYPES_MAX && route->content_types[i]; i++)
        if (http_accepts(request->accept, route->content_types[i], NULL))
            return true;
    return false;
}

static void answer_found(struct site *site, const struct route *route, const struct asset *asset,
                         const struct http_request *request, struct http_response *response)
{
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        http_respond_problem(response, HTTP_METHOD_NOT_ALLOWED,
                             "This address can be read with GET and HEAD.");
        response->allow = "GET, HEAD";
        return;
    }
    if (route && !is_wanted(route, request))
        http_respond_problem(response, HTTP_NOT_ACCEPTABLE,
                             "This address has none of the media types that Accept names; "
                             "/openapi.json lists what it has.");
    else if (route)
        route->handler(site, request, response);
    else
        respond_asset(asset, request, response);
}

/* What is wrong with a request wherever it goes; false with the response set. */
static bool is_acceptable(enum target_fault fault, const struct http_request *request,
                          struct http_response *response)
{
    if (request->header_bytes > HTTP_HEADER_BYTES_MAX)
        http_respond_problem(response, HTTP_HEADERS_TOO_LARGE,
                             "The request line and the header fields are more than 16 KiB.");
    else if (fault != TARGET_OK)
        http_respond_problem(response,
                             fault == TARGET_TOO_LONG ? HTTP_URI_TOO_LONG : HTTP_BAD_REQUEST,
                             target_fault_text(fault));
    else if (request->body_bytes > HTTP_BODY_BYTES_MAX)
        http_respond_problem(response, HTTP_CONTENT_TOO_LARGE,
                             "The body of the request is more than 64 KiB.");
    else
        return true;
    return false;
}

/* Assets are code, the same for everybody. */
static void answer(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    const struct route *route = find_route(request->target.path);
    const struct asset *asset = find_asset(request->target.path);
    if (!asset && !entry_admits(entry_of(request->target.path), request, response))
        return;
    if (route || asset)
        answer_found(site, route, asset, request, response);
    else
        http_respond_problem(response, HTTP_NOT_FOUND, "There is nothing at this address.");
}

void routes_answer(struct site *site, enum target_fault fault, const struct http_request *request,
                   struct http_response *response)
{
    if (is_acceptable(fault, request, response))
        answer(site, request, response);
    routes_complete(request, response);
}

void routes_complete(const struct http_request *request, struct http_response *response)
{
    problem_complete(response, request);
    finish(request, response);
}

bool routes_needs_site(enum target_fault fault, const struct http_request *request)
{
    const struct route *route = find_route(request->target.path);
    bool shell = route && route->handler == handle_dashboards && find_asset("index.html");
    bool of_visit = route && (route->handler == handle_login || route->handler == handle_viewer);
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    return fault == TARGET_OK && reads && route && !shell && !of_visit &&
           (entry_of(route->path)->roles & ROLE_BIT(request->viewer.role)) &&
           request->header_bytes <= HTTP_HEADER_BYTES_MAX &&
           request->body_bytes <= HTTP_BODY_BYTES_MAX;
}
