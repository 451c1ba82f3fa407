/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/target.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

static enum target_fault parse(const char *text, struct target *target)
{
    return target_parse(text, strlen(text), target);
}

static void target_parse_takes_path_and_query_apart(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(parse("/api/v1/figures?year=2017&area=371082&empty=&bare", &target), 0);
    assert_string_equal(target.path, "/api/v1/figures");
    assert_int_equal(target.parameter_count, 4);
    assert_string_equal(target_value(&target, "year"), "2017");
    assert_string_equal(target_value(&target, "empty"), "");
    assert_string_equal(target_value(&target, "bare"), "");
    assert_null(target_value(&target, "lang"));
}

static void target_parse_decodes_the_query_and_never_the_path(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(parse("/a%2fb?x=%E5%A8%81+1%2B&%79=z", &target), 0);
    assert_string_equal(target.path, "/a%2fb");
    assert_string_equal(target_value(&target, "x"), "\xe5\xa8\x81 1+");
    assert_string_equal(target_value(&target, "y"), "z");
}

static void target_parse_names_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum target_fault fault;
    } cases[] = {
        {"", TARGET_NOT_ORIGIN},
        {"http://host/", TARGET_NOT_ORIGIN},
        {"*", TARGET_NOT_ORIGIN},
        {"/?a=%", TARGET_BAD_ESCAPE},
        {"/?a=%4", TARGET_BAD_ESCAPE},
        {"/?a=%zz", TARGET_BAD_ESCAPE},
        {"/?a=%00", TARGET_BAD_CHARACTER},
        {"/?a=%0d%0aX:%20y", TARGET_BAD_CHARACTER},
        {"/?a=%ff", TARGET_BAD_CHARACTER},
        {"/?a=%c0%af", TARGET_BAD_CHARACTER},
        {"/?a=%e2%80%ae", TARGET_BAD_CHARACTER},
        {"/\x7f", TARGET_BAD_CHARACTER},
        {"/?a=1&a=2", TARGET_REPEATED},
        {"/?a=1&%61=2", TARGET_REPEATED},
        {"/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", TARGET_TOO_MANY},
    };
    struct target target;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].text, &target), cases[i].fault);
        assert_true(strlen(target_fault_text(cases[i].fault)) > 10);
    }
}

static void target_parse_holds_each_bound_exactly(void **state)
{
    (void)state;
    char text[TARGET_BYTES_MAX + 2];
    struct target target;
    memset(text, 'a', sizeof text);
    text[0] = '/';
    assert_int_equal(target_parse(text, TARGET_PATH_BYTES - 1, &target), TARGET_OK);
    assert_int_equal(target_parse(text, TARGET_PATH_BYTES, &target), TARGET_TOO_LONG);
    memcpy(text, "/?v=", 4);
    assert_int_equal(target_parse(text, 4 + TARGET_VALUE_BYTES - 1, &target), TARGET_OK);
    assert_int_equal(target_parse(text, 4 + TARGET_VALUE_BYTES, &target), TARGET_TOO_LONG);
    assert_int_equal(target_parse(text, 2 + TARGET_NAME_BYTES, &target), TARGET_OK);
    memset(text, '&', sizeof text);
    memcpy(text, "/?", 2);
    assert_int_equal(target_parse(text, TARGET_BYTES_MAX, &target), TARGET_OK);
    assert_int_equal(target_parse(text, TARGET_BYTES_MAX + 1, &target), TARGET_TOO_LONG);
}

static void target_parse_leaves_its_result_alone_on_a_fault(void **state)
{
    (void)state;
    struct target target = {.path = "/before"};
    assert_int_equal(parse("/after?a=%", &target), TARGET_BAD_ESCAPE);
    assert_string_equal(target.path, "/before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_parse_takes_path_and_query_apart),
        cmocka_unit_test(target_parse_decodes_the_query_and_never_the_path),
        cmocka_unit_test(target_parse_names_what_is_wrong),
        cmocka_unit_test(target_parse_holds_each_bound_exactly),
        cmocka_unit_test(target_parse_leaves_its_result_alone_on_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
