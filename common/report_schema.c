/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/report_schema.h"

#include "common/distinct.h"
#include "common/utf8.h"

#include <assert.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
#define MEMBER(number, type, member, what) \
    .key = (number), .name = #member, .kind = (what), .offset = offsetof(struct type, member)
#define COUNT_BETWEEN(number, type, member, low, high) \
    {MEMBER(number, type, member, FIELD_COUNT), .required = true, .min = (low), .max = (high)}
#define COUNT(number, type, member) COUNT_BETWEEN(number, type, member, 0, INT64_MAX)
/* Keyed hashes are no counts: all 64 bits. */
#define HASH(number, type, member) COUNT_BETWEEN(number, type, member, 0, UINT64_MAX)
#define OPTIONAL(number, type, member) \
    {MEMBER(number, type, member, FIELD_OPTIONAL), .max = INT64_MAX}
#define FLAG(number, type, member) {MEMBER(number, type, member, FIELD_FLAG), .required = true}
#define CHOICE(number, type, member, largest, table) \
    {MEMBER(number, type, member, FIELD_CHOICE), .required = true, .max = (largest), \
     .names = (table)}
/* Absent: the first of its table, 0. */
#define CHOICE_IF(number, type, member, largest, table) \
    {MEMBER(number, type, member, FIELD_CHOICE), .max = (largest), .names = (table)}
#define COUNT_IF(number, type, member) \
    {MEMBER(number, type, member, FIELD_COUNT), .max = INT64_MAX}
#define REQUIRED_TEXT(number, type, member, what) \
    {MEMBER(number, type, member, what), .required = true}
#define TEXT(number, type, member, what) {MEMBER(number, type, member, what)}
#define BOOT_ID(number, type, member) \
    {MEMBER(number, type, member, FIELD_BOOT_ID), .required = true}
#define COUNTS(number, type, member, length) \
    {MEMBER(number, type, member, FIELD_COUNTS), .required = true, .max = (length)}
#define COUNTS_IF(number, type, member, flag, length) \
    {MEMBER(number, type, member, FIELD_COUNTS), .beside = offsetof(struct type, flag), \
     .max = (length)}
#define HISTOGRAM(number, type, member) \
    {MEMBER(number, type, member, FIELD_HISTOGRAM), .required = true}
/* What came with a younger minor version: absent when empty. */
#define LATER_HISTOGRAM(number, type, member) {MEMBER(number, type, member, FIELD_HISTOGRAM)}
#define LATER_RECORDS(number, type, member, count, limit, table) \
    {MEMBER(number, type, member, FIELD_RECORDS), .beside = offsetof(struct type, count), \
     .max = (limit), .record = (table)}
#define ARRAY(number, type, member, what, count, limit, table) \
    {MEMBER(number, type, member, what), .required = (what) != FIELD_SKETCH, \
     .beside = offsetof(struct type, count), .max = (limit), .record = (table)}
/* clang-format on */

static_assert(sizeof(enum settlement) == sizeof(unsigned), "choices are read and written as such");
static_assert(TOPIC_NAME_MAX + 1 == REPORT_NAME_BYTES, "all names have one size");

static const struct conf_name poll_outcome_names[] = {
    {"complete", POLL_COMPLETE},
    {"partial", POLL_PARTIAL},
    {"failed", POLL_FAILED},
    {NULL, 0},
};

static const struct conf_name sampling_names[] = {
    {"none", REPORT_SAMPLING_NONE},
    {"systematic", REPORT_SAMPLING_SYSTEMATIC},
    {"probabilistic", REPORT_SAMPLING_PROBABILISTIC},
    {"flow-hash", REPORT_SAMPLING_FLOW_HASH},
    {NULL, 0},
};

static const struct conf_name method_names[] = {
    {"packets", REPORT_METHOD_PACKETS},
    {"connections", REPORT_METHOD_CONNECTIONS},
    {NULL, 0},
};

static const struct conf_name visibility_names[] = {
    {"unknown", REPORT_VISIBILITY_UNKNOWN},
    {"full", REPORT_VISIBILITY_FULL},
    {"offloaded", REPORT_VISIBILITY_OFFLOADED},
    {NULL, 0},
};

