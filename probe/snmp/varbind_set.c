/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/varbind_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 << 10)

/* Arcs and octets live in chunks that never move, so that rows may point into them. */
struct chunk {
    struct chunk *next;
    size_t used, size;
    uint32_t memory[]; /* aligned for arcs */
};

struct varbind_set {
    struct varbind_row *rows;
    size_t count, capacity, rows_max;
    size_t bytes, bytes_max;
    struct chunk *chunks;
    bool sorted;
};

struct varbind_set *varbind_set_new(size_t rows_max, size_t bytes_max)
{
    struct varbind_set *set = calloc(1, sizeof *set);
    if (!set)
        return NULL;
    set->rows_max = rows_max;
    set->bytes_max = bytes_max;
    set->sorted = true;
    return set;
}

void varbind_set_free(struct varbind_set *set)
{
    if (!set)
        return;
    while (set->chunks) {
        struct chunk *next = set->chunks->next;
        free(set->chunks);
        set->chunks = next;
    }
    free(set->rows);
    free(set);
}

static void *keep(struct varbind_set *set, const void *bytes, size_t length)
{
    size_t needed = (length + sizeof(uint32_t) - 1) & ~(sizeof(uint32_t) - 1);
    if (!set->chunks || set->chunks->size - set->chunks->used < needed) {
        size_t size = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;
        struct chunk *chunk = malloc(sizeof *chunk + size);
        if (!chunk)
            return NULL;
        *chunk = (struct chunk){.next = set->chunks, .used = 0, .size = size};
        set->chunks = chunk;
    }
    unsigned char *place = (unsigned char *)set->chunks->memory + set->chunks->used;
    set->chunks->used += needed;
    if (length > 0)
        memcpy(place, bytes, length);
    return place;
}

static int grow(struct varbind_set *set)
{
    if (set->count < set->capacity)
        return 0;
    size_t capacity = set->capacity ? set->capacity * 2 : 256;
    struct varbind_row *rows = realloc(set->rows, capacity * sizeof *rows);
    if (!rows)
        return -ENOMEM;
    set->rows = rows;
    set->capacity = capacity;
    return 0;
}

int varbind_set_add(struct varbind_set *set, const struct varbind *varbind)
{
    size_t arc_bytes = varbind->name.length * sizeof(uint32_t);
    size_t bytes = arc_bytes + varbind->length + sizeof(struct varbind_row);
    if (set->count >= set->rows_max || bytes > set->bytes_max - set->bytes)
        return -ENOSPC;
    if (grow(set) != 0)
        return -ENOMEM;
    const uint32_t *arcs = keep(set, varbind->name.arcs, arc_bytes);
    const uint8_t *octets = arcs ? keep(set, varbind->bytes, varbind->length) : NULL;
    if (!octets)
        return -ENOMEM;
    if (set->sorted && set->count > 0) {
        const struct varbind_row *last = &set->rows[set->count - 1];
        set->sorted = oid_compare_arcs(last->arcs, last->arc_count, arcs, varbind->name.length) < 0;
    }
    set->rows[set->count++] = (struct varbind_row){.arcs = arcs,
                                                   .arc_count = varbind->name.length,
                                                   .type = varbind->type,
                                                   .integer = varbind->integer,
                                                   .unsigned64 = varbind->unsigned64,
                                                   .bytes = octets,
                                                   .length = varbind->length};
    set->bytes += bytes;
    return 0;
}

const struct varbind_row *varbind_set_arrivals(const struct varbind_set *set, size_t first,
                                               size_t *out_count)
{
    *out_count = set->count > first ? set->count - first : 0;
    return *out_count > 0 ? &set->rows[first] : NULL;
}

size_t varbind_set_count(const struct varbind_set *set)
{
    return set->count;
}

size_t varbind_set_bytes(const struct varbind_set *set)
{
    return set->bytes;
}

static int compare_rows(const struct varbind_row *a, const struct varbind_row *b)
{
    return oid_compare_arcs(a->arcs, a->arc_count, b->arcs, b->arc_count);
}

/* Merge sort of [first, first + count) through scratch: stable, so that of equal names the first
 * stays the first; no recursion deeper than 64. */
