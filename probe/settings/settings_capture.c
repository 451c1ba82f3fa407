/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/settings/settings_parts.h"

#include "probe/capture/selector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct conf_name sampling_names[] = {
    {"none", REPORT_SAMPLING_NONE},
    {"systematic", REPORT_SAMPLING_SYSTEMATIC},
    {"random", REPORT_SAMPLING_PROBABILISTIC},
    {"flow", REPORT_SAMPLING_FLOW_HASH},
    {NULL, 0},
};

const struct conf_setting settings_source_table[] = {
    {TEXT(settings_source, name), .required = true, .help = "Name of the observation point."},
    {TEXT(settings_source, interface), .help = "Capture live here (needs CAP_NET_RAW)."},
    {TEXT(settings_source, file), .help = "Or play this capture file, at its own pace."},
    {TEXT(settings_source, filter), .help = "pcap-filter(7) expression; none: everything."},
    {AT(settings_source, snaplen), .type = CONF_UNSIGNED, .fallback = "256",
     .min = CAPTURE_SNAPLEN_MIN, .max = CAPTURE_SNAPLEN_MAX, .unit = "bytes",
     .help = "Bytes kept of a packet; 640 where lines are named by DHCP option 82, "
             "1600 by DHCPv6 or RADIUS."},
    {AT(settings_source, buffer_bytes), .type = CONF_UNSIGNED, .fallback = "16777216",
     .min = 1 << 16, .max = 1 << 30, .unit = "bytes", .help = "The kernel's ring."},
    {AT(settings_source, block_bytes), .type = CONF_UNSIGNED, .fallback = "0",
     .max = CAPTURE_BLOCK_MAX, .unit = "bytes",
     .help = "Of the ring, handed over at once; a power of two, at most a quarter of the ring; "
             "0: a 32nd of it, from 256 KiB to 1 MiB."},
    {AT(settings_source, threads), .type = CONF_UNSIGNED, .fallback = "1", .min = 1,
     .max = SETTINGS_THREADS_MAX,
     .help = "That share the frames of an interface by their VLAN tags; memory is shared out."},
    {AT(settings_source, promiscuous), .type = CONF_BOOL, .fallback = "true",
     .help = "Also packets for others: right on a tap."},
    {AT(settings_source, repeat), .type = CONF_BOOL, .fallback = "false",
     .help = "A file begins anew at its end."},
    {AT(settings_source, speed), .type = CONF_DOUBLE, .fallback = "1", .min = 0.001, .max = 1000,
     .help = "A file's pace: 2 plays it in half the time."},
    {AT(settings_source, sampling), .type = CONF_ENUM, .names = sampling_names, .fallback = "none",
     .help = "Which packets are counted; random: by the kernel where it can, flow: whole flows."},
    {AT(settings_source, sampling_interval), .type = CONF_UNSIGNED, .fallback = "1", .min = 1,
     .max = SELECTOR_INTERVAL_MAX, .help = "One of so many packets, or flows."},
    {AT(settings_source, cpu_limit_percent), .type = CONF_UNSIGNED, .fallback = "0", .min = 0,
     .max = 100, .unit = "%",
     .help = "Of one CPU: above it less packets are sampled, before any are dropped; 0: no limit."},
    {AT(settings_source, sampling_interval_max), .type = CONF_UNSIGNED, .fallback = "1024",
     .min = 1, .max = SELECTOR_INTERVAL_MAX, .help = "As far as cpu_limit_percent may go."},
    {.name = NULL},
};

/* As it stands in the file; becomes a struct access_rule. */
struct node_row {
    char name[REPORT_NAME_BYTES], source[REPORT_NAME_BYTES], area[REPORT_NAME_BYTES];
    int settlement, residence, technology;
    uint64_t svlan_first, svlan_last, cvlan_first, cvlan_last;
    bool wlan, routed;
    char ssid[SSID_BYTES_MAX + 1];
};

#define VLAN(member, value, text)                                                                  \
    {                                                                                              \
        AT(node_row, member), .type = CONF_UNSIGNED, .fallback = value, .min = 0, .max = 4095,     \
                              .help = text                                                         \
    }

