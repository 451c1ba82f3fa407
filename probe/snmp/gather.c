/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/gather.h"

#include "probe/snmp/evaluate.h"
#include "probe/snmp/interfaces.h"
#include "probe/snmp/plan.h"
#include "probe/snmp/recognise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCES_MAX 2 /* unanswered questions in a row that end a poll */
#define NOTES_MAX    12
#define FEW_ROWS     1000 /* interfaces that nothing has to wait for */
#define MEMORY_USES  64   /* polls before the probe objects are asked for again */

enum stage { STAGE_SYSTEM, STAGE_PROBES, STAGE_SCALARS, STAGE_COLUMNS, STAGE_END };

/* A list of instances that are asked for in batches. */
struct batch {
    struct oid_list names;
    bool *probed; /* beside names at STAGE_PROBES: the agent has something there */
    size_t next;
    size_t size; /* names in one question */
};

struct gather {
    const struct profile_set *profiles;
    const struct profile *profile; /* NULL until recognised */
    char recognised_by[SNAPSHOT_TEXT_BYTES];
    struct walk_pace pace;
    struct varbind_set *set;
    enum stage stage;
    struct batch batch;
    struct plan plan;
    size_t next_table;
    unsigned rows_before, rows; /* of the interfaces, in the poll before and in this */
    bool heavy_allowed;
    bool with_roles, with_stack;
    struct gather_memory memory;
    uint64_t empty, full; /* bits of a profile's columns, by what this poll has found */
    const struct gather_listener *listener; /* or NULL */
    struct walk walk;
    bool walking;
    unsigned silences;
    uint64_t requests, varbinds, timeouts;
    enum report_poll_outcome outcome;
    char reason[SNAPSHOT_TEXT_BYTES];
    char notes[NOTES_MAX][SNAPSHOT_TEXT_BYTES];
    size_t note_count;
};

struct gather *gather_new(const struct profile_set *profiles, const struct profile *forced,
                          const struct walk_pace *pace)
{
    struct gather *gather = calloc(1, sizeof *gather);
    if (!gather)
        return NULL;
    gather->profiles = profiles;
    gather->profile = forced;
    (void)snprintf(gather->recognised_by, sizeof gather->recognised_by, "%s",
                   forced ? "it was asked for by name" : "nothing recognises the device");
    gather->pace = *pace;
    gather->rows_before = pace->rows;
    gather->heavy_allowed = true;
    gather->set = varbind_set_new(GATHER_DEVICE_ROWS_MAX, GATHER_DEVICE_BYTES_MAX);
    gather->batch.size = SYSTEM_OBJECTS;
    bool whole = gather->set != NULL;
    for (int i = 0; i < SYSTEM_OBJECTS && whole; i++) {
        struct oid name = system_object_oid((enum system_object)i);
        whole = oid_list_add(&gather->batch.names, &name) > 0;
    }
    if (!whole) {
        gather_free(gather);
        return NULL;
    }
    return gather;
}

void gather_free(struct gather *gather)
{
    if (!gather)
        return;
    walk_fini(&gather->walk);
    varbind_set_free(gather->set);
    oid_list_fini(&gather->batch.names);
    free(gather->batch.probed);
    plan_fini(&gather->plan);
    free(gather);
}

void gather_set_roles(struct gather *gather, bool with_stack)
{
    gather->with_roles = true;
    gather->with_stack = with_stack;
}

void gather_recall(struct gather *gather, const struct gather_memory *memory)
{
    gather->memory = *memory;
}

void gather_memorise(const struct gather *gather, struct gather_memory *out_memory)
{
    *out_memory = gather->memory;
    out_memory->empty = gather->empty & ~gather->full;
}

void gather_set_heavy(struct gather *gather, bool allowed)
{
    gather->heavy_allowed = allowed;
}

void gather_listen(struct gather *gather, const struct gather_listener *listener)
{
    gather->listener = listener;
}

static void note(struct gather *gather, const char *what, const struct oid *column)
{
    char text[OID_TEXT_BYTES];
    if (gather->note_count == NOTES_MAX)
        return;
    oid_format(column, text, sizeof text);
    (void)snprintf(gather->notes[gather->note_count++], SNAPSHOT_TEXT_BYTES, "%.120s: %s", text,
                   what);
}

static void mark_partial(struct gather *gather, const char *reason)
{
    if (gather->outcome == POLL_COMPLETE) {
        gather->outcome = POLL_PARTIAL;
        (void)snprintf(gather->reason, sizeof gather->reason, "%s", reason);
    }
}

static void mark_out_of_memory(struct gather *gather)
{
    mark_partial(gather, "out of memory");
}

