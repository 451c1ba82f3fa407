/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/line_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int line_counts_init(struct line_counts *counts, const struct access_rule *cells, size_t cell_count,
                     size_t new_line_limit)
{
    *counts = (struct line_counts){.cells = cells, .new_line_limit = new_line_limit};
    atomic_init(&counts->handed_over, false);
    counts->counts = calloc(cell_count, sizeof *counts->counts);
    counts->new_lines = calloc(new_line_limit, sizeof *counts->new_lines);
    if (!counts->counts || !counts->new_lines)
        return -ENOMEM;
    for (; counts->cell_count < cell_count; counts->cell_count++) {
        counts->counts[counts->cell_count].devices = distinct_new(LINE_DEVICES_PRECISION);
        if (!counts->counts[counts->cell_count].devices)
            return -ENOMEM;
    }
    return 0;
}

void line_counts_fini(struct line_counts *counts)
{
    for (size_t i = 0; i < counts->cell_count; i++)
        distinct_free(counts->counts[i].devices);
    free(counts->counts);
    free(counts->new_lines);
}

static int write_devices(const struct distinct *devices, struct report_cell *cell)
{
    uint8_t bytes[DISTINCT_BYTES_MAX];
    int length = distinct_write(devices, bytes, sizeof bytes);
    if (length < 0)
        return length;
    cell->devices = malloc((size_t)length);
    if (!cell->devices)
        return -ENOMEM;
    memcpy(cell->devices, bytes, (size_t)length);
    cell->devices_length = (size_t)length;
    return 0;
}

static int write_new_lines(const struct line_counts *counts, size_t number,
                           struct report_cell *cell)
{
    size_t mine = 0;
    for (size_t i = 0; i < counts->new_line_count; i++)
        mine += counts->new_lines[i].cell == number;
    if (mine == 0)
        return 0;
    cell->line_pseudonyms = malloc(mine * sizeof *cell->line_pseudonyms);
    if (!cell->line_pseudonyms)
        return -ENOMEM;
    for (size_t i = 0; i < counts->new_line_count; i++)
        if (counts->new_lines[i].cell == number)
            cell->line_pseudonyms[cell->line_pseudonym_count++] = counts->new_lines[i].pseudonym;
    return 0;
}

static int write_cell(const struct line_counts *counts, size_t number, struct report *report)
{
    const struct access_rule *what = &counts->cells[number];
    const struct cell_counts *from = &counts->counts[number];
    struct report_cell *cell = report_add_cell(report);
    if (!cell)
        return -ENOSPC;
    memcpy(cell->access_node, what->access_node, sizeof cell->access_node);
    memcpy(cell->area, what->area, sizeof cell->area);
    cell->settlement = what->settlement;
    cell->residence = what->residence;
    cell->technology = what->technology;
    cell->key_kind = from->weakest;
    cell->lines_active = from->lines_active;
    cell->downstream_octets = from->octets[0];
    cell->upstream_octets = from->octets[1];
    cell->peak_bits_per_s = from->peak_bits_per_s;
    cell->external_rtt_us = from->external_rtt_us;
    cell->internal_rtt_us = from->internal_rtt_us;
    cell->tcp_segments = from->segments;
    cell->tcp_retransmitted = from->retransmitted;
    int status = write_devices(from->devices, cell);
    return status < 0 ? status : write_new_lines(counts, number, cell);
}

int line_counts_report(const struct line_counts *counts, struct report *report)
{
    report->suppressed_lines += counts->suppressed_lines;
    for (size_t i = 0; i < counts->cell_count; i++) {
        int status = counts->counts[i].used ? write_cell(counts, i, report) : 0;
        if (status < 0)
            return status;
    }
    return 0;
}

void line_counts_release(struct line_counts *counts)
{
    for (size_t i = 0; i < counts->cell_count; i++) {
        struct cell_counts *cell = &counts->counts[i];
        if (!cell->used)
            continue;
        struct distinct *devices = cell->devices;
        distinct_clear(devices);
        memset(cell, 0, sizeof *cell);
        cell->devices = devices;
    }
    counts->new_line_count = 0;
    counts->suppressed_lines = 0;
    atomic_store_explicit(&counts->handed_over, false, memory_order_release);
}
