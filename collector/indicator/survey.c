/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/survey.h"

#include "collector/indicator/node_lines.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

struct survey_question survey_question_of(const struct plan_definition *definition)
{
    return (struct survey_question){.settlement = population_settlement(definition->population),
                                    .residence = population_residence(definition->population),
                                    .residence_is_split = definition->numerator == QUANTITY_LINES,
                                    .instant = definition->instant};
}

static bool asks_for(const struct method_context *context, const struct figure *figure,
                     const struct survey_question *question, const struct node_evidence *node)
{
    bool settled = question->settlement == SETTLEMENT_UNKNOWN ||
                   node->settlement == SETTLEMENT_UNKNOWN ||
                   node->settlement == question->settlement;
    bool inhabited = question->residence == RESIDENCE_UNKNOWN || question->residence_is_split ||
                     node->residence == RESIDENCE_UNKNOWN || node->residence == question->residence;
    return settled && inhabited && node_lines_known(node) &&
           figure_takes(context, figure, node->operator_name, node->area);
}

struct count_split survey_split(const struct survey_question *question,
                                const struct node_evidence *node)
{
    struct node_lines buffer[TECHNOLOGY_COUNT];
    struct node_evidence recent;
    if (question->instant == INSTANT_ACTIVE_30D) {
        recent = node_lines_recent(node, buffer);
        node = &recent;
    }
    struct count_split split = question->split(question, node);
    bool settled =
        question->settlement == SETTLEMENT_UNKNOWN || node->settlement != SETTLEMENT_UNKNOWN;
    bool inhabited = question->residence == RESIDENCE_UNKNOWN || question->residence_is_split ||
                     node->residence != RESIDENCE_UNKNOWN;
    if (settled && inhabited)
        return split;
    struct count_range all = count_range_add(count_range_add(split.yes, split.no), split.unknown);
    return (struct count_split){.unknown = {0, all.point, all.high}};
}

void survey_take(const struct method_context *context, const struct figure *figure,
                 const struct survey_question *question, struct survey *out_survey)
{
    struct survey survey = {.nodes = 0};
    for (size_t i = 0; i < context->evidence->node_count; i++) {
        const struct node_evidence *node = &context->evidence->nodes[i];
        if (!asks_for(context, figure, question, node))
            continue;
        struct count_split split = survey_split(question, node);
        survey.lines.yes = count_range_add(survey.lines.yes, split.yes);
        survey.lines.no = count_range_add(survey.lines.no, split.no);
        survey.lines.unknown = count_range_add(survey.lines.unknown, split.unknown);
        survey.nodes++;
        survey.nodes_reported += node->reported;
        survey.anything = survey.anything || node->reported;
        struct optional_double registered = node_lines_registered(node);
        if (registered.known) {
            survey.registered += registered.value;
            survey.registered_counted += node_lines_counted(node) ? registered.value : 0;
        } else if (node->registered && !node->reported) {
            survey.open = true;
        }
    }
    *out_survey = survey;
}

void survey_describe(const struct method_context *context, const struct survey *survey,
                     struct figure *figure)
{
    method_set_coverage(context, survey->registered_counted, survey->open ? 0 : survey->registered,
                        figure);
    if (!survey->anything)
        figure->basis = BASIS_NONE;
    figure->unclassified = count_split_unclassified(&survey->lines);
    (void)snprintf(figure->source, sizeof figure->source,
                   "%zu of %zu access nodes reported; %.0f lines registered",
                   survey->nodes_reported, survey->nodes, survey->registered);
}

/* Which lines of a sampled node count as hits, and which as units. */
enum reading { READ_CLASSIFIED, READ_UNKNOWN_AS_NO, READ_UNKNOWN_AS_YES };

struct measure {
    const struct survey_question *question;
    enum reading reading;
};

static struct ratio_cluster measure_node(const void *ctx, const struct node_evidence *node)
{
    const struct measure *measure = ctx;
    struct count_split split = survey_split(measure->question, node);
    struct ratio_cluster cluster = {.hits = split.yes.point,
                                    .size = split.yes.point + split.no.point};
    if (measure->reading != READ_CLASSIFIED)
        cluster.size += split.unknown.point;
    if (measure->reading == READ_UNKNOWN_AS_YES)
        cluster.hits += split.unknown.point;
    return cluster;
}

