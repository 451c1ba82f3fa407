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

#define LINES_MIN        64
#define MONTH_OCTETS_MIN 1000000
#define REPORTED_BYTES   26   /* of a new line while its report is made: 8, encoded 9, and sent 9 */
#define BSSIDS_MAX       8192 /* of public networks: 16,384 places of 16 bytes */
#define KEYS_PER_LINE    3    /* a line's pseudonyms, old and new; what is bound to it */

/* ---- construction ---- */

/* New lines of an interval that a block has room for. All parts go into one report. */
static size_t new_line_limit(const struct line_options *options, size_t lines)
{
    size_t most = REPORT_PSEUDONYMS_MAX / (options->parts > 1 ? options->parts : 1);
    return lines < most ? lines : most;
}

static size_t bytes_for(const struct line_options *options, size_t lines)
{
    size_t line = sizeof(struct line);
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
    int status = meter->lines ? 0 : -ENOMEM;
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
    free(meter->suppressed);
    free(meter->cells);
    free(meter);
}

/* ---- counting ---- */

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

void line_meter_prefetch(const struct line_meter *meter, uint32_t context)
{
    if (!(context & LINE_CONTEXT_CELL)) /* nor is it LINE_NONE */
        __builtin_prefetch(&meter->lines[context & LINE_CONTEXT_NUMBER], 1, 3);
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

/* A line's minute is over, or seems to be: it counts where the line was demanding. */
static void close_minute(struct line_meter *meter, struct line *line,
                         const struct line_minute *minute)
{
    if (!(line->flags & LINE_DEMANDING))
        return;
    line->flags &= (uint8_t)~LINE_DEMANDING;
    if (line->cell == LINE_SUPPRESSED || meter->counts->sampled ||
        !line_is_busy_minute(&meter->demand, minute->minute))
        return;
    struct cell_counts *cell = &meter->counts->counts[line->cell];
    cell->used = true;
    histogram_add(&cell->demand_bits_per_s, line_minute_bits_per_s(minute));
}

/* Once a second and line. `over`: the second has ended, and not only the interval. */
static void note_second(struct line_meter *meter, struct line *line, bool over)
{
    struct line_minute *minute = &meter->minutes[line - meter->lines];
    minute->second_octets += line->second_octets;
    if (!over)
        return;
    line_minute_add(minute, line->second, minute->second_octets);
    minute->second_octets = 0;
}

static void close_second(struct line_meter *meter, struct line *line, bool over)
{
    if (line->second_octets > line->peak_octets)
        line->peak_octets = line->second_octets;
    if (meter->minutes)
        note_second(meter, line, over);
    line->second_octets = 0;
}

static void begin_second(struct line_meter *meter, struct line *line, uint32_t second)
{
    close_second(meter, line, true);
    if (meter->minutes && second / LINE_MINUTE_S != line->second / LINE_MINUTE_S)
        close_minute(meter, line, &meter->minutes[line - meter->lines]);
    line->second = second;
}

void line_meter_set_sampling(struct line_meter *meter, uint32_t interval)
{
    meter->sampling_interval = interval;
}

/* What a packet stands for. */
static uint64_t scaled_octets(const struct line_meter *meter, const struct packet *packet)
{
    return (uint64_t)packet->ip_bytes * meter->sampling_interval;
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
    if (second != line->second)
        begin_second(meter, line, second);
    line->seen_unix_ns = packet->time_unix_ns;
    line->octets[up] += scaled_octets(meter, packet);
    if (!up)
        line->second_octets += packet->ip_bytes;
}

static void count_on_wlan(struct line_meter *meter, uint32_t context, const struct packet *packet,
                          unsigned up)
{
    uint32_t cell = context & LINE_CONTEXT_CELL_NUMBER;
    if (!meter->counts->wlans)
        return;
    struct wlan_counts *wlan =
        &meter->counts->wlans[cell * meter->ssid_count +
                              (context >> LINE_CONTEXT_SSID_SHIFT & LINE_SSIDS_MAX)];
    if (wlan->users == NULL)
        return;
    wlan->used = true;
    wlan->octets[up] += scaled_octets(meter, packet);
}

/* A packet that has found its place; no line for a WLAN user. */
struct counted {
    const struct packet *packet;
    const struct flow_verdict *verdict;
    struct line *line;
    uint32_t cell;
    unsigned up;
};

/* The month's octets are kept only until they suffice: then a bit of the line says so. */
static bool reaches_month(struct line_meter *meter, struct line *line, unsigned class,
                          uint32_t octets)
{
    if (!line || class == PREFIX_CLASS_NONE || line->reached >> class & 1)
        return false;
    size_t number = (size_t)(line - meter->lines);
    uint32_t *sum = &meter->month_octets[number * (meter->class_count - 1) + class - 1];
    *sum = *sum > UINT32_MAX - octets ? UINT32_MAX : *sum + octets;
    if (*sum < meter->month_octets_min)
        return false;
    line->reached |= UINT32_C(1) << class;
    return true;
}

static void count_destination(struct line_meter *meter, const struct counted *counted)
{
    const struct flow_verdict *verdict = counted->verdict;
    unsigned class = verdict->context >> LINE_CONTEXT_CLASS_SHIFT & LINE_CLASSES_MAX;
    struct destination_counts *counts =
        &meter->counts->destinations[counted->cell * meter->class_count + class];
    counts->used = true;
    counts->octets[counted->up] += scaled_octets(meter, counted->packet);
    counts->lines += reaches_month(meter, counted->line, class, counted->packet->ip_bytes);
    counts->segments += (verdict->events & FLOW_SEGMENT) != 0;
    counts->retransmitted += (verdict->events & FLOW_RETRANSMITTED) != 0;
    if (verdict->events & FLOW_EXTERNAL_RTT)
        histogram_add(&counts->external_rtt_us, verdict->rtt_ns / 1000);
    if (verdict->events & FLOW_INTERNAL_RTT)
        histogram_add(&counts->internal_rtt_us, verdict->rtt_ns / 1000);
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
    uint32_t cell = verdict->context & LINE_CONTEXT_CELL_NUMBER;
    struct line *line = NULL;
    if (verdict->context & LINE_CONTEXT_CELL) {
        meter->counts->counts[cell].octets[up] += scaled_octets(meter, packet);
        count_on_wlan(meter, verdict->context, packet, up);
    } else {
        line = &meter->lines[verdict->context & LINE_CONTEXT_NUMBER];
        count_on_line(meter, line, packet, up);
        if (line->cell == LINE_SUPPRESSED)
            return;
        if (verdict->events & FLOW_LARGE && meter->minutes)
            line->flags |= LINE_DEMANDING;
        cell = line->cell;
    }
    struct cell_counts *counts = &meter->counts->counts[cell];
    counts->used = true;
    meter->counts->sampled |= meter->sampling_interval > 1;
    if (verdict->events)
        count_quality(counts, verdict);
    if (meter->class_count > 0)
        count_destination(meter, &(struct counted){packet, verdict, line, cell, up});
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
    if (!counts->sampled)
        histogram_add(&cell->peak_bits_per_s, line->peak_octets * 8);
    if (counts->active_line_count < counts->room.active_line_limit)
        counts->active_lines[counts->active_line_count++] =
            (struct active_line){line->pseudonym, line->peak_octets, line->cell, line->kind};
}

/* Its pseudonym goes out once a day; what finds no room in the block waits for the next. */
static void hand_over_name(struct line_counts *counts, struct line *line, int32_t today)
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
    int32_t today = (int32_t)clock_city_day(end_unix_ns > 0 ? end_unix_ns - 1 : 0);
    uint64_t end_s = end_unix_ns / CLOCK_NS_PER_S;
    close_second(meter, line, end_s > line->second);
    if (meter->minutes && end_s / LINE_MINUTE_S > line->second / LINE_MINUTE_S)
        close_minute(meter, line, &meter->minutes[line - meter->lines]);
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
        if (meter->lines[i].flags & (LINE_ACTIVE | LINE_PENDING | LINE_DEMANDING))
            hand_over(meter, &meter->lines[i], end_unix_ns);
    full->suppressed_lines = meter->totals.lines_suppressed;
    meter->totals.lines_active = meter->totals.lines_suppressed = 0;
    forget_idle(meter, end_unix_ns);
    line_expire_sessions(meter, end_unix_ns);
    begin_month(meter, end_unix_ns);
    atomic_store_explicit(&full->handed_over, true, memory_order_release);
    meter->counts = fresh;
    return full;
}
