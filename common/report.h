/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * THE wire format: what a probe tells the collector about one interval. CBOR (RFC 8949, core
 * deterministic encoding), described in report.cddl; nothing else knows the bytes. Counts, sketches
 * and keyed pseudonyms only: no address, MAC, user name or raw line key has a field here.
 *
 * A report is built by report_new and the report_add_ functions, encoded once, and never changed
 * after. A decoded report owns all it holds. One thread per report.
 */
#ifndef LASTMILE_COMMON_REPORT_H
#define LASTMILE_COMMON_REPORT_H

#include "common/access.h"
#include "common/histogram.h"
#include "common/optional.h"
#include "common/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_VERSION          1 /* the major version; any probe talks to any collector of it */
#define REPORT_BYTES_MAX        (1 << 20)
#define REPORT_NAME_BYTES       64 /* area, access node, observation point, interface, profile */
#define REPORT_TEXT_BYTES       160
#define REPORT_OUTCOMES         5 /* decoded, truncated, malformed, unsupported, too_deep */
#define REPORT_END_REASONS      5 /* flowEndReason 1..5 (IPFIX 136) at index 0..4 */
#define REPORT_OBSERVATIONS_MAX 64
#define REPORT_CELLS_MAX        1024
#define REPORT_INVENTORIES_MAX  256
#define REPORT_DESTINATIONS_MAX 16   /* of one cell */
#define REPORT_WLANS_MAX        16   /* of one cell */
#define REPORT_LINES_MAX        64   /* of one inventory */
#define REPORT_INTERFACES_MAX   1024 /* of one inventory */
#define REPORT_ELEMENTS_MAX     64   /* groups, of one inventory */
#define REPORT_NETWORKS_MAX     32   /* of one inventory */
#define REPORT_SOURCES_MAX      64   /* of one inventory */
#define REPORT_GAPS_MAX         64
#define REPORT_PSEUDONYMS_MAX   65536 /* of one report, all cells and inventories together */
#define REPORT_BOOT_ID_BYTES    16
#define REPORT_INTERVAL_MS_MAX  86400000
#define REPORT_SCHEDULE_MS_MIN  1000

/* How packets were chosen (selectorAlgorithm, IPFIX 304; RFC 5475). */
enum report_sampling {
    REPORT_SAMPLING_NONE = 0,          /* every packet */
    REPORT_SAMPLING_SYSTEMATIC = 1,    /* count-based: one, then N - 1 not */
    REPORT_SAMPLING_PROBABILISTIC = 4, /* uniform: each packet with probability 1/N */
    REPORT_SAMPLING_FLOW_HASH = 6,     /* all packets of the flows whose keyed hash is small (the
                                          flowSelectorAlgorithm, IPFIX 390, of RFC 7014) */
};

/* Whether capture sees what its interface carries, judged over several intervals. */
enum report_visibility {
    REPORT_VISIBILITY_UNKNOWN = 0,   /* not comparable, or too little traffic to tell */
    REPORT_VISIBILITY_FULL = 1,      /* what the interface counts is what capture sees */
    REPORT_VISIBILITY_OFFLOADED = 2, /* octets go past capture: flow offload */
};

/* How an observation point counts. */
enum report_method {
    REPORT_METHOD_PACKETS = 0,     /* each packet, by capture */
    REPORT_METHOD_CONNECTIONS = 1, /* what the kernel's connection tracking counted: IP lengths, of
                                      flows that hardware forwards, too */
};

/* One observation point (IPFIX 138): a capture source and what it did not see. Counts are of the
 * packets handed over, as they are; scaled_ figures estimate what was there (sum of 1/p). Distinct
 * counts, sets of lines and round-trip times are never scaled. */
