/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is divided by, and may itself be counted: variables that people import (indicators.md 2.8).
 */
#include "collector/indicator/method.h"

#include "common/clock.h"

#include <stdio.h>

#define CLASS_ALL "all"

static void name_denominator(const struct denominator *row, struct figure *figure)
{
    clock_format_date(row->reference_day, figure->denominator_date);
    (void)snprintf(figure->denominator_vintage, sizeof figure->denominator_vintage, "%s",
                   row->vintage);
}

static const struct denominator *find_row(const struct method_context *context, const char *area,
                                          const char *variable)
{
    return imported_find_denominator(&context->inputs->imported, area, variable, CLASS_ALL,
                                     context->window.last_day);
}

/* The sum of the areas within a wide one where each has its row: a sum with a gap would be a
 * smaller city. */
static double sum_of_areas(const struct method_context *context, const struct plan_area *wide,
                           const char *variable, const struct denominator **out_row)
{
    double sum = 0;
    for (size_t i = 1; i < plan_area_count(context->plan); i++) {
        const struct plan_area *area = plan_area_at(context->plan, i);
        if (!plan_area_reports_on(area, context->window.last_day) ||
            !plan_area_holds(context->plan, wide, area))
            continue;
        *out_row = find_row(context, area->key, variable);
        if (!*out_row)
            return 0;
        sum += (*out_row)->value;
    }
    return sum;
}

struct optional_double method_variable(const struct method_context *context, const char *variable,
                                       bool denominator, struct figure *figure)
{
    const struct denominator *row = find_row(context, figure->area->key, variable);
    double value = row ? row->value : 0;
    if (!row)
        value = sum_of_areas(context, figure->area, variable, &row);
    if (row && denominator)
        name_denominator(row, figure);
    if (row && !denominator)
        (void)snprintf(figure->source, sizeof figure->source, "%s", row->source);
    return (struct optional_double){.known = value > 0, .value = value};
}

void method_divide_by_imported(const struct method_context *context, struct figure *figure)
{
    enum denominator_kind kind = figure->definition->denominator;
    if (denominator_is_imported(kind))
        figure->denominator =
            method_variable(context, conf_id_name(denominator_names, (int)kind), true, figure);
}

/* An operator's part of a variable is not imported, so an operator has no such figure. */
int method_imported(const struct method_context *context, struct figure *figure)
{
    figure->evidence_class = EVIDENCE_DECLARED;
    figure->basis = BASIS_DECLARED;
    if (figure->operator_of)
        return 0;
    figure->numerator = method_variable(context, figure->definition->variable, false, figure);
    method_divide_by_imported(context, figure);
    if (figure->numerator.known && figure->denominator.known)
        figure->value = optional_double(100 * figure->numerator.value / figure->denominator.value);
    return 0;
}
