/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/line_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Networks are told apart where a rule says WLAN, and in the last cell. */
static int take_wlans(struct line_counts *counts)
{
    const struct line_counts_room *room = &counts->room;
    if (room->ssid_count <= 1)
        return 0;
    counts->wlans = calloc(room->cell_count * room->ssid_count, sizeof *counts->wlans);
    if (!counts->wlans)
        return -ENOMEM;
    for (size_t i = 0; i < room->cell_count * room->ssid_count; i++) {
        size_t cell = i / room->ssid_count;
        if (!room->cells[cell].wlan && cell + 1 != room->cell_count)
            continue;
        counts->wlans[i].users = distinct_new(room->devices_precision);
        if (!counts->wlans[i].users)
            return -ENOMEM;
    }
    return 0;
}

int line_counts_init(struct line_counts *counts, const struct line_counts_room *room)
{
    *counts = (struct line_counts){.room = *room};
    atomic_init(&counts->handed_over, false);
    counts->counts = calloc(room->cell_count, sizeof *counts->counts);
    counts->new_lines = calloc(room->new_line_limit, sizeof *counts->new_lines);
    counts->active_lines = calloc(room->active_line_limit + 1, sizeof *counts->active_lines);
    if (room->class_count > 0)
        counts->destinations =
            calloc(room->cell_count * room->class_count, sizeof *counts->destinations);
    if (!counts->counts || !counts->new_lines || !counts->active_lines ||
        (room->class_count > 0 && !counts->destinations))
        return -ENOMEM;
    for (; counts->cell_count < room->cell_count; counts->cell_count++) {
        counts->counts[counts->cell_count].devices = distinct_new(room->devices_precision);
        if (!counts->counts[counts->cell_count].devices)
            return -ENOMEM;
    }
    return take_wlans(counts);
}

void line_counts_fini(struct line_counts *counts)
{
    for (size_t i = 0; i < counts->cell_count; i++)
        distinct_free(counts->counts[i].devices);
    for (size_t i = 0; counts->wlans && i < counts->room.cell_count * counts->room.ssid_count; i++)
        distinct_free(counts->wlans[i].users);
    free(counts->counts);
    free(counts->destinations);
    free(counts->wlans);
    free(counts->new_lines);
    free(counts->active_lines);
}

static int write_sketch(const struct distinct *distinct, uint8_t **out_bytes, size_t *out_length)
{
    uint8_t bytes[DISTINCT_BYTES_MAX];
    int length = distinct_write(distinct, bytes, sizeof bytes);
    uint8_t *copy = length > 0 ? malloc((size_t)length) : NULL;
    if (!copy)
        return length < 0 ? length : -ENOMEM;
    memcpy(copy, bytes, (size_t)length);
    *out_bytes = copy;
    *out_length = (size_t)length;
    return 0;
}

static int write_destinations(const struct line_counts *counts, size_t number,
                              struct report_cell *cell)
{
    for (size_t i = 0; i < counts->room.class_count; i++) {
        const struct destination_counts *from =
            &counts->destinations[number * counts->room.class_count + i];
        struct report_destination *to = from->used ? report_cell_add_destination(cell) : NULL;
        if (!from->used)
            continue;
        if (!to)
            return -ENOMEM;
        memcpy(to->name, counts->room.classes[i], sizeof to->name);
        to->downstream_octets = from->octets[0];
        to->upstream_octets = from->octets[1];
        to->lines = from->lines;
        to->tcp_segments = from->segments;
        to->tcp_retransmitted = from->retransmitted;
        to->external_rtt_us = from->external_rtt_us;
        to->internal_rtt_us = from->internal_rtt_us;
    }
    return 0;
}

static int write_wlans(const struct line_counts *counts, size_t number, struct report_cell *cell)
{
    for (size_t i = 0; counts->wlans && i < counts->room.ssid_count; i++) {
        const struct wlan_counts *from = &counts->wlans[number * counts->room.ssid_count + i];
        struct report_wlan *to = from->used ? report_cell_add_wlan(cell) : NULL;
        if (!from->used)
            continue;
        if (!to)
            return -ENOMEM;
        memcpy(to->ssid, counts->room.ssids[i], sizeof counts->room.ssids[i]);
        to->downstream_octets = from->octets[0];
        to->upstream_octets = from->octets[1];
        int status = write_sketch(from->users, &to->users, &to->users_length);
        if (status < 0)
            return status;
    }
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
    const struct access_rule *what = &counts->room.cells[number];
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
    cell->demand_bits_per_s = from->demand_bits_per_s;
    if (from->accounted) {
        cell->accounted_downstream_octets = optional_u64(from->accounted_octets[0]);
        cell->accounted_upstream_octets = optional_u64(from->accounted_octets[1]);
    }
    int status = write_sketch(from->devices, &cell->devices, &cell->devices_length);
    if (status == 0)
        status = write_new_lines(counts, number, cell);
    if (status == 0)
        status = write_destinations(counts, number, cell);
    return status < 0 ? status : write_wlans(counts, number, cell);
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

static void clear_rows(struct line_counts *counts, size_t number)
{
    const struct line_counts_room *room = &counts->room;
    for (size_t i = number * room->class_count; i < (number + 1) * room->class_count; i++)
        if (counts->destinations[i].used)
            memset(&counts->destinations[i], 0, sizeof counts->destinations[i]);
    for (size_t i = 0; counts->wlans && i < room->ssid_count; i++) {
        struct wlan_counts *wlan = &counts->wlans[number * room->ssid_count + i];
        if (!wlan->used)
            continue;
        distinct_clear(wlan->users);
        *wlan = (struct wlan_counts){.users = wlan->users};
    }
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
        clear_rows(counts, i);
    }
    counts->new_line_count = counts->active_line_count = 0;
    counts->suppressed_lines = 0;
    counts->sampled = false;
    atomic_store_explicit(&counts->handed_over, false, memory_order_release);
}