static const struct report_field observation_fields[] = {
    REQUIRED_TEXT(1, report_observation, observation_point, FIELD_LABEL),
    COUNT(2, report_observation, packet_delta_count),
    COUNT(3, report_observation, octet_delta_count),
    COUNT(4, report_observation, dropped_packet_delta_count),
    COUNTS(5, report_observation, outcomes, REPORT_OUTCOMES),
    OPTIONAL(6, report_observation, interface_octets),
    COUNT_BETWEEN(7, report_observation, sampling_interval, 1, UINT32_MAX),
    COUNT(8, report_observation, flows_started),
    COUNTS(9, report_observation, flows_ended, REPORT_END_REASONS),
    COUNT(10, report_observation, not_stored_octets),
    FLAG(11, report_observation, failed),
    CHOICE_IF(12, report_observation, sampling, REPORT_SAMPLING_FLOW_HASH, sampling_names),
    COUNT_IF(13, report_observation, sampling_changes),
    OPTIONAL(14, report_observation, scaled_packets),
    OPTIONAL(15, report_observation, scaled_octets),
    OPTIONAL(16, report_observation, scaled_packets_error),
    OPTIONAL(17, report_observation, scaled_octets_error),
    CHOICE_IF(18, report_observation, visibility, REPORT_VISIBILITY_OFFLOADED, visibility_names),
    CHOICE_IF(19, report_observation, method, REPORT_METHOD_CONNECTIONS, method_names),
    TEXT(20, report_observation, beside, FIELD_LABEL),
};

static const struct report_field destination_fields[] = {
    REQUIRED_TEXT(1, report_destination, name, FIELD_LABEL),
    COUNT(2, report_destination, downstream_octets),
    COUNT(3, report_destination, upstream_octets),
    COUNT(4, report_destination, lines),
    HISTOGRAM(5, report_destination, external_rtt_us),
    HISTOGRAM(6, report_destination, internal_rtt_us),
    COUNT(7, report_destination, tcp_segments),
    COUNT(8, report_destination, tcp_retransmitted),
};

static const struct report_field wlan_fields[] = {
    TEXT(1, report_wlan, ssid, FIELD_LABEL),
    COUNT(2, report_wlan, downstream_octets),
    COUNT(3, report_wlan, upstream_octets),
    ARRAY(4, report_wlan, users, FIELD_SKETCH, users_length, DISTINCT_BYTES_MAX, NULL),
};

static bool destination_is_sound(const void *record)
{
    const struct report_destination *destination = record;
    return destination->tcp_retransmitted <= destination->tcp_segments;
}

static const struct report_table destination_table = {
    destination_fields, LENGTH(destination_fields), sizeof(struct report_destination),
    destination_is_sound};
static const struct report_table wlan_table = {wlan_fields, LENGTH(wlan_fields),
                                               sizeof(struct report_wlan), NULL};

static const struct report_field cell_fields[] = {
    TEXT(1, report_cell, access_node, FIELD_NAME),
    TEXT(2, report_cell, area, FIELD_NAME),
    CHOICE(3, report_cell, settlement, SETTLEMENT_RURAL, settlement_names),
    CHOICE(4, report_cell, residence, RESIDENCE_BUSINESS, residence_names),
    CHOICE(5, report_cell, technology, TECHNOLOGY_COUNT - 1, access_technology_names),
    CHOICE(6, report_cell, key_kind, LINE_KEY_COUNT - 1, line_key_kind_names),
    COUNT(7, report_cell, lines_active),
    COUNT(8, report_cell, downstream_octets),
    COUNT(9, report_cell, upstream_octets),
    HISTOGRAM(10, report_cell, peak_bits_per_s),
    HISTOGRAM(11, report_cell, external_rtt_us),
    HISTOGRAM(12, report_cell, internal_rtt_us),
    COUNT(13, report_cell, tcp_segments),
    COUNT(14, report_cell, tcp_retransmitted),
    ARRAY(15, report_cell, line_pseudonyms, FIELD_PSEUDONYMS, line_pseudonym_count,
          REPORT_PSEUDONYMS_MAX, NULL),
    ARRAY(16, report_cell, devices, FIELD_SKETCH, devices_length, DISTINCT_BYTES_MAX, NULL),
    LATER_HISTOGRAM(17, report_cell, demand_bits_per_s),
    OPTIONAL(18, report_cell, accounted_downstream_octets),
    OPTIONAL(19, report_cell, accounted_upstream_octets),
    LATER_RECORDS(20, report_cell, destinations, destination_count, REPORT_DESTINATIONS_MAX,
                  &destination_table),
    LATER_RECORDS(21, report_cell, wlans, wlan_count, REPORT_WLANS_MAX, &wlan_table),
};

