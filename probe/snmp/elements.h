/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The terminals and access points that a device lists, out of the values of a poll: key, state,
 * model class, SSIDs offered. An element that is listed twice (a radio each, an old entry) is one.
 * Pure but for memory. Not for callers outside the room.
 */
#ifndef LASTMILE_PROBE_SNMP_ELEMENTS_H
#define LASTMILE_PROBE_SNMP_ELEMENTS_H

#include "probe/snmp/profile_rules.h"

/* Fills the elements of a snapshot whose figures are filled: by the profile's tables, and by the
 * keys of access points in Run state where no table lists any. 0, or -ENOMEM. */
int elements_collect(const struct profile *profile, struct varbind_set *set,
                     struct device_snapshot *snapshot);

#endif
