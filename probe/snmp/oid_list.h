/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Object identifiers in the order in which they were added, each once. Owns its array; one thread.
 */
#ifndef LASTMILE_PROBE_SNMP_OID_LIST_H
#define LASTMILE_PROBE_SNMP_OID_LIST_H

#include "probe/snmp/oid.h"

struct oid_list {
    struct oid *oids;
    size_t count, capacity;
};

/* 1 when it was added, 0 when it is there already or has no arcs, or -ENOMEM. */
int oid_list_add(struct oid_list *list, const struct oid *oid);
void oid_list_fini(struct oid_list *list);

#endif
