/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What LASTMILE-MIB says of a probe, in its order and units: plain data without pointers, so that
 * it can lie in memory that two processes share (board.h). Counts and configured names only.
 */
#ifndef LASTMILE_PROBE_SUBAGENT_STATUS_H
#define LASTMILE_PROBE_SUBAGENT_STATUS_H

#include "common/optional.h"

#include <stddef.h>
#include <stdint.h>

#define STATUS_NAME_BYTES  64
#define STATUS_TEXT_BYTES  160
#define STATUS_SOURCES_MAX 16
#define STATUS_BOOT_BYTES  16
#define STATUS_OUTCOMES    5
#define STATUS_END_REASONS 5

/* A capture source. Counters are the sums of what reports have said. */
struct status_source {
    char name[STATUS_NAME_BYTES];
    uint64_t packets, octets, dropped;
    uint64_t outcomes[STATUS_OUTCOMES];
    struct optional_u64 interface_octets;
    uint64_t scaled_packets, scaled_octets;
    struct optional_u64 coverage; /* of the last interval, in 0.01 % */
    uint64_t sampling;            /* lmSourceSampling's numbers */
    uint64_t sampling_interval, sampling_changes;
    uint64_t visibility; /* lmSourceVisibility's numbers */
    uint64_t flows_active, flows_started;
    uint64_t flows_ended[STATUS_END_REASONS];
    uint64_t not_stored_octets, failed_intervals;
};

struct status_device {
    char name[STATUS_NAME_BYTES];
    uint64_t state;                                                  /* lmDeviceState's numbers */
    char profile[STATUS_NAME_BYTES];                                 /* "": not known */
    uint64_t last_poll_unix_ns;                                      /* 0: never */
    uint64_t lateness_ms, duration_ms, varbinds, requests, timeouts; /* of the last poll */
    uint64_t polls, partial, failed, missed, failures_in_row;
};

struct probe_status {
    char probe_name[STATUS_NAME_BYTES], operator_name[STATUS_NAME_BYTES];
    char version[STATUS_NAME_BYTES];
    uint8_t boot_id[STATUS_BOOT_BYTES];
    uint64_t start_unix_ns, up_ms, interval_ms;

    uint64_t spool_records, spool_memory_kib, spool_disk_kib, spool_dropped, gaps;
    uint64_t reports_made, reports_sent, reports_resent, reports_accepted, reports_refused;
    uint64_t reports_receipted;
    uint64_t broker_state; /* lmBrokerState's numbers */
    char broker_remedy[STATUS_TEXT_BYTES];
    uint64_t broker_connections;

    uint64_t polls, poll_requests, poll_varbinds, poll_timeouts, poll_lateness_p99_ms;

    uint64_t source_count, device_count;
    struct status_source sources[STATUS_SOURCES_MAX];
    struct status_device devices[]; /* device_count */
};

#endif
