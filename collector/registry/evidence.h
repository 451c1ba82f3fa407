/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the registry knows of the network in a window of civil days: the raw material of every
 * indicator, as counts with what was missing beside them. It judges nothing and divides nothing.
 * An evidence is a snapshot of one read transaction; it owns its arrays.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_EVIDENCE_H
#define LASTMILE_COLLECTOR_REGISTRY_EVIDENCE_H

#include "common/access.h"
#include "common/histogram.h"
#include "common/optional.h"
#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

/* Civil days of the city (clock_city_day), inclusive. */
struct evidence_query {
    int64_t last_day;       /* the instant: the end of this day */
    uint64_t activity_days; /* window of "active": 90 */
    uint64_t presence_days; /* days of last_day's month on which a WTP must have been in Run: 15 */
    /* Ignore what arrived later (0 = everything): "as known on DATE". The reports of the window are
     * taken from the journal once more: exact as far back as the journal is kept (journal_days),
     * nothing before that; slow in proportion; the caps of probes are not applied again. */
    uint64_t as_known_ns;
};

/* The shorter window of "active", shown beside the longer (indicators.md 2.1). */
#define EVIDENCE_RECENT_DAYS 30

/* One technology on one access node. */
struct node_lines {
    enum access_technology technology;
    struct optional_u64 provisioned; /* by the device, at its last poll in the window */
    struct optional_u64 active_max;  /* by the device, highest of the window's polls */
    uint64_t seen; /* distinct line pseudonyms with traffic in the window, each at its last place */
    enum line_key_kind seen_key_kind; /* the weakest among them */
    bool capability_known;
    bool capability_measured;
    uint64_t capability[CAPABILITY_CLASSES];
    /* Terminals by pseudonym, each at the node that listed it last; those that their node lists no
     * longer are none. */
    struct optional_u64 named; /* distinct ones that the last poll listed; unknown unless all had a
                                  key */
    uint64_t listed;           /* that this node lists, wherever they were listed later */
    uint64_t terminals;        /* of them, those that no other node lists later */
    uint64_t terminals_run;    /* of terminals: online at least once in the window */
    uint64_t mdus, mdus_run;   /* of terminals and terminals_run: buildings' (class MDU) */
    struct optional_u64 registered; /* lines that the operator's imported register gives it */
    /* The same within the last EVIDENCE_RECENT_DAYS of the window. */
    struct optional_u64 active_max_recent;
    uint64_t seen_recent, terminals_run_recent, mdus_run_recent;
};

/* One access node: polled, seen in traffic, or only registered by its operator. */
struct node_evidence {
    char operator_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    bool reported;              /* a device poll or traffic arrived in the window */
    bool registered;            /* stands in the operator's imported register */
    int64_t last_day;           /* of its last report in the window; 0 when not reported */
    enum confidence confidence; /* the weakest used */
    struct node_lines *lines;
    size_t line_count;
};

/* WTPs of one WLAN controller. */
struct controller_evidence {
    char operator_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    bool reported, registered;
    struct optional_u64 registered_wtps;
    struct optional_u64 configured; /* at the last poll of the month */
    struct optional_u64 run_max;    /* highest count of the month */
    uint64_t named_present; /* distinct WTPs, by pseudonym, in Run on >= presence_days days; a WTP
                               that several controllers of an operator show is counted at the one
                               where it ran on the most days */
    uint64_t
        private_present; /* of named_present: those that are known to offer no public network */
    uint64_t named_seen; /* distinct WTPs by pseudonym in Run at least once in the month */
};

/* 1.3: hours above so many per cent of the speed. */
#define INTERFACE_LEVELS 3
extern const unsigned interface_levels_percent[INTERFACE_LEVELS]; /* 70, 80, 95 */

/* One interface with a role, over the month that holds last_day. */
struct interface_evidence {
    char operator_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    char name[REPORT_NAME_BYTES];
    enum interface_role role;
    struct optional_u64 high_speed_mbit_s;              /* last known */
    bool up;                                            /* at the last poll */
    uint64_t samples;                                   /* 5-minute means known in the month */
    struct optional_double p95_in_bit_s, p95_out_bit_s; /* nearest rank over the 5-minute means */
    /* Of samples: busier direction above these per cent of the speed; 0 while it is unknown. */
    uint64_t samples_above[INTERFACE_LEVELS];
};

/* One probe's intervals: what its schedule promised against what came, within the window. */
struct probe_evidence {
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    uint64_t
        expected_intervals; /* from its first report in the window to the window's end or now */
    uint64_t arrived_intervals;
    uint64_t gap_intervals; /* declared lost by the probe itself */
    uint64_t untrusted_clock_intervals;
    uint64_t captured_octets;             /* of observation points whose interface counters are */
    struct optional_u64 interface_octets; /* known: their ratio is the capture coverage */
    uint64_t dropped_packets, packets;
    uint64_t last_report_ns;
    uint64_t covered_days;    /* of the 31 up to the instant: reports cover 20 hours or more */
    int64_t last_covered_day; /* of the window; meaningless without one */
};

enum traffic_kind {
    TRAFFIC_LINES = 0,       /* all of the lines */
    TRAFFIC_DESTINATION = 1, /* with one class of destinations */
    TRAFFIC_PUBLIC_WLAN = 2, /* over networks that are declared public; no settlement, residence */
    TRAFFIC_OTHER_WLAN = 3,
};
extern const struct conf_name traffic_kind_names[];

enum traffic_measure {
    TRAFFIC_EXTERNAL_RTT,
    TRAFFIC_INTERNAL_RTT,
    TRAFFIC_DEMAND,
    TRAFFIC_MEASURES
};
extern const struct conf_name traffic_measure_names[];

