/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One pass over the access nodes of a figure's scope: their lines by a property, with bounds, how
 * much of the register was counted, and the sampling frame. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_SURVEY_H
#define LASTMILE_COLLECTOR_INDICATOR_SURVEY_H

#include "collector/indicator/method.h"
#include "collector/indicator/sample.h"

/* What is asked of the lines. */
struct survey_question {
    struct count_split (*split)(const struct survey_question *question,
                                const struct node_evidence *node);
    enum settlement settlement; /* SETTLEMENT_UNKNOWN: all lines */
    enum residence residence;   /* RESIDENCE_UNKNOWN: all lines */
    bool residence_is_split;    /* the split itself tells residences apart */
    enum instant instant;
    unsigned edge_kbit_s;
    bool fttb_counts;     /* among fibre */
    bool configured_only; /* no rates that devices have measured */
};

/* A definition's population and instant; the split is the caller's. */
struct survey_question survey_question_of(const struct plan_definition *definition);

/* The lines of a node by the question: those of which it is not known whether they are the
 * population's may all be, or none. */
struct count_split survey_split(const struct survey_question *question,
                                const struct node_evidence *node);

struct survey {
    struct count_split lines;
    double registered, registered_counted; /* lines of the register, and those on counted nodes */
    size_t nodes, nodes_reported;
    bool anything; /* a node reported */
    bool open; /* a registered node did not report, and the register does not say how large it is */
};

void survey_take(const struct method_context *context, const struct figure *figure,
                 const struct survey_question *question, struct survey *out_survey);

/* Coverage, basis, source and what is unclassified. */
void survey_describe(const struct method_context *context, const struct survey *survey,
                     struct figure *figure);

/* A share of lines, 0..1: best estimate, interval or bounds, and what a verdict tests. */
struct survey_share {
    struct optional_double value, lower, upper, lower_one_sided, upper_one_sided;
    struct optional_double effective_sample_size;
};

/* The share of the lines of all registered nodes from those that reported, by operator, settlement
 * and size of node (post-stratification, indicators.md 3.6, item 5), as the figure's estimate, in
 * per cent. Without a reported node of each operator and settlement there is none. 0 or -ENOMEM. */
int survey_estimate(const struct method_context *context, const struct survey_question *question,
                    struct figure *figure);

/* By the figure's basis: from bounds, or from a probability sample (which becomes a convenience
 * basis where a stratum was not sampled). 0 or -ENOMEM. */
int survey_share(const struct method_context *context, const struct survey_question *question,
                 const struct survey *survey, struct figure *figure,
                 struct survey_share *out_share);

#endif
