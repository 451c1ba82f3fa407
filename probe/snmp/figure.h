/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One figure of a profile out of the values of a poll: sums, counts by state, index decoding. Pure
 * but for memory. Not for callers outside the room.
 */
#ifndef LASTMILE_PROBE_SNMP_FIGURE_H
#define LASTMILE_PROBE_SNMP_FIGURE_H

#include "probe/snmp/interfaces.h"
#include "probe/snmp/profile_rules.h"

#define FIGURE_SSIDS_MAX 1024

struct figure {
    struct optional_u64 value;
    uint64_t unknown_states; /* rows in a state that the profile does not name */
    struct snapshot_key *keys;
    size_t key_count, key_capacity;
    struct snapshot_ssid *ssids;
    size_t ssid_count, ssid_capacity;
    uint64_t capability[CAPABILITY_CLASSES]; /* METHOD_RATES */
};

/* 0, or -ENOMEM. Free the figure with figure_fini in both cases. */
int figure_compute(const struct figure_rule *rule, struct varbind_set *set,
                   const struct interface_table *interfaces, struct figure *out_figure);
void figure_fini(struct figure *figure);

#endif
