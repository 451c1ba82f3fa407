/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/validate.h"

#include "common/clock.h"

#include <string.h>

#define EARLIEST_NS       (UINT64_C(1420070400) * CLOCK_NS_PER_S) /* 2015-01-01 */
#define AHEAD_NS          (600 * CLOCK_NS_PER_S)
#define COUNT_MAX         (UINT64_C(1) << 53)   /* what a double, and thus JSON, holds exactly */
#define MONO_NS_MAX       (UINT64_C(1) << 61)   /* 73 years without a restart */
#define OCTETS_PER_MS_MAX UINT64_C(12500000000) /* 100 Tbit/s */
#define INTERVAL_MS_MIN   1                     /* the last one of a probe that stops is short */
#define INTERVAL_MS_MAX   REPORT_INTERVAL_MS_MAX
#define SLACK_MS          10000 /* a source that was late once comes with the next interval */
#define LINES_MAX         UINT64_C(100000000)
#define MBIT_S_MAX        UINT64_C(100000000)

const char *intake_fault_name(enum intake_fault fault)
{
    static const char *const names[INTAKE_FAULTS] = {
        [INTAKE_OK] = "ok",
        [INTAKE_WRONG_TOPIC] = "wrong-topic",
        [INTAKE_WRONG_IDENTITY] = "wrong-identity",
        [INTAKE_WRONG_CLOCK] = "wrong-clock",
        [INTAKE_WRONG_SEQUENCE] = "wrong-sequence",
        [INTAKE_ABSURD_VALUE] = "absurd-value",
        [INTAKE_TOO_LONG] = "too-long",
        [INTAKE_OVER_RATE] = "over-rate",
        [INTAKE_TOO_MANY_PROBES] = "too-many-probes",
        [INTAKE_NOT_STORABLE] = "not-storable",
        [INTAKE_DEADLY] = "deadly",
    };
    return (size_t)fault < INTAKE_FAULTS ? names[fault] : "?";
}

bool intake_fault_is_accounted(enum intake_fault fault)
{
    return fault == INTAKE_WRONG_CLOCK || fault == INTAKE_ABSURD_VALUE ||
           fault == INTAKE_TOO_LONG || fault == INTAKE_NOT_STORABLE;
}

bool report_fault_is_accounted(enum report_fault fault)
{
    return fault == REPORT_WRONG_VERSION || fault == REPORT_WRONG_TYPE ||
           fault == REPORT_OUT_OF_BOUNDS;
}

static bool within(struct optional_u64 number, uint64_t max)
{
    return !number.known || number.value <= max;
}

static bool is_observation_possible(const struct report_observation *o, uint64_t octets_max)
{
    /* both ways of scaling are bounded: the counts times the rate, and what the probe scaled */
    return report_scaled_packets(o) <= COUNT_MAX && o->packet_delta_count <= COUNT_MAX &&
           o->dropped_packet_delta_count <= COUNT_MAX && o->sampling_interval <= UINT32_MAX &&
           report_scaled_octets(o) <= octets_max && o->octet_delta_count <= octets_max &&
           within(o->interface_octets, octets_max);
}

static bool is_cell_possible(const struct report_cell *cell, uint64_t octets_max)
{
    return cell->lines_active <= LINES_MAX && cell->downstream_octets <= octets_max &&
           cell->upstream_octets <= octets_max;
}

static bool are_lines_possible(const struct report_lines *lines)
{
    for (size_t i = 0; i < CAPABILITY_CLASSES; i++)
        if (lines->capability_known && lines->capability[i] > LINES_MAX)
            return false;
    return within(lines->provisioned, LINES_MAX) && within(lines->active, LINES_MAX) &&
           within(lines->named, LINES_MAX);
}

/* The number of elements is bounded with all pseudonyms of a report, by its decoder. */
static bool is_listing_possible(const struct report_inventory *inventory)
{
    bool possible = true;
    for (size_t i = 0; i < inventory->network_count && possible; i++)
        possible = inventory->networks[i].networks <= LINES_MAX &&
                   within(inventory->networks[i].stations, LINES_MAX);
    for (size_t i = 0; i < inventory->source_count && possible; i++)
        possible = within(inventory->sources[i].value, COUNT_MAX);
    return possible;
}

static bool is_inventory_possible(const struct report_inventory *inventory)
{
    bool possible = within(inventory->wtp_configured, LINES_MAX) &&
                    within(inventory->wtp_run, LINES_MAX) &&
                    within(inventory->stations_associated, LINES_MAX) &&
                    within(inventory->sessions_total, LINES_MAX) &&
                    inventory->polled_unix_ns <= INT64_MAX / 2 && is_listing_possible(inventory);
    for (size_t i = 0; i < inventory->line_count && possible; i++)
        possible = are_lines_possible(&inventory->lines[i]);
    for (size_t i = 0; i < inventory->interface_count && possible; i++) {
        const struct report_interface *interface = &inventory->interfaces[i];
        uint64_t duration_ms = interface->duration_ms;
        uint64_t octets_max = duration_ms <= 10 * INTERVAL_MS_MAX
                                  ? duration_ms * OCTETS_PER_MS_MAX
                                  : 0; /* a delta over more than 10 days is none */
        possible = duration_ms <= COUNT_MAX && within(interface->in_octets, octets_max) &&
                   within(interface->out_octets, octets_max) &&
                   within(interface->high_speed_mbit_s, MBIT_S_MAX);
    }
    return possible;
}

static bool is_possible(const struct report *report)
{
    uint64_t octets_max = (report->interval_ms + SLACK_MS) * OCTETS_PER_MS_MAX;
    bool possible =
        report->interval_ms >= INTERVAL_MS_MIN && report->schedule_ms >= REPORT_SCHEDULE_MS_MIN &&
        report->schedule_ms <= INTERVAL_MS_MAX && report->interval_ms <= INTERVAL_MS_MAX &&
        report->interval_start_mono_ns <= MONO_NS_MAX;
    for (size_t i = 0; i < report->observation_count && possible; i++)
        possible = is_observation_possible(&report->observations[i], octets_max);
    for (size_t i = 0; i < report->cell_count && possible; i++)
        possible = is_cell_possible(&report->cells[i], octets_max);
    for (size_t i = 0; i < report->inventory_count && possible; i++)
        possible = is_inventory_possible(&report->inventories[i]);
    for (size_t i = 0; i < report->gap_count && possible; i++)
        possible = report->gaps[i].first_sequence >= 1 &&
                   report->gaps[i].first_sequence <= report->gaps[i].last_sequence &&
                   report->gaps[i].last_sequence <= COUNT_MAX;
    return possible;
}

enum intake_fault validate_head(const struct report *report, const struct topic *topic)
{
    if (strcmp(report->operator_name, topic->operator_name) != 0 ||
        strcmp(report->probe_name, topic->probe_name) != 0)
        return INTAKE_WRONG_IDENTITY;
    if (report->sequence < 1 || report->sequence > COUNT_MAX)
        return INTAKE_WRONG_SEQUENCE;
    return INTAKE_OK;
}

enum intake_fault validate_report(const struct report *report, const struct topic *topic,
                                  uint64_t now_ns)
{
    enum intake_fault fault = validate_head(report, topic);
    if (fault != INTAKE_OK)
        return fault;
    if (!is_possible(report))
        return INTAKE_ABSURD_VALUE;
    bool timely = report->interval_start_unix_ns >= EARLIEST_NS &&
                  report->interval_start_unix_ns <= now_ns + AHEAD_NS;
    return report->wall_trusted && !timely ? INTAKE_WRONG_CLOCK : INTAKE_OK;
}
