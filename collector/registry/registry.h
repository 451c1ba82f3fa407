/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The registry: who reports, what arrived (the journal), what is known of lines, access points and
 * interfaces, what was imported. SQLite in WAL mode with synchronous=FULL; a commit that returned
 * survives a power cut. SQLite itself is known to database.c alone.
 *
 * One handle belongs to one thread. One process writes reports; `lastmile import` may write beside
 * it, and any number of handles read. Functions return -ENOSPC (disk full), -EBUSY, -EROFS,
 * -ENOMEM or -EIO when the database refuses; its own words are logged once.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_REGISTRY_H
#define LASTMILE_COLLECTOR_REGISTRY_REGISTRY_H

#include "common/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

/* Opens for writing; makes the file and brings its schema up to date. Path ":memory:" keeps it in
 * memory. NULL with errno: ENOENT (no folder), EPROTO (made by a younger version), EIO, ... */
struct registry *registry_open(const char *path);
/* Opens an existing registry of the current schema for reading; ENOENT when there is none. */
struct registry *registry_open_read(const char *path);
void registry_close(struct registry *registry);

/* 0, or -EIO when the file is damaged (PRAGMA integrity_check). Slow: for `check` and tests. */
int registry_check_integrity(struct registry *registry);

/* Drops payloads that arrived before a time, and 5-minute sums of interfaces that are 800 days
 * older than now, a bounded number a call. The keys of the reports stay: a report is never taken
 * twice. Rows dropped, or a negated errno. */
int registry_prune(struct registry *registry, uint64_t payloads_before_ns, uint64_t now_ns);

struct registry_stats {
    uint64_t probes, reports, gaps, lines, wtps, access_nodes, interfaces, series;
    uint64_t quarantined; /* messages ever; by fault: registry_list_quarantine */
    uint64_t over_cap;    /* elements that the caps of probes left out */
    uint64_t last_report_id, series_report_id; /* the series follow the journal up to here */
    uint64_t database_bytes;
};
int registry_read_stats(struct registry *registry, struct registry_stats *out_stats);

/* One probe as a status page shows it. */
struct probe_status {
    int64_t id;
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    char agent_version[64];
    uint64_t interval_ms; /* of its last report */
    bool wall_trusted;
    uint64_t first_start_ns, last_start_ns; /* of its intervals */
    uint64_t last_arrived_ns;
    bool online_known, online; /* its own word */
    uint64_t reports, gap_intervals, refused;
    uint64_t series, over_cap;
};
/* All probes, by operator and name; the caller frees the array. */
int registry_list_probes(struct registry *registry, struct probe_status **out_probes,
                         size_t *out_count);

/* What was refused, by fault; the caller frees the array. */
struct quarantine_count {
    char fault[32];
    uint64_t count, last_ns;
};
int registry_list_quarantine(struct registry *registry, struct quarantine_count **out_counts,
                             size_t *out_count);

#endif
