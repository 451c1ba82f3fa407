/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/stack.h"

#include <stdlib.h>

/* ifType (IANAifType-MIB) of interfaces that stand on several others and count for them. */
#define TYPE_LAG         161
#define TYPE_MULTIPLEXOR 54

static int compare_index(const void *key, const void *element)
{
    uint32_t index = *(const uint32_t *)key;
    uint32_t other = ((const struct interface *)element)->index;
    return (index > other) - (index < other);
}

/* The row's number in the table, or its count. */
static size_t row_of(const struct interface_table *table, uint32_t index)
{
    const struct interface *row =
        table->count ? bsearch(&index, table->rows, table->count, sizeof *row, compare_index)
                     : NULL;
    return row ? (size_t)(row - table->rows) : table->count;
}

static bool is_aggregate(const struct interface *row)
{
    return row->type.known && (row->type.value == TYPE_LAG || row->type.value == TYPE_MULTIPLEXOR);
}

struct judge {
    const struct interface_table *table;
    const enum interface_role *roles;
    bool *counted_elsewhere;
};

static void judge_pair(const struct judge *judge, uint32_t higher_index, uint32_t lower_index,
                       bool aggregate)
{
    size_t higher = row_of(judge->table, higher_index);
    size_t lower = row_of(judge->table, lower_index);
    if (higher == judge->table->count || lower == judge->table->count || higher == lower ||
        judge->roles[higher] == INTERFACE_ROLE_NONE || judge->roles[higher] != judge->roles[lower])
        return;
    bool by_higher = aggregate || is_aggregate(&judge->table->rows[higher]);
    judge->counted_elsewhere[by_higher ? lower : higher] = true;
}

void stack_judge(struct varbind_set *set, const struct interface_table *table,
                 const enum interface_role *roles, bool *out_counted_elsewhere, bool *out_known)
{
    const struct judge judge = {table, roles, out_counted_elsewhere};
    const struct oid stack = interface_stack_oid();
    const struct oid aggregators = interface_column_oid(IF_AGGREGATOR);
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, &stack, &count);
    *out_known = count > 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t *pair = rows[i].arcs + stack.length;
        bool active = varbind_row_u64(&rows[i]).value == 1; /* RowStatus */
        if (rows[i].arc_count == stack.length + 2 && active)
            judge_pair(&judge, pair[0], pair[1], false);
    }
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].aggregator != 0)
            judge_pair(&judge, table->rows[i].aggregator, table->rows[i].index, true);
    (void)varbind_set_range(set, &aggregators, &count);
    *out_known = *out_known || count > 0;
}
