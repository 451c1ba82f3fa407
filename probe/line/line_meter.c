/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A flow asks once, when it begins, which line it belongs to; each packet then finds the line by
 * its number. Control protocols bind a client's MAC and its leased address to the circuit they
 * name. A line that was known by a weaker key takes the better name in place, so that it is not
 * counted twice.
 */
#include "probe/line/line_meter.h"

#include "common/clock.h"
#include "probe/line/key_map.h"
#include "probe/line/line_counts.h"
#include "probe/line/perimeter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MIN    ((size_t)64 << 10)
#define KEYS_PER_LINE 3 /* pseudonyms of a line, old and new; and MACs and addresses bound to it   \
                         */
#define CONTEXT_CELL (UINT32_C(1) << 31) /* a context that is a cell, not a line */
#define NO_RULE      UINT32_MAX
#define SUPPRESSED   (UINT16_MAX) /* the cell of lines that must not be counted */
#define TCP_PROTOCOL 6

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

/* ---- construction ---- */

static size_t bytes_for(size_t lines)
{
    return lines * sizeof(struct line) + 2 * key_map_bytes(lines * KEYS_PER_LINE);
}

static size_t lines_within(size_t memory_bytes)
{
    size_t lines = 64;
    while (lines < CONTEXT_CELL / 2 && bytes_for(lines * 2) <= memory_bytes)
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

/* ---- lines and what is bound to them ---- */

static uint32_t take_line(struct line_meter *meter)
{
    uint32_t number = meter->first_free;
    if (number != LINE_NONE)
        meter->first_free = meter->lines[number].next_free;
    else if (meter->high_water < meter->capacity)
        number = meter->high_water++;
    return number;
}

static void give_line(struct line_meter *meter, uint32_t number)
{
    meter->lines[number] = (struct line){.next_free = meter->first_free};
    meter->first_free = number;
}

/* The line of this name, made when there is none; LINE_NONE when there is no room. */
static uint32_t line_named(struct line_meter *meter, uint64_t pseudonym, enum line_key_kind kind,
                           uint16_t cell)
{
    uint32_t number = key_map_get(&meter->by_pseudonym, pseudonym);
    if (number != KEY_MAP_NONE)
        return number;
    number = take_line(meter);
    if (number == LINE_NONE || !key_map_put(&meter->by_pseudonym, pseudonym, number)) {
        if (number != LINE_NONE)
            give_line(meter, number);
        meter->totals.lines_not_stored++;
        return LINE_NONE;
    }
    meter->lines[number] = (struct line){
        .pseudonym = pseudonym,
        .city_day = INT32_MIN,
        .cell = cell,
        .kind = (uint8_t)kind,
        .flags = LINE_IN_USE,
    };
    meter->totals.lines_known++;
    return number;
}

struct binding {
    uint16_t what; /* MAC_BYTES: a MAC within its VLANs; 4 or 6: an address */
    uint16_t svlan, cvlan;
    uint8_t bytes[18];
};
#define BOUND_MAC MAC_BYTES
_Static_assert(sizeof(struct binding) == 24, "no hidden padding in what is hashed");

static uint64_t mac_binding(const struct line_meter *meter, uint16_t svlan, uint16_t cvlan,
                            const uint8_t *mac)
{
    struct binding binding = {.what = 0x100 | BOUND_MAC, .svlan = svlan, .cvlan = cvlan};
    memcpy(binding.bytes, mac, MAC_BYTES);
    return siphash13(&meter->seed, &binding, sizeof binding);
}

static uint64_t address_binding(const struct line_meter *meter, uint8_t version,
                                const uint8_t *address)
{
    struct binding binding = {.what = version};
    memcpy(binding.bytes, address, 16);
    return siphash13(&meter->seed, &binding, sizeof binding);
}

/* ---- where a packet belongs ---- */

static bool in_range(const struct vlan_range *range, uint16_t svlan, uint16_t cvlan)
{
    return svlan >= range->svlan_first && svlan <= range->svlan_last &&
           cvlan >= range->cvlan_first && cvlan <= range->cvlan_last;
}

static uint16_t cell_of(const struct line_meter *meter, uint16_t svlan, uint16_t cvlan)
{
    for (size_t i = 0; i < meter->suppressed_count; i++)
        if (in_range(&meter->suppressed[i], svlan, cvlan))
            return SUPPRESSED;
    size_t cell = 0;
    while (cell + 1 < meter->cell_count && !in_range(&meter->cells[cell].vlans, svlan, cvlan))
        cell++;
    return (uint16_t)cell;
}

static bool is_client(const struct line_meter *meter, const struct flow_key *key,
                      const uint8_t *mac)
{
    return key_map_get(&meter->by_binding, mac_binding(meter, key->svlan, key->cvlan, mac)) !=
           KEY_MAP_NONE;
}

/* On an access link somebody is the subscriber: who opens, or who asks a lower port. */
static enum direction direction_by_ports(const struct packet *first)
{
    if (first->key.protocol == TCP_PROTOCOL && first->tcp_flags & TCP_SYN)
        return first->tcp_flags & TCP_ACK ? DIRECTION_DOWNSTREAM : DIRECTION_UPSTREAM;
    return first->key.source_port < first->key.destination_port ? DIRECTION_DOWNSTREAM
                                                                : DIRECTION_UPSTREAM;
}

static enum direction direction_of(const struct line_meter *meter, const struct packet *first)
{
    const struct flow_key *key = &first->key;
    if (first->direction != DIRECTION_UNKNOWN)
        return (enum direction)first->direction;
    if (is_client(meter, key, first->source_mac))
        return DIRECTION_UPSTREAM;
    if (is_client(meter, key, first->destination_mac))
        return DIRECTION_DOWNSTREAM;
    if (perimeter_is_inside(&meter->perimeter, key->ip_version, key->source_address))
        return DIRECTION_UPSTREAM;
    if (perimeter_is_inside(&meter->perimeter, key->ip_version, key->destination_address))
        return DIRECTION_DOWNSTREAM;
    return key->svlan || key->pppoe_session ? direction_by_ports(first) : DIRECTION_UNKNOWN;
}

static bool is_zero_mac(const uint8_t *mac)
{
    static const uint8_t zero[MAC_BYTES];
    return memcmp(mac, zero, MAC_BYTES) == 0;
}

/* A VLAN pair is a name within its access node only; the node's name goes before it. */
static uint64_t name_vlan_pair(const struct line_meter *meter, uint16_t cell,
                               const struct flow_key *key)
{
    uint8_t name[REPORT_NAME_BYTES + 4] = {0};
    const char *node = cell == SUPPRESSED ? "" : meter->cells[cell].access_node;
    memcpy(name, node, strnlen(node, REPORT_NAME_BYTES));
    name[REPORT_NAME_BYTES] = (uint8_t)(key->svlan >> 8);
    name[REPORT_NAME_BYTES + 1] = (uint8_t)key->svlan;
    name[REPORT_NAME_BYTES + 2] = (uint8_t)(key->cvlan >> 8);
    name[REPORT_NAME_BYTES + 3] = (uint8_t)key->cvlan;
    return pseudonym_of(meter->pseudonym, LINE_KEY_VLAN_PAIR, name, sizeof name);
}

struct subscriber {
    const uint8_t *mac;
    const uint8_t *address;
};

static uint32_t find_line(struct line_meter *meter, const struct flow_key *key,
                          const struct subscriber *subscriber, uint16_t cell)
{
    uint64_t by_address = address_binding(meter, key->ip_version, subscriber->address);
    uint64_t by_mac = mac_binding(meter, key->svlan, key->cvlan, subscriber->mac);
    uint32_t number = key_map_get(&meter->by_binding, by_address);
    if (number == KEY_MAP_NONE || number == LINE_NONE - 1)
        number = key_map_get(&meter->by_binding, by_mac);
    if (number != KEY_MAP_NONE && number < meter->capacity)
        return number;
    if (key->svlan && key->cvlan)
        return line_named(meter, name_vlan_pair(meter, cell, key), LINE_KEY_VLAN_PAIR, cell);
    if (is_zero_mac(subscriber->mac))
        return LINE_NONE;
    uint64_t name = pseudonym_of(meter->pseudonym, LINE_KEY_MAC, subscriber->mac, MAC_BYTES);
    number = line_named(meter, name, LINE_KEY_MAC, cell);
    /* The next flow finds it without the costly name. */
    if (number != LINE_NONE)
        (void)key_map_put(&meter->by_binding, by_mac, number);
    return number;
}

static void note_device(struct line_meter *meter, uint16_t cell, const struct packet *first,
                        const struct subscriber *subscriber)
{
    uint64_t device = first->wlan
                          ? siphash13(&meter->seed, subscriber->mac, MAC_BYTES)
                          : address_binding(meter, first->key.ip_version, subscriber->address);
    struct cell_counts *counts = &meter->counts->counts[cell];
    counts->used = true;
    distinct_add(counts->devices, device);
}

struct flow_origin line_meter_flow_started(struct line_meter *meter, const struct packet *first)
{
    const struct flow_key *key = &first->key;
    struct flow_origin origin = {LINE_NONE, direction_of(meter, first)};
    if (origin.direction == DIRECTION_UNKNOWN)
        return origin;
    bool up = origin.direction == DIRECTION_UPSTREAM;
    struct subscriber subscriber = {
        .mac = up ? first->source_mac : first->destination_mac,
        .address = up ? key->source_address : key->destination_address,
    };
    uint16_t cell = cell_of(meter, key->svlan, key->cvlan);
    bool wlan = cell != SUPPRESSED && (first->wlan || meter->cells[cell].wlan);
    if (wlan)
        origin.context = CONTEXT_CELL | cell;
    else
        origin.context = find_line(meter, key, &subscriber, cell);
    if (!wlan && origin.context != LINE_NONE)
        cell = meter->lines[origin.context].cell;
    if (origin.context != LINE_NONE && cell != SUPPRESSED)
        note_device(meter, cell, first, &subscriber);
    return origin;
}

/* ---- learning ---- */

/* Names are compared as the access node wrote them, but for padding behind. */
static size_t trimmed(const struct byte_range *name)
{
    size_t length = name->length;
    while (length > 0 && (name->bytes[length - 1] == '\0' || name->bytes[length - 1] == ' '))
        length--;
    return length;
}

/* Best first (indicators.md 3.2). */
static enum line_key_kind best_name(const struct line_hint *hint,
                                    const struct byte_range **out_name)
{
    const struct {
        const struct byte_range *name;
        enum line_key_kind kind;
    } names[] = {
        {&hint->circuit_id, LINE_KEY_CIRCUIT},
        {&hint->remote_id, LINE_KEY_TERMINAL_SERIAL},
        {&hint->account, LINE_KEY_ACCOUNT},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!names[i].name->bytes || trimmed(names[i].name) == 0)
            continue;
        *out_name = names[i].name;
        return names[i].kind;
    }
    return LINE_KEY_NONE;
}

