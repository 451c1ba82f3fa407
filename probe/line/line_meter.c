/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines and their counts: memory, and the interval's end, at which each active line's busiest
 * second, octets and name go into the cell's counts. line_count.c counts packets.
 */
#include "probe/line/line_meter.h"

#include "common/clock.h"
#include "probe/line/line.h"
#include "probe/line/line_binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MIN        64
#define MONTH_OCTETS_MIN 1000000
#define REPORTED_BYTES   26   /* of a new line while its report is made: 8, encoded 9, and sent 9 */
#define BSSIDS_MAX       8192 /* of public networks: 16,384 places of 16 bytes */
#define KEYS_PER_LINE    3    /* a line's pseudonyms, old and new; what is bound to it */

/* ---- construction ---- */

/* New lines of an interval that a block has room for. All parts go into one report. */
static size_t new_line_limit(const struct line_options *options, uint64_t lines)
{
    size_t most = REPORT_PSEUDONYMS_MAX / (options->parts > 1 ? options->parts : 1);
    return lines < most ? (size_t)lines : most;
}

static uint64_t bytes_for(const struct line_options *options, uint64_t lines)
{
    size_t line = sizeof(struct line) + sizeof(struct line_names);
    line += options->demand.flow_octets > 0 ? sizeof(struct line_minute) : 0;
    line += options->destinations.name_count * sizeof(uint32_t);
    line += options->parts > 1 ? 2 * sizeof(struct active_line) : 0;
    size_t reported =
        new_line_limit(options, lines) * (2 * sizeof(struct new_line) + REPORTED_BYTES);
    return lines * line + reported + 2 * key_map_bytes(lines * KEYS_PER_LINE);
}

/* As many as fit. */
static size_t lines_within(const struct line_options *options)
{
    size_t lines = LINES_MIN, most = LINE_CONTEXT_NUMBER;
    while (lines < most) {
        size_t middle = lines + (most - lines + 1) / 2;
        if (bytes_for(options, middle) <= options->memory_bytes)
            lines = middle;
        else
            most = middle - 1;
    }
    return lines;
}

static void *take_from_heap(size_t bytes)
{
    return calloc(1, bytes);
}

static void give_to_heap(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
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
    meter->capacity = (uint32_t)lines_within(options);
    size_t keys = (size_t)meter->capacity * KEYS_PER_LINE;
    meter->lines = meter->take_memory(meter->capacity * sizeof *meter->lines);
    meter->names = meter->take_memory(meter->capacity * sizeof *meter->names);
    int status = meter->lines && meter->names ? 0 : -ENOMEM;
    if (status == 0)
        status =
            key_map_init_in(&meter->by_pseudonym, keys, meter->take_memory, meter->give_memory);
    if (status == 0)
        status = key_map_init_in(&meter->by_binding, keys, meter->take_memory, meter->give_memory);
    if (status == 0)
        status = line_sessions_init(&meter->sessions, options->accounting.session_limit,
                                    options->accounting.interim_ns);
    const struct line_counts_room room = {
        .cells = meter->cells,
        .cell_count = meter->cell_count,
        .new_line_limit = new_line_limit(options, meter->capacity),
        .active_line_limit = options->parts > 1 ? meter->capacity : 0,
        .devices_precision =
            options->devices_precision ? options->devices_precision : DISTINCT_PRECISION_MIN,
        .classes = (const char(*)[REPORT_NAME_BYTES])meter->classes,
        .class_count = meter->class_count,
        .ssids = (const char(*)[SSID_BYTES_MAX + 1]) meter->ssids,
        .ssid_count = meter->ssid_count,
    };
    for (size_t i = 0; status == 0 && i < 2; i++)
        status = line_counts_init(&meter->blocks[i], &room);
    return status;
}

