/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reports into the registry, once each, and what may be told to the probes thereafter. A batch is
 * one transaction: the reports, their keys (probe, boot, sequence), and all that is derived from
 * them. When registry_commit_reports returned 0, a receipt may go out; never before.
 *
 * Placement in time: a report with a trusted wall clock stands where it says. One without is placed
 * by its boot's anchor (wall minus monotonic clock): that of a trusted report of the same boot, or
 * else that of the promptest arrival so far, taking a report to arrive when its interval ends.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_JOURNAL_H
#define LASTMILE_COLLECTOR_REGISTRY_JOURNAL_H

#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

/* One message on its way in. Everything is borrowed. */
struct journal_entry {
    const struct report *report;
    const uint8_t *payload; /* what report was decoded from */
    size_t length;
    uint64_t arrived_ns;
    bool refused;     /* only account for its sequence: it is in quarantine */
    bool is_new;      /* set by the commit: was not known before */
    bool withheld;    /* set by the commit: not stored, of a boot too many; may come again */
    int64_t probe_id; /* set by the commit, for comparing */
};

/* Limits per probe: series (counted as nodes x technologies, interfaces, itself) and lines. Fixed
 * ones are 1,000 boots a day, and of a node 64 WLANs a day and 256 sources of quantities. */
struct journal_caps {
    uint64_t series_max, lines_max;
};

/* One transaction; nothing is stored when it fails, and is_new is meaningless then. */
int registry_commit_reports(struct registry *registry, struct journal_entry *entries, size_t count,
                            const struct journal_caps *caps);

/* The same for a batch whose reports would not fit into memory at once: each is asked for when its
 * turn comes, and given back before the next. open fills the entry, or returns 1 to leave it out,
 * or a negated errno to end it all; close gets what open filled, after it was taken or refused. */
struct journal_batch {
    size_t count;
    int (*open)(void *ctx, size_t index, struct journal_entry *entry);
    void (*close)(void *ctx, size_t index, struct journal_entry *entry);
    void *ctx;
};
int registry_commit_batch(struct registry *registry, const struct journal_batch *batch,
                          const struct journal_caps *caps);

/* The receipt of a probe: its 16 boots heard last. 0, -ENOENT for an unknown probe. */
int registry_read_receipt(struct registry *registry, const char *operator_name,
                          const char *probe_name, struct receipt *out_receipt);

/* Its own word: online or not. Often the first that is heard of a probe: it is listed from then on,
 * with a last arrival of 0 = never. */
int registry_put_state(struct registry *registry, const char *operator_name, const char *probe_name,
                       bool online, uint64_t now_ns);

/* Messages that were refused: each is counted, and the heads of some are kept (1 KiB of each, 100
 * a fault, 2,000 in all). fault is a static text; topic is NULL when it was none of ours. One
 * transaction. 0 or a negated errno. */
#define QUARANTINE_HEAD_BYTES 1024
struct quarantine_item {
    const char *fault;
    const struct topic *topic;
    const uint8_t *payload; /* its first QUARANTINE_HEAD_BYTES are enough */
    size_t length;          /* of the whole message */
    uint64_t arrived_ns;
    uint64_t repeats; /* further messages of that fault, of which nothing is kept */
};
int registry_quarantine(struct registry *registry, const struct quarantine_item *items,
                        size_t count);

/* Reading back: payloads in the order of arrival, or of one probe in the order of time. */
struct journal_row {
    int64_t report_id, probe_id;
    uint64_t start_ns, arrived_ns;
    const uint8_t *payload; /* borrowed until the visitor returns */
    size_t length;
};
/* Return 0 to go on, anything else to stop; a negative value is passed on. */
typedef int (*journal_visit_fn)(void *ctx, const struct journal_row *row);
int registry_visit_journal(struct registry *registry, int64_t after_report_id, size_t limit,
                           journal_visit_fn visit, void *ctx);
/* From behind a place in a probe's time ({0, 0}: the beginning). */
struct journal_place {
    uint64_t start_ns;
    int64_t report_id;
};
int registry_visit_probe(struct registry *registry, int64_t probe_id, struct journal_place after,
                         size_t limit, journal_visit_fn visit, void *ctx);

#endif
