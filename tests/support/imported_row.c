/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/imported_row.h"

#include <errno.h>

int find_households_row(struct registry *registry, const char *area,
                        const struct evidence_query *query, struct denominator *out_row)
{
    struct imported imported;
    int status = registry_read_imported(registry, query, &imported);
    if (status != 0)
        return status;
    const struct denominator *row =
        imported_find_denominator(&imported, area, "resident-households", "all", query->last_day);
    if (row)
        *out_row = *row;
    status = row ? 0 : -ENOENT;
    imported_clear(&imported);
    return status;
}

int find_declared_row(struct registry *registry, const char *indicator, const char *operator_name,
                      const struct evidence_query *query, struct declared_figure *out_row)
{
    struct imported imported;
    int status = registry_read_imported(registry, query, &imported);
    if (status != 0)
        return status;
    const struct declared_figure *row =
        imported_find_declared(&imported, indicator, "371000", operator_name, query->last_day);
    if (row)
        *out_row = *row;
    status = row ? 0 : -ENOENT;
    imported_clear(&imported);
    return status;
}
