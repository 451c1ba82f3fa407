/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/message.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

static void accepts_weighs_ranges_as_rfc_9110_says(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *type;
        unsigned quality;
    } cases[] = {
        {NULL, "text/csv", 1000},
        {"", "text/csv", 1000},
        {"*/*", "text/csv", 1000},
        {"text/*;q=0.5", "text/csv", 500},
        {"text/*;q=0.5, text/csv", "text/csv", 1000},
        {"text/csv;q=0.25, */*", "text/csv", 250},
        {"text/csv;q=0", "text/csv", 0},
        {"text/csv; q=0.001", "text/csv", 1},
        {"text/csv;header=present;q=0.7", "text/csv", 700},
        {"text/html", "text/csv", 0},
        {"TEXT/CSV", "text/csv", 1000},
        {"text/csvx", "text/csv", 0},
        {",,;q=,", "text/csv", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned quality = 7777;
        assert_int_equal(http_accepts(cases[i].accept, cases[i].type, &quality),
                         cases[i].quality > 0);
        assert_int_equal(quality, cases[i].quality);
    }
}

static void etag_matches_in_a_list_weakly_and_by_star(void **state)
{
    (void)state;
    assert_true(http_etag_matches("\"a\"", "\"a\""));
    assert_true(http_etag_matches("\"x\", W/\"a\" ,\"y\"", "\"a\""));
    assert_true(http_etag_matches("*", "\"a\""));
    assert_false(http_etag_matches("\"ab\"", "\"a\""));
    assert_false(http_etag_matches("\"a\"b", "\"a\""));
    assert_false(http_etag_matches(NULL, "\"a\""));
    assert_false(http_etag_matches("*", ""));
}

static void respond_text_turns_a_failed_text_into_an_error(void **state)
{
    (void)state;
    struct http_response response = {.status = HTTP_OK};
    struct text text = {.failed = true};
    http_respond_text(&response, "text/plain", &text);
    assert_int_equal(response.status, HTTP_INTERNAL_ERROR);
    http_response_fini(&response);
}

static void text_stops_at_its_bound(void **state)
{
    (void)state;
    struct text text = {0};
    char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (size_t i = 0; i < TEXT_BYTES_MAX / sizeof block - 1; i++)
        text_put_bytes(&text, block, sizeof block);
    assert_false(text.failed);
    text_put_bytes(&text, block, sizeof block);
    assert_true(text.failed);
    assert_null(text_take(&text, NULL));
    assert_null(text.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_weighs_ranges_as_rfc_9110_says),
        cmocka_unit_test(etag_matches_in_a_list_weakly_and_by_star),
        cmocka_unit_test(respond_text_turns_a_failed_text_into_an_error),
        cmocka_unit_test(text_stops_at_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
