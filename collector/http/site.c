/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/site.h"

#include "common/clock.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Years kept at once: more than a plan has, so that asking for many in turn costs no more than
 * asking for one. */
#define YEARS_KEPT 32

#define PROBE_PATIENCE_S  300
#define PUBLISHED_FRESH_S 60 /* what may be shown is worked out over all lines of the city */
#define TRENDS_FRESH_S    60 /* many instants are evaluated for them, and they move by days */

/* What was evaluated, and for how long it is given again: the dearer it was, the longer. */
struct moment {
    uint64_t asked_ns, lasts_ns;
};

struct kept_year {
    int year; /* 0 = empty */
    struct moment moment;
    struct figures *figures;
};

const struct conf_name trend_status_names[] = {{"provisional", TREND_PROVISIONAL},
                                               {"final", TREND_FINAL},
                                               {"revised", TREND_REVISED},
                                               {NULL, 0}};

/* An operator's view of the status: these three arrays are ours, the rest is borrowed. */
struct seen {
    struct site_status status; /* probes, alerts */
    struct ledger ledger;      /* probes */
};

struct site {
    const struct plan *plan;
    struct site_tools tools;
    struct site_source source;
    uint64_t fresh_ns;
    struct kept_year years[YEARS_KEPT], published[YEARS_KEPT];
    struct seen seen;
    struct figures mixed; /* an operator's view: its array is ours */
    struct site_status *status;
    struct moment status_moment;
    struct evidence *evidence;
    int evidence_year;
    struct moment evidence_moment;
    struct trends *trends;
    uint64_t trends_asked_ns;
    struct series_list series;
    struct moment series_moment;
};

void site_status_free(struct site_status *status)
{
    if (!status)
        return;
    free(status->probes);
    free(status->quarantine);
    ledger_free(status->ledger);
    free(status->alerts);
    free(status);
}

enum site_probe_state site_probe_state(const struct site_probe *probe, uint64_t now_ns)
{
    uint64_t patience_ns = 3 * probe->interval_ms * CLOCK_NS_PER_MS;
    if (patience_ns < PROBE_PATIENCE_S * CLOCK_NS_PER_S)
        patience_ns = PROBE_PATIENCE_S * CLOCK_NS_PER_S;
    if (probe->last_arrived_ns == 0)
        return PROBE_NEVER_HEARD;
    bool late = now_ns > probe->last_arrived_ns && now_ns - probe->last_arrived_ns > patience_ns;
    return late ? PROBE_SILENT : PROBE_REPORTING;
}

void trends_free(struct trends *trends)
{
    if (!trends)
        return;
    free(trends->points);
    free(trends);
}

struct site *site_new(const struct plan *plan, const struct site_source *source, uint64_t fresh_ms)
{
    struct site *site = calloc(1, sizeof *site);
    if (!site) {
        if (source->close)
            source->close(source->ctx);
        errno = ENOMEM;
        return NULL;
    }
    site->plan = plan;
    site->source = *source;
    site->fresh_ns = fresh_ms * CLOCK_NS_PER_MS;
    return site;
}

void site_free(struct site *site)
{
    if (!site)
        return;
    for (size_t i = 0; i < YEARS_KEPT; i++) {
        figures_free(site->years[i].figures);
        figures_free(site->published[i].figures);
    }
    free(site->mixed.figures);
    free(site->seen.status.probes);
    free(site->seen.status.alerts);
    free(site->seen.ledger.probes);
    site_status_free(site->status);
    evidence_free(site->evidence);
    trends_free(site->trends);
    free(site->series.series);
    if (site->source.close)
        site->source.close(site->source.ctx);
    free(site);
}

const struct plan *site_plan(const struct site *site)
{
    return site->plan;
}

const struct rule_settings *site_rules(const struct site *site)
{
    return site->source.rules;
}

void site_set_tools(struct site *site, const struct site_tools *tools)
{
    site->tools = *tools;
}

const struct site_tools *site_tools(const struct site *site)
{
    return &site->tools;
}

uint64_t site_fresh_ns(const struct site *site)
{
    return site->fresh_ns;
}

/* A clock that went backwards makes everything old. */
static bool is_fresh(struct moment moment, uint64_t now_ns)
{
    return now_ns >= moment.asked_ns && now_ns - moment.asked_ns < moment.lasts_ns;
}

/* Of what was begun at a time of the monotonic clock and is ready now. */
static struct moment moment_of(const struct site *site, uint64_t now_ns, uint64_t began_mono_ns)
{
    uint64_t lasts_ns = SITE_COST_FACTOR * (clock_mono_ns() - began_mono_ns);
    bool dear = site->fresh_ns > 0 && lasts_ns > site->fresh_ns;
    return (struct moment){now_ns, dear ? lasts_ns : site->fresh_ns};
}

