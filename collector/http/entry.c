/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/entry.h"

#include "collector/http/problem.h"

const struct entry entries[] = {
    {"/", ROLES_ALL, true},
    {"/plain", ROLES_ALL, true},
    {"/method", ROLES_ALL, true},
    {"/api/v1/figures", ROLES_ALL, false},
    {"/api/v1/export", ROLES_ALL, false},
    {"/api/v1/plan", ROLES_ALL, false},
    {"/api/v1/indicators", ROLES_ALL, false},
    {"/api/v1/areas", ROLES_ALL, false},
    {"/api/v1/operators", ROLES_ALL, false},
    {"/api/v1/trends", ROLES_ALL, false},
    {"/api/v1/nodes", ROLES_NAMED, false},
    {"/api/v1/quality", ROLES_NAMED, false},
    {"/api/v1/series", ROLES_NAMED, false},
    {"/api/v1/series/{id}/graph", ROLES_NAMED, false},
    {"/api/v1/points", ROLES_NAMED, false},
    {"/api/v1/probes", ROLES_NAMED, false},
    {"/api/v1/completeness", ROLES_NAMED, false},
    {"/api/v1/alerts", ROLES_NAMED, false},
    {"/api/v1/quarantine", ROLES_ADMIN, false},
    {"/metrics", ROLES_METRICS, false},
    {"/login", ROLES_ANYBODY, true},
    {"/api/v1/viewer", ROLES_ANYBODY, false},
    {"/healthz", ROLES_ANYBODY, false},
    {NULL, 0, false},
};

const struct entry *entry_of(const char *path)
{
    static const struct entry unknown = {NULL, ROLES_ADMIN, false};
    for (const struct entry *entry = entries; entry->path; entry++)
        if (target_path_matches(entry->path, path))
            return entry;
    return &unknown;
}

bool entry_admits(const struct entry *entry, const struct http_request *request,
                  struct http_response *response)
{
    const struct viewer *viewer = &request->viewer;
    if (entry->roles & ROLE_BIT(viewer->role))
        return true;
    if (viewer->name[0]) {
        http_respond_problem(response, HTTP_FORBIDDEN,
                             "This account's role may not see this address.");
        return false;
    }
    if (entry->page && problem_wants_page(request)) {
        response->status = HTTP_SEE_OTHER;
        response->location = "/login";
        return false;
    }
    http_respond_problem(response, HTTP_UNAUTHORIZED,
                         "Log in, or send the token of an account: Authorization: Bearer TOKEN.");
    response->authenticate = "Bearer realm=\"lastmile\"";
    return false;
}
