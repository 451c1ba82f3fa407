/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/gate.h"

#include "common/clock.h"

#include "collector/access/credential.h"
#include "collector/http/entry.h"
#include "collector/http/gate_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_BURST_S 10
#define ATTEMPT_EACH_S   30 /* to log in, in the long run */
#define ATTEMPTS_BURST   10

static bool open_tables(struct gate *gate, const struct gate_options *options)
{
    unsigned per_s = options->requests_per_s_max ? options->requests_per_s_max : 1;
    gate->requests = rate_new(CLOCK_NS_PER_S / per_s, REQUESTS_BURST_S * per_s);
    gate->attempts = rate_new(ATTEMPT_EACH_S * CLOCK_NS_PER_S, ATTEMPTS_BURST);
    gate->sessions = sessions_new(options->idle_s, options->lifetime_s);
    return gate->requests && gate->attempts && gate->sessions;
}

/* Its pseudonyms stay the same over restarts: their key is with the accounts. */
static bool open_audit(struct gate *gate)
{
    uint8_t key[STORE_KEY_BYTES];
    crypto_random(key, sizeof key);
    if (account_store_key(accounts_store(gate->accounts), key) == 0)
        gate->audit = audit_new(gate->data_dir, key);
    crypto_wipe(key, sizeof key);
    return gate->audit != NULL;
}

struct gate *gate_new(const struct gate_options *options, struct conf_error *out_error)
{
    struct gate *gate = calloc(1, sizeof *gate);
    (void)snprintf(out_error->text, sizeof out_error->text, "accounts: out of memory");
    if (!gate)
        return NULL;
    gate->options = *options;
    (void)snprintf(gate->data_dir, sizeof gate->data_dir, "%s",
                   options->data_dir ? options->data_dir : "");
    (void)snprintf(gate->proxies, sizeof gate->proxies, "%s",
                   options->proxies ? options->proxies : "");
    if (options->open)
        return gate;
    if (open_tables(gate, options))
        gate->accounts = accounts_open(options->data_dir, out_error);
    if (!gate->accounts || !open_audit(gate)) {
        gate_free(gate);
        return NULL;
    }
    crypto_random(gate->key, sizeof gate->key);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    accounts_close(gate->accounts);
    rate_free(gate->requests);
    rate_free(gate->attempts);
    sessions_free(gate->sessions);
    audit_free(gate->audit);
    free(gate);
}

int gate_accounts(struct gate *gate)
{
    return gate->accounts ? accounts_count(gate->accounts) : 0;
}

bool gate_is_secure(const struct gate *gate, const struct gate_visit *visit)
{
    return visit->encrypted ||
           (visit->forwarded_for && client_is_proxy(gate->proxies, visit->peer));
}

/* A name with __Host- is taken by browsers only with Secure, Path=/ and without Domain
 * (draft-ietf-httpbis-rfc6265bis section 4.1.3): no other host of the domain can set it. */
static const char *cookie_name(bool secure, enum gate_cookie which)
{
    static const char *const names[2][2] = {{"lastmile", "lastmile-login"},
                                            {"__Host-lastmile", "__Host-lastmile-login"}};
    return names[secure][which];
}

bool gate_cookie(const struct gate *gate, const struct gate_visit *visit, enum gate_cookie which,
                 char out[static SECRET_TEXT_BYTES])
{
    return credential_cookie(visit->cookie, cookie_name(gate_is_secure(gate, visit), which), out);
}

void gate_set_cookie(const struct gate *gate, const struct gate_visit *visit,
                     enum gate_cookie which, const char *value, char out[static HTTP_COOKIE_BYTES])
{
    bool secure = gate_is_secure(gate, visit);
    (void)snprintf(out, HTTP_COOKIE_BYTES, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
                   cookie_name(secure, which), value, secure ? "; Secure" : "",
                   value[0] ? "" : "; Max-Age=0");
}

void gate_csrf_of(const struct gate *gate, enum gate_cookie which, const char *value,
                  char out[static SECRET_TEXT_BYTES])
{
    char text[SECRET_TEXT_BYTES + 2];
    (void)snprintf(text, sizeof text, "%c%s", which == COOKIE_LOGIN ? 'l' : 's', value);
    crypto_keyed_secret(gate->key, text, out);
}

void gate_client(const struct gate *gate, const struct gate_visit *visit,
                 char out[static CLIENT_TEXT_BYTES])
{
    client_of(gate->proxies, visit->peer, visit->forwarded_for, out);
}

bool gate_turn_away(struct http_response *response, enum http_status status, const char *detail)
{
    http_respond_problem(response, status, detail);
    return false;
}

void gate_too_often(struct http_response *response, uint64_t wait_ns)
{
    (void)gate_turn_away(response, HTTP_TOO_MANY_REQUESTS, "Too many requests; ask again later.");
    response->retry_after_s = (unsigned)(wait_ns / CLOCK_NS_PER_S) + 1;
}