/* A bucket of common/histogram.h that holds something. */
struct traffic_bin {
    uint64_t bucket, count;
};
struct traffic_bins {
    struct traffic_bin *bins; /* owned; ascending */
    size_t count;
};

/* Traffic of an operator in an area, over the month that holds last_day. */
struct traffic_evidence {
    char operator_name[TOPIC_NAME_MAX + 1];
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    enum traffic_kind kind;
    char class_name[REPORT_NAME_BYTES]; /* of TRAFFIC_DESTINATION; else "" */
    uint64_t days;                      /* of the month that said something */
    uint64_t reports;                   /* groups of lines x intervals that said something */
    uint64_t answered;                  /* of these, with a completed TCP handshake */
    uint64_t downstream_octets, upstream_octets;
    struct optional_u64 accounted_downstream_octets, accounted_upstream_octets;
    uint64_t lines;      /* that reached the threshold of octets in the month */
    uint64_t fast_lines; /* most in one report whose busiest second was from 800 Mbit/s */
    uint64_t tcp_segments, tcp_retransmitted;
    double user_days; /* distinct users of each day, added up over the days */
    struct traffic_bins measures[TRAFFIC_MEASURES]; /* microseconds; bit/s of demanding minutes */
};

/* A venue of the register in force, over the month that holds last_day: whatever is registered to
 * serve it, taken together. Closed ones, and those that open later, are none. */
struct venue_evidence {
    char venue[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    char operator_name[TOPIC_NAME_MAX + 1]; /* of the first that serves it; "" = of nothing yet */
    uint64_t known_days; /* on which a controller that serves it reported, or listed its point */
    uint64_t run_days;   /* on which an access point that serves it was in Run state */
};

struct evidence {
    struct node_evidence *nodes;
    size_t node_count;
    struct controller_evidence *controllers;
    size_t controller_count;
    struct interface_evidence *interfaces;
    size_t interface_count;
    struct probe_evidence *probes;
    size_t probe_count;
    struct venue_evidence *venues; /* by venue */
    size_t venue_count;
    struct traffic_evidence *traffic; /* by operator, area, settlement, residence, kind, class */
    size_t traffic_count;
};

/* 0, -ENOMEM or -EIO. now_ns ends the expectation of a window that is still running. Sorted by
 * operator, access node, name, so that equal data give equal bytes. */
int registry_collect_evidence(struct registry *registry, const struct evidence_query *query,
                              uint64_t now_ns, struct evidence **out_evidence);
void evidence_free(struct evidence *evidence);

/* A new element at the end of a list of the evidence, zeroed; NULL when memory is out. */
struct node_evidence *evidence_add_node(struct evidence *evidence);
struct node_lines *evidence_add_lines(struct node_evidence *node,
                                      enum access_technology technology);
struct controller_evidence *evidence_add_controller(struct evidence *evidence);
struct venue_evidence *evidence_add_venue(struct evidence *evidence);
struct traffic_evidence *evidence_add_traffic(struct evidence *evidence);
/* A bin behind the others; 0 or -ENOMEM. */
int traffic_bins_add(struct traffic_bins *bins, uint64_t bucket, uint64_t count);
/* Adds them to a histogram. */
void traffic_bins_merge(const struct traffic_bins *bins, struct histogram *into);
/* The order of an evidence: nodes by operator, name, residence, their lines by technology,
 * controllers and probes by operator and name, interfaces by operator, node and name. */
void evidence_sort(struct evidence *evidence);
/* Of two struct traffic_evidence, as qsort and bsearch ask. */
int evidence_compare_traffic(const void *a, const void *b);

/* Imported rows. Nothing is overwritten: a second row with the same key is a new vintage
 * (imported.h). */
struct denominator {
    char area[REPORT_NAME_BYTES];
    char variable[REPORT_NAME_BYTES];   /* "resident-households", "population", ... */
    char class_name[REPORT_NAME_BYTES]; /* "all", "urban", "rural" */
    double value;
    char unit[REPORT_NAME_BYTES];
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES]; /* final, preliminary, estimate */
    uint64_t imported_ns;           /* when it was taken in; the registry sets it */
};

struct declared_figure {
    char indicator[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    char operator_name[TOPIC_NAME_MAX + 1]; /* "" = of the whole area */
    double value;
    char unit[REPORT_NAME_BYTES];
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES]; /* final, preliminary, estimate */
    uint64_t imported_ns;           /* when it was taken in; the registry sets it */
};

/* One access node or controller of an operator's inventory: what there is to be covered. */
struct registered_node {
    char operator_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    enum access_technology technology; /* TECHNOLOGY_UNKNOWN with wtps for a WLAN controller */
    struct optional_u64 lines, wtps;
    char village[16]; /* its code in the register of villages, which tells urban from rural; "" */
    int64_t reference_day, published_day;
    char source[REPORT_TEXT_BYTES];
    char vintage[REPORT_NAME_BYTES];
    char status[REPORT_NAME_BYTES];
    uint64_t imported_ns;
};

/* Several rows in one transaction: begin, add, then commit or roll back (a dry run). */
int registry_import_begin(struct registry *registry, uint64_t now_ns);
/* 1 when it adds or changes something, 0 when the very row is known already, -EIO. */
int registry_import_denominator(struct registry *registry, const struct denominator *row);
int registry_import_declared(struct registry *registry, const struct declared_figure *row);
int registry_import_node(struct registry *registry, const struct registered_node *row);
int registry_import_end(struct registry *registry, bool commit);

#endif
