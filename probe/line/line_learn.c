/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What control messages say: they bind a client's MAC and its leased addresses to the line that
 * they name. line_names.h says what is one line.
 */
#include "probe/line/line_binding.h"
#include "probe/line/line_names.h"

#include <string.h>

static bool is_zero_mac(const uint8_t *mac)
{
    static const uint8_t zero[MAC_BYTES];
    return memcmp(mac, zero, MAC_BYTES) == 0;
}

/* Known by its MAC alone, and that only as the ports told which end is the subscriber. */
static uint32_t line_of_bare_mac(const struct line_meter *meter, const uint8_t *mac)
{
    if (is_zero_mac(mac))
        return LINE_NONE;
    uint64_t name = pseudonym_of(meter->pseudonym, LINE_KEY_MAC, mac, MAC_BYTES);
    uint32_t number = line_now(meter, key_map_get(&meter->by_pseudonym, name));
    return number != LINE_NONE && meter->lines[number].kind == LINE_KEY_MAC ? number : LINE_NONE;
}

/* The line that this client would have without the hint, if it has one already. */
static uint32_t line_so_far(const struct line_meter *meter, const struct line_hint *hint,
                            uint64_t by_mac, uint16_t cell)
{
    uint32_t number = line_now(meter, key_map_get(&meter->by_binding, by_mac));
    if (number == LINE_NONE && hint->svlan && hint->cvlan)
        number = line_of_pair(meter, hint->svlan, hint->cvlan, cell);
    return number != LINE_NONE ? number : line_of_bare_mac(meter, hint->client_mac);
}

/* An address that the message gives the client may have been his all the time. */
static uint32_t join_by_addresses(struct line_meter *meter, const struct line_hint *hint,
                                  uint32_t number, uint64_t now_unix_ns)
{
    for (size_t i = 0; i < hint->address_count && hint->event != LINE_EVENT_ENDED; i++) {
        uint64_t binding = line_prefix_binding(meter, &hint->addresses[i]);
        uint32_t before = line_of_binding(meter, binding, now_unix_ns);
        uint32_t owner = key_map_owner(&meter->by_binding, binding);
        bool server = hint->event == LINE_EVENT_STARTED;
        if (before == LINE_NONE || before == number)
            continue;
        if (line_lease_is_of(meter, owner, hint->client_mac) ||
            (server && line_session_is_fresh(meter, owner, now_unix_ns))) {
            uint32_t joined = line_join(meter, before, number);
            number = joined != LINE_NONE ? joined : number;
        }
    }
    return number;
}

/* A client that renews its lease does not know yet until when. */
static bool stands(const struct line_meter *meter, const struct line_hint *hint, uint64_t binding,
                   uint32_t number, uint64_t now_unix_ns)
{
    return hint->event == LINE_EVENT_SEEN &&
           line_of_binding(meter, binding, now_unix_ns) == number &&
           line_lease_is_of(meter, key_map_owner(&meter->by_binding, binding), hint->client_mac);
}

static void bind_addresses(struct line_meter *meter, const struct line_hint *hint, uint32_t number,
                           uint64_t now_unix_ns)
{
    for (size_t i = 0; i < hint->address_count; i++) {
        const struct line_address *address = &hint->addresses[i];
        uint64_t binding = line_prefix_binding(meter, address);
        if (hint->event == LINE_EVENT_ENDED)
            line_unbind(meter, binding, number);
        else if (!stands(meter, hint, binding, number, now_unix_ns)) /* no room: it is counted */
            (void)line_bind_address(
                meter, address, number,
                line_lease(meter, hint->client_mac, address->valid_s, now_unix_ns));
    }
}

/* A client that was known by its MAC has gone to another line: its name goes along. */
static void pass_on_mac(struct line_meter *meter, const uint8_t *mac, uint32_t number)
{
    uint64_t name = pseudonym_of(meter->pseudonym, LINE_KEY_MAC, mac, MAC_BYTES);
    uint32_t before = line_now(meter, key_map_get(&meter->by_pseudonym, name));
    if (before != LINE_NONE && meter->lines[before].pseudonym != name)
        (void)key_map_put(&meter->by_pseudonym, name, number); /* it is there */
}

void line_meter_learn(struct line_meter *meter, const struct line_hint *hint, uint64_t now_unix_ns)
{
    if (hint->is_accounting) {
        line_learn_accounting(meter, hint, now_unix_ns);
        return;
    }
    uint16_t cell = line_cell_of(meter, hint->svlan, hint->cvlan);
    if (cell != LINE_SUPPRESSED && meter->cells[cell].wlan)
        return;
    uint64_t by_mac = line_mac_binding(meter, hint->svlan, hint->cvlan, hint->client_mac);
    uint32_t before = line_so_far(meter, hint, by_mac, cell);
    struct line_message message = line_names_of(meter, hint);
    uint32_t number = message.count > 0 ? line_known_as(meter, &message, before) : before;
    if (number == LINE_NONE) /* no name: but now it is known who the client is */
        number = line_unnamed(meter, hint, cell);
    if (number == LINE_NONE)
        return;
    number = join_by_addresses(meter, hint, number, now_unix_ns);
    struct line *line = &meter->lines[number];
    line->seen_unix_ns = now_unix_ns;
    if (cell != LINE_SUPPRESSED && !meter->cells[cell].routed)
        line_settle(meter, line, cell);
    if (hint->event == LINE_EVENT_STARTED)
        line_note_session(meter, number, now_unix_ns);
    if (before != LINE_NONE && line_now(meter, before) != number)
        pass_on_mac(meter, hint->client_mac, number);
    line_bind(meter, by_mac, number);
    bind_addresses(meter, hint, number, now_unix_ns);
}
