/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the machine that the probe runs on counts by itself.
 */
#include "probe/settings/settings_parts.h"

#include <string.h>

/* What a probe built without netlink was asked to count is refused, not passed over. */
#ifdef LASTMILE_WITHOUT_NETLINK
#define HAS_NETLINK false
#else
#define HAS_NETLINK true
#endif
static const char without_netlink[] = "this lastmile-probe is built without netlink: ";

static const struct conf_name station_source_names[] = {
    {"hostapd", STATIONS_BY_HOSTAPD},
    {"nl80211", STATIONS_BY_NL80211},
    {NULL, 0},
};

const struct conf_setting settings_stations_table[] = {
    {TEXT(settings_stations, name),
     .help = "Name of this access point in reports; none: not asked."},
    {AT(settings_stations, source), .type = CONF_ENUM, .names = station_source_names,
     .fallback = "nl80211",
     .help = "nl80211: the kernel, which needs no right; hostapd: its control sockets."},
    {TEXT(settings_stations, socket_dir), .fallback = "/var/run/hostapd",
     .help = "Those sockets' folder (hostapd: ctrl_interface), which the probe must be let into."},
    {TEXT(settings_stations, area), .help = "Key of its reporting area, e.g. 371002."},
    {AT(settings_stations, settlement), .type = CONF_ENUM, .names = settlement_names,
     .fallback = "unknown", .help = "Town or country."},
    {.name = NULL},
};

const struct conf_setting settings_connections_table[] = {
    {TEXT(settings_connections, name),
     .help = "Name of the observation point; none: not asked. Needs CAP_NET_ADMIN, and "
             "net.netfilter.nf_conntrack_acct = 1."},
    {TEXT(settings_connections, beside),
     .help = "The source that captures the same traffic: its octets count, these stand beside "
             "them. None: these count."},
    {AT(settings_connections, limit), .type = CONF_UNSIGNED, .fallback = "65536", .min = 1024,
     .max = 4194304, .unit = "connections",
     .help = "Followed at once, in 130 to 260 bytes each; further ones are counted at their end."},
    {.name = NULL},
};

static int read_connections(const struct conf_group *root, struct settings *settings,
                            struct conf_error *out_error)
{
    struct settings_connections *connections = &settings->connections;
    const struct conf_group *group = conf_child(root, "connections");
    int status = conf_read(group, settings_connections_table, connections, out_error);
    if (status != 0)
        return status;
    if (group && !HAS_NETLINK)
        return conf_fail(root, "connections", out_error,
                         "%sleave 'connections' out, or install one that has it", without_netlink);
    if (group && connections->name[0] == '\0')
        return conf_fail(group, "name", out_error, "'connections' wants a 'name'");
    bool known = connections->beside[0] == '\0';
    for (size_t i = 0; i < settings->source_count; i++) {
        known |= strcmp(settings->sources[i].name, connections->beside) == 0;
        if (strcmp(settings->sources[i].name, connections->name) == 0)
            return conf_fail(group, "name", out_error, "a source is named '%s', too",
                             connections->name);
    }
    return known ? 0
                 : conf_fail(group, "beside", out_error, "there is no source '%s'",
                             connections->beside);
}

int settings_read_own(const char *file, const struct conf_group *root, struct settings *settings,
                      struct conf_error *out_error)
{
    struct settings_stations *stations = &settings->stations;
    const struct conf_group *group = conf_child(root, "stations");
    int status = conf_read(group, settings_stations_table, stations, out_error);
    if (status != 0)
        return status;
    settings_resolve(file, stations->socket_dir);
    if (group && (stations->name[0] == '\0' || stations->area[0] == '\0'))
        return conf_fail(group, stations->name[0] ? "area" : "name", out_error,
                         "'stations' wants a 'name' and an 'area'");
    if (group && !HAS_NETLINK && stations->source == STATIONS_BY_NL80211)
        return conf_fail(group, "source", out_error,
                         "%stake source = \"hostapd\", or install one that has it",
                         without_netlink);
    return read_connections(root, settings, out_error);
}

bool settings_ssid_is_public(const void *settings, const uint8_t *ssid, size_t length)
{
    const struct settings *all = settings;
    for (size_t i = 0; i < all->public_ssid_count; i++)
        if (strlen(all->public_ssids[i]) == length &&
            memcmp(all->public_ssids[i], ssid, length) == 0)
            return true;
    return false;
}
