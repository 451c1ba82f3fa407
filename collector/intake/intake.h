/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a message to a receipt: topic, decode, validate, batch, commit, and only then the receipt.
 * What fails is quarantined and counted, and touches nothing else. When the registry cannot be
 * written (disk full), receipts are withheld: the probes keep their reports, and send them again.
 * It knows no MQTT: the collector brings messages and carries receipts. One thread;
 * intake_read_stats may be called by any.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_INTAKE_H
#define LASTMILE_COLLECTOR_INTAKE_INTAKE_H

#include "collector/registry/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intake;
struct quota;
struct registry;
struct suspects;

struct intake_options {
    struct registry *registry; /* borrowed until intake_free */
    struct journal_caps caps;
    struct quota *quota;       /* borrowed; NULL: no limits */
    struct suspects *suspects; /* borrowed; NULL: none is kept */
    uint64_t report_bytes_max; /* 0: whatever a report may have */
    uint64_t commit_interval_ms;
    /* Carries a receipt (retained). False when it can't now: intake_publish_all later. */
    bool (*publish)(void *ctx, const char *topic, const uint8_t *payload, size_t length);
    void *ctx;
};

struct intake *intake_new(const struct intake_options *options);
void intake_free(struct intake *intake); /* what is not committed is gone, and not receipted */

/* One message; topic and payload are borrowed. Commits by itself when the batch is full. */
void intake_take(struct intake *intake, const char *topic, const void *payload, size_t length,
                 uint64_t now_unix_ns, uint64_t now_mono_ns);

/* Commits what has waited long enough. Call at intake_wait_ms, which is -1 when nothing waits. */
void intake_service(struct intake *intake, uint64_t now_mono_ns);
int intake_wait_ms(const struct intake *intake, uint64_t now_mono_ns);
/* Commits what is pending, now. 0 or a negated errno. */
int intake_flush(struct intake *intake, uint64_t now_mono_ns);

/* The receipts of all probes once more: after the broker came back, which may have lost them. */
void intake_publish_all(struct intake *intake);

/* A message that was dropped on its way here, by any thread: its probe sends it again. */
void intake_count_withheld(struct intake *intake);

struct intake_stats {
    uint64_t messages, stored, duplicates, refused; /* refused: in quarantine */
    uint64_t withheld;                              /* dropped without a receipt: not writable */
    uint64_t commits, failed_commits, receipts;
    uint64_t last_commit_ns;
    uint64_t pending;
};
void intake_read_stats(const struct intake *intake, struct intake_stats *out_stats);

#endif
