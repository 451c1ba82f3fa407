/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sets of days by the month, for a million ids: a block of ids and a place is one row, so that a
 * report of a node touches few rows, and a month is read in one sweep. Merging is a union: it may
 * be repeated, and knows no order. Beside them the little that is known of each id, in blocks, too.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_DAY_SETS_H
#define LASTMILE_COLLECTOR_REGISTRY_DAY_SETS_H

#include "common/access.h"

#include <stddef.h>
#include <stdint.h>

struct database;

#define BLOCK_IDS 128

/* Bit d - 1: day d of the month. days: with traffic, or listed; run: only of elements. */
struct day_mark {
    int64_t id;
    uint32_t days, run;
};

enum day_family { DAYS_OF_LINES = 0, DAYS_OF_TERMINALS = 1, DAYS_OF_WTPS = 2, DAY_FAMILIES };

/* Unites marks with what a place has in a month; sorts them by id. 0 or a negated errno. */
int day_sets_add(struct database *database, enum day_family family, int64_t month, int64_t place,
                 struct day_mark *marks, size_t count);

/* All rows of a month, by block, then by place; marks by id, borrowed until the visitor returns. */
typedef void (*day_sets_visit_fn)(void *ctx, int64_t place, const struct day_mark *marks,
                                  size_t count);
int day_sets_visit(struct database *database, enum day_family family, int64_t month,
                   day_sets_visit_fn visit, void *ctx);

/* Ids for what a place names anew: neighbours in its own block. Zeroed, then used for one place;
 * put back at the end. */
struct id_supply {
    enum day_family family;
    int64_t place;
    int64_t next; /* 0: not asked for yet */
};
int id_supply_take(struct database *database, struct id_supply *supply, int64_t *out_id);
int id_supply_put_back(struct database *database, const struct id_supply *supply);

/* The best kind of key heard of each line: LINE_KEY_NONE says nothing. marks as sorted by
 * day_sets_add. */
int line_facts_add(struct database *database, const struct day_mark *marks, size_t count,
                   enum line_key_kind key_kind);

/* What is said last of an element holds; 0 is unknown, and says nothing. */
struct element_facts {
    uint8_t technology, model_class, service;
};
int element_facts_add(struct database *database, const struct day_mark *marks, size_t count,
                      const struct element_facts *facts, uint64_t told_ns);

/* Facts by id, for ids below *out_count; the caller frees them. */
int line_facts_read(struct database *database, uint8_t **out_kinds, int64_t *out_count);
int element_facts_read(struct database *database, struct element_facts **out_facts,
                       int64_t *out_count);

/* The rows of the tables that day sets replace, where there are such; then those tables go. Within a
 * transaction. */
int day_sets_take_over(struct database *database);

#endif
