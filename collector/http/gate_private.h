/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What gate.c and login.c share.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_GATE_PRIVATE_H
#define LASTMILE_COLLECTOR_HTTP_GATE_PRIVATE_H

#include "collector/access/accounts.h"
#include "collector/access/audit.h"
#include "collector/access/rate.h"
#include "collector/access/sessions.h"
#include "collector/http/client.h"
#include "collector/http/gate.h"

struct gate {
    struct gate_options options;
    char proxies[256];
    struct accounts *accounts; /* NULL where access is open */
    struct rate *requests;     /* by client */
    struct rate *attempts;     /* to log in, by account and by client */
    struct sessions *sessions;
    struct audit *audit;
    char data_dir[AUDIT_PATH_BYTES];
    uint8_t key[SECRET_BYTES]; /* of hashes in tables and of forms, made anew at each start */
};

enum gate_cookie { COOKIE_SESSION, COOKIE_LOGIN };

/* Whether the client's way to us is encrypted to its end. */
bool gate_is_secure(const struct gate *gate, const struct gate_visit *visit);
/* The cookie's value, if it came. */
bool gate_cookie(const struct gate *gate, const struct gate_visit *visit, enum gate_cookie which,
                 char out[static SECRET_TEXT_BYTES]);
/* Writes the field that sets it; value "" takes it away. */
void gate_set_cookie(const struct gate *gate, const struct gate_visit *visit,
                     enum gate_cookie which, const char *value, char out[static HTTP_COOKIE_BYTES]);
/* What a form must bring back beside this cookie. */
void gate_csrf_of(const struct gate *gate, enum gate_cookie which, const char *value,
                  char out[static SECRET_TEXT_BYTES]);
void gate_client(const struct gate *gate, const struct gate_visit *visit,
                 char out[static CLIENT_TEXT_BYTES]);
/* False with the response set, and said when to come again. */
bool gate_turn_away(struct http_response *response, enum http_status status, const char *detail);
void gate_too_often(struct http_response *response, uint64_t wait_ns);

#endif
