/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_request.h"

#include "collector/http/assets.h"
#include "collector/http/selection.h"

#include "tests/support/cmocka_all.h"

#include <jansson.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

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

static json_t *get_json(struct fake_site *fake, const char *target, enum http_status status)
{
    char *body = fake_get(fake, target, status);
    assert_non_null(body);
    json_t *json = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    free(body);
    return json;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* --- openapi.json against the routes and against what they answer --- */

static void openapi_describes_every_route_and_no_other(void **state)
{
    json_t *openapi = get_json(*state, "/openapi.json", HTTP_OK);
    assert_string_equal(text_of(openapi, "openapi"), "3.1.0");
    json_t *paths = json_object_get(openapi, "paths");
    size_t described = 0;
    for (const struct route *route = routes; route->path; route++, described++) {
        json_t *get = json_object_get(json_object_get(paths, route->path), "get");
        json_t *ok = json_object_get(json_object_get(get, "responses"), "200");
        json_t *content = json_object_get(ok, "content");
        size_t types = 0;
        while (types < ROUTE_TYPES_MAX && route->content_types[types])
            assert_non_null(json_object_get(content, route->content_types[types++]));
        assert_int_equal(json_object_size(content), types);
        char example[128];
        struct http_response response =
            fake_ask(*state, HTTP_GET, fake_example(route, example), NULL, NULL);
        assert_memory_equal(response.content_type, route->content_types[0],
                            strlen(route->content_types[0]));
        http_response_fini(&response);
    }
    assert_int_equal(json_object_size(paths), described);
    json_decref(openapi);
}

static bool has_type(const json_t *type, const char *name)
{
    if (json_is_string(type))
        return strcmp(json_string_value(type), name) == 0;
    for (size_t i = 0; i < json_array_size(type); i++)
        if (strcmp(json_string_value(json_array_get(type, i)), name) == 0)
            return true;
    return false;
}

static bool is_of_type(const json_t *value, const json_t *type)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return has_type(type, "null");
    case JSON_STRING:
        return has_type(type, "string");
    case JSON_INTEGER:
        return has_type(type, "integer") || has_type(type, "number");
    case JSON_REAL:
        return has_type(type, "number");
    case JSON_TRUE:
    case JSON_FALSE:
        return has_type(type, "boolean");
    case JSON_ARRAY:
        return has_type(type, "array");
    case JSON_OBJECT:
        return has_type(type, "object");
    }
    return false;
}

/* The part of JSON Schema 2020-12 that openapi.json uses. */
static bool conforms(const json_t *schemas, const json_t *schema, const json_t *value)
{
    const char *reference = text_of(schema, "$ref");
    if (reference)
        return conforms(schemas, json_object_get(schemas, strrchr(reference, '/') + 1), value);
    json_t *any = json_object_get(schema, "anyOf");
    for (size_t i = 0; i < json_array_size(any); i++)
        if (conforms(schemas, json_array_get(any, i), value))
            return true;
    if (any)
        return false;
    json_t *choices = json_object_get(schema, "enum");
    bool chosen = choices == NULL;
    for (size_t i = 0; i < json_array_size(choices); i++)
        chosen |= json_equal(json_array_get(choices, i), value) == 1;
    json_t *type = json_object_get(schema, "type");
    if (!chosen || (type && !is_of_type(value, type)))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!conforms(schemas, json_object_get(schema, "items"), json_array_get(value, i)))
            return false;
    json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; json_is_object(value) && i < json_array_size(required); i++)
        if (!json_object_get(value, json_string_value(json_array_get(required, i))))
            return false;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        json_t *of_member = json_object_get(json_object_get(schema, "properties"), key);
        if (!of_member || !conforms(schemas, of_member, member)) {
            print_error("%s does not conform\n", key);
            return false;
        }
    }
    return true;
}

static const json_t *schema_of(const json_t *openapi, const char *path, const char *status,
                               const char *type)
{
    json_t *get = json_object_get(json_object_get(json_object_get(openapi, "paths"), path), "get");
    json_t *answer = json_object_get(json_object_get(get, "responses"), status);
    return json_object_get(json_object_get(json_object_get(answer, "content"), type), "schema");
}

