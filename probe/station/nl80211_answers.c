/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * linux/nl80211.h and linux/genetlink.h say what the numbers are.
 */
#include "probe/station/station_answers.h"

#include "probe/netlink/message.h"

#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <stdio.h>

#define MAC_BYTES 6

uint16_t genetlink_read_family(struct cursor attributes)
{
    struct netlink_attribute attribute;
    uint16_t number = 0;
    while (netlink_next_attribute(&attributes, &attribute))
        if (attribute.type == CTRL_ATTR_FAMILY_ID && attribute.length >= sizeof number)
            memcpy(&number, attribute.bytes, sizeof number);
    return attributes.failed ? 0 : number;
}

bool nl80211_read_interface(struct cursor attributes, struct station_network *network,
                            bool *out_is_ap)
{
    struct netlink_attribute attribute;
    memset(network, 0, sizeof *network);
    *out_is_ap = false;
    while (netlink_next_attribute(&attributes, &attribute))
        switch (attribute.type) {
        case NL80211_ATTR_IFINDEX:
            network->interface_number = netlink_u32(&attribute);
            break;
        case NL80211_ATTR_IFTYPE:
            *out_is_ap = netlink_u32(&attribute) == NL80211_IFTYPE_AP;
            break;
        case NL80211_ATTR_IFNAME:
            (void)snprintf(network->interface, sizeof network->interface, "%.*s",
                           (int)(attribute.length < 16 ? attribute.length : 16),
                           (const char *)attribute.bytes);
            break;
        case NL80211_ATTR_SSID:
            if (attribute.length > STATION_SSID_BYTES)
                return false;
            memcpy(network->ssid, attribute.bytes, attribute.length);
            network->ssid_length = attribute.length;
            break;
        default:
            break;
        }
    return !attributes.failed && (!*out_is_ap || network->interface_number != 0);
}

/* Whether the flags of a station say that it is associated: not, where they tell of another state;
 * an older driver does not tell. */
static bool read_info(struct cursor info, bool *associated)
{
    struct netlink_attribute attribute;
    while (netlink_next_attribute(&info, &attribute))
        if (attribute.type == NL80211_STA_INFO_STA_FLAGS &&
            attribute.length >= sizeof(struct nl80211_sta_flag_update)) {
            struct nl80211_sta_flag_update flags;
            memcpy(&flags, attribute.bytes, sizeof flags);
            *associated = (flags.mask & 1u << NL80211_STA_FLAG_ASSOCIATED) == 0 ||
                          (flags.set & 1u << NL80211_STA_FLAG_ASSOCIATED) != 0;
        }
    return !info.failed;
}

bool nl80211_read_station(struct cursor attributes, uint64_t *out_mac, bool *out_associated)
{
    struct netlink_attribute attribute;
    bool has_mac = false;
    *out_associated = true;
    while (netlink_next_attribute(&attributes, &attribute)) {
        if (attribute.type == NL80211_ATTR_MAC && attribute.length == MAC_BYTES) {
            struct cursor mac = netlink_nested(&attribute);
            uint64_t high = cursor_u16(&mac);
            *out_mac = high << 32 | cursor_u32(&mac);
            has_mac = true;
        }
        if (attribute.type == NL80211_ATTR_STA_INFO &&
            !read_info(netlink_nested(&attribute), out_associated))
            return false;
    }
    return !attributes.failed && has_mac;
}
