/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/pseudonym.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

/* RFC 4231 section 4.2: key of 20 bytes 0x0b, data "Hi There"; the first byte is our domain. */
static void pseudonym_is_the_beginning_of_rfc_4231_s_hmac(void **state)
{
    (void)state;
    uint8_t key[20];
    memset(key, 0x0b, sizeof key);
    struct pseudonym *pseudonym = pseudonym_new(key, sizeof key);
    assert_non_null(pseudonym);
    assert_true(pseudonym_of(pseudonym, 'H', "i There", 7) == UINT64_C(0xb0344c61d8db3853));
    pseudonym_free(pseudonym);
}

static void pseudonym_differs_by_key_domain_and_bytes(void **state)
{
    (void)state;
    uint8_t key[PSEUDONYM_KEY_BYTES] = {1};
    struct pseudonym *first = pseudonym_new(key, sizeof key);
    key[31] = 1;
    struct pseudonym *second = pseudonym_new(key, sizeof key);
    uint64_t name = pseudonym_of(first, 1, "line", 4);
    assert_true(name == pseudonym_of(first, 1, "line", 4));
    assert_true(name != pseudonym_of(second, 1, "line", 4));
    assert_true(name != pseudonym_of(first, 2, "line", 4));
    assert_true(name != pseudonym_of(first, 1, "line", 3));
    pseudonym_free(first);
    pseudonym_free(second);
}

static void pseudonym_refuses_a_short_or_a_long_key(void **state)
{
    (void)state;
    const uint8_t key[PSEUDONYM_KEY_BYTES_MAX + 1] = {0};
    assert_null(pseudonym_new(key, PSEUDONYM_KEY_BYTES_MIN - 1));
    assert_int_equal(errno, EINVAL);
    assert_null(pseudonym_new(key, sizeof key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pseudonym_is_the_beginning_of_rfc_4231_s_hmac),
        cmocka_unit_test(pseudonym_differs_by_key_domain_and_bytes),
        cmocka_unit_test(pseudonym_refuses_a_short_or_a_long_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
