/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a device's interfaces with a role have carried since the poll before. Remembers the last
 * reading of each by its name, with its hardware's address or else its alias, since ifIndex may
 * change; interfaces that cannot be told apart by these have no octets. The width of a counter is
 * chosen once per interface. An interface that another one with the same role counts already (the
 * member of an aggregate, the VLAN on a port) is left out. One thread per memory.
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

/* True when the poll that begins now is to read which interface stands on which: at first, each
 * hour, and when there are interfaces that it does not know. */
bool rates_wants_stack(struct rates *rates, uint64_t now_mono_ns);

/* Adds the interfaces that have a role to the snapshot, with their deltas, and remembers their
 * readings. The reasons for deltas that are unknown become warnings. 0, or -ENOMEM. */
int rates_update(struct rates *rates, struct varbind_set *set, uint64_t now_mono_ns,
                 struct device_snapshot *snapshot);

#endif
