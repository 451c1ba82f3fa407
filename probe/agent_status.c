/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/agent_status.h"

#include "common/clock.h"
#include "probe/subagent/board.h"
#include "probe/subagent/process.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOW_EVERY_NS CLOCK_NS_PER_S
#define KIB           1024U

static_assert(STATUS_SOURCES_MAX >= SETTINGS_SOURCES_MAX, "every source has a row");
static_assert(STATUS_OUTCOMES == REPORT_OUTCOMES, "every outcome has an object");
static_assert(STATUS_END_REASONS == REPORT_END_REASONS, "every end reason has an object");

struct agent_status {
    struct board *board;
    struct subagent_process *process;
    uint64_t started_mono_ns, shown_ns;
};

static void name_rows(const struct settings *settings, struct probe_status *out)
{
    out->source_count = settings->source_count;
    for (size_t i = 0; i < settings->source_count; i++)
        (void)snprintf(out->sources[i].name, STATUS_NAME_BYTES, "%s", settings->sources[i].name);
    out->device_count = settings->device_count;
    for (size_t i = 0; i < settings->device_count; i++) {
        (void)snprintf(out->devices[i].name, STATUS_NAME_BYTES, "%s",
                       settings->devices[i].target.name);
        out->devices[i].state = 1; /* neverPolled */
    }
}

static void fill_constants(const struct settings *settings, const uint8_t *boot_id,
                           struct probe_status *out)
{
    (void)snprintf(out->probe_name, sizeof out->probe_name, "%s", settings->probe_name);
    (void)snprintf(out->operator_name, sizeof out->operator_name, "%s", settings->operator_name);
    (void)snprintf(out->version, sizeof out->version, "%s", LASTMILE_VERSION);
    memcpy(out->boot_id, boot_id, sizeof out->boot_id);
    out->start_unix_ns = clock_unix_ns();
    out->interval_ms = settings->interval_ms;
    for (size_t i = 0; i < settings->source_count; i++) { /* until the first report says more */
        out->sources[i].sampling = 1;
        out->sources[i].visibility = 1;
        out->sources[i].sampling_interval = 1;
    }
}

struct agent_status *agent_status_new(const struct settings *settings,
                                      const uint8_t boot_id[static REPORT_BOOT_ID_BYTES])
{
    struct agent_status *status = calloc(1, sizeof *status);
    if (!status)
        return NULL;
    status->started_mono_ns = clock_mono_ns();
    status->board = board_new(settings->device_count);
    if (status->board)
        status->process =
            subagent_process_new(settings->agentx.socket, board_descriptor(status->board));
    if (!status->process) {
        int error = errno;
        agent_status_free(status);
        errno = error;
        return NULL;
    }
    name_rows(settings, board_edit(status->board));
    fill_constants(settings, boot_id, board_edit(status->board));
    return status;
}

void agent_status_free(struct agent_status *status)
{
    if (!status)
        return;
    subagent_process_free(status->process);
    board_free(status->board);
    free(status);
}

static struct status_source *find_source(struct probe_status *status, const char *name)
{
    for (size_t i = 0; i < status->source_count; i++)
        if (strcmp(status->sources[i].name, name) == 0)
            return &status->sources[i];
    return NULL;
}

static uint64_t sampling_number(enum report_sampling sampling)
{
    switch (sampling) {
    case REPORT_SAMPLING_SYSTEMATIC:
        return 2;
    case REPORT_SAMPLING_PROBABILISTIC:
        return 3;
    case REPORT_SAMPLING_FLOW_HASH:
        return 4;
    case REPORT_SAMPLING_NONE:
        break;
    }
    return 1;
}

static void add_flows(struct status_source *source, const struct report_observation *observation)
{
    uint64_t ended = 0;
    source->flows_started += observation->flows_started;
    for (size_t i = 0; i < REPORT_END_REASONS; i++) {
        source->flows_ended[i] += observation->flows_ended[i];
        ended += source->flows_ended[i];
    }
    source->flows_active = source->flows_started > ended ? source->flows_started - ended : 0;
    source->not_stored_octets += observation->not_stored_octets;
}

