/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One interval's counts per cell, in memory taken at the start. The capture thread fills a block;
 * from line_meter_turn to line_counts_release it belongs to the thread that reports it. Inside
 * probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_COUNTS_H
#define LASTMILE_PROBE_LINE_LINE_COUNTS_H

#include "common/distinct.h"
#include "probe/line/line_meter.h"

#include <stdatomic.h>

struct cell_counts {
    bool used;
    enum line_key_kind weakest;
    uint64_t lines_active;
    uint64_t octets[2]; /* 0 down, 1 up */
    uint64_t segments, retransmitted;
    struct histogram peak_bits_per_s, external_rtt_us, internal_rtt_us;
    struct distinct *devices;
    bool accounted;               /* a RADIUS record was seen */
    uint64_t accounted_octets[2]; /* 0 down, 1 up */
    struct histogram demand_bits_per_s;
};

struct destination_counts {
    bool used;
    uint64_t octets[2];
    uint64_t lines; /* that have reached the month's threshold now */
    uint64_t segments, retransmitted;
    struct histogram external_rtt_us, internal_rtt_us;
};

struct wlan_counts {
    bool used;
    uint64_t octets[2];
    struct distinct *users; /* NULL in cells that are no WLAN's */
};

struct new_line {
    uint64_t pseudonym;
    uint32_t cell;
};

/* A line that was active in the interval: kept where parts are to be joined. */
struct active_line {
    uint64_t pseudonym;
    uint64_t peak_octets;
    uint32_t cell;
    uint8_t kind; /* enum line_key_kind */
    bool traffic; /* else it had a session only, and has no peak */
};

/* What a block has room for. The names are the line meter's. */
struct line_counts_room {
    const struct access_rule *cells; /* the last: what no rule matches */
    size_t cell_count, new_line_limit;
    size_t active_line_limit; /* 0: active lines are not kept */
    unsigned devices_precision;
    const char (*classes)[REPORT_NAME_BYTES];
    size_t class_count; /* 0: destinations are not told apart */
    const char (*ssids)[SSID_BYTES_MAX + 1];
    size_t ssid_count; /* 1: networks are not told apart */
};

struct line_counts {
    struct line_counts_room room;
    size_t cell_count;
    struct cell_counts *counts;              /* one per cell */
    struct destination_counts *destinations; /* a row of class_count per cell */
    struct wlan_counts *wlans;               /* a row of ssid_count per cell */
    struct new_line *new_lines;
    size_t new_line_count;
    struct active_line *active_lines;
    size_t active_line_count;
    uint64_t suppressed_lines;
    bool sampled; /* some packets stood for others */
    atomic_bool handed_over;
};

/* 0 or -ENOMEM. */
int line_counts_init(struct line_counts *counts, const struct line_counts_room *room);
void line_counts_fini(struct line_counts *counts);

#endif
