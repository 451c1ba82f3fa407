/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/plan.h"

#include "probe/snmp/interfaces.h"
#include "probe/snmp/profile_rules.h"
#include "probe/snmp/walk.h"

#include <errno.h>
#include <stdlib.h>

/* A column that tells nothing new where the second one is whole. */
static const enum interface_column beside[][2] = {
    {IF_DESCR, IF_NAME}, {IF_IN_OCTETS, IF_HC_IN_OCTETS}, {IF_OUT_OCTETS, IF_HC_OUT_OCTETS}};
#define FALLBACKS (sizeof beside / sizeof beside[0])

static size_t rows_of(struct varbind_set *set, enum interface_column column)
{
    struct oid name = interface_column_oid(column);
    size_t count = 0;
    (void)varbind_set_range(set, &name, &count);
    return count;
}

bool plan_is_needless(const struct oid *column, struct varbind_set *set)
{
    for (size_t i = 0; i < FALLBACKS; i++) {
        struct oid fallback = interface_column_oid(beside[i][0]);
        if (oid_compare(column, &fallback) != 0)
            continue;
        size_t interfaces = rows_of(set, IF_TYPE);
        return interfaces > 0 && rows_of(set, beside[i][1]) >= interfaces;
    }
    return false;
}

static bool is_fallback(enum interface_column column)
{
    for (size_t i = 0; i < FALLBACKS; i++)
        if (beside[i][0] == column)
            return true;
    return false;
}

/* A table that begins at the list's end. */
static int begin_table(struct plan *plan, enum plan_kind kind)
{
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity ? plan->capacity * 2 : 8;
        struct plan_table *tables = realloc(plan->tables, capacity * sizeof *tables);
        if (!tables)
            return -ENOMEM;
        plan->tables = tables;
        plan->capacity = capacity;
    }
    plan->tables[plan->count++] =
        (struct plan_table){.kind = kind, .first = plan->columns.count, .count = 0};
    return 0;
}

/* Adds a column to the last table, or to a new one like it when that is full. */
static int add_column(struct plan *plan, const struct oid *column)
{
    const struct plan_table *last = &plan->tables[plan->count - 1];
    if (last->count == WALK_COLUMNS_MAX && begin_table(plan, last->kind) != 0)
        return -ENOMEM;
    int added = oid_list_add(&plan->columns, column);
    if (added > 0)
        plan->tables[plan->count - 1].count++;
    return added < 0 ? added : 0;
}

static int add_interface_column(struct plan *plan, enum interface_column column)
{
    struct oid oid = interface_column_oid(column);
    return is_fallback(column) ? 0 : add_column(plan, &oid);
}

static int add_interfaces(struct plan *plan, const struct plan_wishes *wishes, bool all)
{
    static const enum interface_column first[] = {IF_TYPE, IF_OPER_STATUS, IF_NAME};
    int status = begin_table(plan, PLAN_INTERFACES);
    for (size_t i = 0; i < sizeof first / sizeof first[0] && status == 0; i++)
        status = add_interface_column(plan, first[i]);
    for (int c = 0; c < IF_COLUMNS_PLAIN && all && status == 0; c++)
        status = add_interface_column(plan, (enum interface_column)c);
    if (status == 0 && all && wishes->roles)
        status = add_interface_column(plan, IF_PHYS_ADDRESS);
    if (status == 0 && all && wishes->stack)
        status = add_interface_column(plan, IF_AGGREGATOR);
    return status;
}

static int add_stack(struct plan *plan)
{
    struct oid stack = interface_stack_oid();
    int status = begin_table(plan, PLAN_PROFILE);
    return status == 0 ? add_column(plan, &stack) : status;
}

static int add_fallbacks(struct plan *plan)
{
    int status = begin_table(plan, PLAN_FALLBACK);
    for (size_t i = 0; i < FALLBACKS && status == 0; i++) {
        struct oid column = interface_column_oid(beside[i][0]);
        status = add_column(plan, &column);
    }
    return status;
}

static bool same_table(const struct oid *a, const struct oid *b)
{
    return a->length == b->length && a->length > 1 &&
           oid_compare_arcs(a->arcs, a->length - 1, b->arcs, b->length - 1) == 0;
}

uint64_t plan_bit(const struct oid *column)
{
    return UINT64_C(1) << (oid_hash(column->arcs, column->length) >> 58);
}

/* Columns of one table stand side by side: a column of another begins another. Those of empty
 * tables stand side by side whatever they are. */