/* The better name goes to the line that the client has already, if that name is not yet taken. */
static uint32_t rename_line(struct line_meter *meter, uint32_t number, uint64_t pseudonym,
                            enum line_key_kind kind)
{
    struct line *line = &meter->lines[number];
    if (line->kind <= kind || !key_map_put(&meter->by_pseudonym, pseudonym, number))
        return LINE_NONE;
    line->pseudonym = pseudonym;
    line->kind = (uint8_t)kind;
    line->city_day = INT32_MIN;
    return number;
}

/* The line that this client would have without the hint, if it has one already. */
static uint32_t line_so_far(const struct line_meter *meter, const struct line_hint *hint,
                            uint64_t by_mac, uint16_t cell)
{
    uint32_t number = key_map_get(&meter->by_binding, by_mac);
    if (number == KEY_MAP_NONE && hint->svlan && hint->cvlan) {
        struct flow_key key = {.svlan = hint->svlan, .cvlan = hint->cvlan};
        number = key_map_get(&meter->by_pseudonym, name_vlan_pair(meter, cell, &key));
    }
    return number;
}

void line_meter_learn(struct line_meter *meter, const struct line_hint *hint, uint64_t now_unix_ns)
{
    uint16_t cell = cell_of(meter, hint->svlan, hint->cvlan);
    uint64_t by_mac = mac_binding(meter, hint->svlan, hint->cvlan, hint->client_mac);
    uint32_t number = line_so_far(meter, hint, by_mac, cell);
    const struct byte_range *name = NULL;
    enum line_key_kind kind = best_name(hint, &name);
    if (cell != SUPPRESSED && meter->cells[cell].wlan)
        return;
    if (kind != LINE_KEY_NONE) {
        uint64_t pseudonym = pseudonym_of(meter->pseudonym, kind, name->bytes, trimmed(name));
        uint32_t named = key_map_get(&meter->by_pseudonym, pseudonym);
        if (named == KEY_MAP_NONE && number != KEY_MAP_NONE)
            named = rename_line(meter, number, pseudonym, kind);
        number = named != KEY_MAP_NONE ? named : line_named(meter, pseudonym, kind, cell);
    }
    if (number == LINE_NONE)
        return;
    meter->lines[number].seen_unix_ns = now_unix_ns;
    (void)key_map_put(&meter->by_binding, by_mac, number);
    if (hint->ip_version != 0)
        (void)key_map_put(&meter->by_binding,
                          address_binding(meter, hint->ip_version, hint->address), number);
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
        meter->totals.lines_active += line->cell != SUPPRESSED;
        meter->totals.lines_suppressed += line->cell == SUPPRESSED;
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
    uint32_t cell = verdict->context & ~CONTEXT_CELL;
    if (verdict->context & CONTEXT_CELL) {
        meter->counts->counts[cell].octets[up] += packet->ip_bytes;
    } else {
        struct line *line = &meter->lines[verdict->context];
        count_on_line(meter, line, packet, up);
        if (line->cell == SUPPRESSED)
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

static void hand_over_line(struct line_counts *counts, struct line *line, uint32_t number)
{
    (void)number;
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
    if (line->flags & LINE_ACTIVE && line->cell != SUPPRESSED)
        hand_over_line(counts, line, 0);
    if (line->flags & (LINE_ACTIVE | LINE_PENDING) && line->cell != SUPPRESSED)
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
        give_line(meter, i);
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
