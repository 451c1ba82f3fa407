/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The site over a real registry that another handle writes to.
 */
#include "collector/http/registry_source.h"

#include "common/clock.h"

#include "collector/registry/history.h"
#include "collector/registry/registry.h"
#include "collector/settings.h"

#include "tests/support/fake_request.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>

static const struct rule_settings rules = {
    .activity_days = 90,
    .presence_days = 15,
    .census_coverage = 0.95,
    .sample_coverage = 0.30,
    .completeness_gate = 0.75,
    .capability_share = 0.80,
};

struct bench {
    char *folder;
    struct registry *writer;
    struct fake_site fake; /* its plan; its site is over the registry */
};

static int open_bench(void **state)
{
    static struct bench bench;
    struct site_source source;
    char path[512];
    bench.folder = temp_folder_new();
    (void)snprintf(path, sizeof path, "%s/registry.db", bench.folder);
    *state = &bench;
    if (!fake_site_open(&bench.fake, 0) ||
        registry_source_open(path, bench.fake.plan, &rules, NULL, &source) != -ENOENT)
        return -1;
    bench.writer = registry_open(path);
    if (!bench.writer || registry_source_open(path, bench.fake.plan, &rules, NULL, &source) < 0)
        return -1;
    site_free(bench.fake.site);
    bench.fake.site = site_new(bench.fake.plan, &source, 0);
    return bench.fake.site ? 0 : -1;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    fake_site_close(&bench->fake);
    registry_close(bench->writer);
    temp_folder_remove(bench->folder);
    return 0;
}

static void what_was_committed_shows_on_the_next_request(void **state)
{
    struct bench *bench = *state;
    const uint64_t start = FAKE_NOW_NS - 2 * FIXTURE_INTERVAL_NS;
    char *before = fake_get(&bench->fake, "/api/v1/probes", HTTP_OK);
    assert_non_null(strstr(before, "\"probes\": []"));
    free(before);

    struct report *report = fixture_report("olt-huancui", 1, 1, start);
    (void)fixture_add_lines(report, 100, 25);
    assert_true(fixture_commit(bench->writer, report));

    char *probes = fake_get(&bench->fake, "/api/v1/probes", HTTP_OK);
    assert_non_null(strstr(probes, "\"probe\": \"olt-huancui\""));
    assert_non_null(strstr(probes, "\"state\": \"reporting\""));
    assert_non_null(strstr(probes, "\"reports\": 1"));
    free(probes);
    char *metrics = fake_get(&bench->fake, "/metrics", HTTP_OK);
    assert_non_null(strstr(metrics, "\nlastmile_reports_stored_total 1\n"));
    assert_non_null(strstr(metrics, "\nlastmile_lines 25\n"));
    free(metrics);
    char *page = fake_get(&bench->fake, "/plain", HTTP_OK);
    assert_non_null(strstr(page, "olt-huancui"));
    free(page);
}

static void an_empty_registry_gives_no_verdict_and_no_value(void **state)
{
    struct bench *bench = *state;
    char *figures = fake_get(&bench->fake, "/api/v1/figures?all_targets=true", HTTP_OK);
    assert_non_null(figures);
    assert_null(strstr(figures, "\"verdict\": \"MET\""));
    assert_null(strstr(figures, "\"verdict\": \"NOT_MET\""));
    assert_null(strstr(figures, "\"value\": 0,\n      \"lower\""));
    free(figures);
    char *health = fake_get(&bench->fake, "/healthz", HTTP_OK);
    assert_non_null(strstr(health, "\"last_commit\": null"));
    free(health);
}

static void health_turns_red_an_hour_after_the_last_commit(void **state)
{
    struct bench *bench = *state;
    const uint64_t start = FAKE_NOW_NS - 3601 * CLOCK_NS_PER_S - FIXTURE_INTERVAL_NS;
    assert_true(fixture_commit(bench->writer, fixture_report("olt-1", 1, 1, start)));
    char *health = fake_get(&bench->fake, "/healthz", HTTP_UNAVAILABLE);
    assert_non_null(health);
    assert_non_null(strstr(health, "no report was committed for an hour"));
    free(health);
}

/* --- trends --- */

static struct history_row row_of(enum history_span span, const char *date,
                                 enum history_status status, double value)
{
    struct history_row row = {.indicator = "ftth-share",
                              .area = "371000",
                              .span = span,
                              .status = status,
                              .value = optional_double(value),
                              .verdict = VERDICT_NOT_MET,
                              .basis = BASIS_CENSUS,
                              .grade = 'B',
                              .definition_version = 1,
                              .reason = "because",
                              .computed_by = "test",
                              .computed_ns = FAKE_NOW_NS};
    assert_int_equal(clock_parse_date(date, &row.day), 0);
    return row;
}

/* What was final stays beside its revision; what was only provisional does not; a frozen year
 * stands for its December. */
static void trends_tell_months_frozen_years_and_what_was_revised(void **state)
{
    struct bench *bench = *state;
    const struct history_row rows[] = {
        row_of(HISTORY_MONTH, "2017-11-30", HISTORY_PROVISIONAL, 50),
        row_of(HISTORY_MONTH, "2017-11-30", HISTORY_FINAL, 51),
        row_of(HISTORY_MONTH, "2017-12-31", HISTORY_FINAL, 52),
        row_of(HISTORY_YEAR, "2017-12-31", HISTORY_FINAL, 52),
        row_of(HISTORY_YEAR, "2017-12-31", HISTORY_REVISED, 53),
    };
    const struct history_period period = {.day = rows[2].day, .computed_ns = FAKE_NOW_NS};
    assert_int_equal(
        registry_add_history(bench->writer, rows, sizeof rows / sizeof rows[0], &period), 0);
    const struct trends *trends;
    assert_int_equal(site_trends(bench->fake.site, FAKE_NOW_NS, &trends), 0);
    static const struct {
        double value;
        bool of_year;
        enum trend_status status;
        const char *reason;
    } wanted[] = {
        {51, false, TREND_FINAL, ""},
        {52, true, TREND_REVISED, ""},
        {53, true, TREND_FINAL, "because"},
    };
    assert_int_equal(trends->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(trends->points[i].value.value == wanted[i].value);
        assert_int_equal(trends->points[i].of_year, wanted[i].of_year);
        assert_int_equal(trends->points[i].status, wanted[i].status);
        assert_string_equal(trends->points[i].reason, wanted[i].reason);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        CASE(what_was_committed_shows_on_the_next_request),
        CASE(an_empty_registry_gives_no_verdict_and_no_value),
        CASE(health_turns_red_an_hour_after_the_last_commit),
        CASE(trends_tell_months_frozen_years_and_what_was_revised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
