/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicle/chronicle.h"
#include "collector/chronicle/point.h"
#include "collector/indicator/inputs.h"
#include "collector/registry/database.h"
#include "collector/registry/registers.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUSEHOLDS "fixed-broadband-penetration"
#define ALL_MONTHS 1000

struct desk {
    struct plan *plan;
    struct registry *registry;
    struct rule_settings rules;
    const char *version;
    char *folder;
    char path[256];
    uint64_t sequence;
    struct chronicle_result result; /* of the last run */
};

static int set_up(void **state)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    struct desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return -1;
    *state = desk;
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    desk->plan = plan_open(plan_file, areas_file, &error);
    desk->folder = temp_folder_new();
    desk->version = "1.0";
    desk->rules = (struct rule_settings){.activity_days = 90,
                                         .presence_days = 15,
                                         .census_coverage = 0.95,
                                         .sample_coverage = 0.30,
                                         .completeness_gate = 0.75,
                                         .capability_share = 0.80};
    if (!desk->plan || !desk->folder)
        return -1;
    (void)snprintf(desk->path, sizeof desk->path, "%s/registry.db", desk->folder);
    desk->registry = registry_open(desk->path);
    return desk->registry ? 0 : -1;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    registry_close(desk->registry);
    plan_close(desk->plan);
    temp_folder_remove(desk->folder);
    free(desk);
    return 0;
}

static int64_t day_of(int year, int month, int day)
{
    return clock_days_from_civil(year, month, day);
}

/* Eight in the morning of a day of the city. */
static uint64_t at(int year, int month, int day)
{
    return fixture_time_ns(year, month, day, 8, 0);
}

/* As after a restart of the collector. */
static void restart(struct desk *desk)
{
    registry_close(desk->registry);
    desk->registry = registry_open(desk->path);
    assert_non_null(desk->registry);
}

static void run(struct desk *desk, uint64_t now_ns)
{
    const struct chronicle_options options = {.plan = desk->plan,
                                              .registry = desk->registry,
                                              .rules = &desk->rules,
                                              .version = desk->version};
    assert_int_equal(chronicle_run(&options, ALL_MONTHS, now_ns, &desk->result), 0);
    assert_int_equal(desk->result.pending, 0);
}

static void put_lines(struct desk *desk, uint64_t start_ns, uint64_t arrived_ns, uint64_t first,
                      size_t count)
{
    struct report *report = fixture_report("p1", 1, ++desk->sequence, start_ns);
    (void)fixture_add_lines(report, first, count);
    assert_true(fixture_commit_at(desk->registry, report, arrived_ns));
}

static void import_households(struct desk *desk, double value, const char *vintage, uint64_t now_ns)
{
    struct denominator row = {.area = "371000",
                              .variable = "resident-households",
                              .class_name = "all",
                              .value = value,
                              .unit = "households",
                              .source = "yearbook",
                              .status = "final",
                              .reference_day = day_of(2017, 6, 30),
                              .published_day = clock_city_day(now_ns)};
    (void)snprintf(row.vintage, sizeof row.vintage, "%s", vintage);
    assert_int_equal(registry_import_begin(desk->registry, now_ns), 0);
    assert_int_equal(registry_import_denominator(desk->registry, &row), 1);
    assert_int_equal(registry_import_end(desk->registry, true), 0);
}

/* The city's figure of a month or a year as it was known at a time; 0: as it stands. */
static struct history_row figure_at(struct desk *desk, enum history_span span, int64_t day,
                                    uint64_t as_known_ns)
{
    const struct history_query query = {.indicator = HOUSEHOLDS,
                                        .area = "371000",
                                        .operator_name = "",
                                        .months = span == HISTORY_MONTH,
                                        .years = span == HISTORY_YEAR,
                                        .first_day = day,
                                        .last_day = day,
                                        .as_known_ns = as_known_ns};
    struct history_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(registry_list_history(desk->registry, &query, &rows, &count), 0);
    assert_int_equal(count, 1);
    struct history_row row = rows[0];
    free(rows);
    return row;
}

static void assert_figure(struct desk *desk, enum history_span span, uint64_t as_known_ns,
                          double value, enum history_status status)
{
    struct history_row row = figure_at(desk, span, day_of(2017, 12, 31), as_known_ns);
    assert_true(row.value.known);
    assert_true(row.value.value > value - 1e-9 && row.value.value < value + 1e-9);
    assert_int_equal(row.status, status);
}

/* A year of which ten lines of a hundred households are known when it ends. */
static void begin_year(struct desk *desk)
{
    import_households(desk, 100, "2017-07", at(2017, 7, 1));
    put_lines(desk, at(2017, 11, 20), at(2017, 11, 20), 1, 4);
    put_lines(desk, at(2017, 12, 20), at(2017, 12, 20), 1, 10);
}

