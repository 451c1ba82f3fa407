/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/problem.h"

#include "tests/support/cmocka_all.h"

#include <jansson.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static json_t *read_document(const struct http_response *response)
{
    assert_string_equal(response->content_type, "application/problem+json");
    json_t *json = json_loadb(response->body, response->body_length, 0, NULL);
    assert_non_null(json);
    assert_string_equal(text_of(json, "type"), "about:blank");
    return json;
}

static void problem_is_a_document_of_rfc_9457(void **state)
{
    (void)state;
    struct http_response response = {.status = HTTP_OK};
    http_respond_problem(&response, HTTP_NOT_FOUND, "There is \"nothing\".");
    assert_int_equal(response.status, 404);
    json_t *json = read_document(&response);
    assert_string_equal(text_of(json, "title"), "Not Found");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 404);
    assert_string_equal(text_of(json, "detail"), "There is \"nothing\".");
    assert_null(json_object_get(json, "instance"));
    json_decref(json);
    http_response_fini(&response);
    assert_null(response.body);
}

static void its_instance_is_the_path_when_it_may_be_ours_and_no_query(void **state)
{
    (void)state;
    static const struct {
        const char *target, *instance;
    } cases[] = {
        {"/api/v1/figures?area=secret", "/api/v1/figures"},
        {"/api/v1/nothing", "/api/v1/nothing"},
        {"/api/v1/%zz", NULL}, /* no address of ours: not repeated */
        {"/api/v1/\xe5\xa8\x81", NULL},
        {"/api/v1/\"<a>\\", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request = {.method = HTTP_GET};
        struct http_response response = {.status = HTTP_OK};
        assert_int_equal(target_parse(cases[i].target, strlen(cases[i].target), &request.target),
                         TARGET_OK);
        http_respond_problem(&response, HTTP_BAD_REQUEST, "No.");
        problem_complete(&response, &request);
        json_t *json = read_document(&response);
        const char *instance = text_of(json, "instance");
        assert_int_equal(instance != NULL, cases[i].instance != NULL);
        if (instance)
            assert_string_equal(instance, cases[i].instance);
        json_decref(json);
        http_response_fini(&response);
    }
}

static void unavailable_says_when_to_come_again_and_405_keeps_allow(void **state)
{
    (void)state;
    struct http_request request = {.method = HTTP_GET, .target.path = "/api/v1/probes"};
    struct http_response response = {.status = HTTP_OK};
    http_respond_problem(&response, HTTP_UNAVAILABLE, "Later.");
    problem_complete(&response, &request);
    assert_true(response.retry_after_s > 0);
    http_respond_problem(&response, HTTP_METHOD_NOT_ALLOWED, "No.");
    response.allow = "GET, HEAD";
    problem_complete(&response, &request);
    assert_int_equal(response.retry_after_s, 0);
    assert_string_equal(response.allow, "GET, HEAD");
    http_response_fini(&response);
}

static void every_status_of_an_error_has_its_phrase(void **state)
{
    (void)state;
    static const enum http_status all[] = {
        HTTP_BAD_REQUEST,        HTTP_UNAUTHORIZED,      HTTP_FORBIDDEN,         HTTP_NOT_FOUND,
        HTTP_METHOD_NOT_ALLOWED, HTTP_NOT_ACCEPTABLE,    HTTP_CONTENT_TOO_LARGE, HTTP_URI_TOO_LONG,
        HTTP_TOO_MANY_REQUESTS,  HTTP_HEADERS_TOO_LARGE, HTTP_INTERNAL_ERROR,    HTTP_UNAVAILABLE};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_string_not_equal(problem_phrase(all[i]), "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_is_a_document_of_rfc_9457),
        cmocka_unit_test(its_instance_is_the_path_when_it_may_be_ours_and_no_query),
        cmocka_unit_test(unavailable_says_when_to_come_again_and_405_keeps_allow),
        cmocka_unit_test(every_status_of_an_error_has_its_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