static int share_from_sample(struct sample_frame *frame, const struct survey_question *question,
                             bool exact, struct survey_share *out_share)
{
    struct ratio ratios[3];
    static const enum reading readings[3] = {READ_CLASSIFIED, READ_UNKNOWN_AS_NO,
                                             READ_UNKNOWN_AS_YES};
    for (size_t i = 0; i < 3; i++) {
        const struct measure measure = {question, readings[i]};
        int status = sample_frame_ratio(frame, measure_node, &measure, &ratios[i]);
        if (status != 0)
            return status;
    }
    const struct ratio *least = &ratios[READ_UNKNOWN_AS_NO];
    const struct ratio *most = &ratios[READ_UNKNOWN_AS_YES];
    out_share->value = optional_double(ratios[READ_CLASSIFIED].value);
    out_share->lower = optional_double(ratio_interval(least, INTERVAL_TWO_SIDED, exact).lower);
    out_share->upper = optional_double(ratio_interval(most, INTERVAL_TWO_SIDED, exact).upper);
    out_share->lower_one_sided =
        optional_double(ratio_interval(least, INTERVAL_ONE_SIDED, exact).lower);
    out_share->upper_one_sided =
        optional_double(ratio_interval(most, INTERVAL_ONE_SIDED, exact).upper);
    if (isfinite(ratios[READ_CLASSIFIED].effective_size))
        out_share->effective_sample_size = optional_double(ratios[READ_CLASSIFIED].effective_size);
    return 0;
}

static void share_from_bounds(const struct survey *survey, struct survey_share *out_share)
{
    const struct optional_double unknown = {.known = false, .value = 0};
    out_share->value = count_split_share(&survey->lines);
    bool bounded = out_share->value.known && !survey->open;
    out_share->lower = bounded ? count_split_share_lower(&survey->lines) : unknown;
    out_share->upper = bounded ? count_split_share_upper(&survey->lines) : unknown;
    out_share->lower_one_sided = out_share->lower;
    out_share->upper_one_sided = out_share->upper;
    out_share->effective_sample_size = unknown;
}

static struct sample_frame *frame_of(const struct method_context *context,
                                     const struct survey_question *question,
                                     const struct figure *figure)
{
    const struct evidence *evidence = context->evidence;
    struct sample_frame *frame = sample_frame_new(evidence->node_count);
    for (size_t i = 0; frame && i < evidence->node_count; i++)
        if (evidence->nodes[i].registered &&
            asks_for(context, figure, question, &evidence->nodes[i]))
            sample_frame_add(frame, &evidence->nodes[i]);
    return frame;
}

int survey_share(const struct method_context *context, const struct survey_question *question,
                 const struct survey *survey, struct figure *figure, struct survey_share *out_share)
{
    if (figure->basis == BASIS_PROBABILITY_SAMPLE) {
        struct sample_frame *frame = frame_of(context, question, figure);
        if (!frame)
            return -ENOMEM;
        int status = share_from_sample(frame, question, context->rules->exact_interval, out_share);
        sample_frame_free(frame);
        if (status == 0)
            return 0;
        figure->basis = BASIS_CONVENIENCE;
    }
    share_from_bounds(survey, out_share);
    return 0;
}

int survey_estimate(const struct method_context *context, const struct survey_question *question,
                    struct figure *figure)
{
    const struct measure measure = {question, READ_CLASSIFIED};
    struct sample_frame *frame = frame_of(context, question, figure);
    if (!frame)
        return -ENOMEM;
    struct ratio ratio;
    int status = sample_frame_ratio(frame, measure_node, &measure, &ratio);
    sample_frame_free(frame);
    if (status != 0)
        return 0;
    struct interval interval =
        ratio_interval(&ratio, INTERVAL_TWO_SIDED, context->rules->exact_interval);
    figure->estimate = optional_double(100 * ratio.value);
    figure->estimate_lower = optional_double(100 * interval.lower);
    figure->estimate_upper = optional_double(100 * interval.upper);
    return 0;
}
