/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json_writer.h"

#include "tests/support/cmocka_all.h"

#include <math.h>
#include <stdlib.h>

static void expect_text(struct json_writer *writer, const char *expected)
{
    char *text = json_writer_text(writer, false);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    json_writer_free(writer);
}

static void members_keep_their_order_and_elements_have_no_key(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_writer_put_u64(writer, "z", 1);
    json_writer_begin_array(writer, "a");
    json_writer_put_i64(writer, NULL, -1);
    json_writer_begin_object(writer, NULL);
    json_writer_put_bool(writer, "on", true);
    json_writer_end(writer);
    json_writer_end(writer);
    json_writer_put_string(writer, "b", "text");
    expect_text(writer, "{\"z\":1,\"a\":[-1,{\"on\":true}],\"b\":\"text\"}");
}

static void unknown_is_null_and_never_0(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_writer_put_optional_u64(writer, "a", (struct optional_u64){.known = false});
    json_writer_put_optional_u64(writer, "b", optional_u64(0));
    json_writer_put_optional_double(writer, "c", (struct optional_double){.known = false});
    json_writer_put_optional_double(writer, "d", optional_double(0.1));
    json_writer_put_string(writer, "e", NULL);
    json_writer_put_double(writer, "f", NAN);
    json_writer_put_double(writer, "g", -INFINITY);
    json_writer_put_null(writer, "h");
    expect_text(writer, "{\"a\":null,\"b\":0,\"c\":null,\"d\":0.1,\"e\":null,\"f\":null,"
                        "\"g\":null,\"h\":null}");
}

static void strings_from_outside_stay_json_whatever_their_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {"\"\\\n\x01", 4, "{\"k\":\"\\\"\\\\\\n\\u0001\"}"},
        {"a\0b", 3, "{\"k\":\"a\\u0000b\"}"},
        {"\xe5\xa8\x81", 3, "{\"k\":\"\xe5\xa8\x81\"}"},
        {"\xe5\xa8", 2, "{\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\"}"},                 /* cut */
        {"\xc0\xaf", 2, "{\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\"}"},                 /* overlong */
        {"\xed\xa0\x80", 3, "{\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}"}, /* surrogate */
        {"\xff", 1, "{\"k\":\"\xef\xbf\xbd\"}"},
        {"", 0, "{\"k\":\"\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_writer *writer = json_writer_new();
        json_writer_put_bytes(writer, "k", cases[i].bytes, cases[i].length);
        expect_text(writer, cases[i].expected);
    }
}

static void large_counts_stay_numbers(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_writer_put_u64(writer, "a", INT64_MAX);
    json_writer_put_u64(writer, "b", UINT64_MAX);
    expect_text(writer, "{\"a\":9223372036854775807,\"b\":1.84467440737096e19}");
}

static void nesting_too_deep_or_ended_too_often_is_a_fault_at_the_end(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    for (int i = 0; i < 16; i++)
        json_writer_begin_object(writer, "k");
    json_writer_put_u64(writer, "n", 1);
    assert_null(json_writer_text(writer, false));
    json_writer_free(writer);
    writer = json_writer_new();
    json_writer_end(writer);
    assert_null(json_writer_text(writer, true));
    json_writer_free(writer);
    json_writer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_keep_their_order_and_elements_have_no_key),
        cmocka_unit_test(unknown_is_null_and_never_0),
        cmocka_unit_test(strings_from_outside_stay_json_whatever_their_bytes),
        cmocka_unit_test(large_counts_stay_numbers),
        cmocka_unit_test(nesting_too_deep_or_ended_too_often_is_a_fault_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
