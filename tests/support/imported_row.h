/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One row of what people imported, as a test asks a registry for it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_IMPORTED_ROW_H
#define LASTMILE_TESTS_SUPPORT_IMPORTED_ROW_H

#include "collector/registry/imported.h"

/* The households of an area, and the whole area's declared figure (imported.h). 0 or -ENOENT. */
int find_households_row(struct registry *registry, const char *area,
                        const struct evidence_query *query, struct denominator *out_row);
int find_declared_row(struct registry *registry, const char *indicator, const char *operator_name,
                      const struct evidence_query *query, struct declared_figure *out_row);

#endif