/* How each column of the walk has ended, where that is not as it should. */
static void note_columns(struct gather *gather, const char *late)
{
    const char *const reasons[] = {
        [WALK_LOOP] = "the agent repeats itself or goes back; the rows so far are kept",
        [WALK_CAPPED] = "more rows or octets than a column may have; the rest is left out",
        [WALK_BROKEN] = "the agent answers with an error; the rows so far are kept",
        [WALK_SILENT] = "no answer",
        [WALK_LATE] = late,
    };
    for (size_t i = 0; i < gather->walk.count; i++) {
        const struct walk_column *column = &gather->walk.columns[i];
        if (column->state > WALK_DONE) {
            note(gather, reasons[column->state], &column->column);
            mark_partial(gather, "some tables could not be read to their end");
        }
        if (column->left_out > 0)
            note(gather, "values that are NULL or above 8 KB are left out", &column->column);
        if (column->odd_types > 0 &&
            gather->plan.tables[gather->next_table - 1].kind != PLAN_SUBTREE)
            note(gather, "rows have values of different types", &column->column);
    }
}

static void end_table(struct gather *gather, const char *late)
{
    const struct plan_table *table = &gather->plan.tables[gather->next_table - 1];
    for (size_t i = 0; i < gather->walk.count && table->kind == PLAN_INTERFACES; i++)
        if (gather->walk.columns[i].rows > gather->rows)
            gather->rows = (unsigned)gather->walk.columns[i].rows;
    bool of_profile = table->kind == PLAN_PROFILE || table->kind == PLAN_EMPTY;
    for (size_t i = 0; i < gather->walk.count && of_profile; i++) {
        const struct walk_column *column = &gather->walk.columns[i];
        bool empty = column->state == WALK_DONE && column->rows == 0;
        *(empty ? &gather->empty : &gather->full) |= plan_bit(&column->column);
    }
    note_columns(gather, late);
    walk_fini(&gather->walk);
    gather->walking = false;
}

void gather_stop(struct gather *gather, const char *reason)
{
    if (gather->stage == STAGE_END)
        return;
    bool late = gather->varbinds == 0 && gather->silences == 0 && gather->requests > 0;
    mark_partial(gather, late && strcmp(reason, GATHER_LATE) == 0
                             ? source_status_text(SOURCE_TIMEOUT)
                             : reason);
    if (gather->walking) {
        walk_stop(&gather->walk, WALK_LATE);
        end_table(gather, reason);
    }
    if (gather->varbinds == 0)
        gather->outcome = POLL_FAILED;
    gather->stage = STAGE_END;
}

size_t gather_table(const struct gather *gather)
{
    return gather->walking ? gather->next_table : 0;
}

bool gather_is_heavy(const struct gather *gather)
{
    return gather->walking && gather->plan.tables[gather->next_table - 1].kind == PLAN_HEAVY;
}

void gather_skip_table(struct gather *gather, const char *reason)
{
    if (!gather->walking)
        return;
    walk_stop(&gather->walk, WALK_LATE);
    end_table(gather, reason);
}

static void start_batch(struct gather *gather, enum stage stage)
{
    gather->stage = stage;
    gather->batch.next = 0;
    gather->batch.names.count = 0;
    if (gather->batch.size > 1)
        gather->batch.size = SOURCE_NAMES_MAX;
}

static void plan_scalars(struct gather *gather)
{
    start_batch(gather, STAGE_SCALARS);
    const struct profile *profile = gather->profile;
    for (size_t i = 0; profile && i < profile->figure_count; i++) {
        const struct figure_rule *rule = &profile->figures[i];
        for (size_t o = 0; o < rule->object_count && rule->method == METHOD_SCALAR; o++)
            if (oid_list_add(&gather->batch.names, &rule->objects[o]) < 0)
                mark_out_of_memory(gather);
    }
    const struct plan_wishes wishes = {.heavy = gather->heavy_allowed,
                                       .interfaces_at_once = gather->rows_before > 0 &&
                                                             gather->rows_before <= FEW_ROWS,
                                       .empty = gather->memory.empty,
                                       .roles = gather->with_roles,
                                       .stack = gather->with_roles && gather->with_stack};
    if (plan_make(&gather->plan, profile, &wishes) != 0)
        mark_out_of_memory(gather);
    for (size_t i = 0; gather->listener && i < gather->listener->subtree_count; i++)
        if (plan_add_subtree(&gather->plan, &gather->listener->subtrees[i]) != 0)
            mark_out_of_memory(gather);
}

