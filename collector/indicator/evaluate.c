/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/completeness.h"
#include "collector/indicator/figure.h"
#include "collector/indicator/method.h"
#include "collector/indicator/progress.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows grow by doubling; the plan bounds them. */
struct figure_list {
    struct figures *figures;
    size_t capacity;
};

static struct figure *add_figure(struct figure_list *list)
{
    struct figures *figures = list->figures;
    if (figures->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct figure *grown = realloc(figures->figures, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        figures->figures = grown;
        list->capacity = capacity;
    }
    struct figure *figure = &figures->figures[figures->count++];
    memset(figure, 0, sizeof *figure);
    return figure;
}

const struct plan_target *figure_target_in_force(const struct plan_indicator *indicator,
                                                 int64_t instant_day)
{
    const struct plan_target *last = NULL;
    for (size_t i = 0; i < indicator->target_count; i++) {
        const struct plan_target *target = &indicator->targets[i];
        bool undated = target->status == TARGET_UNDATED;
        if (undated && last)
            break; /* a dated one stays in force after its day */
        last = target;
        if (!undated && target->day >= instant_day)
            break;
    }
    return last;
}

/* Arrived over expected intervals. A probe's surplus does not make up for another's lack. */
static struct optional_double completeness_of(const struct method_context *context,
                                              const struct figure *figure)
{
    const struct evidence *evidence = context->evidence;
    double expected = 0;
    double arrived = 0;
    for (size_t i = 0; i < evidence->probe_count; i++) {
        const struct probe_evidence *probe = &evidence->probes[i];
        if (figure->operator_of && strcmp(figure->operator_of->key, probe->operator_name) != 0)
            continue;
        uint64_t most = probe->expected_intervals;
        expected += (double)most;
        arrived += (double)(probe->arrived_intervals < most ? probe->arrived_intervals : most);
    }
    if (!(expected > 0))
        return (struct optional_double){.known = false, .value = 0};
    return optional_double(arrived / expected);
}

/* How many of the probes have a month that counts, and what their captures lost (3.4, 3.7). */
static void weigh_probes(const struct method_context *context, struct figure *figure)
{
    const struct evidence *evidence = context->evidence;
    double probes = 0;
    double complete = 0;
    double dropped = 0;
    double packets = 0;
    for (size_t i = 0; i < evidence->probe_count; i++) {
        const struct probe_evidence *probe = &evidence->probes[i];
        if (figure->operator_of && strcmp(figure->operator_of->key, probe->operator_name) != 0)
            continue;
        probes += 1;
        complete += completeness_month_stock(probe->covered_days, probe->last_covered_day,
                                             figure->instant_day);
        dropped += (double)probe->dropped_packets;
        packets += (double)probe->packets;
    }
    if (probes > 0)
        figure->month_complete = optional_double(complete / probes);
    if (dropped + packets > 0)
        figure->capture_loss = optional_double(dropped / (dropped + packets));
}

/* The number to judge by, or why there is none. */
static void ask_for_target(const struct figure *figure, struct verdict_question *question)
{
    const struct plan_target *target = figure->target;
    if (figure->alternative)
        question->not_set = REASON_ALTERNATIVE;
    else if (figure->definition->numerator == QUANTITY_INDEX)
        question->not_set = REASON_INDEX;
    else if (!target && figure->definition->numerator == QUANTITY_NOT_CARRIED)
        question->not_set = REASON_NOT_CARRIED;
    else if (!target)
        question->not_set = figure->indicator->target_count > 0 ? REASON_NO_TARGET : REASON_TASK;
    else if (target->status == TARGET_UNDATED)
        question->not_set = REASON_UNDATED;
    else if (!target->value.known)
        question->not_set = REASON_NOT_STATED;
    else
        question->target = target->value;
    if (target)
        question->comparison = figure_comparison(target);
}

static void judge(const struct method_context *context, const struct method *method,
                  struct figure *figure)
{
    struct verdict_question question = {
        .basis = figure->basis,
        .value = figure->value,
        .lower = figure->lower_one_sided,
        .upper = figure->upper_one_sided,
        .completeness = figure->completeness,
        .completeness_gate = context->rules->completeness_gate,
        .lower_bound_proves = method->lower_bound_proves,
        .denominator_missing = figure->numerator.known && !figure->value.known,
    };
    ask_for_target(figure, &question);
    struct verdict_answer answer = verdict_decide(&question);
    figure->verdict = answer.verdict;
    figure->reason_en = verdict_reason_en(answer.reason);
    figure->reason_zh = verdict_reason_zh(answer.reason);
    const struct grade_input input = {
        .basis = figure->basis,
        .value = figure->value,
        .coverage = figure->coverage,
        .completeness = figure->completeness,
        .unclassified = figure->unclassified,
        .month_complete = figure->month_complete,
        .capture_loss = figure->capture_loss,
        .flagged = figure->flagged,
    };
    figure->grade = grade_decide(&input);
}

static int complete_figure(const struct method_context *context, struct figure *figure)
{
    const struct plan_indicator *indicator = figure->indicator;
    const struct plan_definition *definition = figure->definition;
    const struct method *method = method_of(definition->numerator);
    const struct plan_target *target = figure->target;
    const struct definition_days days = {context->rules->activity_days,
                                         context->rules->presence_days};
    figure->instant_day = context->window.last_day;
    figure->provisional = figure_is_provisional(figure->instant_day, context->inputs->computed_ns);
    figure->due = target && target->status != TARGET_UNDATED && figure->instant_day >= target->day;
    figure->evidence_class = definition->evidence_class;
    figure->definition_version = (unsigned)indicator->definition_version;
    definition_numerator_name(definition, &days, figure->numerator_name,
                              sizeof figure->numerator_name);
    definition_denominator_name(definition, &days, figure->denominator_name,
                                sizeof figure->denominator_name);
    if (!figure->alternative)
        declared_find(context, figure);
    int status = method->compute(context, figure);
    if (status != 0)
        return status;
    if (figure->basis != BASIS_DECLARED) {
        figure->completeness = completeness_of(context, figure);
        weigh_probes(context, figure);
    }
    judge(context, method, figure);
    status = progress_judge(context, figure);
    return status == 0 ? declared_compare(context, complete_figure, figure) : status;
}

static struct figure *add_scoped(struct figure_list *list, const struct figure *scope,
                                 const struct plan_indicator *indicator,
                                 const struct plan_definition *definition)
{
    struct figure *figure = add_figure(list);
    if (!figure)
        return NULL;
    figure->indicator = indicator;
    figure->definition = definition;
    figure->area = scope->area;
    figure->operator_of = scope->operator_of;
    return figure;
}

/* For the city each of the targets that were asked for; elsewhere none. */
static int evaluate_default(const struct method_context *context, const struct figure_query *query,
                            const struct figure *scope, const struct plan_indicator *indicator,
                            struct figure_list *list)
{
    bool city = scope->area == plan_area_at(context->plan, 0) && !scope->operator_of;
    bool each = city && query->all_targets && indicator->target_count > 0;
    size_t rows = each ? indicator->target_count : 1;
    for (size_t t = 0; t < rows; t++) {
        struct figure *figure = add_scoped(list, scope, indicator, &indicator->definitions[0]);
        if (!figure)
            return -ENOMEM;
        if (city)
            figure->target = each ? &indicator->targets[t]
                                  : figure_target_in_force(indicator, context->window.last_day);
        int status = complete_figure(context, figure);
        if (status != 0)
            return status;
    }
    return 0;
}

static bool is_asked_for(const struct figure_query *query, const struct plan_definition *definition)
{
    for (size_t i = 0; i < query->definition_count; i++)
        if (query->definitions[i] == definition)
            return true;
    return query->beside && definition->beside;
}

/* A scope's figures: every indicator, and the alternatives that were asked for. */
static int evaluate_scope(const struct method_context *context, const struct figure_query *query,
                          const struct figure *scope, struct figure_list *list)
{
    for (size_t i = 0; i < plan_indicator_count(context->plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(context->plan, i);
        int status = evaluate_default(context, query, scope, indicator, list);
        for (size_t d = 1; d < indicator->definition_count && status == 0; d++) {
            if (!is_asked_for(query, &indicator->definitions[d]))
                continue;
            struct figure *figure = add_scoped(list, scope, indicator, &indicator->definitions[d]);
            if (!figure)
                return -ENOMEM;
            figure->alternative = true;
            status = complete_figure(context, figure);
        }
        if (status != 0)
            return status;
    }
    return 0;
}

static int evaluate_all(const struct method_context *context, const struct figure_query *query,
                        struct figure_list *list)
{
    const struct plan *plan = context->plan;
    struct figure scope = {.area = plan_area_at(plan, 0)};
    int status = evaluate_scope(context, query, &scope, list);
    for (size_t i = 1; query->areas && i < plan_area_count(plan) && status == 0; i++) {
        scope.area = plan_area_at(plan, i);
        if (plan_area_reports_on(scope.area, context->window.last_day))
            status = evaluate_scope(context, query, &scope, list);
    }
    for (size_t i = 0; query->rollups && i < plan_rollup_count(plan) && status == 0; i++) {
        scope.area = plan_rollup_at(plan, i);
        status = evaluate_scope(context, query, &scope, list);
    }
    scope.area = plan_area_at(plan, 0);
    for (size_t i = 0; query->operators && i < plan_operator_count(plan) && status == 0; i++) {
        scope.operator_of = plan_operator_at(plan, i);
        status = evaluate_scope(context, query, &scope, list);
    }
    return status;
}

int figures_evaluate(const struct plan *plan, const struct inputs *inputs,
                     const struct rule_settings *rules, const struct figure_query *query,
                     struct figures **out_figures)
{
    const struct method_context context = {
        .plan = plan,
        .rules = rules,
        .inputs = inputs,
        .evidence = inputs->evidence,
        .window = inputs->window,
    };
    struct figure_list list = {.figures = calloc(1, sizeof *list.figures)};
    if (!list.figures)
        return -ENOMEM;
    list.figures->instant_day = inputs->window.last_day;
    list.figures->computed_ns = inputs->computed_ns;
    int status = evaluate_all(&context, query, &list);
    if (status != 0) {
        figures_free(list.figures);
        return status;
    }
    *out_figures = list.figures;
    return 0;
}