static void every_json_answer_is_what_openapi_says(void **state)
{
    struct fake_site *fake = *state;
    json_t *openapi = get_json(fake, "/openapi.json", HTTP_OK);
    json_t *schemas = json_object_get(json_object_get(openapi, "components"), "schemas");
    for (int k = 0; k < 2; k++) {
        fake->empty = k == 1;
        for (const struct route *route = routes; route->path; route++) {
            if (strcmp(route->content_types[0], "application/json") != 0)
                continue;
            char example[128];
            if (fake->empty && strcmp(route->path, "/api/v1/points") == 0)
                continue; /* there is no series then */
            json_t *answer = get_json(fake, fake_example(route, example), HTTP_OK);
            assert_true(conforms(
                schemas, schema_of(openapi, route->path, "200", "application/json"), answer));
            json_decref(answer);
        }
        json_t *all =
            get_json(fake, "/api/v1/figures?area=all&operator=all&all_targets=true", HTTP_OK);
        assert_true(conforms(schemas, json_object_get(schemas, "Figures"), all));
        json_decref(all);
    }
    json_t *problem = get_json(fake, "/api/v1/figures?x=y", HTTP_BAD_REQUEST);
    assert_true(conforms(schemas, json_object_get(schemas, "Problem"), problem));
    json_decref(problem);
    json_decref(openapi);
}

/* --- figures --- */

static size_t figure_count(struct fake_site *fake, const char *target)
{
    json_t *json = get_json(fake, target, HTTP_OK);
    size_t count = json_array_size(json_object_get(json, "figures"));
    json_decref(json);
    return count;
}

static void figures_are_filtered_by_area_operator_and_target(void **state)
{
    struct fake_site *fake = *state;
    size_t indicators = plan_indicator_count(fake->plan);
    size_t targets = 0, measured = 0;
    for (size_t i = 0; i < indicators; i++) {
        const struct plan_indicator *indicator = plan_indicator_at(fake->plan, i);
        targets += indicator->target_count ? indicator->target_count : 1;
        measured += indicator->evidence_class != EVIDENCE_DECLARED;
    }
    assert_int_equal(figure_count(fake, "/api/v1/figures"), indicators);
    assert_int_equal(figure_count(fake, "/api/v1/figures?all_targets=true"), targets);
    assert_int_equal(figure_count(fake, "/api/v1/figures?area=371082"), measured);
    assert_int_equal(figure_count(fake, "/api/v1/figures?operator=cu"), measured);
    assert_int_equal(figure_count(fake, "/api/v1/figures?area=all"),
                     indicators + measured * (plan_area_count(fake->plan) - 1));
    assert_int_equal(figure_count(fake, "/api/v1/figures?area=371082&operator=cu"), 0);
}

