/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/gate.h"

#include "common/clock.h"

#include "collector/access/accounts.h"
#include "collector/access/credential.h"
#include "collector/access/rate.h"
#include "collector/http/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_BURST_S 10

struct gate {
    struct gate_options options;
    char proxies[256];
    struct accounts *accounts; /* NULL where access is open */
    struct rate *requests;     /* by client */
    uint8_t key[SECRET_BYTES]; /* of hashes in tables, made anew at each start */
};

struct gate *gate_new(const struct gate_options *options, struct conf_error *out_error)
{
    struct gate *gate = calloc(1, sizeof *gate);
    unsigned per_s = options->requests_per_s_max ? options->requests_per_s_max : 1;
    if (gate && !options->open) {
        gate->requests = rate_new(CLOCK_NS_PER_S / per_s, REQUESTS_BURST_S * per_s);
        gate->accounts = gate->requests ? accounts_open(options->data_dir, out_error) : NULL;
    }
    if (!gate || (!options->open && !gate->requests))
        (void)snprintf(out_error->text, sizeof out_error->text, "accounts: out of memory");
    if (!gate || (!options->open && !gate->accounts)) {
        gate_free(gate);
        return NULL;
    }
    gate->options = *options;
    (void)snprintf(gate->proxies, sizeof gate->proxies, "%s",
                   options->proxies ? options->proxies : "");
    if (!options->open)
        crypto_random(gate->key, sizeof gate->key);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    accounts_close(gate->accounts);
    rate_free(gate->requests);
    free(gate);
}

int gate_accounts(struct gate *gate)
{
    return gate->accounts ? accounts_count(gate->accounts) : 0;
}

static bool turn_away(struct http_response *response, enum http_status status, const char *detail)
{
    http_respond_problem(response, status, detail);
    return false;
}

/* True while there are requests left for this client. */
static bool is_moderate(struct gate *gate, const struct gate_question *question,
                        struct http_response *response)
{
    char client[CLIENT_TEXT_BYTES];
    client_of(gate->proxies, question->peer, question->forwarded_for, client);
    uint64_t wait_ns =
        rate_take(gate->requests, crypto_hash_key(gate->key, client), question->now_mono_ns);
    if (wait_ns == 0)
        return true;
    (void)turn_away(response, HTTP_TOO_MANY_REQUESTS, "Too many requests; ask again later.");
    response->retry_after_s = (unsigned)(wait_ns / CLOCK_NS_PER_S) + 1;
    return false;
}

/* A token that is not good is refused, even where the public may come in: its owner should know. */
static bool admit_token(struct gate *gate, const struct gate_question *question,
                        struct http_request *request, struct http_response *response)
{
    char token[SECRET_TEXT_BYTES];
    uint8_t digest[DIGEST_BYTES];
    struct account_row row;
    int status = -ENOENT;
    if (credential_bearer(question->authorization, token)) {
        crypto_digest(token, digest);
        status = account_store_find_token(accounts_store(gate->accounts), digest,
                                          (int64_t)(request->now_unix_ns / CLOCK_NS_PER_S), &row);
    }
    if (status != 0 && status != -ENOENT)
        return turn_away(response, HTTP_UNAVAILABLE, "The accounts cannot be read.");
    if (status == 0 && accounts_viewer(&row, &request->viewer))
        return true;
    (void)turn_away(response, HTTP_UNAUTHORIZED, "This token is not known, or no longer good.");
    response->authenticate = "Bearer realm=\"lastmile\", error=\"invalid_token\"";
    return false;
}

bool gate_admit(struct gate *gate, const struct gate_question *question,
                struct http_request *request, struct http_response *response)
{
    if (gate->options.open) {
        request->viewer = (struct viewer){.role = ROLE_ADMIN};
        return true;
    }
    if (!question->encrypted && !client_is_loopback(question->peer) &&
        !client_is_proxy(gate->proxies, question->peer))
        return turn_away(response, HTTP_FORBIDDEN,
                         "This address answers its reverse proxy alone: ask that one.");
    if (!is_moderate(gate, question, response))
        return false;
    if (question->authorization)
        return admit_token(gate, question, request, response);
    request->viewer =
        (struct viewer){.role = gate->options.public_access ? ROLE_PUBLIC : ROLE_NOBODY};
    return true;
}
