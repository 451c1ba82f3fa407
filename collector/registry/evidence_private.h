/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the parts of an evidence are collected: one file a family, one read transaction around all.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_EVIDENCE_PRIVATE_H
#define LASTMILE_COLLECTOR_REGISTRY_EVIDENCE_PRIVATE_H

#include "collector/registry/evidence.h"
#include "collector/registry/registry_private.h"

/* reports: where counts are read; another one than imports when the past is replayed. */
struct collecting {
    struct database *reports;
    struct database *imports;
    const struct evidence_query *query;
    int64_t first_day, last_day; /* of the window of activity */
    int64_t month_first_day;     /* of the month that holds last_day */
    int64_t recent_after;        /* days after this one are recent */
    uint64_t end_ns;             /* the window's end, or now */
    struct evidence *out;
};

int collect_nodes(struct collecting *collecting); /* evidence_nodes.c */
/* After the nodes: the terminals that they list (evidence_elements.c). */
int collect_terminals(struct collecting *collecting);
int collect_controllers(struct collecting *collecting); /* evidence_wlan.c */
int collect_interfaces(struct collecting *collecting);  /* evidence_interfaces.c */
int collect_venues(struct collecting *collecting);      /* evidence_venues.c */
int collect_traffic(struct collecting *collecting);     /* evidence_traffic.c */
int collect_probes(struct collecting *collecting);      /* evidence_probes.c */
/* After the two above: what the operators' registers say (evidence_registered.c). */
int collect_registered(struct collecting *collecting);

/* The days of a month (as bits) that lie within first_day..last_day. */
uint32_t month_mask(int64_t month, int64_t first_day, int64_t last_day);
int64_t month_first_day(int64_t month);

#endif
