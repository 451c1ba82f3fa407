/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which profile fits a device: longest sysObjectID first, then sysDescr, then the presence of a
 * probe object. Pure.
 */
#ifndef LASTMILE_PROBE_SNMP_RECOGNISE_H
#define LASTMILE_PROBE_SNMP_RECOGNISE_H

#include "probe/snmp/oid_list.h"
#include "probe/snmp/profile_rules.h"
#include "probe/snmp/system.h"

/* Probe objects that were asked for, and which of them the agent has; answered may be NULL. */
struct recognise_probes {
    const struct oid_list *names;
    const bool *answered;
};

struct recognition {
    const struct profile *profile; /* NULL: none fits */
    const struct match_rule *rule; /* by which */
    unsigned rank;
};

struct recognition recognise_best(const struct profile_set *profiles,
                                  const struct system_group *system,
                                  const struct recognise_probes *probes);

/* Adds the probe objects that could beat what is recognised without them. 0, or -ENOMEM. */
int recognise_plan(const struct profile_set *profiles, const struct system_group *system,
                   struct oid_list *out_names);

/* The conditions that held, as a sentence for people. */
void recognise_explain(const struct match_rule *rule, char *out, size_t size);

#endif
