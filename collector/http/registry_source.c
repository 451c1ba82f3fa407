/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/registry_source.h"

#include "common/clock.h"

#include "collector/export/bundle.h"
#include "collector/export/publication.h"
#include "collector/http/registry_trends.h"
#include "collector/indicator/inputs.h"
#include "collector/registry/evidence.h"
#include "collector/registry/ledger.h"
#include "collector/registry/probe_health.h"
#include "collector/registry/registry.h"
#include "collector/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry_source {
    const struct plan *plan;
    const struct rule_settings *rules;
    struct registry *registry;
    struct series *series; /* borrowed; NULL: no points */
};

static int read_figures(void *ctx, const struct figure_query *query, uint64_t now_ns,
                        struct figures **out_figures)
{
    struct registry_source *source = ctx;
    struct inputs *inputs = NULL;
    int status = inputs_load(source->registry, source->rules, query, now_ns, &inputs);
    if (status == 0)
        status = figures_evaluate(source->plan, inputs, source->rules, query, out_figures);
    inputs_free(inputs);
    return status;
}

/* Masked as a package of that year would be. */
static int read_published(void *ctx, const struct figure_query *query, uint64_t now_ns,
                          struct figures **out_figures)
{
    struct registry_source *source = ctx;
    struct inputs *inputs = NULL;
    struct figures *figures = NULL;
    struct publication *publication = NULL;
    struct export_source shown = {.plan = source->plan, .rules = source->rules};
    int month, day;
    clock_civil_from_days(query->instant_day, &shown.year, &month, &day);
    int status = inputs_load(source->registry, source->rules, query, now_ns, &inputs);
    if (status == 0)
        status = figures_evaluate(source->plan, inputs, source->rules, query, &figures);
    shown.inputs = inputs;
    shown.figures = figures;
    if (status == 0)
        status = publication_new(&shown, &publication);
    if (status == 0) { /* the masked array in the place of the whole one */
        struct figure *whole = figures->figures;
        figures->figures = publication->figures.figures;
        publication->figures.figures = whole;
        *out_figures = figures;
        figures = NULL;
    }
    publication_free(publication);
    figures_free(figures);
    inputs_free(inputs);
    return status;
}

/* What the window's evidence says of one probe, if it says anything. */
static const struct probe_evidence *find_evidence(const struct evidence *evidence,
                                                  const struct site_probe *probe)
{
    for (size_t i = 0; i < evidence->probe_count; i++)
        if (strcmp(evidence->probes[i].operator_name, probe->operator_name) == 0 &&
            strcmp(evidence->probes[i].probe_name, probe->probe_name) == 0)
            return &evidence->probes[i];
    return NULL;
}

static void take_evidence(struct site_probe *probe, const struct probe_evidence *evidence)
{
    probe->expected_intervals = optional_u64(evidence->expected_intervals);
    probe->arrived_intervals = optional_u64(evidence->arrived_intervals);
    probe->packets = optional_u64(evidence->packets);
    probe->dropped_packets = optional_u64(evidence->dropped_packets);
    if (evidence->interface_octets.known && evidence->interface_octets.value > 0)
        probe->capture_coverage = optional_double((double)evidence->captured_octets /
                                                  (double)evidence->interface_octets.value);
}

static void take_probe(struct site_probe *probe, const struct probe_status *row)
{
    (void)snprintf(probe->operator_name, sizeof probe->operator_name, "%s", row->operator_name);
    (void)snprintf(probe->probe_name, sizeof probe->probe_name, "%s", row->probe_name);
    (void)snprintf(probe->agent_version, sizeof probe->agent_version, "%s", row->agent_version);
    probe->interval_ms = row->interval_ms;
    probe->last_arrived_ns = row->last_arrived_ns;
    probe->last_start_ns = row->last_start_ns;
    probe->reports = row->reports;
    probe->gap_intervals = row->gap_intervals;
    probe->refused = row->refused;
}

static struct evidence_query evidence_window(const struct registry_source *source, int64_t last_day)
{
    return (struct evidence_query){.last_day = last_day,
                                   .activity_days = source->rules->activity_days,
                                   .presence_days = source->rules->presence_days};
}

static int read_evidence(void *ctx, int64_t last_day, uint64_t now_ns,
                         struct evidence **out_evidence)
{
    struct registry_source *source = ctx;
    const struct evidence_query query = evidence_window(source, last_day);
    return registry_collect_evidence(source->registry, &query, now_ns, out_evidence);
}

static int read_trends(void *ctx, uint64_t now_ns, struct trends **out_trends)
{
    struct registry_source *source = ctx;
    struct figures *today = NULL;
    const struct figure_query query = {.instant_day = clock_city_day(now_ns)};
    int status = read_figures(source, &query, now_ns, &today);
    if (status == 0)
        status = registry_read_trends(source->registry, source->plan, today, out_trends);
    figures_free(today);
    return status;
}

static int read_series(void *ctx, struct series_list *out_list)
{
    struct registry_source *source = ctx;
    return registry_list_series(source->registry, &out_list->series, &out_list->count);
}

