/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/site.h"

#include "common/clock.h"

#include "collector/http/shelf.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Years kept at once: more than a plan has, so that asking for many in turn costs no more than
 * asking for one. */
#define YEARS_KEPT    32
#define EVIDENCE_KEPT 2

#define PROBE_PATIENCE_S  300
#define PUBLISHED_FRESH_S 60 /* what may be shown is worked out over all lines of the city */
#define TRENDS_FRESH_S    60 /* many instants are evaluated for them, and they move by days */

/* What a light site evaluates itself takes no longer than this, by experience. */
#define LIGHT_COST_NS (20 * CLOCK_NS_PER_MS)

const struct conf_name trend_status_names[] = {{"provisional", TREND_PROVISIONAL},
                                               {"final", TREND_FINAL},
                                               {"revised", TREND_REVISED},
                                               {NULL, 0}};

/* An operator's view of the status: these three arrays are ours, the rest is borrowed. */
struct seen {
    struct site_status status; /* probes, alerts */
    struct ledger ledger;      /* probes */
};

/* What a source is asked for. */
enum data_kind { FIGURES, PUBLISHED, EVIDENCE, STATUS, TRENDS, SERIES, DATA_KINDS };

struct site {
    const struct plan *plan;
    struct site_tools tools;
    struct site_source source;
    uint64_t fresh_ns;
    struct shelf *shelf; /* one, of the site and its light one */
    struct site *light;
    bool is_light;
    bool takes_old;
    struct site_verdict verdict;
    const struct snapshot *held[DATA_KINDS]; /* what was borrowed last */
    struct seen seen;
    struct figures mixed; /* an operator's view: its array is ours */
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

static void free_figures(void *data)
{
    figures_free(data);
}

static void free_evidence(void *data)
{
    evidence_free(data);
}

static void free_status(void *data)
{
    site_status_free(data);
}

static void free_trends(void *data)
{
    trends_free(data);
}

static void free_series(void *data)
{
    struct series_list *list = data;
    free(list->series);
    free(list);
}

static const struct shelf_kind shelf_kinds[DATA_KINDS] = {
    [FIGURES] = {YEARS_KEPT, free_figures},
    [PUBLISHED] = {YEARS_KEPT, free_figures},
    [EVIDENCE] = {EVIDENCE_KEPT, free_evidence},
    [STATUS] = {1, free_status},
    [TRENDS] = {1, free_trends},
    [SERIES] = {1, free_series},
};

static struct site *make_site(const struct plan *plan, const struct site_source *source,
                              uint64_t fresh_ns, struct shelf *shelf)
{
    struct site *site = shelf ? calloc(1, sizeof *site) : NULL;
    if (!site) {
        if (source->close)
            source->close(source->ctx);
        return NULL;
    }
    site->plan = plan;
    site->source = *source;
    site->fresh_ns = fresh_ns;
    site->shelf = shelf;
    return site;
}

struct site *site_new(const struct plan *plan, const struct site_source *source, uint64_t fresh_ms)
{
    struct shelf *shelf = shelf_new(shelf_kinds, DATA_KINDS);
    struct site *site = make_site(plan, source, fresh_ms * CLOCK_NS_PER_MS, shelf);
    if (site)
        return site;
    shelf_free(shelf);
    errno = ENOMEM;
    return NULL;
}

int site_add_light(struct site *site, const struct site_source *source)
{
    site->light = make_site(site->plan, source, site->fresh_ns, site->shelf);
    if (!site->light)
        return -ENOMEM;
    site->light->is_light = true;
    site->light->tools = site->tools;
    return 0;
}

struct site *site_light(const struct site *site)
{
    return site->light;
}

void site_free(struct site *site)
{
    if (!site)
        return;
    site_free(site->light);
    for (size_t i = 0; i < DATA_KINDS; i++)
        if (site->held[i])
            shelf_release(site->shelf, site->held[i]);
    free(site->mixed.figures);
    free(site->seen.status.probes);
    free(site->seen.status.alerts);
    free(site->seen.ledger.probes);
    if (site->source.close)
        site->source.close(site->source.ctx);
    if (!site->is_light)
        shelf_free(site->shelf);
    free(site);
}

void site_begin(struct site *site, bool takes_old)
{
    site->takes_old = takes_old;
    site->verdict = (struct site_verdict){0};
}

struct site_verdict site_verdict(const struct site *site)
{
    return site->verdict;
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
    if (site->light)
        site->light->tools = *tools;
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
static bool is_younger(const struct snapshot *snapshot, uint64_t now_ns, uint64_t than_ns)
{
    return now_ns >= snapshot->asked_ns && now_ns - snapshot->asked_ns < than_ns;
}

static int ask_figures(struct site *site, bool published, int year, uint64_t now_ns, void **out)
{
    struct figure_query query = {.all_targets = true, .areas = true, .operators = true};
    bool provisional;
    struct figures *figures = NULL;
    query.instant_day = figure_instant_of_year(year, now_ns, &provisional);
    const struct site_source *source = &site->source;
    int status =
        (published ? source->published : source->figures)(source->ctx, &query, now_ns, &figures);
    *out = figures;
    return status;
}

static int ask_whole(struct site *site, int year, uint64_t now_ns, void **out)
{
    return ask_figures(site, false, year, now_ns, out);
}

static int ask_published(struct site *site, int year, uint64_t now_ns, void **out)
{
    return ask_figures(site, true, year, now_ns, out);
}

static int ask_evidence(struct site *site, int year, uint64_t now_ns, void **out)
{
    bool provisional;
    struct evidence *evidence = NULL;
    int status = site->source.evidence(
        site->source.ctx, figure_instant_of_year(year, now_ns, &provisional), now_ns, &evidence);
    *out = evidence;
    return status;
}

static int ask_status(struct site *site, int year, uint64_t now_ns, void **out)
{
    (void)year;
    struct site_status *status = NULL;
    int result = site->source.status(site->source.ctx, now_ns, &status);
    *out = status;
    return result;
}

static int ask_trends(struct site *site, int year, uint64_t now_ns, void **out)
{
    (void)year;
    struct trends *trends = NULL;
    int status = site->source.trends(site->source.ctx, now_ns, &trends);
    *out = trends;
    return status;
}

static int ask_series(struct site *site, int year, uint64_t now_ns, void **out)
{
    (void)year;
    (void)now_ns;
    struct series_list *list = calloc(1, sizeof *list);
    int status = list ? site->source.series(site->source.ctx, list) : -ENOMEM;
    if (status < 0) {
        free(list);
        return status;
    }
    *out = list;
    return 0;
}

/* Dear: a light site never evaluates it; of the others, by experience. */
static const struct {
    int (*ask)(struct site *site, int year, uint64_t now_ns, void **out);
    bool dear;
    uint64_t fresh_s; /* at least; 0 = as the site's */
} data_kinds[DATA_KINDS] = {
    [FIGURES] = {ask_whole, true, 0},
    [PUBLISHED] = {ask_published, true, PUBLISHED_FRESH_S},
    [EVIDENCE] = {ask_evidence, true, 0},
    [STATUS] = {ask_status, false, 0},
    [TRENDS] = {ask_trends, true, TRENDS_FRESH_S},
    [SERIES] = {ask_series, false, 0},
};

static bool is_dear(const struct site *site, enum data_kind kind)
{
    return data_kinds[kind].dear || shelf_cost_ns(site->shelf, kind) > LIGHT_COST_NS;
}

/* The dearer it was, the longer it is given. */
static uint64_t lasts_ns(const struct site *site, enum data_kind kind, uint64_t cost_ns)
{
    uint64_t lasts = site->fresh_ns;
    if (lasts > 0 && lasts < SITE_COST_FACTOR * cost_ns)
        lasts = SITE_COST_FACTOR * cost_ns;
    if (lasts > 0 && lasts < data_kinds[kind].fresh_s * CLOCK_NS_PER_S)
        lasts = data_kinds[kind].fresh_s * CLOCK_NS_PER_S;
    return lasts;
}

uint64_t site_old_ns(const struct site *site, uint64_t cost_ns)
{
    uint64_t by_cost = SITE_OLD_COST_FACTOR * cost_ns;
    if (site->fresh_ns == 0)
        return 0;
    return by_cost > SITE_OLD_MS * CLOCK_NS_PER_MS ? by_cost : SITE_OLD_MS * CLOCK_NS_PER_MS;
}

/* Held until the kind is asked for again. */
static const void *hold(struct site *site, enum data_kind kind, const struct snapshot *snapshot)
{
    if (site->held[kind])
        shelf_release(site->shelf, site->held[kind]);
    site->held[kind] = snapshot;
    return snapshot->data;
}

static int evaluate(struct site *site, enum data_kind kind, int year, uint64_t now_ns,
                    const void **out_data)
{
    void *data = NULL;
    uint64_t began_ns = clock_mono_ns();
    int status = data_kinds[kind].ask(site, year, now_ns, &data);
    if (status < 0)
        return status;
    uint64_t cost_ns = clock_mono_ns() - began_ns;
    const struct snapshot made = {
        .year = year, .asked_ns = now_ns, .lasts_ns = lasts_ns(site, kind, cost_ns)};
    const struct snapshot *snapshot = shelf_put(site->shelf, kind, &made, data, cost_ns);
    if (!snapshot)
        return -ENOMEM;
    *out_data = hold(site, kind, snapshot);
    return 0;
}

/* From the shelf while it is fresh, else from the source; a light site takes old ones rather, and
 * leaves what is dear to the other. */
static int take(struct site *site, enum data_kind kind, int year, uint64_t now_ns,
                const void **out_data)
{
    const struct snapshot *kept = shelf_find(site->shelf, kind, year);
    bool fresh = kept && is_younger(kept, now_ns, kept->lasts_ns);
    bool leaves = site->is_light && !fresh && is_dear(site, kind);
    bool old = leaves && site->takes_old && kept &&
               is_younger(kept, now_ns, site_old_ns(site, shelf_cost_ns(site->shelf, kind)));
    if (fresh || old) {
        if (old && (!site->verdict.oldest_ns || kept->asked_ns < site->verdict.oldest_ns))
            site->verdict.oldest_ns = kept->asked_ns;
        *out_data = hold(site, kind, kept);
        return 0;
    }
    if (kept)
        shelf_release(site->shelf, kept);
    int status = leaves ? -EAGAIN : evaluate(site, kind, year, now_ns, out_data);
    site->verdict.lacks = site->verdict.lacks || (site->is_light && status < 0);
    return status;
}

static bool is_year(int year, uint64_t now_ns)
{
    int current_year, month, day;
    clock_civil_from_days(clock_city_day(now_ns), &current_year, &month, &day);
    return year >= SITE_YEAR_MIN && year <= current_year;
}

static int take_year(struct site *site, enum data_kind kind, int year, uint64_t now_ns,
                     const void **out_data)
{
    return is_year(year, now_ns) ? take(site, kind, year, now_ns, out_data) : -ERANGE;
}

int site_figures(struct site *site, int year, uint64_t now_ns, const struct figures **out_figures)
{
    const void *data = NULL;
    int status = take_year(site, FIGURES, year, now_ns, &data);
    if (status == 0)
        *out_figures = data;
    return status;
}

static int site_published(struct site *site, int year, uint64_t now_ns,
                          const struct figures **out_figures)
{
    const void *data = NULL;
    int status = take_year(site, PUBLISHED, year, now_ns, &data);
    if (status == 0)
        *out_figures = data;
    return status;
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
    const void *data = NULL;
    int status = take(site, STATUS, 0, now_ns, &data);
    if (status == 0)
        *out_status = data;
    return status;
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
    const void *data = NULL;
    int status = take_year(site, EVIDENCE, year, now_ns, &data);
    if (status == 0)
        *out_evidence = data;
    return status;
}

int site_trends(struct site *site, uint64_t now_ns, const struct trends **out_trends)
{
    const void *data = NULL;
    int status = take(site, TRENDS, 0, now_ns, &data);
    if (status == 0)
        *out_trends = data;
    return status;
}

int site_series(struct site *site, uint64_t now_ns, const struct series_list **out_list)
{
    const void *data = NULL;
    int status = take(site, SERIES, 0, now_ns, &data);
    if (status == 0)
        *out_list = data;
    return status;
}

int site_points(struct site *site, const struct series_fetch_query *query,
                struct series_points **out_points)
{
    return site->source.points(site->source.ctx, query, out_points);
}
