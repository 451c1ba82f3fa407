/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as control messages that name lines: what is read lies within the message, and the line
 * meter takes it. A message is: control protocol, step of time in minutes, length (2 bytes), bytes.
 */
#include "common/cursor.h"
#include "probe/decode/line_hint.h"
#include "probe/line/line_meter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NS_PER_MINUTE UINT64_C(60000000000)

static struct line_meter *new_meter(void)
{
    static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1};
    static const char ssids[][SSID_BYTES_MAX + 1] = {"weihai-free"};
    static struct pseudonym *pseudonym;
    if (!pseudonym)
        pseudonym = pseudonym_new(key, sizeof key);
    const struct line_options options = {.memory_bytes = 64 << 10,
                                         .pseudonym = pseudonym,
                                         .line_idle_ns = 60 * NS_PER_MINUTE,
                                         .accounting = {.session_limit = 8},
                                         .public_ssids = ssids,
                                         .public_ssid_count = 1};
    return line_meter_new(&options);
}

static void check_range(struct byte_range range, const uint8_t *bytes, size_t length)
{
    if (range.bytes && (range.bytes < bytes || range.bytes + range.length > bytes + length))
        abort();
}

static void check_hint(const struct line_hint *hint, const uint8_t *bytes, size_t length)
{
    const struct byte_range ranges[] = {
        hint->circuit_id, hint->remote_id,          hint->account,
        hint->port_id,    hint->accounting.session, hint->accounting.nas};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        check_range(ranges[i], bytes, length);
    if (hint->address_count > LINE_HINT_ADDRESSES)
        abort();
    for (size_t i = 0; i < hint->address_count; i++)
        if (hint->addresses[i].bits > (hint->addresses[i].ip_version == 4 ? 32 : 128))
            abort();
}

static void turn(struct line_meter *meter, uint64_t now_unix_ns)
{
    struct line_counts *counts = line_meter_turn(meter, now_unix_ns);
    struct line_totals totals = line_meter_totals(meter);
    if (!counts || totals.sessions_active > 8)
        abort();
    line_counts_release(counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct line_meter *meter = new_meter();
    struct cursor in = cursor_of(data, size);
    uint64_t now = 28333333 * NS_PER_MINUTE;
    while (meter && cursor_left(&in) > 4) {
        struct packet packet = {.control = cursor_u8(&in) % (CONTROL_WLAN_MANAGEMENT + 1)};
        now += cursor_u8(&in) * NS_PER_MINUTE;
        size_t length = cursor_u16(&in);
        length = length < cursor_left(&in) ? length : cursor_left(&in);
        const uint8_t *bytes = cursor_take(&in, length);
        struct line_hint hint;
        struct wlan_hint wlan;
        if (decode_line_hint(&packet, bytes, (uint32_t)length, &hint) == 0) {
            check_hint(&hint, bytes, length);
            line_meter_learn(meter, &hint, now);
        }
        if (decode_wlan_hint(&packet, bytes, (uint32_t)length, &wlan) == 0)
            line_meter_learn_wlan(meter, &wlan);
        turn(meter, now);
    }
    line_meter_free(meter);
    return 0;
}
