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
    PLAN_EMPTY,   /* of a profile, without a row in the poll before: asked for all at once */
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

struct plan_wishes {
    bool heavy;              /* heavy tables, too */
    bool interfaces_at_once; /* they are known to be few: nothing has to wait for them */
    bool roles;              /* what tells interfaces with roles apart: hardware addresses */
    bool stack;              /* which interfaces stand on which, now and then */
    uint64_t empty;          /* bits of columns (plan_bit) that had no rows in the poll before */
};

/* One of 64 bits for a column: two columns may share one. */
uint64_t plan_bit(const struct oid *column);

/* profile may be NULL. 0, or -ENOMEM. */
int plan_make(struct plan *plan, const struct profile *profile, const struct plan_wishes *wishes);
/* Adds a subtree behind all else. 0, or -ENOMEM. */
int plan_add_subtree(struct plan *plan, const struct oid *subtree);
void plan_fini(struct plan *plan);

/* True when a profile has heavy tables. */
bool plan_has_heavy(const struct profile *profile);

/* True for a column of PLAN_FALLBACK beside which a better one has as many rows as there are
 * interfaces: 32-bit counters beside 64-bit ones, ifDescr beside ifName. */
bool plan_is_needless(const struct oid *column, struct varbind_set *set);

#endif
