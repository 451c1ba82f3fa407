/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines and their counts: each packet finds its line by the number that its flow keeps; at the
 * interval's end each active line's busiest second, octets and name go into the cell's counts.
 */
#include "probe/line/line_meter.h"

#include "common/clock.h"
#include "probe/line/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MIN    ((size_t)64 << 10)
#define KEYS_PER_LINE 3 /* a line's pseudonyms, old and new; what is bound to it */

/* ---- construction ---- */

static size_t bytes_for(size_t lines)
{
    return lines * sizeof(struct line) + 2 * key_map_bytes(lines * KEYS_PER_LINE);
}

static size_t lines_within(size_t memory_bytes)
{
    size_t lines = 64;
    while (lines < LINE_CONTEXT_CELL / 2 && bytes_for(lines * 2) <= memory_bytes)
        lines *= 2;
    return lines;
}

static bool is_for(const struct access_rule *rule, const char *observation_point)
{
    return rule->observation_point[0] == '\0' ||
           strcmp(rule->observation_point, observation_point) == 0;
}

static int copy_rules(struct line_meter *meter, const struct line_options *options)
{
    const char *here = options->observation_point ? options->observation_point : "";
    meter->cells = calloc(options->rule_count + 1, sizeof *meter->cells);
    meter->suppressed = calloc(options->suppressed_count + 1, sizeof *meter->suppressed);
    if (!meter->cells || !meter->suppressed)
        return -ENOMEM;
    for (size_t i = 0; i < options->rule_count; i++)
        if (is_for(&options->rules[i], here))
            meter->cells[meter->cell_count++] = options->rules[i];
    struct access_rule *rest = &meter->cells[meter->cell_count++];
    size_t length = strnlen(here, sizeof rest->access_node - 1);
    memcpy(rest->access_node, here, length);
    if (options->suppressed_count > 0)
        memcpy(meter->suppressed, options->suppressed,
               options->suppressed_count * sizeof *meter->suppressed);
    meter->suppressed_count = options->suppressed_count;
    return 0;
}

static int take_tables(struct line_meter *meter, const struct line_options *options)
{
    meter->capacity = (uint32_t)lines_within(options->memory_bytes);
    size_t keys = (size_t)meter->capacity * KEYS_PER_LINE;
    size_t reported =
        meter->capacity < REPORT_PSEUDONYMS_MAX ? meter->capacity : REPORT_PSEUDONYMS_MAX;
    meter->lines = calloc(meter->capacity, sizeof *meter->lines);
    int status = meter->lines ? 0 : -ENOMEM;
    if (status == 0)
        status = key_map_init(&meter->by_pseudonym, keys);
    if (status == 0)
        status = key_map_init(&meter->by_binding, keys);
    for (size_t i = 0; status == 0 && i < 2; i++)
        status = line_counts_init(&meter->blocks[i], meter->cells, meter->cell_count, reported);
    return status;
}

/* The same key gives the same hashes of devices on every probe, so that sketches can be merged. */
static void derive_seed(struct line_meter *meter)
{
    meter->seed.k0 = pseudonym_of(meter->pseudonym, PSEUDONYM_DEVICE_SEED, "0", 1);
    meter->seed.k1 = pseudonym_of(meter->pseudonym, PSEUDONYM_DEVICE_SEED, "1", 1);
}

struct line_meter *line_meter_new(const struct line_options *options)
{
    if (options->rule_count > LINE_RULES_MAX || options->memory_bytes < MEMORY_MIN ||
        !options->pseudonym) {
        errno = EINVAL;
        return NULL;
    }
    struct line_meter *meter = calloc(1, sizeof *meter);
    if (!meter)
        return NULL;
    meter->pseudonym = options->pseudonym;
    meter->line_idle_ns = options->line_idle_ns;
    meter->first_free = LINE_NONE;
    meter->counts = &meter->blocks[0];
    derive_seed(meter);
    int status = perimeter_init(&meter->perimeter, options->inside, options->inside_count);
    if (status == 0)
        status = copy_rules(meter, options);
    if (status == 0)
        status = take_tables(meter, options);
    if (status == 0)
        return meter;
    line_meter_free(meter);
    errno = -status;
    return NULL;
}

void line_meter_free(struct line_meter *meter)
{
    if (!meter)
        return;
    for (size_t i = 0; i < 2; i++)
        line_counts_fini(&meter->blocks[i]);
    key_map_fini(&meter->by_binding);
    key_map_fini(&meter->by_pseudonym);
    perimeter_fini(&meter->perimeter);
    free(meter->lines);
    free(meter->suppressed);
    free(meter->cells);
    free(meter);
}

/* ---- counting ---- */

void line_meter_prefetch(const struct line_meter *meter, uint32_t context)
{
    if (context < meter->capacity)
        __builtin_prefetch(&meter->lines[context], 1, 3);
}

static void count_quality(struct cell_counts *cell, const struct flow_verdict *verdict)
{
    cell->segments += (verdict->events & FLOW_SEGMENT) != 0;
    cell->retransmitted += (verdict->events & FLOW_RETRANSMITTED) != 0;
    if (verdict->events & FLOW_EXTERNAL_RTT)
        histogram_add(&cell->external_rtt_us, verdict->rtt_ns / 1000);
    if (verdict->events & FLOW_INTERNAL_RTT)
        histogram_add(&cell->internal_rtt_us, verdict->rtt_ns / 1000);
}

static void close_second(struct line *line)
{
    if (line->second_octets > line->peak_octets)
        line->peak_octets = line->second_octets;
    line->second_octets = 0;
}

