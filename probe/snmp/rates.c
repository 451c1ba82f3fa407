/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/rates.h"

#include "common/clock.h"
#include "probe/snmp/counter.h"
#include "probe/snmp/system.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last readings of one interface. */
struct memory {
    char name[INTERFACE_NAME_BYTES], alias[INTERFACE_NAME_BYTES];
    struct counter_reading in, out;
};

struct rates {
    const struct poller_interface_rule *rules;
    size_t rule_count;
    struct memory *memories; /* grows with the interfaces that have a role */
    size_t memory_count, memory_capacity;
};

struct rates *rates_new(const struct poller_interface_rule *rules, size_t rule_count)
{
    struct rates *rates = calloc(1, sizeof *rates);
    if (rates) {
        rates->rules = rules;
        rates->rule_count = rule_count;
    }
    return rates;
}

void rates_free(struct rates *rates)
{
    if (!rates)
        return;
    free(rates->memories);
    free(rates);
}

static enum interface_role role_of(const struct rates *rates, const struct interface *row)
{
    for (size_t i = 0; i < rates->rule_count; i++) {
        const struct poller_interface_rule *rule = &rates->rules[i];
        if (fnmatch(rule->pattern, row->name, 0) == 0 ||
            (row->alias[0] != '\0' && fnmatch(rule->pattern, row->alias, 0) == 0))
            return rule->role;
    }
    return INTERFACE_ROLE_NONE;
}

static bool make_room(struct rates *rates)
{
    if (rates->memory_count < rates->memory_capacity)
        return true;
    size_t capacity = rates->memory_capacity ? rates->memory_capacity * 2 : 4;
    if (capacity > RATES_INTERFACES_MAX)
        return false;
    struct memory *memories = realloc(rates->memories, capacity * sizeof *memories);
    if (!memories)
        return false;
    rates->memories = memories;
    rates->memory_capacity = capacity;
    return true;
}

/* The memory of an interface, new where there is none; NULL when there is no place. */
static struct memory *recall(struct rates *rates, const struct interface *row)
{
    for (size_t i = 0; i < rates->memory_count; i++) {
        struct memory *memory = &rates->memories[i];
        if (strcmp(memory->name, row->name) == 0 && strcmp(memory->alias, row->alias) == 0)
            return memory;
    }
    if (!make_room(rates))
        return NULL;
    struct memory *memory = &rates->memories[rates->memory_count++];
    *memory = (struct memory){.in = {.counter64 = false}};
    memcpy(memory->name, row->name, sizeof memory->name);
    memcpy(memory->alias, row->alias, sizeof memory->alias);
    return memory;
}

/* The delta since the reading before, which the new one replaces. */
static struct counter_delta step(struct counter_reading *before, const struct interface *row,
                                 struct optional_u64 octets, struct optional_u64 uptime_ticks,
                                 uint64_t now_mono_ns)
{
    const struct counter_reading after = {.value = octets,
                                          .counter64 = row->counter64,
                                          .mono_ns = now_mono_ns,
                                          .uptime_ticks = uptime_ticks,
                                          .discontinuity = row->discontinuity,
                                          .high_speed_mbit_s = row->high_speed_mbit_s};
    struct counter_delta delta = counter_delta(before, &after);
    *before = after;
    return delta;
}

static void warn_gap(struct device_snapshot *snapshot, const struct interface *row,
                     const struct counter_delta *delta)
{
    if (!delta->octets.known && delta->verdict != COUNTER_FIRST)
        device_snapshot_warn(snapshot, "interface %s: no octets for this interval (counter %s)",
                             row->name, counter_verdict_name(delta->verdict));
}

static void add_interface(struct rates *rates, const struct interface *row,
                          enum interface_role role, uint64_t now_mono_ns,
                          struct optional_u64 uptime_ticks, struct device_snapshot *snapshot)
{
    struct report_interface *out = &snapshot->interfaces[snapshot->interface_count_with_role++];
    *out = (struct report_interface){.role = role,
                                     .up = row->oper_status.known && row->oper_status.value == 1,
                                     .high_speed_mbit_s = row->high_speed_mbit_s};
    (void)snprintf(out->name, sizeof out->name, "%s", row->name);
    if (row->high_speed_mbit_s.value == 0)
        out->high_speed_mbit_s.known = false; /* some devices say 0 for all (zxdsl) */
    struct memory *memory = recall(rates, row);
    if (!memory) {
        device_snapshot_warn(snapshot, "interface %s: too many interfaces with a role", row->name);
        return;
    }
    struct counter_delta in = step(&memory->in, row, row->in_octets, uptime_ticks, now_mono_ns);
    struct counter_delta sent = step(&memory->out, row, row->out_octets, uptime_ticks, now_mono_ns);
    warn_gap(snapshot, row, &in);
    if (sent.verdict != in.verdict)
        warn_gap(snapshot, row, &sent);
    out->in_octets = in.octets;
    out->out_octets = sent.octets;
    out->duration_ms = (in.octets.known ? in.duration_ns : sent.duration_ns) / CLOCK_NS_PER_MS;
}

int rates_update(struct rates *rates, struct varbind_set *set, uint64_t now_mono_ns,
                 struct device_snapshot *snapshot)
{
    struct interface_table table;
    struct system_group system;
    if (rates->rule_count == 0)
        return 0;
    if (interface_table_build(set, &table) != 0)
        return -ENOMEM;
    system_group_read(set, &system);
    snapshot->interfaces = calloc(table.count + 1, sizeof snapshot->interfaces[0]);
    for (size_t i = 0; i < table.count && snapshot->interfaces; i++) {
        enum interface_role role = role_of(rates, &table.rows[i]);
        if (role != INTERFACE_ROLE_NONE)
            add_interface(rates, &table.rows[i], role, now_mono_ns, system.uptime_ticks, snapshot);
    }
    interface_table_fini(&table);
    return snapshot->interfaces ? 0 : -ENOMEM;
}