/* True while there are requests left for this client. */
static bool is_moderate(struct gate *gate, const struct gate_visit *visit,
                        struct http_response *response)
{
    char client[CLIENT_TEXT_BYTES];
    gate_client(gate, visit, client);
    uint64_t wait_ns =
        rate_take(gate->requests, crypto_hash_key(gate->key, client), visit->now_mono_ns);
    if (wait_ns > 0)
        gate_too_often(response, wait_ns);
    return wait_ns == 0;
}

/* A token that is not good is refused, even where the public may come in: its owner should know. */
static bool admit_token(struct gate *gate, struct gate_visit *visit, struct http_request *request,
                        struct http_response *response)
{
    char token[SECRET_TEXT_BYTES];
    uint8_t digest[DIGEST_BYTES];
    struct account_row row;
    int status = -ENOENT;
    if (credential_bearer(visit->authorization, token)) {
        crypto_digest(token, digest);
        status = account_store_find_token(accounts_store(gate->accounts), digest,
                                          (int64_t)(request->now_unix_ns / CLOCK_NS_PER_S), &row);
    }
    if (status != 0 && status != -ENOENT)
        return gate_turn_away(response, HTTP_UNAVAILABLE, "The accounts cannot be read.");
    if (status == 0 && accounts_viewer(&row, &request->viewer))
        return true;
    (void)gate_turn_away(response, HTTP_UNAUTHORIZED,
                         "This token is not known, or no longer good.");
    response->authenticate = "Bearer realm=\"lastmile\", error=\"invalid_token\"";
    return false;
}

/* Whoever has a session is its account, as that is now. */
static void find_session(struct gate *gate, struct gate_visit *visit, struct viewer *viewer)
{
    char cookie[SECRET_TEXT_BYTES];
    uint8_t digest[DIGEST_BYTES];
    struct session session;
    struct account_row row;
    if (!gate_cookie(gate, visit, COOKIE_SESSION, cookie))
        return;
    crypto_digest(cookie, digest);
    if (!sessions_find(gate->sessions, digest, visit->now_mono_ns, &session))
        return;
    if (account_store_find_id(accounts_store(gate->accounts), session.account, &row) != 0 ||
        row.revision != session.revision || !accounts_viewer(&row, viewer)) {
        sessions_remove(gate->sessions, digest);
        return;
    }
    gate_csrf_of(gate, COOKIE_SESSION, cookie, visit->csrf);
}

/* A form that another site made has no cookie of ours to go with it. */
static void offer_login(struct gate *gate, struct gate_visit *visit)
{
    char cookie[SECRET_TEXT_BYTES];
    if (!gate_cookie(gate, visit, COOKIE_LOGIN, cookie)) {
        crypto_secret(cookie);
        gate_set_cookie(gate, visit, COOKIE_LOGIN, cookie, visit->set_cookie);
    }
    gate_csrf_of(gate, COOKIE_LOGIN, cookie, visit->csrf);
}

bool gate_admit(struct gate *gate, struct gate_visit *visit, struct http_request *request,
                struct http_response *response)
{
    if (gate->options.open) {
        request->viewer = (struct viewer){.role = ROLE_ADMIN};
        request->open = true;
        return true;
    }
    if (!visit->encrypted && !client_is_loopback(visit->peer) &&
        !client_is_proxy(gate->proxies, visit->peer))
        return gate_turn_away(response, HTTP_FORBIDDEN,
                              "This address answers its reverse proxy alone: ask that one.");
    if (!is_moderate(gate, visit, response))
        return false;
    if (visit->authorization)
        return admit_token(gate, visit, request, response);
    request->viewer =
        (struct viewer){.role = gate->options.public_access ? ROLE_PUBLIC : ROLE_NOBODY};
    find_session(gate, visit, &request->viewer);
    if (!request->viewer.name[0] && strcmp(request->target.path, "/login") == 0)
        offer_login(gate, visit);
    request->csrf = visit->csrf;
    return true;
}

void gate_note(struct gate *gate, const struct gate_visit *visit,
               const struct http_request *request, int status)
{
    static const char *const methods[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_OTHER_METHOD] = "?"};
    const struct viewer *viewer = &request->viewer;
    const char *name = viewer->name[0] ? viewer->name : visit->claimed;
    bool form = gate_takes_body(request->method, request->target.path);
    bool refused =
        status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN || status == HTTP_TOO_MANY_REQUESTS;
    if (!gate->audit || (!name[0] && !refused && !form))
        return; /* what everybody may see */
    char client[CLIENT_TEXT_BYTES], outcome[16] = "admitted";
    gate_client(gate, visit, client);
    if (status)
        (void)snprintf(outcome, sizeof outcome, "%d", status);
    const struct entry *entry = entry_of(request->target.path);
    const struct audit_entry line = {
        .account = name,
        .role = viewer->name[0] ? conf_id_name(role_names, (int)viewer->role) : NULL,
        .client = client,
        .method = methods[request->method],
        .route = form          ? request->target.path
                 : entry->path ? entry->path
                               : "?",
        .outcome = outcome,
        .always = form,
    };
    audit_note(gate->audit, &line, request->now_unix_ns, visit->now_mono_ns);
}
