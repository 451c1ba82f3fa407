/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each role at each address: who is let in, and what is in the answer then. The table below says
 * what ought to be; the one in entry.c is held against it.
 */
#include "collector/http/entry.h"

#include "tests/support/fake_request.h"

#include "tests/support/cmocka_all.h"

#define NOBODY                                                                                     \
    {                                                                                              \
        .role = ROLE_NOBODY                                                                        \
    }
#define PUBLIC                                                                                     \
    {                                                                                              \
        .role = ROLE_PUBLIC                                                                        \
    }
#define OPERATOR                                                                                   \
    {                                                                                              \
        .role = ROLE_OPERATOR, .name = "engineer", .operator_key = "cu"                            \
    }
#define COMMISSION                                                                                 \
    {                                                                                              \
        .role = ROLE_COMMISSION, .name = "wang"                                                    \
    }
#define ADMIN                                                                                      \
    {                                                                                              \
        .role = ROLE_ADMIN, .name = "root"                                                         \
    }

#define SCRAPER                                                                                    \
    {                                                                                              \
        .role = ROLE_METRICS, .name = "prometheus"                                                 \
    }

static const struct viewer viewers[] = {NOBODY, PUBLIC, OPERATOR, COMMISSION, ADMIN, SCRAPER};
#define VIEWERS (sizeof viewers / sizeof viewers[0])

/* What NOBODY, PUBLIC, OPERATOR, COMMISSION, ADMIN, SCRAPER get. */
static const struct {
    const char *path;
    int status[VIEWERS];
} expected[] = {
    {"/", {401, 200, 200, 200, 200, 403}},
    {"/plain", {401, 200, 200, 200, 200, 403}},
    {"/method", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/figures", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/export", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/plan", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/indicators", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/areas", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/operators", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/trends", {401, 200, 200, 200, 200, 403}},
    {"/api/v1/nodes", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/series", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/series/{id}/graph", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/quality", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/points", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/probes", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/completeness", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/alerts", {401, 401, 200, 200, 200, 403}},
    {"/api/v1/quarantine", {401, 401, 403, 403, 200, 403}},
    {"/metrics", {401, 401, 403, 403, 200, 200}},
    {"/login", {200, 200, 200, 200, 200, 200}},
    {"/api/v1/viewer", {200, 200, 200, 200, 200, 200}},
    {"/healthz", {200, 200, 200, 200, 200, 200}},
    {"/openapi.json", {200, 200, 200, 200, 200, 200}},
    {"/not/there", {401, 401, 403, 403, 404, 403}},
};
#define EXPECTED (sizeof expected / sizeof expected[0])

static int set_up(void **state)
{
    static struct fake_site fake;
    *state = &fake;
    return fake_site_open(&fake, 2000) ? 0 : -1;
}

static int tear_down(void **state)
{
    fake_site_close(*state);
    return 0;
}

static const char *target_of(const char *path)
{
    for (const struct route *route = routes; route->path; route++) {
        static char target[128];
        if (strcmp(route->path, path) == 0)
            return fake_example(route, target);
    }
    return path;
}

/* The body of a GET as somebody, to be freed. */
static char *get_as(struct fake_site *fake, const struct viewer *viewer, const char *target)
{
    struct http_response response = fake_ask_as(fake, viewer, HTTP_GET, target, NULL, NULL);
    assert_int_equal(response.status, HTTP_OK);
    char *body = strndup(response.body, response.body_length);
    http_response_fini(&response);
    assert_non_null(body);
    return body;
}

static void each_role_gets_what_the_table_says(void **state)
{
    for (size_t i = 0; i < EXPECTED; i++) {
        for (size_t k = 0; k < VIEWERS; k++) {
            bool of_series =
                strcmp(expected[i].path, "/api/v1/points") == 0 || strstr(expected[i].path, "{id}");
            if (viewers[k].role == ROLE_OPERATOR && of_series)
                continue; /* depends on whose the series is: below */
            struct http_response response =
                fake_ask_as(*state, &viewers[k], HTTP_GET, target_of(expected[i].path), NULL, NULL);
            if ((int)response.status != expected[i].status[k])
                fail_msg("%s as %zu: %d", expected[i].path, k, (int)response.status);
            assert_int_equal(response.status == HTTP_UNAUTHORIZED, response.authenticate != NULL);
            http_response_fini(&response);
        }
    }
}

static void every_route_has_its_row_in_both_tables(void **state)
{
    (void)state;
    for (const struct route *route = routes; route->path; route++) {
        size_t found = 0;
        for (size_t i = 0; i < EXPECTED; i++)
            found += strcmp(expected[i].path, route->path) == 0;
        if (found != 1)
            fail_msg("%s has no row in the test's table", route->path);
        char path[128];
        (void)snprintf(path, sizeof path, "%s", target_of(route->path));
        path[strcspn(path, "?")] = '\0';
        if (!entry_of(path)->path)
            fail_msg("%s has no row in entry.c", route->path);
    }
}

static void what_the_table_does_not_know_is_the_administrators(void **state)
{
    (void)state;
    assert_int_equal(entry_of("/api/v1/tomorrow")->roles, ROLES_ADMIN);
    assert_int_equal(entry_of("")->roles, ROLES_ADMIN);
}

static void the_public_sees_no_figure_that_is_withheld(void **state)
{
    static const char all[] = "/api/v1/figures?operator=all&area=all&format=csv";
    char *public = get_as(*state, &viewers[1], all);
    char *commission = get_as(*state, &viewers[3], all);
    char *plain = get_as(*state, &viewers[1], "/plain");
    assert_string_not_equal(public, commission);
    assert_null(strstr(plain, "id=\"probes\""));
    assert_null(strstr(plain, "id=\"alerts\""));
    free(public);
    free(commission);
    free(plain);
}

static void an_operator_has_its_own_figures_whole_and_others_as_the_public(void **state)
{
    char *own = get_as(*state, &viewers[2], "/api/v1/figures?operator=cu");
    char *whole = get_as(*state, &viewers[3], "/api/v1/figures?operator=cu");
    char *other = get_as(*state, &viewers[2], "/api/v1/figures?operator=cm");
    char *public = get_as(*state, &viewers[1], "/api/v1/figures?operator=cm");
    char *mine_as_public = get_as(*state, &viewers[1], "/api/v1/figures?operator=cu");
    assert_string_equal(own, whole);
    assert_string_equal(other, public);
    assert_string_not_equal(own, mine_as_public);
    free(own);
    free(whole);
    free(other);
    free(public);
    free(mine_as_public);
}

/* How many rows of a JSON text are this operator's; NULL: anybody's. */
static size_t rows_of(const char *text, const char *operator_key)
{
    static const char name[] = "\"operator\":";
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, name)) != NULL;) {
        at += sizeof name - 1;
        at += strspn(at, " \"");
        count += !operator_key || (strncmp(at, operator_key, strlen(operator_key)) == 0 &&
                                   at[strlen(operator_key)] == '"');
    }
    return count;
}

