/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which series there are: id -> what it shows. The files of the round-robin databases are named by
 * these ids; no text from outside ever names a file. A series has one probe as its only writer;
 * what several probes say of one access node is added up by the reader.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_SERIES_INDEX_H
#define LASTMILE_COLLECTOR_REGISTRY_SERIES_INDEX_H

#include "common/access.h"
#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

/* Stored ids: never renumbered. The data sources of each kind: series_kind_sources (series.h). */
enum series_kind {
    SERIES_TRAFFIC = 1,   /* probe, access node, technology: lines seen, bit/s down and up */
    SERIES_LINES = 2,     /* probe, access node, technology: lines provisioned, active (polled) */
    SERIES_WLAN = 3,      /* probe, controller: WTPs in Run, configured; stations */
    SERIES_INTERFACE = 4, /* probe, interface: bit/s in and out */
    SERIES_PROBE = 5,     /* probe: packets/s, dropped packets/s, capture coverage */
};
#define SERIES_KINDS 6 /* one more than the highest */

struct series_info {
    int64_t id;
    enum series_kind kind;
    uint64_t step_s;
    bool dirty;
    int64_t probe_id;
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];    /* "" for SERIES_PROBE */
    char interface_name[REPORT_NAME_BYTES]; /* SERIES_INTERFACE only */
    enum access_technology technology;
};

/* All series by operator, kind, node, name, probe; the caller frees the array. */
int registry_list_series(struct registry *registry, struct series_info **out_series,
                         size_t *out_count);
/* 0, or -ENOENT. */
int registry_find_series(struct registry *registry, int64_t id, struct series_info *out_series);

/* The id of what a report of a probe shows; it was opened when the report was committed. 0 when the
 * probe's cap left it out. Negated errno. */
struct series_key {
    enum series_kind kind;
    int64_t probe_id;
    const char *access_node;    /* NULL for SERIES_PROBE */
    const char *interface_name; /* SERIES_INTERFACE only, else NULL */
    enum access_technology technology;
};
int registry_series_id(struct registry *registry, const struct series_key *key, int64_t *out_id,
                       uint64_t *out_step_s);

/* How far the series follow the journal. */
int registry_read_series_mark(struct registry *registry, int64_t *out_report_id);
int registry_put_series_mark(struct registry *registry, int64_t report_id);
/* Late data came for a series; after its rebuild. */
int registry_mark_series(struct registry *registry, int64_t series_id, bool dirty);
/* All of them: the files cannot be trusted. How many were not dirty before, or a negated errno. */
int registry_mark_all_series(struct registry *registry);
/* The first probe with a dirty series, or -ENOENT. */
int registry_next_dirty_probe(struct registry *registry, int64_t *out_probe_id);

#endif
