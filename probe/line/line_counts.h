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

#define LINE_DEVICES_PRECISION 12

struct cell_counts {
    bool used;
    enum line_key_kind weakest;
    uint64_t lines_active;
    uint64_t octets[2]; /* 0 down, 1 up */
    uint64_t segments, retransmitted;
    struct histogram peak_bits_per_s, external_rtt_us, internal_rtt_us;
    struct distinct *devices;
};

struct new_line {
    uint64_t pseudonym;
    uint32_t cell;
};

struct line_counts {
    const struct access_rule *cells; /* what each cell is; the line meter's */
    size_t cell_count;
    struct cell_counts *counts; /* one per cell */
    struct new_line *new_lines;
    size_t new_line_count, new_line_limit;
    uint64_t suppressed_lines;
    atomic_bool handed_over;
};

/* 0 or -ENOMEM. */
int line_counts_init(struct line_counts *counts, const struct access_rule *cells, size_t cell_count,
                     size_t new_line_limit);
void line_counts_fini(struct line_counts *counts);

#endif
