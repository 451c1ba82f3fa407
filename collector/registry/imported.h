/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All rows that people have imported, as known at one time: a plain value that owns its arrays, and
 * the rules by which one row is taken for an instant. Nothing is overwritten: a second row with the
 * same key is a new vintage, and the youngest goes before.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_IMPORTED_H
#define LASTMILE_COLLECTOR_REGISTRY_IMPORTED_H

#include "collector/registry/registers.h"

struct imported {
    struct denominator *denominators;
    size_t denominator_count;
    struct declared_figure *declared;
    size_t declared_count;
    /* Those in force at the end of the query's year alone, by key (registry_list_register). */
    struct venue *venues;
    size_t venue_count;
    struct contract *contracts;
    size_t contract_count;
    struct remark *remarks;
    size_t remark_count;
};

/* What had been imported by the query's as_known_ns (0 = everything), sorted. Nodes and villages
 * are part of the evidence. 0, -ENOMEM or -EIO; the caller ends it with imported_clear. */
int registry_read_imported(struct registry *registry, const struct evidence_query *query,
                           struct imported *out_imported);

/* The order of the first two arrays, which the two below rely on: by key (area, variable, class;
 * indicator, area, operator), then from old to young: reference day, published day, time of the
 * import, vintage, value. It is total but for rows that are alike. */
void imported_sort(struct imported *imported);
void imported_clear(struct imported *imported);

/* The denominator of an area and class for an instant: the latest reference day before the end of
 * last_day's year, youngest vintage. NULL when there is none. */
const struct denominator *imported_find_denominator(const struct imported *imported,
                                                    const char *area, const char *variable,
                                                    const char *class_name, int64_t last_day);

/* The declared figure with the latest reference day <= last_day and in its year; youngest vintage.
 * operator_name "" = of the whole area. NULL when there is none. */
const struct declared_figure *imported_find_declared(const struct imported *imported,
                                                     const char *indicator, const char *area,
                                                     const char *operator_name, int64_t last_day);

#endif
