/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The name or key of a table's row: out of its index, which vendors write in several ways, or out
 * of another column of the same row. Pure. Not for callers outside the room.
 */
#ifndef LASTMILE_PROBE_SNMP_ROW_KEY_H
#define LASTMILE_PROBE_SNMP_ROW_KEY_H

#include "probe/snmp/snapshot.h"
#include "probe/snmp/varbind_set.h"

/* Where a name or key stands. */
enum key_place {
    KEY_NONE,
    KEY_INDEX_MAC,    /* six arcs of the index, no length in front */
    KEY_INDEX_STRING, /* arcs of the index behind their length */
    KEY_INDEX,        /* all arcs of the index, or the first `arcs` */
    KEY_OBJECT,       /* the value of `object` in the same row */
};

struct key_rule {
    enum key_place place;
    uint64_t skip;            /* arcs in front of the key */
    uint64_t arcs;            /* arcs of the key; 0: the rest */
    const struct oid *object; /* KEY_OBJECT: a column; borrowed */
};

/* A row of a column, with its index. */
struct cell {
    const struct varbind_row *row;
    const uint32_t *index;
    size_t index_length;
};
struct cell cell_of(const struct varbind_row *row, const struct oid *column);

/* The cell of another column in the same row, or NULL. */
const struct varbind_row *cell_beside(const struct cell *cell, struct varbind_set *set,
                                      const struct oid *column);

/* False when the row has no such key, or one that does not fit. */
bool row_key(const struct key_rule *rule, const struct cell *cell, struct varbind_set *set,
             struct snapshot_key *out_key);

/* One spelling for each identity, so that it is the same thing wherever it is listed: ONT serial
 * numbers (ITU-T G.984.3: four letters and four octets) as eight octets, MAC addresses as six,
 * other text without blanks around it. False for a key that names nothing: empty, or only zeros. */
bool row_key_normalise(enum element_kind kind, struct snapshot_key *key);

#endif
