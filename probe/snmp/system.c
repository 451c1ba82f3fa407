/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/system.h"

#include <stdio.h>
#include <string.h>

#define UPTIME_WRAP_TICKS (UINT64_C(1) << 32)
#define WRAPS_MAX         4 /* five years */

struct oid system_object_oid(enum system_object object)
{
    static const struct oid oids[SYSTEM_OBJECTS] = {
        [SYSTEM_DESCR] = {9, {1, 3, 6, 1, 2, 1, 1, 1, 0}},
        [SYSTEM_OBJECT_ID] = {9, {1, 3, 6, 1, 2, 1, 1, 2, 0}},
        [SYSTEM_UP_TIME] = {9, {1, 3, 6, 1, 2, 1, 1, 3, 0}},
        [SYSTEM_NAME] = {9, {1, 3, 6, 1, 2, 1, 1, 5, 0}},
        [SYSTEM_ENGINE_TIME] = {11, {1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0}},
    };
    return oids[object];
}

static const struct varbind_row *find(struct varbind_set *set, enum system_object object)
{
    struct oid name = system_object_oid(object);
    return varbind_set_find(set, &name);
}

/* Octets as text; what is left of a NUL counts. */
static bool copy_text(const struct varbind_row *row, char *out, size_t size)
{
    out[0] = '\0';
    if (!row || row->type != VALUE_OCTETS)
        return false;
    size_t length = row->length < size - 1 ? row->length : size - 1;
    if (length > 0)
        memcpy(out, row->bytes, length);
    out[length] = '\0';
    return true;
}

static struct optional_u64 number(const struct varbind_row *row)
{
    return row ? varbind_row_u64(row) : (struct optional_u64){.known = false, .value = 0};
}

void system_group_read(struct varbind_set *set, struct system_group *out_group)
{
    struct system_group group = {.object_id = {.length = 0}};
    (void)copy_text(find(set, SYSTEM_DESCR), group.descr, sizeof group.descr);
    group.name_known = copy_text(find(set, SYSTEM_NAME), group.name, sizeof group.name);
    group.uptime_ticks = number(find(set, SYSTEM_UP_TIME));
    group.engine_time_s = number(find(set, SYSTEM_ENGINE_TIME));
    const struct varbind_row *row = find(set, SYSTEM_OBJECT_ID);
    if (row && row->type == VALUE_OBJECT_ID) {
        struct varbind varbind = varbind_of_row(row);
        group.object_id = varbind_object_id(&varbind);
    }
    *out_group = group;
}

static uint64_t uptime_seconds(const struct system_group *group)
{
    uint64_t ticks = group->uptime_ticks.value;
    uint64_t engine_ticks = group->engine_time_s.known ? group->engine_time_s.value * 100 : 0;
    if (engine_ticks < ticks + UPTIME_WRAP_TICKS / 2)
        return ticks / 100;
    /* Wraps of clocks that were set to the right year after the start are no age. */
    uint64_t wraps = (engine_ticks - ticks + UPTIME_WRAP_TICKS / 2) / UPTIME_WRAP_TICKS;
    uint64_t whole = ticks + wraps * UPTIME_WRAP_TICKS;
    uint64_t apart = whole > engine_ticks ? whole - engine_ticks : engine_ticks - whole;
    /* Some agents count the engine's time in other units: an hour apart is another clock. */
    return (apart < 360000 && wraps <= WRAPS_MAX ? whole : ticks) / 100;
}

void system_group_fill(const struct system_group *group, struct device_snapshot *out_snapshot)
{
    struct device_snapshot *out = out_snapshot;
    oid_format(&group->object_id, out->sys_object_id, sizeof out->sys_object_id);
    out->sys_name_known = group->name_known;
    memcpy(out->sys_name, group->name, sizeof out->sys_name);
    (void)snprintf(out->sys_descr, sizeof out->sys_descr, "%s", group->descr);
    if (group->uptime_ticks.known)
        out->uptime_s = optional_u64(uptime_seconds(group));
}
