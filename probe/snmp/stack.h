/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which interfaces are counted by another: members of an aggregate by the aggregate, and what
 * stands on a port (VLANs, tunnels) by the port. From dot3adAggPortAttachedAggID and ifStackStatus.
 * Pure. Not for callers outside the room.
 */
#ifndef LASTMILE_PROBE_SNMP_STACK_H
#define LASTMILE_PROBE_SNMP_STACK_H

#include "common/access.h"
#include "probe/snmp/interfaces.h"

/* roles and out_counted_elsewhere have an element for each row of the table. An interface is
 * counted elsewhere when the other has the same role. out_known: the device says anything of it at
 * all. */
void stack_judge(struct varbind_set *set, const struct interface_table *table,
                 const enum interface_role *roles, bool *out_counted_elsewhere, bool *out_known);

#endif