const struct conf_setting settings_node_table[] = {
    {TEXT(node_row, name), .required = true, .help = "Name of the access node (OLT, DSLAM, BRAS)."},
    {TEXT(node_row, source), .help = "Only at this source; none: at any."},
    {TEXT(node_row, area), .required = true, .help = "Key of its reporting area, e.g. 371002."},
    {AT(node_row, settlement), .type = CONF_ENUM, .names = settlement_names, .fallback = "unknown",
     .help = "Town or country."},
    {AT(node_row, residence), .type = CONF_ENUM, .names = residence_names, .fallback = "unknown",
     .help = "Whose lines."},
    {AT(node_row, technology), .type = CONF_ENUM, .names = access_technology_names,
     .fallback = "unknown", .help = "How the lines are built."},
    VLAN(svlan_first, "0", "Outer VLAN, from."),
    VLAN(svlan_last, "4095", "Outer VLAN, to."),
    VLAN(cvlan_first, "0", "Inner VLAN, from."),
    VLAN(cvlan_last, "4095", "Inner VLAN, to."),
    {AT(node_row, wlan), .type = CONF_BOOL, .fallback = "false",
     .help = "Users of a WLAN: devices and octets are counted, no lines."},
    {TEXT(node_row, ssid),
     .help = "Their public network, where the frames do not say it; it is named in reports."},
    {AT(node_row, routed), .type = CONF_BOOL, .fallback = "false",
     .help = "Beyond a router: lines are known by addresses that RADIUS or DHCP binds, by no MAC."},
    {.name = NULL},
};

const struct conf_setting settings_suppressed_table[] = {
    VLAN(svlan_first, "0", "Outer VLAN, from."),
    VLAN(svlan_last, "4095", "Outer VLAN, to."),
    VLAN(cvlan_first, "0", "Inner VLAN, from."),
    VLAN(cvlan_last, "4095", "Inner VLAN, to."),
    {.name = NULL},
};

static int check_sampling(const struct conf_group *group, struct settings_source *source,
                          struct conf_error *out_error)
{
    bool limited = source->cpu_limit_percent > 0;
    if (source->sampling == REPORT_SAMPLING_NONE && source->sampling_interval > 1)
        return conf_fail(group, "sampling_interval", out_error,
                         "'sampling' is none: systematic, random or flow?");
    if (limited && source->sampling == REPORT_SAMPLING_FLOW_HASH)
        return conf_fail(group, "cpu_limit_percent", out_error,
                         "the rate of 'sampling = \"flow\"' cannot change: take random");
    if (limited && source->sampling_interval_max < source->sampling_interval)
        return conf_fail(group, "sampling_interval_max", out_error,
                         "it is below 'sampling_interval'");
    if (limited && source->sampling == REPORT_SAMPLING_NONE)
        source->sampling = REPORT_SAMPLING_PROBABILISTIC;
    return 0;
}

static int check_source(const struct conf_group *group, const struct settings *settings,
                        struct settings_source *source, struct conf_error *out_error)
{
    if ((source->interface[0] == '\0') == (source->file[0] == '\0'))
        return conf_fail(group, "interface", out_error,
                         "a source has either 'interface' or 'file'");
    if (source->threads > 1 && source->file[0] != '\0')
        return conf_fail(group, "threads", out_error, "a file is played by one");
    for (size_t k = 0; k < settings->source_count; k++)
        if (strcmp(settings->sources[k].name, source->name) == 0)
            return conf_fail(group, "name", out_error, "two sources are named '%s'", source->name);
    return check_sampling(group, source, out_error);
}

int settings_read_sources(const char *file, const struct conf_group *root,
                          struct settings *settings, struct conf_error *out_error)
{
    size_t count = conf_list_length(root, "sources");
    if (count > SETTINGS_SOURCES_MAX)
        return conf_fail(root, "sources", out_error, "more than %d sources", SETTINGS_SOURCES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct settings_source *source = &settings->sources[i];
        const struct conf_group *group = conf_list_group(root, "sources", i);
        int status = conf_read(group, settings_source_table, source, out_error);
        if (status == 0)
            status = check_source(group, settings, source, out_error);
        if (status != 0)
            return status;
        settings_resolve(file, source->file);
        settings->source_count++;
    }
    return 0;
}

static int read_vlans(const struct conf_group *group, const struct node_row *row,
                      struct vlan_range *out, struct conf_error *out_error)
{
    if (row->svlan_first > row->svlan_last || row->cvlan_first > row->cvlan_last)
        return conf_fail(group, "svlan_first", out_error, "a VLAN range ends before it begins");
    *out = (struct vlan_range){(uint16_t)row->svlan_first, (uint16_t)row->svlan_last,
                               (uint16_t)row->cvlan_first, (uint16_t)row->cvlan_last};
    return 0;
}

