/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicle/chronicle.h"

#include "common/array.h"
#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct chronicle_year *year_of(struct chronicle_summary *summary, int64_t day)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(day, &year, &month, &of_month);
    for (size_t i = 0; i < summary->year_count; i++)
        if (summary->years[i].year == year)
            return &summary->years[i];
    struct chronicle_year *grown =
        array_grow(summary->years, summary->year_count, sizeof *summary->years);
    if (!grown)
        return NULL;
    summary->years = grown;
    grown[summary->year_count] = (struct chronicle_year){.year = year, .status = HISTORY_FINAL};
    return &grown[summary->year_count++];
}

/* Rows of a figure stand in the order of their addition: the first final one froze it. */
static int take_year_row(struct chronicle_summary *summary, const struct history_row *row,
                         const struct history_row *next)
{
    struct chronicle_year *year = year_of(summary, row->day);
    if (!year)
        return -ENOMEM;
    bool last = !next || next->day != row->day || strcmp(next->indicator, row->indicator) != 0;
    if (row->status == HISTORY_FINAL && row->computed_ns > year->frozen_ns)
        year->frozen_ns = row->computed_ns;
    if (!last)
        return 0;
    year->figures++;
    year->revised += row->status == HISTORY_REVISED;
    if (row->revision > year->revision)
        year->revision = row->revision;
    if (row->status == HISTORY_PROVISIONAL)
        year->status = HISTORY_PROVISIONAL;
    else if (row->status == HISTORY_REVISED && year->status == HISTORY_FINAL)
        year->status = HISTORY_REVISED;
    return 0;
}

static int compare_years(const void *a, const void *b)
{
    const struct chronicle_year *x = a;
    const struct chronicle_year *y = b;
    return (x->year > y->year) - (x->year < y->year);
}

static int take_months(struct registry *registry, struct chronicle_summary *summary)
{
    struct history_period *periods = NULL;
    size_t count = 0;
    int status = registry_list_history_periods(registry, &periods, &count);
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (periods[i].computed_ns == 0)
            continue;
        if (summary->months++ == 0)
            summary->first_month = periods[i].day;
        summary->last_month = periods[i].day;
    }
    free(periods);
    return status;
}

int chronicle_summarise(struct registry *registry, const char *city, uint64_t as_known_ns,
                        struct chronicle_summary *out_summary)
{
    struct chronicle_summary summary = {.years = NULL};
    const struct history_query query = {.area = city,
                                        .operator_name = "",
                                        .years = true,
                                        .first_day = INT64_MIN,
                                        .last_day = INT64_MAX,
                                        .as_known_ns = as_known_ns,
                                        .every_row = true};
    struct history_row *rows = NULL;
    size_t count = 0;
    int status = take_months(registry, &summary);
    if (status == 0)
        status = registry_list_history(registry, &query, &rows, &count);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = take_year_row(&summary, &rows[i], i + 1 < count ? &rows[i + 1] : NULL);
    free(rows);
    if (status != 0) {
        chronicle_summary_clear(&summary);
        return status;
    }
    if (summary.year_count > 0)
        qsort(summary.years, summary.year_count, sizeof *summary.years, compare_years);
    *out_summary = summary;
    return 0;
}

void chronicle_summary_clear(struct chronicle_summary *summary)
{
    free(summary->years);
    memset(summary, 0, sizeof *summary);
}
