/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What there is to show: the plan, the figures of a year, and the collector's own state. The site
 * remembers each answer for a moment, so that a storm of refreshes costs one evaluation. It knows
 * no HTTP, no SQL: a source gives it the data. One thread uses a site. It may have a light one
 * beside it, which another thread uses and which shares what either has evaluated (shelf.h): that
 * one is never held up by an evaluation, and says what it lacks.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_SITE_H
#define LASTMILE_COLLECTOR_HTTP_SITE_H

#include "common/optional.h"
#include "common/report.h"
#include "common/topic.h"

#include "collector/access/role.h"
#include "collector/indicator/figure.h"
#include "collector/registry/evidence.h"
#include "collector/registry/ledger.h"
#include "collector/registry/series_index.h"
#include "collector/series/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One probe as the collector knows it. Counts of intervals are of the activity window. */
struct site_probe {
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    char agent_version[REPORT_NAME_BYTES];
    uint64_t interval_ms;     /* of its last report; 0 = none yet */
    uint64_t last_arrived_ns; /* wall clock of the collector; 0 = never */
    uint64_t last_start_ns;   /* of its latest interval, by its own clock; 0 = never */
    uint64_t reports, gap_intervals, refused;
    struct optional_u64 expected_intervals, arrived_intervals;
    struct optional_double capture_coverage; /* captured / interface octets */
    struct optional_u64 packets, dropped_packets;
};

struct site_quarantine {
    char fault[32]; /* "not-cbor", ... */
    uint64_t reports;
    uint64_t last_ns;
};

/* An alert in force. */
struct site_alert {
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    char rule[32]; /* "probe-silent", ...: alert_kinds */
    uint64_t since_ns;
    double value; /* when it was raised */
};

#define SITE_LEDGER_DAYS 30
#define SITE_LEDGER_GAPS 16 /* listed a probe */

struct site_status {
    uint64_t reports, gap_intervals, quarantined;
    uint64_t last_commit_ns; /* wall clock; 0 = nothing yet */
    uint64_t lines, access_points, access_nodes, series;
    uint64_t database_bytes;
    struct site_probe *probes;
    size_t probe_count;
    struct site_quarantine *quarantine;
    size_t quarantine_count;
    struct ledger *ledger; /* of the last SITE_LEDGER_DAYS; NULL: not told */
    struct site_alert *alerts;
    size_t alert_count;
};

void site_status_free(struct site_status *status);

/* One indicator of the city at the end of a month or year, or today, as it stands or as it stood
 * before a revision. */
enum trend_status { TREND_PROVISIONAL, TREND_FINAL, TREND_REVISED };
extern const struct conf_name trend_status_names[];
struct trend_point {
    const struct plan_indicator *indicator;
    int64_t day;  /* as at its end */
    bool of_year; /* the year's own figure, which is frozen */
    struct optional_double value, lower, upper;
    enum trend_status status; /* TREND_REVISED: replaced by a later point of the same day */
    enum verdict verdict;
    char grade; /* '-' = none */
    unsigned definition_version;
    char reason[REPORT_TEXT_BYTES]; /* of a revision; else "" */
};
struct trends {
    struct trend_point *points; /* by indicator in the plan's order, then by day */
    size_t count;
};
void trends_free(struct trends *trends);

struct series_list {
    struct series_info *series; /* by operator, kind, node, name, probe */
    size_t count;
};

/* Where the data come from. Functions return 0 or a negated errno; what they give is freed by
 * figures_free, site_status_free, evidence_free, trends_free, free(list->series) and
 * series_points_free. */
struct site_source {
    void *ctx;
    const struct rule_settings *rules; /* in force; outlives the site */
    int (*figures)(void *ctx, const struct figure_query *query, uint64_t now_ns,
                   struct figures **out_figures);
    /* The same with all numbers taken out that an open-data package withholds. */
    int (*published)(void *ctx, const struct figure_query *query, uint64_t now_ns,
                     struct figures **out_figures);
    int (*status)(void *ctx, uint64_t now_ns, struct site_status **out_status);
    int (*evidence)(void *ctx, int64_t last_day, uint64_t now_ns, struct evidence **out_evidence);
    int (*trends)(void *ctx, uint64_t now_ns, struct trends **out_trends);
    int (*series)(void *ctx, struct series_list *out_list);
    int (*points)(void *ctx, const struct series_fetch_query *query,
                  struct series_points **out_points);
    void (*close)(void *ctx); /* or NULL */
};