/* The year's place, or an empty one, or the one that was asked longest ago. */
static struct kept_year *find_year(struct kept_year years[static YEARS_KEPT], int year)
{
    struct kept_year *oldest = &years[0];
    for (size_t i = 0; i < YEARS_KEPT; i++) {
        struct kept_year *kept = &years[i];
        if (kept->year == year)
            return kept;
        if (oldest->year != 0 &&
            (kept->year == 0 || kept->moment.asked_ns < oldest->moment.asked_ns))
            oldest = kept;
    }
    return oldest;
}

static bool is_year(int year, uint64_t now_ns)
{
    int current_year, month, day;
    clock_civil_from_days(clock_city_day(now_ns), &current_year, &month, &day);
    return year >= SITE_YEAR_MIN && year <= current_year;
}

int site_figures(struct site *site, int year, uint64_t now_ns, const struct figures **out_figures)
{
    if (!is_year(year, now_ns))
        return -ERANGE;

    struct kept_year *kept = find_year(site->years, year);
    if (kept->year != year || !is_fresh(kept->moment, now_ns)) {
        struct figure_query query = {.all_targets = true, .areas = true, .operators = true};
        bool provisional;
        query.instant_day = figure_instant_of_year(year, now_ns, &provisional);
        struct figures *figures;
        uint64_t began = clock_mono_ns();
        int status = site->source.figures(site->source.ctx, &query, now_ns, &figures);
        if (status < 0)
            return status;
        figures_free(kept->figures);
        *kept = (struct kept_year){
            .year = year, .moment = moment_of(site, now_ns, began), .figures = figures};
    }
    *out_figures = kept->figures;
    return 0;
}

static int site_published(struct site *site, int year, uint64_t now_ns,
                          const struct figures **out_figures)
{
    if (!is_year(year, now_ns))
        return -ERANGE;
    struct kept_year *kept = find_year(site->published, year);
    bool fresh = kept->year == year && now_ns >= kept->moment.asked_ns &&
                 now_ns - kept->moment.asked_ns < PUBLISHED_FRESH_S * CLOCK_NS_PER_S;
    if (!fresh || site->fresh_ns == 0) {
        struct figure_query query = {.all_targets = true, .areas = true, .operators = true};
        bool provisional;
        query.instant_day = figure_instant_of_year(year, now_ns, &provisional);
        struct figures *figures;
        int status = site->source.published(site->source.ctx, &query, now_ns, &figures);
        if (status < 0)
            return status;
        figures_free(kept->figures);
        *kept = (struct kept_year){.year = year, .moment.asked_ns = now_ns, .figures = figures};
    }
    *out_figures = kept->figures;
    return 0;
}

static bool is_same(const struct figure *a, const struct figure *b)
{
    return a->indicator == b->indicator && a->area == b->area && a->operator_of == b->operator_of &&
           a->target == b->target && a->definition == b->definition;
}

/* The published figures, and in their places those whole ones that are the viewer's own. */
static int mix(struct site *site, const struct viewer *viewer, const struct figures *whole,
               const struct figures *published)
{
    size_t count = published->count;
    struct figure *mixed = realloc(site->mixed.figures, (count + 1) * sizeof *mixed);
    if (!mixed)
        return -ENOMEM;
    site->mixed = *published;
    site->mixed.figures = mixed;
    for (size_t i = 0; i < count; i++) {
        mixed[i] = published->figures[i];
        if (i < whole->count && mixed[i].operator_of &&
            viewer_sees_operator(viewer, mixed[i].operator_of->key) &&
            is_same(&mixed[i], &whole->figures[i]))
            mixed[i] = whole->figures[i];
    }
    return 0;
}

int site_figures_for(struct site *site, const struct viewer *viewer, int year, uint64_t now_ns,
                     const struct figures **out_figures)
{
    const struct figures *whole = NULL, *published = NULL;
    if (viewer_sees_all_figures(viewer))
        return site_figures(site, year, now_ns, out_figures);
    int status = site_published(site, year, now_ns, &published);
    if (status < 0 || viewer->role != ROLE_OPERATOR) {
        *out_figures = published;
        return status;
    }
    status = site_figures(site, year, now_ns, &whole);
    if (status == 0)
        status = mix(site, viewer, whole, published);
    *out_figures = &site->mixed;
    return status;
}

