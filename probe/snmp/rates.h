/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a device's interfaces with a role have carried since the poll before. Remembers the last
 * reading of each by its name and alias, since ifIndex may change; the width of a counter is chosen
 * once per interface. One thread per memory.
 */
#ifndef LASTMILE_PROBE_SNMP_RATES_H
#define LASTMILE_PROBE_SNMP_RATES_H

#include "probe/snmp/interfaces.h"
#include "probe/snmp/poller.h"

#define RATES_INTERFACES_MAX 256 /* with a role, of one device */

struct rates;

/* Rules are borrowed for the memory's life. NULL when memory is out. */
struct rates *rates_new(const struct poller_interface_rule *rules, size_t rule_count);
void rates_free(struct rates *rates);

/* Adds the interfaces that have a role to the snapshot, with their deltas, and remembers their
 * readings. The reasons for deltas that are unknown become warnings. 0, or -ENOMEM. */
int rates_update(struct rates *rates, struct varbind_set *set, uint64_t now_mono_ns,
                 struct device_snapshot *snapshot);

#endif