static bool source_exists(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->source_count; i++)
        if (strcmp(settings->sources[i].name, name) == 0)
            return true;
    return false;
}

/* Its lines are known by their addresses, which only the thread that saw them bound knows. */
static bool is_parted(const struct settings *settings, const struct node_row *row)
{
    bool parted = false;
    for (size_t i = 0; i < settings->source_count; i++)
        if (row->source[0] == '\0' || strcmp(settings->sources[i].name, row->source) == 0)
            parted |= settings->sources[i].threads > 1;
    return row->routed && parted;
}

static int read_node(const struct conf_group *group, struct settings *settings,
                     struct conf_error *out_error)
{
    struct node_row row = {0};
    struct access_rule *rule = &settings->rules[settings->rule_count];
    int status = conf_read(group, settings_node_table, &row, out_error);
    if (status == 0)
        status = read_vlans(group, &row, &rule->vlans, out_error);
    if (status != 0)
        return status;
    if (row.source[0] && !source_exists(settings, row.source) &&
        strcmp(settings->connections.name, row.source) != 0)
        return conf_fail(group, "source", out_error, "no source is named '%s'", row.source);
    if (is_parted(settings, &row))
        return conf_fail(group, "routed", out_error,
                         "lines beyond a router want a source of one thread ('threads')");
    memcpy(rule->observation_point, row.source, sizeof rule->observation_point);
    memcpy(rule->access_node, row.name, sizeof rule->access_node);
    memcpy(rule->area, row.area, sizeof rule->area);
    rule->settlement = (enum settlement)row.settlement;
    rule->residence = (enum residence)row.residence;
    rule->technology = (enum access_technology)row.technology;
    rule->wlan = row.wlan;
    rule->routed = row.routed;
    memcpy(rule->ssid, row.ssid, sizeof rule->ssid);
    settings->rule_count++;
    return 0;
}

int settings_read_nodes(const struct conf_group *root, struct settings *settings,
                        struct conf_error *out_error)
{
    size_t count = conf_list_length(root, "access_nodes");
    int status = count > LINE_RULES_MAX ? conf_fail(root, "access_nodes", out_error,
                                                    "more than %d access nodes", LINE_RULES_MAX)
                                        : 0;
    for (size_t i = 0; i < count && status == 0; i++)
        status = read_node(conf_list_group(root, "access_nodes", i), settings, out_error);
    return status;
}

int settings_read_suppressed(const struct conf_group *root, struct settings *settings,
                             struct conf_error *out_error)
{
    size_t count = conf_list_length(root, "suppressed");
    if (count > SETTINGS_SUPPRESSED_MAX)
        return conf_fail(root, "suppressed", out_error, "more than %d ranges",
                         SETTINGS_SUPPRESSED_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node_row row = {0};
        const struct conf_group *group = conf_list_group(root, "suppressed", i);
        int status = conf_read(group, settings_suppressed_table, &row, out_error);
        if (status == 0)
            status = read_vlans(group, &row, &settings->suppressed[i], out_error);
        if (status != 0)
            return status;
        settings->suppressed_count++;
    }
    return 0;
}

int settings_parse_prefix(const char *text, struct ip_prefix *out)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (length >= sizeof address)
        return -EINVAL;
    memcpy(address, text, length);
    address[length] = '\0';
    memset(out, 0, sizeof *out);
    out->ip_version = strchr(address, ':') ? 6 : 4;
    if (inet_pton(out->ip_version == 6 ? AF_INET6 : AF_INET, address, out->address) != 1)
        return -EINVAL;
    unsigned long most = out->ip_version == 6 ? 128 : 32;
    char *end = NULL;
    unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : most;
    if (slash && (end == slash + 1 || *end || bits > most))
        return -EINVAL;
    out->bits = (uint8_t)bits;
    return 0;
}

int settings_read_inside(const struct conf_group *root, struct settings *settings,
                         struct conf_error *out_error)
{
    size_t count = conf_list_length(root, "inside_prefixes");
    if (count > SETTINGS_INSIDE_MAX)
        return conf_fail(root, "inside_prefixes", out_error, "more than %d prefixes",
                         SETTINGS_INSIDE_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *text = conf_list_string(root, "inside_prefixes", i);
        if (settings_parse_prefix(text, &settings->inside[i]) != 0)
            return conf_fail(root, "inside_prefixes", out_error, "'%s' is no IP prefix", text);
        settings->inside_count++;
    }
    return 0;
}
