/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the chronicle's months in a registry to what the broker is told of an indicator's pace.
 */
#include "collector/progress.h"

#include "collector/alert/watch.h"
#include "collector/estimate/verdict.h"
#include "collector/registry/history.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/trial.h"
#include "tests/support/weihai.h"

#include <stdio.h>
#include <string.h>

#define HOUR_NS (3600 * CLOCK_NS_PER_S)

struct desk {
    struct plan *plan;
    struct registry *registry;
    struct watch *watch;
    struct progress progress;
    unsigned told;
    char topic[256], message[2048];
    uint64_t now_ns;
};

static bool publish(void *ctx, const char *topic, const char *payload, size_t length)
{
    struct desk *desk = ctx;
    desk->told++;
    (void)snprintf(desk->topic, sizeof desk->topic, "%s", topic);
    (void)snprintf(desk->message, sizeof desk->message, "%.*s", (int)length, payload);
    return true;
}

static int set_up(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof desk);
    desk.plan = weihai_plan();
    desk.registry = registry_open(":memory:");
    struct watch_options options = {
        .registry = desk.registry,
        .sinks = {.hook = "", .webhook_url = "", .publish = publish, .ctx = &desk}};
    memcpy(options.limits, alert_limits_default, sizeof options.limits);
    desk.watch = watch_new(&options);
    desk.progress =
        (struct progress){.registry = desk.registry, .plan = desk.plan, .watch = desk.watch};
    desk.now_ns = clock_city_day_start_ns(clock_days_from_civil(2017, 1, 2));
    *state = &desk;
    return desk.plan && desk.watch ? 0 : -1;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    watch_free(desk->watch);
    registry_close(desk->registry);
    plan_close(desk->plan);
    return 0;
}

/* A month of 2015 or 2016, by its number from 0 on. */
static void add_month(struct desk *desk, int month, double value, enum basis basis)
{
    int next = month + 1;
    int64_t day = clock_days_from_civil(2015 + next / 12, next % 12 + 1, 1) - 1;
    struct history_row row = {.span = HISTORY_MONTH,
                              .day = day,
                              .status = HISTORY_FINAL,
                              .value = optional_double(value),
                              .basis = (int)basis,
                              .grade = 'A',
                              .definition_version = 1,
                              .computed_ns = clock_city_day_start_ns(day + 61)};
    (void)snprintf(row.indicator, sizeof row.indicator, "ftth-share");
    (void)snprintf(row.area, sizeof row.area, "%s", plan_area_at(desk->plan, 0)->key);
    const struct history_period period = {.day = day, .computed_ns = row.computed_ns};
    assert_int_equal(registry_add_history(desk->registry, &row, 1, &period), 0);
}

static void look(struct desk *desk, uint64_t mono_ns)
{
    progress_service(&desk->progress, mono_ns, desk->now_ns);
    const struct alert_time time = {mono_ns, desk->now_ns};
    (void)watch_service(desk->watch, &time, true);
}

/* 45 % at the end of 2016, half a point a month: 51 in a year, where 60 are asked for. */
static void an_indicator_of_the_chronicle_that_falls_behind_is_told_once(void **state)
{
    struct desk *desk = *state;
    for (int month = 0; month < 24; month++)
        add_month(desk, month, 33.5 + 0.5 * month + 0.05 * (month % 3), BASIS_CENSUS);
    look(desk, HOUR_NS);
    assert_int_equal(desk->told, 1);
    assert_string_equal(desk->topic, "lastmile/1/alert/city/ftth-share/pace-off");
    assert_non_null(strstr(desk->message, "firing"));
    look(desk, HOUR_NS + 1); /* not an hour later */
    look(desk, 2 * HOUR_NS);
    assert_int_equal(desk->told, 1);
}

static void nothing_is_told_of_a_convenience_deployment_nor_of_a_short_past(void **state)
{
    struct desk *desk = *state;
    for (int month = 13; month < 24; month++)
        add_month(desk, month, 33.5 + 0.5 * month, BASIS_CENSUS);
    look(desk, HOUR_NS);
    for (int month = 0; month < 24; month++)
        add_month(desk, month, 33.5 + 0.5 * month, BASIS_CONVENIENCE);
    look(desk, 2 * HOUR_NS);
    assert_int_equal(desk->told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_indicator_of_the_chronicle_that_falls_behind_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_told_of_a_convenience_deployment_nor_of_a_short_past, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