static void a_month_is_computed_when_it_has_ended_and_not_again_without_cause(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    run(desk, at(2017, 12, 31));
    assert_int_equal(desk->result.computed, 1); /* November */
    run(desk, at(2018, 1, 1));
    assert_int_equal(desk->result.computed, 1);
    assert_true(desk->result.added > 0);
    assert_figure(desk, HISTORY_MONTH, 0, 10, HISTORY_PROVISIONAL);
    assert_figure(desk, HISTORY_YEAR, 0, 10, HISTORY_PROVISIONAL);
    struct history_row row = figure_at(desk, HISTORY_MONTH, day_of(2017, 11, 30), 0);
    assert_true(row.value.value > 3.99 && row.value.value < 4.01);
    assert_string_equal(row.reason, "first computed");
    assert_string_equal(row.vintage, "2017-07");
    assert_int_equal(strlen(row.digest), 64);
    run(desk, at(2018, 1, 1));
    assert_int_equal(desk->result.computed, 0);
    run(desk, at(2018, 1, 9)); /* once more after seven days: nothing has changed */
    assert_int_equal(desk->result.computed, 1);
    assert_int_equal(desk->result.added, 0);
}

static void a_year_is_frozen_after_60_days_and_then_revised_with_a_reason(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    run(desk, at(2018, 1, 1));
    put_lines(desk, at(2017, 12, 21), at(2018, 1, 20), 11, 5);
    restart(desk);
    run(desk, at(2018, 1, 21));
    assert_figure(desk, HISTORY_YEAR, 0, 15, HISTORY_PROVISIONAL);
    assert_string_equal(figure_at(desk, HISTORY_YEAR, day_of(2017, 12, 31), 0).reason,
                        "late reports");
    run(desk, at(2018, 3, 1));
    assert_figure(desk, HISTORY_YEAR, 0, 15, HISTORY_PROVISIONAL);
    restart(desk);
    run(desk, at(2018, 3, 2));
    assert_figure(desk, HISTORY_YEAR, 0, 15, HISTORY_FINAL);
    put_lines(desk, at(2017, 12, 22), at(2018, 4, 1), 16, 5);
    restart(desk);
    run(desk, at(2018, 4, 2));
    assert_figure(desk, HISTORY_YEAR, 0, 20, HISTORY_REVISED);
    struct history_row row = figure_at(desk, HISTORY_YEAR, day_of(2017, 12, 31), 0);
    assert_int_equal(row.revision, 1);
    assert_true(row.old_value.known && row.old_value.value > 14.9 && row.old_value.value < 15.1);
    assert_string_equal(row.reason, "late reports");
    import_households(desk, 200, "2018-05", at(2018, 5, 2));
    run(desk, at(2018, 5, 3));
    row = figure_at(desk, HISTORY_YEAR, day_of(2017, 12, 31), 0);
    assert_int_equal(row.revision, 2);
    assert_string_equal(row.reason, "import: vintage '2018-05' instead of '2017-07'");
    assert_figure(desk, HISTORY_YEAR, 0, 10, HISTORY_REVISED);
    /* And what was known before, as it was known. */
    assert_figure(desk, HISTORY_YEAR, at(2018, 1, 10), 10, HISTORY_PROVISIONAL);
    assert_figure(desk, HISTORY_YEAR, at(2018, 1, 30), 15, HISTORY_PROVISIONAL);
    assert_figure(desk, HISTORY_YEAR, at(2018, 3, 31), 15, HISTORY_FINAL);
    assert_figure(desk, HISTORY_YEAR, at(2018, 4, 30), 20, HISTORY_REVISED);
}

static void the_same_history_comes_of_one_run_as_of_none_between_restarts(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    for (int day = 1; day <= 28; day++) {
        run(desk, at(2018, 1, day));
        restart(desk);
    }
    const struct history_query query = {.months = true,
                                        .years = true,
                                        .first_day = INT64_MIN,
                                        .last_day = INT64_MAX,
                                        .every_row = true};
    struct history_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(registry_list_history(desk->registry, &query, &rows, &count), 0);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rows[i].reason, "first computed"); /* nothing came, nothing is added */
        if (i > 0)
            assert_true(rows[i].day != rows[i - 1].day || rows[i].span != rows[i - 1].span ||
                        strcmp(rows[i].indicator, rows[i - 1].indicator) != 0 ||
                        strcmp(rows[i].area, rows[i - 1].area) != 0 ||
                        strcmp(rows[i].operator_name, rows[i - 1].operator_name) != 0);
    }
    free(rows);
}

