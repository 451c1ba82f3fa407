/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/elements.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static struct snapshot_element *add_element(struct device_snapshot *out)
{
    size_t count = out->element_count;
    if (count == 0 || (count >= 64 && (count & (count - 1)) == 0)) { /* full at 64, 128, 256, ... */
        size_t capacity = count ? count * 2 : 64;
        struct snapshot_element *grown = realloc(out->elements, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        out->elements = grown;
    }
    struct snapshot_element *element = &out->elements[out->element_count++];
    memset(element, 0, sizeof *element);
    return element;
}

static enum element_state state_of(const struct element_rule *rule, const struct cell *cell,
                                   struct varbind_set *set)
{
    if (!rule->states)
        return (enum element_state)rule->default_state;
    const struct varbind_row *row =
        rule->state_object.length > 0 ? cell_beside(cell, set, &rule->state_object) : cell->row;
    if (!row)
        return (enum element_state)rule->default_state;
    const struct state *state = state_map_find(rule->states, row);
    return state ? (enum element_state)state->element : ELEMENT_STATE_UNKNOWN;
}

enum model_class profile_model_class(const struct profile *profile, const struct varbind_row *row)
{
    char model[64];
    if (!row || row->type != VALUE_OCTETS)
        return MODEL_UNKNOWN;
    size_t length = row->length < sizeof model - 1 ? row->length : sizeof model - 1;
    if (length > 0)
        memcpy(model, row->bytes, length);
    model[length] = '\0'; /* what follows a NUL is padding */
    for (size_t i = 0; i < profile->model_count; i++)
        if (fnmatch(profile->models[i].match, model, 0) == 0)
            return (enum model_class)profile->models[i].class;
    return MODEL_UNKNOWN;
}

/* The number of an SSID among those offered; SNAPSHOT_OFFERED_MAX when there is no place. */
static size_t offered_number(struct device_snapshot *out, const struct varbind_row *row)
{
    for (size_t i = 0; i < out->offered_count; i++)
        if (out->offered[i].ssid_length == row->length &&
            memcmp(out->offered[i].ssid, row->bytes, row->length) == 0)
            return i;
    if (!out->offered)
        out->offered = calloc(SNAPSHOT_OFFERED_MAX, sizeof out->offered[0]);
    if (!out->offered || out->offered_count == SNAPSHOT_OFFERED_MAX)
        return SNAPSHOT_OFFERED_MAX;
    struct snapshot_ssid *ssid = &out->offered[out->offered_count];
    ssid->ssid_length = row->length;
    memcpy(ssid->ssid, row->bytes, row->length);
    return out->offered_count++;
}

static uint64_t offered_by(const struct element_rule *rule, const struct cell *cell,
                           struct varbind_set *set, struct device_snapshot *out)
{
    struct oid prefix = rule->ssid_object;
    uint64_t offered = 0;
    size_t count = 0;
    if (prefix.length == 0 || prefix.length + cell->index_length > OID_ARCS_MAX)
        return 0;
    memcpy(prefix.arcs + prefix.length, cell->index, cell->index_length * sizeof prefix.arcs[0]);
    prefix.length += (uint32_t)cell->index_length;
    const struct varbind_row *rows = varbind_set_range(set, &prefix, &count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].type != VALUE_OCTETS || rows[i].length == 0 ||
            rows[i].length > SNAPSHOT_SSID_BYTES)
            continue;
        size_t number = offered_number(out, &rows[i]);
        if (number < SNAPSHOT_OFFERED_MAX)
            offered |= UINT64_C(1) << number;
    }
    return offered;
}

/* What collecting one table has met. */
struct tally {
    size_t rows, without_key;
};

static int take_row(const struct profile *profile, const struct element_rule *rule,
                    const struct cell *cell, struct varbind_set *set, struct tally *tally,
                    struct device_snapshot *out)
{
    const struct key_rule where = {(enum key_place)rule->key, rule->index_skip, rule->index_arcs,
                                   &rule->key_object};
    struct snapshot_key key;
    tally->rows++;
    if (!row_key(&where, cell, set, &key) ||
        !row_key_normalise((enum element_kind)rule->kind, &key)) {
        tally->without_key++;
        return 0;
    }
    struct snapshot_element *element = add_element(out);
    if (!element)
        return -ENOMEM;
    element->kind = (enum element_kind)rule->kind;
    element->technology = (enum access_technology)rule->technology;
    element->state = state_of(rule, cell, set);
    element->model_class =
        profile_model_class(profile, cell_beside(cell, set, &rule->model_object));
    element->key = key;
    element->offered = offered_by(rule, cell, set, out);
    return 0;
}

