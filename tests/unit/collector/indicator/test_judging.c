/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a figure to its verdict: by the declared, the complete, the sampled, and by the day.
 */
#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/figure_desk.h"

#include <stdio.h>

static void a_declared_figure_is_compared_exactly_and_stands_beside_the_measured(void **state)
{
    struct figure_desk *desk = *state;
    int64_t day = clock_days_from_civil(2017, 12, 31);
    fake_registry_add_declared(&desk->registry, "mobile-3g4g-penetration", "", 75, day);
    fake_registry_add_declared(&desk->registry, "ftth-share", "", 88, day);
    fake_registry_add_declared(&desk->registry, "software-firms-to-cloud", "", 30, day);
    const struct figure *figure = figure_desk_city(desk, "mobile-3g4g-penetration");
    assert_int_equal(figure->basis, BASIS_DECLARED);
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_int_equal(figure->grade, '-');
    assert_string_equal(figure->source, "report, 2017-12-31");
    assert_value(figure_desk_city(desk, "ftth-share")->declared_value, 88);
    assert_false(figure_desk_city(desk, "ftth-share")->value.known); /* nobody measured it */
    assert_int_equal(figure_desk_city(desk, "software-firms-to-cloud")->verdict,
                     VERDICT_NOT_MET); /* 超过 */
    assert_int_equal(figure_desk_city(desk, "cloud-solutions")->verdict,
                     VERDICT_INSUFFICIENT_EVIDENCE);
    assert_int_equal(figure_desk_city(desk, "cloud-access-centres")->verdict, VERDICT_NOT_SET);
}

static void a_milestone_is_judged_by_what_was_declared_for_its_own_year(void **state)
{
    struct figure_desk *desk = *state;
    int64_t day = clock_days_from_civil(2016, 12, 20);
    fake_registry_add_declared(&desk->registry, "gov-dc-consolidation-city", "", 1, day);
    const struct figure *figure = figure_desk_city(desk, "gov-dc-consolidation-city");
    assert_int_equal(figure->verdict, VERDICT_MET);
    assert_true(figure->due);
}

static void missing_intervals_stop_every_measured_verdict(void **state)
{
    struct figure_desk *desk = *state;
    struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", "olt", "371002");
    (void)fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, 64, 64);
    /* a surplus of one probe does not make up for another's silence */
    fake_registry_add_probe(&desk->registry, "cm", 100, 30);
    desk->registry.probes[0].arrived_intervals = 300;
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_value(figure->completeness, 0.65);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    assert_int_equal(figure->grade, 'E');
    desk->registry.probe_count = 0;
    assert_false(figure_desk_city(desk, "ftth-share")->completeness.known);
}

/* 12 nodes, 8 of them drawn: 8 x 100 lines with 70 to 84 fibres. */
static void a_probability_sample_is_judged_by_one_sided_bounds(void **state)
{
    struct figure_desk *desk = *state;
    for (int i = 0; i < 12; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "olt-%02d", i);
        struct node_evidence *olt = fake_registry_add_node(&desk->registry, "cu", name, "371002");
        uint64_t fibre = (uint64_t)(70 + 2 * i);
        struct node_lines *gpon =
            fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_GPON, fibre, fibre);
        struct node_lines *dsl = fake_registry_add_lines(&desk->registry, olt, TECHNOLOGY_ADSL2,
                                                         100 - fibre, 100 - fibre);
        if (i >= 8) {
            olt->reported = false;
            gpon->active_max.known = gpon->provisioned.known = false;
            dsl->active_max.known = dsl->provisioned.known = false;
        }
    }
    const struct figure *figure = figure_desk_city(desk, "ftth-share");
    assert_int_equal(figure->basis, BASIS_CONVENIENCE);
    assert_int_equal(figure->verdict, VERDICT_INSUFFICIENT_EVIDENCE);
    desk->rules.probability_sample = true;
    figure = figure_desk_city(desk, "ftth-share");
    assert_int_equal(figure->basis, BASIS_PROBABILITY_SAMPLE);
    assert_value(figure->value, 77);
    assert_true(figure->lower.value < figure->lower_one_sided.value);
    assert_true(figure->lower_one_sided.value < 77 && figure->upper_one_sided.value > 77);
    assert_true(figure->effective_sample_size.value > 0);
    assert_int_equal(figure->verdict, VERDICT_MET);
    desk->rules.sample_coverage = 0.9;
    assert_int_equal(figure_desk_city(desk, "ftth-share")->basis, BASIS_CONVENIENCE);
}

static void a_row_for_each_target_stands_by_date(void **state)
{
    struct figure_desk *desk = *state;
    desk->query.all_targets = true;
    figure_desk_evaluate(desk);
    size_t rows = 0;
    for (size_t i = 0; i < plan_indicator_count(desk->plan); i++) {
        size_t targets = plan_indicator_at(desk->plan, i)->target_count;
        rows += targets > 0 ? targets : 1;
    }
    assert_int_equal(desk->figures->count, rows);
    assert_true(desk->figures->figures[0].due);
    assert_false(desk->figures->figures[1].due);
}

static void the_target_in_force_is_the_next_one_and_then_the_last(void **state)
{
    struct figure_desk *desk = *state;
    static const struct {
        int year;
        int target_year;
    } cases[] = {{2016, 2017}, {2017, 2017}, {2018, 2020}, {2020, 2020}, {2026, 2020}};
    const struct plan_indicator *indicator = plan_find_indicator(desk->plan, "ftth-share");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            figure_target_in_force(indicator, clock_days_from_civil(cases[i].year, 12, 31))->day,
            clock_days_from_civil(cases[i].target_year, 12, 31));
    indicator = plan_find_indicator(desk->plan, "egress-bandwidth");
    assert_null(figure_target_in_force(indicator, 0));
}

static void a_year_is_judged_at_its_end_or_today_and_is_final_after_60_days(void **state)
{
    (void)state;
    bool provisional = false;
    int64_t end = clock_days_from_civil(2017, 12, 31);
    uint64_t running = clock_city_day_start_ns(clock_days_from_civil(2017, 5, 4));
    assert_int_equal(figure_instant_of_year(2017, running, &provisional),
                     clock_days_from_civil(2017, 5, 4));
    assert_true(provisional);
    assert_int_equal(figure_instant_of_year(2017, clock_city_day_start_ns(end + 60), &provisional),
                     end);
    assert_true(provisional);
    assert_int_equal(figure_instant_of_year(2017, clock_city_day_start_ns(end + 61), &provisional),
                     end);
    assert_false(provisional);
}

#define WITH_DESK(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, figure_desk_open_reporting, figure_desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_declared_figure_is_compared_exactly_and_stands_beside_the_measured),
        WITH_DESK(a_milestone_is_judged_by_what_was_declared_for_its_own_year),
        WITH_DESK(missing_intervals_stop_every_measured_verdict),
        WITH_DESK(a_probability_sample_is_judged_by_one_sided_bounds),
        WITH_DESK(a_row_for_each_target_stands_by_date),
        WITH_DESK(the_target_in_force_is_the_next_one_and_then_the_last),
        WITH_DESK(a_year_is_judged_at_its_end_or_today_and_is_final_after_60_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