static void an_operator_meets_nothing_of_anothers_network(void **state)
{
    static const char *const paths[] = {"/api/v1/nodes", "/api/v1/series", "/api/v1/probes",
                                        "/api/v1/completeness?format=json", "/api/v1/alerts"};
    struct viewer foreign = viewers[2];
    (void)snprintf(foreign.operator_key, sizeof foreign.operator_key, "nobody-s");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *all = get_as(*state, &viewers[3], paths[i]);
        char *own = get_as(*state, &viewers[2], paths[i]);
        char *none = get_as(*state, &foreign, paths[i]);
        if (rows_of(all, NULL) == 0)
            fail_msg("%s shows nothing to the commission: the test has no teeth", paths[i]);
        assert_int_equal(rows_of(none, NULL), 0);
        assert_int_equal(rows_of(own, NULL), rows_of(all, "cu"));
        assert_int_equal(rows_of(own, "cu"), rows_of(all, "cu"));
        free(all);
        free(own);
        free(none);
    }
}

/* What all operators together have, less what it has itself, would be another's. */
static void an_operator_sees_the_quality_of_its_own_network_unless_it_asks_for_all(void **state)
{
    struct viewer foreign = viewers[2];
    (void)snprintf(foreign.operator_key, sizeof foreign.operator_key, "nobody-s");
    char *whole = get_as(*state, &viewers[3], "/api/v1/quality?area=all");
    char *of_cu = get_as(*state, &viewers[3], "/api/v1/quality?area=all&operator=cu");
    assert_string_not_equal(whole, of_cu);
    static const char *const paths[] = {"/api/v1/quality?area=all",
                                        "/api/v1/quality?area=all&operator=cu"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *own = get_as(*state, &viewers[2], paths[i]);
        assert_string_equal(own, of_cu);
        free(own);
        struct http_response refused =
            fake_ask_as(*state, &foreign, HTTP_GET, paths[i], NULL, NULL);
        assert_int_equal(refused.status, HTTP_FORBIDDEN);
        http_response_fini(&refused);
    }
    free(whole);
    free(of_cu);
}

static void points_of_anothers_series_are_not_there(void **state)
{
    char *series = get_as(*state, &viewers[3], "/api/v1/series");
    struct viewer owner = viewers[2], other = viewers[2];
    const char *first = strstr(series, "\"operator\":\"");
    assert_non_null(first);
    first += strlen("\"operator\":\"");
    (void)snprintf(owner.operator_key, sizeof owner.operator_key, "%.*s", (int)strcspn(first, "\""),
                   first);
    (void)snprintf(other.operator_key, sizeof other.operator_key, "nobody-s");
    const struct http_response seen =
        fake_ask_as(*state, &owner, HTTP_GET, "/api/v1/points?series=1", NULL, NULL);
    const struct http_response hidden =
        fake_ask_as(*state, &other, HTTP_GET, "/api/v1/points?series=1", NULL, NULL);
    struct http_response graph =
        fake_ask_as(*state, &other, HTTP_GET, "/api/v1/series/1/graph", NULL, NULL);
    assert_int_equal(graph.status, HTTP_NOT_FOUND);
    http_response_fini(&graph);
    assert_int_equal(seen.status, HTTP_OK);
    assert_int_equal(hidden.status, HTTP_NOT_FOUND);
    free(seen.owned);
    free(hidden.owned);
    free(series);
}

