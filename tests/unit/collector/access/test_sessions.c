/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/sessions.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>

#define IDLE_S     600
#define LIFETIME_S 3600
#define START      (1000 * CLOCK_NS_PER_S)
#define TABLE      1024

static struct sessions *sessions;

static int set_up(void **state)
{
    (void)state;
    sessions = sessions_new(IDLE_S, LIFETIME_S);
    return sessions ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sessions_free(sessions);
    return 0;
}

static void add(int64_t account, uint64_t now_ns)
{
    char text[32];
    uint8_t digest[DIGEST_BYTES];
    (void)snprintf(text, sizeof text, "%d", (int)account);
    crypto_digest(text, digest);
    sessions_add(sessions, digest, (struct session){account, 7}, now_ns);
}

/* The account that a digest is of, or 0. */
static int64_t find(int64_t account, uint64_t now_ns)
{
    char text[32];
    uint8_t digest[DIGEST_BYTES];
    struct session session = {0, 0};
    (void)snprintf(text, sizeof text, "%d", (int)account);
    crypto_digest(text, digest);
    return sessions_find(sessions, digest, now_ns, &session) && session.revision == 7
               ? session.account
               : 0;
}

static void a_session_lives_while_it_is_used_and_no_longer_than_its_lifetime(void **state)
{
    (void)state;
    uint64_t now_ns = START;
    add(1, now_ns);
    for (; now_ns < START + LIFETIME_S * CLOCK_NS_PER_S; now_ns += IDLE_S * CLOCK_NS_PER_S - 1)
        assert_int_equal(find(1, now_ns), 1);
    assert_int_equal(find(1, START + LIFETIME_S * CLOCK_NS_PER_S), 0);
    assert_int_equal(find(1, START), 0);
}

static void a_session_that_is_idle_ends(void **state)
{
    (void)state;
    add(1, START);
    assert_int_equal(find(1, START + IDLE_S * CLOCK_NS_PER_S - 1), 1);
    assert_int_equal(find(1, START + 2 * IDLE_S * CLOCK_NS_PER_S), 0);
    assert_int_equal(find(2, START), 0);
}

static void a_full_table_drops_what_was_used_longest_ago(void **state)
{
    (void)state;
    for (int i = 1; i <= TABLE; i++)
        add(i, START + (uint64_t)i);
    assert_int_equal(find(1, START + 2 * TABLE), 1); /* now 2 is the oldest */
    add(TABLE + 1, START + 2 * TABLE);
    assert_int_equal(find(1, START + 2 * TABLE), 1);
    assert_int_equal(find(2, START + 2 * TABLE), 0);
    assert_int_equal(find(3, START + 2 * TABLE), 3);
    assert_int_equal(find(TABLE + 1, START + 2 * TABLE), TABLE + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_session_lives_while_it_is_used_and_no_longer_than_its_lifetime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_session_that_is_idle_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_table_drops_what_was_used_longest_ago, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
