/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Totals over operators, and who may see them. Whoever knows one part of a total of two knows the
 * other: an operator takes its own away. So it sees no total in which there is exactly one other
 * operator, and none that would give such a one away beside those that it sees. The one place of
 * this rule for whatever is summed up for a viewer; what is published for everybody is masked
 * before (export/disclosure.h). Pure; plain values.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_TOTAL_H
#define LASTMILE_COLLECTOR_ACCESS_TOTAL_H

#include "collector/access/role.h"

#include <stdbool.h>

/* Who is in a total besides the viewer itself. Zeroed is nobody. */
struct total {
    char other[ACCOUNT_OWNER_BYTES]; /* the first; "" = none yet */
    bool several;                    /* and at least one more */
};

void total_add(struct total *total, const struct viewer *viewer, const char *operator_key);

/* Whoever is in either. */
void total_unite(struct total *total, const struct total *more);

bool total_is_seen(const struct total *total, const struct viewer *viewer);

/* A total of totals: parts that are not seen are what is left when those that are seen are taken
 * away from it, and that must be one that may be seen itself. hidden: the parts that are not,
 * united; zeroed = there are none. */
bool total_of_parts_is_seen(const struct total *total, const struct total *hidden,
                            const struct viewer *viewer);

/* What stands in the place of one that is not seen. */
extern const char total_withheld_en[], total_withheld_zh[];

#endif
