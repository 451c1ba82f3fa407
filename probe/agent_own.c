/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/agent_own.h"

#include "common/log.h"
#include "probe/station/station.h"

#include <stdio.h>
#include <string.h>

#define ROOM "agent"

static const char *read_stations(const struct settings_stations *stations,
                                 struct station_list *list)
{
    if (stations->source == STATIONS_BY_HOSTAPD) {
        station_ask_hostapd(list, stations->socket_dir);
        return "hostapd";
    }
    station_ask_nl80211(list);
    return "nl80211";
}

static void tell(const struct station_list *list, const char *by, bool *said)
{
    bool fails = list->outcome == POLL_FAILED;
    if (fails && !*said)
        log_warn(ROOM, "stations cannot be counted: %s source=%s", strerror(-list->status), by);
    if (!fails && *said)
        log_info(ROOM, "stations are counted again source=%s", by);
    *said = fails;
}

void agent_add_stations(const struct settings *settings, struct report *report,
                        uint64_t now_unix_ns, bool *said)
{
    const struct settings_stations *stations = &settings->stations;
    if (stations->name[0] == '\0')
        return;
    struct station_list *list = station_list_new();
    struct report_inventory *inventory = list ? report_add_inventory(report) : NULL;
    if (inventory) {
        const char *by = read_stations(stations, list);
        tell(list, by, said);
        memcpy(inventory->access_node, stations->name, sizeof inventory->access_node);
        memcpy(inventory->area, stations->area, sizeof inventory->area);
        inventory->settlement = (enum settlement)stations->settlement;
        (void)snprintf(inventory->profile, sizeof inventory->profile, "%s", by);
        inventory->polled_unix_ns = now_unix_ns;
    }
    if (!inventory || station_fill(list, settings_ssid_is_public, settings, inventory) != 0)
        log_error(ROOM, "stations found no place in the report");
    station_list_free(list);
}
