/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/gather.h"

#include "probe/snmp/evaluate.h"
#include "probe/snmp/interfaces.h"
#include "probe/snmp/profile_rules.h"
#include "probe/snmp/system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCES_MAX 2 /* unanswered questions in a row that end a poll */
#define NOTES_MAX    8

enum stage { STAGE_SYSTEM, STAGE_PROBES, STAGE_SCALARS, STAGE_COLUMNS, STAGE_END };

/* Object identifiers, each once. A profile bounds how many there are. */
struct oid_list {
    struct oid *oids;
    size_t count, capacity;
};

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
    struct oid_list columns;
    size_t next_column, subtree_count;      /* the last of the columns are whole subtrees */
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

static bool list_add(struct oid_list *list, const struct oid *oid)
{
    for (size_t i = 0; i < list->count; i++)
        if (oid_compare(&list->oids[i], oid) == 0)
            return true;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 32;
        struct oid *oids = realloc(list->oids, capacity * sizeof *oids);
        if (!oids)
            return false;
        list->oids = oids;
        list->capacity = capacity;
    }
    list->oids[list->count++] = *oid;
    return true;
}

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
    gather->set = varbind_set_new(GATHER_DEVICE_ROWS_MAX, GATHER_DEVICE_BYTES_MAX);
    gather->batch.size = SYSTEM_OBJECTS;
    bool whole = gather->set != NULL;
    for (int i = 0; i < SYSTEM_OBJECTS && whole; i++) {
        struct oid name = system_object_oid((enum system_object)i);
        whole = list_add(&gather->batch.names, &name);
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
    varbind_set_free(gather->set);
    free(gather->batch.names.oids);
    free(gather->batch.probed);
    free(gather->columns.oids);
    free(gather);
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

void gather_stop(struct gather *gather, const char *reason)
{
    if (gather->stage == STAGE_END)
        return;
    bool late = gather->varbinds == 0 && gather->silences == 0 && gather->requests > 0;
    mark_partial(gather, late && strcmp(reason, GATHER_LATE) == 0
                             ? source_status_text(SOURCE_TIMEOUT)
                             : reason);
    if (gather->varbinds == 0)
        gather->outcome = POLL_FAILED;
    gather->stage = STAGE_END;
}

static void start_batch(struct gather *gather, enum stage stage)
{
    gather->stage = stage;
    gather->batch.next = 0;
    gather->batch.names.count = 0;
    if (gather->batch.size > 1)
        gather->batch.size = SOURCE_NAMES_MAX;
}

static void add_to(struct gather *gather, struct oid_list *list, const struct oid *oid)
{
    if (oid->length > 0 && !list_add(list, oid))
        mark_partial(gather, "out of memory");
}

/* The best rank of a profile's rules. Rules with a probe count when the probe was answered, or, to
 * learn which probes are worth asking, when may_probe is set. */
static unsigned profile_rank(struct gather *gather, const struct profile *profile,
                             const struct system_group *system, bool may_probe,
                             const struct match_rule **out_rule)
{
    unsigned best = 0;
    *out_rule = NULL;
    for (size_t i = 0; i < profile->rule_count; i++) {
        const struct match_rule *rule = &profile->rules[i];
        unsigned rank = match_rule_rank(rule, &system->object_id, system->descr);
        bool probed = rule->probe.length == 0 || may_probe;
        const struct oid_list *names = &gather->batch.names;
        for (size_t n = 0; n < names->count && !probed && rank > best && gather->batch.probed; n++)
            probed = gather->batch.probed[n] && oid_compare(&names->oids[n], &rule->probe) == 0;
        if (probed && rank > best) {
            best = rank;
            *out_rule = rule;
        }
    }
    return best;
}

static const struct profile *best_profile(struct gather *gather, const struct system_group *system,
                                          unsigned *out_rank, const struct match_rule **out_rule)
{
    const struct profile *best = NULL;
    const struct match_rule *rule = NULL;
    *out_rank = 0;
    for (size_t i = 0; i < profile_set_count(gather->profiles); i++) {
        const struct profile *profile = profile_set_at(gather->profiles, i);
        unsigned rank = profile_rank(gather, profile, system, false, &rule);
        if (rank > *out_rank) {
            *out_rank = rank;
            *out_rule = rule;
            best = profile;
        }
    }
    return best;
}

static void plan_columns(struct gather *gather)
{
    static const enum interface_column before[] = {IF_TYPE, IF_OPER_STATUS, IF_NAME};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        struct oid column = interface_column_oid(before[i]);
        add_to(gather, &gather->columns, &column);
    }
    const struct profile *profile = gather->profile;
    for (size_t i = 0; profile && i < profile->figure_count; i++) {
        const struct figure_rule *rule = &profile->figures[i];
        for (size_t o = 0; o < rule->object_count && rule->method != METHOD_SCALAR; o++)
            add_to(gather, &gather->columns, &rule->objects[o]);
        add_to(gather, &gather->columns, &rule->name_object);
    }
    for (int c = 0; c < IF_COLUMNS; c++) {
        struct oid column = interface_column_oid((enum interface_column)c);
        add_to(gather, &gather->columns, &column);
    }
    size_t own = gather->columns.count;
    for (size_t i = 0; gather->listener && i < gather->listener->subtree_count; i++)
        add_to(gather, &gather->columns, &gather->listener->subtrees[i]);
    gather->subtree_count = gather->columns.count - own;
}

static void plan_scalars(struct gather *gather)
{
    start_batch(gather, STAGE_SCALARS);
    const struct profile *profile = gather->profile;
    for (size_t i = 0; profile && i < profile->figure_count; i++) {
        const struct figure_rule *rule = &profile->figures[i];
        for (size_t o = 0; o < rule->object_count && rule->method == METHOD_SCALAR; o++)
            add_to(gather, &gather->batch.names, &rule->objects[o]);
    }
    plan_columns(gather);
}

