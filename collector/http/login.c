/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Logging in and out: what the two forms ask of the gate.
 */
#include "common/clock.h"

#include "collector/http/gate_private.h"
#include "collector/http/page_login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct login {
    struct guard_check check;
    struct session session;        /* account 0: there is no such account */
    uint64_t name_key, client_key; /* of attempts */
    char name[ACCOUNT_NAME_BYTES];
};

struct guard_check *login_check(struct login *login)
{
    return &login->check;
}

void login_free(struct login *login)
{
    if (login)
        crypto_wipe(login, sizeof *login);
    free(login);
}

bool gate_takes_body(enum http_method method, const char *path)
{
    return method == HTTP_POST && (strcmp(path, "/login") == 0 || strcmp(path, "/logout") == 0);
}

/* Browsers say where a form comes from. What says nothing is no browser of today, and is held by
 * the form's token alone. */
static bool is_own_form(const struct gate_visit *visit)
{
    if (visit->fetch_site)
        return strcmp(visit->fetch_site, "same-origin") == 0;
    if (!visit->origin)
        return true;
    const char *host = strstr(visit->origin, "://");
    return host && visit->host && strcasecmp(host + 3, visit->host) == 0;
}

/* The form, if it is ours and brings back what it was given. */
static bool read_form(struct gate *gate, const struct gate_visit *visit, enum gate_cookie which,
                      struct target *out_form, struct http_response *response)
{
    static const char type[] = "application/x-www-form-urlencoded";
    char cookie[SECRET_TEXT_BYTES], csrf[SECRET_TEXT_BYTES];
    if (!visit->body)
        return gate_turn_away(response, HTTP_CONTENT_TOO_LARGE, "The form is too long.");
    if (!visit->content_type || strncasecmp(visit->content_type, type, sizeof type - 1) != 0 ||
        target_parse_form(visit->body, visit->body_length, out_form) != TARGET_OK)
        return gate_turn_away(response, HTTP_BAD_REQUEST, "The form is not understood.");
    const char *brought = target_value(out_form, "csrf");
    bool known = gate_cookie(gate, visit, which, cookie);
    if (known)
        gate_csrf_of(gate, which, cookie, csrf);
    if (known && brought && is_own_form(visit) && crypto_equal_text(brought, csrf))
        return true;
    return gate_turn_away(response, HTTP_FORBIDDEN,
                          "The form is not this site's own, or is too old: open the page again.");
}

static void lead_to(struct http_response *response, const char *location)
{
    http_response_fini(response);
    response->status = HTTP_SEE_OTHER;
    response->location = location;
    response->no_store = true;
}

static void log_out(struct gate *gate, const struct gate_visit *visit,
                    struct http_response *response)
{
    char cookie[SECRET_TEXT_BYTES];
    uint8_t digest[DIGEST_BYTES];
    if (gate_cookie(gate, visit, COOKIE_SESSION, cookie)) {
        crypto_digest(cookie, digest);
        sessions_remove(gate->sessions, digest);
    }
    lead_to(response, "/login");
    gate_set_cookie(gate, visit, COOKIE_SESSION, "", response->cookies[0]);
}

static uint64_t key_of_client(const struct gate *gate, const struct gate_visit *visit)
{
    char client[CLIENT_TEXT_BYTES];
    gate_client(gate, visit, client);
    return crypto_hash_key(gate->key, client);
}

/* How long the client and the name must wait; else an attempt of each is taken. */
static uint64_t take_attempt(struct gate *gate, uint64_t client_key, uint64_t name_key,
                             uint64_t now_mono_ns)
{
    uint64_t by_client = rate_wait(gate->attempts, client_key, now_mono_ns);
    uint64_t by_name = rate_wait(gate->attempts, name_key, now_mono_ns);
    if (by_client || by_name)
        return by_client > by_name ? by_client : by_name;
    (void)rate_take(gate->attempts, client_key, now_mono_ns);
    (void)rate_take(gate->attempts, name_key, now_mono_ns);
    return 0;
}

