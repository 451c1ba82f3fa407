/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an access point says of its stations. The first byte chooses the reader.
 */
#include "probe/netlink/message.h"
#include "probe/station/station_answers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_generic(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(data, size);
    struct netlink_message message;
    while (netlink_next_message(&in, &message)) {
        struct station_network network;
        uint64_t mac = 0;
        bool flag;
        (void)netlink_error(&message);
        (void)genetlink_read_family(message.payload);
        if (nl80211_read_interface(message.payload, &network, &flag) &&
            network.ssid_length > sizeof network.ssid)
            abort();
        if (nl80211_read_station(message.payload, &mac, &flag) && mac >> 48 != 0)
            abort();
    }
}

static void read_hostapd(const char *text, size_t size)
{
    struct station_network network = {.interface = "wlan0"};
    char again[MAC_TEXT_BYTES];
    uint64_t mac = 0;
    if (hostapd_read_station(text, size, &mac, again) == HOSTAPD_STATION &&
        (mac >> 48 != 0 || again[MAC_TEXT_BYTES - 1] != '\0'))
        abort();
    if (hostapd_read_status(text, size, &network) &&
        (network.ssid_length == 0 || network.ssid_length > sizeof network.ssid))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        read_generic(data + 1, size - 1);
    else
        read_hostapd((const char *)data + 1, size - 1);
    return 0;
}