/* What is measured only where it is asked for. */
static int take_optional(struct line_meter *meter, const struct line_options *options)
{
    meter->ignore_port_id = options->accounting.ignore_port_id;
    meter->demand = options->demand;
    if (options->demand.flow_octets > 0) {
        meter->minutes = calloc(meter->capacity, sizeof *meter->minutes);
        if (!meter->minutes)
            return -ENOMEM;
    }
    const struct line_destination_options *to = &options->destinations;
    if (to->name_count == 0)
        return 0;
    meter->month_octets_min = to->line_octets == 0           ? MONTH_OCTETS_MIN
                              : to->line_octets > UINT32_MAX ? UINT32_MAX
                                                             : (uint32_t)to->line_octets;
    meter->month_octets =
        calloc((size_t)meter->capacity * to->name_count, sizeof *meter->month_octets);
    meter->destinations = prefix_table_new(to->prefixes, to->prefix_count);
    return !meter->destinations ? -errno : !meter->month_octets ? -ENOMEM : 0;
}

static void copy_classes(struct line_meter *meter, const struct line_destination_options *from)
{
    static const char other[REPORT_NAME_BYTES] = "other";
    if (from->name_count == 0)
        return;
    memcpy(meter->classes[PREFIX_CLASS_NONE], other, sizeof other);
    memcpy(meter->classes[1], from->names, from->name_count * sizeof meter->classes[0]);
    meter->class_count = 1 + from->name_count;
}

/* The number of a public network's name, or 0. */
static unsigned find_ssid(const struct line_meter *meter, const uint8_t *ssid, size_t length)
{
    for (unsigned i = 1; i < meter->ssid_count; i++)
        if (strlen(meter->ssids[i]) == length && memcmp(meter->ssids[i], ssid, length) == 0)
            return i;
    return 0;
}

static int add_ssid(struct line_meter *meter, const char ssid[static SSID_BYTES_MAX + 1],
                    uint8_t *out_number)
{
    size_t length = strnlen(ssid, SSID_BYTES_MAX);
    unsigned number = find_ssid(meter, (const uint8_t *)ssid, length);
    if (number == 0 && meter->ssid_count > LINE_SSIDS_MAX)
        return -EINVAL;
    if (number == 0) {
        number = (unsigned)meter->ssid_count++;
        memcpy(meter->ssids[number], ssid, length);
    }
    *out_number = (uint8_t)number;
    return 0;
}

static int take_ssids(struct line_meter *meter, const struct line_options *options)
{
    uint8_t ignored;
    int status = 0;
    meter->ssid_count = 1;
    meter->ssid_of_cell = calloc(meter->cell_count, 1);
    if (!meter->ssid_of_cell)
        return -ENOMEM;
    for (size_t i = 0; i < options->public_ssid_count && status == 0; i++)
        status = add_ssid(meter, options->public_ssids[i], &ignored);
    for (size_t i = 0; i < meter->cell_count && status == 0; i++)
        if (meter->cells[i].ssid[0] != '\0')
            status = add_ssid(meter, meter->cells[i].ssid, &meter->ssid_of_cell[i]);
    if (status == 0 && meter->ssid_count > 1)
        status = key_map_init(&meter->by_bssid, BSSIDS_MAX);
    return status;
}

static bool are_sound(const struct line_options *options)
{
    bool precise =
        options->devices_precision == 0 || (options->devices_precision >= DISTINCT_PRECISION_MIN &&
                                            options->devices_precision <= DISTINCT_PRECISION_MAX);
    return options->rule_count <= LINE_RULES_MAX && options->memory_bytes >= LINE_MEMORY_MIN &&
           options->pseudonym && precise && options->destinations.name_count <= LINE_CLASSES_MAX &&
           options->accounting.session_limit < KEY_MAP_NONE;
}

/* The same key gives the same hashes of devices on every probe, so that sketches can be merged. */
static void derive_seed(struct line_meter *meter)
{
    meter->seed.k0 = pseudonym_of(meter->pseudonym, PSEUDONYM_DEVICE_SEED, "0", 1);
    meter->seed.k1 = pseudonym_of(meter->pseudonym, PSEUDONYM_DEVICE_SEED, "1", 1);
    line_prepare_hashes(meter);
}