/* A name is told from an address by its first character. */
static uint64_t key_of_name(const struct gate *gate, const char *name)
{
    char text[TARGET_VALUE_BYTES + 2];
    (void)snprintf(text, sizeof text, "@%s", name);
    return crypto_hash_key(gate->key, text);
}

/* An account that is not there has a hash as well, so that the answer takes as long. */
static struct login *begin(struct gate *gate, const char *name, const char *password,
                           struct http_response *response)
{
    struct account_row row;
    struct login *login = calloc(1, sizeof *login);
    int status = login ? account_store_find(accounts_store(gate->accounts), name, &row) : -ENOMEM;
    if (status != 0 && status != -ENOENT) {
        login_free(login);
        (void)gate_turn_away(response, HTTP_UNAVAILABLE, "The accounts cannot be read.");
        return NULL;
    }
    if (status == 0) {
        login->session = (struct session){row.id, row.revision};
        memcpy(login->name, row.name, sizeof login->name);
    }
    (void)snprintf(login->check.hash, sizeof login->check.hash, "%s",
                   status == 0 ? row.hash : crypto_no_password);
    (void)snprintf(login->check.password, sizeof login->check.password, "%s", password);
    return login;
}

static struct login *try_login(struct gate *gate, const struct gate_visit *visit,
                               const struct target *form, struct http_response *response)
{
    const char *name = target_value(form, "name"), *password = target_value(form, "password");
    if (!name || !password) {
        (void)gate_turn_away(response, HTTP_BAD_REQUEST, "The form lacks a name or a password.");
        return NULL;
    }
    uint64_t name_key = key_of_name(gate, name), client_key = key_of_client(gate, visit);
    uint64_t wait_ns = take_attempt(gate, client_key, name_key, visit->now_mono_ns);
    if (wait_ns > 0) {
        gate_too_often(response, wait_ns);
        return NULL;
    }
    struct login *login = begin(gate, name, password, response);
    if (login) {
        login->name_key = name_key;
        login->client_key = client_key;
    }
    return login;
}

struct login *gate_post(struct gate *gate, struct gate_visit *visit, struct http_request *request,
                        struct http_response *response)
{
    struct target form;
    bool login = strcmp(request->target.path, "/login") == 0;
    if (gate->options.open) {
        lead_to(response, "/");
        return NULL;
    }
    if (!read_form(gate, visit, login ? COOKIE_LOGIN : COOKIE_SESSION, &form, response))
        return NULL;
    if (!login) {
        log_out(gate, visit, response);
        return NULL;
    }
    struct login *started = try_login(gate, visit, &form, response);
    crypto_wipe(&form, sizeof form);
    return started;
}

void gate_checked(struct gate *gate, const struct login *login, struct gate_visit *visit,
                  struct http_request *request, struct http_response *response)
{
    char cookie[SECRET_TEXT_BYTES];
    uint8_t digest[DIGEST_BYTES];
    memcpy(visit->claimed, login->name, sizeof visit->claimed);
    if (!login->check.matches || login->session.account == 0) {
        if (gate_cookie(gate, visit, COOKIE_LOGIN, cookie))
            gate_csrf_of(gate, COOKIE_LOGIN, cookie, visit->csrf);
        request->csrf = visit->csrf;
        page_login_refused(request, response);
        return;
    }
    rate_forgive(gate->attempts, login->name_key);
    rate_give_back(gate->attempts, login->client_key); /* an office may have one address */
    crypto_secret(cookie);
    crypto_digest(cookie, digest);
    sessions_add(gate->sessions, digest, login->session, visit->now_mono_ns);
    lead_to(response, "/");
    gate_set_cookie(gate, visit, COOKIE_SESSION, cookie, response->cookies[0]);
    gate_set_cookie(gate, visit, COOKIE_LOGIN, "", response->cookies[1]);
    crypto_wipe(cookie, sizeof cookie);
}

void gate_busy(struct http_response *response)
{
    gate_too_often(response, 0);
}
