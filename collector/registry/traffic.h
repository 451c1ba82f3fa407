/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the cells of reports say of traffic besides lines, added up by operator, area, settlement,
 * residence and day: round-trip times, segments, demand, destinations, users of WLANs, accounted
 * octets. A batch of reports is added up in memory and stored once, before its commit; adding is
 * commutative, so that the order of arrival makes no difference. Only the registry includes this.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_TRAFFIC_H
#define LASTMILE_COLLECTOR_REGISTRY_TRAFFIC_H

#include "collector/registry/registry_private.h"

#include "common/histogram.h"
#include "common/report.h"

struct traffic;

/* NULL when memory is out. */
struct traffic *traffic_new(void);
void traffic_free(struct traffic *traffic);

/* Adds a cell of the report at hand, whose area has an id already. 0 or a negated errno. */
int traffic_take_cell(struct registry *registry, struct intake_place *place,
                      const struct report_cell *cell, int64_t area_id);
/* Stores what was added since; within the transaction of the batch. */
int traffic_flush(struct registry *registry);
/* Forgets it: the transaction was rolled back. */
void traffic_forget(struct traffic *traffic);

/* A histogram as the column holds it, added to another; what is no such blob adds nothing. */
void traffic_add_blob(const void *bytes, size_t length, struct histogram *into);

#endif
