/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exports and pictures: what the programs are told, and pictures drawn by the real rrdtool of a
 * database with a colon in its path.
 */
#include "collector/http/order.h"

#include "tests/support/fake_request.h"
#include "tests/support/temp_folder.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_S (FAKE_NOW_NS / UINT64_C(1000000000) - 86400)

static struct fake_site fake;
static char *folder;
static char series_folder[300];

static int open_fake(void **state)
{
    *state = &fake;
    folder = temp_folder_new();
    return folder && setenv("TMPDIR", folder, 1) == 0 && fake_site_open(&fake, 0) ? 0 : -1;
}

static int close_fake(void **state)
{
    (void)state;
    (void)unsetenv("TMPDIR");
    temp_folder_remove(folder);
    fake_site_close(&fake);
    return 0;
}

static bool has_argument(const struct order_step *step, const char *argument)
{
    for (size_t i = 0; i < step->count; i++)
        if (strcmp(step->arguments[i], argument) == 0)
            return true;
    return false;
}

static void each_format_of_an_export_is_an_order_to_the_program_for_it(void **state)
{
    static const struct {
        const char *target, *accept, *type, *file, *format;
    } cases[] = {
        {"?year=2017", NULL, "text/csv; charset=utf-8; header=present", "lastmile-2017.csv", "csv"},
        {"?year=2017&format=json", NULL, "application/json", "lastmile-2017.json", "json"},
        {"?year=2020", "application/json", "application/json", "lastmile-2020.json", "json"},
        {"?year=2017&format=xlsx", "text/html",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "lastmile-2017.xlsx",
         "xlsx"},
        {"?year=2017&format=package", NULL, "application/gzip", "lastmile-2017.tar.gz", "package"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/api/v1/export%s", cases[i].target);
        struct http_response response = fake_ask(*state, HTTP_GET, target, cases[i].accept, NULL);
        assert_int_equal(response.status, HTTP_OK);
        assert_string_equal(response.content_type, cases[i].type);
        assert_string_equal(response.file_name, cases[i].file);
        assert_non_null(response.order);
        assert_true(has_argument(&response.order->steps[0], "export"));
        assert_true(has_argument(&response.order->steps[0], cases[i].format));
        assert_true(has_argument(&response.order->steps[0], "/etc/lastmile/collector.cfg"));
        assert_false(has_argument(&response.order->steps[0], "--full"));
        assert_int_equal(response.order->steps[1].count > 0,
                         strcmp(cases[i].format, "package") == 0);
        http_response_fini(&response);
    }
    static const struct {
        const char *target;
        enum http_status status;
    } wrong[] = {{"/api/v1/export?year=1999", HTTP_NOT_FOUND},
                 {"/api/v1/export?year=2099", HTTP_NOT_FOUND},
                 {"/api/v1/export?format=exe", HTTP_BAD_REQUEST},
                 {"/api/v1/export?full=1", HTTP_BAD_REQUEST}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *problem = fake_get(*state, wrong[i].target, wrong[i].status);
        assert_non_null(problem);
        free(problem);
    }
}

static void a_graph_refuses_what_is_no_span_size_or_series(void **state)
{
    static const struct {
        const char *target;
        enum http_status status;
    } wrong[] = {{"/api/v1/series/1/graph?width=2001", HTTP_BAD_REQUEST},
                 {"/api/v1/series/1/graph?height=10", HTTP_BAD_REQUEST},
                 {"/api/v1/series/1/graph?from=9&to=9", HTTP_BAD_REQUEST},
                 {"/api/v1/series/1/graph?from=2020", HTTP_BAD_REQUEST}, /* 1970: not rrdtool's */
                 {"/api/v1/series/1/graph?to=2020", HTTP_BAD_REQUEST},
                 {"/api/v1/series/1/graph?to=4102444801", HTTP_BAD_REQUEST},
                 {"/api/v1/series/1/graph?format=gif", HTTP_BAD_REQUEST},
                 {"/api/v1/series/1/graph?step=5", HTTP_BAD_REQUEST},
                 {"/api/v1/series/99999/graph", HTTP_NOT_FOUND},
                 {"/api/v1/series//graph", HTTP_NOT_FOUND},
                 {"/api/v1/series/1x/graph", HTTP_NOT_FOUND},
                 {"/api/v1/series/-1/graph", HTTP_NOT_FOUND},
                 {"/api/v1/series/1/graph/", HTTP_NOT_FOUND},
                 {"/api/v1/series/1111111111111111111/graph", HTTP_NOT_FOUND}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *problem = fake_get(*state, wrong[i].target, wrong[i].status);
        assert_non_null(problem);
        free(problem);
    }
}

/* --- Pictures --- */

static void run(struct order *order)
{
    const struct http_request request = {.method = HTTP_GET};
    struct http_response response = {.status = HTTP_OK};
    order->timeout_s = 20;
    order->memory_bytes = (size_t)1 << 30;
    http_respond_order(&response, "text/plain", order);
    order_run(&request, &response);
    http_response_fini(&response);
}

/* Databases 1..9 of every source name, with a day of points each. */
static void make_databases(void)
{
    (void)snprintf(series_folder, sizeof series_folder, "%s/a:b\\c", folder);
    assert_int_equal(mkdir(series_folder, 0700), 0);
    for (int id = 1; id <= 2; id++) {
        struct order *create = order_new();
        order_put(create, 0, "rrdtool");
        order_put(create, 0, "create");
        order_printf(create, 0, "%s/%d.rrd", series_folder, id);
        order_printf(create, 0, "--start=%" PRIu64, FIRST_S);
        order_put(create, 0, "--step=300");
        const char *const names[] = {"lines_seen", "down_bit_s", "up_bit_s",       "provisioned",
                                     "active",     "wtp_run",    "wtp_configured", "stations",
                                     "in_bit_s",   "out_bit_s",  "packets_s",      "dropped_s",
                                     "coverage"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            order_printf(create, 0, "DS:%s:GAUGE:600:0:U", names[i]);
        order_put(create, 0, "RRA:AVERAGE:0.5:1:600");
        run(create);
        struct order *update = order_new();
        order_put(update, 0, "rrdtool");
        order_put(update, 0, "update");
        order_printf(update, 0, "%s/%d.rrd", series_folder, id);
        for (unsigned i = 1; i < 80; i++)
            order_printf(update, 0, "%" PRIu64 ":1:2e6:3e6:4:5:6:7:8:9e6:%ue6:1:2:0.5",
                         FIRST_S + i * 1000, i);
        run(update);
    }
    const struct site_tools tools = {.series_folder = series_folder};
    site_set_tools(fake.site, &tools);
}

/* The picture's bytes; the caller frees them. */
static char *draw(const char *target, const char *type, size_t *out_length)
{
    const struct http_request request = {.method = HTTP_GET};
    struct http_response response = fake_ask(&fake, HTTP_GET, target, NULL, NULL);
    assert_int_equal(response.status, HTTP_OK);
    assert_non_null(response.order);
    order_run(&request, &response);
    assert_int_equal(response.status, HTTP_OK);
    assert_string_equal(response.content_type, type);
    char *bytes = calloc(1, (size_t)response.fd_length + 1);
    assert_non_null(bytes);
    assert_int_equal(pread(response.fd, bytes, (size_t)response.fd_length, 0), response.fd_length);
    *out_length = (size_t)response.fd_length;
    http_response_fini(&response);
    return bytes;
}

static unsigned big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

static void a_series_is_drawn_in_the_size_and_language_asked_for(void **state)
{
    (void)state;
    if (access("/usr/bin/rrdtool", X_OK) != 0) /* ./dev test installs it */
        skip();
    make_databases();
    size_t length;
    char *png =
        draw("/api/v1/series/1/graph?format=png&width=500&height=100", "image/png", &length);
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    assert_true(length > 1000);
    assert_true(big_endian(png + 16) > 500 && big_endian(png + 16) < 700); /* and its margins */
    assert_true(big_endian(png + 20) > 100 && big_endian(png + 20) < 300);
    free(png);
    /* A glyph is defined once for each letter: a Chinese font is there when the words have some. */
    char *zh = draw("/api/v1/series/1/graph?format=svg&lang=zh", "image/svg+xml", &length);
    char *en = draw("/api/v1/series/1/graph?format=svg&lang=en", "image/svg+xml", &length);
    assert_non_null(strstr(zh, "<svg"));
    assert_true(count_of(zh, "<path") > 10 && count_of(en, "<path") > 10);
    assert_true(count_of(zh, "<symbol") >= 10 && count_of(en, "<symbol") >= 10);
    assert_string_not_equal(zh, en);
    free(zh);
    free(en);
}

static void what_a_probe_named_is_one_argument_and_letters_only(void **state)
{
    fake.hostile = NULL;
    struct http_response response =
        fake_ask(*state, HTTP_GET, "/api/v1/series/1/graph?lang=en", NULL, NULL);
    assert_non_null(response.order);
    const struct order_step *step = &response.order->steps[0];
    size_t titles = 0;
    for (size_t i = 0; i < step->count; i++) {
        titles += strncmp(step->arguments[i], "--title=", 8) == 0;
        /* The folder's colon is escaped wherever it stands in a definition. */
        assert_true(strncmp(step->arguments[i], "DEF:", 4) != 0 ||
                    strstr(step->arguments[i], "/last\\:mile/rrd/1.rrd:") != NULL);
    }
    assert_int_equal(titles, 1);
    http_response_fini(&response);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        CASE(each_format_of_an_export_is_an_order_to_the_program_for_it),
        CASE(a_graph_refuses_what_is_no_span_size_or_series),
        CASE(a_series_is_drawn_in_the_size_and_language_asked_for),
        CASE(what_a_probe_named_is_one_argument_and_letters_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
