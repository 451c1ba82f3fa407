/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/gzip.h"

#include "tests/support/fake_request.h"

#include "tests/support/cmocka_all.h"

#include <zlib.h>

static int open_fake(void **state)
{
    static struct fake_site fake;
    *state = &fake;
    return fake_site_open(&fake, 0) ? 0 : -1;
}

static int close_fake(void **state)
{
    fake_site_close(*state);
    return 0;
}

static struct http_response ask_coded(struct fake_site *fake, const char *target,
                                      const char *accept_encoding, const char *if_none_match)
{
    struct http_request request = {.method = HTTP_GET,
                                   .accept_encoding = accept_encoding,
                                   .viewer.role = ROLE_ADMIN,
                                   .if_none_match = if_none_match,
                                   .now_unix_ns = FAKE_NOW_NS};
    struct http_response response = {.status = HTTP_OK};
    enum target_fault fault = target_parse(target, strlen(target), &request.target);
    routes_answer(fake->site, fault, &request, &response);
    return response;
}

static void assert_unpacks_to(const struct http_response *coded, const struct http_response *plain)
{
    z_stream stream = {.next_in = (z_const Bytef *)(z_const void *)coded->body,
                       .avail_in = (uInt)coded->body_length};
    char *out = malloc(plain->body_length + 1);
    assert_non_null(out);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)plain->body_length + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, plain->body_length);
    assert_memory_equal(out, plain->body, plain->body_length);
    (void)inflateEnd(&stream);
    free(out);
}

static void each_answer_is_the_same_in_either_coding_and_has_a_tag_in_each(void **state)
{
    size_t coded_answers = 0;
    for (const struct route *route = routes; route->path; route++) {
        char target[128];
        (void)fake_example(route, target);
        struct http_response plain = ask_coded(*state, target, NULL, NULL);
        struct http_response coded = ask_coded(*state, target, "br, gzip;q=0.8", NULL);
        if (plain.order) { /* a file, sent as it is made */
            http_response_fini(&plain);
            http_response_fini(&coded);
            continue;
        }
        assert_null(plain.content_encoding);
        assert_true(coded.content_encoding || plain.body_length < GZIP_BYTES_MIN);
        if (coded.content_encoding) {
            coded_answers++;
            assert_string_equal(coded.content_encoding, "gzip");
            assert_true(coded.body_length < plain.body_length);
            assert_string_not_equal(coded.etag, plain.etag);
            assert_unpacks_to(&coded, &plain);
        }
        struct http_response again = ask_coded(*state, target, "gzip", coded.etag);
        assert_int_equal(again.status, HTTP_NOT_MODIFIED);
        assert_int_equal(again.body_length, 0);
        assert_string_equal(again.etag, coded.etag);
        http_response_fini(&again);
        if (coded.content_encoding) { /* the other coding is another representation */
            again = ask_coded(*state, target, NULL, coded.etag);
            assert_int_equal(again.status, HTTP_OK);
            http_response_fini(&again);
        }
        http_response_fini(&plain);
        http_response_fini(&coded);
    }
    assert_true(coded_answers >= 8);
}

static void a_client_that_refuses_gzip_gets_none(void **state)
{
    static const char *const refusals[] = {"", "identity", "gzip;q=0", "*;q=0", "br"};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct http_response response = ask_coded(*state, "/api/v1/indicators", refusals[i], NULL);
        assert_null(response.content_encoding);
        http_response_fini(&response);
    }
}

static void bytes_that_do_not_shrink_stay_as_they_are(void **state)
{
    (void)state;
    char noise[4096];
    uint64_t random = 7;
    for (size_t i = 0; i < sizeof noise; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        noise[i] = (char)(random >> 56);
    }
    size_t length = 0;
    assert_null(gzip_compress(noise, sizeof noise, &length));
    assert_null(gzip_compress("", 0, &length));
    assert_false(gzip_shrinks("image/png"));
    assert_true(gzip_shrinks("text/csv; charset=utf-8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            each_answer_is_the_same_in_either_coding_and_has_a_tag_in_each, open_fake, close_fake),
        cmocka_unit_test_setup_teardown(a_client_that_refuses_gzip_gets_none, open_fake,
                                        close_fake),
        cmocka_unit_test(bytes_that_do_not_shrink_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
