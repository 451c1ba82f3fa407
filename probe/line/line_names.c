/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A circuit's name is unique within its access node, and most are in the whole network (TR-101 puts
 * the node's name first). So it stands for itself, whoever says it, until the rules lead the same
 * name to a second access node. From then on it is the line's at the node that comes first in the
 * rules; at any other it goes behind the node's name; and RADIUS, which knows no tags, is believed
 * no circuit of that name.
 */
#include "probe/line/line_names.h"

#include "probe/line/line_binding.h"

#include <string.h>

#define AMBIGUOUS 1 /* owner of a circuit's name: it is at several nodes */

static const enum line_key_kind kinds[LINE_NAME_SLOTS + 1] = {
    [LINE_NAME_CIRCUIT_PPPOE] = LINE_KEY_CIRCUIT,
    [LINE_NAME_CIRCUIT_DHCPV4] = LINE_KEY_CIRCUIT,
    [LINE_NAME_CIRCUIT_DHCPV6] = LINE_KEY_CIRCUIT,
    [LINE_NAME_CIRCUIT_RADIUS] = LINE_KEY_CIRCUIT,
    [LINE_NAME_PORT] = LINE_KEY_CIRCUIT,
    [LINE_NAME_SERIAL_PPPOE] = LINE_KEY_TERMINAL_SERIAL,
    [LINE_NAME_SERIAL_DHCPV4] = LINE_KEY_TERMINAL_SERIAL,
    [LINE_NAME_SERIAL_DHCPV6] = LINE_KEY_TERMINAL_SERIAL,
    [LINE_NAME_SERIAL_RADIUS] = LINE_KEY_TERMINAL_SERIAL,
    [LINE_NAME_ACCOUNT] = LINE_KEY_ACCOUNT,
};

/* ---- access nodes ---- */

const char *line_node(const struct line_meter *meter, uint16_t cell)
{
    if (cell + 1u >= meter->cell_count) /* no rule's, or suppressed */
        return NULL;
    const struct access_rule *rule = &meter->cells[cell];
    return rule->routed || rule->wlan || rule->access_node[0] == '\0' ? NULL : rule->access_node;
}

const char *line_node_of(const struct line_meter *meter, uint32_t number)
{
    const struct line *line = &meter->lines[number];
    return line->flags & LINE_PLACED ? line_node(meter, line->cell) : NULL;
}

bool line_nodes_differ(const char *one, const char *other)
{
    return one && other && strcmp(one, other) != 0;
}

/* Of the first rule with this node. */
static size_t rank_of_node(const struct line_meter *meter, const char *node)
{
    size_t cell = 0;
    while (strcmp(meter->cells[cell].access_node, node) != 0)
        cell++;
    return cell;
}

/* From the name's own pseudonym, since the name itself is not kept. */
static uint64_t name_at_node(const struct line_meter *meter, uint64_t pseudonym, const char *node)
{
    uint8_t name[REPORT_NAME_BYTES + sizeof pseudonym] = {0};
    memcpy(name, node, strnlen(node, REPORT_NAME_BYTES));
    for (size_t i = 0; i < sizeof pseudonym; i++)
        name[REPORT_NAME_BYTES + i] = (uint8_t)(pseudonym >> (56 - 8 * i));
    return pseudonym_of(meter->pseudonym, LINE_KEY_CIRCUIT, name, sizeof name);
}

/* 0, which stands for none, for no name. */
static uint16_t print_of(uint64_t pseudonym)
{
    uint16_t print = (uint16_t)(pseudonym >> 48);
    return print != 0 ? print : 1;
}

/* The line goes behind its node's name, and leaves its own to a line of this cell. By that name it
 * was told today, as far as it was told: so the other has been. */
static void yield_name(struct line_meter *meter, uint32_t number, uint64_t pseudonym, uint16_t cell)
{
    struct line *line = &meter->lines[number];
    uint16_t told = LINE_NO_DAY;
    uint64_t mine = name_at_node(meter, pseudonym, line_node(meter, line->cell));
    if (!key_map_put(&meter->by_pseudonym, mine, number)) {
        meter->totals.names_not_stored++;
        return;
    }
    uint16_t *said = meter->names[number].said;
    for (size_t i = 0; i < LINE_NAME_SLOTS; i++)
        if (kinds[i] == LINE_KEY_CIRCUIT && said[i] == print_of(pseudonym))
            said[i] = print_of(mine);
    if (line->pseudonym == pseudonym) {
        line->pseudonym = mine;
        told = line->city_day;
        line->city_day = LINE_NO_DAY;
    }
    key_map_remove(&meter->by_pseudonym, pseudonym);
    uint32_t heir = line_named(meter, pseudonym, LINE_KEY_CIRCUIT, cell);
    if (heir == LINE_NONE)
        return;
    meter->lines[heir].city_day = told;
    (void)key_map_put_for(&meter->by_pseudonym, pseudonym, heir, AMBIGUOUS);
}

