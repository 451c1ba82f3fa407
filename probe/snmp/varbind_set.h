/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values by object identifier: what one poll has found, or what a recording holds. Names may come
 * in any order and twice; the first value of a name stays. Bounded in rows and bytes. It does not
 * know where values come from nor what they mean. One thread.
 */
#ifndef LASTMILE_PROBE_SNMP_VARBIND_SET_H
#define LASTMILE_PROBE_SNMP_VARBIND_SET_H

#include "common/optional.h"
#include "probe/snmp/oid.h"

/* The types of RFC 3416, by their tags; exceptions stand beside values. */
enum value_type {
    VALUE_INTEGER = 2,
    VALUE_OCTETS = 4,
    VALUE_NULL = 5,
    VALUE_OBJECT_ID = 6,
    VALUE_ADDRESS = 64,
    VALUE_COUNTER32 = 65,
    VALUE_GAUGE32 = 66,
    VALUE_TIME_TICKS = 67,
    VALUE_OPAQUE = 68,
    VALUE_COUNTER64 = 70,
    VALUE_NO_SUCH_OBJECT = 128,
    VALUE_NO_SUCH_INSTANCE = 129,
    VALUE_END_OF_MIB_VIEW = 130,
};

/* One name with its value. Octets (also those of addresses, and the arcs of an object identifier as
 * host-order uint32_t) are borrowed from their owner. */
struct varbind {
    struct oid name;
    enum value_type type;
    int64_t integer;     /* VALUE_INTEGER */
    uint64_t unsigned64; /* counters, gauges, ticks */
    const uint8_t *bytes;
    size_t length;
};

/* A row as it is kept: the name's arcs are borrowed from the set. */
struct varbind_row {
    const uint32_t *arcs;
    uint32_t arc_count;
    enum value_type type;
    int64_t integer;
    uint64_t unsigned64;
    const uint8_t *bytes;
    size_t length;
};

struct varbind_set;

/* rows_max and bytes_max bound what is kept. NULL when memory is out. */
struct varbind_set *varbind_set_new(size_t rows_max, size_t bytes_max);
void varbind_set_free(struct varbind_set *set);

/* Copies one in. 0, -ENOSPC at a bound, -ENOMEM. */
int varbind_set_add(struct varbind_set *set, const struct varbind *varbind);

/* The rows that arrived from index first on, for walks that must tell an unsorted table from a
 * loop; borrowed until the next call. Only before the set is sorted by a lookup. */
const struct varbind_row *varbind_set_arrivals(const struct varbind_set *set, size_t first,
                                               size_t *out_count);

/* Rows kept, repeated names included until the set is sorted. */
size_t varbind_set_count(const struct varbind_set *set);
size_t varbind_set_bytes(const struct varbind_set *set);

/* Sorts by name and drops repeated names. The lookups below do it when needed, so rows borrowed
 * before an addition are not to be kept. */
void varbind_set_sort(struct varbind_set *set);

/* The row of a name, or NULL. */
const struct varbind_row *varbind_set_find(struct varbind_set *set, const struct oid *name);

/* Rows below a prefix (or equal to it), as a range of the sorted order: the first row, or NULL when
 * there is none, and how many. */
const struct varbind_row *varbind_set_range(struct varbind_set *set, const struct oid *prefix,
                                            size_t *out_count);

/* The first row whose name is greater, or NULL: GETNEXT. Rows up to the end follow it in memory. */
const struct varbind_row *varbind_set_after(struct varbind_set *set, const struct oid *name,
                                            size_t *out_count);

/* A row as a varbind; octets and arcs stay borrowed. */
struct varbind varbind_of_row(const struct varbind_row *row);

/* The value of a VALUE_OBJECT_ID. */
struct oid varbind_object_id(const struct varbind *varbind);

/* A row's value as a whole number from 0 up: integers, counters, gauges, ticks, and text that is a
 * decimal number. Unknown for all else, negative numbers included. */
struct optional_u64 varbind_row_u64(const struct varbind_row *row);

#endif
