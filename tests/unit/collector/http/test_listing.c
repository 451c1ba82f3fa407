/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists as tables and in pages, for every address that openapi.json says has them.
 */
#include "collector/http/listing.h"

#include "tests/support/fake_request.h"

#include "tests/support/cmocka_all.h"

#include <jansson.h>

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

static json_t *get_json(struct fake_site *fake, const char *target)
{
    char *body = fake_get(fake, target, HTTP_OK);
    assert_non_null(body);
    json_t *json = json_loads(body, 0, NULL);
    assert_non_null(json);
    free(body);
    return json;
}

static json_t *openapi_get(const json_t *openapi, const char *path)
{
    return json_object_get(json_object_get(json_object_get(openapi, "paths"), path), "get");
}

static bool takes_parameter(const json_t *get, const char *reference)
{
    json_t *parameters = json_object_get(get, "parameters");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(parameters, i), "$ref"));
        if (name && strcmp(strrchr(name, '/') + 1, reference) == 0)
            return true;
    }
    return false;
}

/* Whether a route gives a table that is made from its JSON: what is no list, or has a table of its
 * own, is tested elsewhere. */
static bool is_listing(const struct route *route)
{
    static const char *const others[] = {"/api/v1/figures", "/api/v1/points", "/api/v1/export"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(route->path, others[i]) == 0)
            return false;
    for (size_t i = 0; i < ROUTE_TYPES_MAX && route->content_types[i]; i++)
        if (strcmp(route->content_types[i], "text/csv") == 0)
            return true;
    return false;
}

static json_t *columns_of(const json_t *get)
{
    json_t *ok = json_object_get(json_object_get(get, "responses"), "200");
    json_t *csv = json_object_get(json_object_get(ok, "content"), "text/csv");
    return json_object_get(json_object_get(csv, "schema"), "x-columns");
}

/* --- Tables --- */

/* Cells of the row at *at, which moves on; RFC 4180 is the judge. */
static size_t read_row(const char **at, char cells[32][512])
{
    size_t count = 0;
    while (**at) {
        size_t used = 0;
        bool quoted = **at == '"';
        *at += quoted;
        while (**at && (quoted || !strchr(",\r", **at))) {
            if (quoted && **at == '"') {
                (*at)++;
                if (**at != '"')
                    break;
            }
            assert_true(used < 511);
            cells[count][used++] = *(*at)++;
        }
        cells[count++][used] = '\0';
        assert_true(count < 32);
        if (**at == ',') {
            (*at)++;
            continue;
        }
        assert_memory_equal(*at, "\r\n", 2);
        *at += 2;
        break;
    }
    return count;
}

static void assert_is_table(const char *csv, const json_t *columns, size_t at_least)
{
    static char cells[32][512];
    const char *at = csv;
    assert_int_equal(read_row(&at, cells), json_array_size(columns));
    for (size_t i = 0; i < json_array_size(columns); i++)
        assert_string_equal(cells[i], json_string_value(json_array_get(columns, i)));
    size_t rows = 0;
    for (; *at; rows++) {
        assert_int_equal(read_row(&at, cells), json_array_size(columns));
        for (size_t i = 0; i < json_array_size(columns); i++)
            assert_null(strchr("=+@\t\r-", cells[i][0] ? cells[i][0] : 'x'));
    }
    assert_true(rows >= at_least);
}

static size_t items_of(const json_t *document)
{
    size_t items = 0;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)document, key, member)
    {
        if (json_is_array(member) && items == 0)
            items = json_array_size(member);
    }
    return items;
}

static void every_list_is_a_table_with_the_columns_that_openapi_names(void **state)
{
    struct fake_site *fake = *state;
    fake->hostile = "=SUM(\"a\",1)\r\n";
    json_t *openapi = get_json(fake, "/openapi.json");
    size_t tables = 0;
    for (const struct route *route = routes; route->path; route++) {
        if (!is_listing(route))
            continue;
        json_t *columns = columns_of(openapi_get(openapi, route->path));
        assert_non_null(columns);
        struct http_response csv = fake_ask(fake, HTTP_GET, route->path, "text/csv", NULL);
        assert_int_equal(csv.status, HTTP_OK);
        assert_string_equal(csv.content_type, "text/csv; charset=utf-8; header=present");
        assert_non_null(strstr(csv.content_disposition, ".csv\""));
        json_t *json = get_json(fake, route->path);
        assert_is_table(csv.body, columns, items_of(json));
        json_decref(json);
        http_response_fini(&csv);
        tables++;
    }
    assert_true(tables >= 10);
    json_decref(openapi);
}