/* Recognition without probes; probes are asked only where they could beat it. */
static void plan_probes(struct gather *gather)
{
    struct system_group system;
    system_group_read(gather->set, &system);
    start_batch(gather, STAGE_PROBES);
    unsigned rank = 0;
    const struct match_rule *rule = NULL;
    gather->profile = best_profile(gather, &system, &rank, &rule);
    for (size_t i = 0; i < profile_set_count(gather->profiles); i++) {
        const struct profile *profile = profile_set_at(gather->profiles, i);
        if (profile_rank(gather, profile, &system, true, &rule) <= rank)
            continue;
        for (size_t r = 0; r < profile->rule_count; r++)
            if (profile->rules[r].probe.length > 0 &&
                match_rule_rank(&profile->rules[r], &system.object_id, system.descr) > rank)
                add_to(gather, &gather->batch.names, &profile->rules[r].probe);
    }
    gather->batch.probed = calloc(gather->batch.names.count + 1, sizeof(bool));
}

/* The conditions that held, as a sentence for people. */
static void explain(struct gather *gather, const struct match_rule *rule)
{
    char object_id[OID_TEXT_BYTES] = "";
    char probe[OID_TEXT_BYTES] = "";
    oid_format(&rule->object_id, object_id, sizeof object_id);
    oid_format(&rule->probe, probe, sizeof probe);
    bool described = rule->description[0] != '\0';
    bool first = rule->object_id.length == 0;
    (void)snprintf(gather->recognised_by, sizeof gather->recognised_by,
                   "%s%.80s%s%s%.60s%s%s%s%.80s", first ? "" : "sysObjectID begins with ",
                   object_id, described && !first ? ", " : "", described ? "sysDescr has '" : "",
                   rule->description, described ? "'" : "",
                   rule->probe.length > 0 && (described || !first) ? ", " : "",
                   rule->probe.length > 0 ? "the agent has objects below " : "", probe);
}

static void recognise(struct gather *gather)
{
    struct system_group system;
    const struct match_rule *rule = NULL;
    unsigned rank = 0;
    system_group_read(gather->set, &system);
    gather->profile = best_profile(gather, &system, &rank, &rule);
    if (rule)
        explain(gather, rule);
    if (!gather->profile)
        gather->profile = profile_set_find(gather->profiles, "if-mib");
}

static size_t rows_of(struct gather *gather, enum interface_column column)
{
    struct oid name = interface_column_oid(column);
    size_t count = 0;
    (void)varbind_set_range(gather->set, &name, &count);
    return count;
}

/* Columns that would tell nothing new: 32-bit counters beside 64-bit ones, ifDescr beside ifName.
 */
static bool is_needless(struct gather *gather, const struct oid *column)
{
    static const enum interface_column beside[][2] = {
        {IF_IN_OCTETS, IF_HC_IN_OCTETS}, {IF_OUT_OCTETS, IF_HC_OUT_OCTETS}, {IF_DESCR, IF_NAME}};
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        struct oid second = interface_column_oid(beside[i][0]);
        size_t interfaces = rows_of(gather, IF_TYPE);
        if (oid_compare(column, &second) == 0)
            return interfaces > 0 && rows_of(gather, beside[i][1]) >= interfaces;
    }
    return false;
}

/* Steps to the next stage or column when the last is done. */
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
    const struct walk_limits of_column = {GATHER_COLUMN_ROWS_MAX, GATHER_COLUMN_BYTES_MAX};
    const struct walk_limits of_subtree = {GATHER_DEVICE_ROWS_MAX, GATHER_DEVICE_BYTES_MAX};
    while (gather->stage == STAGE_COLUMNS && !gather->walking) {
        if (gather->next_column == gather->columns.count) {
            gather->stage = STAGE_END;
            break;
        }
        const struct oid *column = &gather->columns.oids[gather->next_column++];
        if (is_needless(gather, column))
            continue;
        bool whole = gather->next_column + gather->subtree_count > gather->columns.count;
        walk_start(&gather->walk, column, whole ? &of_subtree : &of_column, gather->set);
        gather->walking = true;
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
    memcpy(out_request->names, &batch->names.oids[batch->next],
           out_request->name_count * sizeof out_request->names[0]);
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
    else if (batch->size > 1) {
        batch->size = 1; /* one bad name spoils a whole PDU: ask for each alone */
        return;
    }
    batch->next += asked;
}

static void answer_walk(struct gather *gather, const struct source_answer *answer)
{
    static const char *const reasons[] = {
        [WALK_LOOP] = "the agent repeats itself; the rows so far are kept",
        [WALK_CAPPED] = "more rows or octets than a column may have; the rest is left out",
        [WALK_BROKEN] = "the agent answers with an error; the rows so far are kept",
        [WALK_SILENT] = "no answer",
    };
    enum walk_state state = walk_answer(&gather->walk, &gather->pace, answer, gather->set);
    if (state == WALK_MORE)
        return;
    gather->walking = false;
    if (state == WALK_DONE)
        return;
    note(gather, reasons[state], &gather->walk.column);
    mark_partial(gather, "some tables could not be read to their end");
}

void gather_answer(struct gather *gather, const struct source_answer *answer)
{
    bool fatal = answer->status >= SOURCE_REFUSED;
    /* Silence counts when there is no slower way to ask. */
    bool slowest = gather->stage != STAGE_COLUMNS || gather->pace.get_next_only;
    if (answer->status != SOURCE_TIMEOUT)
        gather->silences = 0;
    else if (slowest)
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
    return gather->pace;
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
