/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/trial.h"

#include "collector/indicator/figure.h"
#include "collector/settings.h"
#include "common/clock.h"
#include "tests/support/weihai.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct deployment_kind trial_kinds[] = {
    {"a city", 4, 30, 120, 0.35, 0.85, 800, 0.6, 0, 0.02, 0.20},
    {"a city of unequal nodes", 4, 30, 120, 0.35, 0.85, 600, 1.0, 0.3, 0.05, 0.30},
    {"nodes nearly of one kind", 4, 30, 120, 0.35, 0.85, 800, 0.6, 0, 0.40, 0.90},
    {"a small city", 3, 10, 30, 0.40, 0.85, 800, 0.6, 0, 0.02, 0.20},
    {"a small one of unequal nodes", 3, 10, 30, 0.40, 0.85, 600, 1.0, 0.3, 0.05, 0.30},
    {"two or three nodes drawn", 3, 4, 7, 0.35, 0.50, 800, 0.6, 0, 0.02, 0.20},
};
const size_t trial_kind_count = sizeof trial_kinds / sizeof trial_kinds[0];

static void count(const struct figure *figure, double truth, struct trial_count *out)
{
    if (figure->basis != BASIS_PROBABILITY_SAMPLE)
        return;
    bool reached = truth >= figure->target->value.value;
    bool above = truth > figure->upper.value;
    bool below = truth < figure->lower.value;
    out->samples++;
    out->high_bound += figure->lower_one_sided.value > truth;
    out->low_bound += figure->upper_one_sided.value < truth;
    out->above += above;
    out->below += below;
    out->held += !above && !below;
    out->width += figure->upper.value - figure->lower.value;
    out->decided += figure->verdict == VERDICT_MET || figure->verdict == VERDICT_NOT_MET;
    out->wrong_met += figure->verdict == VERDICT_MET && !reached;
    out->wrong_not_met += figure->verdict == VERDICT_NOT_MET && reached;
}

static int judge(const struct plan *plan, const struct deployment *deployment, struct trial *trial)
{
    const struct rule_settings rules = {.activity_days = 90,
                                        .presence_days = 15,
                                        .census_coverage = 0.95,
                                        .sample_coverage = 0.30,
                                        .completeness_gate = 0.75,
                                        .capability_share = 0.80,
                                        .probability_sample = true};
    const struct figure_query query = {.instant_day = deployment->inputs.window.last_day};
    struct figures *figures = NULL;
    int status = figures_evaluate(plan, &deployment->inputs, &rules, &query, &figures);
    for (size_t i = 0; status == 0 && i < figures->count; i++) {
        const struct figure *figure = &figures->figures[i];
        if (strcmp(figure->indicator->id, "ftth-share") == 0)
            count(figure, deployment->ftth_share, &trial->share);
        if (strcmp(figure->indicator->id, "fixed-broadband-penetration") == 0)
            count(figure, deployment->penetration, &trial->penetration);
    }
    figures_free(figures);
    return status;
}

/* Both dates of the plan in turn: an FTTH share around 60 and 80 %, a penetration around 80 and 90.
 */
int trial_run(const struct deployment_kind *kind, uint64_t seed, unsigned deployments,
              struct trial *trial)
{
    static const struct {
        int year;
        double share, penetration;
    } dates[] = {{2017, 60, 80}, {2020, 80, 90}};
    struct plan *plan = weihai_plan();
    int status = plan ? 0 : -EINVAL;
    struct probe_evidence probe = {.expected_intervals = 100, .arrived_intervals = 98};
    for (unsigned i = 0; i < deployments && status == 0; i++) {
        size_t date = i % 2;
        struct deployment *deployment =
            deployment_new(kind, seed + i, dates[date].share, dates[date].penetration);
        if (!deployment)
            status = -ENOMEM;
        else {
            deployment->evidence.probes = &probe;
            deployment->evidence.probe_count = 1;
            deployment_set_instant(deployment, clock_days_from_civil(dates[date].year, 12, 31));
            status = judge(plan, deployment, trial);
        }
        deployment_free(deployment);
    }
    plan_close(plan);
    return status;
}
