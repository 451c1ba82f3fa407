/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/gate.h"

#include "common/clock.h"

#include "collector/access/accounts.h"
#include "collector/http/client.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <string.h>

#define NOW_S INT64_C(1790000000)

static char *folder;
static struct accounts *accounts; /* as another process has them open */
static struct gate *gate;
static uint64_t now_mono_ns = 1000 * CLOCK_NS_PER_S;

static struct gate *open_gate(bool public_access, unsigned per_s)
{
    struct conf_error error;
    const struct gate_options options = {.public_access = public_access,
                                         .data_dir = folder,
                                         .proxies = "192.0.2.9 2001:db8::9",
                                         .requests_per_s_max = per_s};
    return gate_new(&options, &error);
}

static int set_up(void **state)
{
    (void)state;
    struct conf_error error;
    folder = temp_folder_new();
    accounts = folder ? accounts_open(folder, &error) : NULL;
    gate = accounts ? open_gate(true, 1000) : NULL;
    return gate && accounts_add(accounts, "wang", ROLE_COMMISSION, "", "correct horse", NOW_S,
                                &error) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    gate_free(gate);
    accounts_close(accounts);
    temp_folder_remove(folder);
    return 0;
}

/* The status of an answer, or 0 where the request went through; the viewer then. */
static int ask(struct gate *of, const char *peer, const char *authorization, int64_t now_s,
               struct viewer *out_viewer)
{
    struct http_request request = {.now_unix_ns = (uint64_t)now_s * CLOCK_NS_PER_S};
    struct http_response response = {.status = HTTP_OK};
    struct gate_visit question = {
        .peer = peer, .authorization = authorization, .now_mono_ns = now_mono_ns};
    int status = gate_admit(of, &question, &request, &response) ? 0 : (int)response.status;
    if (out_viewer)
        *out_viewer = request.viewer;
    http_response_fini(&response);
    return status;
}

static void without_a_login_one_is_the_public_or_nobody(void **state)
{
    (void)state;
    struct viewer viewer;
    struct gate *closed = open_gate(false, 1000);
    assert_non_null(closed);
    assert_int_equal(ask(gate, "127.0.0.1", NULL, NOW_S, &viewer), 0);
    assert_int_equal(viewer.role, ROLE_PUBLIC);
    assert_int_equal(ask(closed, "127.0.0.1", NULL, NOW_S, &viewer), 0);
    assert_int_equal(viewer.role, ROLE_NOBODY);
    gate_free(closed);
}

static void a_token_is_its_account_until_it_ends_or_is_taken_back(void **state)
{
    (void)state;
    char token[SECRET_TEXT_BYTES], bearer[SECRET_TEXT_BYTES + 8];
    struct viewer viewer;
    struct conf_error error;
    assert_int_equal(accounts_give_token(accounts, "wang", NOW_S, NOW_S + 60, token, &error), 0);
    (void)snprintf(bearer, sizeof bearer, "bearer %s", token);
    assert_int_equal(ask(gate, "127.0.0.1", bearer, NOW_S, &viewer), 0);
    assert_int_equal(viewer.role, ROLE_COMMISSION);
    assert_string_equal(viewer.name, "wang");
    assert_int_equal(ask(gate, "127.0.0.1", bearer, NOW_S + 60, NULL), 401);
    assert_int_equal(accounts_set_role(accounts, "wang", ROLE_ADMIN, "", &error), 0);
    assert_int_equal(ask(gate, "127.0.0.1", bearer, NOW_S, &viewer), 0);
    assert_int_equal(viewer.role, ROLE_ADMIN);
    assert_int_equal(accounts_revoke(accounts, "wang", NULL, &error), 1);
    assert_int_equal(ask(gate, "127.0.0.1", bearer, NOW_S, NULL), 401);
}

static void a_token_that_is_none_is_refused_not_taken_for_the_public(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Bearer",
                                        "Bearer ",
                                        "Basic d2FuZzpjb3JyZWN0",
                                        "Bearer x",
                                        "",
                                        "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                        "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(ask(gate, "127.0.0.1", wrong[i], NOW_S, NULL), 401);
}

static void plain_text_is_answered_to_loopback_and_the_proxy_alone(void **state)
{
    (void)state;
    assert_int_equal(ask(gate, "192.0.2.9", NULL, NOW_S, NULL), 0);
    assert_int_equal(ask(gate, "::ffff:192.0.2.9", NULL, NOW_S, NULL), 0);
    assert_int_equal(ask(gate, "2001:db8::9", NULL, NOW_S, NULL), 0);
    assert_int_equal(ask(gate, "::1", NULL, NOW_S, NULL), 0);
    assert_int_equal(ask(gate, "192.0.2.10", NULL, NOW_S, NULL), 403);
    assert_int_equal(ask(gate, "2001:db8::a", NULL, NOW_S, NULL), 403);
    assert_int_equal(ask(gate, "", NULL, NOW_S, NULL), 403);
}

static void a_client_has_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    struct gate *slow = open_gate(true, 2);
    assert_non_null(slow);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(slow, "127.0.0.1", NULL, NOW_S, NULL), 0);
    assert_int_equal(ask(slow, "127.0.0.1", NULL, NOW_S, NULL), 429);
    assert_int_equal(ask(slow, "127.0.0.2", NULL, NOW_S, NULL), 0);
    now_mono_ns += CLOCK_NS_PER_S / 2;
    assert_int_equal(ask(slow, "127.0.0.1", NULL, NOW_S, NULL), 0);
    assert_int_equal(ask(slow, "127.0.0.1", NULL, NOW_S, NULL), 429);
    gate_free(slow);
}

static void a_proxy_is_believed_and_nobody_else(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *forwarded, *client;
    } cases[] = {
        {"192.0.2.9", "198.51.100.7", "198.51.100.7"},
        {"192.0.2.9", "192.0.2.77, 198.51.100.7", "198.51.100.7"},  /* the first is a claim */
        {"192.0.2.9", "198.51.100.7 ,2001:db8::9", "198.51.100.7"}, /* two proxies in a row */
        {"192.0.2.9", "198.51.100.7, unknown", "192.0.2.9"},
        {"192.0.2.9", NULL, "192.0.2.9"},
        {"192.0.2.9", "", "192.0.2.9"},
        {"192.0.2.9", ",,,", "192.0.2.9"},
        {"198.51.100.8", "192.0.2.77", "198.51.100.8"},
        {"::ffff:198.51.100.8", NULL, "198.51.100.8"},
        {"2001:db8:1:2:3:4:5:6", NULL, "2001:db8:1:2::"},
        {"2001:db8::9", "2001:db8:7:8::1", "2001:db8:7:8::"},
        {"no address", "192.0.2.77", "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char client[CLIENT_TEXT_BYTES];
        client_of("192.0.2.9 2001:db8::9", cases[i].peer, cases[i].forwarded, client);
        assert_string_equal(client, cases[i].client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_login_one_is_the_public_or_nobody),
        cmocka_unit_test(a_token_is_its_account_until_it_ends_or_is_taken_back),
        cmocka_unit_test(a_token_that_is_none_is_refused_not_taken_for_the_public),
        cmocka_unit_test(plain_text_is_answered_to_loopback_and_the_proxy_alone),
        cmocka_unit_test(a_client_has_its_burst_and_then_its_rate),
        cmocka_unit_test(a_proxy_is_believed_and_nobody_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