static void what_was_missed_is_caught_up_and_final_at_once(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    const struct chronicle_options options = {.plan = desk->plan,
                                              .registry = desk->registry,
                                              .rules = &desk->rules,
                                              .version = desk->version};
    assert_int_equal(chronicle_run(&options, 3, at(2018, 12, 15), &desk->result), 0);
    assert_int_equal(desk->result.computed, 3); /* November, December, January */
    assert_int_equal(desk->result.pending, 10);
    assert_figure(desk, HISTORY_YEAR, 0, 10, HISTORY_FINAL);
    assert_string_equal(figure_at(desk, HISTORY_YEAR, day_of(2017, 12, 31), 0).reason,
                        "first computed more than 60 days after its end");
    run(desk, at(2018, 12, 15));
    assert_int_equal(desk->result.computed, 10);
    assert_int_equal(figure_at(desk, HISTORY_MONTH, day_of(2018, 2, 28), 0).status, HISTORY_FINAL);
}

/* Five lines that are no FTTH, and were active a while before the year ended. */
static void put_earlier_lines(struct desk *desk)
{
    uint64_t start_ns = at(2017, 11, 25);
    struct report *report = fixture_report("p1", 1, ++desk->sequence, start_ns);
    struct report_cell *cell = fixture_add_lines(report, 50, 5);
    cell->technology = TECHNOLOGY_ETHERNET;
    assert_true(fixture_commit_at(desk->registry, report, start_ns));
}

static struct history_row share_of_2017(struct desk *desk)
{
    const struct history_query query = {.indicator = "ftth-share",
                                        .area = "371000",
                                        .operator_name = "",
                                        .years = true,
                                        .first_day = day_of(2017, 12, 31),
                                        .last_day = day_of(2017, 12, 31)};
    struct history_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(registry_list_history(desk->registry, &query, &rows, &count), 0);
    assert_int_equal(count, 1);
    struct history_row row = rows[0];
    free(rows);
    return row;
}

static void other_rules_and_another_version_are_causes_of_their_own(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    put_earlier_lines(desk);
    run(desk, at(2018, 3, 5));
    assert_figure(desk, HISTORY_YEAR, 0, 15, HISTORY_FINAL);
    desk->version = "1.1";
    run(desk, at(2018, 3, 6));
    assert_int_equal(desk->result.computed, 4); /* to February */
    assert_int_equal(desk->result.added, 0);    /* it computes the same */
    desk->rules.activity_days = 15;
    run(desk, at(2018, 3, 7));
    assert_int_equal(share_of_2017(desk).status, HISTORY_REVISED);
    assert_figure(desk, HISTORY_YEAR, 0, 10, HISTORY_REVISED);
    struct history_row row = figure_at(desk, HISTORY_YEAR, day_of(2017, 12, 31), 0);
    assert_int_equal(row.status, HISTORY_REVISED);
    assert_string_equal(row.computed_by, "1.1");
    assert_string_equal(row.reason, "rules: the settings or the table of indicators changed");
}

static void months_of_long_ago_are_revised_by_imports_alone(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    put_earlier_lines(desk);
    run(desk, at(2018, 3, 5));
    double share = share_of_2017(desk).value.value;
    desk->rules.activity_days = 15;
    import_households(desk, 200, "2020-05", at(2020, 5, 31));
    run(desk, at(2020, 6, 1));
    assert_int_equal(share_of_2017(desk).status, HISTORY_FINAL);
    assert_true(share_of_2017(desk).value.value == share);
    struct history_row row = figure_at(desk, HISTORY_YEAR, day_of(2017, 12, 31), 0);
    assert_int_equal(row.status, HISTORY_REVISED);
    assert_string_equal(row.reason, "import: vintage '2020-05' instead of '2017-07'");
}

static void the_chronicle_says_what_is_frozen(void **state)
{
    struct desk *desk = *state;
    struct chronicle_summary summary;
    begin_year(desk);
    run(desk, at(2018, 3, 2));
    assert_int_equal(chronicle_summarise(desk->registry, "371000", 0, &summary), 0);
    assert_int_equal(summary.months, 4);
    assert_int_equal(summary.first_month, day_of(2017, 11, 30));
    assert_int_equal(summary.last_month, day_of(2018, 2, 28));
    assert_int_equal(summary.year_count, 1);
    assert_int_equal(summary.years[0].year, 2017);
    assert_int_equal(summary.years[0].status, HISTORY_FINAL);
    assert_int_equal(summary.years[0].frozen_ns, at(2018, 3, 2));
    chronicle_summary_clear(&summary);
    import_households(desk, 200, "2018-05", at(2018, 5, 2));
    run(desk, at(2018, 5, 3));
    assert_int_equal(chronicle_summarise(desk->registry, "371000", 0, &summary), 0);
    assert_int_equal(summary.years[0].status, HISTORY_REVISED);
    assert_int_equal(summary.years[0].revision, 1);
    assert_int_equal(summary.years[0].revised, 1);
    assert_int_equal(summary.years[0].frozen_ns, at(2018, 3, 2));
    chronicle_summary_clear(&summary);
}

