/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Applies a profile to the values of one poll: figures by precedence, what disagrees, what was not
 * said. It decides by the profile, never by ASN.1 types, since devices type gauges as counters.
 * Pure but for memory.
 */
#ifndef LASTMILE_PROBE_SNMP_EVALUATE_H
#define LASTMILE_PROBE_SNMP_EVALUATE_H

#include "probe/snmp/interfaces.h"
#include "probe/snmp/snapshot.h"

struct profile;

/* Fills profile, kind, figures and warnings of a snapshot; profile may be NULL. 0, or -ENOMEM. */
int evaluate(const struct profile *profile, struct varbind_set *set,
             const struct interface_table *interfaces, struct device_snapshot *out_snapshot);

#endif