struct line_meter *line_meter_new(const struct line_options *options)
{
    if (!are_sound(options)) {
        errno = EINVAL;
        return NULL;
    }
    struct line_meter *meter = calloc(1, sizeof *meter);
    if (!meter)
        return NULL;
    meter->pseudonym = options->pseudonym;
    bool heap = !options->take_memory || !options->give_memory;
    meter->take_memory = heap ? take_from_heap : options->take_memory;
    meter->give_memory = heap ? give_to_heap : options->give_memory;
    meter->line_idle_ns = options->line_idle_ns;
    meter->first_free = LINE_NONE;
    meter->sampling_interval = 1;
    meter->counts = &meter->blocks[0];
    derive_seed(meter);
    int status = perimeter_init(&meter->perimeter, options->inside, options->inside_count);
    if (status == 0)
        status = copy_rules(meter, options);
    copy_classes(meter, &options->destinations);
    if (status == 0)
        status = take_ssids(meter, options);
    if (status == 0)
        status = take_tables(meter, options);
    if (status == 0)
        status = take_optional(meter, options);
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
    line_sessions_fini(&meter->sessions);
    key_map_fini(&meter->by_bssid);
    prefix_table_free(meter->destinations);
    free(meter->ssid_of_cell);
    free(meter->month_octets);
    free(meter->minutes);
    if (meter->lines)
        meter->give_memory(meter->lines, meter->capacity * sizeof *meter->lines);
    if (meter->names)
        meter->give_memory(meter->names, meter->capacity * sizeof *meter->names);
    free(meter->suppressed);
    free(meter->cells);
    free(meter);
}

/* ---- learning ---- */

void line_meter_learn_wlan(struct line_meter *meter, const struct wlan_hint *hint)
{
    if (meter->ssid_count <= 1)
        return;
    unsigned number = find_ssid(meter, hint->ssid, hint->ssid_length);
    uint64_t key = siphash13(&meter->seed, hint->bssid, MAC_BYTES);
    /* Others need no place; a cell that has changed its network must give its up. */
    if (number != 0)
        (void)key_map_put(&meter->by_bssid, key, number);
    else
        key_map_remove(&meter->by_bssid, key);
}

struct line_totals line_meter_totals(const struct line_meter *meter)
{
    return meter->totals;
}

/* ---- the interval's end ---- */

static void hand_over_line(struct line_counts *counts, struct line *line)
{
    struct cell_counts *cell = &counts->counts[line->cell];
    cell->used = true;
    cell->lines_active++;
    cell->octets[0] += line->octets[0];
    cell->octets[1] += line->octets[1];
    if (line->kind > cell->weakest)
        cell->weakest = (enum line_key_kind)line->kind;
    bool traffic = line->flags & LINE_ACTIVE;
    if (traffic && !counts->sampled)
        histogram_add(&cell->peak_bits_per_s, line->peak_octets * 8);
    if (counts->active_line_count < counts->room.active_line_limit)
        counts->active_lines[counts->active_line_count++] = (struct active_line){
            line->pseudonym, line->peak_octets, line->cell, line->kind, traffic};
}

/* Its pseudonym goes out once a day; what finds no room in the block waits for the next. */
static void hand_over_name(struct line_counts *counts, struct line *line, uint16_t today)
{
    if (line->city_day == today)
        line->flags &= (uint8_t)~LINE_PENDING;
    else if (counts->new_line_count < counts->room.new_line_limit) {
        counts->new_lines[counts->new_line_count++] =
            (struct new_line){.pseudonym = line->pseudonym, .cell = line->cell};
        line->city_day = today;
        line->flags &= (uint8_t)~LINE_PENDING;
        counts->counts[line->cell].used = true;
    } else
        line->flags |= LINE_PENDING;
}

static void hand_over(struct line_meter *meter, struct line *line, uint64_t end_unix_ns)
{
    struct line_counts *counts = meter->counts;
    uint16_t today = (uint16_t)clock_city_day(end_unix_ns > 0 ? end_unix_ns - 1 : 0);
    uint64_t end_s = end_unix_ns / CLOCK_NS_PER_S;
    line_close_second(meter, line, end_s > line->second);
    if (meter->minutes && end_s / LINE_MINUTE_S > line->second / LINE_MINUTE_S)
        line_close_minute(meter, line);
    if (line->flags & (LINE_ACTIVE | LINE_SESSION) && line->cell != LINE_SUPPRESSED)
        hand_over_line(counts, line);
    if (line->flags & (LINE_ACTIVE | LINE_SESSION | LINE_PENDING) && line->cell != LINE_SUPPRESSED)
        hand_over_name(counts, line, today);
    line->octets[0] = line->octets[1] = 0;
    line->second_octets = line->peak_octets = 0;
    line->device = 0;
    line->flags &= (uint8_t) ~(LINE_ACTIVE | LINE_SESSION);
}

