/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/node_lines.h"
#include "collector/indicator/survey.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Lines that the question's residence has, has not, or may have: the operator has not said. */
static struct count_split split_by_residence(const struct survey_question *question,
                                             const struct node_evidence *node)
{
    struct count_range all = node_lines_total(node);
    if (question->residence == RESIDENCE_UNKNOWN || node->residence == question->residence)
        return (struct count_split){.yes = all};
    if (node->residence == RESIDENCE_UNKNOWN)
        return (struct count_split){.unknown = all};
    return (struct count_split){.no = all};
}

/* Of the registered lines of a sampled node, those that are residential and active. */
struct measure {
    const struct survey_question *question;
    bool unknown_counts;
};

static struct ratio_cluster measure_active(const void *ctx, const struct node_evidence *node)
{
    const struct measure *measure = ctx;
    struct count_split split = survey_split(measure->question, node);
    struct optional_double registered = node_lines_registered(node);
    double hits = split.yes.point + (measure->unknown_counts ? split.unknown.point : 0);
    return (struct ratio_cluster){.hits = hits, .size = registered.known ? registered.value : 0};
}

/* The lines of all registered nodes by the ratio of active to registered ones (3.3, step 3). The
 * register may be older than the lines: a ratio above 1 is no fault. */
static int lines_from_sample(const struct method_context *context, const struct figure *figure,
                             const struct survey_question *question, double registered,
                             struct count_range *out_lines, struct survey_share *out_share)
{
    const struct evidence *evidence = context->evidence;
    struct sample_frame *frame = sample_frame_new(evidence->node_count);
    if (!frame)
        return -ENOMEM;
    for (size_t i = 0; i < evidence->node_count; i++) {
        const struct node_evidence *node = &evidence->nodes[i];
        if (node->registered && figure_takes(context, figure, node->operator_name, node->area))
            sample_frame_add(frame, node);
    }
    struct ratio least;
    struct ratio most;
    const struct measure no = {question, false};
    const struct measure yes = {question, true};
    int status = sample_frame_ratio(frame, measure_active, &no, &least);
    if (status == 0)
        status = sample_frame_ratio(frame, measure_active, &yes, &most);
    sample_frame_free(frame);
    if (status != 0)
        return status;
    bool exact = context->rules->exact_interval;
    *out_lines =
        (struct count_range){ratio_interval(&least, INTERVAL_TWO_SIDED, exact).lower * registered,
                             most.value * registered,
                             ratio_interval(&most, INTERVAL_TWO_SIDED, exact).upper * registered};
    out_share->lower_one_sided =
        optional_double(ratio_interval(&least, INTERVAL_ONE_SIDED, exact).lower * registered);
    out_share->upper_one_sided =
        optional_double(ratio_interval(&most, INTERVAL_ONE_SIDED, exact).upper * registered);
    if (isfinite(most.effective_size))
        out_share->effective_sample_size = optional_double(most.effective_size);
    return 0;
}

static struct optional_double per_hundred(struct optional_double lines, const struct figure *figure)
{
    if (!lines.known || !figure->denominator.known)
        return (struct optional_double){.known = false, .value = 0};
    return optional_double(100 * lines.value / figure->denominator.value);
}

static int active_lines(const struct method_context *context, struct figure *figure)
{
    struct survey_question question = survey_question_of(figure->definition);
    struct survey survey;
    struct survey_share lines;
    memset(&lines, 0, sizeof lines);
    question.split = split_by_residence;
    survey_take(context, figure, &question, &survey);
    survey_describe(context, &survey, figure);
    if (!survey.anything)
        return 0;
    struct count_range range = {.low = survey.lines.yes.low,
                                .point = survey.lines.yes.point + survey.lines.unknown.point,
                                .high = survey.lines.yes.high + survey.lines.unknown.high};
    lines.lower_one_sided = optional_double(range.low);
    lines.upper_one_sided = optional_double(range.high);
    if (figure->basis == BASIS_PROBABILITY_SAMPLE) {
        int status =
            lines_from_sample(context, figure, &question, survey.registered, &range, &lines);
        if (status == -ENOMEM)
            return status;
        if (status != 0)
            figure->basis = BASIS_CONVENIENCE;
    }
    if (survey.open)
        lines.upper_one_sided.known = false;
    figure->numerator = optional_double(range.point);
    figure->value = per_hundred(figure->numerator, figure);
    figure->lower = per_hundred(optional_double(range.low), figure);
    figure->upper =
        per_hundred((struct optional_double){.known = !survey.open, .value = range.high}, figure);
    figure->lower_one_sided = per_hundred(lines.lower_one_sided, figure);
    figure->upper_one_sided = per_hundred(lines.upper_one_sided, figure);
    figure->effective_sample_size = lines.effective_sample_size;
    return 0;
}

int method_lines(const struct method_context *context, struct figure *figure)
{
    method_divide_by_imported(context, figure);
    return figure->definition->instant == INSTANT_CONTRACTED
               ? method_contracted_lines(context, figure)
               : active_lines(context, figure);
}
