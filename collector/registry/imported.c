/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/imported.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

const struct conf_name venue_category_names[] = {
    {"unknown", VENUE_UNKNOWN},
    {"public-service", VENUE_PUBLIC_SERVICE},
    {"commercial", VENUE_COMMERCIAL},
    {NULL, 0},
};

static int64_t year_start(int64_t day, int years_on)
{
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    clock_civil_from_days(day, &year, &month, &day_of_month);
    return clock_days_from_civil(year + years_on, 1, 1);
}

static int order_signed(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order_unsigned(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int order_double(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_denominators(const void *a, const void *b)
{
    const struct denominator *x = a;
    const struct denominator *y = b;
    int order = strcmp(x->area, y->area);
    order = order ? order : strcmp(x->variable, y->variable);
    order = order ? order : strcmp(x->class_name, y->class_name);
    order = order ? order : order_signed(x->reference_day, y->reference_day);
    order = order ? order : order_signed(x->published_day, y->published_day);
    order = order ? order : order_unsigned(x->imported_ns, y->imported_ns);
    order = order ? order : strcmp(x->vintage, y->vintage);
    return order ? order : order_double(x->value, y->value);
}

static int compare_declared(const void *a, const void *b)
{
    const struct declared_figure *x = a;
    const struct declared_figure *y = b;
    int order = strcmp(x->indicator, y->indicator);
    order = order ? order : strcmp(x->area, y->area);
    order = order ? order : strcmp(x->operator_name, y->operator_name);
    order = order ? order : order_signed(x->reference_day, y->reference_day);
    order = order ? order : order_signed(x->published_day, y->published_day);
    order = order ? order : order_unsigned(x->imported_ns, y->imported_ns);
    order = order ? order : strcmp(x->vintage, y->vintage);
    return order ? order : order_double(x->value, y->value);
}

void imported_sort(struct imported *imported)
{
    if (imported->denominator_count)
        qsort(imported->denominators, imported->denominator_count, sizeof *imported->denominators,
              compare_denominators);
    if (imported->declared_count)
        qsort(imported->declared, imported->declared_count, sizeof *imported->declared,
              compare_declared);
}

void imported_clear(struct imported *imported)
{
    free(imported->denominators);
    free(imported->declared);
    free(imported->venues);
    free(imported->contracts);
    free(imported->remarks);
    memset(imported, 0, sizeof *imported);
}

const struct denominator *imported_find_denominator(const struct imported *imported,
                                                    const char *area, const char *variable,
                                                    const char *class_name, int64_t last_day)
{
    int64_t end = year_start(last_day, 1);
    const struct denominator *last = NULL;
    for (size_t i = 0; i < imported->denominator_count; i++) {
        const struct denominator *row = &imported->denominators[i];
        if (row->reference_day < end && strcmp(row->area, area) == 0 &&
            strcmp(row->variable, variable) == 0 && strcmp(row->class_name, class_name) == 0)
            last = row;
    }
    return last;
}

const struct declared_figure *imported_find_declared(const struct imported *imported,
                                                     const char *indicator, const char *area,
                                                     const char *operator_name, int64_t last_day)
{
    int64_t begin = year_start(last_day, 0);
    const struct declared_figure *last = NULL;
    for (size_t i = 0; i < imported->declared_count; i++) {
        const struct declared_figure *row = &imported->declared[i];
        if (row->reference_day >= begin && row->reference_day <= last_day &&
            strcmp(row->indicator, indicator) == 0 && strcmp(row->area, area) == 0 &&
            strcmp(row->operator_name, operator_name) == 0)
            last = row;
    }
    return last;
}