static const struct report_field lines_fields[] = {
    CHOICE(1, report_lines, technology, TECHNOLOGY_COUNT - 1, access_technology_names),
    OPTIONAL(2, report_lines, provisioned),
    OPTIONAL(3, report_lines, active),
    COUNTS_IF(4, report_lines, capability, capability_known, CAPABILITY_CLASSES),
    FLAG(5, report_lines, capability_measured),
    OPTIONAL(6, report_lines, named),
};

static const struct report_field elements_fields[] = {
    CHOICE(1, report_elements, kind, ELEMENT_WTP, element_kind_names),
    CHOICE(2, report_elements, state, ELEMENT_STANDBY, element_state_names),
    CHOICE_IF(3, report_elements, model_class, MODEL_COUNT - 1, model_class_names),
    CHOICE_IF(4, report_elements, technology, TECHNOLOGY_COUNT - 1, access_technology_names),
    CHOICE_IF(5, report_elements, service, WLAN_PRIVATE, wlan_service_names),
    ARRAY(6, report_elements, pseudonyms, FIELD_PSEUDONYMS, pseudonym_count, REPORT_PSEUDONYMS_MAX,
          NULL),
};

static const struct report_field network_fields[] = {
    TEXT(1, report_network, ssid, FIELD_LABEL),
    COUNT(2, report_network, networks),
    OPTIONAL(3, report_network, stations),
};

static const struct report_field source_fields[] = {
    REQUIRED_TEXT(1, report_source, quantity, FIELD_LABEL),
    REQUIRED_TEXT(2, report_source, source, FIELD_LABEL),
    CHOICE_IF(3, report_source, technology, TECHNOLOGY_COUNT - 1, access_technology_names),
    OPTIONAL(4, report_source, value),
    CHOICE(5, report_source, confidence, CONFIDENCE_SEEN, confidence_names),
    FLAG(6, report_source, published),
};

static const struct report_field interface_fields[] = {
    REQUIRED_TEXT(1, report_interface, name, FIELD_LABEL),
    CHOICE(2, report_interface, role, INTERFACE_ROLE_CLOUD_CENTRE, interface_role_names),
    FLAG(3, report_interface, up),
    OPTIONAL(4, report_interface, high_speed_mbit_s),
    OPTIONAL(5, report_interface, in_octets),
    OPTIONAL(6, report_interface, out_octets),
    COUNT(7, report_interface, duration_ms),
};

static const struct report_field gap_fields[] = {
    BOOT_ID(1, report_gap, boot_id),
    COUNT_BETWEEN(2, report_gap, first_sequence, 1, INT64_MAX),
    COUNT_BETWEEN(3, report_gap, last_sequence, 1, INT64_MAX),
};

/* Every packet has exactly one outcome. */
static bool observation_is_sound(const void *record)
{
    const struct report_observation *observation = record;
    uint64_t left = observation->packet_delta_count;
    for (size_t i = 0; i < REPORT_OUTCOMES; i++) {
        if (observation->outcomes[i] > left)
            return false;
        left -= observation->outcomes[i];
    }
    return left == 0;
}

static bool cell_is_sound(const void *record)
{
    const struct report_cell *cell = record;
    return cell->tcp_retransmitted <= cell->tcp_segments;
}

static bool gap_is_sound(const void *record)
{
    const struct report_gap *gap = record;
    return gap->first_sequence <= gap->last_sequence;
}

static const struct report_table observation_table = {
    observation_fields, LENGTH(observation_fields), sizeof(struct report_observation),
    observation_is_sound};
static const struct report_table cell_table = {cell_fields, LENGTH(cell_fields),
                                               sizeof(struct report_cell), cell_is_sound};
static const struct report_table lines_table = {lines_fields, LENGTH(lines_fields),
                                                sizeof(struct report_lines), NULL};
static const struct report_table interface_table = {interface_fields, LENGTH(interface_fields),
                                                    sizeof(struct report_interface), NULL};
static const struct report_table elements_table = {elements_fields, LENGTH(elements_fields),
                                                   sizeof(struct report_elements), NULL};
static const struct report_table network_table = {network_fields, LENGTH(network_fields),
                                                  sizeof(struct report_network), NULL};
