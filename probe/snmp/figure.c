/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/figure.h"

#include "probe/snmp/row_key.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_no_value(const struct figure_rule *rule, const struct varbind_row *row)
{
    int64_t value = 0;
    if (row->type == VALUE_INTEGER) {
        value = row->integer;
    } else {
        struct optional_u64 number = varbind_row_u64(row);
        if (!number.known || number.value > INT64_MAX)
            return false;
        value = (int64_t)number.value;
    }
    for (size_t i = 0; i < rule->no_value_count; i++)
        if (rule->no_values[i] == value)
            return true;
    return false;
}

/* A value that counts, scaled; unknown for markers and for what is no number. */
static struct optional_u64 cell_value(const struct figure_rule *rule, const struct varbind_row *row)
{
    struct optional_u64 value = varbind_row_u64(row);
    if (!value.known || is_no_value(rule, row))
        return (struct optional_u64){.known = false, .value = 0};
    if (rule->scale < 1 || rule->scale > 1)
        value.value = (uint64_t)((double)value.value * rule->scale + 0.5);
    return value;
}

static bool cell_is_meant(const struct figure_rule *rule, const struct cell *cell)
{
    if (!rule->last_arc.known)
        return true;
    return cell->index_length > 0 &&
           (double)cell->index[cell->index_length - 1] >= rule->last_arc.value &&
           (double)cell->index[cell->index_length - 1] <= rule->last_arc.value;
}

static bool cell_key(const struct figure_rule *rule, const struct cell *cell,
                     struct varbind_set *set, struct snapshot_key *out)
{
    const struct key_rule key = {(enum key_place)rule->key, rule->index_skip, rule->index_arcs,
                                 &rule->name_object};
    return row_key(&key, cell, set, out);
}

static int add_key(struct figure *figure, const struct snapshot_key *key)
{
    if (figure->key_count == figure->key_capacity) {
        size_t capacity = figure->key_capacity ? figure->key_capacity * 2 : 64;
        struct snapshot_key *keys = realloc(figure->keys, capacity * sizeof *keys);
        if (!keys)
            return -ENOMEM;
        figure->keys = keys;
        figure->key_capacity = capacity;
    }
    figure->keys[figure->key_count++] = *key;
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct snapshot_key *left = a;
    const struct snapshot_key *right = b;
    if (left->length != right->length)
        return left->length < right->length ? -1 : 1;
    return memcmp(left->bytes, right->bytes, left->length);
}

static void unique_keys(struct figure *figure)
{
    if (figure->key_count == 0)
        return;
    qsort(figure->keys, figure->key_count, sizeof figure->keys[0], compare_keys);
    size_t kept = 1;
    for (size_t i = 1; i < figure->key_count; i++)
        if (compare_keys(&figure->keys[kept - 1], &figure->keys[i]) != 0)
            figure->keys[kept++] = figure->keys[i];
    figure->key_count = kept;
}

/* Values are numbers or texts. */
const struct state *state_map_find(const struct state_map *map, const struct varbind_row *row)
{
    char text[24];
    if (row->type == VALUE_INTEGER)
        (void)snprintf(text, sizeof text, "%" PRId64, row->integer);
    else if (row->type == VALUE_OCTETS)
        (void)snprintf(text, sizeof text, "%.*s", (int)(row->length < 23 ? row->length : 23),
                       (const char *)row->bytes);
    else
        (void)snprintf(text, sizeof text, "%" PRIu64, row->unsigned64);
    for (size_t i = 0; i < map->state_count; i++)
        if (strcmp(map->states[i].value, text) == 0)
            return &map->states[i];
    return NULL;
}

/* 1 counted, 0 not, -1 a state that the map does not name. */
static int state_counts(const struct state_map *map, const struct varbind_row *row)
{
    const struct state *state = state_map_find(map, row);
    return state ? state->counts : -1;
}

static int count_rows(const struct figure_rule *rule, struct varbind_set *set,
                      const struct oid *column, struct figure *figure)
{
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, column, &count);
    for (size_t i = 0; i < count; i++) {
        struct cell cell = cell_of(&rows[i], column);
        if (is_no_value(rule, &rows[i]) || !cell_is_meant(rule, &cell))
            continue;
        int counts = rule->states ? state_counts(rule->states, &rows[i]) : 1;
        figure->unknown_states += counts < 0;
        figure->value = optional_u64(figure->value.value + (counts > 0));
        struct snapshot_key key;
        if (counts > 0 && cell_key(rule, &cell, set, &key) && add_key(figure, &key) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int distinct_index(const struct figure_rule *rule, struct varbind_set *set,
                          const struct oid *column, struct figure *figure)
{
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, column, &count);
    for (size_t i = 0; i < count; i++) {
        struct cell cell = cell_of(&rows[i], column);
        struct snapshot_key key;
        if (cell_is_meant(rule, &cell) && cell_key(rule, &cell, set, &key) &&
            add_key(figure, &key) != 0)
            return -ENOMEM;
    }
    unique_keys(figure);
    if (count > 0)
        figure->value = optional_u64(figure->key_count);
    return 0;
}

static int sum_rows(const struct figure_rule *rule, struct varbind_set *set,
                    const struct oid *column, struct figure *figure)
{
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, column, &count);
    for (size_t i = 0; i < count; i++) {
        struct cell cell = cell_of(&rows[i], column);
        if (cell_is_meant(rule, &cell))
            figure->value = optional_u64_add(figure->value, cell_value(rule, &rows[i]));
    }
    return 0;
}