/* What a circuit's name is where the message is; 0: nobody's in particular. */
static uint64_t circuit_within(struct line_meter *meter, uint64_t pseudonym,
                               const struct line_message *message)
{
    const char *node = message->placed ? line_node(meter, message->cell) : NULL;
    if (!node)
        return key_map_owner(&meter->by_pseudonym, pseudonym) == AMBIGUOUS ? 0 : pseudonym;
    uint64_t here = name_at_node(meter, pseudonym, node);
    if (key_map_get(&meter->by_pseudonym, here) != KEY_MAP_NONE)
        return here;
    uint32_t number = line_now(meter, key_map_get(&meter->by_pseudonym, pseudonym));
    const char *other = number != LINE_NONE ? line_node_of(meter, number) : NULL;
    if (!line_nodes_differ(node, other))
        return pseudonym;
    if (rank_of_node(meter, node) < rank_of_node(meter, other)) {
        yield_name(meter, number, pseudonym, message->cell);
        return pseudonym;
    }
    (void)key_map_put_for(&meter->by_pseudonym, pseudonym, number, AMBIGUOUS); /* it is there */
    return here;
}

/* ---- the names of a message ---- */

/* Names are compared as the access node wrote them, but for padding behind a text; the last byte of
 * a binary name may be any. */
static size_t name_length(const struct byte_range *name)
{
    size_t length = name->bytes ? name->length : 0;
    bool text = true;
    while (length > 0 && (name->bytes[length - 1] == '\0' || name->bytes[length - 1] == ' '))
        length--;
    for (size_t i = 0; i < length; i++)
        text &= name->bytes[i] >= ' ';
    return text ? length : name->length;
}

static void add(struct line_message *message, uint64_t pseudonym, enum line_name_slot slot)
{
    if (pseudonym != 0)
        message->names[message->count++] = (struct line_name){pseudonym, slot};
}

/* 0 where there is no name. */
static uint64_t pseudonym_of_name(const struct line_meter *meter, enum line_key_kind kind,
                                  const struct byte_range *name)
{
    size_t length = name_length(name);
    return length > 0 ? pseudonym_of(meter->pseudonym, kind, name->bytes, length) : 0;
}

struct line_joined_name line_name_within_nas(const struct line_accounting *record,
                                             const struct byte_range *part)
{
    struct line_joined_name joined = {.length = 0};
    const struct byte_range *parts[] = {&record->nas, part};
    for (size_t i = 0; i < 2; i++) {
        size_t length = parts[i] && parts[i]->bytes ? parts[i]->length : 0;
        length = length < LINE_NAME_PART_BYTES ? length : LINE_NAME_PART_BYTES;
        if (length > 0)
            memcpy(joined.bytes + joined.length, parts[i]->bytes, length);
        joined.length += length;
        if (i == 0) /* the NAS is none without its length */
            joined.bytes[joined.length++] = (uint8_t)length;
    }
    return joined;
}

static uint64_t pseudonym_of_port(const struct line_meter *meter, const struct line_hint *hint)
{
    struct byte_range port = {hint->port_id.bytes, name_length(&hint->port_id)};
    if (meter->ignore_port_id || port.length == 0)
        return 0;
    struct line_joined_name joined = line_name_within_nas(&hint->accounting, &port);
    return pseudonym_of(meter->pseudonym, LINE_KEY_CIRCUIT, joined.bytes, joined.length);
}

struct line_message line_names_of(struct line_meter *meter, const struct line_hint *hint)
{
    static const struct {
        enum line_name_slot circuit, serial;
    } slots[] = {
        [CONTROL_PPPOE_DISCOVERY] = {LINE_NAME_CIRCUIT_PPPOE, LINE_NAME_SERIAL_PPPOE},
        [CONTROL_DHCPV4] = {LINE_NAME_CIRCUIT_DHCPV4, LINE_NAME_SERIAL_DHCPV4},
        [CONTROL_DHCPV6] = {LINE_NAME_CIRCUIT_DHCPV6, LINE_NAME_SERIAL_DHCPV6},
        [CONTROL_RADIUS_ACCOUNTING] = {LINE_NAME_CIRCUIT_RADIUS, LINE_NAME_SERIAL_RADIUS},
    };
    uint16_t cell = hint->is_accounting ? line_cell_of(meter, 0, 0)
                                        : line_cell_of(meter, hint->svlan, hint->cvlan);
    bool placed = !hint->is_accounting && !hint->relayed && line_node(meter, cell);
    struct line_message message = {.cell = cell, .placed = placed};
    uint64_t circuit = pseudonym_of_name(meter, LINE_KEY_CIRCUIT, &hint->circuit_id);
    if (circuit != 0)
        circuit = circuit_within(meter, circuit, &message);
    add(&message, circuit, slots[hint->protocol].circuit);
    if (hint->is_accounting)
        add(&message, pseudonym_of_port(meter, hint), LINE_NAME_PORT);
    add(&message, pseudonym_of_name(meter, LINE_KEY_TERMINAL_SERIAL, &hint->remote_id),
        slots[hint->protocol].serial);
    add(&message, pseudonym_of_name(meter, LINE_KEY_ACCOUNT, &hint->account), LINE_NAME_ACCOUNT);
    return message;
}