static int read_points(void *ctx, const struct series_fetch_query *query,
                       struct series_points **out_points)
{
    struct registry_source *source = ctx;
    struct series_info info;
    int status = registry_find_series(source->registry, query->series_id, &info);
    if (status < 0)
        return status;
    return source->series ? series_fetch(source->series, query, out_points) : -ENOENT;
}

static int read_probes(struct registry_source *source, uint64_t now_ns, struct site_status *status)
{
    const struct evidence_query window = evidence_window(source, clock_city_day(now_ns));
    struct probe_status *rows = NULL;
    struct evidence *evidence = NULL;
    size_t count = 0;
    int result = registry_list_probes(source->registry, &rows, &count);
    if (result == 0)
        result = registry_collect_evidence(source->registry, &window, now_ns, &evidence);
    if (result == 0 && count > 0) {
        status->probes = calloc(count, sizeof *status->probes);
        result = status->probes ? 0 : -ENOMEM;
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct site_probe *probe = &status->probes[status->probe_count++];
        take_probe(probe, &rows[i]);
        const struct probe_evidence *of_window = find_evidence(evidence, probe);
        if (of_window)
            take_evidence(probe, of_window);
        if (probe->last_arrived_ns > status->last_commit_ns)
            status->last_commit_ns = probe->last_arrived_ns;
    }
    evidence_free(evidence);
    free(rows);
    return result;
}

static int read_quarantine(struct registry *registry, struct site_status *status)
{
    struct quarantine_count *rows = NULL;
    size_t count = 0;
    int result = registry_list_quarantine(registry, &rows, &count);
    if (result == 0 && count > 0) {
        status->quarantine = calloc(count, sizeof *status->quarantine);
        result = status->quarantine ? 0 : -ENOMEM;
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct site_quarantine *row = &status->quarantine[status->quarantine_count++];
        (void)snprintf(row->fault, sizeof row->fault, "%s", rows[i].fault);
        row->reports = rows[i].count;
        row->last_ns = rows[i].last_ns;
    }
    free(rows);
    return result;
}

static int read_ledger(struct registry *registry, uint64_t now_ns, struct site_status *status)
{
    const struct ledger_query query = {
        .from_ns = clock_city_day_start_ns(clock_city_day(now_ns) - SITE_LEDGER_DAYS + 1),
        .to_ns = now_ns,
        .gaps_max = SITE_LEDGER_GAPS,
    };
    return registry_read_ledger(registry, &query, &status->ledger);
}

static int read_alerts(struct registry *registry, struct site_status *status)
{
    struct stored_alert *rows = NULL;
    size_t count = 0;
    int result = registry_list_alerts(registry, &rows, &count);
    if (result == 0 && count > 0) {
        status->alerts = calloc(count, sizeof *status->alerts);
        result = status->alerts ? 0 : -ENOMEM;
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct site_alert *alert = &status->alerts[status->alert_count++];
        alert->since_ns = rows[i].since_ns;
        alert->value = rows[i].value;
        memcpy(alert->operator_name, rows[i].operator_name, sizeof alert->operator_name);
        memcpy(alert->probe_name, rows[i].probe_name, sizeof alert->probe_name);
        memcpy(alert->rule, rows[i].rule, sizeof alert->rule);
    }
    free(rows);
    return result;
}

static int read_counts(struct registry *registry, struct site_status *status)
{
    struct registry_stats stats;
    int result = registry_read_stats(registry, &stats);
    if (result < 0)
        return result;
    status->reports = stats.reports;
    status->gap_intervals = stats.gaps;
    status->quarantined = stats.quarantined;
    status->lines = stats.lines;
    status->access_points = stats.wtps;
    status->access_nodes = stats.access_nodes;
    status->series = stats.series;
    status->database_bytes = stats.database_bytes;
    return 0;
}

static int read_status(void *ctx, uint64_t now_ns, struct site_status **out_status)
{
    struct registry_source *source = ctx;
    struct site_status *status = calloc(1, sizeof *status);
    if (!status)
        return -ENOMEM;
    int result = read_counts(source->registry, status);
    if (result == 0)
        result = read_probes(source, now_ns, status);
    if (result == 0)
        result = read_quarantine(source->registry, status);
    if (result == 0)
        result = read_ledger(source->registry, now_ns, status);
    if (result == 0)
        result = read_alerts(source->registry, status);
    if (result < 0) {
        site_status_free(status);
        return result;
    }
    *out_status = status;
    return 0;
}

static void close_source(void *ctx)
{
    struct registry_source *source = ctx;
    registry_close(source->registry);
    free(source);
}

int registry_source_open(const char *registry_file, const struct plan *plan,
                         const struct rule_settings *rules, struct series *series,
                         struct site_source *out_source)
{
    struct registry_source *source = calloc(1, sizeof *source);
    if (!source)
        return -ENOMEM;
    source->plan = plan;
    source->rules = rules;
    source->series = series;
    source->registry = registry_open_read(registry_file);
    if (!source->registry) {
        int error = errno;
        free(source);
        return -error;
    }
    *out_source = (struct site_source){.ctx = source,
                                       .rules = rules,
                                       .figures = read_figures,
                                       .published = read_published,
                                       .status = read_status,
                                       .evidence = read_evidence,
                                       .trends = read_trends,
                                       .series = read_series,
                                       .points = read_points,
                                       .close = close_source};
    return 0;
}