/* FNV-1a of who the device says it is. */
static uint64_t identity_of(const struct system_group *system)
{
    uint64_t hash = oid_hash(system->object_id.arcs, system->object_id.length);
    for (const char *c = system->descr; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return hash;
}

/* The device is the one that it was: it is known without its probe objects. */
static bool is_remembered(struct gather *gather, const struct system_group *system)
{
    struct gather_memory *memory = &gather->memory;
    if (!memory->profile || memory->identity != identity_of(system) || memory->uses >= MEMORY_USES)
        return false;
    memory->uses++;
    gather->profile = memory->profile;
    memcpy(gather->recognised_by, memory->recognised_by, sizeof gather->recognised_by);
    return true;
}

/* Recognition without probes; probes are asked only where they could beat it. */
static void plan_probes(struct gather *gather)
{
    struct system_group system;
    system_group_read(gather->set, &system);
    start_batch(gather, STAGE_PROBES);
    if (is_remembered(gather, &system))
        return;
    if (recognise_plan(gather->profiles, &system, &gather->batch.names) != 0)
        mark_out_of_memory(gather);
    gather->batch.probed = calloc(gather->batch.names.count + 1, sizeof(bool));
}

static void recognise(struct gather *gather)
{
    struct system_group system;
    const struct recognise_probes probes = {&gather->batch.names, gather->batch.probed};
    system_group_read(gather->set, &system);
    if (gather->profile)
        return; /* remembered */
    struct recognition best = recognise_best(gather->profiles, &system, &probes);
    gather->profile = best.profile;
    if (best.rule)
        recognise_explain(best.rule, gather->recognised_by, sizeof gather->recognised_by);
    if (!gather->profile)
        gather->profile = profile_set_find(gather->profiles, "if-mib");
    gather->memory =
        (struct gather_memory){.profile = gather->profile, .identity = identity_of(&system)};
    memcpy(gather->memory.recognised_by, gather->recognised_by, sizeof gather->recognised_by);
}

/* The next of the planned tables that has anything to tell. */
static void start_table(struct gather *gather)
{
    const struct walk_limits of_column = {GATHER_COLUMN_ROWS_MAX, GATHER_COLUMN_BYTES_MAX};
    const struct walk_limits of_subtree = {GATHER_DEVICE_ROWS_MAX, GATHER_DEVICE_BYTES_MAX};
    struct oid columns[WALK_COLUMNS_MAX];
    size_t count = 0;
    const struct plan_table *table = &gather->plan.tables[gather->next_table++];
    for (size_t i = 0; i < table->count; i++) {
        const struct oid *column = &gather->plan.columns.oids[table->first + i];
        if (table->kind != PLAN_FALLBACK || !plan_is_needless(column, gather->set))
            oid_copy(&columns[count++], column);
    }
    if (count == 0)
        return;
    walk_start(&gather->walk, columns, count,
               table->kind == PLAN_SUBTREE ? &of_subtree : &of_column, gather->set);
    gather->pace.rows = table->kind == PLAN_INTERFACES ? gather->rows_before
                        : table->kind == PLAN_EMPTY    ? 1
                                                       : 0;
    gather->walking = true;
}

/* Steps to the next stage or table when the last is done. */
static void advance(struct gather *gather)
{
    while (gather->stage < STAGE_COLUMNS && gather->batch.next >= gather->batch.names.count) {
        if (gather->stage == STAGE_SYSTEM && !gather->profile) {
            plan_probes(gather);
            continue;
        }
        if (gather->stage == STAGE_PROBES)
            recognise(gather);
        if (gather->stage == STAGE_SCALARS)
            gather->stage = STAGE_COLUMNS;
        else
            plan_scalars(gather);
    }
    while (gather->stage == STAGE_COLUMNS && !gather->walking) {
        if (gather->next_table == gather->plan.count)
            gather->stage = STAGE_END;
        else
            start_table(gather);
    }
}

bool gather_request(struct gather *gather, struct source_request *out_request)
{
    advance(gather);
    if (gather->stage == STAGE_END)
        return false;
    gather->requests++;
    if (gather->stage == STAGE_COLUMNS) {
        walk_request(&gather->walk, &gather->pace, out_request);
        return true;
    }
    struct batch *batch = &gather->batch;
    size_t left = batch->names.count - batch->next;
    out_request->operation = gather->stage == STAGE_PROBES ? SOURCE_GET_NEXT : SOURCE_GET;
    out_request->name_count = left < batch->size ? left : batch->size;
    out_request->max_repetitions = 0;
    out_request->impatient = false;
    for (size_t i = 0; i < out_request->name_count; i++)
        oid_copy(&out_request->names[i], &batch->names.oids[batch->next + i]);
    return true;
}

/* Answers may come in any order and hold names that nobody asked for: each is looked up. */
static void take_batch(struct gather *gather, const struct source_answer *answer, size_t asked)
{
    struct batch *batch = &gather->batch;
    for (size_t n = batch->next; n < batch->next + asked; n++) {
        for (size_t i = 0; i < answer->varbind_count; i++) {
            const struct varbind *varbind = &answer->varbinds[i];
            if (varbind->type >= VALUE_NO_SUCH_OBJECT)
                continue;
            if (gather->stage == STAGE_PROBES && batch->probed)
                batch->probed[n] |= oid_has_prefix(&varbind->name, &batch->names.oids[n]);
            else if (oid_compare(&varbind->name, &batch->names.oids[n]) == 0)
                (void)varbind_set_add(gather->set, varbind); /* five and a few: they fit */
        }
    }
}

/* SNMPv1 names the one that spoils the PDU: it is left behind, the others are asked for again. */
static bool drop_culprit(struct batch *batch, size_t asked, size_t error_index)
{
    if (error_index < 1 || error_index > asked)
        return false;
    size_t culprit = batch->next + error_index - 1;
    struct oid kept;
    oid_copy(&kept, &batch->names.oids[culprit]);
    oid_copy(&batch->names.oids[culprit], &batch->names.oids[batch->next]);
    oid_copy(&batch->names.oids[batch->next], &kept);
    batch->next++;
    return true;
}

static void answer_batch(struct gather *gather, const struct source_answer *answer)
{
    struct batch *batch = &gather->batch;
    size_t left = batch->names.count - batch->next;
    size_t asked = left < batch->size ? left : batch->size;
    if (answer->status == SOURCE_OK)
        take_batch(gather, answer, asked);
    else if (answer->status == SOURCE_TIMEOUT && gather->varbinds == 0 && batch->size > 1 &&
             gather->stage == STAGE_SYSTEM)
        gather_stop(gather, source_status_text(answer->status));
    else if (answer->status == SOURCE_NO_SUCH_NAME &&
             drop_culprit(batch, asked, answer->error_index))
        return;
    else if (batch->size > 1) {
        batch->size = 1; /* one bad name spoils a whole PDU: ask for each alone */
        return;
    }
    batch->next += asked;
}

static bool is_silent(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->columns[i].state == WALK_SILENT)
            return true;
    return false;
}

