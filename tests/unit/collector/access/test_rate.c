/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/credential.h"
#include "collector/access/rate.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

#define COST  UINT64_C(1000)
#define START UINT64_C(1000000)

static void a_bucket_gives_its_burst_then_one_each_cost(void **state)
{
    (void)state;
    struct rate *rate = rate_new(COST, 3);
    assert_non_null(rate);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rate_take(rate, 7, START), 0);
    assert_int_equal(rate_take(rate, 7, START), COST);
    assert_int_equal(rate_take(rate, 7, START + COST - 1), 1);
    assert_int_equal(rate_wait(rate, 7, START + COST), 0);
    assert_int_equal(rate_take(rate, 7, START + COST), 0);
    assert_int_equal(rate_take(rate, 7, START + COST), COST);
    assert_int_equal(rate_take(rate, 8, START), 0);
    rate_give_back(rate, 7);
    assert_int_equal(rate_take(rate, 7, START + COST), 0);
    assert_int_equal(rate_take(rate, 7, START + COST), COST);
    rate_forgive(rate, 7);
    assert_int_equal(rate_take(rate, 7, START + COST), 0);
    rate_free(rate);
}

static void a_long_rest_gives_no_more_than_the_burst(void **state)
{
    (void)state;
    struct rate *rate = rate_new(COST, 2);
    assert_non_null(rate);
    assert_int_equal(rate_take(rate, 1, START), 0);
    assert_int_equal(rate_take(rate, 1, START + 1000 * COST), 0);
    assert_int_equal(rate_take(rate, 1, START + 1000 * COST), 0);
    assert_true(rate_take(rate, 1, START + 1000 * COST) > 0);
    rate_free(rate);
}

static void a_crowd_does_not_free_who_is_limited(void **state)
{
    (void)state;
    struct rate *rate = rate_new(COST, 10);
    assert_non_null(rate);
    for (int i = 0; i < 10; i++)
        assert_int_equal(rate_take(rate, 42, START), 0);
    for (uint64_t key = 1; key < 100000; key++)
        if (key != 42)
            (void)rate_take(rate, key * UINT64_C(0x9E3779B97F4A7C15), START);
    assert_true(rate_take(rate, 42, START) > 0);
    rate_free(rate);
}

#define GOOD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-_01234"

static void a_secret_is_taken_by_its_shape(void **state)
{
    (void)state;
    static const struct {
        const char *cookies;
        bool found;
    } cases[] = {
        {"lastmile=" GOOD, true},
        {"a=b; lastmile=" GOOD "; c=d", true},
        {";; lastmile=" GOOD, true},
        {"lastmile=" GOOD "x", false},
        {"lastmile=" GOOD "; lastmile=" GOOD, false},
        {"xlastmile=" GOOD, false},
        {"lastmile=\"" GOOD "\"", false},
        {"lastmile", false},
        {"lastmile=", false},
        {"", false},
    };
    char secret[SECRET_TEXT_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(credential_cookie(cases[i].cookies, "lastmile", secret), cases[i].found);
        if (cases[i].found)
            assert_string_equal(secret, GOOD);
    }
    assert_false(credential_cookie(NULL, "lastmile", secret));
    assert_true(credential_bearer("BEARER  " GOOD, secret));
    assert_false(credential_bearer("Bearer " GOOD " ", secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_then_one_each_cost),
        cmocka_unit_test(a_long_rest_gives_no_more_than_the_burst),
        cmocka_unit_test(a_crowd_does_not_free_who_is_limited),
        cmocka_unit_test(a_secret_is_taken_by_its_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
