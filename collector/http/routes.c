/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/routes.h"

#include "collector/http/assets.h"
#include "collector/http/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct route routes[] = {
    {"/", handle_dashboards, {"text/html"}},
    {"/plain", handle_page, {"text/html"}},
    {"/method", handle_method, {"text/html"}},
    {"/api/v1/figures", handle_figures, {"application/json", "text/csv"}},
    {"/api/v1/plan", handle_plan, {"application/json"}},
    {"/api/v1/indicators", handle_indicators, {"application/json"}},
    {"/api/v1/areas", handle_areas, {"application/json"}},
    {"/api/v1/operators", handle_operators, {"application/json"}},
    {"/api/v1/trends", handle_trends, {"application/json"}},
    {"/api/v1/nodes", handle_nodes, {"application/json"}},
    {"/api/v1/series", handle_series, {"application/json"}},
    {"/api/v1/points", handle_points, {"application/json"}},
    {"/api/v1/probes", handle_probes, {"application/json"}},
    {"/api/v1/completeness", handle_completeness, {"application/json", "text/csv"}},
    {"/api/v1/alerts", handle_alerts, {"application/json"}},
    {"/api/v1/quarantine", handle_quarantine, {"application/json"}},
    {"/metrics", handle_metrics, {"application/openmetrics-text"}},
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
        if (strcmp(route->path, path) == 0)
            return route;
    return NULL;
}

/* FNV-1a (64 bits): tells versions of one answer apart, guards nothing. */
static void set_etag(struct http_response *response)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < response->body_length; i++)
        hash = (hash ^ (unsigned char)response->body[i]) * UINT64_C(1099511628211);
    (void)snprintf(response->etag, sizeof response->etag, "\"%016" PRIx64 "-%zx\"", hash,
                   response->body_length);
}

static void answer_found(struct site *site, const struct route *route, const struct asset *asset,
                         const struct http_request *request, struct http_response *response)
{
    if (request->method == HTTP_OTHER_METHOD) {
        http_respond_problem(response, HTTP_METHOD_NOT_ALLOWED,
                             "This address can be read with GET and HEAD.");
        response->allow = "GET, HEAD";
        return;
    }
    if (route)
        route->handler(site, request, response);
    else
        respond_asset(asset, request, response);
    if (response->status != HTTP_OK)
        return;
    set_etag(response);
    if (http_etag_matches(request->if_none_match, response->etag)) {
        response->status = HTTP_NOT_MODIFIED;
        response->body_length = 0;
    }
}

void routes_answer(struct site *site, enum target_fault fault, const struct http_request *request,
                   struct http_response *response)
{
    if (fault != TARGET_OK) {
        http_respond_problem(response,
                             fault == TARGET_TOO_LONG ? HTTP_URI_TOO_LONG : HTTP_BAD_REQUEST,
                             target_fault_text(fault));
        return;
    }
    const struct route *route = find_route(request->target.path);
    const struct asset *asset = find_asset(request->target.path);
    if (route || asset)
        answer_found(site, route, asset, request, response);
    else
        http_respond_problem(response, HTTP_NOT_FOUND, "There is nothing at this address.");
}
