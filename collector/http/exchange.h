/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One request, from its first line to its end, with what is kept of it while its answer is made.
 * For the server's thread.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_EXCHANGE_H
#define LASTMILE_COLLECTOR_HTTP_EXCHANGE_H

#include "collector/http/gate.h"
#include "collector/http/message.h"

#include <stdbool.h>
#include <stddef.h>

struct MHD_Connection;

struct exchange {
    char *target;    /* as sent; NULL when memory was out */
    bool seen;       /* the library has shown its headers */
    struct ask *ask; /* while its answer is made */
    bool form;       /* its body is for the gate */
    bool too_long;
    size_t body_length;
    char body[GATE_FORM_BYTES];
    struct login *login; /* while its password is checked; then these are told: */
    struct http_server *server;
    struct MHD_Connection *library;
};

/* NULL: memory. */
struct exchange *exchange_new(const char *target);
void exchange_free(struct exchange *exchange); /* its secrets wiped; NULL is fine */

/* True when the body is all there: what does not fit is read past. */
bool exchange_take_body(struct exchange *exchange, const char *upload, size_t *upload_length);

/* Whether the gate reads the body of such a request. */
bool exchange_is_form(const struct exchange *exchange, enum http_method method);

#endif
