/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which roles an address is for: a table, held against the routes by a test. An address that has no
 * row is the administrator's. What a role sees of an address that it may ask for is the handler's
 * matter (http_request.viewer). Pure.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_ENTRY_H
#define LASTMILE_COLLECTOR_HTTP_ENTRY_H

#include "collector/access/role.h"
#include "collector/http/message.h"

struct entry {
    const char *path;
    role_set roles;
    bool page; /* opened by persons, who are led to the login */
};
extern const struct entry entries[]; /* ends with a NULL path */

/* The row of a path, or one that is the administrator's. Static. */
const struct entry *entry_of(const char *path);

/* Whether the request's viewer may ask for the path; else the response is 401, 403, or leads to the
 * login. */
bool entry_admits(const struct entry *entry, const struct http_request *request,
                  struct http_response *response);

#endif
