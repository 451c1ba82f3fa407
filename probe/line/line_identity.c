/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose packet is this? A flow asks once, when it begins.
 */
#include "probe/line/line.h"

#include "probe/line/host_address.h"
#include "probe/line/line_binding.h"
#include "probe/line/line_names.h"

#include <string.h>

#define TCP_PROTOCOL       6
#define UDP_PROTOCOL       17
#define DHCP_SERVER_PORT   67
#define DHCPV6_SERVER_PORT 547

/* ---- lines ---- */

static uint32_t take_line(struct line_meter *meter)
{
    uint32_t number = meter->first_free;
    if (number != LINE_NONE)
        meter->first_free = meter->lines[number].next_free;
    else if (meter->high_water < meter->capacity)
        number = meter->high_water++;
    return number;
}

void line_give(struct line_meter *meter, uint32_t number)
{
    meter->lines[number] = (struct line){.next_free = meter->first_free};
    meter->names[number] = (struct line_names){{0}};
    meter->first_free = number;
}

/* The line of this name, made when there is none; LINE_NONE when there is no room. */
uint32_t line_named(struct line_meter *meter, uint64_t pseudonym, enum line_key_kind kind,
                    uint16_t cell)
{
    uint32_t number = key_map_get(&meter->by_pseudonym, pseudonym);
    if (number != KEY_MAP_NONE)
        return number;
    number = take_line(meter);
    if (number == LINE_NONE || !key_map_put(&meter->by_pseudonym, pseudonym, number)) {
        if (number != LINE_NONE)
            line_give(meter, number);
        meter->totals.lines_not_stored++;
        return LINE_NONE;
    }
    meter->lines[number] = (struct line){
        .pseudonym = pseudonym,
        .city_day = LINE_NO_DAY,
        .cell = cell,
        .kind = (uint8_t)kind,
        .flags = LINE_IN_USE,
    };
    if (meter->minutes)
        meter->minutes[number] = (struct line_minute){0};
    for (size_t i = 1; i < meter->class_count; i++)
        meter->month_octets[number * (meter->class_count - 1) + i - 1] = 0;
    meter->totals.lines_known++;
    return number;
}

static bool is_zero_mac(const uint8_t *mac)
{
    static const uint8_t zero[MAC_BYTES];
    return memcmp(mac, zero, MAC_BYTES) == 0;
}

/* ---- where a packet belongs ---- */

static bool in_range(const struct vlan_range *range, uint16_t svlan, uint16_t cvlan)
{
    return svlan >= range->svlan_first && svlan <= range->svlan_last &&
           cvlan >= range->cvlan_first && cvlan <= range->cvlan_last;
}

uint16_t line_cell_of(const struct line_meter *meter, uint16_t svlan, uint16_t cvlan)
{
    for (size_t i = 0; i < meter->suppressed_count; i++)
        if (in_range(&meter->suppressed[i], svlan, cvlan))
            return LINE_SUPPRESSED;
    size_t cell = 0;
    while (cell + 1 < meter->cell_count && !in_range(&meter->cells[cell].vlans, svlan, cvlan))
        cell++;
    return (uint16_t)cell;
}

/* What the MACs of a flow's first packet are bound to. */
struct ends {
    uint64_t binding[2]; /* of the source and of the destination, within their VLANs */
    uint32_t line[2];    /* KEY_MAP_NONE: nobody's so far, or not asked for */
};

/* Words of struct flow_notes. */
enum note {
    NOTE_SOURCE,      /* its binding */
    NOTE_DESTINATION, /* the same where it is asked for */
    NOTE_LINE,        /* the source's, or KEY_MAP_NONE: it had none then */
};

static inline uint64_t source_binding(const struct line_meter *meter, const struct packet *first)
{
    return line_mac_binding(meter, first->key.svlan, first->key.cvlan, first->source_mac);
}

static inline uint64_t destination_binding(const struct line_meter *meter,
                                           const struct packet *first)
{
    return line_mac_binding(meter, first->key.svlan, first->key.cvlan, first->destination_mac);
}

/* A sender that is known tells the way by itself. */
static inline bool asks_for_destination(const struct packet *first, uint32_t line_of_source)
{
    return line_of_source == KEY_MAP_NONE || first->direction == DIRECTION_DOWNSTREAM;
}