static const struct report_table source_table = {source_fields, LENGTH(source_fields),
                                                 sizeof(struct report_source), NULL};
static const struct report_table gap_table = {gap_fields, LENGTH(gap_fields),
                                              sizeof(struct report_gap), gap_is_sound};

static const struct report_field inventory_fields[] = {
    REQUIRED_TEXT(1, report_inventory, access_node, FIELD_NAME),
    TEXT(2, report_inventory, area, FIELD_NAME),
    CHOICE(3, report_inventory, settlement, SETTLEMENT_RURAL, settlement_names),
    CHOICE(4, report_inventory, residence, RESIDENCE_BUSINESS, residence_names),
    TEXT(5, report_inventory, profile, FIELD_NAME),
    CHOICE(6, report_inventory, confidence, CONFIDENCE_SEEN, confidence_names),
    CHOICE(7, report_inventory, outcome, POLL_FAILED, poll_outcome_names),
    COUNT(8, report_inventory, polled_unix_ns),
    OPTIONAL(9, report_inventory, wtp_configured),
    OPTIONAL(10, report_inventory, wtp_run),
    OPTIONAL(11, report_inventory, stations_associated),
    OPTIONAL(12, report_inventory, sessions_total),
    ARRAY(13, report_inventory, wtp_pseudonyms, FIELD_PSEUDONYMS, wtp_pseudonym_count,
          REPORT_PSEUDONYMS_MAX, NULL),
    ARRAY(14, report_inventory, lines, FIELD_RECORDS, line_count, REPORT_LINES_MAX, &lines_table),
    ARRAY(15, report_inventory, interfaces, FIELD_RECORDS, interface_count, REPORT_INTERFACES_MAX,
          &interface_table),
    LATER_RECORDS(16, report_inventory, elements, element_count, REPORT_ELEMENTS_MAX,
                  &elements_table),
    LATER_RECORDS(17, report_inventory, networks, network_count, REPORT_NETWORKS_MAX,
                  &network_table),
    LATER_RECORDS(18, report_inventory, sources, source_count, REPORT_SOURCES_MAX, &source_table),
};

static const struct report_table inventory_table = {inventory_fields, LENGTH(inventory_fields),
                                                    sizeof(struct report_inventory), NULL};

static const struct report_field report_fields[] = {
    REQUIRED_TEXT(1, report, operator_name, FIELD_IDENTITY),
    REQUIRED_TEXT(2, report, probe_name, FIELD_IDENTITY),
    TEXT(3, report, agent_version, FIELD_LABEL),
    BOOT_ID(4, report, boot_id),
    COUNT_BETWEEN(5, report, sequence, 1, INT64_MAX),
    COUNT(6, report, interval_start_unix_ns),
    COUNT(7, report, interval_start_mono_ns),
    COUNT_BETWEEN(8, report, interval_ms, 1, REPORT_INTERVAL_MS_MAX),
    FLAG(9, report, wall_trusted),
    HASH(10, report, configuration_hash),
    COUNT(11, report, suppressed_lines),
    ARRAY(12, report, observations, FIELD_RECORDS, observation_count, REPORT_OBSERVATIONS_MAX,
          &observation_table),
    ARRAY(13, report, cells, FIELD_RECORDS, cell_count, REPORT_CELLS_MAX, &cell_table),
    ARRAY(14, report, inventories, FIELD_RECORDS, inventory_count, REPORT_INVENTORIES_MAX,
          &inventory_table),
    ARRAY(15, report, gaps, FIELD_RECORDS, gap_count, REPORT_GAPS_MAX, &gap_table),
    COUNT_BETWEEN(16, report, schedule_ms, REPORT_SCHEDULE_MS_MIN, REPORT_INTERVAL_MS_MAX),
};

const struct report_table report_table = {report_fields, LENGTH(report_fields),
                                          sizeof(struct report), NULL};

bool report_name_allows(uint32_t code_point, bool first)
{
    if (code_point >= 0x80)
        return utf8_is_printable(code_point);
    bool letter = (code_point >= 'a' && code_point <= 'z') ||
                  (code_point >= 'A' && code_point <= 'Z') ||
                  (code_point >= '0' && code_point <= '9');
    bool sign = code_point == '_' || code_point == ':';
    bool inner = code_point == '.' || code_point == '/' || code_point == '-';
    return letter || sign || (inner && !first);
}