static void a_row_stands_for_each_line_of_a_node_and_each_table_can_be_had(void **state)
{
    json_t *json = get_json(*state, "/api/v1/nodes");
    json_t *nodes = json_object_get(json, "nodes");
    size_t expected = 1, rows = 0;
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        size_t lines = json_array_size(json_object_get(json_array_get(nodes, i), "lines"));
        expected += lines ? lines : 1;
    }
    char *csv = fake_get(*state, "/api/v1/nodes?format=csv", HTTP_OK);
    assert_non_null(csv);
    for (const char *at = csv; (at = strstr(at, "\r\n")); at += 2)
        rows++;
    assert_int_equal(rows, expected);
    assert_memory_equal(csv, "\xef\xbb\xbf", 3);
    free(csv);
    json_decref(json);
    static const char *const others[] = {"controllers", "interfaces"};
    for (size_t i = 0; i < 2; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/api/v1/nodes?format=csv&table=%s", others[i]);
        csv = fake_get(*state, target, HTTP_OK);
        assert_non_null(csv);
        free(csv);
    }
    csv = fake_get(*state, "/api/v1/nodes?format=csv&table=lines", HTTP_BAD_REQUEST);
    assert_non_null(csv);
    free(csv);
}

static void points_are_a_table_with_a_column_a_source(void **state)
{
    char *csv = fake_get(*state,
                         "/api/v1/points?series=1&from=1700000100&to=1700086500&step=300&"
                         "format=csv",
                         HTTP_OK);
    assert_non_null(csv);
    assert_memory_equal(csv, "time,", 5);
    assert_non_null(strstr(csv, "+08:00,"));
    size_t rows = 0;
    for (const char *at = csv; (at = strstr(at, "\r\n")); at += 2)
        rows++;
    assert_int_equal(rows, 1 + 288);
    free(csv);
}

static void the_api_gives_no_format_that_accept_does_not_take(void **state)
{
    size_t refused = 0;
    for (const struct route *route = routes; route->path; route++) {
        if (strncmp(route->path, "/api/", 5) != 0)
            continue;
        char target[128];
        struct http_response response =
            fake_ask(*state, HTTP_GET, fake_example(route, target), "image/webp", NULL);
        assert_int_equal(response.status, HTTP_NOT_ACCEPTABLE);
        assert_string_equal(response.content_type, "application/problem+json");
        http_response_fini(&response);
        refused++;
    }
    assert_true(refused >= 13);
}

/* --- Pages --- */

/* The target of <...>; rel="next", or "" on the last page. */
static void read_link(const struct http_response *response, char target[static 512])
{
    *target = '\0';
    if (response->link)
        assert_int_equal(sscanf(response->link, "<%511[^>]>; rel=\"next\"", target), 1);
}

/* Puts what the pages hold back together. */
static json_t *walk(struct fake_site *fake, const char *first, size_t limit, size_t *out_pages)
{
    char target[512];
    json_t *whole = json_object();
    (void)snprintf(target, sizeof target, "%s?limit=%zu", first, limit);
    for (*out_pages = 0; *target; (*out_pages)++) {
        struct http_response response = fake_ask(fake, HTTP_GET, target, NULL, NULL);
        assert_int_equal(response.status, HTTP_OK);
        json_t *page = json_loadb(response.body, response.body_length, 0, NULL);
        const char *key;
        json_t *member;
        size_t items = 0;
        json_object_foreach(page, key, member)
        {
            json_t *list = json_object_get(whole, key);
            items += json_array_size(member);
            if (list && json_is_array(list))
                (void)json_array_extend(list, member);
            else
                (void)json_object_set(whole, key, member);
        }
        assert_true(items <= limit);
        read_link(&response, target);
        assert_true(!*target || items == limit);
        json_decref(page);
        http_response_fini(&response);
        assert_true(*out_pages < 2000);
    }
    return whole;
}