static void the_target_in_force_depends_on_the_year(void **state)
{
    static const struct {
        const char *target, *date;
    } cases[] = {
        {"/api/v1/figures?year=2015", "2017-12-31"},
        {"/api/v1/figures?year=2017", "2017-12-31"},
        {"/api/v1/figures?year=2018", "2020-12-31"},
        {"/api/v1/figures?year=2026", "2020-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json = get_json(*state, cases[i].target, HTTP_OK);
        json_t *first = json_array_get(json_object_get(json, "figures"), 0);
        assert_string_equal(text_of(json_object_get(first, "target"), "date"), cases[i].date);
        json_decref(json);
    }
}

static void figures_refuse_what_the_plan_does_not_know(void **state)
{
    static const char *const wrong[] = {
        "?area=999999",
        "?operator=xx",
        "?year=",
        "?year=20177",
        "?year=-017",
        "?format=xml",
        "?all_targets=oui",
        "?lang=en",
        "?area=",
        "?Year=2017",
        "?area=371082&area=371083",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/api/v1/figures%s", wrong[i]);
        char *body = fake_get(*state, target, HTTP_BAD_REQUEST);
        assert_non_null(body);
        free(body);
    }
}

static void figures_come_in_the_format_that_is_asked_for(void **state)
{
    static const struct {
        const char *target, *accept, *type;
        enum http_status status;
    } cases[] = {
        {"/api/v1/figures", NULL, "application/json", HTTP_OK},
        {"/api/v1/figures", "text/csv", "text/csv", HTTP_OK},
        {"/api/v1/figures", "text/csv;q=0.5, application/json", "application/json", HTTP_OK},
        {"/api/v1/figures", "application/json;q=0.1, text/*;q=0.9", "text/csv", HTTP_OK},
        {"/api/v1/figures", "text/html", "application/problem+json", HTTP_NOT_ACCEPTABLE},
        {"/api/v1/figures?format=csv", "application/json", "text/csv", HTTP_OK},
        {"/api/v1/figures?format=json", "text/csv", "application/json", HTTP_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_response response =
            fake_ask(*state, HTTP_GET, cases[i].target, cases[i].accept, NULL);
        assert_int_equal(response.status, cases[i].status);
        assert_memory_equal(response.content_type, cases[i].type, strlen(cases[i].type));
        http_response_fini(&response);
    }
}

static size_t count_rows(const char *csv)
{
    size_t rows = 0;
    for (const char *at = csv; (at = strstr(at, "\r\n")); at += 2)
        rows++;
    return rows;
}

static void csv_has_a_row_for_each_figure_and_no_formula(void **state)
{
    struct fake_site *fake = *state;
    char *csv = fake_get(fake, "/api/v1/figures?format=csv", HTTP_OK);
    assert_non_null(csv);
    assert_memory_equal(csv, "\xef\xbb\xbf", 3); /* for spreadsheets */
    assert_int_equal(count_rows(csv), 1 + figure_count(fake, "/api/v1/figures"));
    assert_non_null(strstr(csv, "\"'=SUM(\"\"a\"\",1)\""));
    assert_null(strstr(csv, ",\"="));
    assert_null(strstr(csv, ",="));
    free(csv);
    struct http_response plain = fake_ask(fake, HTTP_GET, "/api/v1/figures", "text/csv", NULL);
    assert_true(plain.body_length > 3 && memcmp(plain.body, "\xef\xbb\xbf", 3) != 0);
    http_response_fini(&plain);
}

/* --- state --- */

static void health_is_503_with_the_reason_when_the_registry_cannot_be_read(void **state)
{
    struct fake_site *fake = *state;
    json_t *well = get_json(fake, "/healthz", HTTP_OK);
    assert_string_equal(text_of(well, "status"), "ok");
    assert_int_equal(json_integer_value(json_object_get(well, "last_commit_age_s")), 42);
    json_decref(well);
    fake->failure = -EIO;
    json_t *ill = get_json(fake, "/healthz", HTTP_UNAVAILABLE);
    assert_string_equal(text_of(ill, "reason"), "the registry cannot be read");
    assert_true(json_is_null(json_object_get(ill, "last_commit_age_s")));
    json_decref(ill);
    static const char *const others[] = {
        "/api/v1/probes", "/api/v1/quarantine", "/api/v1/figures", "/metrics",       "/plain",
        "/api/v1/nodes",  "/api/v1/trends",     "/api/v1/series",  "/api/v1/quality"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char *problem = fake_get(fake, others[i], HTTP_UNAVAILABLE);
        assert_non_null(problem);
        free(problem);
    }
}

static void probes_say_null_for_what_is_not_known(void **state)
{
    json_t *json = get_json(*state, "/api/v1/probes", HTTP_OK);
    json_t *probes = json_object_get(json, "probes");
    assert_int_equal(json_array_size(probes), 3);
    json_t *never = json_array_get(probes, 2);
    assert_string_equal(text_of(never, "state"), "never-heard");
    assert_true(json_is_null(json_object_get(never, "last_arrived")));
    assert_true(json_is_null(json_object_get(never, "capture_coverage")));
    json_decref(json);
}

static void static_files_have_no_address_that_a_route_has(void **state)
{
    (void)state;
    for (const struct asset *asset = assets; asset->path; asset++) {
        assert_true(asset->length > 0);
        for (const struct route *route = routes; route->path; route++)
            assert_string_not_equal(route->path, asset->path);
    }
}

/* --- what stands behind the figures --- */

static size_t array_size(struct fake_site *fake, const char *target, const char *key)
{
    json_t *json = get_json(fake, target, HTTP_OK);
    size_t size = json_array_size(json_object_get(json, key));
    json_decref(json);
    return size;
}

static void nodes_are_filtered_by_area_and_operator(void **state)
{
    size_t all = array_size(*state, "/api/v1/nodes", "nodes");
    size_t by_area = 0, by_operator = 0;
    struct fake_site *fake = *state;
    char target[128];
    for (size_t i = 1; i < plan_area_count(fake->plan); i++) {
        (void)snprintf(target, sizeof target, "/api/v1/nodes?area=%s",
                       plan_area_at(fake->plan, i)->key);
        by_area += array_size(fake, target, "nodes");
    }
    for (size_t i = 0; i < plan_operator_count(fake->plan); i++) {
        (void)snprintf(target, sizeof target, "/api/v1/nodes?operator=%s",
                       plan_operator_at(fake->plan, i)->key);
        by_operator += array_size(fake, target, "nodes");
    }
    assert_true(all > 0);
    assert_int_equal(by_area, all);
    assert_int_equal(by_operator, all);
    assert_int_equal(array_size(fake, "/api/v1/nodes?area=371000", "nodes"), all);
    free(fake_get(fake, "/api/v1/nodes?area=1", HTTP_BAD_REQUEST));
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* Of the first area probes said nothing: null, never 0. */
static void quality_is_merged_by_area_and_class_of_destinations(void **state)
{
    struct fake_site *fake = *state;
    json_t *json = get_json(fake, "/api/v1/quality?area=all", HTTP_OK);
    json_t *rows = json_object_get(json, "quality");
    assert_int_equal(json_array_size(rows) % 3, 0);
    json_t *city = json_array_get(rows, 0), *cloud = json_array_get(rows, 1);
    json_t *silent = json_array_get(rows, 3);
    assert_true(json_is_null(json_object_get(city, "class")));
    assert_string_equal(text_of(cloud, "class"), "cloud");
    assert_true(fabs(number_of(city, "retransmitted_share") - 0.009) < 1e-9);
    assert_true(fabs(number_of(cloud, "retransmitted_share") - 0.018) < 1e-9);
    json_t *rtt = json_object_get(city, "external_rtt");
    assert_true(fabs(number_of(rtt, "p50_ms") - 16.6) < 0.016 * 16.6); /* the 15th of 40 values */
    assert_true(number_of(rtt, "p95_ms") > number_of(rtt, "p50_ms"));
    assert_true(json_is_null(json_object_get(silent, "retransmitted_share")));
    assert_true(json_is_null(json_object_get(json_object_get(silent, "external_rtt"), "p50_ms")));
    json_decref(json);
    size_t all = 0, by_operator = 0;
    json_t *of;
    json = get_json(fake, "/api/v1/quality", HTTP_OK);
    all = (size_t)json_integer_value(
        json_object_get(json_array_get(json_object_get(json, "quality"), 0), "tcp_segments"));
    json_decref(json);
    for (size_t i = 0; i < plan_operator_count(fake->plan); i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/api/v1/quality?operator=%s",
                       plan_operator_at(fake->plan, i)->key);
        json = get_json(fake, target, HTTP_OK);
        of = json_array_get(json_object_get(json, "quality"), 0);
        by_operator += (size_t)json_integer_value(json_object_get(of, "tcp_segments"));
        json_decref(json);
    }
    assert_true(all > 0);
    assert_int_equal(by_operator, all);
}

static void trends_are_in_order_and_a_revision_stands_beside_what_it_replaced(void **state)
{
    json_t *json = get_json(*state, "/api/v1/trends?indicator=ftth-share", HTTP_OK);
    json_t *points = json_object_get(json, "points");
    size_t revised = 0;
    for (size_t i = 0; i < json_array_size(points); i++) {
        json_t *point = json_array_get(points, i);
        assert_string_equal(text_of(point, "indicator"), "ftth-share");
        revised += strcmp(text_of(point, "status"), "revised") == 0;
        if (i)
            assert_true(strcmp(text_of(json_array_get(points, i - 1), "date"),
                               text_of(point, "date")) <= 0);
    }
    assert_int_equal(revised, 1);
    json_decref(json);
}

static void series_are_filtered_by_kind_and_operator(void **state)
{
    size_t all = array_size(*state, "/api/v1/series", "series"), by_kind = 0;
    char target[128];
    for (const struct conf_name *name = series_kind_names; name->name; name++) {
        (void)snprintf(target, sizeof target, "/api/v1/series?kind=%s", name->name);
        by_kind += array_size(*state, target, "series");
    }
    assert_int_equal(by_kind, all);
    assert_int_equal(array_size(*state, "/api/v1/series?kind=probe&operator=cm", "series"), 0);
}

static void points_are_given_a_year_at_a_time_with_null_for_what_is_unknown(void **state)
{
    json_t *json =
        get_json(*state, "/api/v1/points?series=1&from=1700000100&to=1731536100&step=300", HTTP_OK);
    json_t *values = json_object_get(json, "values");
    assert_int_equal(json_integer_value(json_object_get(json, "step_s")), 300);
    assert_int_equal(json_array_size(values), 2);
    json_t *first = json_array_get(values, 0);
    assert_int_equal(json_array_size(first), 105120);
    size_t unknown = 0;
    for (size_t i = 0; i < json_array_size(first); i++)
        unknown += json_is_null(json_array_get(first, i));
    assert_true(unknown > 0 && unknown < json_array_size(first) / 10);
    json_decref(json);
}

static void points_refuse_what_names_no_series_or_span(void **state)
{
    static const struct {
        const char *target;
        enum http_status status;
    } cases[] = {
        {"/api/v1/points", HTTP_BAD_REQUEST},
        {"/api/v1/points?series=x", HTTP_BAD_REQUEST},
        {"/api/v1/points?series=1&from=-1", HTTP_BAD_REQUEST},
        {"/api/v1/points?series=1&from=9&to=8", HTTP_BAD_REQUEST},
        {"/api/v1/points?series=1&from=1&to=999999999999&step=1", HTTP_BAD_REQUEST},
        {"/api/v1/points?series=1234567890123", HTTP_BAD_REQUEST},
        {"/api/v1/points?series=99999", HTTP_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *problem = fake_get(*state, cases[i].target, cases[i].status);
        assert_non_null(problem);
        free(problem);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        CASE(openapi_describes_every_route_and_no_other),
        CASE(every_json_answer_is_what_openapi_says),
        CASE(figures_are_filtered_by_area_operator_and_target),
        CASE(the_target_in_force_depends_on_the_year),
        CASE(figures_refuse_what_the_plan_does_not_know),
        CASE(figures_come_in_the_format_that_is_asked_for),
        CASE(csv_has_a_row_for_each_figure_and_no_formula),
        CASE(health_is_503_with_the_reason_when_the_registry_cannot_be_read),
        CASE(probes_say_null_for_what_is_not_known),
        CASE(static_files_have_no_address_that_a_route_has),
        CASE(nodes_are_filtered_by_area_and_operator),
        CASE(quality_is_merged_by_area_and_class_of_destinations),
        CASE(trends_are_in_order_and_a_revision_stands_beside_what_it_replaced),
        CASE(series_are_filtered_by_kind_and_operator),
        CASE(points_are_given_a_year_at_a_time_with_null_for_what_is_unknown),
        CASE(points_refuse_what_names_no_series_or_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
