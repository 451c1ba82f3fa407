/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/random_report.h"

#include "common/distinct.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(struct random_source *source)
{
    uint64_t x = source->state ? source->state : 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    source->state = x;
    return x * UINT64_C(2685821657736338717);
}

uint64_t random_below(struct random_source *source, uint64_t limit)
{
    return random_next(source) % limit;
}

/* Small ones, those at the edges of a head's size, and the largest. */
static uint64_t random_count(struct random_source *source)
{
    static const uint64_t edges[] = {
        0, 1, 23, 24, 255, 256, 65535, 65536, 1u << 31, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX};
    if (random_below(source, 2))
        return edges[random_below(source, sizeof edges / sizeof edges[0])];
    return random_below(source, 100000);
}

static struct optional_u64 random_optional(struct random_source *source)
{
    struct optional_u64 unknown = {.known = false};
    return random_below(source, 3) ? optional_u64(random_count(source)) : unknown;
}

static void random_name(struct random_source *source, bool may_be_empty,
                        char out[REPORT_NAME_BYTES])
{
    static const char *const names[] = {
        "huancui", "olt-7", "a", "1/0/3:2", "\xe8\x8d\xa3\xe6\x88\x90", "weihai.bras_2"};
    if (may_be_empty && random_below(source, 4) == 0)
        out[0] = '\0';
    else
        (void)snprintf(out, REPORT_NAME_BYTES, "%s",
                       names[random_below(source, sizeof names / sizeof names[0])]);
}

static void random_histogram(struct random_source *source, struct histogram *histogram)
{
    for (uint64_t i = random_below(source, 20); i > 0; i--)
        histogram_add(histogram, random_next(source) >> random_below(source, 64));
}

/* Ascending and distinct, as a decoded report has them. */
static uint64_t *random_pseudonyms(struct random_source *source, size_t *out_count)
{
    size_t count = (size_t)random_below(source, 8);
    *out_count = count;
    if (count == 0)
        return NULL;
    uint64_t *pseudonyms = malloc(count * sizeof *pseudonyms);
    if (!pseudonyms)
        abort();
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        last += 1 + (random_next(source) >> 8);
        pseudonyms[i] = last;
    }
    return pseudonyms;
}

static uint8_t *random_sketch(struct random_source *source, size_t *out_length)
{
    struct distinct *distinct = distinct_new(12 + (unsigned)random_below(source, 3));
    uint8_t *bytes = malloc(DISTINCT_BYTES_MAX);
    if (!distinct || !bytes)
        abort();
    for (uint64_t i = random_below(source, 40); i > 0; i--)
        distinct_add(distinct, random_next(source));
    *out_length = (size_t)distinct_write(distinct, bytes, DISTINCT_BYTES_MAX);
    distinct_free(distinct);
    return bytes;
}

static void add_destination(struct random_source *source, struct report_cell *cell)
{
    struct report_destination *destination = report_cell_add_destination(cell);
    random_name(source, false, destination->name);
    destination->downstream_octets = random_count(source);
    destination->upstream_octets = random_count(source);
    destination->lines = random_count(source);
    random_histogram(source, &destination->external_rtt_us);
    random_histogram(source, &destination->internal_rtt_us);
    destination->tcp_segments = random_count(source);
    destination->tcp_retransmitted = destination->tcp_segments / 3;
}

static void add_wlan(struct random_source *source, struct report_cell *cell)
{
    struct report_wlan *wlan = report_cell_add_wlan(cell);
    random_name(source, true, wlan->ssid);
    wlan->downstream_octets = random_count(source);
    wlan->upstream_octets = random_count(source);
    if (random_below(source, 2))
        wlan->users = random_sketch(source, &wlan->users_length);
}