static int add_profile_column(struct plan *plan, const struct plan_wishes *wishes,
                              const struct oid *column, enum plan_kind kind)
{
    const struct plan_table *last = &plan->tables[plan->count - 1];
    bool empty = (wishes->empty & plan_bit(column)) != 0;
    if (column->length == 0 || (kind == PLAN_PROFILE && empty) || (kind == PLAN_EMPTY && !empty))
        return 0;
    bool fits = last->count > 0 && last->kind == kind &&
                (kind == PLAN_EMPTY || same_table(&plan->columns.oids[last->first], column));
    int status = fits ? 0 : begin_table(plan, kind);
    return status == 0 ? add_column(plan, column) : status;
}

/* Heavy rules belong to heavy tables, the others to all else. */
static int add_figures(struct plan *plan, const struct profile *profile,
                       const struct plan_wishes *wishes, enum plan_kind kind)
{
    int status = 0;
    for (size_t i = 0; profile && i < profile->figure_count && status == 0; i++) {
        const struct figure_rule *rule = &profile->figures[i];
        if (rule->heavy != (kind == PLAN_HEAVY))
            continue;
        for (size_t o = 0; o < rule->object_count && rule->method != METHOD_SCALAR && status == 0;
             o++)
            status = add_profile_column(plan, wishes, &rule->objects[o], kind);
        if (status == 0)
            status = add_profile_column(plan, wishes, &rule->name_object, kind);
    }
    return status;
}

/* The tables that list terminals and access points. */
static int add_elements(struct plan *plan, const struct profile *profile,
                        const struct plan_wishes *wishes, enum plan_kind kind)
{
    int status = 0;
    for (size_t i = 0; profile && i < profile->element_rule_count && status == 0; i++) {
        const struct element_rule *rule = &profile->elements[i];
        const struct oid *columns[ELEMENT_COLUMNS];
        element_rule_columns(rule, columns);
        for (size_t c = 0;
             c < ELEMENT_COLUMNS && rule->heavy == (kind == PLAN_HEAVY) && status == 0; c++)
            status = add_profile_column(plan, wishes, columns[c], kind);
    }
    return status;
}

static int add_profile(struct plan *plan, const struct profile *profile,
                       const struct plan_wishes *wishes, enum plan_kind kind)
{
    int status = add_figures(plan, profile, wishes, kind);
    return status == 0 ? add_elements(plan, profile, wishes, kind) : status;
}

bool plan_has_heavy(const struct profile *profile)
{
    for (size_t i = 0; profile && i < profile->element_rule_count; i++)
        if (profile->elements[i].heavy)
            return true;
    for (size_t i = 0; profile && i < profile->figure_count; i++)
        if (profile->figures[i].heavy)
            return true;
    return false;
}

int plan_make(struct plan *plan, const struct profile *profile, const struct plan_wishes *wishes)
{
    bool has_tables = false;
    for (size_t i = 0; profile && i < profile->figure_count; i++)
        has_tables |= profile->figures[i].object_count > 0 &&
                      profile->figures[i].method != METHOD_SCALAR && !profile->figures[i].heavy;
    for (size_t i = 0; profile && i < profile->element_rule_count; i++)
        has_tables |= !profile->elements[i].heavy;
    /* What a profile asks for is not to wait for counters of ten thousand interfaces. */
    bool at_once = !has_tables || wishes->interfaces_at_once;
    int status = add_interfaces(plan, wishes, at_once);
    if (status == 0)
        status = add_profile(plan, profile, wishes, PLAN_PROFILE);
    if (status == 0 && !at_once)
        status = add_interfaces(plan, wishes, true);
    if (status == 0)
        status = add_fallbacks(plan);
    if (status == 0 && wishes->empty != 0)
        status = add_profile(plan, profile, wishes, PLAN_EMPTY);
    if (status == 0 && wishes->stack)
        status = add_stack(plan);
    if (status == 0 && wishes->heavy)
        status = add_profile(plan, profile, wishes, PLAN_HEAVY);
    return status;
}

int plan_add_subtree(struct plan *plan, const struct oid *subtree)
{
    int status = begin_table(plan, PLAN_SUBTREE);
    return status == 0 ? add_column(plan, subtree) : status;
}

void plan_fini(struct plan *plan)
{
    oid_list_fini(&plan->columns);
    free(plan->tables);
    *plan = (struct plan){.tables = NULL};
}