static void sort_rows(struct varbind_row *rows, struct varbind_row *scratch, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_rows(rows, scratch, half);
    sort_rows(rows + half, scratch, count - half);
    memcpy(scratch, rows, half * sizeof *rows);
    size_t left = 0;
    size_t right = half;
    for (size_t out = 0; left < half; out++) {
        bool take_right = right < count && compare_rows(&rows[right], &scratch[left]) < 0;
        rows[out] = take_right ? rows[right++] : scratch[left++];
    }
}

void varbind_set_sort(struct varbind_set *set)
{
    if (set->sorted)
        return;
    struct varbind_row *scratch = malloc((set->count / 2 + 1) * sizeof *scratch);
    if (!scratch)
        return; /* lookups then miss rows; the caller sees a partial device */
    sort_rows(set->rows, scratch, set->count);
    free(scratch);
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (kept == 0 || compare_rows(&set->rows[kept - 1], &set->rows[i]) != 0)
            set->rows[kept++] = set->rows[i];
    set->count = kept;
    set->sorted = true;
}

/* The first row that is not below arcs, or count. */
static size_t lower_bound(const struct varbind_set *set, const uint32_t *arcs, size_t length)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct varbind_row *row = &set->rows[middle];
        if (oid_compare_arcs(row->arcs, row->arc_count, arcs, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool row_has_prefix(const struct varbind_row *row, const struct oid *prefix)
{
    return row->arc_count >= prefix->length &&
           memcmp(row->arcs, prefix->arcs, prefix->length * sizeof row->arcs[0]) == 0;
}

const struct varbind_row *varbind_set_find(struct varbind_set *set, const struct oid *name)
{
    varbind_set_sort(set);
    size_t i = lower_bound(set, name->arcs, name->length);
    bool found = i < set->count && set->rows[i].arc_count == name->length &&
                 row_has_prefix(&set->rows[i], name);
    return found ? &set->rows[i] : NULL;
}

const struct varbind_row *varbind_set_range(struct varbind_set *set, const struct oid *prefix,
                                            size_t *out_count)
{
    varbind_set_sort(set);
    size_t first = lower_bound(set, prefix->arcs, prefix->length);
    size_t end = first;
    while (end < set->count && row_has_prefix(&set->rows[end], prefix))
        end++;
    *out_count = end - first;
    return end > first ? &set->rows[first] : NULL;
}

const struct varbind_row *varbind_set_after(struct varbind_set *set, const struct oid *name,
                                            size_t *out_count)
{
    varbind_set_sort(set);
    size_t i = lower_bound(set, name->arcs, name->length);
    if (i < set->count && set->rows[i].arc_count == name->length &&
        row_has_prefix(&set->rows[i], name))
        i++;
    *out_count = set->count - i;
    return i < set->count ? &set->rows[i] : NULL;
}

/* Decimal digits, with blanks around them: scripts answer numbers as text. */
static struct optional_u64 text_u64(const uint8_t *text, size_t length)
{
    struct optional_u64 unknown = {.known = false, .value = 0};
    while (length > 0 && (text[length - 1] <= ' '))
        length--;
    while (length > 0 && *text == ' ') {
        text++;
        length--;
    }
    if (length == 0 || length > 19)
        return unknown;
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return unknown;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    return optional_u64(value);
}

struct optional_u64 varbind_row_u64(const struct varbind_row *row)
{
    switch (row->type) {
    case VALUE_INTEGER:
        if (row->integer >= 0)
            return optional_u64((uint64_t)row->integer);
        break;
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIME_TICKS:
    case VALUE_COUNTER64:
        return optional_u64(row->unsigned64);
    case VALUE_OCTETS:
        return text_u64(row->bytes, row->length);
    default:
        break;
    }
    return (struct optional_u64){.known = false, .value = 0};
}

struct varbind varbind_of_row(const struct varbind_row *row)
{
    return (struct varbind){.name = oid_from_arcs(row->arcs, row->arc_count),
                            .type = row->type,
                            .integer = row->integer,
                            .unsigned64 = row->unsigned64,
                            .bytes = row->bytes,
                            .length = row->length};
}

struct oid varbind_object_id(const struct varbind *varbind)
{
    uint32_t arcs[OID_ARCS_MAX];
    size_t bytes = varbind->length < sizeof arcs ? varbind->length : sizeof arcs;
    memcpy(arcs, varbind->bytes, bytes);
    return oid_from_arcs(arcs, bytes / sizeof arcs[0]);
}
