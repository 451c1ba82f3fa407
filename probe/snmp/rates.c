/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/rates.h"

#include "common/clock.h"
#include "probe/snmp/counter.h"
#include "probe/snmp/stack.h"
#include "probe/snmp/system.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_EVERY_NS   (3600 * CLOCK_NS_PER_S)
#define NARROW_POLLS_MAX 5 /* after so many polls without 64 bits it is believed */

/* The last reading of one direction. */
struct direction {
    struct counter_reading last;
    unsigned narrow_polls; /* polls in a row that had 32 bits only, where 64 were chosen */
};

/* What is remembered of one interface. */
struct memory {
    char name[INTERFACE_NAME_BYTES], alias[INTERFACE_NAME_BYTES];
    uint8_t address[INTERFACE_ADDRESS_BYTES];
    size_t address_length;
    struct direction in, out;
    bool counted_elsewhere; /* as the device said last */
};

struct rates {
    const struct poller_interface_rule *rules;
    size_t rule_count;
    struct memory *memories; /* grows with the interfaces that have a role */
    size_t memory_count, memory_capacity;
    uint64_t stack_asked_ns;
    bool stack_ever_asked, stack_asked; /* at all; and no poll has ended since */
    bool has_unjudged;                  /* an interface came after the stack was asked for */
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

static bool same_address(const struct interface *a, const struct interface *b)
{
    return a->address_length == b->address_length &&
           memcmp(a->address, b->address, a->address_length) == 0;
}

/* How many interfaces of the table have its name, and how many its alias and address, too. */
struct likeness {
    size_t names, wholes;
};

static struct likeness likeness_of(const struct interface_table *table, const struct interface *row)
{
    struct likeness like = {0, 0};
    for (size_t i = 0; i < table->count; i++) {
        const struct interface *other = &table->rows[i];
        if (strcmp(other->name, row->name) != 0)
            continue;
        like.names++;
        like.wholes += strcmp(other->alias, row->alias) == 0 && same_address(other, row);
    }
    return like;
}

/* An alias is edited by people and an address changes with a card: with a name of its own, an
 * interface is the same when the address is, or the alias where no address is known. One of several
 * with a name must agree in all. */
static bool is_memory_of(const struct memory *memory, const struct interface *row,
                         bool name_is_unique)
{
    bool alias = strcmp(memory->alias, row->alias) == 0;
    bool addresses = memory->address_length > 0 && row->address_length > 0;
    bool address = memory->address_length == row->address_length &&
                   memcmp(memory->address, row->address, row->address_length) == 0;
    if (strcmp(memory->name, row->name) != 0)
        return false;
    if (!name_is_unique)
        return alias && address;
    return addresses ? address : alias;
}

static void note_identity(struct memory *memory, const struct interface *row)
{
    memcpy(memory->name, row->name, sizeof memory->name);
    memcpy(memory->alias, row->alias, sizeof memory->alias);
    if (row->address_length == 0)
        return; /* not answered this time */
    memcpy(memory->address, row->address, sizeof memory->address);
    memory->address_length = row->address_length;
}

/* The memory of an interface, new where there is none; NULL when there is no place. */
static struct memory *recall(struct rates *rates, const struct interface *row, bool name_is_unique)
{
    for (size_t i = 0; i < rates->memory_count; i++) {
        struct memory *memory = &rates->memories[i];
        if (is_memory_of(memory, row, name_is_unique)) {
            note_identity(memory, row);
            return memory;
        }
    }
    if (!make_room(rates))
        return NULL;
    struct memory *memory = &rates->memories[rates->memory_count++];
    *memory = (struct memory){.counted_elsewhere = false};
    note_identity(memory, row);
    rates->has_unjudged = true;
    return memory;
}

/* When a poll reads its counters, and how old the agent says it is. */
struct reading_time {
    uint64_t mono_ns;
    struct optional_u64 uptime_ticks, engine_time_s;
};

/* The delta since the reading before, which the new one replaces. What was not answered replaces
 * nothing: the next delta covers its time, too. */
static struct counter_delta step(struct direction *direction, const struct interface *row,
                                 struct optional_u64 octets, const struct reading_time *time)
{
    const struct counter_reading after = {.value = octets,
                                          .counter64 = row->counter64,
                                          .mono_ns = time->mono_ns,
                                          .uptime_ticks = time->uptime_ticks,
                                          .discontinuity = row->discontinuity,
                                          .high_speed_mbit_s = row->high_speed_mbit_s,
                                          .engine_time_s = time->engine_time_s};
    const struct counter_delta none = {.verdict = COUNTER_FIRST};
    bool narrower = direction->last.value.known && direction->last.counter64 && !row->counter64;
    if (!octets.known || (narrower && ++direction->narrow_polls < NARROW_POLLS_MAX))
        return none;
    struct counter_delta delta = counter_delta(&direction->last, &after);
    direction->narrow_polls = 0;
    direction->last = after;
    return delta;
}

static void warn_gap(struct device_snapshot *snapshot, const struct interface *row,
                     const struct counter_delta *delta)
{
    if (!delta->octets.known && delta->verdict != COUNTER_FIRST)
        device_snapshot_warn(snapshot, "interface %s: no octets for this interval (counter %s)",
                             row->name, counter_verdict_name(delta->verdict));
}

static void add_octets(struct memory *memory, const struct interface *row,
                       const struct reading_time *time, struct device_snapshot *snapshot,
                       struct report_interface *out)
{
    struct counter_delta in = step(&memory->in, row, row->in_octets, time);
    struct counter_delta sent = step(&memory->out, row, row->out_octets, time);
    warn_gap(snapshot, row, &in);
    if (sent.verdict != in.verdict)
        warn_gap(snapshot, row, &sent);
    out->in_octets = in.octets;
    out->out_octets = sent.octets;
    out->duration_ms = (in.octets.known ? in.duration_ns : sent.duration_ns) / CLOCK_NS_PER_MS;
}

/* One update, while it goes over the interfaces. */
struct update {
    struct rates *rates;
    const struct interface_table *table;
    enum interface_role *roles;
    bool *elsewhere;
    bool stack_known;
    struct reading_time time;
    struct device_snapshot *snapshot;
};

static void add_interface(struct update *update, size_t number)
{
    const struct interface *row = &update->table->rows[number];
    const struct likeness like = likeness_of(update->table, row);
    struct device_snapshot *snapshot = update->snapshot;
    bool ambiguous = like.names > 1 && like.wholes > 1;
    struct memory *memory = ambiguous ? NULL : recall(update->rates, row, like.names == 1);
    if (memory && update->stack_known)
        memory->counted_elsewhere = update->elsewhere[number];
    if (memory && memory->counted_elsewhere)
        return;
    struct report_interface *out = &snapshot->interfaces[snapshot->interface_count_with_role++];
    *out = (struct report_interface){.role = update->roles[number],
                                     .up = row->oper_status.known && row->oper_status.value == 1,
                                     .high_speed_mbit_s = row->high_speed_mbit_s};
    (void)snprintf(out->name, sizeof out->name, "%s", row->name);
    if (row->high_speed_mbit_s.value == 0)
        out->high_speed_mbit_s.known = false; /* some devices say 0 for all (zxdsl) */
    if (memory)
        add_octets(memory, row, &update->time, snapshot, out);
    else
        device_snapshot_warn(snapshot, "interface %s: no octets: %s", row->name,
                             ambiguous ? "another one is called the same in all"
                                       : "too many interfaces with a role");
}

static void add_interfaces(struct update *update, struct varbind_set *set)
{
    const struct interface_table *table = update->table;
    for (size_t i = 0; i < table->count; i++)
        update->roles[i] = role_of(update->rates, &table->rows[i]);
    stack_judge(set, table, update->roles, update->elsewhere, &update->stack_known);
    for (size_t i = 0; i < table->count; i++)
        if (update->roles[i] != INTERFACE_ROLE_NONE)
            add_interface(update, i);
    if (update->rates->stack_asked) /* and answered, or not: it is not asked in each poll */
        update->rates->stack_asked = update->rates->has_unjudged = false;
}

bool rates_wants_stack(struct rates *rates, uint64_t now_mono_ns)
{
    bool due = !rates->stack_ever_asked || rates->stack_asked || rates->has_unjudged ||
               now_mono_ns >= rates->stack_asked_ns + STACK_EVERY_NS;
    if (due) {
        rates->stack_ever_asked = rates->stack_asked = true;
        rates->stack_asked_ns = now_mono_ns;
    }
    return due;
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
    struct update update = {
        .rates = rates,
        .table = &table,
        .roles = calloc(table.count + 1, sizeof *update.roles),
        .elsewhere = calloc(table.count + 1, sizeof *update.elsewhere),
        .time = {now_mono_ns, system.uptime_ticks, system.engine_time_s},
        .snapshot = snapshot,
    };
    snapshot->interfaces = calloc(table.count + 1, sizeof snapshot->interfaces[0]);
    bool whole = update.roles && update.elsewhere && snapshot->interfaces;
    if (whole)
        add_interfaces(&update, set);
    free(update.roles);
    free(update.elsewhere);
    interface_table_fini(&table);
    return whole ? 0 : -ENOMEM;
}
