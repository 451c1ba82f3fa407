/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_site.h"

#include "tests/support/fake_network.h"

#include "collector/settings.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 1024

/* Judges as the rules do, by the interval. */
static enum verdict judge(const struct figure *figure)
{
    if (!figure->target || !figure->target->value.known)
        return VERDICT_NOT_SET;
    if (!figure->value.known)
        return VERDICT_INSUFFICIENT_EVIDENCE;
    if (figure->lower.known && figure->lower.value >= figure->target->value.value)
        return VERDICT_MET;
    if (figure->upper.known && figure->upper.value < figure->target->value.value)
        return VERDICT_NOT_MET;
    return VERDICT_INSUFFICIENT_EVIDENCE;
}

static void set_value(const struct fake_site *fake, struct figure *figure, size_t seed)
{
    const struct plan_indicator *indicator = figure->indicator;
    double base = indicator->target_count && indicator->targets[0].value.known
                      ? indicator->targets[0].value.value
                      : 40;
    static const double shares[] = {1.043, 0.81, 1.2, 0.9995, 1.01, 0.33};
    double value = base * shares[seed % 6];
    if (fake->empty || seed % 7 == 6)
        return;
    figure->value = optional_double(value);
    figure->lower = optional_double(value * 0.97);
    figure->upper = optional_double(value * 1.02);
    figure->numerator = optional_double(value * 3120);
    figure->denominator = optional_double(312000);
    figure->coverage = optional_double(0.964);
    figure->completeness = optional_double(0.991);
    figure->unclassified = optional_double(0.012);
    if (seed % 2)
        figure->declared_value = optional_double(value * 1.08);
    figure->grade = (char)('A' + seed % 5);
}

static void add_figure(const struct fake_site *fake, struct figures *figures,
                       const struct figure *base, size_t seed)
{
    if (figures->count == ROWS_MAX)
        return;
    struct figure *figure = &figures->figures[figures->count++];
    *figure = *base;
    figure->instant_day = figures->instant_day;
    figure->provisional = true;
    figure->evidence_class = figure->indicator->evidence_class;
    figure->basis = figure->evidence_class == EVIDENCE_DECLARED ? BASIS_DECLARED : BASIS_CENSUS;
    figure->grade = '-';
    figure->definition_version = 1;
    set_value(fake, figure, seed);
    const struct definition_days days = {90, 15};
    figure->definition = &figure->indicator->definitions[0];
    definition_numerator_name(figure->definition, &days, figure->numerator_name,
                              sizeof figure->numerator_name);
    definition_denominator_name(figure->definition, &days, figure->denominator_name,
                                sizeof figure->denominator_name);
    (void)snprintf(figure->source, sizeof figure->source, "%s",
                   fake->hostile ? fake->hostile : "=SUM(\"a\",1)");
    figure->due = figure->target && figure->instant_day >= figure->target->day;
    figure->verdict = judge(figure);
    figure->reason_zh = "区间的下界不低于目标。";
    figure->reason_en = "The lower bound is not below the target.";
}

static int give_figures(void *ctx, const struct figure_query *query, uint64_t now_ns,
                        struct figures **out_figures)
{
    struct fake_site *fake = ctx;
    fake->figures_asked++;
    if (fake->failure)
        return fake->failure;
    struct figures *figures = calloc(1, sizeof *figures);
    if (figures)
        figures->figures = calloc(ROWS_MAX, sizeof *figures->figures);
    if (!figures || !figures->figures) {
        free(figures);
        return -ENOMEM;
    }
    figures->instant_day = query->instant_day;
    figures->computed_ns = now_ns;
    const struct plan *plan = fake->plan;
    for (size_t i = 0; i < plan_indicator_count(plan); i++) {
        struct figure base = {.indicator = plan_indicator_at(plan, i),
                              .area = plan_area_at(plan, 0)};
        for (size_t k = 0; k < base.indicator->target_count; k++) {
            base.target = &base.indicator->targets[k];
            add_figure(fake, figures, &base, i);
        }
        base.target = NULL;
        if (base.indicator->target_count == 0)
            add_figure(fake, figures, &base, i);
        if (base.indicator->evidence_class == EVIDENCE_DECLARED)
            continue;
        for (size_t k = 1; k < plan_area_count(plan); k++) {
            base.area = plan_area_at(plan, k);
            add_figure(fake, figures, &base, i + k);
        }
        base.area = plan_area_at(plan, 0);
        for (size_t k = 0; k < plan_operator_count(plan); k++) {
            base.operator_of = plan_operator_at(plan, k);
            add_figure(fake, figures, &base, i + k + 1);
        }
    }
    *out_figures = figures;
    return 0;
}

/* As if no operator's figure might be shown. */
static int give_published(void *ctx, const struct figure_query *query, uint64_t now_ns,
                          struct figures **out_figures)
{
    int status = give_figures(ctx, query, now_ns, out_figures);
    for (size_t i = 0; status == 0 && i < (*out_figures)->count; i++) {
        struct figure *figure = &(*out_figures)->figures[i];
        if (!figure->operator_of)
            continue;
        figure->value.known = figure->lower.known = figure->upper.known = false;
        figure->numerator.known = figure->declared_value.known = false;
        figure->withheld = true;
    }
    return status;
}

