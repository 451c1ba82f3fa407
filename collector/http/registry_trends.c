/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/registry_trends.h"

#include "collector/registry/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trend_point point_of_figure(const struct figure *figure)
{
    return (struct trend_point){.indicator = figure->indicator,
                                .day = figure->instant_day,
                                .value = figure->value,
                                .lower = figure->lower,
                                .upper = figure->upper,
                                .status = figure->provisional ? TREND_PROVISIONAL : TREND_FINAL,
                                .verdict = figure->verdict,
                                .grade = figure->grade,
                                .definition_version = figure->definition_version};
}

static struct trend_point point_of_row(const struct history_row *row,
                                       const struct plan_indicator *indicator, bool stands)
{
    struct trend_point point = {.indicator = indicator,
                                .day = row->day,
                                .of_year = row->span == HISTORY_YEAR,
                                .value = row->value,
                                .lower = row->lower,
                                .upper = row->upper,
                                .status = !stands                              ? TREND_REVISED
                                          : row->status == HISTORY_PROVISIONAL ? TREND_PROVISIONAL
                                                                               : TREND_FINAL,
                                .verdict = (enum verdict)row->verdict,
                                .grade = row->grade,
                                .definition_version = (unsigned)row->definition_version};
    if (stands && row->status == HISTORY_REVISED)
        (void)snprintf(point.reason, sizeof point.reason, "%s", row->reason);
    return point;
}

static bool is_same_figure(const struct history_row *a, const struct history_row *b)
{
    return a->span == b->span && a->day == b->day && strcmp(a->indicator, b->indicator) == 0;
}

/* A row is shown when it is its figure's last one, or was final before. */
static void add_rows(struct trends *trends, const struct plan *plan, const struct history_row *rows,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool stands = i + 1 == count || !is_same_figure(&rows[i], &rows[i + 1]);
        const struct plan_indicator *indicator = plan_find_indicator(plan, rows[i].indicator);
        if (!indicator || !rows[i].value.known ||
            (!stands && rows[i].status == HISTORY_PROVISIONAL))
            continue;
        trends->points[trends->count++] = point_of_row(&rows[i], indicator, stands);
    }
}

/* By indicator and day; of a day, the year's before the month's, what was before what stands. */
static int compare_points(const void *left, const void *right)
{
    const struct trend_point *a = left, *b = right;
    if (a->indicator != b->indicator)
        return a->indicator < b->indicator ? -1 : 1; /* one array of the plan */
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    if (a->of_year != b->of_year)
        return a->of_year ? -1 : 1;
    return (a->status != TREND_REVISED) - (b->status != TREND_REVISED);
}

/* A December whose year has a figure of its own is told by that one. */
static void drop_doubles(struct trends *trends)
{
    size_t kept = 0;
    for (size_t i = 0; i < trends->count; i++) {
        const struct trend_point *last = kept ? &trends->points[kept - 1] : NULL;
        const struct trend_point *point = &trends->points[i];
        if (last && last->of_year && !point->of_year && last->day == point->day &&
            last->indicator == point->indicator)
            continue;
        trends->points[kept++] = *point;
    }
    trends->count = kept;
}

static bool is_of_city(const struct figure *figure, const struct plan *plan)
{
    return figure->area == plan_area_at(plan, 0) && !figure->operator_of && !figure->alternative;
}

/* The first figure of each indicator, unless the chronicle has a point of that very day. */
static void add_today(struct trends *trends, const struct plan *plan, const struct figures *today)
{
    const struct plan_indicator *added = NULL;
    size_t rows = trends->count;
    for (size_t i = 0; i < today->count; i++) {
        const struct figure *figure = &today->figures[i];
        bool known = figure->indicator == added || !figure->value.known;
        for (size_t k = 0; k < rows && !known; k++)
            known = trends->points[k].indicator == figure->indicator &&
                    trends->points[k].day == figure->instant_day;
        if (known || !is_of_city(figure, plan))
            continue;
        added = figure->indicator;
        trends->points[trends->count++] = point_of_figure(figure);
    }
}

int registry_read_trends(struct registry *registry, const struct plan *plan,
                         const struct figures *today, struct trends **out_trends)
{
    const struct history_query query = {.area = plan_area_at(plan, 0)->key,
                                        .operator_name = "",
                                        .months = true,
                                        .years = true,
                                        .first_day = INT64_MIN,
                                        .last_day = INT64_MAX,
                                        .every_row = true};
    struct history_row *rows = NULL;
    size_t count = 0;
    int status = registry_list_history(registry, &query, &rows, &count);
    if (status < 0)
        return status;
    struct trends *trends = calloc(1, sizeof *trends);
    if (trends)
        trends->points = calloc(count + today->count + 1, sizeof *trends->points);
    if (!trends || !trends->points) {
        free(rows);
        trends_free(trends);
        return -ENOMEM;
    }
    add_rows(trends, plan, rows, count);
    free(rows);
    add_today(trends, plan, today);
    qsort(trends->points, trends->count, sizeof *trends->points, compare_points);
    drop_doubles(trends);
    *out_trends = trends;
    return 0;
}
