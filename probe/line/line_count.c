/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Packets onto lines: each finds its line by the number that its flow keeps. The flow table has
 * fetched the lines (line_meter_beside); what happens once a second and line, or in cells without
 * lines, lies apart.
 */
#include "common/clock.h"
#include "probe/line/line.h"

#define RARELY(condition) __builtin_expect(!!(condition), 0)

/* ---- seconds and minutes ---- */

/* A line's minute is over, or seems to be: it counts where the line was demanding. */
void line_close_minute(struct line_meter *meter, struct line *line)
{
    const struct line_minute *minute = &meter->minutes[line - meter->lines];
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

void line_close_second(struct line_meter *meter, struct line *line, bool over)
{
    if (line->second_octets > line->peak_octets)
        line->peak_octets = line->second_octets;
    if (meter->minutes)
        note_second(meter, line, over);
    line->second_octets = 0;
}

static void begin_second(struct line_meter *meter, struct line *line, uint32_t second)
{
    line_close_second(meter, line, true);
    if (meter->minutes && second / LINE_MINUTE_S != line->second / LINE_MINUTE_S)
        line_close_minute(meter, line);
    line->second = second;
}

/* Once an interval and line, whether a packet comes first or a session. */
static void begin_interval(struct line_meter *meter, struct line *line, enum line_flag why)
{
    bool counted = line->flags & (LINE_ACTIVE | LINE_SESSION);
    line->flags |= (uint8_t)why;
    if (counted)
        return;
    meter->totals.lines_active += line->cell != LINE_SUPPRESSED;
    meter->totals.lines_suppressed += line->cell == LINE_SUPPRESSED;
    if (line->cell != LINE_SUPPRESSED) /* it may have moved to another one by the end */
        meter->counts->counts[line->cell].used = true;
}

void line_note_session(struct line_meter *meter, uint32_t number, uint64_t now_unix_ns)
{
    struct line *line = &meter->lines[number];
    bool unsettled = line->cell + 1u == meter->cell_count && meter->cell_count > 1;
    line->seen_unix_ns = now_unix_ns;
    if (!unsettled)
        begin_interval(meter, line, LINE_SESSION);
}

/* The first packet of a line in an interval, or in a second; or one of a line that has moved. The
 * line that it is for. */
static struct line *begin_on_line(struct line_meter *meter, struct line *line,
                                  const struct packet *packet, uint32_t second)
{
    if (line->flags & LINE_MOVED) {
        line->seen_unix_ns = packet->time_unix_ns;
        line = &meter->lines[line_now(meter, line->moved_to)];
    }
    if (!(line->flags & LINE_ACTIVE))
        begin_interval(meter, line, LINE_ACTIVE);
    if (second != line->second)
        begin_second(meter, line, second);
    return line;
}

/* ---- cells ---- */

void line_meter_set_sampling(struct line_meter *meter, uint32_t interval)
{
    meter->sampling_interval = interval;
}

/* What a packet stands for. */
static inline uint64_t scaled_octets(const struct line_meter *meter, const struct packet *packet)
{
    return (uint64_t)packet->ip_bytes * meter->sampling_interval;
}

static void note_rtt(const struct flow_verdict *verdict, struct histogram *external_rtt_us,
                     struct histogram *internal_rtt_us)
{
    if (verdict->events & FLOW_EXTERNAL_RTT)
        histogram_add(external_rtt_us, verdict->rtt_ns / 1000);
    if (verdict->events & FLOW_INTERNAL_RTT)
        histogram_add(internal_rtt_us, verdict->rtt_ns / 1000);
}

/* What few packets bring; with FLOW_LARGE, so that one question is enough. */
#define RARE_EVENTS (FLOW_RETRANSMITTED | FLOW_EXTERNAL_RTT | FLOW_INTERNAL_RTT | FLOW_LARGE)

static void count_rare_quality(struct cell_counts *cell, const struct flow_verdict *verdict)
{
    cell->retransmitted += (verdict->events & FLOW_RETRANSMITTED) != 0;
    note_rtt(verdict, &cell->external_rtt_us, &cell->internal_rtt_us);
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
    line->reached |= (uint16_t)(1u << class);
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
    note_rtt(verdict, &counts->external_rtt_us, &counts->internal_rtt_us);
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

/* A WLAN's packet, or nobody's. */
static void count_without_line(struct line_meter *meter, const struct packet *packet,
                               const struct flow_verdict *verdict)
{
    if (verdict->context == LINE_NONE || verdict->direction == DIRECTION_UNKNOWN ||
        verdict->events & FLOW_NOT_STORED) {
        meter->totals.octets_unattributed += packet->ip_bytes;
        return;
    }
    unsigned up = verdict->direction == DIRECTION_UPSTREAM;
    uint32_t cell = verdict->context & LINE_CONTEXT_CELL_NUMBER;
    struct cell_counts *counts = &meter->counts->counts[cell];
    counts->octets[up] += scaled_octets(meter, packet);
    counts->used = true;
    if (verdict->context & LINE_CONTEXT_BY_MAC)
        line_note_wlan(meter, verdict->context, up ? packet->source_mac : packet->destination_mac);
    count_on_wlan(meter, verdict->context, packet, up);
    counts->segments += (verdict->events & FLOW_SEGMENT) != 0;
    count_rare_quality(counts, verdict);
    if (meter->class_count > 0)
        count_destination(meter, &(struct counted){packet, verdict, NULL, cell, up});
}

/* ---- lines ---- */

struct flow_beside line_meter_beside(const struct line_meter *meter)
{
    return (struct flow_beside){meter->lines, LINE_CONTEXT_NUMBER};
}
_Static_assert(LINE_CONTEXT_CELL == UINT32_C(1) << 31 && sizeof(struct line) == 64,
               "what the flow table takes them for");

/* What no packet changes. */
struct counting {
    struct line *lines;
    struct cell_counts *cells;
    uint64_t interval; /* of sampling */
    bool destinations;
};

static inline void count_on_line(struct line_meter *meter, const struct counting *counting,
                                 const struct packet *packet, const struct flow_verdict *verdict,
                                 uint32_t second)
{
    struct line *line = &counting->lines[verdict->context & LINE_CONTEXT_NUMBER];
    unsigned up = verdict->direction == DIRECTION_UPSTREAM;
    uint64_t octets = packet->ip_bytes;
    if (RARELY(!(line->flags & LINE_ACTIVE) || second != line->second))
        line = begin_on_line(meter, line, packet, second);
    line->seen_unix_ns = packet->time_unix_ns;
    line->octets[up] += octets * counting->interval;
    line->second_octets += up ? 0 : octets;
    if (RARELY(line->cell == LINE_SUPPRESSED))
        return;
    struct cell_counts *cell = &counting->cells[line->cell];
    cell->segments += (verdict->events & FLOW_SEGMENT) / FLOW_SEGMENT;
    if (RARELY(verdict->events & RARE_EVENTS)) {
        if (verdict->events & FLOW_LARGE && meter->minutes)
            line->flags |= LINE_DEMANDING;
        count_rare_quality(cell, verdict);
    }
    if (counting->destinations)
        count_destination(meter, &(struct counted){packet, verdict, line, line->cell, up});
}

static inline bool has_line(const struct flow_verdict *verdict)
{
    return !(verdict->context & LINE_CONTEXT_CELL) && verdict->direction != DIRECTION_UNKNOWN;
}
_Static_assert(LINE_NONE &LINE_CONTEXT_CELL, "has_line knows it by this bit");

/* The second of the last packet is mostly that of the next. */
static void change_second(struct line_meter *meter, uint64_t time_unix_ns)
{
    meter->second = (uint32_t)(time_unix_ns / CLOCK_NS_PER_S);
    meter->second_from_unix_ns = time_unix_ns - time_unix_ns % CLOCK_NS_PER_S;
}

void line_meter_count(struct line_meter *meter, const struct packet *packets,
                      const struct flow_verdict *verdicts, size_t count)
{
    const struct counting counting = {meter->lines, meter->counts->counts, meter->sampling_interval,
                                      meter->class_count > 0};
    uint64_t second_from_unix_ns = meter->second_from_unix_ns;
    uint32_t second = meter->second;
    if (count > 0 && meter->sampling_interval > 1)
        meter->counts->sampled = true;
    for (size_t i = 0; i < count; i++) {
        if (RARELY(packets[i].time_unix_ns - second_from_unix_ns >= CLOCK_NS_PER_S)) {
            change_second(meter, packets[i].time_unix_ns);
            second_from_unix_ns = meter->second_from_unix_ns;
            second = meter->second;
        }
        if (has_line(&verdicts[i]))
            count_on_line(meter, &counting, &packets[i], &verdicts[i], second);
        else
            count_without_line(meter, &packets[i], &verdicts[i]);
    }
}
