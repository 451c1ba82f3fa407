/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/indicator/declared.h"

#include "collector/indicator/method.h"

#include "common/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct conf_name declared_gap_names[] = {
    {"none", DECLARED_NONE},
    {"within-interval", DECLARED_WITHIN},
    {"definition", DECLARED_DEFINITION},
    {"unexplained", DECLARED_UNEXPLAINED},
    {NULL, 0},
};

const struct conf_name declared_gap_names_zh[] = {
    {"无可比", DECLARED_NONE},
    {"在区间内", DECLARED_WITHIN},
    {"口径差异", DECLARED_DEFINITION},
    {"差异未获解释", DECLARED_UNEXPLAINED},
    {NULL, 0},
};

#define PERIOD_ROOM 16

/* The periods that a remark on an instant may name: its year, and its month. */
static void periods_of(int64_t day, char year_text[static PERIOD_ROOM],
                       char month_text[static PERIOD_ROOM])
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(day, &year, &month, &of_month);
    (void)snprintf(year_text, PERIOD_ROOM, "%04d", year);
    (void)snprintf(month_text, PERIOD_ROOM, "%04d-%02d", year, month);
}

/* The month's own remark goes before that of its year. */
static const struct remark *find_remark(const struct method_context *context,
                                        const struct figure *figure)
{
    const struct imported *imported = &context->inputs->imported;
    const char *operator_name = figure->operator_of ? figure->operator_of->key : "";
    const struct remark *found = NULL;
    char year[PERIOD_ROOM];
    char month[PERIOD_ROOM];
    periods_of(context->window.last_day, year, month);
    for (size_t i = 0; i < imported->remark_count; i++) {
        const struct remark *remark = &imported->remarks[i];
        bool of_month = strcmp(remark->period, month) == 0;
        bool of_year = strcmp(remark->period, year) == 0;
        if ((of_month || (of_year && !found)) &&
            strcmp(remark->indicator, figure->indicator->id) == 0 &&
            strcmp(remark->area, figure->area->key) == 0 &&
            strcmp(remark->operator_name, operator_name) == 0)
            found = remark;
    }
    return found;
}

void declared_find(const struct method_context *context, struct figure *figure)
{
    const struct declared_figure *row = method_find_declared(context, figure);
    if (row) {
        char date[CLOCK_DATE_BYTES];
        clock_format_date(row->reference_day, date);
        figure->declared_value = optional_double(row->value);
        (void)snprintf(figure->declared_source, sizeof figure->declared_source, "%.140s, %s",
                       row->source, date);
    }
    const struct remark *remark = find_remark(context, figure);
    if (remark) {
        (void)snprintf(figure->remark_zh, sizeof figure->remark_zh, "%s", remark->text_zh);
        (void)snprintf(figure->remark_en, sizeof figure->remark_en, "%s", remark->text_en);
    }
}

/* Half of the last digit that the unit is shown with: what rounding alone may differ by. */
static double half_digit(uint64_t decimals)
{
    double half = 0.5;
    for (uint64_t i = 0; i < decimals; i++)
        half /= 10;
    return half;
}

static bool holds(const struct figure *figure, double value)
{
    double slack = half_digit(figure->definition->decimals);
    double lower = figure->lower.known ? figure->lower.value : figure->value.value;
    double upper = figure->upper.known ? figure->upper.value : figure->value.value;
    return figure->value.known && value >= lower - slack && value <= upper + slack;
}

/* An interval as wide as the gap holds much, and explains nothing. */
static bool explains(const struct figure *other, const struct figure *figure)
{
    double lower = other->lower.known ? other->lower.value : other->value.value;
    double upper = other->upper.known ? other->upper.value : other->value.value;
    return other->basis != BASIS_DECLARED && holds(other, figure->declared_value.value) &&
           upper - lower < fabs(figure->gap.value);
}

int declared_compare(const struct method_context *context,
                     int (*compute)(const struct method_context *context, struct figure *figure),
                     struct figure *figure)
{
    const struct plan_indicator *indicator = figure->indicator;
    if (!figure->declared_value.known || !figure->value.known || figure->alternative ||
        figure->basis == BASIS_DECLARED)
        return 0;
    double declared = figure->declared_value.value;
    figure->gap = optional_double(declared - figure->value.value);
    figure->declared_gap = holds(figure, declared) ? DECLARED_WITHIN : DECLARED_UNEXPLAINED;
    for (size_t i = 1; i < indicator->definition_count; i++) {
        const struct plan_definition *definition = &indicator->definitions[i];
        if (figure->declared_gap != DECLARED_UNEXPLAINED ||
            strcmp(definition->unit, figure->definition->unit) != 0)
            continue;
        struct figure other = {.indicator = indicator,
                               .definition = definition,
                               .area = figure->area,
                               .operator_of = figure->operator_of,
                               .alternative = true};
        int status = compute(context, &other);
        if (status != 0)
            return status;
        if (explains(&other, figure)) {
            figure->declared_gap = DECLARED_DEFINITION;
            figure->declared_definition = definition;
        }
    }
    return 0;
}
