/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/node_lines.h"
#include "collector/indicator/survey.h"

#include "common/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CLASS_ALL "all"

/* yes: residential; no: business; unknown: the operator has not said. */
static struct count_split split_by_residence(const struct survey_question *question,
                                             const struct node_evidence *node)
{
    (void)question;
    struct count_range all = node_lines_total(node);
    switch (node->residence) {
    case RESIDENCE_RESIDENTIAL:
        return (struct count_split){.yes = all};
    case RESIDENCE_BUSINESS:
        return (struct count_split){.no = all};
    case RESIDENCE_UNKNOWN:
        break;
    }
    return (struct count_split){.unknown = all};
}

static void name_denominator(const struct denominator *row, struct figure *figure)
{
    clock_format_date(row->reference_day, figure->denominator_date);
    (void)snprintf(figure->denominator_vintage, sizeof figure->denominator_vintage, "%s",
                   row->vintage);
}

static const struct denominator *find_row(const struct method_context *context,
                                          const struct figure *figure, const char *area)
{
    return imported_find_denominator(&context->inputs->imported, area,
                                     figure->indicator->denominator, CLASS_ALL,
                                     context->window.last_day);
}

/* The sum of the areas where every one has its row: a sum with a gap would be a smaller city. */
static double sum_of_areas(const struct method_context *context, struct figure *figure)
{
    const struct denominator *row = NULL;
    double sum = 0;
    for (size_t i = 1; i < plan_area_count(context->plan); i++) {
        const struct plan_area *area = plan_area_at(context->plan, i);
        if (!area->reporting)
            continue;
        row = find_row(context, figure, area->key);
        if (!row)
            return 0;
        sum += row->value;
    }
    if (row)
        name_denominator(row, figure);
    return sum;
}

/* The area's own row; the city has the sum of its areas' where it has none. */
static void find_households(const struct method_context *context, struct figure *figure)
{
    double value = 0;
    const struct denominator *row = find_row(context, figure, figure->area->key);
    if (row) {
        name_denominator(row, figure);
        value = row->value;
    } else if (figure->area == plan_area_at(context->plan, 0)) {
        value = sum_of_areas(context, figure);
    }
    if (value > 0)
        figure->denominator = optional_double(value);
}

/* Of the registered lines of a sampled node, those that are residential and active. */
static struct ratio_cluster measure_active(const void *ctx, const struct node_evidence *node)
{
    const bool *unknown_counts = ctx;
    struct count_split split = split_by_residence(NULL, node);
    struct optional_double registered = node_lines_registered(node);
    double hits = split.yes.point + (*unknown_counts ? split.unknown.point : 0);
    return (struct ratio_cluster){.hits = hits, .size = registered.known ? registered.value : 0};
}

/* The lines of all registered nodes by the ratio of active to registered ones (3.3, step 3). A
 * ratio above 1 says that the register is stale: then no interval can be given. */
static int lines_from_sample(const struct method_context *context, const struct figure *figure,
                             double registered, struct count_range *out_lines,
                             struct survey_share *out_share)
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
    static const bool no = false;
    static const bool yes = true;
    int status = sample_frame_ratio(frame, measure_active, &no, &least);
    if (status == 0)
        status = sample_frame_ratio(frame, measure_active, &yes, &most);
    sample_frame_free(frame);
    if (status != 0)
        return status;
    if (most.value > 1)
        return -EDOM;
    struct interval low = interval_wilson(least.value, least.effective_size, INTERVAL_Z_TWO_SIDED);
    struct interval high = interval_wilson(most.value, most.effective_size, INTERVAL_Z_TWO_SIDED);
    *out_lines = (struct count_range){low.lower * registered, most.value * registered,
                                      high.upper * registered};
    low = interval_wilson(least.value, least.effective_size, INTERVAL_Z_ONE_SIDED);
    high = interval_wilson(most.value, most.effective_size, INTERVAL_Z_ONE_SIDED);
    out_share->lower_one_sided = optional_double(low.lower * registered);
    out_share->upper_one_sided = optional_double(high.upper * registered);
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

int method_penetration(const struct method_context *context, int parameter, struct figure *figure)
{
    (void)parameter;
    const struct survey_question question = {.split = split_by_residence};
    struct survey survey;
    struct survey_share lines;
    memset(&lines, 0, sizeof lines);
    survey_take(context, figure, &question, &survey);
    survey_describe(context, &survey, figure);
    find_households(context, figure);
    if (!survey.anything)
        return 0;
    struct count_range range = {.low = survey.lines.yes.low,
                                .point = survey.lines.yes.point + survey.lines.unknown.point,
                                .high = survey.lines.yes.high + survey.lines.unknown.high};
    lines.lower_one_sided = optional_double(range.low);
    lines.upper_one_sided = optional_double(range.high);
    if (figure->basis == BASIS_PROBABILITY_SAMPLE) {
        int status = lines_from_sample(context, figure, survey.registered, &range, &lines);
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
