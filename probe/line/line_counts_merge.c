/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Blocks of several meters of one observation point become one.
 */
#include "probe/line/line_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- a line in several blocks ---- */

/* Parts of a line stand together, the one that counts first. */
static int by_line(const void *left, const void *right)
{
    const struct active_line *a = left;
    const struct active_line *b = right;
    if (a->pseudonym != b->pseudonym)
        return a->pseudonym < b->pseudonym ? -1 : 1;
    if (a->traffic != b->traffic)
        return a->traffic ? -1 : 1;
    if (a->peak_octets != b->peak_octets)
        return a->peak_octets > b->peak_octets ? -1 : 1;
    return a->cell < b->cell ? -1 : a->cell > b->cell;
}

static void count_once(struct line_counts *counts, const struct active_line *lines, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (lines[i].pseudonym != lines[i - 1].pseudonym)
            continue;
        struct cell_counts *cell = &counts->counts[lines[i].cell];
        cell->lines_active--;
        if (lines[i].traffic && !counts->sampled)
            histogram_remove(&cell->peak_bits_per_s, lines[i].peak_octets * 8);
    }
}

/* All active lines, each block's after the other's; NULL when memory is out. */
static struct active_line *gather_lines(struct line_counts *const *all, size_t count,
                                        size_t *out_lines)
{
    size_t lines = 0;
    for (size_t i = 0; i < count; i++)
        lines += all[i]->active_line_count;
    struct active_line *list = malloc((lines + 1) * sizeof *list);
    *out_lines = 0;
    for (size_t i = 0; list && i < count; i++) {
        memcpy(list + *out_lines, all[i]->active_lines, all[i]->active_line_count * sizeof *list);
        *out_lines += all[i]->active_line_count;
    }
    return list;
}

/* ---- names ---- */

static int make_room_for_names(struct line_counts *const *all, size_t count)
{
    size_t names = all[0]->room.new_line_limit;
    for (size_t i = 1; i < count; i++)
        names += all[i]->new_line_count;
    struct new_line *larger = realloc(all[0]->new_lines, names * sizeof *larger);
    if (!larger)
        return -ENOMEM;
    all[0]->new_lines = larger;
    return 0;
}

/* The same name from several blocks is written once (report_encode). */
static void add_names(struct line_counts *into, const struct line_counts *from)
{
    memcpy(into->new_lines + into->new_line_count, from->new_lines,
           from->new_line_count * sizeof *into->new_lines);
    into->new_line_count += from->new_line_count;
}

/* ---- cells ---- */

static void add_pair(uint64_t into[static 2], const uint64_t from[static 2])
{
    into[0] += from[0];
    into[1] += from[1];
}

static void add_cell(struct cell_counts *into, const struct cell_counts *from)
{
    into->used |= from->used;
    if (from->weakest > into->weakest)
        into->weakest = from->weakest;
    into->lines_active += from->lines_active;
    add_pair(into->octets, from->octets);
    into->segments += from->segments;
    into->retransmitted += from->retransmitted;
    histogram_merge(&into->peak_bits_per_s, &from->peak_bits_per_s);
    histogram_merge(&into->external_rtt_us, &from->external_rtt_us);
    histogram_merge(&into->internal_rtt_us, &from->internal_rtt_us);
    histogram_merge(&into->demand_bits_per_s, &from->demand_bits_per_s);
    (void)distinct_merge(into->devices, from->devices); /* of one precision */
    into->accounted |= from->accounted;
    add_pair(into->accounted_octets, from->accounted_octets);
}

static void add_destinations(struct line_counts *into, const struct line_counts *from)
{
    for (size_t i = 0; i < into->cell_count * into->room.class_count; i++) {
        struct destination_counts *to = &into->destinations[i];
        const struct destination_counts *more = &from->destinations[i];
        if (!more->used)
            continue;
        to->used = true;
        add_pair(to->octets, more->octets);
        to->lines += more->lines;
        to->segments += more->segments;
        to->retransmitted += more->retransmitted;
        histogram_merge(&to->external_rtt_us, &more->external_rtt_us);
        histogram_merge(&to->internal_rtt_us, &more->internal_rtt_us);
    }
}

static void add_wlans(struct line_counts *into, const struct line_counts *from)
{
    for (size_t i = 0; into->wlans && i < into->cell_count * into->room.ssid_count; i++) {
        if (!from->wlans[i].used)
            continue;
        into->wlans[i].used = true;
        add_pair(into->wlans[i].octets, from->wlans[i].octets);
        (void)distinct_merge(into->wlans[i].users, from->wlans[i].users);
    }
}

/* Where one of the blocks was sampled, all of the interval was: its peaks are not the lines'. */
static void settle_peaks(struct line_counts *counts)
{
    for (size_t i = 0; counts->sampled && i < counts->cell_count; i++) {
        counts->counts[i].peak_bits_per_s = (struct histogram){0};
        counts->counts[i].demand_bits_per_s = (struct histogram){0};
    }
}

int line_counts_merge(struct line_counts *const *all, size_t count)
{
    size_t lines;
    if (count < 2)
        return 0;
    struct active_line *list = gather_lines(all, count, &lines);
    if (!list || make_room_for_names(all, count) < 0) {
        free(list);
        return -ENOMEM;
    }
    struct line_counts *into = all[0];
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < into->cell_count; k++)
            if (all[i]->counts[k].used)
                add_cell(&into->counts[k], &all[i]->counts[k]);
        add_destinations(into, all[i]);
        add_wlans(into, all[i]);
        add_names(into, all[i]);
        into->suppressed_lines += all[i]->suppressed_lines;
        into->sampled |= all[i]->sampled;
    }
    settle_peaks(into);
    qsort(list, lines, sizeof *list, by_line);
    count_once(into, list, lines);
    free(list);
    return 0;
}
