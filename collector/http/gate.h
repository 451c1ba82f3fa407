/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who is asking, and whether so often: comes before the routes. It reads accounts and tokens at
 * each request, so that what `lastmile user` changes holds at once. It knows no socket; the
 * server's thread alone uses it.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_GATE_H
#define LASTMILE_COLLECTOR_HTTP_GATE_H

#include "collector/http/message.h"

#include <stdbool.h>
#include <stdint.h>

struct gate;

struct gate_options {
    bool open;            /* everybody sees everything; nothing below matters */
    bool public_access;   /* who has not logged in is the public; else nobody */
    const char *data_dir; /* of access.db */
    const char *proxies;  /* client.h */
    unsigned requests_per_s_max;
};

/* What the server knows of a request besides http_request; texts are as sent, or NULL. */
struct gate_question {
    const char *peer; /* numeric address */
    bool encrypted;   /* by us */
    const char *authorization, *forwarded_for;
    uint64_t now_mono_ns;
};

/* NULL with out_error set. */
struct gate *gate_new(const struct gate_options *options, struct conf_error *out_error);
void gate_free(struct gate *gate);

/* How many accounts there are; 0 where access is open. */
int gate_accounts(struct gate *gate);

/* Sets the request's viewer. False with the response set for who is turned away: 401, 403, 429. */
bool gate_admit(struct gate *gate, const struct gate_question *question,
                struct http_request *request, struct http_response *response);

#endif