struct report_observation {
    char observation_point[REPORT_NAME_BYTES];
    uint64_t packet_delta_count;          /* handed over by capture */
    uint64_t octet_delta_count;           /* their original lengths */
    uint64_t dropped_packet_delta_count;  /* by the kernel's ring and the interface; scaled, where
                                             the kernel chose before it dropped */
    uint64_t outcomes[REPORT_OUTCOMES];   /* add up to packet_delta_count */
    struct optional_u64 interface_octets; /* by the interface's own counters, comparable with the
                                             scaled octets; unknown for a file, with a filter */
    uint64_t sampling_interval;           /* 1 = every packet, N = one of N (IPFIX 305); where it
                                             changed in the interval: the rounded mean */
    uint64_t flows_started;
    uint64_t flows_ended[REPORT_END_REASONS];
    uint64_t not_stored_octets; /* of packets that found no place in the flow table */
    bool failed;                /* the source was not readable for some of the interval */
    enum report_sampling sampling;
    uint64_t sampling_changes;                         /* of the rate, in the interval */
    struct optional_u64 scaled_packets, scaled_octets; /* unknown: the count, times the interval */
    struct optional_u64 scaled_packets_error;          /* standard errors of both: the square root
                                                          of the sum of (1 - p) / p^2 over those
                                                          taken and two more, for octets */
    struct optional_u64 scaled_octets_error;           /* of each times the size squared */
    enum report_visibility visibility;
    enum report_method method;
    char beside[REPORT_NAME_BYTES]; /* the observation point that counts the same traffic and is to
                                       be taken: this one is not to be added to it; "": this is */
};

/* The estimate of what went by, at most INT64_MAX: with neither figure of a younger probe, the
 * count times its interval. */
uint64_t report_scaled_packets(const struct report_observation *observation);
uint64_t report_scaled_octets(const struct report_observation *observation);

/* A cell's traffic with one class of destination (the operator's list of prefixes). */
struct report_destination {
    char name[REPORT_NAME_BYTES]; /* "cloud-weihai", "cdn", ...; "other": in no listed prefix */
    uint64_t downstream_octets, upstream_octets;
    uint64_t lines; /* that reached the threshold of octets (default 1,000,000, both ways together)
                       in this interval, for the first time in the city's calendar month: the sum
                       over a month's intervals is the month's lines. 0 for "other": not kept */
    struct histogram external_rtt_us, internal_rtt_us;
    uint64_t tcp_segments, tcp_retransmitted;
};

/* A cell's WLAN users by network. Names of networks that the operator has not declared public never
 * leave the probe: their traffic is the row without a name. */
struct report_wlan {
    char ssid[REPORT_NAME_BYTES]; /* or "" */
    uint64_t downstream_octets, upstream_octets;
    uint8_t *users; /* distinct_write of those who had traffic; owned; or NULL */
    size_t users_length;
};