/* --- totals of which an operator knows its own part --- */

/* Who has lines where, of what the fake network has: areas by their place in the plan. */
static const char *const present[] = {"", "", "cu ct", "cu ct cm", "cu ct cm", "cu ct cm", "ct cm"};
static const struct fake_site *thinned;

static bool is_present(const struct traffic_evidence *traffic)
{
    size_t a = 0;
    while (strcmp(plan_area_at(thinned->plan, a)->key, traffic->area) != 0)
        a++;
    return a < sizeof present / sizeof present[0] && strstr(present[a], traffic->operator_name);
}

static int thin_evidence(void *ctx, int64_t last_day, uint64_t now_ns,
                         struct evidence **out_evidence)
{
    int status = thinned->source.evidence(ctx, last_day, now_ns, out_evidence);
    for (size_t i = 0; status == 0 && i < (*out_evidence)->traffic_count; i++) {
        struct traffic_evidence *traffic = &(*out_evidence)->traffic[i];
        if (!is_present(traffic))
            traffic->days = traffic->tcp_segments = traffic->answered = 0;
    }
    return status;
}

/* The row of an area over all destinations: "withheld" or not, and whether it has a number. */
static void read_row(const char *text, const char *area, bool *out_withheld, bool *out_number)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "\"area\":\"%s\",\"class\":null", area);
    const char *row = strstr(text, wanted);
    assert_non_null(row);
    const char *segments = strstr(row, "\"tcp_segments\":"),
               *verdict = strstr(row, "\"withheld\":");
    assert_non_null(segments);
    assert_non_null(verdict);
    *out_number = strncmp(segments + strlen("\"tcp_segments\":"), "null", 4) != 0;
    *out_withheld = strncmp(verdict + strlen("\"withheld\":"), "true", 4) == 0;
}

static void expect_row(struct fake_site *fake, const struct viewer *viewer, size_t area, bool seen)
{
    char target[64];
    const char *key = plan_area_at(fake->plan, area)->key;
    (void)snprintf(target, sizeof target, "/api/v1/quality?operator=all&area=%s", key);
    const char *const targets[] = {"/api/v1/quality?operator=all&area=all", target};
    for (size_t i = 0; i < 2; i++) {
        bool withheld, number;
        char *text = get_as(fake, viewer, targets[i]);
        read_row(text, key, &withheld, &number);
        if (withheld == seen || number != seen)
            fail_msg("%s as %s", key, viewer->operator_key);
        assert_int_equal(strstr(text, "one other operator is in it") != NULL, withheld || i == 0);
        free(text);
    }
}

static void a_total_that_would_give_away_the_only_other_operator_is_withheld(void **state)
{
    struct fake_site *fake = *state;
    struct viewer cu = viewers[2], cm = viewers[2];
    struct site_source source = fake->source;
    struct site *whole = fake->site;
    (void)snprintf(cm.operator_key, sizeof cm.operator_key, "cm");
    thinned = fake;
    source.evidence = thin_evidence;
    fake->site = site_new(fake->plan, &source, 0);
    assert_non_null(fake->site);
    expect_row(fake, &cu, 2, false); /* ct alone besides */
    expect_row(fake, &cu, 3, true);
    expect_row(fake, &cu, 6, true);  /* two others */
    expect_row(fake, &cu, 0, false); /* less those that are seen, area 2 is left */
    expect_row(fake, &cm, 2, true);  /* both are others */
    expect_row(fake, &cm, 6, false); /* ct alone besides */
    bool withheld, number;
    char *text = get_as(fake, &viewers[3], "/api/v1/quality?area=all");
    for (size_t a = 2; a < sizeof present / sizeof present[0]; a++) {
        read_row(text, plan_area_at(fake->plan, a)->key, &withheld, &number);
        assert_true(number && !withheld); /* the commission sees them all */
    }
    free(text);
    text = get_as(fake, &cu, "/api/v1/quality?area=all&operator=cu");
    assert_null(strstr(text, "\"withheld\":true")); /* its own */
    free(text);
    site_free(fake->site);
    fake->site = whole;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_gets_what_the_table_says),
        cmocka_unit_test(every_route_has_its_row_in_both_tables),
        cmocka_unit_test(what_the_table_does_not_know_is_the_administrators),
        cmocka_unit_test(the_public_sees_no_figure_that_is_withheld),
        cmocka_unit_test(an_operator_has_its_own_figures_whole_and_others_as_the_public),
        cmocka_unit_test(an_operator_meets_nothing_of_anothers_network),
        cmocka_unit_test(an_operator_sees_the_quality_of_its_own_network_unless_it_asks_for_all),
        cmocka_unit_test(points_of_anothers_series_are_not_there),
        cmocka_unit_test(a_total_that_would_give_away_the_only_other_operator_is_withheld),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