/* Of a flow that was expected or, without notes, was not. */
static inline struct ends ends_of(const struct line_meter *meter, const struct packet *first,
                                  const struct flow_notes *notes)
{
    struct ends ends = {.line = {KEY_MAP_NONE, KEY_MAP_NONE}};
    ends.binding[0] = notes ? notes->words[NOTE_SOURCE] : source_binding(meter, first);
    if (notes)
        ends.line[0] = (uint32_t)notes->words[NOTE_LINE];
    if (ends.line[0] == KEY_MAP_NONE) /* it may have got one since */
        ends.line[0] = key_map_get(&meter->by_binding, ends.binding[0]);
    if (!asks_for_destination(first, ends.line[0]))
        return ends;
    ends.binding[1] = notes ? notes->words[NOTE_DESTINATION] : destination_binding(meter, first);
    ends.line[1] = key_map_get(&meter->by_binding, ends.binding[1]);
    return ends;
}

/* On an access link somebody is the subscriber: who opens, or who asks a lower port. */
static enum direction direction_by_ports(const struct packet *first)
{
    if (first->key.protocol == TCP_PROTOCOL && first->tcp_flags & TCP_SYN)
        return first->tcp_flags & TCP_ACK ? DIRECTION_DOWNSTREAM : DIRECTION_UPSTREAM;
    return first->key.source_port < first->key.destination_port ? DIRECTION_DOWNSTREAM
                                                                : DIRECTION_UPSTREAM;
}

/* Which way a packet goes, as far as it is certain. */
static enum direction direction_of(const struct line_meter *meter, const struct packet *first,
                                   const struct ends *ends)
{
    const struct flow_key *key = &first->key;
    if (first->direction != DIRECTION_UNKNOWN)
        return (enum direction)first->direction;
    if (ends->line[0] != KEY_MAP_NONE)
        return DIRECTION_UPSTREAM;
    if (ends->line[1] != KEY_MAP_NONE)
        return DIRECTION_DOWNSTREAM;
    if (meter->addresses_bound) {
        uint64_t now = first->time_unix_ns, binding;
        if (line_of_address(meter, key->ip_version, key->source_address, now, &binding) !=
            LINE_NONE)
            return DIRECTION_UPSTREAM;
        if (line_of_address(meter, key->ip_version, key->destination_address, now, &binding) !=
            LINE_NONE)
            return DIRECTION_DOWNSTREAM;
    }
    if (perimeter_is_inside(&meter->perimeter, key->ip_version, key->source_address))
        return DIRECTION_UPSTREAM;
    if (perimeter_is_inside(&meter->perimeter, key->ip_version, key->destination_address))
        return DIRECTION_DOWNSTREAM;
    return DIRECTION_UNKNOWN;
}

/* A VLAN pair is a name within its access node only; the node's name goes before it. */
static uint64_t name_pair(const struct line_meter *meter, uint16_t cell, uint16_t svlan,
                          uint16_t cvlan)
{
    uint8_t name[REPORT_NAME_BYTES + 4] = {0};
    const char *node = cell == LINE_SUPPRESSED ? "" : meter->cells[cell].access_node;
    memcpy(name, node, strnlen(node, REPORT_NAME_BYTES));
    name[REPORT_NAME_BYTES] = (uint8_t)(svlan >> 8);
    name[REPORT_NAME_BYTES + 1] = (uint8_t)svlan;
    name[REPORT_NAME_BYTES + 2] = (uint8_t)(cvlan >> 8);
    name[REPORT_NAME_BYTES + 3] = (uint8_t)cvlan;
    return pseudonym_of(meter->pseudonym, LINE_KEY_VLAN_PAIR, name, sizeof name);
}

uint32_t line_of_pair(const struct line_meter *meter, uint16_t svlan, uint16_t cvlan, uint16_t cell)
{
    uint32_t number = key_map_get(&meter->by_binding, line_vlan_binding(meter, svlan, cvlan));
    if (number == KEY_MAP_NONE)
        number = key_map_get(&meter->by_pseudonym, name_pair(meter, cell, svlan, cvlan));
    return line_now(meter, number);
}

struct subscriber {
    const uint8_t *mac;
    uint64_t mac_binding;
    uint32_t mac_line; /* what it is bound to, or KEY_MAP_NONE */
    const uint8_t *address;
    bool certain; /* by more than the ports */
};

/* A pair always lies in the same cell, so that it leads to its line without the costly name. */
static uint32_t line_of_vlans(struct line_meter *meter, const struct flow_key *key, uint16_t cell)
{
    uint64_t binding = line_vlan_binding(meter, key->svlan, key->cvlan);
    uint32_t number = key_map_get(&meter->by_binding, binding);
    if (number != KEY_MAP_NONE)
        return number;
    uint64_t name = name_pair(meter, cell, key->svlan, key->cvlan);
    number = line_named(meter, name, LINE_KEY_VLAN_PAIR, cell);
    if (number != LINE_NONE)
        line_bind(meter, binding, number);
    return number;
}

static bool is_named_by_node(const struct line_meter *meter, uint32_t number)
{
    return line_best_slot(meter, number) <= LINE_NAME_CIRCUIT_DHCPV6;
}

