/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Probes and their boots as the writer of the journal holds them in memory: read once, changed by
 * each report of a batch, written back once, inside the batch's transaction. What is remembered is
 * what is stored, or else forgotten: after a rollback senders_forget is called.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_SENDERS_H
#define LASTMILE_COLLECTOR_REGISTRY_SENDERS_H

#include "common/optional.h"
#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;
struct senders;

/* Sums of one probe and day that are not written yet. */
struct probe_day {
    int64_t day;
    uint64_t reports; /* 0: nothing to write */
    uint64_t schedule_ms, arrived, untrusted, captured_octets, dropped_packets, packets;
    struct optional_u64 interface_octets;
};

struct probe_row {
    int64_t id, operator_id;
    uint64_t opened_series, opened_lines, over_cap, schedule_ms, configuration_hash;
    uint64_t first_start_ns, last_start_ns, last_arrived_ns;
    uint64_t new_reports; /* of this batch */
    uint64_t boots_day, boots_begun;
    bool wall_trusted, changed;
    char agent_version[REPORT_NAME_BYTES];
    struct probe_day day;
};

struct boot_row {
    int64_t id, contiguous;
    int64_t highest;   /* sequence that is stored */
    int64_t anchor_ns; /* wall clock minus monotonic clock */
    uint64_t last_arrived_ns;
    bool anchor_known, anchor_trusted;
    bool has_gaps; /* declared, beyond contiguous */
    bool changed;
};

struct senders *senders_new(void);
void senders_free(struct senders *senders);

/* The row of a probe, or of a boot, made where it is new; *out_index is for senders_probe and
 * senders_boot, whose pointers hold until the next senders_ensure_ call. 0 or a negated errno. */
int senders_ensure_operator(struct registry *registry, const char *name, int64_t *out_id);
int senders_ensure_probe(struct registry *registry, int64_t operator_id, const char *name,
                         uint64_t arrived_ns, size_t *out_index);
/* -EDQUOT: the probe has begun 1,000 boots that day. */
int senders_ensure_boot(struct registry *registry, size_t probe_index,
                        const uint8_t boot_id[static REPORT_BOOT_ID_BYTES], uint64_t arrived_ns,
                        size_t *out_index);
struct probe_row *senders_probe(struct registry *registry, size_t index);
struct boot_row *senders_boot(struct registry *registry, size_t index);

/* Into the database: the sums of the probe's day; all that changed. */
int senders_write_day(struct registry *registry, struct probe_row *probe);
int senders_write(struct registry *registry);
/* Forgets all that is remembered, names too. */
void senders_forget(struct registry *registry);
/* The same where the memory has reached its bound; between batches only. */
void senders_tidy(struct registry *registry);

#endif
