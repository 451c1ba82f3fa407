/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The transaction of an import, and all that was imported as one value.
 */
#include "collector/registry/imported.h"

#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

int registry_import_begin(struct registry *registry, uint64_t now_ns)
{
    int status = database_begin(registry->database);
    if (status == 0)
        registry->import_ns = now_ns;
    return status;
}

int registry_import_end(struct registry *registry, bool commit)
{
    registry->import_ns = 0;
    if (commit)
        return database_commit(registry->database);
    database_rollback(registry->database);
    return 0;
}

/* 1 when the row adds or changes something. */
static int add_row(struct registry *registry, enum register_kind kind, const void *row)
{
    int status = registry_import_row(registry, kind, row, NULL);
    return status > 0 ? 1 : status;
}

int registry_import_denominator(struct registry *registry, const struct denominator *row)
{
    return add_row(registry, REGISTER_DENOMINATORS, row);
}

int registry_import_declared(struct registry *registry, const struct declared_figure *row)
{
    return add_row(registry, REGISTER_DECLARED, row);
}

int registry_import_node(struct registry *registry, const struct registered_node *row)
{
    return add_row(registry, REGISTER_NODES, row);
}

/* A register of any day of the instant's year counts, as a denominator does. */
static int64_t last_day_of_year(int64_t day)
{
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    clock_civil_from_days(day, &year, &month, &day_of_month);
    return clock_days_from_civil(year + 1, 1, 1) - 1;
}

int registry_read_imported(struct registry *registry, const struct evidence_query *query,
                           struct imported *out_imported)
{
    uint64_t known_ns = query->as_known_ns;
    int64_t last_day = last_day_of_year(query->last_day);
    void *rows[REGISTER_KINDS] = {NULL};
    size_t counts[REGISTER_KINDS] = {0};
    static const bool every_vintage[REGISTER_KINDS] = {
        [REGISTER_DENOMINATORS] = true, [REGISTER_DECLARED] = true};
    int status = 0;
    for (int kind = 0; kind < REGISTER_KINDS && status == 0; kind++) {
        bool of_evidence = kind == REGISTER_NODES || kind == REGISTER_VILLAGES;
        if (every_vintage[kind])
            status = registry_list_vintages(registry, (enum register_kind)kind, known_ns,
                                            &rows[kind], &counts[kind]);
        else if (!of_evidence)
            status = registry_list_register(registry, (enum register_kind)kind, last_day, known_ns,
                                            &rows[kind], &counts[kind]);
    }
    *out_imported = (struct imported){
        .denominators = rows[REGISTER_DENOMINATORS],
        .denominator_count = counts[REGISTER_DENOMINATORS],
        .declared = rows[REGISTER_DECLARED],
        .declared_count = counts[REGISTER_DECLARED],
        .venues = rows[REGISTER_VENUES],
        .venue_count = counts[REGISTER_VENUES],
        .contracts = rows[REGISTER_CONTRACTS],
        .contract_count = counts[REGISTER_CONTRACTS],
        .remarks = rows[REGISTER_REMARKS],
        .remark_count = counts[REGISTER_REMARKS],
    };
    if (status != 0) {
        imported_clear(out_imported);
        return status == -ENOMEM ? -ENOMEM : -EIO;
    }
    imported_sort(out_imported);
    return 0;
}
