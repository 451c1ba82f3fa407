/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicle/chronicle.h"

#include "collector/chronicle/digest.h"
#include "collector/chronicle/point.h"
#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The months that have ended, ascending, and what is to be done with them. */
struct months {
    struct history_period *periods;
    size_t count;
};

static int64_t month_last_day(int64_t day, int months_on)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(day, &year, &month, &of_month);
    int next = year * 12 + (month - 1) + months_on + 1;
    return clock_days_from_civil(next / 12, next % 12 + 1, 1) - 1;
}

static bool is_december(int64_t last_day)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    clock_civil_from_days(last_day, &year, &month, &of_month);
    return month == 12;
}

/* Which of its three computations a month is due for at a time. */
static int stage_at(int64_t last_day, uint64_t now_ns)
{
    int64_t today = clock_city_day(now_ns);
    return (today > last_day + CHRONICLE_EARLY_DAYS) + (today > last_day + CHRONICLE_FINAL_DAYS);
}

static bool is_due(const struct history_period *period, uint64_t now_ns)
{
    if (period->computed_ns == 0 ||
        stage_at(period->day, period->computed_ns) < stage_at(period->day, now_ns))
        return true;
    bool long_ago = now_ns < period->computed_ns ||
                    now_ns - period->computed_ns >= CHRONICLE_AGAIN_AFTER_S * CLOCK_NS_PER_S;
    return period->dirty != 0 && long_ago;
}

/* The known months and those that have ended since, from the first data on without a hole. */
static int list_months(struct registry *registry, const struct history_news *news, uint64_t now_ns,
                       struct months *out)
{
    struct history_period *known = NULL;
    size_t known_count = 0;
    int status = registry_list_history_periods(registry, &known, &known_count);
    if (status != 0)
        return status;
    int64_t last = month_last_day(clock_city_day(now_ns), -1);
    int64_t first = month_last_day(last, 1 - CHRONICLE_MONTHS_MAX);
    if (!news->data_known)
        first = last + 1;
    else if (news->first_day > first)
        first = month_last_day(news->first_day, 0);
    if (known_count > 0 && known[0].day < first)
        first = known[0].day;
    size_t most = known_count + CHRONICLE_MONTHS_MAX;
    out->count = 0;
    out->periods = calloc(most, sizeof *out->periods);
    size_t next = 0;
    for (int64_t day = first; out->periods && day <= last && out->count < most;
         day = month_last_day(day, 1)) {
        bool is_known = next < known_count && known[next].day == day;
        out->periods[out->count++] =
            is_known ? known[next] : (struct history_period){.day = day, .computed_ns = 0};
        next += is_known;
    }
    free(known);
    return out->periods ? 0 : -ENOMEM;
}

/* A report of a day counts in the figures of that day's month, and of those whose window of active
 * lines holds it. */
static void mark_days(struct months *months, const struct history_news *news,
                      const struct rule_settings *rules)
{
    for (size_t i = 0; i < months->count; i++) {
        int64_t last = months->periods[i].day;
        int64_t reach = last - (int64_t)rules->activity_days;
        int64_t first = month_last_day(last, -1) + 1;
        for (size_t d = 0; d < news->late_count; d++)
            if (news->late_days[d] <= last && news->late_days[d] >= (reach < first ? reach : first))
                months->periods[i].dirty |= CAUSE_REPORTS;
    }
}

static void mark_all(struct months *months, unsigned cause)
{
    for (size_t i = 0; i < months->count; i++)
        if (months->periods[i].computed_ns != 0)
            months->periods[i].dirty |= cause;
}

static bool same_mark(const struct history_mark *a, const struct history_mark *b)
{
    return a->report_id == b->report_id && a->imported_ns == b->imported_ns &&
           strcmp(a->rules, b->rules) == 0 && strcmp(a->computed_by, b->computed_by) == 0 &&
           strcmp(a->city, b->city) == 0;
}

/* Looks at what has come since the last call, and keeps what follows from it. */
static int take_news(const struct chronicle_options *options, uint64_t now_ns,
                     struct months *out_months)
{
    struct history_mark mark = {.report_id = INT64_MAX};
    struct history_mark new_mark;
    struct history_news news = {.late_days = NULL};
    uint64_t month_start_ns =
        clock_city_day_start_ns(month_last_day(clock_city_day(now_ns), -1) + 1);
    memset(&new_mark, 0, sizeof new_mark);
    int known = registry_read_history_mark(options->registry, &mark);
    int status = known == -ENOENT ? 0 : known;
    if (status == 0)
        status =
            registry_read_history_news(options->registry, mark.report_id, month_start_ns, &news);
    if (status == 0)
        status = list_months(options->registry, &news, now_ns, out_months);
    if (status == 0)
        status = digest_rules(options->plan, options->rules, new_mark.rules);
    if (status == 0) {
        new_mark.report_id = news.last_report_id;
        new_mark.imported_ns = news.last_imported_ns;
        (void)snprintf(new_mark.computed_by, sizeof new_mark.computed_by, "%s", options->version);
        (void)snprintf(new_mark.city, sizeof new_mark.city, "%s",
                       plan_area_at(options->plan, 0)->key);
        mark_days(out_months, &news, options->rules);
        if (known == 0 && new_mark.imported_ns != mark.imported_ns)
            mark_all(out_months, CAUSE_IMPORTS);
        if (known == 0 && strcmp(new_mark.rules, mark.rules) != 0)
            mark_all(out_months, CAUSE_RULES);
        if (known == 0 && strcmp(new_mark.computed_by, mark.computed_by) != 0)
            mark_all(out_months, CAUSE_PROGRAM);
        if (known != 0 || !same_mark(&mark, &new_mark))
            status = registry_write_history_mark(options->registry, &new_mark, out_months->periods,
                                                 out_months->count);
    }
    free(news.late_days);
    return status;
}