/* Names and bindings of a line that has moved go with it. */
static uint32_t unless_gone(const void *ctx, const struct key_map_entry *entry)
{
    const struct line_meter *meter = ctx;
    uint32_t number = line_now(meter, entry->value);
    return meter->lines[number].flags & LINE_GONE ? KEY_MAP_NONE : number;
}

/* What a line has moved to is never idle for longer than the line itself. */
static bool mark_idle(struct line_meter *meter, uint64_t now_unix_ns)
{
    bool any = false;
    for (uint32_t i = 0; i < meter->high_water; i++) {
        struct line *line = &meter->lines[i];
        bool idle = now_unix_ns > line->seen_unix_ns &&
                    now_unix_ns - line->seen_unix_ns >= meter->line_idle_ns;
        if (!(line->flags & LINE_IN_USE) || line->flags & LINE_PENDING || !idle)
            continue;
        line->flags |= LINE_GONE;
        any = true;
    }
    return any;
}

/* Lines that nothing was seen of for long give their place back, together with what names them. */
static void forget_idle(struct line_meter *meter, uint64_t now_unix_ns)
{
    if (meter->line_idle_ns == 0 || !mark_idle(meter, now_unix_ns))
        return;
    key_map_revise(&meter->by_pseudonym, unless_gone, meter);
    key_map_revise(&meter->by_binding, unless_gone, meter);
    for (uint32_t i = 0; i < meter->high_water; i++) {
        if (!(meter->lines[i].flags & LINE_GONE))
            continue;
        meter->totals.lines_known -= !(meter->lines[i].flags & LINE_MOVED);
        line_give(meter, i);
    }
}

/* In a new month of the city every line has to reach its classes anew. */
static void begin_month(struct line_meter *meter, uint64_t now_unix_ns)
{
    int year, month, day;
    if (meter->class_count == 0)
        return;
    clock_civil_from_days(clock_city_day(now_unix_ns), &year, &month, &day);
    int32_t number = year * 12 + month;
    int32_t before = meter->month;
    meter->month = number;
    if (before == 0 || before == number)
        return;
    for (uint32_t i = 0; i < meter->high_water; i++)
        if (meter->lines[i].flags & LINE_IN_USE)
            meter->lines[i].reached = 0;
    memset(meter->month_octets, 0,
           meter->high_water * (meter->class_count - 1) * sizeof *meter->month_octets);
}

struct line_counts *line_meter_turn(struct line_meter *meter, uint64_t end_unix_ns)
{
    struct line_counts *full = meter->counts;
    struct line_counts *fresh = full == &meter->blocks[0] ? &meter->blocks[1] : &meter->blocks[0];
    if (atomic_load_explicit(&fresh->handed_over, memory_order_acquire))
        return NULL;
    for (uint32_t i = 0; i < meter->high_water; i++)
        if (meter->lines[i].flags & (LINE_ACTIVE | LINE_SESSION | LINE_PENDING | LINE_DEMANDING))
            hand_over(meter, &meter->lines[i], end_unix_ns);
    full->suppressed_lines = meter->totals.lines_suppressed;
    meter->totals.lines_active = meter->totals.lines_suppressed = 0;
    line_expire_sessions(meter, end_unix_ns);
    line_expire_leases(meter, end_unix_ns);
    forget_idle(meter, end_unix_ns);
    begin_month(meter, end_unix_ns);
    atomic_store_explicit(&full->handed_over, true, memory_order_release);
    memset(meter->lately, 0, sizeof meter->lately);
    meter->counts = fresh;
    return full;
}
