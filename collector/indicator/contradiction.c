/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/contradiction.h"

#include "collector/indicator/node_lines.h"
#include "collector/indicator/survey.h"

#include "common/histogram.h"

#include <stdio.h>
#include <string.h>

#define KBIT_PER_MBIT 1000.0
#define BIT_PER_MBIT  1e6

struct optional_double contradiction_share(const struct contradiction_group *groups, size_t count)
{
    double minutes = 0;
    double provisioned = 0;
    double against = 0;
    for (size_t i = 0; i < count; i++) {
        double beyond = groups[i].slow - (1 - groups[i].capable_share) * groups[i].minutes;
        minutes += groups[i].minutes;
        provisioned += groups[i].capable_share * groups[i].minutes;
        against += beyond > 0 ? beyond : 0;
    }
    if (minutes < CONTRADICTION_MINUTES || !(provisioned > 0))
        return (struct optional_double){.known = false, .value = 0};
    return optional_double(against / provisioned);
}

static struct count_split split_by_capability(const struct survey_question *question,
                                              const struct node_evidence *node)
{
    return node_lines_by_capability(node, question->edge_kbit_s, false);
}

static struct contradiction_group group_of(const struct method_context *context,
                                           const struct figure *scope, double rate_mbit_s)
{
    struct contradiction_group group = {.minutes = 0};
    struct survey_question question = survey_question_of(scope->definition);
    struct survey survey;
    size_t mark = histogram_bucket((uint64_t)(CONTRADICTION_RATE * rate_mbit_s * BIT_PER_MBIT));
    question.split = split_by_capability;
    question.edge_kbit_s = (unsigned)(rate_mbit_s * KBIT_PER_MBIT);
    survey_take(context, scope, &question, &survey);
    struct optional_double share = count_split_share(&survey.lines);
    group.capable_share = share.known ? share.value : 0;
    for (size_t i = 0; i < context->evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &context->evidence->traffic[i];
        if (traffic->kind != TRAFFIC_LINES || traffic->settlement != question.settlement ||
            !figure_takes(context, scope, traffic->operator_name, traffic->area))
            continue;
        const struct traffic_bins *bins = &traffic->measures[TRAFFIC_DEMAND];
        for (size_t b = 0; b < bins->count; b++) {
            group.minutes += (double)bins->bins[b].count;
            group.slow += bins->bins[b].bucket < mark ? (double)bins->bins[b].count : 0;
        }
    }
    return group;
}

void contradiction_judge(const struct method_context *context, struct figure *figure)
{
    enum { GROUPS_MAX = 64 };
    struct contradiction_group groups[GROUPS_MAX];
    size_t count = 0;
    const struct plan_target *target =
        figure->target ? figure->target
                       : figure_target_in_force(figure->indicator, context->window.last_day);
    if (!target || !target->value.known)
        return;
    for (size_t i = 0; i < plan_operator_count(context->plan) && count < GROUPS_MAX; i++) {
        const struct plan_operator *of = plan_operator_at(context->plan, i);
        if (figure->operator_of && figure->operator_of != of)
            continue;
        struct figure scope = *figure;
        scope.operator_of = of;
        groups[count++] = group_of(context, &scope, target->value.value);
    }
    figure->contradicted = contradiction_share(groups, count);
    if (!figure->contradicted.known || figure->contradicted.value < CONTRADICTION_SHARE)
        return;
    figure->flagged = true;
    size_t used = strlen(figure->source);
    (void)snprintf(figure->source + used, sizeof figure->source - used,
                   "; contradicted: %.1f %% of the demanding minutes below %.0f Mbit/s",
                   100 * figure->contradicted.value, CONTRADICTION_RATE * target->value.value);
}