/* A month's computation: its figures, what was said of them before, and the rows to be added. */
struct month_work {
    const struct chronicle_options *options;
    const struct history_period *period;
    uint64_t now_ns;
    struct figures *figures;
    char digest[HISTORY_DIGEST_BYTES];
    struct history_row *before;
    size_t before_count;
    struct history_row *rows;
    size_t row_count;
};

static const struct history_row *find_before(const struct month_work *work, enum history_span span,
                                             const struct figure *figure)
{
    const char *operator_name = figure->operator_of ? figure->operator_of->key : "";
    for (size_t i = 0; i < work->before_count; i++) {
        const struct history_row *row = &work->before[i];
        if (row->span == span && strcmp(row->indicator, figure->indicator->id) == 0 &&
            strcmp(row->area, figure->area->key) == 0 &&
            strcmp(row->operator_name, operator_name) == 0)
            return row;
    }
    return NULL;
}

static void make_rows(struct month_work *work, enum history_span span)
{
    const struct point_context context = {
        .span = span,
        .day = work->period->day,
        .closed = clock_city_day(work->now_ns) > work->period->day + CHRONICLE_KEPT_DAYS,
        .causes = work->period->dirty,
        .now_ns = work->now_ns,
        .version = work->options->version,
        .digest = work->digest,
    };
    for (size_t i = 0; i < work->figures->count; i++) {
        const struct figure *figure = &work->figures->figures[i];
        if (point_make(&context, figure, find_before(work, span, figure),
                       &work->rows[work->row_count]))
            work->row_count++;
    }
}

static int evaluate(struct month_work *work)
{
    const struct chronicle_options *options = work->options;
    const struct figure_query query = {
        .instant_day = work->period->day, .areas = true, .operators = true};
    struct inputs *inputs = NULL;
    int status = inputs_load(options->registry, options->rules, &query, work->now_ns, &inputs);
    if (status == 0)
        status = digest_inputs(inputs, options->rules, work->digest);
    if (status == 0)
        status = figures_evaluate(options->plan, inputs, options->rules, &query, &work->figures);
    inputs_free(inputs);
    return status;
}

static int write_month(struct month_work *work)
{
    const struct history_query query = {.months = true,
                                        .years = true,
                                        .first_day = work->period->day,
                                        .last_day = work->period->day};
    const struct history_period computed = {.day = work->period->day, .computed_ns = work->now_ns};
    int status =
        registry_list_history(work->options->registry, &query, &work->before, &work->before_count);
    work->rows = calloc(2 * work->figures->count + 1, sizeof *work->rows);
    if (status == 0 && !work->rows)
        status = -ENOMEM;
    if (status != 0)
        return status;
    make_rows(work, HISTORY_MONTH);
    if (is_december(work->period->day))
        make_rows(work, HISTORY_YEAR);
    return registry_add_history(work->options->registry, work->rows, work->row_count, &computed);
}

static int compute_month(const struct chronicle_options *options,
                         const struct history_period *period, uint64_t now_ns, size_t *out_added)
{
    struct month_work work = {.options = options, .period = period, .now_ns = now_ns};
    int status = evaluate(&work);
    if (status == 0)
        status = write_month(&work);
    *out_added = work.row_count;
    figures_free(work.figures);
    free(work.before);
    free(work.rows);
    return status;
}

int chronicle_run(const struct chronicle_options *options, size_t months_max, uint64_t now_ns,
                  struct chronicle_result *out_result)
{
    struct months months = {.periods = NULL};
    struct chronicle_result result = {.computed = 0};
    int status = take_news(options, now_ns, &months);
    for (size_t i = 0; i < months.count && status == 0; i++) {
        size_t added = 0;
        if (!is_due(&months.periods[i], now_ns))
            continue;
        if (result.computed == months_max) {
            result.pending++;
            continue;
        }
        status = compute_month(options, &months.periods[i], now_ns, &added);
        result.computed += status == 0;
        result.added += status == 0 ? added : 0;
    }
    free(months.periods);
    *out_result = result;
    return status;
}
