/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The system group of SNMPv2-MIB (RFC 3418) and snmpEngineTime (RFC 3411): who a device says it is
 * and how long it has been up. Pure.
 */
#ifndef LASTMILE_PROBE_SNMP_SYSTEM_H
#define LASTMILE_PROBE_SNMP_SYSTEM_H

#include "probe/snmp/snapshot.h"
#include "probe/snmp/varbind_set.h"

enum system_object {
    SYSTEM_DESCR,
    SYSTEM_OBJECT_ID,
    SYSTEM_UP_TIME,
    SYSTEM_NAME,
    SYSTEM_ENGINE_TIME,
    SYSTEM_OBJECTS,
};
struct oid system_object_oid(enum system_object object);

struct system_group {
    struct oid object_id; /* length 0: not answered */
    char descr[512];
    bool name_known;
    char name[SNAPSHOT_TEXT_BYTES];
    struct optional_u64 uptime_ticks, engine_time_s;
};

void system_group_read(struct varbind_set *set, struct system_group *out_group);

/* Fills the device's part of a snapshot. sysUpTime wraps after 497 days; snmpEngineTime, where it
 * agrees but for whole wraps, gives the true age. */
void system_group_fill(const struct system_group *group, struct device_snapshot *out_snapshot);

#endif
