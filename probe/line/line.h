/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The line meter from inside: lines, and what leads to them. line_meter.c counts, line_identity.c
 * finds the line of a flow and learns names. Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_H
#define LASTMILE_PROBE_LINE_LINE_H

#include "probe/line/key_map.h"
#include "probe/line/line_counts.h"
#include "probe/line/perimeter.h"

#define LINE_CONTEXT_CELL (UINT32_C(1) << 31) /* a context that is a cell, not a line */
#define LINE_SUPPRESSED   (UINT16_MAX)        /* the cell of lines that must not be counted */

enum line_flag {
    LINE_IN_USE = 1,
    LINE_ACTIVE = 2,  /* in this interval */
    LINE_PENDING = 4, /* its pseudonym is new today and not yet handed over */
};

struct line {
    uint64_t pseudonym;
    uint64_t octets[2]; /* 0 down, 1 up */
    uint64_t second_octets, peak_octets;
    uint64_t seen_unix_ns;
    uint32_t second;  /* of unix time */
    int32_t city_day; /* on which it was last reported as seen */
    uint16_t cell;
    uint8_t kind; /* enum line_key_kind */
    uint8_t flags;
    uint32_t next_free;
};
_Static_assert(sizeof(struct line) == 64, "one cache line");

struct line_meter {
    struct access_rule *cells; /* the rules, and a last one for what matches none */
    size_t cell_count;
    struct vlan_range *suppressed;
    size_t suppressed_count;
    struct perimeter perimeter;
    const struct pseudonym *pseudonym;
    struct siphash_seed seed; /* of devices and of bindings */
    uint64_t line_idle_ns;
    struct line *lines;
    uint32_t capacity, high_water, first_free;
    struct key_map by_pseudonym, by_binding;
    struct line_totals totals;
    struct line_counts blocks[2], *counts;
};

/* Puts a line back among the free ones; what names it must be pruned. */
void line_give(struct line_meter *meter, uint32_t number);

#endif
