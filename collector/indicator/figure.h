/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A figure: one indicator of one area at one instant, with everything that is needed to believe or
 * to doubt it, and the verdict against one target. What the page, the API and the export show is
 * this struct and nothing else. A plain value; pointers are into the plan, which outlives it.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_FIGURE_H
#define LASTMILE_COLLECTOR_INDICATOR_FIGURE_H

#include "common/conf.h"
#include "common/optional.h"
#include "common/report.h"

#include "collector/estimate/pace.h"
#include "collector/estimate/verdict.h"
#include "collector/indicator/declared.h"
#include "collector/plan/plan.h"
#include "collector/registry/registers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inputs;
struct rule_settings;

struct figure {
    const struct plan_indicator *indicator;
    const struct plan_target *target; /* NULL for an area: targets are city-wide */
    const struct plan_area *area;
    const struct plan_operator *operator_of; /* NULL = all operators */
    int64_t instant_day;                     /* as at the end of this civil day of the city */
    bool provisional;                        /* the day is not over, or may still be corrected */
    bool due;                                /* instant_day >= the target's day */

    enum evidence_class evidence_class; /* measured, derived, declared (plan.h) */
    enum basis basis;
    struct optional_double value;        /* unrounded, in the indicator's unit */
    struct optional_double lower, upper; /* bounds (census) or 95 % interval */
    struct optional_double lower_one_sided, upper_one_sided; /* what the verdict tested */
    struct optional_double numerator, denominator;
    char numerator_name[REPORT_NAME_BYTES];   /* "residential-lines.active-90d" */
    char denominator_name[REPORT_NAME_BYTES]; /* "resident-households" */
    char denominator_date[16], denominator_vintage[REPORT_NAME_BYTES];
    char source[REPORT_TEXT_BYTES];        /* declared: document; else what was counted */
    struct optional_double coverage;       /* 0..1 of the registered nodes, weighted by lines */
    struct optional_double completeness;   /* 0..1 arrived / expected intervals */
    struct optional_double unclassified;   /* 0..1 of the lines, technology unknown */
    struct optional_double month_complete; /* 0..1 of the probes, whose month counts for stocks */
    struct optional_double capture_loss;   /* 0..1 of the packets that probes should have seen */
    struct optional_double effective_sample_size;
    /* For the whole scope from the part that was seen, where that part is neither a census nor a
     * random sample: post-stratified shares, counts by the register. The interval covers what the
     * sampling of nodes adds, not who chose them; nothing is judged by it. */
    struct optional_double estimate, estimate_lower, estimate_upper;
    struct optional_double declared_value; /* the operators' own figure, beside ours */
    bool flagged; /* something was counted by a weaker rule than the definition's; source says it */
    char grade;   /* 'A'..'E', '-' for declared or without a value */

    enum verdict verdict;
    const char *reason_en, *reason_zh; /* one sentence each; static text */
    unsigned definition_version;
    const struct plan_definition *definition; /* by which it was counted; its unit is the value's */
    /* 0..1: rates achieved under demand against the capability (contradiction.h) */
    struct optional_double contradicted;
    bool alternative; /* another one than the indicator's default: never judged */
    bool withheld;    /* its numbers were taken out before it was published */

    /* On the way to the target (pace.h); unknown without a history. */
    enum pace pace;
    const char *pace_reason_en, *pace_reason_zh; /* one sentence each; static text */
    struct optional_double needed_per_year, achieved_per_year, linear_path;
    struct optional_double forecast, forecast_lower, forecast_upper; /* on the target's day */

    /* The declared figure beside ours (declared.h). */
    char declared_source[REPORT_TEXT_BYTES]; /* its document and day */
    struct optional_double gap;              /* declared less ours, in the unit */
    enum declared_gap declared_gap;
    const struct plan_definition *declared_definition; /* that explains it; NULL = none does */
    char remark_zh[REMARK_TEXT_BYTES], remark_en[REMARK_TEXT_BYTES]; /* made on this figure */
};

struct figures {
    struct figure *figures;
    size_t count;
    int64_t instant_day;
    uint64_t computed_ns;
};

/* What is asked for: the first two when inputs are loaded (inputs.h), the others of figures. */
struct figure_query {
    int64_t instant_day;
    uint64_t as_known_ns; /* 0 = everything known */
    bool all_targets; /* a figure for each target of an indicator, not only for the one in force */
    bool areas;       /* and one for each area */
    bool rollups;     /* and one for each territory of GB/T 2260 that several areas make up */
    bool operators;   /* and one for each operator */
    bool beside;      /* and the alternatives that stand beside their default */
    const struct plan_definition *const *definitions; /* and these, of the plan's indicators */
    size_t definition_count;
};

/* Evaluates the whole plan. City-wide figures first, in the plan's order, then areas, then
 * operators; an indicator's alternatives follow it. The target in force at an instant is the first
 * whose day is not before it, else the last one. Pure: equal plan, inputs and rules give equal
 * figures. 0 or -ENOMEM. The caller frees with figures_free; the inputs may go before. */
int figures_evaluate(const struct plan *plan, const struct inputs *inputs,
                     const struct rule_settings *rules, const struct figure_query *query,
                     struct figures **out_figures);
void figures_free(struct figures *figures);

/* The target in force at an instant, or NULL when the indicator has none. */
const struct plan_target *figure_target_in_force(const struct plan_indicator *indicator,
                                                 int64_t instant_day);

/* How a value must stand to a target. */
enum comparison figure_comparison(const struct plan_target *target);

/* True until 60 days after the instant: late reports are still folded in. */
bool figure_is_provisional(int64_t instant_day, uint64_t now_ns);

/* The last civil day to judge for a year: its 31 December, or today where the year still runs. */
int64_t figure_instant_of_year(int year, uint64_t now_ns, bool *out_provisional);

#endif