static void count_on_line(struct line_meter *meter, struct line *line, const struct packet *packet,
                          unsigned up)
{
    uint32_t second = (uint32_t)(packet->time_unix_ns / CLOCK_NS_PER_S);
    if (!(line->flags & LINE_ACTIVE)) {
        line->flags |= LINE_ACTIVE;
        meter->totals.lines_active += line->cell != LINE_SUPPRESSED;
        meter->totals.lines_suppressed += line->cell == LINE_SUPPRESSED;
    }
    if (second != line->second) {
        close_second(line);
        line->second = second;
    }
    line->seen_unix_ns = packet->time_unix_ns;
    line->octets[up] += packet->ip_bytes;
    if (!up)
        line->second_octets += packet->ip_bytes;
}

void line_meter_count(struct line_meter *meter, const struct packet *packet,
                      const struct flow_verdict *verdict)
{
    if (verdict->context == LINE_NONE || verdict->direction == DIRECTION_UNKNOWN ||
        verdict->events & FLOW_NOT_STORED) {
        meter->totals.octets_unattributed += packet->ip_bytes;
        return;
    }
    unsigned up = verdict->direction == DIRECTION_UPSTREAM;
    uint32_t cell = verdict->context & ~LINE_CONTEXT_CELL;
    if (verdict->context & LINE_CONTEXT_CELL) {
        meter->counts->counts[cell].octets[up] += packet->ip_bytes;
    } else {
        struct line *line = &meter->lines[verdict->context];
        count_on_line(meter, line, packet, up);
        if (line->cell == LINE_SUPPRESSED)
            return;
        cell = line->cell;
    }
    struct cell_counts *counts = &meter->counts->counts[cell];
    counts->used = true;
    if (verdict->events)
        count_quality(counts, verdict);
}

struct line_totals line_meter_totals(const struct line_meter *meter)
{
    return meter->totals;
}

/* ---- the interval's end ---- */

static void hand_over_line(struct line_counts *counts, struct line *line)
{
    struct cell_counts *cell = &counts->counts[line->cell];
    close_second(line);
    cell->used = true;
    cell->lines_active++;
    cell->octets[0] += line->octets[0];
    cell->octets[1] += line->octets[1];
    if (line->kind > cell->weakest)
        cell->weakest = (enum line_key_kind)line->kind;
    histogram_add(&cell->peak_bits_per_s, line->peak_octets * 8);
}

/* Its pseudonym goes out once a day; what finds no room in the block waits for the next. */
static void hand_over_name(struct line_counts *counts, struct line *line, int32_t today)
{
    if (line->city_day == today)
        line->flags &= (uint8_t)~LINE_PENDING;
    else if (counts->new_line_count < counts->new_line_limit) {
        counts->new_lines[counts->new_line_count++] =
            (struct new_line){.pseudonym = line->pseudonym, .cell = line->cell};
        line->city_day = today;
        line->flags &= (uint8_t)~LINE_PENDING;
        counts->counts[line->cell].used = true;
    } else
        line->flags |= LINE_PENDING;
}

static void hand_over(struct line_counts *counts, struct line *line, int32_t today)
{
    if (line->flags & LINE_ACTIVE && line->cell != LINE_SUPPRESSED)
        hand_over_line(counts, line);
    if (line->flags & (LINE_ACTIVE | LINE_PENDING) && line->cell != LINE_SUPPRESSED)
        hand_over_name(counts, line, today);
    line->octets[0] = line->octets[1] = 0;
    line->second_octets = line->peak_octets = 0;
    line->flags &= (uint8_t)~LINE_ACTIVE;
}

static bool is_gone(const void *ctx, uint32_t value)
{
    const struct line_meter *meter = ctx;
    return value >= meter->capacity || !(meter->lines[value].flags & LINE_IN_USE);
}

/* Lines that nothing was seen of for long give their place back, together with what names them. */
static void forget_idle(struct line_meter *meter, uint64_t now_unix_ns)
{
    bool any = false;
    if (meter->line_idle_ns == 0)
        return;
    for (uint32_t i = 0; i < meter->high_water; i++) {
        struct line *line = &meter->lines[i];
        bool idle = now_unix_ns > line->seen_unix_ns &&
                    now_unix_ns - line->seen_unix_ns >= meter->line_idle_ns;
        if (!(line->flags & LINE_IN_USE) || line->flags & LINE_PENDING || !idle)
            continue;
        line_give(meter, i);
        meter->totals.lines_known--;
        any = true;
    }
    if (!any)
        return;
    key_map_prune(&meter->by_pseudonym, is_gone, meter);
    key_map_prune(&meter->by_binding, is_gone, meter);
}

struct line_counts *line_meter_turn(struct line_meter *meter, uint64_t end_unix_ns)
{
    struct line_counts *full = meter->counts;
    struct line_counts *fresh = full == &meter->blocks[0] ? &meter->blocks[1] : &meter->blocks[0];
    if (atomic_load_explicit(&fresh->handed_over, memory_order_acquire))
        return NULL;
    int32_t today = (int32_t)clock_city_day(end_unix_ns > 0 ? end_unix_ns - 1 : 0);
    for (uint32_t i = 0; i < meter->high_water; i++)
        if (meter->lines[i].flags & (LINE_ACTIVE | LINE_PENDING))
            hand_over(full, &meter->lines[i], today);
    full->suppressed_lines = meter->totals.lines_suppressed;
    meter->totals.lines_active = meter->totals.lines_suppressed = 0;
    forget_idle(meter, end_unix_ns);
    atomic_store_explicit(&full->handed_over, true, memory_order_release);
    meter->counts = fresh;
    return full;
}
