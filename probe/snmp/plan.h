/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which columns one poll walks, and which of them side by side: IF-MIB's, and those that a
 * profile's figures need, grouped by their table. What would tell nothing new comes after what
 * shows that; heavy tables and whole subtrees come last. Pure but for memory; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_PLAN_H
#define LASTMILE_PROBE_SNMP_PLAN_H

#include "probe/snmp/oid_list.h"
#include "probe/snmp/profile.h"
#include "probe/snmp/varbind_set.h"

enum plan_kind {
    PLAN_INTERFACES, /* as many rows as interfaces */
    PLAN_FALLBACK,   /* of IF-MIB, needless where better columns have told it */
    PLAN_PROFILE,
    PLAN_HEAVY,   /* of a profile, to be asked for gently */
    PLAN_SUBTREE, /* whatever lies below a name */
};

/* Columns [first, first + count) of the plan's list. */
struct plan_table {
    enum plan_kind kind;
    size_t first, count;
};

struct plan {
    struct oid_list columns;
    struct plan_table *tables;
    size_t count, capacity;
};

/* profile may be NULL; heavy tables are left out unless asked for. 0, or -ENOMEM. */
int plan_make(struct plan *plan, const struct profile *profile, bool with_heavy);
/* Adds what tells interfaces with roles apart: their hardware's addresses, and (now and then) which
 * of them stand on which. 0, or -ENOMEM. */
int plan_add_roles(struct plan *plan, bool with_stack);
/* Adds a subtree behind all else. 0, or -ENOMEM. */
int plan_add_subtree(struct plan *plan, const struct oid *subtree);
void plan_fini(struct plan *plan);

/* True when a profile has heavy tables. */
bool plan_has_heavy(const struct profile *profile);

/* True for a column of PLAN_FALLBACK beside which a better one has as many rows as there are
 * interfaces: 32-bit counters beside 64-bit ones, ifDescr beside ifName. */
bool plan_is_needless(const struct oid *column, struct varbind_set *set);

#endif
