/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which counts of a table with margins may be shown (indicators.md 6.2, item 5). Pure: it knows
 * neither lines nor areas, only units that are counted along axes, and cells that are sums of them.
 *
 * A cell is sensitive when it has fewer than count_min units, when fewer than clusters_min clusters
 * contribute, or when it gives away an owner who has not agreed: it is the owner's own cell, more
 * than dominance_max of it is his, or there is one other owner in it, who could take his own away.
 * A sensitive cell is hidden, and then as many others as it takes.
 *
 * The guarantee is by construction. For every hidden cell there are "moves": units that change
 * places along some axes at once (from + corners of a box to its - corners, and back), so that
 * every cell that is shown keeps its number, while the hidden one changes by count_min or more
 * between the ends of what the corners can give. Whoever has all that is shown therefore cannot
 * tell one such table from the other, whatever he computes. Zeros are no secret: a kind that does
 * not occur where it is asked for is shown as absent, and no corner is taken below 1.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_DISCLOSURE_H
#define LASTMILE_COLLECTOR_EXPORT_DISCLOSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISCLOSURE_AXES 6
#define DISCLOSURE_ANY  UINT16_MAX /* a margin: the sum along that axis */

struct disclosure_place {
    uint16_t at[DISCLOSURE_AXES];
};

/* What one cluster has of one kind: a value on every axis. A cluster has one owner, and an owner's
 * clusters have numbers in a row. */
struct disclosure_part {
    struct disclosure_place place;
    uint32_t cluster; /* the same number for the same access node */
    uint64_t count;
};

struct disclosure_cell {
    struct disclosure_place place; /* no two cells have the same */
    double cost;                   /* of hiding it, above 0 */
    bool kept;                     /* shown in any case; also when it is sensitive */
    /* Set by disclosure_protect: */
    uint64_t count;
    uint32_t clusters;
    bool sensitive;
    bool shown;     /* not hidden, and not empty */
    uint64_t width; /* of a hidden one: how far apart the tables are that look the same */
};

struct disclosure_rules {
    uint64_t count_min;
    uint32_t clusters_min;
    double dominance_max;  /* 0..1 */
    size_t owner_axis;     /* whose values are owners */
    const bool *withholds; /* by owner: has not agreed; NULL: all have */
    size_t owner_count;
    /* Axes that say one thing in steps (a group and what is in it) change together: a bit an axis.
     */
    const uint8_t *axis_sets;
    size_t axis_set_count; /* at most DISCLOSURE_AXES */
    bool only_sensitive;   /* hide nothing else: to see what that gives away */
};

struct disclosure_summary {
    size_t cells;         /* that are not empty */
    size_t sensitive;     /* hidden for themselves */
    size_t complementary; /* hidden for the sake of others */
    size_t exposed;       /* hidden, yet given away by cells that are kept in any case */
};

/* Measures the cells and decides which are shown. 0 or -ENOMEM. Equal input gives equal output;
 * parts are sorted in place, cells keep their order. */
int disclosure_protect(const struct disclosure_rules *rules, struct disclosure_part *parts,
                       size_t part_count, struct disclosure_cell *cells, size_t cell_count,
                       struct disclosure_summary *out_summary);

#endif