int site_status(struct site *site, uint64_t now_ns, const struct site_status **out_status)
{
    if (!site->status || !is_fresh(site->status_moment, now_ns)) {
        struct site_status *status;
        uint64_t began = clock_mono_ns();
        int result = site->source.status(site->source.ctx, now_ns, &status);
        if (result < 0)
            return result;
        site_status_free(site->status);
        site->status = status;
        site->status_moment = moment_of(site, now_ns, began);
    }
    *out_status = site->status;
    return 0;
}

/* Rows that begin with an operator's key; those that may be seen move to the front of a copy. */
static int keep_seen(const struct viewer *viewer, const void *rows, size_t count, size_t size,
                     void **copy, size_t *out_count)
{
    char *kept = realloc(*copy, (count + 1) * size);
    if (!kept)
        return -ENOMEM;
    *copy = kept;
    *out_count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *row = (const char *)rows + i * size;
        if (viewer_sees_operator(viewer, row))
            memcpy(kept + size * (*out_count)++, row, size);
    }
    return 0;
}
_Static_assert(offsetof(struct site_probe, operator_name) == 0 &&
                   offsetof(struct site_alert, operator_name) == 0 &&
                   offsetof(struct ledger_probe, operator_name) == 0,
               "rows begin with their operator");

int site_status_for(struct site *site, const struct viewer *viewer, uint64_t now_ns,
                    const struct site_status **out_status)
{
    struct seen *seen = &site->seen;
    int status = site_status(site, now_ns, out_status);
    if (status < 0 || viewer_sees_all_figures(viewer))
        return status;
    const struct site_status *whole = *out_status;
    void *probes = seen->status.probes, *alerts = seen->status.alerts, *rows = seen->ledger.probes;
    seen->status = *whole;
    seen->ledger = whole->ledger ? *whole->ledger : (struct ledger){0};
    status = keep_seen(viewer, whole->probes, whole->probe_count, sizeof *whole->probes, &probes,
                       &seen->status.probe_count);
    if (status == 0)
        status = keep_seen(viewer, whole->alerts, whole->alert_count, sizeof *whole->alerts,
                           &alerts, &seen->status.alert_count);
    if (status == 0 && whole->ledger)
        status = keep_seen(viewer, whole->ledger->probes, whole->ledger->probe_count,
                           sizeof *whole->ledger->probes, &rows, &seen->ledger.probe_count);
    seen->status.probes = probes;
    seen->status.alerts = alerts;
    seen->ledger.probes = rows;
    seen->status.ledger = whole->ledger ? &seen->ledger : NULL;
    *out_status = &seen->status;
    return status;
}

int site_evidence(struct site *site, int year, uint64_t now_ns,
                  const struct evidence **out_evidence)
{
    if (!is_year(year, now_ns))
        return -ERANGE;
    bool fresh =
        site->evidence && site->evidence_year == year && is_fresh(site->evidence_moment, now_ns);
    if (!fresh) {
        bool provisional;
        struct evidence *evidence;
        uint64_t began = clock_mono_ns();
        int status = site->source.evidence(site->source.ctx,
                                           figure_instant_of_year(year, now_ns, &provisional),
                                           now_ns, &evidence);
        if (status < 0)
            return status;
        evidence_free(site->evidence);
        site->evidence = evidence;
        site->evidence_year = year;
        site->evidence_moment = moment_of(site, now_ns, began);
    }
    *out_evidence = site->evidence;
    return 0;
}

int site_trends(struct site *site, uint64_t now_ns, const struct trends **out_trends)
{
    bool fresh = site->trends && now_ns >= site->trends_asked_ns &&
                 now_ns - site->trends_asked_ns < TRENDS_FRESH_S * CLOCK_NS_PER_S;
    if (!fresh || site->fresh_ns == 0) {
        struct trends *trends;
        int status = site->source.trends(site->source.ctx, now_ns, &trends);
        if (status < 0)
            return status;
        trends_free(site->trends);
        site->trends = trends;
        site->trends_asked_ns = now_ns;
    }
    *out_trends = site->trends;
    return 0;
}

int site_series(struct site *site, uint64_t now_ns, const struct series_list **out_list)
{
    if (!site->series.series || !is_fresh(site->series_moment, now_ns)) {
        struct series_list list = {0};
        uint64_t began = clock_mono_ns();
        int status = site->source.series(site->source.ctx, &list);
        if (status < 0)
            return status;
        free(site->series.series);
        site->series = list;
        site->series_moment = moment_of(site, now_ns, began);
    }
    *out_list = &site->series;
    return 0;
}

int site_points(struct site *site, const struct series_fetch_query *query,
                struct series_points **out_points)
{
    return site->source.points(site->source.ctx, query, out_points);
}
