/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From an estimate to a verdict and a grade, by rule (indicators.md 3.8) and on unrounded values.
 * It knows neither indicators nor where counts come from. Pure; any thread.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_VERDICT_H
#define LASTMILE_COLLECTOR_ESTIMATE_VERDICT_H

#include "common/conf.h"
#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>

/* NOT_SET: the plan sets no value for this date (or none for an area). */
enum verdict { VERDICT_NOT_SET, VERDICT_MET, VERDICT_NOT_MET, VERDICT_INSUFFICIENT_EVIDENCE };
extern const struct conf_name verdict_names[];    /* "MET", "NOT_MET", ... */
extern const struct conf_name verdict_names_en[]; /* in words */
extern const struct conf_name verdict_names_zh[]; /* 达到, 未达到, 证据不足, 未设目标 */

/* How the evidence was come by. */
enum basis {
    BASIS_NONE,
    BASIS_CENSUS,
    BASIS_PROBABILITY_SAMPLE,
    BASIS_CONVENIENCE,
    BASIS_DECLARED
};
extern const struct conf_name basis_names[];
extern const struct conf_name basis_names_zh[];

/* Why a verdict is what it is; each has a sentence in both languages. */
enum verdict_reason {
    REASON_NO_TARGET,        /* the indicator has none for this scope: an area, an operator */
    REASON_TASK,             /* a task of the plan without a number */
    REASON_NOT_STATED,       /* the plan passes over this date */
    REASON_UNDATED,          /* the plan gives no year */
    REASON_DECLARED_REACHES, /* by a declared figure */
    REASON_DECLARED_MISSES,
    REASON_NOTHING_DECLARED,
    REASON_NOTHING_SEEN,     /* no report holds anything to count */
    REASON_NO_DENOMINATOR,   /* none is imported */
    REASON_NO_SCHEDULE,      /* no probe has reported: completeness unknown */
    REASON_INCOMPLETE,       /* completeness below the gate */
    REASON_LOWER_REACHES,    /* the lower bound reaches the target */
    REASON_UPPER_MISSES,     /* the upper bound misses it */
    REASON_BOUNDS_STRADDLE,  /* the target lies between the bounds */
    REASON_NO_UPPER_BOUND,   /* a lower bound alone cannot prove a miss */
    REASON_CONVENIENT_ABOVE, /* a convenience deployment, consistent with the target */
    REASON_CONVENIENT_BELOW, /* a convenience deployment, not consistent with it */
    REASON_ALTERNATIVE,      /* another definition than the default, shown beside it */
    REASON_NOT_CARRIED,      /* no report carries what the definition counts */
    REASON_INDEX,            /* a page that collects other indicators */
    REASONS,
};
const char *verdict_reason_en(enum verdict_reason reason);
const char *verdict_reason_zh(enum verdict_reason reason);

/* How a value must stand to the target. 达到, 以上, 至少: GE; 超过: GT (Civil Code, art. 1259). */
enum comparison { COMPARISON_GE, COMPARISON_GT, COMPARISON_EQ };

struct verdict_question {
    struct optional_double target; /* unknown: NOT_SET */
    enum verdict_reason not_set;   /* why there is none; read only then */
    enum comparison comparison;
    enum basis basis;
    struct optional_double value;
    struct optional_double lower, upper; /* census: bounds; sample: one-sided 95 % bounds */
    struct optional_double completeness; /* 0..1 */
    double completeness_gate;            /* 0..1 */
    bool lower_bound_proves; /* a verified count: its lower bound proves MET on any basis */
    bool denominator_missing;
};

struct verdict_answer {
    enum verdict verdict;
    enum verdict_reason reason;
};

struct verdict_answer verdict_decide(const struct verdict_question *question);

/* What the grade of a figure is decided by. */
struct grade_input {
    enum basis basis;
    struct optional_double value;
    struct optional_double coverage, completeness, unclassified; /* 0..1 */
    struct optional_double month_complete; /* 0..1 of the probes, completeness.h */
    struct optional_double capture_loss;   /* 0..1 of the packets */
    bool flagged;                          /* something was counted by a weaker rule */
};

/* One line of the printed rule: a figure has the first grade all of whose demands it fulfils. */
struct grade_rule {
    char grade;
    bool census, sample, convenience; /* bases it takes */
    double coverage_min, completeness_min, unclassified_max;
    double month_complete_min, capture_loss_max;
    bool flagged; /* takes what was counted by a weaker rule */
    const char *words_en, *words_zh;
};
extern const struct grade_rule grade_rules[];
extern const size_t grade_rule_count;

/* 'A'..'E'; '-' for a declared figure and for one without a value. */
char grade_decide(const struct grade_input *input);

#endif