/* A probe is silent after three of its intervals without a report, and never before 5 minutes. */
enum site_probe_state { PROBE_NEVER_HEARD, PROBE_REPORTING, PROBE_SILENT };
enum site_probe_state site_probe_state(const struct site_probe *probe, uint64_t now_ns);

struct site;

/* What takes long to evaluate is given for so many times as long as that took, so that a large city
 * does not keep a core at it. */
#define SITE_COST_FACTOR 4

/* Borrows the plan; takes the source. fresh_ms: how old an answer may be that is given again (0 =
 * always ask), and SITE_COST_FACTOR. NULL when memory is out; the source is then closed. */
struct site *site_new(const struct plan *plan, const struct site_source *source, uint64_t fresh_ms);
void site_free(struct site *site);

/* Gives the site a light one with a source of its own (taken, as by site_new), before any thread
 * uses either. It evaluates nothing that is dear (figures, evidence, trends; and what has taken
 * long the last time): it takes what the site has evaluated, or lacks it. 0 or -ENOMEM. */
int site_add_light(struct site *site, const struct site_source *source);
struct site *site_light(const struct site *site); /* or NULL; freed with the site */

/* How old an evaluation may be that is given while a newer one is made: so long, or so many times
 * what it cost. It is true for the moment that it states. */
#define SITE_OLD_MS          60000
#define SITE_OLD_COST_FACTOR 40
uint64_t site_old_ns(const struct site *site, uint64_t cost_ns); /* any thread */

/* Of a light site, from site_begin on: whether something that was asked for must be evaluated by
 * the other, or could not be (and the answer is worth nothing), and the moment of the oldest
 * evaluation that is no longer fresh (0 = all are). takes_old: such ones are taken. */
struct site_verdict {
    bool lacks;
    uint64_t oldest_ns;
};
void site_begin(struct site *site, bool takes_old);
struct site_verdict site_verdict(const struct site *site);

const struct plan *site_plan(const struct site *site);
const struct rule_settings *site_rules(const struct site *site);

/* How old an answer may be that is given again. Any thread. */
uint64_t site_fresh_ns(const struct site *site);

/* What child processes that make answers are told; NULL for what is not to be had. The texts
 * outlive the site. */
struct site_tools {
    const char *export_program, *config_file; /* `lastmile`, and the settings of this collector */
    const char *series_folder;                /* of the round-robin databases */
};
void site_set_tools(struct site *site, const struct site_tools *tools);
const struct site_tools *site_tools(const struct site *site);

#define SITE_YEAR_MIN 2000

/* The figures of a year (SITE_YEAR_MIN..the current one): every target, area and operator; borrowed
 * until the next call. 0, -ERANGE for another year, -ENOMEM or -EIO. */
int site_figures(struct site *site, int year, uint64_t now_ns, const struct figures **out_figures);

/* Those that this viewer may see, one for one: an operator's own are whole, others are as
 * published, up to a minute old. As site_figures. */
int site_figures_for(struct site *site, const struct viewer *viewer, int year, uint64_t now_ns,
                     const struct figures **out_figures);

/* Borrowed until the next call. 0, -ENOMEM or -EIO. */
int site_status(struct site *site, uint64_t now_ns, const struct site_status **out_status);

/* The same with only those probes, alerts and ledger rows that this viewer may see; totals stay. */
int site_status_for(struct site *site, const struct viewer *viewer, uint64_t now_ns,
                    const struct site_status **out_status);

/* Nodes, controllers and interfaces as at the end of a year. Borrowed until the next call. As
 * site_figures. */
int site_evidence(struct site *site, int year, uint64_t now_ns,
                  const struct evidence **out_evidence);

/* Borrowed until the next call; up to a minute old. 0, -ENOMEM or -EIO. */
int site_trends(struct site *site, uint64_t now_ns, const struct trends **out_trends);

/* Borrowed until the next call. 0, -ENOMEM or -EIO. */
int site_series(struct site *site, uint64_t now_ns, const struct series_list **out_list);

/* The caller frees with series_points_free. As series_fetch. */
int site_points(struct site *site, const struct series_fetch_query *query,
                struct series_points **out_points);

#endif