/* The address leads to one line. Where it comes from may have been taken for another: it is joined
 * to that, as far as the evidence goes. What the access node has named is then the better guide
 * than an address that may have been somebody's before. */
static uint32_t settle_doubt(struct line_meter *meter, const struct packet *first,
                             const struct subscriber *subscriber, uint32_t number, uint64_t binding)
{
    const struct flow_key *key = &first->key;
    uint64_t here = subscriber->mac_binding;
    uint32_t other = line_now(meter, subscriber->mac_line);
    if (other == LINE_NONE && key->svlan && key->cvlan) {
        here = line_vlan_binding(meter, key->svlan, key->cvlan);
        other = line_now(meter, key_map_get(&meter->by_binding, here));
    }
    if (other == number)
        return number;
    bool alone = line_hint_is_of_subscriber(first);
    uint32_t owner = key_map_owner(&meter->by_binding, binding);
    bool sure = line_lease_is_of(meter, owner, subscriber->mac) ||
                (alone && line_session_is_fresh(meter, owner, first->time_unix_ns));
    if (other == LINE_NONE) {
        if (sure && subscriber->certain)
            line_bind(meter, here, number);
        return number;
    }
    uint32_t joined = sure ? line_join(meter, number, other) : LINE_NONE;
    if (joined != LINE_NONE)
        return joined;
    return alone && is_named_by_node(meter, other) ? other : number;
}

static bool is_routed(const struct line_meter *meter, uint16_t cell)
{
    return cell != LINE_SUPPRESSED && meter->cells[cell].routed;
}

/* LINE_NONE: the address is bound to none. Not inline: where no address is bound, it is in the way.
 */
__attribute__((noinline)) static uint32_t find_by_address(struct line_meter *meter,
                                                          const struct packet *first,
                                                          const struct subscriber *subscriber,
                                                          uint16_t cell)
{
    uint64_t binding;
    uint32_t number = line_of_address(meter, first->key.ip_version, subscriber->address,
                                      first->time_unix_ns, &binding);
    return number == LINE_NONE || is_routed(meter, cell)
               ? number
               : settle_doubt(meter, first, subscriber, number, binding);
}

static uint32_t find_line(struct line_meter *meter, const struct flow_key *key,
                          const struct subscriber *subscriber, uint16_t cell)
{
    if (is_routed(meter, cell))
        return LINE_NONE;
    uint32_t number = subscriber->mac_line;
    if (number != KEY_MAP_NONE)
        return number;
    if (key->svlan && key->cvlan)
        return line_of_vlans(meter, key, cell);
    if (is_zero_mac(subscriber->mac) || is_group_mac(subscriber->mac))
        return LINE_NONE;
    uint64_t name = pseudonym_of(meter->pseudonym, LINE_KEY_MAC, subscriber->mac, MAC_BYTES);
    number = line_named(meter, name, LINE_KEY_MAC, cell);
    /* The next flow finds it without the costly name; and its sender is known for the client. */
    if (number != LINE_NONE && subscriber->certain)
        line_bind(meter, subscriber->mac_binding, number);
    return number;
}

uint32_t line_unnamed(struct line_meter *meter, const struct line_hint *hint, uint16_t cell)
{
    uint64_t binding = line_mac_binding(meter, hint->svlan, hint->cvlan, hint->client_mac);
    const struct flow_key key = {.svlan = hint->svlan, .cvlan = hint->cvlan};
    const struct subscriber subscriber = {
        .mac = hint->client_mac,
        .mac_binding = binding,
        .mac_line = key_map_get(&meter->by_binding, binding),
        .certain = true,
    };
    return line_now(meter, find_line(meter, &key, &subscriber, cell));
}

static uint32_t class_of(const struct line_meter *meter, const struct flow_key *key, bool up)
{
    return meter->class_count == 0
               ? PREFIX_CLASS_NONE
               : prefix_table_find(meter->destinations, key->ip_version,
                                   up ? key->destination_address : key->source_address);
}

void line_meter_flows_expected(const struct line_meter *meter, struct flow_expected *flows,
                               size_t count)
{
    const struct key_map map = meter->by_binding;
    for (size_t i = 0; i < count; i++) {
        uint64_t binding = source_binding(meter, flows[i].first);
        flows[i].notes.words[NOTE_SOURCE] = binding;
        key_map_prefetch(&map, binding);
        /* Probably an answer: then it is the other end that is known. */
        bool down = flows[i].first->key.source_port < flows[i].first->key.destination_port;
        binding = down ? destination_binding(meter, flows[i].first) : 0;
        flows[i].notes.words[NOTE_DESTINATION] = binding;
        if (binding != 0)
            key_map_prefetch(&map, binding);
    }
    for (size_t i = 0; meter->addresses_bound && i < count; i++) {
        const struct flow_key *key = &flows[i].first->key;
        key_map_prefetch(&map, line_address_hash(meter, key->ip_version, key->source_address));
        key_map_prefetch(&map, line_address_hash(meter, key->ip_version, key->destination_address));
    }
}