static int take_table(const struct profile *profile, const struct element_rule *rule,
                      struct varbind_set *set, struct tally *tally, struct device_snapshot *out)
{
    size_t count = 0;
    int status = 0;
    const struct varbind_row *rows = varbind_set_range(set, &rule->rows, &count);
    for (size_t i = 0; i < count && status == 0; i++) {
        const struct cell cell = cell_of(&rows[i], &rule->rows);
        status = take_row(profile, rule, &cell, set, tally, out);
    }
    if (tally->without_key > 0)
        device_snapshot_warn(out, "%zu of %zu rows of %s have no key: they are counted, not listed",
                             tally->without_key, tally->rows, rule->label);
    return status;
}

static int compare_identity(const void *a, const void *b)
{
    const struct snapshot_element *x = a;
    const struct snapshot_element *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->key.length != y->key.length)
        return x->key.length < y->key.length ? -1 : 1;
    return memcmp(x->key.bytes, y->key.bytes, x->key.length);
}

/* Of two listings of one element: that it runs here, else what says more. */
static int weight(const struct snapshot_element *element)
{
    static const int of_state[] = {
        [ELEMENT_STATE_UNKNOWN] = 0, [ELEMENT_DOWN] = 1, [ELEMENT_STANDBY] = 2, [ELEMENT_RUN] = 3};
    return of_state[element->state];
}

static void unite(struct snapshot_element *kept, const struct snapshot_element *other)
{
    uint64_t offered = kept->offered | other->offered;
    enum model_class class = kept->model_class ? kept->model_class : other->model_class;
    if (weight(other) > weight(kept))
        *kept = *other;
    kept->offered = offered;
    if (kept->model_class == MODEL_UNKNOWN)
        kept->model_class = class;
}

static void unite_same(struct device_snapshot *out)
{
    size_t kept = 0;
    if (out->element_count == 0)
        return;
    qsort(out->elements, out->element_count, sizeof out->elements[0], compare_identity);
    for (size_t i = 1; i < out->element_count; i++) {
        if (compare_identity(&out->elements[kept], &out->elements[i]) == 0)
            unite(&out->elements[kept], &out->elements[i]);
        else
            out->elements[++kept] = out->elements[i];
    }
    out->element_count = kept + 1;
}

static int from_wtp_keys(struct device_snapshot *out)
{
    for (size_t i = 0; i < out->wtp_key_count; i++) {
        struct snapshot_key key = out->wtp_keys[i];
        if (!row_key_normalise(ELEMENT_WTP, &key))
            continue;
        struct snapshot_element *element = add_element(out);
        if (!element)
            return -ENOMEM;
        element->kind = ELEMENT_WTP;
        element->state = ELEMENT_RUN;
        element->key = key;
    }
    return 0;
}

/* How many distinct terminals there are, when each row of the technology had a key. */
static void count_named(const size_t without_key[static TECHNOLOGY_COUNT],
                        struct device_snapshot *out)
{
    for (size_t i = 0; i < out->line_count; i++) {
        struct report_lines *lines = &out->lines[i];
        uint64_t named = 0;
        for (size_t e = 0; e < out->element_count; e++)
            named += out->elements[e].kind == ELEMENT_TERMINAL &&
                     out->elements[e].technology == lines->technology;
        bool whole = out->outcome == POLL_COMPLETE && without_key[lines->technology] == 0;
        if (named > 0 && whole)
            lines->named = optional_u64(named);
    }
}

int elements_collect(const struct profile *profile, struct varbind_set *set,
                     struct device_snapshot *snapshot)
{
    size_t without_key[TECHNOLOGY_COUNT] = {0};
    bool wtps = false;
    int status = 0;
    for (size_t i = 0; i < profile->element_rule_count && status == 0; i++) {
        const struct element_rule *rule = &profile->elements[i];
        struct tally tally = {.rows = 0};
        status = take_table(profile, rule, set, &tally, snapshot);
        without_key[rule->technology] += tally.without_key;
        wtps =
            wtps || (rule->kind == ELEMENT_WTP && (rule->heavy || tally.rows > tally.without_key));
        snapshot->elements_partial |= rule->heavy && tally.rows == 0; /* not asked for this time */
    }
    if (status == 0 && !wtps)
        status = from_wtp_keys(snapshot);
    unite_same(snapshot);
    count_named(without_key, snapshot);
    return status;
}
