/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything that the figures of one instant depend on besides the plan and the rules: what the
 * network showed, and what people have imported. A plain value: sorted, so that equal inputs give
 * equal bytes wherever they are written, and the owner of its arrays. Whoever has the inputs, the
 * plan and the rules can compute the figures again, without a registry and without a clock.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_INPUTS_H
#define LASTMILE_COLLECTOR_INDICATOR_INPUTS_H

#include "collector/estimate/pace.h"
#include "collector/plan/plan.h"
#include "collector/registry/evidence.h"
#include "collector/registry/imported.h"

#include <stdint.h>

struct figure_query;
struct history_row;
struct rule_settings;

/* A city-wide figure of the past by an indicator's first definition: what pace is judged from. */
struct past_figure {
    char indicator[PLAN_ID_BYTES];
    struct pace_point point;
};

struct inputs {
    struct evidence_query window; /* its last_day is the instant of the figures */
    uint64_t computed_ns;         /* when; it decides what is provisional */
    struct evidence *evidence;
    struct imported imported;
    struct past_figure *past; /* by indicator, then day; no day twice */
    size_t past_count;
};

/* The one way from the registry: the instant and as_known_ns of the query, the windows of the
 * rules. 0, -ENOMEM or -EIO; the caller frees with inputs_free. */
int inputs_load(struct registry *registry, const struct rule_settings *rules,
                const struct figure_query *query, uint64_t now_ns, struct inputs **out_inputs);
void inputs_free(struct inputs *inputs);
/* A row of the chronicle whose value is known. */
struct pace_point inputs_past_point(const struct history_row *row);
/* Puts the past into its order. */
void inputs_sort_past(struct inputs *inputs);

#endif