/* Always inline: GCC 12 takes a function that fetches and does no more for one without any effect,
 * and leaves out calls of it. */
static inline __attribute__((always_inline)) void fetch_line(const struct line_meter *meter,
                                                             uint32_t number)
{
    if (number != KEY_MAP_NONE)
        __builtin_prefetch(&meter->lines[number], 1, 3);
}

void line_meter_flows_awaited(const struct line_meter *meter, struct flow_expected *flows,
                              size_t count)
{
    uint8_t downward[FLOW_BATCH];
    size_t downward_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t *notes = flows[i].notes.words;
        uint32_t number = key_map_get(&meter->by_binding, notes[NOTE_SOURCE]);
        notes[NOTE_LINE] = number;
        fetch_line(meter, number);
        if (!asks_for_destination(flows[i].first, number))
            continue;
        if (notes[NOTE_DESTINATION] == 0) {
            notes[NOTE_DESTINATION] = destination_binding(meter, flows[i].first);
            key_map_prefetch(&meter->by_binding, notes[NOTE_DESTINATION]);
        }
        downward[downward_count++] = (uint8_t)i;
    }
    for (size_t i = 0; i < downward_count; i++) {
        const uint64_t *notes = flows[downward[i]].notes.words;
        fetch_line(meter, key_map_get(&meter->by_binding, notes[NOTE_DESTINATION]));
    }
}

/* What the operator's own machines say to each other of subscribers: RADIUS, and relays' DHCP. Not
 * where it comes out of a subscriber's session or pair of tags: then it is his, whatever it is. */
static bool is_operators_own(const struct packet *first)
{
    static const uint16_t radius[] = {1812, 1813, 1645, 1646};
    const struct flow_key *key = &first->key;
    if (key->protocol != UDP_PROTOCOL || line_hint_is_of_subscriber(first))
        return false;
    if (key->source_port == key->destination_port)
        return key->source_port == DHCP_SERVER_PORT || key->source_port == DHCPV6_SERVER_PORT;
    for (size_t i = 0; i < sizeof radius / sizeof radius[0]; i++)
        if (key->source_port == radius[i] || key->destination_port == radius[i])
            return true;
    return false;
}

struct flow_origin line_meter_flow_started(struct line_meter *meter, const struct packet *first,
                                           const struct flow_notes *notes)
{
    const struct flow_key *key = &first->key;
    if (is_operators_own(first))
        return (struct flow_origin){LINE_NONE, DIRECTION_UNKNOWN};
    struct ends ends = ends_of(meter, first, notes);
    struct flow_origin origin = {LINE_NONE, direction_of(meter, first, &ends)};
    bool certain = origin.direction != DIRECTION_UNKNOWN;
    if (!certain && (key->svlan || key->pppoe_session))
        origin.direction = direction_by_ports(first);
    if (origin.direction == DIRECTION_UNKNOWN)
        return origin;
    bool up = origin.direction == DIRECTION_UPSTREAM;
    struct subscriber subscriber = {
        .mac = up ? first->source_mac : first->destination_mac,
        .mac_binding = ends.binding[!up],
        .mac_line = ends.line[!up],
        .address = up ? key->source_address : key->destination_address,
        .certain = certain,
    };
    uint16_t cell = line_cell_of(meter, key->svlan, key->cvlan);
    bool wlan = cell != LINE_SUPPRESSED && (first->wlan || meter->cells[cell].wlan);
    uint32_t class = class_of(meter, key, up) << LINE_CONTEXT_CLASS_SHIFT;
    if (wlan) {
        origin.context = class | line_wlan_context(meter, first, cell);
        line_note_address(meter, origin.context, key->ip_version, subscriber.address);
        return origin;
    }
    /* What is said to all in a VLAN is nobody's. */
    if (!line_hint_is_of_subscriber(first) &&
        is_shared_address(key->ip_version, subscriber.address))
        return origin;
    uint32_t number = LINE_NONE;
    if (meter->addresses_bound && key->ip_version != 0)
        number = find_by_address(meter, first, &subscriber, cell);
    if (number == LINE_NONE)
        number = find_line(meter, key, &subscriber, cell);
    if (number == LINE_NONE)
        return origin;
    if (meter->lines[number].flags & LINE_MOVED)
        number = line_now(meter, number);
    line_settle(meter, &meter->lines[number], cell);
    origin.context = class | number;
    line_note_address(meter, number, key->ip_version, subscriber.address);
    return origin;
}