static int scalar(const struct figure_rule *rule, struct varbind_set *set, const struct oid *name,
                  struct figure *figure)
{
    const struct varbind_row *row = varbind_set_find(set, name);
    if (row)
        figure->value = optional_u64_add(figure->value, cell_value(rule, row));
    return 0;
}

/* The place of an SSID in the list, made when it is new; NULL at the limit or out of memory. */
static struct snapshot_ssid *find_ssid(struct figure *figure, const struct snapshot_key *name)
{
    for (size_t i = 0; i < figure->ssid_count; i++)
        if (figure->ssids[i].ssid_length == name->length &&
            memcmp(figure->ssids[i].ssid, name->bytes, name->length) == 0)
            return &figure->ssids[i];
    if (figure->ssid_count == FIGURE_SSIDS_MAX)
        return NULL;
    if (figure->ssid_count == figure->ssid_capacity) {
        size_t capacity = figure->ssid_capacity ? figure->ssid_capacity * 2 : 16;
        struct snapshot_ssid *ssids = realloc(figure->ssids, capacity * sizeof *ssids);
        if (!ssids)
            return NULL;
        figure->ssids = ssids;
        figure->ssid_capacity = capacity;
    }
    struct snapshot_ssid *ssid = &figure->ssids[figure->ssid_count++];
    *ssid = (struct snapshot_ssid){.ssid_length = name->length};
    memcpy(ssid->ssid, name->bytes, name->length);
    return ssid;
}

static int by_name(const struct figure_rule *rule, struct varbind_set *set,
                   const struct oid *column, struct figure *figure)
{
    static_assert(SNAPSHOT_KEY_BYTES == SNAPSHOT_SSID_BYTES, "an SSID must fit a key");
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, column, &count);
    for (size_t i = 0; i < count; i++) {
        struct cell cell = cell_of(&rows[i], column);
        struct optional_u64 value = cell_value(rule, &rows[i]);
        struct snapshot_key name;
        if (!value.known || !cell_is_meant(rule, &cell) || !cell_key(rule, &cell, set, &name))
            continue;
        struct snapshot_ssid *ssid = find_ssid(figure, &name);
        if (ssid)
            ssid->stations += value.value;
        figure->value = optional_u64_add(figure->value, value);
    }
    return 0;
}

static int rates(const struct figure_rule *rule, struct varbind_set *set, const struct oid *column,
                 struct figure *figure)
{
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, column, &count);
    for (size_t i = 0; i < count; i++) {
        struct cell cell = cell_of(&rows[i], column);
        struct optional_u64 rate = cell_value(rule, &rows[i]);
        if (!rate.known || rate.value == 0 || !cell_is_meant(rule, &cell))
            continue; /* 0 bit/s is a line that is down: its capability is unknown */
        figure->capability[capability_class(rate.value / 1000)]++;
        figure->value = optional_u64(figure->value.value + 1);
    }
    return 0;
}

static bool interface_is_meant(const struct figure_rule *rule, const struct interface *row)
{
    bool type = rule->if_type_count == 0;
    for (size_t i = 0; i < rule->if_type_count && !type; i++)
        type = row->type.known && row->type.value == rule->if_types[i];
    return type && (rule->if_name[0] == '\0' || fnmatch(rule->if_name, row->name, 0) == 0);
}

/* Known when there is any such interface (and, for those up, any that says whether it is). */
static void if_rows(const struct figure_rule *rule, const struct interface_table *interfaces,
                    struct figure *figure)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct interface *row = &interfaces->rows[i];
        if (!interface_is_meant(rule, row) || (rule->if_up && !row->oper_status.known))
            continue;
        bool counts = !rule->if_up || row->oper_status.value == 1;
        figure->value = optional_u64(figure->value.value + counts);
    }
}

int figure_compute(const struct figure_rule *rule, struct varbind_set *set,
                   const struct interface_table *interfaces, struct figure *out_figure)
{
    static int (*const methods[])(const struct figure_rule *, struct varbind_set *,
                                  const struct oid *, struct figure *) = {
        [METHOD_SCALAR] = scalar,
        [METHOD_SUM] = sum_rows,
        [METHOD_COUNT_ROWS] = count_rows,
        [METHOD_DISTINCT_INDEX] = distinct_index,
        [METHOD_BY_NAME] = by_name,
        [METHOD_RATES] = rates,
        [METHOD_SELF] = NULL,
    };
    *out_figure = (struct figure){.value = {.known = false, .value = 0}};
    if (rule->method == METHOD_IF_ROWS)
        if_rows(rule, interfaces, out_figure);
    else if (rule->method == METHOD_SELF)
        out_figure->value = optional_u64(1);
    int status = 0;
    for (size_t i = 0; i < rule->object_count && status == 0 && methods[rule->method]; i++)
        status = methods[rule->method](rule, set, &rule->objects[i], out_figure);
    unique_keys(out_figure);
    return status;
}

void figure_fini(struct figure *figure)
{
    free(figure->keys);
    free(figure->ssids);
    figure->keys = NULL;
    figure->ssids = NULL;
}
