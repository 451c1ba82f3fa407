/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an operator or the statistics declare, beside what we found: the gap, and whether it is
 * explained. Internal to the room but for the words.
 */
#ifndef LASTMILE_COLLECTOR_INDICATOR_DECLARED_H
#define LASTMILE_COLLECTOR_INDICATOR_DECLARED_H

#include "common/conf.h"

/* NONE: one of the two is not known, or ours is the declared one. WITHIN: the declared figure, as
 * precisely as the indicator is shown, lies in our interval. DEFINITION: it does not, but it lies
 * in that of a definition that the table of indicators names as an alternative, and that interval
 * is narrower than the gap. */
enum declared_gap { DECLARED_NONE, DECLARED_WITHIN, DECLARED_DEFINITION, DECLARED_UNEXPLAINED };
extern const struct conf_name declared_gap_names[];    /* "none", "within-interval", ... */
extern const struct conf_name declared_gap_names_zh[]; /* 区间内, 口径差异, 无法解释 */

struct figure;
struct method_context;

/* Finds the declared figure, its source, and the remark that is made on the figure. */
void declared_find(const struct method_context *context, struct figure *figure);

/* Holds it against a figure that is computed. compute: computes a figure by its definition. 0 or
 * -ENOMEM. */
int declared_compare(const struct method_context *context,
                     int (*compute)(const struct method_context *context, struct figure *figure),
                     struct figure *figure);

#endif