static void the_months_before_an_instant_are_the_past_of_its_inputs(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    run(desk, at(2018, 1, 1));
    put_lines(desk, at(2017, 12, 21), at(2018, 1, 20), 11, 5);
    run(desk, at(2018, 3, 1));
    const struct figure_query query = {.instant_day = day_of(2018, 1, 31)};
    const struct figure_query before = {.instant_day = day_of(2018, 1, 31),
                                        .as_known_ns = at(2018, 1, 10)};
    struct inputs *inputs = NULL;
    double last = 0;
    size_t points = 0;
    assert_int_equal(inputs_load(desk->registry, &desk->rules, &query, at(2018, 3, 1), &inputs), 0);
    for (size_t i = 0; i < inputs->past_count; i++)
        if (strcmp(inputs->past[i].indicator, HOUSEHOLDS) == 0) {
            assert_true(inputs->past[i].point.day < query.instant_day);
            last = inputs->past[i].point.value;
            points++;
        }
    assert_int_equal(points, 2); /* November and December */
    assert_true(last > 14.9 && last < 15.1);
    inputs_free(inputs);
    assert_int_equal(inputs_load(desk->registry, &desk->rules, &before, at(2018, 3, 1), &inputs),
                     0);
    for (size_t i = 0; i < inputs->past_count; i++)
        if (strcmp(inputs->past[i].indicator, HOUSEHOLDS) == 0)
            last = inputs->past[i].point.value;
    assert_true(last > 9.9 && last < 10.1);
    inputs_free(inputs);
}

static void rows_are_neither_changed_nor_removed(void **state)
{
    struct desk *desk = *state;
    begin_year(desk);
    run(desk, at(2018, 1, 1));
    struct database *database = database_open(desk->path, DATABASE_WRITE);
    assert_non_null(database);
    assert_true(database_run(database, "DELETE FROM chronicle", WITHOUT) < 0);
    assert_true(database_run(database, "UPDATE chronicle SET value = 99", WITHOUT) < 0);
    database_close(database);
    assert_figure(desk, HISTORY_YEAR, 0, 10, HISTORY_PROVISIONAL);
}

static void a_final_figure_is_never_revised_to_unknown(void **state)
{
    struct desk *desk = *state;
    const struct figure figure = {.indicator = plan_find_indicator(desk->plan, "ftth-share"),
                                  .area = plan_area_at(desk->plan, 0),
                                  .definition_version = 2,
                                  .grade = '-'};
    const struct history_row last = {.value = optional_double(61),
                                     .status = HISTORY_FINAL,
                                     .definition_version = 1,
                                     .grade = 'A'};
    struct point_context context = {.span = HISTORY_MONTH,
                                    .day = day_of(2017, 12, 31),
                                    .now_ns = at(2019, 1, 1),
                                    .version = "1",
                                    .digest = "d"};
    struct history_row row;
    assert_false(point_make(&context, &figure, &last, &row));
    struct figure known = figure;
    known.value = optional_double(62);
    assert_true(point_make(&context, &known, &last, &row));
    assert_int_equal(row.status, HISTORY_REVISED);
    assert_string_equal(row.reason, "definition: version 2 instead of 1");
    context.closed = true;
    assert_false(point_make(&context, &known, &last, &row));
    (void)snprintf(known.denominator_vintage, sizeof known.denominator_vintage, "2020");
    assert_true(point_make(&context, &known, &last, &row));
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_month_is_computed_when_it_has_ended_and_not_again_without_cause),
        WITH_DESK(a_year_is_frozen_after_60_days_and_then_revised_with_a_reason),
        WITH_DESK(the_same_history_comes_of_one_run_as_of_none_between_restarts),
        WITH_DESK(what_was_missed_is_caught_up_and_final_at_once),
        WITH_DESK(other_rules_and_another_version_are_causes_of_their_own),
        WITH_DESK(months_of_long_ago_are_revised_by_imports_alone),
        WITH_DESK(the_chronicle_says_what_is_frozen),
        WITH_DESK(the_months_before_an_instant_are_the_past_of_its_inputs),
        WITH_DESK(rows_are_neither_changed_nor_removed),
        WITH_DESK(a_final_figure_is_never_revised_to_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
