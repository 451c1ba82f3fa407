/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who is asking, and whether so often: comes before the routes. It reads accounts and tokens at
 * each request, so that what `lastmile user` changes holds at once. Logging in and out is done
 * here, too; the forms for it are page_login.c. It knows no socket; the server's thread alone uses
 * it.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_GATE_H
#define LASTMILE_COLLECTOR_HTTP_GATE_H

#include "collector/access/crypto.h"
#include "collector/access/guard.h"
#include "collector/http/message.h"

#include <stdbool.h>
#include <stdint.h>

#define GATE_FORM_BYTES 1024 /* of a body; a longer one is refused */

struct gate;

struct gate_options {
    bool open;            /* everybody sees everything; nothing below matters */
    bool public_access;   /* who has not logged in is the public; else nobody */
    const char *data_dir; /* of access.db */
    const char *proxies;  /* client.h */
    unsigned requests_per_s_max;
    uint64_t idle_s, lifetime_s; /* of a login */
};

/* What the server knows of a request besides http_request; texts are as sent, or NULL. */
struct gate_visit {
    const char *peer; /* numeric address */
    bool encrypted;   /* by us */
    const char *authorization, *cookie, *forwarded_for;
    const char *origin, *fetch_site, *host, *content_type;
    const char *body; /* of a POST that gate_takes_body; NULL: too long */
    size_t body_length;
    uint64_t now_mono_ns;
    /* Set by the gate, for the response of the route: */
    char csrf[SECRET_TEXT_BYTES]; /* http_request.csrf */
    char set_cookie[HTTP_COOKIE_BYTES];
    char claimed[ACCOUNT_NAME_BYTES]; /* the account of a login that there is; else "" */
};

/* NULL with out_error set. */
struct gate *gate_new(const struct gate_options *options, struct conf_error *out_error);
void gate_free(struct gate *gate);

/* How many accounts there are; 0 where access is open. */
int gate_accounts(struct gate *gate);

/* True for a request that gate_post is for. */
bool gate_takes_body(enum http_method method, const char *path);

/* Sets the request's viewer and csrf. False with the response set for who is turned away: 401, 403,
 * 429. */
bool gate_admit(struct gate *gate, struct gate_visit *visit, struct http_request *request,
                struct http_response *response);

/* A form that was sent, after gate_admit. NULL with the response set; or a password that is to be
 * checked, and then goes to gate_checked. */
struct login;
struct login *gate_post(struct gate *gate, struct gate_visit *visit, struct http_request *request,
                        struct http_response *response);
struct guard_check *login_check(struct login *login);
void gate_checked(struct gate *gate, const struct login *login, struct gate_visit *visit,
                  struct http_request *request, struct http_response *response);
/* Writes what came of a request into the audit log. status 0: it was let in, and is being answered.
 */
void gate_note(struct gate *gate, const struct gate_visit *visit,
               const struct http_request *request, int status);
/* There is no room to check it now. */
void gate_busy(struct http_response *response);
void login_free(struct login *login);

#endif
