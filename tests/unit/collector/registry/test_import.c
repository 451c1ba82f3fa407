/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/evidence.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/imported_row.h"

#include <errno.h>
#include <stdio.h>

#define S UINT64_C(1000000000)

static int open_registry(void **state)
{
    *state = registry_open(":memory:");
    return *state ? 0 : -1;
}

static int close_registry(void **state)
{
    registry_close(*state);
    return 0;
}

static struct denominator households(int64_t day, double value, const char *vintage)
{
    struct denominator row = {.area = "371000",
                              .variable = "resident-households",
                              .class_name = "all",
                              .value = value,
                              .unit = "count",
                              .source = "yearbook",
                              .status = "final",
                              .reference_day = day,
                              .published_day = day + 90};
    (void)snprintf(row.vintage, sizeof row.vintage, "%s", vintage);
    return row;
}

static int import_one(struct registry *registry, const struct denominator *row, uint64_t now_ns)
{
    assert_int_equal(registry_import_begin(registry, now_ns), 0);
    int added = registry_import_denominator(registry, row);
    assert_int_equal(registry_import_end(registry, true), 0);
    return added;
}

static double value_at(struct registry *registry, int64_t last_day, uint64_t as_known_ns)
{
    struct evidence_query query = {.last_day = last_day, .as_known_ns = as_known_ns};
    struct denominator found;
    int status = find_households_row(registry, "371000", &query, &found);
    return status == 0 ? found.value : status;
}

static void a_revision_is_a_new_vintage_and_never_overwrites(void **state)
{
    struct registry *registry = *state;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    struct denominator first = households(day, 1000000, "2018-03");
    struct denominator revised = households(day, 1010000, "2019-03");
    assert_int_equal(import_one(registry, &first, 100 * S), 1);
    assert_int_equal(import_one(registry, &revised, 200 * S), 1);
    assert_true(value_at(registry, day, 0) == 1010000);
    assert_true(value_at(registry, day, 150 * S) == 1000000);
    assert_true(value_at(registry, day, 50 * S) == -ENOENT);
}

static void the_very_row_again_adds_nothing(void **state)
{
    struct registry *registry = *state;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    struct denominator first = households(day, 1000000, "2018-03");
    struct denominator revised = households(day, 1010000, "2019-03");
    assert_int_equal(import_one(registry, &first, 100 * S), 1);
    assert_int_equal(import_one(registry, &revised, 200 * S), 1);
    assert_int_equal(import_one(registry, &first, 300 * S), 0);
    assert_int_equal(import_one(registry, &revised, 300 * S), 0);
    assert_true(value_at(registry, day, 0) == 1010000);
}

static void a_rolled_back_import_leaves_nothing(void **state)
{
    struct registry *registry = *state;
    struct denominator row = households(17000, 5, "v");
    assert_int_equal(registry_import_begin(registry, S), 0);
    assert_int_equal(registry_import_denominator(registry, &row), 1);
    assert_int_equal(registry_import_end(registry, false), 0);
    assert_true(value_at(registry, 17000, 0) == -ENOENT);
}

static void a_denominator_of_the_year_goes_before_an_earlier_one(void **state)
{
    struct registry *registry = *state;
    struct denominator before = households(clock_days_from_civil(2016, 12, 31), 1, "a");
    struct denominator within = households(clock_days_from_civil(2017, 12, 31), 2, "a");
    struct denominator after = households(clock_days_from_civil(2018, 12, 31), 3, "a");
    (void)import_one(registry, &before, S);
    (void)import_one(registry, &within, S);
    (void)import_one(registry, &after, S);
    assert_true(value_at(registry, clock_days_from_civil(2017, 6, 30), 0) == 2);
    assert_true(value_at(registry, clock_days_from_civil(2019, 6, 30), 0) == 3);
    assert_true(value_at(registry, clock_days_from_civil(2015, 6, 30), 0) == -ENOENT);
}

static void a_declared_figure_counts_in_its_own_year_only(void **state)
{
    struct registry *registry = *state;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    struct declared_figure row = {.indicator = "ftth-share",
                                  .area = "371000",
                                  .operator_name = "",
                                  .value = 63.5,
                                  .unit = "%",
                                  .reference_day = day,
                                  .published_day = day,
                                  .source = "communique",
                                  .vintage = "1"};
    struct declared_figure found;
    assert_int_equal(registry_import_begin(registry, S), 0);
    assert_int_equal(registry_import_declared(registry, &row), 1);
    assert_int_equal(registry_import_declared(registry, &row), 0);
    assert_int_equal(registry_import_end(registry, true), 0);
    struct evidence_query query = {.last_day = day};
    assert_int_equal(find_declared_row(registry, "ftth-share", "", &query, &found), 0);
    assert_true(found.value == 63.5);
    assert_int_equal(find_declared_row(registry, "ftth-share", "cu", &query, &found), -ENOENT);
    query.last_day = day + 1;
    assert_int_equal(find_declared_row(registry, "ftth-share", "", &query, &found), -ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_registry, close_registry)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_revision_is_a_new_vintage_and_never_overwrites),
        CASE(the_very_row_again_adds_nothing),
        CASE(a_rolled_back_import_leaves_nothing),
        CASE(a_denominator_of_the_year_goes_before_an_earlier_one),
        CASE(a_declared_figure_counts_in_its_own_year_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
