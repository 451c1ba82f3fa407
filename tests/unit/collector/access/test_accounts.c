/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/accounts.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1790000000)
#define DAY INT64_C(86400)

static char *folder;
static struct accounts *accounts;
static struct conf_error error;

static int set_up(void **state)
{
    (void)state;
    folder = temp_folder_new();
    accounts = folder ? accounts_open(folder, &error) : NULL;
    return accounts ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    accounts_close(accounts);
    temp_folder_remove(folder);
    return 0;
}

static struct account_row find(const char *name)
{
    struct account_row row;
    assert_int_equal(accounts_find(accounts, name, &row, &error), 0);
    return row;
}

static int find_token(const char *token, int64_t now_s, struct account_row *out_row)
{
    uint8_t digest[DIGEST_BYTES];
    crypto_digest(token, digest);
    return account_store_find_token(accounts_store(accounts), digest, now_s, out_row);
}

static void a_password_is_known_again_and_another_is_not(void **state)
{
    (void)state;
    assert_int_equal(accounts_add(accounts, "li", ROLE_ADMIN, "", "correct horse", NOW, &error), 0);
    struct account_row row = find("li");
    assert_true(crypto_verify_password(row.hash, "correct horse"));
    assert_false(crypto_verify_password(row.hash, "correct horsf"));
    assert_false(crypto_verify_password(row.hash, ""));
    assert_false(crypto_verify_password(crypto_no_password, ""));
    assert_memory_equal(row.hash, "$argon2id$", 10);
}

static void a_token_is_good_until_its_end_and_no_longer(void **state)
{
    (void)state;
    char token[SECRET_TEXT_BYTES], other[SECRET_TEXT_BYTES];
    struct account_row row;
    assert_int_equal(accounts_give_token(accounts, "li", NOW, NOW + DAY, token, &error), 0);
    assert_int_equal(find_token(token, NOW + DAY - 1, &row), 0);
    assert_string_equal(row.name, "li");
    assert_int_equal(find_token(token, NOW + DAY, &row), -ENOENT);
    crypto_secret(other);
    assert_int_equal(find_token(other, NOW, &row), -ENOENT);
    assert_int_equal(accounts_revoke(accounts, "li", NULL, &error), 1);
    assert_int_equal(find_token(token, NOW, &row), -ENOENT);
}

static void an_id_is_never_given_twice(void **state)
{
    (void)state;
    assert_int_equal(accounts_add(accounts, "gone", ROLE_PUBLIC, "", "correct horse", NOW, &error),
                     0);
    struct account_row before = find("gone"), row;
    assert_int_equal(accounts_remove(accounts, "gone", &error), 0);
    assert_int_equal(accounts_add(accounts, "gone", ROLE_ADMIN, "", "correct horse", NOW, &error),
                     0);
    assert_true(find("gone").id > before.id);
    assert_int_equal(account_store_find_id(accounts_store(accounts), before.id, &row), -ENOENT);
}

static void a_role_that_is_not_known_is_nobody(void **state)
{
    (void)state;
    struct account_row row = {.name = "x", .role = "emperor"};
    struct viewer viewer;
    assert_false(accounts_viewer(&row, &viewer));
    row = find("li");
    assert_true(accounts_viewer(&row, &viewer));
    assert_int_equal(viewer.role, ROLE_ADMIN);
}

static void an_operator_sees_its_own_and_the_commission_all(void **state)
{
    (void)state;
    const struct viewer public = {.role = ROLE_PUBLIC};
    const struct viewer cu = {.role = ROLE_OPERATOR, .operator_key = "cu"};
    const struct viewer commission = {.role = ROLE_COMMISSION};
    assert_false(viewer_sees_operator(&public, "cu"));
    assert_false(viewer_sees_operator(&public, ""));
    assert_true(viewer_sees_operator(&cu, "cu"));
    assert_false(viewer_sees_operator(&cu, "cm"));
    assert_false(viewer_sees_operator(&cu, "c"));
    assert_false(viewer_sees_all_figures(&cu));
    assert_true(viewer_sees_operator(&commission, "cm"));
}

static void the_key_of_pseudonyms_is_made_once(void **state)
{
    (void)state;
    uint8_t first[STORE_KEY_BYTES] = {1, 2, 3}, second[STORE_KEY_BYTES] = {4};
    char one[KEYED_TEXT_BYTES], other[KEYED_TEXT_BYTES];
    assert_int_equal(account_store_key(accounts_store(accounts), first), 0);
    assert_int_equal(account_store_key(accounts_store(accounts), second), 0);
    assert_memory_equal(first, second, sizeof first);
    crypto_keyed(first, "192.0.2.1", one);
    crypto_keyed(first, "192.0.2.2", other);
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_known_again_and_another_is_not),
        cmocka_unit_test(a_token_is_good_until_its_end_and_no_longer),
        cmocka_unit_test(an_id_is_never_given_twice),
        cmocka_unit_test(a_role_that_is_not_known_is_nobody),
        cmocka_unit_test(an_operator_sees_its_own_and_the_commission_all),
        cmocka_unit_test(the_key_of_pseudonyms_is_made_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