static void answer_walk(struct gather *gather, const struct source_answer *answer)
{
    if (walk_answer(&gather->walk, &gather->pace, answer, gather->set) == WALK_MORE)
        return;
    gather->silences += is_silent(&gather->walk);
    end_table(gather, "");
}

void gather_answer(struct gather *gather, const struct source_answer *answer)
{
    bool fatal = answer->status >= SOURCE_REFUSED;
    if (answer->status != SOURCE_TIMEOUT)
        gather->silences = 0;
    else if (gather->stage != STAGE_COLUMNS)
        gather->silences++;
    gather->timeouts += answer->status == SOURCE_TIMEOUT;
    gather->varbinds += answer->varbind_count;
    if (gather->listener)
        gather->listener->on_answer(gather->listener->ctx, answer);
    if (fatal) {
        gather_stop(gather, source_status_text(answer->status));
        return;
    }
    if (gather->stage == STAGE_COLUMNS)
        answer_walk(gather, answer);
    else if (gather->stage != STAGE_END)
        answer_batch(gather, answer);
    if (gather->silences >= SILENCES_MAX)
        gather_stop(gather, source_status_text(SOURCE_TIMEOUT));
}

struct walk_pace gather_pace(const struct gather *gather)
{
    struct walk_pace pace = gather->pace;
    pace.rows = gather->rows > 0 ? gather->rows : gather->rows_before;
    return pace;
}

struct varbind_set *gather_values(struct gather *gather)
{
    return gather->set;
}

int gather_finish(struct gather *gather, struct device_snapshot *out_snapshot)
{
    struct device_snapshot *out = out_snapshot;
    struct system_group system;
    struct interface_table interfaces;
    out->varbinds = gather->varbinds;
    out->requests = gather->requests;
    out->timeouts = gather->timeouts;
    if (gather->listener)
        gather->listener->on_values(gather->listener->ctx, gather->set);
    out->outcome = gather->outcome;
    (void)snprintf(out->reason, sizeof out->reason, "%s", gather->reason);
    if (varbind_set_count(gather->set) == 0 && out->outcome != POLL_FAILED) {
        out->outcome = POLL_FAILED;
        (void)snprintf(out->reason, sizeof out->reason, "the agent answers, but shows nothing");
    }
    for (size_t i = 0; i < gather->note_count; i++)
        device_snapshot_warn(out, "%s", gather->notes[i]);
    if (!gather->heavy_allowed && plan_has_heavy(gather->profile))
        device_snapshot_warn(out, "heavy tables are left out at this hour");
    if (out->outcome == POLL_FAILED)
        return 0;
    system_group_read(gather->set, &system);
    system_group_fill(&system, out);
    memcpy(out->recognised_by, gather->recognised_by, sizeof out->recognised_by);
    if (interface_table_build(gather->set, &interfaces) != 0)
        return -ENOMEM;
    int status = evaluate(gather->profile, gather->set, &interfaces, out);
    interface_table_fini(&interfaces);
    return status;
}