static void add_observation(struct random_source *source, struct report *report)
{
    struct report_observation *o = report_add_observation(report);
    random_name(source, false, o->observation_point);
    for (size_t i = 0; i < REPORT_OUTCOMES; i++) {
        o->outcomes[i] = random_below(source, 1000000);
        o->packet_delta_count += o->outcomes[i];
    }
    o->octet_delta_count = random_count(source);
    o->dropped_packet_delta_count = random_count(source);
    o->interface_octets = random_optional(source);
    o->sampling_interval = 1 + random_below(source, 4096);
    o->flows_started = random_count(source);
    for (size_t i = 0; i < REPORT_END_REASONS; i++)
        o->flows_ended[i] = random_count(source);
    o->not_stored_octets = random_count(source);
    o->failed = random_below(source, 2) != 0;
    static const enum report_sampling methods[] = {REPORT_SAMPLING_NONE, REPORT_SAMPLING_SYSTEMATIC,
                                                   REPORT_SAMPLING_PROBABILISTIC,
                                                   REPORT_SAMPLING_FLOW_HASH};
    o->sampling = methods[random_below(source, sizeof methods / sizeof methods[0])];
    o->sampling_changes = random_below(source, 3);
    o->scaled_packets = random_optional(source);
    o->scaled_octets = random_optional(source);
    o->scaled_packets_error = random_optional(source);
    o->scaled_octets_error = random_optional(source);
    o->visibility = (enum report_visibility)random_below(source, REPORT_VISIBILITY_OFFLOADED + 1);
    o->method = (enum report_method)random_below(source, REPORT_METHOD_CONNECTIONS + 1);
    if (random_below(source, 2) == 0)
        random_name(source, false, o->beside);
}

static void add_cell(struct random_source *source, struct report *report)
{
    struct report_cell *cell = report_add_cell(report);
    random_name(source, true, cell->access_node);
    random_name(source, true, cell->area);
    cell->settlement = (enum settlement)random_below(source, SETTLEMENT_RURAL + 1);
    cell->residence = (enum residence)random_below(source, RESIDENCE_BUSINESS + 1);
    cell->technology = (enum access_technology)random_below(source, TECHNOLOGY_COUNT);
    cell->key_kind = (enum line_key_kind)random_below(source, LINE_KEY_COUNT);
    cell->lines_active = random_count(source);
    cell->downstream_octets = random_count(source);
    cell->upstream_octets = random_count(source);
    random_histogram(source, &cell->peak_bits_per_s);
    random_histogram(source, &cell->external_rtt_us);
    random_histogram(source, &cell->internal_rtt_us);
    cell->tcp_segments = random_count(source);
    cell->tcp_retransmitted = cell->tcp_segments / 2;
    cell->line_pseudonyms = random_pseudonyms(source, &cell->line_pseudonym_count);
    if (random_below(source, 2))
        cell->devices = random_sketch(source, &cell->devices_length);
    random_histogram(source, &cell->demand_bits_per_s);
    cell->accounted_downstream_octets = random_optional(source);
    cell->accounted_upstream_octets = random_optional(source);
    for (uint64_t i = random_below(source, 3); i > 0; i--)
        add_destination(source, cell);
    for (uint64_t i = random_below(source, 3); i > 0; i--)
        add_wlan(source, cell);
}

static void add_lines(struct random_source *source, struct report_inventory *inventory)
{
    struct report_lines *lines = report_inventory_add_lines(inventory);
    lines->technology = (enum access_technology)random_below(source, TECHNOLOGY_COUNT);
    lines->provisioned = random_optional(source);
    lines->active = random_optional(source);
    lines->capability_known = random_below(source, 2) != 0;
    for (size_t i = 0; lines->capability_known && i < CAPABILITY_CLASSES; i++)
        lines->capability[i] = random_count(source);
    lines->capability_measured = random_below(source, 2) != 0;
    lines->named = random_optional(source);
}

static void add_elements(struct random_source *source, struct report_inventory *inventory)
{
    struct report_elements *elements = report_inventory_add_elements(inventory);
    elements->kind = (enum element_kind)random_below(source, ELEMENT_WTP + 1);
    elements->state = (enum element_state)random_below(source, ELEMENT_STANDBY + 1);
    elements->model_class = (enum model_class)random_below(source, MODEL_COUNT);
    elements->technology = (enum access_technology)random_below(source, TECHNOLOGY_COUNT);
    elements->service = (enum wlan_service)random_below(source, WLAN_PRIVATE + 1);
    elements->pseudonyms = random_pseudonyms(source, &elements->pseudonym_count);
}

