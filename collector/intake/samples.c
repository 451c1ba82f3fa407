/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/samples.h"

#include "common/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILL_MAX 1440 /* steps that one interval may fill */

/* A report on its way. */
struct source {
    struct samples *samples;
    struct registry *registry;
    const struct journal_row *row;
    const struct report *report;
    uint64_t end_s;
    double interval_s;
};

static int append(struct samples *samples, const struct series_sample *sample)
{
    if (samples->count == samples->capacity) {
        size_t capacity = samples->capacity ? samples->capacity * 2 : 256;
        struct series_sample *grown = realloc(samples->list, capacity * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        samples->list = grown;
        samples->capacity = capacity;
    }
    samples->list[samples->count++] = *sample;
    return 0;
}

static int add(const struct source *source, struct series_key key,
               const double values[SERIES_SOURCES_MAX])
{
    struct series_sample sample = {.kind = key.kind};
    key.probe_id = source->row->probe_id;
    int status = registry_series_id(source->registry, &key, &sample.series_id, &sample.step_s);
    if (status != 0 || sample.series_id == 0 || sample.step_s == 0)
        return status; /* 0: the probe's cap left it out */
    memcpy(sample.values, values, sizeof sample.values);
    uint64_t steps = (uint64_t)(source->interval_s / (double)sample.step_s + 0.5);
    if (steps < 1)
        steps = 1;
    if (steps > FILL_MAX)
        steps = FILL_MAX;
    for (uint64_t i = steps; i-- > 0 && status == 0;) {
        sample.end_s = source->end_s - i * sample.step_s;
        status = append(source->samples, &sample);
    }
    return status;
}

static double known_or_nan(struct optional_u64 number)
{
    return number.known ? (double)number.value : NAN;
}

static int add_probe(const struct source *source)
{
    double packets = 0;
    double dropped = 0;
    double captured = 0;
    double interface_octets = 0;
    for (size_t i = 0; i < source->report->observation_count; i++) {
        const struct report_observation *o = &source->report->observations[i];
        if (o->beside[0] != '\0')
            continue; /* another has counted the same */
        packets += (double)report_scaled_packets(o);
        dropped += (double)o->dropped_packet_delta_count;
        if (o->interface_octets.known) {
            captured += (double)report_scaled_octets(o);
            interface_octets += (double)o->interface_octets.value;
        }
    }
    const double values[SERIES_SOURCES_MAX] = {
        packets / source->interval_s, dropped / source->interval_s,
        interface_octets > 0 ? captured / interface_octets : NAN};
    return add(source, (struct series_key){.kind = SERIES_PROBE}, values);
}

static bool is_same_branch(const struct report_cell *a, const struct report_cell *b)
{
    return a->technology == b->technology && strcmp(a->access_node, b->access_node) == 0;
}

/* Cells of one node and technology differ by residence: they are one series. */
static int add_cell(const struct source *source, size_t index)
{
    const struct report_cell *cells = source->report->cells;
    double values[SERIES_SOURCES_MAX] = {0};
    for (size_t i = 0; i < index; i++)
        if (is_same_branch(&cells[i], &cells[index]))
            return 0; /* was added with the first of them */
    for (size_t i = index; i < source->report->cell_count; i++) {
        if (!is_same_branch(&cells[i], &cells[index]))
            continue;
        values[0] += (double)cells[i].lines_active;
        values[1] += (double)cells[i].downstream_octets * 8 / source->interval_s;
        values[2] += (double)cells[i].upstream_octets * 8 / source->interval_s;
    }
    return add(source,
               (struct series_key){.kind = SERIES_TRAFFIC,
                                   .access_node = cells[index].access_node,
                                   .technology = cells[index].technology},
               values);
}

static int add_interface(const struct source *source, const struct report_inventory *inventory,
                         const struct report_interface *interface)
{
    if (interface->duration_ms == 0)
        return 0;
    double rate = 8000.0 / (double)interface->duration_ms;
    const double values[SERIES_SOURCES_MAX] = {known_or_nan(interface->in_octets) * rate,
                                               known_or_nan(interface->out_octets) * rate};
    return add(source,
               (struct series_key){.kind = SERIES_INTERFACE,
                                   .access_node = inventory->access_node,
                                   .interface_name = interface->name},
               values);
}

static int add_inventory(const struct source *source, const struct report_inventory *inventory)
{
    int status = 0;
    if (inventory->outcome == POLL_FAILED)
        return 0;
    for (size_t i = 0; i < inventory->line_count && status == 0; i++) {
        const struct report_lines *lines = &inventory->lines[i];
        const double values[SERIES_SOURCES_MAX] = {known_or_nan(lines->provisioned),
                                                   known_or_nan(lines->active)};
        status = add(source,
                     (struct series_key){.kind = SERIES_LINES,
                                         .access_node = inventory->access_node,
                                         .technology = lines->technology},
                     values);
    }
    if (status == 0 && (inventory->wtp_run.known || inventory->wtp_configured.known ||
                        inventory->stations_associated.known)) {
        const double values[SERIES_SOURCES_MAX] = {known_or_nan(inventory->wtp_run),
                                                   known_or_nan(inventory->wtp_configured),
                                                   known_or_nan(inventory->stations_associated)};
        status = add(
            source, (struct series_key){.kind = SERIES_WLAN, .access_node = inventory->access_node},
            values);
    }
    for (size_t i = 0; i < inventory->interface_count && status == 0; i++)
        status = add_interface(source, inventory, &inventory->interfaces[i]);
    return status;
}

int samples_add_report(struct samples *samples, struct registry *registry,
                       const struct journal_row *row, const struct report *report)
{
    uint64_t end_ns = row->start_ns + report->interval_ms * CLOCK_NS_PER_MS;
    const struct source source = {.samples = samples,
                                  .registry = registry,
                                  .row = row,
                                  .report = report,
                                  .end_s = end_ns / CLOCK_NS_PER_S,
                                  .interval_s = (double)report->interval_ms / 1000.0};
    int status = report->interval_ms ? add_probe(&source) : -EINVAL;
    for (size_t i = 0; i < report->cell_count && status == 0; i++)
        status = add_cell(&source, i);
    for (size_t i = 0; i < report->inventory_count && status == 0; i++)
        status = add_inventory(&source, &report->inventories[i]);
    return status;
}

static int compare_samples(const void *a, const void *b)
{
    const struct series_sample *x = a;
    const struct series_sample *y = b;
    if (x->series_id != y->series_id)
        return x->series_id < y->series_id ? -1 : 1;
    return (x->end_s > y->end_s) - (x->end_s < y->end_s);
}

void samples_sort(struct samples *samples)
{
    if (samples->count)
        qsort(samples->list, samples->count, sizeof *samples->list, compare_samples);
}

void samples_fini(struct samples *samples)
{
    free(samples->list);
    *samples = (struct samples){.count = 0};
}