static void add_observation(struct status_source *source,
                            const struct report_observation *observation)
{
    struct optional_u64 interface = observation->interface_octets;
    uint64_t scaled_octets = report_scaled_octets(observation);
    source->packets += observation->packet_delta_count;
    source->octets += observation->octet_delta_count;
    source->dropped += observation->dropped_packet_delta_count;
    for (size_t i = 0; i < REPORT_OUTCOMES; i++)
        source->outcomes[i] += observation->outcomes[i];
    source->interface_octets = optional_u64_add(source->interface_octets, interface);
    source->scaled_packets += report_scaled_packets(observation);
    source->scaled_octets += scaled_octets;
    source->coverage.known = interface.known && interface.value > 0;
    if (source->coverage.known)
        source->coverage.value =
            (uint64_t)(10000.0 * (double)scaled_octets / (double)interface.value);
    source->sampling = sampling_number(observation->sampling);
    source->sampling_interval = observation->sampling_interval;
    source->sampling_changes += observation->sampling_changes;
    source->visibility = (uint64_t)observation->visibility + 1;
    source->failed_intervals += observation->failed;
    add_flows(source, observation);
}

void agent_status_add_report(struct agent_status *status, const struct report *report)
{
    if (!status)
        return;
    struct probe_status *out = board_edit(status->board);
    for (size_t i = 0; i < report->observation_count; i++) {
        const struct report_observation *observation = &report->observations[i];
        struct status_source *source = find_source(out, observation->observation_point);
        if (source)
            add_observation(source, observation);
    }
    out->gaps += report->gap_count;
    out->reports_made = report->sequence;
}

void agent_status_add_poll(struct agent_status *status, size_t number,
                           const struct device_snapshot *snapshot)
{
    if (!status)
        return;
    struct status_device *device = &board_edit(status->board)->devices[number];
    device->state = (uint64_t)snapshot->outcome + 2;
    if (snapshot->profile[0])
        (void)snprintf(device->profile, sizeof device->profile, "%s", snapshot->profile);
    device->last_poll_unix_ns = snapshot->polled_unix_ns;
}

static void fill_devices(const struct poller *poller, struct probe_status *out)
{
    struct poller_totals totals;
    poller_totals(poller, &totals);
    out->polls = totals.polls;
    out->poll_requests = totals.requests;
    out->poll_varbinds = totals.varbinds;
    out->poll_timeouts = totals.timeouts;
    out->poll_lateness_p99_ms = totals.lateness_p99_ns / CLOCK_NS_PER_MS;
    for (size_t i = 0, row = 0; i < poller_count(poller); i++, row++) {
        struct poller_health health;
        poller_health(poller, i, &health);
        while (row < out->device_count && strcmp(out->devices[row].name, health.name) != 0)
            row++; /* the poller has refused it */
        if (row == out->device_count)
            break;
        struct status_device *device = &out->devices[row];
        device->lateness_ms = health.lateness_ns / CLOCK_NS_PER_MS;
        device->duration_ms = health.duration_ns / CLOCK_NS_PER_MS;
        device->varbinds = health.varbinds;
        device->requests = health.requests;
        device->timeouts = health.timeouts;
        device->polls = health.polls;
        device->partial = health.partial;
        device->failed = health.failed;
        device->missed = health.missed;
        device->failures_in_row = health.failures;
    }
}

static void fill_outbox(const struct delivery *delivery, struct probe_status *out)
{
    struct spool_stats held = delivery_spool(delivery);
    struct exporter_stats sent = delivery_exporter(delivery);
    out->spool_records = held.records;
    out->spool_memory_kib = (held.memory_bytes + KIB - 1) / KIB;
    out->spool_disk_kib = (held.disk_bytes + KIB - 1) / KIB;
    out->spool_dropped = held.dropped;
    out->reports_sent = sent.sent_live + sent.sent_backlog;
    out->reports_resent = sent.resent;
    out->reports_accepted = sent.accepted;
    out->reports_refused = sent.refused;
    out->reports_receipted = sent.receipted;
    out->broker_state = (uint64_t)sent.state + 1;
    (void)snprintf(out->broker_remedy, sizeof out->broker_remedy, "%s",
                   bus_state_remedy(sent.state));
    out->broker_connections = sent.connections;
}

void agent_status_service(struct agent_status *status, const struct poller *poller,
                          const struct delivery *delivery, uint64_t now_mono_ns)
{
    if (!status || (status->shown_ns != 0 && now_mono_ns < status->shown_ns + SHOW_EVERY_NS))
        return;
    struct probe_status *out = board_edit(status->board);
    out->up_ms = (now_mono_ns - status->started_mono_ns) / CLOCK_NS_PER_MS;
    if (poller)
        fill_devices(poller, out);
    fill_outbox(delivery, out);
    board_publish(status->board);
    status->shown_ns = now_mono_ns;
    subagent_process_service(status->process, now_mono_ns);
}
