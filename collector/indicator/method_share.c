/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/contradiction.h"
#include "collector/indicator/node_lines.h"
#include "collector/indicator/survey.h"

#include <string.h>

#define KBIT_PER_MBIT 1000.0

static struct count_split split_by_fibre(const struct survey_question *question,
                                         const struct node_evidence *node)
{
    return node_lines_by_fibre(node, question->fttb_counts);
}

static struct optional_double scaled(struct optional_double value, double factor)
{
    return (struct optional_double){.known = value.known, .value = value.value * factor};
}

/* Per cent of the population's lines with a property. */
static int share_of_lines(const struct method_context *context,
                          const struct survey_question *question, struct figure *figure)
{
    struct survey survey;
    struct survey_share share;
    memset(&share, 0, sizeof share);
    survey_take(context, figure, question, &survey);
    survey_describe(context, &survey, figure);
    int status = survey_share(context, question, &survey, figure, &share);
    if (status != 0)
        return status;
    figure->value = scaled(share.value, 100);
    figure->lower = scaled(share.lower, 100);
    figure->upper = scaled(share.upper, 100);
    figure->lower_one_sided = scaled(share.lower_one_sided, 100);
    figure->upper_one_sided = scaled(share.upper_one_sided, 100);
    figure->effective_sample_size = share.effective_sample_size;
    if (figure->value.known) {
        figure->numerator = optional_double(survey.lines.yes.point);
        figure->denominator = optional_double(survey.lines.yes.point + survey.lines.no.point);
    }
    return figure->basis == BASIS_CONVENIENCE ? survey_estimate(context, question, figure) : 0;
}

int method_fibre_share(const struct method_context *context, struct figure *figure)
{
    struct survey_question question = survey_question_of(figure->definition);
    question.split = split_by_fibre;
    question.fttb_counts = figure->definition->numerator == QUANTITY_FIBRE_LINES;
    return share_of_lines(context, &question, figure);
}

static struct count_split split_by_capability(const struct survey_question *question,
                                              const struct node_evidence *node)
{
    return node_lines_by_capability(node, question->edge_kbit_s, question->configured_only);
}

int method_capable_share(const struct method_context *context, struct figure *figure)
{
    struct survey_question question = survey_question_of(figure->definition);
    question.split = split_by_capability;
    question.edge_kbit_s = (unsigned)(figure->definition->rate_mbit_s * KBIT_PER_MBIT);
    return share_of_lines(context, &question, figure);
}

/* Raises an edge to a class at which the share still is large enough. Shares fall with the edge. */
static void raise_edge(struct optional_double share, double wanted, size_t class,
                       struct optional_double *edge)
{
    if (share.known && share.value >= wanted)
        *edge = optional_double(capability_edges_kbit_s[class] / KBIT_PER_MBIT);
}

/* A target between two edges cannot be missed by lines whose class it lies in. */
static void widen_to_target(struct figure *figure)
{
    if (!figure->target || !figure->target->value.known || !figure->upper_one_sided.known)
        return;
    double target = figure->target->value.value;
    double upper = figure->upper_one_sided.value;
    size_t class = capability_class((unsigned long long)(target * KBIT_PER_MBIT));
    if (target > upper && capability_edges_kbit_s[class] / KBIT_PER_MBIT <= upper)
        figure->upper_one_sided = optional_double(target);
}

/* The share of the lines that a rate must be had by: the rule's (C1), or the lines above the
 * quantile (C2). */
static double wanted_share(const struct method_context *context,
                           const struct plan_definition *definition)
{
    if (definition->numerator == QUANTITY_PROVISIONED_RATE)
        return 1 - definition->percent / 100;
    return context->rules->capability_share;
}

int method_access_capability(const struct method_context *context, struct figure *figure)
{
    struct survey_question question = survey_question_of(figure->definition);
    question.split = split_by_capability;
    question.configured_only = figure->definition->numerator == QUANTITY_PROVISIONED_RATE;
    double wanted = wanted_share(context, figure->definition);
    double target = figure->target && figure->target->value.known ? figure->target->value.value : 0;
    for (size_t class = 0; class < CAPABILITY_CLASSES; class ++) {
        struct survey survey;
        struct survey_share share;
        memset(&share, 0, sizeof share);
        question.edge_kbit_s = capability_edges_kbit_s[class];
        survey_take(context, figure, &question, &survey);
        if (class == 0)
            survey_describe(context, &survey, figure);
        int status = survey_share(context, &question, &survey, figure, &share);
        if (status != 0)
            return status;
        if (!share.value.known)
            return 0;
        if (class == 0 && share.lower.known) /* what is not known to be capable has 0 at least */
            share.lower = share.lower_one_sided = optional_double(1);
        raise_edge(share.value, wanted, class, &figure->value);
        raise_edge(share.lower, wanted, class, &figure->lower);
        raise_edge(share.upper, wanted, class, &figure->upper);
        raise_edge(share.lower_one_sided, wanted, class, &figure->lower_one_sided);
        raise_edge(share.upper_one_sided, wanted, class, &figure->upper_one_sided);
        if (question.edge_kbit_s <= target * KBIT_PER_MBIT) {
            figure->numerator = optional_double(survey.lines.yes.point);
            figure->denominator = optional_double(survey.lines.yes.point + survey.lines.no.point);
            figure->effective_sample_size = share.effective_sample_size;
        }
    }
    widen_to_target(figure);
    if (figure->definition->numerator == QUANTITY_CAPABILITY)
        contradiction_judge(context, figure);
    return 0;
}

/* The mean of rates of which the classes are known: every line has its class's lower edge at least,
 * and the highest class has no upper one: a lower bound. Lines whose rate is not said, or measured,
 * are left out, and told. */
int method_mean_rate(const struct method_context *context, struct figure *figure)
{
    struct survey_question question = survey_question_of(figure->definition);
    double least = 0;
    double lines = 0;
    question.split = split_by_capability;
    question.configured_only = true;
    for (size_t class = 1; class < CAPABILITY_CLASSES; class ++) {
        struct survey survey;
        double below = capability_edges_kbit_s[class - 1] / KBIT_PER_MBIT;
        double edge = capability_edges_kbit_s[class] / KBIT_PER_MBIT;
        question.edge_kbit_s = capability_edges_kbit_s[class];
        survey_take(context, figure, &question, &survey);
        least += (edge - below) * survey.lines.yes.point;
        if (class > 1)
            continue;
        survey_describe(context, &survey, figure);
        lines = survey.lines.yes.point + survey.lines.no.point;
    }
    if (!(lines > 0))
        return 0;
    figure->numerator = optional_double(least);
    figure->denominator = optional_double(lines);
    figure->value = optional_double(least / lines);
    figure->lower = figure->value;
    return 0;
}