static void pages_hold_every_item_once_in_the_order_of_the_list(void **state)
{
    json_t *openapi = get_json(*state, "/openapi.json");
    size_t walked = 0;
    for (const struct route *route = routes; route->path; route++) {
        if (!is_listing(route))
            continue;
        assert_true(takes_parameter(openapi_get(openapi, route->path), "Cursor"));
        json_t *whole = get_json(*state, route->path);
        static const size_t limits[] = {1, 3, 10000};
        for (size_t i = 0; i < 3; i++) {
            size_t pages;
            json_t *again = walk(*state, route->path, limits[i], &pages);
            assert_true(json_equal(again, whole));
            assert_true(limits[i] < 10000 || pages == 1);
            json_decref(again);
        }
        json_decref(whole);
        walked++;
    }
    assert_true(walked >= 10);
    json_decref(openapi);
}

static void figures_come_in_pages_too_as_json_and_as_a_table(void **state)
{
    json_t *whole = get_json(*state, "/api/v1/figures");
    static const size_t limits[] = {9, 10000};
    for (size_t i = 0; i < 2; i++) {
        size_t pages;
        json_t *again = walk(*state, "/api/v1/figures", limits[i], &pages);
        assert_true(json_equal(again, whole));
        assert_true(limits[i] < 10000 ? pages > 3 : pages == 1);
        json_decref(again);
    }
    json_decref(whole);
    struct http_response response = fake_ask(
        *state, HTTP_GET, "/api/v1/figures?all_targets=true&limit=3&format=csv", NULL, NULL);
    assert_int_equal(response.status, HTTP_OK);
    assert_non_null(response.link);
    assert_non_null(strstr(response.link, "?all_targets=true&limit=3&format=csv&cursor="));
    size_t rows = 0;
    for (size_t i = 0; i + 1 < response.body_length; i++)
        rows += response.body[i] == '\r' && response.body[i + 1] == '\n';
    assert_int_equal(rows, 1 + 3); /* no text of them has a line's end in it */
    http_response_fini(&response);
}

static void a_link_keeps_the_question_and_an_item_that_is_gone_moves_nothing_else(void **state)
{
    struct http_response response =
        fake_ask(*state, HTTP_GET, "/api/v1/series?operator=cu&format=csv&limit=1", NULL, NULL);
    assert_int_equal(response.status, HTTP_OK);
    assert_non_null(response.link);
    assert_memory_equal(response.link,
                        "</api/v1/series?operator=cu&format=csv&limit=1&cursor=", 54);
    http_response_fini(&response);
    /* After two items, the last of which is the first of the list now: nothing is left out. */
    response = fake_ask(*state, HTTP_GET, "/api/v1/operators?limit=1", NULL, NULL);
    char target[512];
    read_link(&response, target);
    http_response_fini(&response);
    char *cursor = strstr(target, "cursor=") + 7;
    cursor[15] = '3';
    json_t *moved = get_json(*state, target);
    cursor[15] = '1';
    json_t *stayed = get_json(*state, target);
    assert_true(json_equal(moved, stayed));
    memset(cursor + 16, '0', 16); /* an item that is gone: on from where it stood */
    json_t *gone = get_json(*state, target);
    assert_true(json_equal(gone, stayed));
    json_decref(moved);
    json_decref(stayed);
    json_decref(gone);
}

static void a_cursor_that_is_none_and_a_limit_that_is_none_are_refused(void **state)
{
    static const char *const wrong[] = {
        "limit=0", "limit=10001", "limit=-1", "limit=", "cursor=abc", "cursor=", "cursor=zz"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/api/v1/nodes?%s", wrong[i]);
        char *body = fake_get(*state, target, HTTP_BAD_REQUEST);
        assert_non_null(body);
        free(body);
    }
    static const char far[] = "/api/v1/nodes?cursor=ffffffffffffffff0123456789abcdef";
    json_t *json = get_json(*state, far);
    assert_int_equal(items_of(json), 0);
    json_decref(json);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        CASE(every_list_is_a_table_with_the_columns_that_openapi_names),
        CASE(a_row_stands_for_each_line_of_a_node_and_each_table_can_be_had),
        CASE(points_are_a_table_with_a_column_a_source),
        CASE(the_api_gives_no_format_that_accept_does_not_take),
        CASE(pages_hold_every_item_once_in_the_order_of_the_list),
        CASE(figures_come_in_pages_too_as_json_and_as_a_table),
        CASE(a_link_keeps_the_question_and_an_item_that_is_gone_moves_nothing_else),
        CASE(a_cursor_that_is_none_and_a_limit_that_is_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
