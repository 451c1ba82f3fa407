/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the figures of the past, as the inputs hold them, to the pace that a figure shows.
 */
#include "collector/indicator/figure.h"
#include "collector/settings.h"
#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/trial.h"
#include "tests/support/weihai.h"

#include <stdio.h>
#include <string.h>

#define MONTHS 24

static struct past_figure past_of(const char *indicator, int64_t day, double value)
{
    struct past_figure past = {.point = {.day = day, .value = value, .definition_version = 1}};
    (void)snprintf(past.indicator, sizeof past.indicator, "%s", indicator);
    return past;
}

/* An FTTH share that has risen by half a point a month to what is measured now. */
static struct figures *evaluate(const struct plan *plan, struct deployment *deployment,
                                bool sampled)
{
    static struct past_figure past[2 * MONTHS];
    const struct rule_settings rules = {.activity_days = 90,
                                        .presence_days = 15,
                                        .census_coverage = 0.95,
                                        .sample_coverage = 0.30,
                                        .probability_sample = sampled};
    const struct figure_query query = {.instant_day = deployment->inputs.window.last_day,
                                       .all_targets = true};
    struct figures *figures = NULL;
    for (int i = 0; i < MONTHS; i++) {
        int64_t day = query.instant_day - 30 * (MONTHS - i);
        past[i] = past_of("egress-bandwidth", day, 7);
        past[MONTHS + i] = past_of("ftth-share", day, deployment->ftth_share - 0.5 * (MONTHS - i));
    }
    deployment->inputs.past = past;
    deployment->inputs.past_count = 2 * MONTHS;
    assert_int_equal(figures_evaluate(plan, &deployment->inputs, &rules, &query, &figures), 0);
    return figures;
}

static const struct figure *find(const struct figures *figures, const char *id, double target)
{
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (strcmp(figure->indicator->id, id) == 0 && !figure->alternative &&
            (!figure->target ||
             (figure->target->value.value >= target && figure->target->value.value <= target)))
            return figure;
    }
    fail_msg("no figure %s", id);
    return NULL;
}

static void a_figure_is_the_last_point_of_its_own_past(void **state)
{
    (void)state;
    struct plan *plan = weihai_plan();
    struct deployment *deployment = deployment_new(&trial_kinds[0], 5, 52, 70);
    deployment_set_instant(deployment, clock_days_from_civil(2016, 12, 31));
    struct figures *figures = evaluate(plan, deployment, true);
    const struct figure *near = find(figures, "ftth-share", 60);
    const struct figure *far = find(figures, "ftth-share", 80);
    assert_int_equal(near->pace,
                     PACE_OFF); /* six points in the year that is left; eight are asked */
    assert_string_equal(near->pace_reason_en, pace_reason_en(PACE_FORECAST_MISSES));
    assert_true(near->achieved_per_year.value > 5 && near->achieved_per_year.value < 7);
    assert_true(near->needed_per_year.value > near->achieved_per_year.value);
    assert_true(far->forecast.value > near->forecast.value); /* three years later */
    assert_int_equal(find(figures, "egress-bandwidth", 0)->pace, PACE_NOT_ASSESSABLE);
    assert_false(find(figures, "fixed-broadband-penetration", 80)->forecast.known);
    figures_free(figures);
    figures = evaluate(plan, deployment, false);
    near = find(figures, "ftth-share", 60);
    assert_int_equal(near->pace, PACE_NOT_ASSESSABLE);
    assert_string_equal(near->pace_reason_en, pace_reason_en(PACE_CONVENIENT));
    assert_true(near->forecast.known);
    figures_free(figures);
    deployment_free(deployment);
    plan_close(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_figure_is_the_last_point_of_its_own_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