static struct ledger *make_ledger(const struct fake_site *fake, uint64_t now_ns)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->to_ns = now_ns;
    ledger->from_ns = now_ns - 30 * 86400 * CLOCK_NS_PER_S;
    ledger->probes = calloc(1, sizeof *ledger->probes);
    struct ledger_gap *gap = calloc(1, sizeof *gap);
    if (!ledger->probes || !gap || fake->empty) {
        free(gap);
        return ledger;
    }
    struct ledger_probe *probe = &ledger->probes[ledger->probe_count++];
    *probe = (struct ledger_probe){.expected = 1440,
                                   .arrived = 1431,
                                   .untrusted = 2,
                                   .missing = {[LEDGER_DECLARED] = 9},
                                   .gaps_found = 1,
                                   .gaps = gap,
                                   .gap_count = 1};
    *gap = (struct ledger_gap){now_ns - 1000 * CLOCK_NS_PER_S, now_ns - 460 * CLOCK_NS_PER_S, 9,
                               LEDGER_DECLARED};
    (void)snprintf(probe->operator_name, sizeof probe->operator_name, "cu");
    (void)snprintf(probe->probe_name, sizeof probe->probe_name, "%s",
                   fake->hostile ? fake->hostile : "olt-huancui-1");
    return ledger;
}

static void add_alert(const struct fake_site *fake, struct site_status *status, uint64_t now_ns)
{
    status->alerts = calloc(1, sizeof *status->alerts);
    if (!status->alerts)
        return;
    struct site_alert *alert = &status->alerts[status->alert_count++];
    alert->since_ns = now_ns - 3000 * CLOCK_NS_PER_S;
    alert->value = 13;
    (void)snprintf(alert->rule, sizeof alert->rule, "probe-silent");
    (void)snprintf(alert->operator_name, sizeof alert->operator_name, "cm");
    (void)snprintf(alert->probe_name, sizeof alert->probe_name, "%s",
                   fake->hostile ? fake->hostile : "bras-rongcheng");
}

static int give_status(void *ctx, uint64_t now_ns, struct site_status **out_status)
{
    struct fake_site *fake = ctx;
    fake->status_asked++;
    if (fake->failure)
        return fake->failure;
    struct site_status *status = calloc(1, sizeof *status);
    *out_status = status;
    if (!status)
        return -ENOMEM;
    status->ledger = make_ledger(fake, now_ns);
    if (fake->empty)
        return 0;
    add_alert(fake, status, now_ns);
    status->reports = 123456;
    status->quarantined = 7;
    status->last_commit_ns = now_ns - 42 * CLOCK_NS_PER_S;
    status->probes = calloc(3, sizeof *status->probes);
    status->quarantine = calloc(1, sizeof *status->quarantine);
    if (!status->probes || !status->quarantine)
        return -ENOMEM;
    static const char *const names[] = {"olt-huancui-1", "bras-rongcheng", "ac-gaoqu"};
    static const char *const operators[] = {"cu", "cm", "ct"};
    for (size_t i = 0; i < 3; i++) {
        struct site_probe *probe = &status->probes[status->probe_count++];
        (void)snprintf(probe->operator_name, sizeof probe->operator_name, "%s", operators[i]);
        (void)snprintf(probe->probe_name, sizeof probe->probe_name, "%s",
                       fake->hostile ? fake->hostile : names[i]);
        probe->interval_ms = 60000;
        probe->last_arrived_ns = i == 2 ? 0 : now_ns - (i * 4000 + 42) * CLOCK_NS_PER_S;
        probe->expected_intervals = optional_u64(1440);
        probe->arrived_intervals = optional_u64(1440 - 9 * i);
        if (i == 0)
            probe->capture_coverage = optional_double(0.9871);
    }
    (void)snprintf(status->quarantine[0].fault, sizeof status->quarantine[0].fault, "not-cbor");
    status->quarantine[0].reports = 7;
    status->quarantine_count = 1;
    return 0;
}

bool fake_site_open(struct fake_site *fake, uint64_t fresh_ms)
{
    const char *root = getenv("LASTMILE_SOURCE");
    char plan_file[512], areas_file[512];
    struct conf_error error;
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   root ? root : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg", root ? root : ".");
    *fake = (struct fake_site){.plan = plan_open(plan_file, areas_file, &error)};
    if (!fake->plan) {
        (void)fprintf(stderr, "%s\n", error.text);
        return false;
    }
    static const struct rule_settings rules = {.activity_days = 90, .presence_days = 15};
    fake->source = (struct site_source){.ctx = fake,
                                        .rules = &rules,
                                        .figures = give_figures,
                                        .published = give_published,
                                        .status = give_status,
                                        .evidence = fake_evidence,
                                        .trends = fake_trends,
                                        .series = fake_series,
                                        .points = fake_points};
    const struct gate_options open = {.open = true};
    fake->gate = gate_new(&open, &error);
    static const struct site_tools tools = {.export_program = "true",
                                            .config_file = "/etc/lastmile/collector.cfg",
                                            .series_folder = "/var/lib/last:mile/rrd"};
    fake->site = site_new(fake->plan, &fake->source, fresh_ms);
    if (fake->site)
        site_set_tools(fake->site, &tools);
    return fake->site && fake->gate;
}

void fake_site_close(struct fake_site *fake)
{
    site_free(fake->site);
    gate_free(fake->gate);
    plan_close(fake->plan);
}
