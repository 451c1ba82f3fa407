/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From flows to subscriber lines: the best line key known becomes a pseudonym at once, and what its
 * packets say is counted per cell (access node x area x residence x technology). Nothing that
 * leaves this room is an address, a MAC or a line's raw name.
 *
 * The capture thread owns the object and allocates nothing after line_meter_new. At an interval's
 * end line_meter_turn hands the counts over as a block that another thread may turn into a report.
 */
#ifndef LASTMILE_PROBE_LINE_METER_H
#define LASTMILE_PROBE_LINE_METER_H

#include "common/access.h"
#include "common/report.h"
#include "probe/decode/line_hint.h"
#include "probe/flow/flow_table.h"
#include "probe/line/prefix_table.h"
#include "probe/line/pseudonym.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_NONE UINT32_MAX /* the context of a flow that belongs to no line and no cell */

/* Inclusive VIDs; 0..0 matches untagged, 0..4095 anything. */
struct vlan_range {
    uint16_t svlan_first, svlan_last;
    uint16_t cvlan_first, cvlan_last;
};

/* Which lines hang on which access node. The first rule that matches wins. */
struct access_rule {
    char observation_point[REPORT_NAME_BYTES]; /* "": any */
    struct vlan_range vlans;
    char access_node[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    enum access_technology technology;
    bool wlan;   /* users of a WLAN: devices and octets are counted, but no lines */
    bool routed; /* beyond a router: no MAC or VLAN names a line, only an address that RADIUS or
                    DHCP has bound to one; other traffic belongs to no line */
    char ssid[SSID_BYTES_MAX + 1]; /* of all users of these VLANs, where frames do not say it; "" */
};

/* Achieved rates under demand (indicators.md 3.4). Per line and minute of the wall clock: sixty
 * bins of one second hold the IP octets sent to the line, 0 where nothing was sent. The minute
 * counts when it begins in a busy hour and the line was demanding in it: it received a packet of a
 * flow that had by then (since the flow began) brought it more than `flow_octets`. Its value is the
 * 95th percentile of the bins by nearest rank, the fourth largest, in bit/s; the cell's histogram
 * gets one entry per line and minute, in the interval in which the minute's end is seen. */
struct line_demand_options {
    uint64_t flow_octets; /* 0: not measured */
    /* Hours of the city's day, 0 to 24; the first counts, the last does not: 19, 24. Where the last
     * is not above the first, the hours go over midnight; equal: all day. */
    unsigned busy_from_hour, busy_to_hour;
};

/* What the subscribers talk to, by the operator's list. Class 0, in no prefix, is "other". */
struct line_destination_options {
    const char (*names)[REPORT_NAME_BYTES]; /* of class 1 to name_count; copied */
    size_t name_count;                      /* at most LINE_CLASSES_MAX; 0: none are told apart */
    const struct prefix_class *prefixes;    /* copied */
    size_t prefix_count;
    uint64_t line_octets; /* a month's, both ways, from which a line counts for a class; 0: 1e6 */
};
#define LINE_CLASSES_MAX 15

/* RADIUS accounting. A session without a record for three interim intervals is over. */
struct line_accounting_options {
    size_t session_limit; /* sessions kept, about 100 bytes each; 0: RADIUS is not used */
    uint64_t interim_ns;  /* until a session's own interval is known; 0: 10 minutes */
    bool ignore_port_id;  /* NAS-Port-Id does not tell subscribers apart: take the account */
};

struct line_options {
    const char *observation_point;   /* rules for others are skipped; copied */
    const struct access_rule *rules; /* copied */
    size_t rule_count;               /* at most LINE_RULES_MAX */
    const struct ip_prefix *inside;  /* the subscribers' addresses: the perimeter; copied */
    size_t inside_count; /* 0: private and shared address space (RFC 1918, 6598, 4193) */
    const struct vlan_range *suppressed; /* lines that must not be counted; copied */
    size_t suppressed_count;
    const struct pseudonym *pseudonym; /* borrowed for the meter's life */
    size_t memory_bytes;               /* for lines and their keys; at least LINE_MEMORY_MIN */
    unsigned parts;                    /* meters whose counts line_counts_merge will join; 0 as 1 */
    uint64_t line_idle_ns;             /* a line is forgotten after; 0: never */
    unsigned devices_precision;        /* of the sketches: 12 to 14; 0: 12 */
    struct line_demand_options demand;
    struct line_destination_options destinations;
    struct line_accounting_options accounting;
    /* Networks that may be named; all others are counted together, without a name. Copied. */
    const char (*public_ssids)[SSID_BYTES_MAX + 1];
    size_t public_ssid_count; /* at most LINE_SSIDS_MAX, together with those of the rules */
    /* As in struct flow_options. */
    void *(*take_memory)(size_t bytes);
    void (*give_memory)(void *memory, size_t bytes);
};
#define LINE_MEMORY_MIN ((size_t)64 << 10)
#define LINE_SSIDS_MAX  15
#define LINE_RULES_MAX  1023

struct line_meter;

/* NULL with errno: EINVAL, ENOMEM. */
struct line_meter *line_meter_new(const struct line_options *options);
void line_meter_free(struct line_meter *meter);

/* Finds or makes the line that a flow belongs to; for struct flow_hooks. `context` is a line, a
 * WLAN cell, or LINE_NONE. */
struct flow_origin line_meter_flow_started(struct line_meter *meter, const struct packet *first,
                                           const struct flow_notes *notes);

/* A flow that began in an earlier interval has packets in this one: so its device is here. */
void line_meter_flow_alive(struct line_meter *meter, const struct flow_glimpse *flow);

/* Fetches what line_meter_flow_started will read for these flows, where it can, and notes what need
 * not be found out again. */
void line_meter_flows_expected(const struct line_meter *meter, struct flow_expected *flows,
                               size_t count);
/* A moment later: fetches the lines themselves, where a name leads to one. */
void line_meter_flows_awaited(const struct line_meter *meter, struct flow_expected *flows,
                              size_t count);

/* The lines, which line_meter_count will read: for struct flow_hooks. */
struct flow_beside line_meter_beside(const struct line_meter *meter);

/* Learns what a control protocol says of a line. */
void line_meter_learn(struct line_meter *meter, const struct line_hint *hint, uint64_t now_unix_ns);

/* Learns which network a cell of a WLAN belongs to. */
void line_meter_learn_wlan(struct line_meter *meter, const struct wlan_hint *hint);

/* Counts packets of flows that began with line_meter_flow_started, in order. */
void line_meter_count(struct line_meter *meter, const struct packet *packets,
                      const struct flow_verdict *verdicts, size_t count);

/* Each packet counted from now on stands for `interval` packets: the octets of cells, WLANs and
 * destinations are scaled by it. Lines, devices, round-trip times, and segments (only their ratio
 * matters) are not; and an interval with sampled packets reports neither peak nor achieved rates,
 * since the busiest of 60 noisy seconds is not the line's. From 1. */
void line_meter_set_sampling(struct line_meter *meter, uint32_t interval);

struct line_totals {
    uint64_t lines_active; /* in the interval so far */
    uint64_t lines_known;
    uint64_t lines_suppressed;    /* flows of excluded lines, in the interval so far */
    uint64_t lines_not_stored;    /* no memory left for, since the start */
    uint64_t sessions_active;     /* of RADIUS */
    uint64_t sessions_not_stored; /* no room left for, since the start */
    uint64_t bindings_not_stored; /* addresses, MACs and tags that found no room, since the start */
    uint64_t names_not_stored;    /* beside a line's first; since the start */
    uint64_t octets_unattributed; /* of flows that belong to no line and no cell, since the start */
};
struct line_totals line_meter_totals(const struct line_meter *meter);

/* The counts of one interval. */
struct line_counts;

/* Ends the interval: closes each active line's busiest second, hands over the counts, begins anew.
 * NULL when the block handed over before has not been given back. */
struct line_counts *line_meter_turn(struct line_meter *meter, uint64_t end_unix_ns);
/* Adds one report_cell per cell with traffic, and the suppressed lines. 0, -ENOMEM, or -ENOSPC when
 * the report is full (what fits is in). Any thread. */
int line_counts_report(const struct line_counts *counts, struct report *report);
/* Adds what the others counted to the first, as if one meter of the same options had counted all of
 * it. Cells and lists of destinations and networks add up, sketches are united, and a line is
 * counted once, though several meters may have had packets of it: its peak is then the busiest of
 * its parts. What each meter decides for itself adds up all the same: a minute of demand, and a
 * month's threshold for a class of destinations. The others stay as they are, to be released. 0, or
 * -ENOMEM with nothing changed. Any thread. */
int line_counts_merge(struct line_counts *const *all, size_t count);
/* Clears and gives back. Any thread. */
void line_counts_release(struct line_counts *counts);

#endif