static void add_network(struct random_source *source, struct report_inventory *inventory)
{
    struct report_network *network = report_inventory_add_network(inventory);
    random_name(source, true, network->ssid);
    network->networks = random_count(source);
    network->stations = random_optional(source);
}

static void add_source(struct random_source *source, struct report_inventory *inventory)
{
    struct report_source *one = report_inventory_add_source(inventory);
    random_name(source, false, one->quantity);
    random_name(source, false, one->source);
    one->technology = (enum access_technology)random_below(source, TECHNOLOGY_COUNT);
    one->value = random_optional(source);
    one->confidence = (enum confidence)random_below(source, CONFIDENCE_SEEN + 1);
    one->published = random_below(source, 2) != 0;
}

static void add_interface(struct random_source *source, struct report_inventory *inventory)
{
    struct report_interface *interface = report_inventory_add_interface(inventory);
    random_name(source, false, interface->name);
    interface->role = (enum interface_role)random_below(source, INTERFACE_ROLE_CLOUD_CENTRE + 1);
    interface->up = random_below(source, 2) != 0;
    interface->high_speed_mbit_s = random_optional(source);
    interface->in_octets = random_optional(source);
    interface->out_octets = random_optional(source);
    interface->duration_ms = random_count(source);
}

static void add_inventory(struct random_source *source, struct report *report)
{
    struct report_inventory *inventory = report_add_inventory(report);
    random_name(source, false, inventory->access_node);
    random_name(source, true, inventory->area);
    random_name(source, true, inventory->profile);
    inventory->settlement = (enum settlement)random_below(source, SETTLEMENT_RURAL + 1);
    inventory->residence = (enum residence)random_below(source, RESIDENCE_BUSINESS + 1);
    inventory->confidence = (enum confidence)random_below(source, CONFIDENCE_SEEN + 1);
    inventory->outcome = (enum report_poll_outcome)random_below(source, POLL_FAILED + 1);
    inventory->polled_unix_ns = random_count(source);
    inventory->wtp_configured = random_optional(source);
    inventory->wtp_run = random_optional(source);
    inventory->stations_associated = random_optional(source);
    inventory->sessions_total = random_optional(source);
    inventory->wtp_pseudonyms = random_pseudonyms(source, &inventory->wtp_pseudonym_count);
    for (uint64_t i = random_below(source, 4); i > 0; i--)
        add_lines(source, inventory);
    for (uint64_t i = random_below(source, 4); i > 0; i--)
        add_interface(source, inventory);
    for (uint64_t i = random_below(source, 4); i > 0; i--)
        add_elements(source, inventory);
    for (uint64_t i = random_below(source, 3); i > 0; i--)
        add_network(source, inventory);
    for (uint64_t i = random_below(source, 3); i > 0; i--)
        add_source(source, inventory);
}

struct report *random_report(struct random_source *source)
{
    struct report *report = report_new();
    if (!report)
        abort();
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "bras-%u",
                   (unsigned)random_below(source, 1000));
    random_name(source, true, report->agent_version);
    for (size_t i = 0; i < REPORT_BOOT_ID_BYTES; i++)
        report->boot_id[i] = (uint8_t)random_next(source);
    report->sequence = 1 + random_below(source, 1000000);
    report->interval_start_unix_ns = random_count(source);
    report->interval_start_mono_ns = random_count(source);
    report->interval_ms = 1 + random_below(source, REPORT_INTERVAL_MS_MAX);
    report->schedule_ms = REPORT_SCHEDULE_MS_MIN + random_below(source, 3600000);
    report->wall_trusted = random_below(source, 2) != 0;
    report->configuration_hash = random_next(source);
    report->suppressed_lines = random_count(source);
    for (uint64_t i = random_below(source, 4); i > 0; i--)
        add_observation(source, report);
    for (uint64_t i = random_below(source, 4); i > 0; i--)
        add_cell(source, report);
    for (uint64_t i = random_below(source, 4); i > 0; i--)
        add_inventory(source, report);
    for (uint64_t i = random_below(source, 4); i > 0; i--) {
        struct report_gap *gap = report_add_gap(report);
        gap->boot_id[0] = (uint8_t)i;
        gap->first_sequence = i;
        gap->last_sequence = i + random_below(source, 100);
    }
    return report;
}