/* Traffic and lines of one access node x technology x residence in the interval. */
struct report_cell {
    char access_node[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    enum access_technology technology;
    enum line_key_kind key_kind; /* the weakest kind among the lines of the cell */
    uint64_t lines_active;       /* distinct lines with traffic in the interval, or with a session:
                                    one was granted or accounted for */
    uint64_t downstream_octets, upstream_octets;
    struct histogram
        peak_bits_per_s; /* one entry per line with traffic: its busiest second, down */
    struct histogram external_rtt_us; /* SYN to SYN/ACK: the path beyond the probe */
    struct histogram internal_rtt_us; /* SYN/ACK to ACK: the customer's side */
    uint64_t tcp_segments, tcp_retransmitted;
    uint64_t *line_pseudonyms; /* lines first seen today by this probe; owned */
    size_t line_pseudonym_count;
    uint8_t *devices; /* distinct_write of those that had traffic in the interval: by address, but
                         neither of groups nor link-local; by MAC in WLAN frames; owned; or NULL */
    size_t devices_length;
    /* One entry per line and minute of the clock that lies in the busy hours and in which the line
     * was demanding: the 95th percentile of its sixty 1-second bins, down (line_meter.h). */
    struct histogram demand_bits_per_s;
    /* By RADIUS accounting, as far as the records of the interval say: a second source beside the
     * octets captured. Unknown where no record was seen. */
    struct optional_u64 accounted_downstream_octets, accounted_upstream_octets;
    struct report_destination *destinations; /* owned; classes with traffic */
    size_t destination_count;
    struct report_wlan *wlans; /* owned; networks with traffic */
    size_t wlan_count;
};

/* Lines of one technology on a polled device. */
struct report_lines {
    enum access_technology technology;
    struct optional_u64 provisioned, active;
    bool capability_known;
    uint64_t capability[CAPABILITY_CLASSES]; /* provisioned lines by class of downstream rate */
    bool capability_measured;                /* by the device (attainable), else by configuration */
    struct optional_u64 named; /* distinct terminals that the poll listed by a key of their own;
                                  unknown unless every row had one */
};

/* Terminals or access points of a device that are alike in all that is said here. */
struct report_elements {
    enum element_kind kind;
    enum element_state state;
    enum model_class model_class;
    enum access_technology technology; /* of terminals */
    enum wlan_service service;         /* of access points */
    uint64_t *pseudonyms;              /* of serial numbers or base MACs; owned */
    size_t pseudonym_count;
};

/* WLANs of a device: a row for each that is declared public, and one without a name for the rest.
 */
struct report_network {
    char ssid[REPORT_NAME_BYTES]; /* or "" */
    uint64_t networks;            /* how many the row stands for */
    struct optional_u64 stations;
};

/* Where a figure of a device comes from, and what other sources say. */
struct report_source {
    char quantity[REPORT_NAME_BYTES]; /* "wtp.run" */
    char source[REPORT_NAME_BYTES];   /* the object's name in its MIB */
    enum access_technology technology;
    struct optional_u64 value;
    enum confidence confidence;
    bool published;
};

/* One interface with a configured role. */
struct report_interface {
    char name[REPORT_NAME_BYTES]; /* ifName */
    enum interface_role role;
    bool up;
    struct optional_u64 high_speed_mbit_s;     /* ifHighSpeed */
    struct optional_u64 in_octets, out_octets; /* since the poll before; unknown after a reset */
    uint64_t duration_ms;                      /* that the deltas cover */
};

enum report_poll_outcome { POLL_COMPLETE = 0, POLL_PARTIAL = 1, POLL_FAILED = 2 };

/* One SNMP device at one poll. */
struct report_inventory {
    char access_node[REPORT_NAME_BYTES]; /* the device's configured name */
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    char profile[REPORT_NAME_BYTES]; /* "" when not recognised */
    enum confidence confidence;      /* the weakest among the objects used */
    enum report_poll_outcome outcome;
    uint64_t polled_unix_ns;
    struct optional_u64 wtp_configured, wtp_run, stations_associated;
    struct optional_u64 sessions_total;
    uint64_t *wtp_pseudonyms; /* of the WTPs in Run state first seen so today, where the device
                                 names them; owned. Also in elements, by younger probes */
    size_t wtp_pseudonym_count;
    struct report_lines *lines; /* owned */
    size_t line_count;
    struct report_interface *interfaces; /* owned */
    size_t interface_count;
    /* What the device lists one by one: all of it once in a city's day, in parts where it is much,
     * and in between what is new, has changed or runs for the first time that day. A set: the same
     * element may come again, and order says nothing. */
    struct report_elements *elements; /* owned */
    size_t element_count;
    struct report_network *networks; /* owned */
    size_t network_count;
    struct report_source *sources; /* owned; once in a day, and when they change */
    size_t source_count;
};

/* Reports that will never come, since the outbox does not hold them any more: dropped when it was
 * full, or damaged on its disk. A gap that names a stored report changes nothing. */
struct report_gap {
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t first_sequence, last_sequence; /* inclusive */
};

struct report {
    char operator_name[TOPIC_NAME_MAX + 1]; /* must equal the topic's */
    char probe_name[TOPIC_NAME_MAX + 1];
    char agent_version[REPORT_NAME_BYTES];
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t sequence;               /* from 1, per boot, one step a report */
    uint64_t interval_start_unix_ns; /* of the wall clock */
    uint64_t interval_start_mono_ns; /* of CLOCK_BOOTTIME */
    uint64_t interval_ms;            /* as long as it was: 1 to REPORT_INTERVAL_MS_MAX */
    uint64_t schedule_ms;            /* as long as it is meant to be (LMAP Schedule), from
                                        REPORT_SCHEDULE_MS_MIN: what is expected of the probe */
    bool wall_trusted;
    uint64_t configuration_hash;
    uint64_t suppressed_lines; /* excluded before any counting; the number only */
    struct report_observation *observations;
    size_t observation_count;
    struct report_cell *cells;
    size_t cell_count;
    struct report_inventory *inventories;
    size_t inventory_count;
    struct report_gap *gaps;
    size_t gap_count;
};

/* An empty report; NULL when memory is out. */
struct report *report_new(void);
void report_free(struct report *report);

/* Append one zeroed element, borrowed until the next add. NULL at the limit (errno ENOSPC) or out
 * of memory (ENOMEM). */
struct report_observation *report_add_observation(struct report *report);
struct report_cell *report_add_cell(struct report *report);
struct report_inventory *report_add_inventory(struct report *report);
struct report_destination *report_cell_add_destination(struct report_cell *cell);
struct report_wlan *report_cell_add_wlan(struct report_cell *cell);
struct report_lines *report_inventory_add_lines(struct report_inventory *inventory);
struct report_interface *report_inventory_add_interface(struct report_inventory *inventory);
struct report_elements *report_inventory_add_elements(struct report_inventory *inventory);
struct report_network *report_inventory_add_network(struct report_inventory *inventory);
struct report_source *report_inventory_add_source(struct report_inventory *inventory);
/* Counts one network and its stations into the row of its SSID (at most 32 octets), or, with NULL,
 * into the one without a name, of all that are not declared public. A row says how many stations it
 * has where all of its networks do. 0 or -ENOMEM. */
int report_inventory_count_network(struct report_inventory *inventory, const uint8_t *ssid,
                                   size_t length, struct optional_u64 stations);
struct report_gap *report_add_gap(struct report *report);

/* Encodes into memory that the caller frees. Pseudonyms are sorted and repeated ones dropped; bytes
 * that may not stand in a name become '_', and what is too long is cut. What it writes,
 * report_decode reads. 0, -ENOMEM, -EMSGSIZE above REPORT_BYTES_MAX or REPORT_PSEUDONYMS_MAX, or
 * -EINVAL when a field is out of its bounds (report_schema.c), which is a fault of the caller. */
int report_encode(const struct report *report, uint8_t **out_bytes, size_t *out_length);

/* Why bytes are no report; each is counted by the caller. */
enum report_fault {
    REPORT_OK = 0,
    REPORT_TOO_LARGE,
    REPORT_NOT_CBOR,      /* not well-formed, or cut */
    REPORT_NOT_CANONICAL, /* indefinite lengths, unsorted or repeated keys, trailing bytes */
    REPORT_WRONG_VERSION,
    REPORT_WRONG_TYPE,    /* a key holds another type than the CDDL says, or is missing */
    REPORT_OUT_OF_BOUNDS, /* a limit above, a name that is none, outcomes that do not add up */
    REPORT_NO_MEMORY,
    REPORT_FAULTS,
};
const char *report_fault_name(enum report_fault fault);

/* Counts and times are at most 2^63-1, so that SQL and JSON can hold them.
 * Names of areas, access nodes and profiles: ASCII letters, digits and . _ : / - , and printable
 * characters of other scripts; the first is none of . / -. Other names: printable UTF-8.
 *
 * Decodes strangers' bytes, bounded in depth and size; unknown keys are skipped (a younger minor
 * version). *out_report is set only on REPORT_OK; free it with report_free. */
enum report_fault report_decode(const uint8_t *bytes, size_t length, struct report **out_report);

/* Reads what every version says alike, also of a report that report_decode refuses: whose it is,
 * its boot and its sequence, nothing else. What follows these is not looked at. */
enum report_fault report_decode_head(const uint8_t *bytes, size_t length,
                                     struct report **out_report);

/* The collector's answer (topic .../receipt, retained): per boot, the highest sequence up to which
 * everything is committed or declared a gap. */
#define RECEIPT_BOOTS_MAX 16
#define RECEIPT_BYTES_MAX 1024
struct receipt {
    struct receipt_boot {
        uint8_t boot_id[REPORT_BOOT_ID_BYTES];
        uint64_t contiguous_sequence; /* 0: none yet */
    } boots[RECEIPT_BOOTS_MAX];
    size_t boot_count;
    uint64_t unix_ns; /* the collector's clock when it took the last report; 0: it does not say */
};
/* Length written, or -ENOSPC. */
int receipt_encode(const struct receipt *receipt, uint8_t *out, size_t size);
/* 0, or -EPROTO. */
int receipt_decode(const uint8_t *bytes, size_t length, struct receipt *out_receipt);

/* The probe's own word (topic .../state, retained, and the will): "online" with its boot, or
 * "offline". Small enough for text; read only to be shown. */

#endif
