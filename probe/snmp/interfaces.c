/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/interfaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IF_ENTRY   1, 3, 6, 1, 2, 1, 2, 2, 1
#define IF_X_ENTRY 1, 3, 6, 1, 2, 1, 31, 1, 1, 1

static const struct oid columns[IF_COLUMNS] = {
    [IF_DESCR] = {10, {IF_ENTRY, 2}},
    [IF_TYPE] = {10, {IF_ENTRY, 3}},
    [IF_OPER_STATUS] = {10, {IF_ENTRY, 8}},
    [IF_NAME] = {11, {IF_X_ENTRY, 1}},
    [IF_ALIAS] = {11, {IF_X_ENTRY, 18}},
    [IF_HIGH_SPEED] = {11, {IF_X_ENTRY, 15}},
    [IF_HC_IN_OCTETS] = {11, {IF_X_ENTRY, 6}},
    [IF_HC_OUT_OCTETS] = {11, {IF_X_ENTRY, 10}},
    [IF_DISCONTINUITY] = {11, {IF_X_ENTRY, 19}},
    [IF_IN_OCTETS] = {10, {IF_ENTRY, 10}},
    [IF_OUT_OCTETS] = {10, {IF_ENTRY, 16}},
    [IF_PHYS_ADDRESS] = {10, {IF_ENTRY, 6}},
    [IF_AGGREGATOR] = {11, {1, 2, 840, 10006, 300, 43, 1, 2, 1, 1, 13}},
};

struct oid interface_stack_oid(void)
{
    return (struct oid){11, {1, 3, 6, 1, 2, 1, 31, 1, 2, 1, 3}};
}

struct oid interface_column_oid(enum interface_column column)
{
    return columns[column];
}

static int compare_index(const void *a, const void *b)
{
    const struct interface *left = a;
    const struct interface *right = b;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* The bare index of a row, when it has exactly one arc. */
static bool row_index(const struct varbind_row *row, const struct oid *column, uint32_t *out)
{
    if (row->arc_count != column->length + 1)
        return false;
    *out = row->arcs[column->length];
    return true;
}

/* Every index of any column becomes a row, once. */
static int collect_indexes(struct varbind_set *set, struct interface_table *table)
{
    size_t most = 0;
    for (int c = 0; c < IF_COLUMNS; c++) {
        size_t count = 0;
        (void)varbind_set_range(set, &columns[c], &count);
        most += count;
    }
    table->rows = calloc(most ? most : 1, sizeof table->rows[0]);
    if (!table->rows)
        return -ENOMEM;
    for (int c = 0; c < IF_COLUMNS; c++) {
        size_t count = 0;
        const struct varbind_row *rows = varbind_set_range(set, &columns[c], &count);
        for (size_t i = 0; i < count; i++)
            if (row_index(&rows[i], &columns[c], &table->rows[table->count].index))
                table->count++;
    }
    qsort(table->rows, table->count, sizeof table->rows[0], compare_index);
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++)
        if (kept == 0 || table->rows[kept - 1].index != table->rows[i].index)
            table->rows[kept++] = table->rows[i];
    table->count = kept;
    return 0;
}

/* Names are shown: control octets become '?', trailing blanks go. */
static void copy_name(char out[static INTERFACE_NAME_BYTES], const struct varbind_row *row)
{
    if (row->type != VALUE_OCTETS)
        return;
    size_t length = row->length < INTERFACE_NAME_BYTES - 1 ? row->length : INTERFACE_NAME_BYTES - 1;
    while (length > 0 && (row->bytes[length - 1] == ' ' || row->bytes[length - 1] == '\0'))
        length--;
    for (size_t i = 0; i < length; i++)
        out[i] = row->bytes[i] < 0x20 || row->bytes[i] == 0x7f ? '?' : (char)row->bytes[i];
    out[length] = '\0';
}

/* Zeros are no address, and what is longer is none that is known here. */
static void copy_address(struct interface *row, const struct varbind_row *value)
{
    if (value->type != VALUE_OCTETS || value->length > INTERFACE_ADDRESS_BYTES)
        return;
    for (size_t i = 0; i < value->length; i++) {
        row->address[i] = value->bytes[i];
        if (value->bytes[i] != 0)
            row->address_length = value->length;
    }
}

/* Some agents give 64-bit counters as eight octets (nokia-isam). */
static struct optional_u64 counter64_value(const struct varbind_row *value)
{
    if (value->type != VALUE_OCTETS || value->length != 8)
        return varbind_row_u64(value);
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | value->bytes[i];
    return optional_u64(number);
}

static void store(struct interface *row, enum interface_column column,
                  const struct varbind_row *value)
{
    struct optional_u64 number = varbind_row_u64(value);
    switch (column) {
    case IF_DESCR:
        if (row->name[0] == '\0')
            copy_name(row->name, value);
        break;
    case IF_NAME:
        if (value->length > 0)
            copy_name(row->name, value);
        break;
    case IF_ALIAS:
        copy_name(row->alias, value);
        break;
    case IF_TYPE:
        row->type = number;
        break;
    case IF_OPER_STATUS:
        row->oper_status = number;
        break;
    case IF_HIGH_SPEED:
        row->high_speed_mbit_s = number;
        break;
    case IF_DISCONTINUITY:
        row->discontinuity = number;
        break;
    case IF_HC_IN_OCTETS:
        row->in_octets = counter64_value(value);
        row->counter64 |= row->in_octets.known;
        break;
    case IF_HC_OUT_OCTETS:
        row->out_octets = counter64_value(value);
        row->counter64 |= row->out_octets.known;
        break;
    case IF_IN_OCTETS:
        if (!row->counter64)
            row->in_octets = number;
        break;
    case IF_OUT_OCTETS:
        if (!row->counter64)
            row->out_octets = number;
        break;
    case IF_PHYS_ADDRESS:
        copy_address(row, value);
        break;
    case IF_AGGREGATOR:
        row->aggregator = number.known && number.value <= UINT32_MAX ? (uint32_t)number.value : 0;
        break;
    case IF_COLUMNS:
        break;
    }
    row->in_if_table |= columns[column].arcs[6] == 2;
}

static void fill_column(struct varbind_set *set, enum interface_column column,
                        struct interface_table *table)
{
    size_t count = 0;
    const struct varbind_row *values = varbind_set_range(set, &columns[column], &count);
    for (size_t i = 0; i < count; i++) {
        struct interface key = {.index = 0};
        if (!row_index(&values[i], &columns[column], &key.index))
            continue;
        struct interface *row = bsearch(&key, table->rows, table->count, sizeof key, compare_index);
        if (row)
            store(row, column, &values[i]);
    }
}

int interface_table_build(struct varbind_set *set, struct interface_table *out_table)
{
    struct interface_table table = {.rows = NULL};
    if (collect_indexes(set, &table) != 0)
        return -ENOMEM;
    for (int c = 0; c < IF_COLUMNS; c++)
        fill_column(set, (enum interface_column)c, &table);
    *out_table = table;
    return 0;
}

void interface_table_fini(struct interface_table *table)
{
    free(table->rows);
    *table = (struct interface_table){.rows = NULL};
}