/* ---- the names of a line ---- */

enum line_name_slot line_best_slot(const struct line_meter *meter, uint32_t number)
{
    unsigned slot = 0;
    while (slot < LINE_NAME_SLOTS && meter->names[number].said[slot] == 0)
        slot++;
    return (enum line_name_slot)slot;
}

static bool may_be_called(const struct line_meter *meter, uint32_t number,
                          const struct line_message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        uint16_t said = meter->names[number].said[message->names[i].slot];
        if (said != 0 && said != print_of(message->names[i].pseudonym))
            return false;
    }
    return !message->placed ||
           !line_nodes_differ(line_node_of(meter, number), line_node(meter, message->cell));
}

/* Each line that is not there yet has room for one name: others may not take it. */
static bool has_room(const struct line_meter *meter)
{
    return meter->by_pseudonym.used + (meter->capacity - meter->totals.lines_known) <
           meter->by_pseudonym.limit;
}

/* The name leads to the line. What it led to is the same line, unless that has a better name that
 * is not this one's; then it keeps that alone. False when there is no room. */
static bool take_name(struct line_meter *meter, uint32_t *number, const struct line_name *name)
{
    uint32_t before = line_now(meter, key_map_get(&meter->by_pseudonym, name->pseudonym));
    if (before == *number)
        return true;
    uint32_t joined =
        before != LINE_NONE ? line_join_below(meter, before, *number, name->slot) : LINE_NONE;
    if (joined != LINE_NONE) {
        *number = joined;
        return true;
    }
    if (before != LINE_NONE && meter->lines[before].pseudonym == name->pseudonym)
        return false;
    uint32_t owner = key_map_owner(&meter->by_pseudonym, name->pseudonym);
    if ((before != LINE_NONE || has_room(meter)) &&
        key_map_put_for(&meter->by_pseudonym, name->pseudonym, *number, owner))
        return true;
    meter->totals.names_not_stored++;
    return false;
}

/* A line is told to the collector once a day, under the name that it had then. */
static void add_name(struct line_meter *meter, uint32_t *number, const struct line_name *name)
{
    if (!take_name(meter, number, name))
        return;
    struct line *line = &meter->lines[*number];
    enum line_name_slot best = line_best_slot(meter, *number);
    meter->names[*number].said[name->slot] = print_of(name->pseudonym);
    if (name->slot >= best)
        return;
    line->pseudonym = name->pseudonym;
    line->kind = (uint8_t)kinds[name->slot];
}

/* Its own tags say more than where a record or a relay has put it so far. */
static void place(const struct line_meter *meter, struct line *line, uint16_t cell)
{
    if (line->flags & LINE_PLACED || line->cell == LINE_SUPPRESSED)
        return;
    line->flags |= LINE_PLACED;
    if (line->cell == cell)
        return;
    line->cell = cell;
    line->device = 0; /* there it has to be noted, too */
    meter->counts->counts[cell].used = true;
}

uint32_t line_known_as(struct line_meter *meter, const struct line_message *message,
                       uint32_t before)
{
    if (message->count == 0)
        return LINE_NONE;
    const struct line_name *best = &message->names[0];
    uint32_t number = line_now(meter, key_map_get(&meter->by_pseudonym, best->pseudonym));
    if (number == LINE_NONE && before != LINE_NONE && may_be_called(meter, before, message))
        number = before;
    if (number == LINE_NONE)
        number = line_named(meter, best->pseudonym, kinds[best->slot], message->cell);
    if (number != LINE_NONE && message->placed)
        place(meter, &meter->lines[number], message->cell);
    for (size_t i = 0; number != LINE_NONE && i < message->count; i++)
        add_name(meter, &number, &message->names[i]);
    uint32_t joined =
        number != LINE_NONE && before != LINE_NONE ? line_join(meter, before, number) : LINE_NONE;
    return joined != LINE_NONE ? joined : number;
}
