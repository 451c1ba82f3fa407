/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/settings/settings_parts.h"

#include "common/distinct.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INTERVAL_MS_MIN 1000

static const struct conf_name log_level_names[] = {{"error", LOG_LEVEL_ERROR},
                                                   {"warn", LOG_LEVEL_WARN},
                                                   {"info", LOG_LEVEL_INFO},
                                                   {"debug", LOG_LEVEL_DEBUG},
                                                   {NULL, 0}};

static const struct conf_setting broker_table[] = {
    {TEXT(settings_broker, host), .fallback = "127.0.0.1", .help = "The broker's name or address."},
    {AT(settings_broker, port), .type = CONF_UNSIGNED, .fallback = "1883", .min = 1, .max = 65535,
     .help = "Its port: 1883, or 8883 with TLS."},
    {TEXT(settings_broker, username), .help = "Login; the probe's own name where left out."},
    {TEXT(settings_broker, password_file), .help = "A file of one line, mode 0600."},
    {TEXT(settings_broker, ca_file), .help = "Turns TLS on: the authority that signed the broker."},
    {TEXT(settings_broker, cert_file), .help = "The probe's certificate, where the broker asks."},
    {TEXT(settings_broker, key_file), .help = "The key of cert_file, mode 0600."},
    {AT(settings_broker, keepalive_s), .type = CONF_UNSIGNED, .fallback = "60", .min = 5,
     .max = 3600, .unit = "s", .help = "MQTT keep-alive."},
    {AT(settings_broker, reconnect_min_ms), .type = CONF_UNSIGNED, .fallback = "1000", .min = 50,
     .max = 3600000, .unit = "ms", .help = "First wait before a new try, with full jitter."},
    {AT(settings_broker, reconnect_max_ms), .type = CONF_UNSIGNED, .fallback = "300000", .min = 50,
     .max = 3600000, .unit = "ms", .help = "Longest wait before a new try."},
    {.name = NULL},
};

static const struct conf_setting outbox_table[] = {
    {TEXT(settings_outbox, dir), .help = "Where unsent reports outlive a restart; none: memory."},
    {TEXT(settings_outbox, ram_dir),
     .help =
         "A folder of a RAM disk (tmpfs), where reports in memory outlive a crash of the probe."},
    {AT(settings_outbox, memory_bytes), .type = CONF_UNSIGNED, .fallback = "8388608",
     .min = 1 << 20, .max = 1e12, .unit = "bytes", .help = "Reports kept in memory."},
    {AT(settings_outbox, disk_bytes), .type = CONF_UNSIGNED, .fallback = "67108864", .min = 1 << 20,
     .max = 1e12, .unit = "bytes",
     .help = "Reports kept on disk; beyond it the oldest are dropped "
             "and reported as gaps."},
    {AT(settings_outbox, flush_after_ms), .type = CONF_UNSIGNED, .fallback = "60000", .min = 0,
     .max = 86400000, .unit = "ms",
     .help = "How long reports wait in memory for a broker that is "
             "away, before they go to disk."},
    {AT(settings_outbox, resend_ms), .type = CONF_UNSIGNED, .fallback = "60000", .min = 200,
     .max = 3600000, .unit = "ms", .help = "Sent again after so long without a receipt."},
    {AT(settings_outbox, in_flight_max), .type = CONF_UNSIGNED, .fallback = "16", .min = 1,
     .max = EXPORTER_IN_FLIGHT_MAX, .help = "Reports sent and not yet acknowledged by the broker."},
    {AT(settings_outbox, backlog_per_s), .type = CONF_UNSIGNED, .fallback = "50", .min = 1,
     .max = 100000, .unit = "reports/s", .help = "How fast a backlog is drained."},
    {.name = NULL},
};

static const struct conf_setting flow_table[] = {
    {AT(settings_flow, memory_bytes), .type = CONF_UNSIGNED, .fallback = "67108864", .min = 1 << 16,
     .max = 1e12, .unit = "bytes", .help = "Flow table of each source."},
    {AT(settings_flow, line_memory_bytes), .type = CONF_UNSIGNED, .fallback = "16777216",
     .min = 1 << 16, .max = 1e12, .unit = "bytes", .help = "Lines of each source."},
    {AT(settings_flow, devices_precision), .type = CONF_UNSIGNED, .fallback = "12",
     .min = DISTINCT_PRECISION_MIN, .max = DISTINCT_PRECISION_MAX,
     .help = "Of the counts of distinct devices: 12 is off by 1.6 %, 14 by 0.8 %. A finer one can "
             "be folded into a coarser one."},
    {AT(settings_flow, idle_timeout_s), .type = CONF_UNSIGNED, .fallback = "120", .min = 1,
     .max = 86400, .unit = "s", .help = "A flow without packets for so long has ended."},
    {AT(settings_flow, active_timeout_s), .type = CONF_UNSIGNED, .fallback = "300", .min = 1,
     .max = 86400, .unit = "s", .help = "A longer flow is ended and begins anew."},
    {.name = NULL},
};

static const struct conf_setting agentx_table[] = {
    {TEXT(settings_agentx, socket),
     .help = "The master agent's socket (snmpd: agentXSocket): a path, or tcp:HOST:PORT; none: "
             "LASTMILE-MIB is not served."},
    {.name = NULL},
};

/* What the outermost group fills besides struct settings' own members. */
struct root_row {
    char operator_name[TOPIC_NAME_MAX + 1], probe_name[TOPIC_NAME_MAX + 1];
    uint64_t interval_ms;
    int log_level;
    bool confine;
    char pseudonym_key_file[SETTINGS_PATH_BYTES];
};

const struct conf_setting settings_table[] = {
    {.name = "operator",
     .type = CONF_STRING,
     .offset = offsetof(struct root_row, operator_name),
     .size = TOPIC_NAME_MAX + 1,
     .required = true,
     .help = "Key of the operator: a-z, 0-9, '-', '.'."},
    {.name = "probe",
     .type = CONF_STRING,
     .offset = offsetof(struct root_row, probe_name),
     .size = TOPIC_NAME_MAX + 1,
     .required = true,
     .help = "This probe's name, unique in the city."},
    {AT(root_row, interval_ms), .type = CONF_UNSIGNED, .fallback = "60000", .min = INTERVAL_MS_MIN,
     .max = 3600000, .unit = "ms", .help = "Length of an interval: one report each."},
    {AT(root_row, log_level), .type = CONF_ENUM, .names = log_level_names, .fallback = "info",
     .help = "How much is said on stderr."},
    {AT(root_row, confine), .type = CONF_BOOL, .fallback = "true",
     .help = "Give up every right and system call that a probe does not need."},
    {TEXT(root_row, pseudonym_key_file), .required = true,
     .help = "64 hexadecimal digits, mode 0600: the operator's key of this period."},
    {.name = "broker", .type = CONF_GROUP, .children = broker_table, .help = "Where reports go."},
    {.name = "outbox",
     .type = CONF_GROUP,
     .children = outbox_table,
     .help = "How reports are kept until the collector's receipt."},
    {.name = "flow", .type = CONF_GROUP, .children = flow_table, .help = "Flows and lines."},
    {.name = "sources",
     .type = CONF_LIST,
     .children = settings_source_table,
     .help = "What is captured; none: only SNMP."},
    {.name = "access_nodes",
     .type = CONF_LIST,
     .children = settings_node_table,
     .help = "Which lines hang on which access node; the first match holds."},
    {.name = "public_ssids",
     .type = CONF_STRINGS,
     .help = "WLANs that reports may name; all others are counted together."},
    {.name = "destinations",
     .type = CONF_GROUP,
     .children = settings_destinations_table,
     .help = "Where traffic goes, by lists of prefixes; none: not told apart."},
    {.name = "accounting",
     .type = CONF_GROUP,
     .children = settings_accounting_table,
     .help = "Lines by RADIUS accounting."},
    {.name = "demand",
     .type = CONF_GROUP,
     .children = settings_demand_table,
     .help = "Rates that lines achieve while they demand, in the busy hours."},
    {.name = "inside_prefixes",
     .type = CONF_STRINGS,
     .help = "The subscribers' addresses; none: private and shared address space."},
    {.name = "suppressed",
     .type = CONF_LIST,
     .children = settings_suppressed_table,
     .help = "Lines that must not be counted: only their number is reported."},
    {.name = "stations",
     .type = CONF_GROUP,
     .children = settings_stations_table,
     .help = "Who is associated, where the probe runs on an access point."},
    {.name = "connections",
     .type = CONF_GROUP,
     .children = settings_connections_table,
     .help = "What the kernel's connection tracking counts, with flows that hardware forwards."},
    {.name = "snmp",
     .type = CONF_GROUP,
     .children = settings_snmp_table,
     .help = "What is polled."},
    {.name = "agentx",
     .type = CONF_GROUP,
     .children = agentx_table,
     .help = "The probe's own health, for the machine's SNMP agent."},
    {.name = NULL},
};

/* Makes a path of the file's relative to the file's own folder. */
void settings_resolve(const char *file, char path[static SETTINGS_PATH_BYTES])
{
    const char *slash = strrchr(file, '/');
    if (path[0] == '\0' || path[0] == '/' || !slash)
        return;
    char relative[SETTINGS_PATH_BYTES];
    memcpy(relative, path, sizeof relative);
    (void)snprintf(path, SETTINGS_PATH_BYTES, "%.*s/%s", (int)(slash - file), file, relative);
}

/* The first line of a secret file. A file that others may read is no secret. */
static int read_secret(const struct conf_group *group, const char *name, const char *path,
                       char *out, size_t size, struct conf_error *out_error)
{
    struct stat status;
    FILE *file = fopen(path, "r");
    if (!file)
        return conf_fail(group, name, out_error, "%s: %s%s", path, strerror(errno),
                         errno == ENOENT   ? ": lastmile-probe setup makes it"
                         : errno == EACCES ? ": be root, or the user that runs the probe"
                                           : "");
    int result = 0;
    if (fstat(fileno(file), &status) == 0 && (status.st_mode & 077) != 0)
        result =
            conf_fail(group, name, out_error, "%s can be read by others: chmod 600 %s", path, path);
    else if (!fgets(out, (int)size, file))
        result = conf_fail(group, name, out_error, "%s is empty", path);
    else
        out[strcspn(out, "\r\n")] = '\0';
    (void)fclose(file);
    return result;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = strchr(digits, c | 0x20);
    return c && found ? (int)(found - digits) : -1;
}

static int read_pseudonym_key(const struct conf_group *root, const char *path,
                              struct settings *settings, struct conf_error *out_error)
{
    static const char name[] = "pseudonym_key_file";
    char text[2 * PSEUDONYM_KEY_BYTES_MAX + 2];
    int status = read_secret(root, name, path, text, sizeof text, out_error);
    size_t digits = status == 0 ? strlen(text) : 0;
    for (size_t i = 0; i < digits && status == 0; i++) {
        int value = hex_digit(text[i]);
        if (value < 0)
            status =
                conf_fail(root, name, out_error, "%s holds other than hexadecimal digits", path);
        else
            settings->pseudonym_key[i / 2] =
                (uint8_t)(i % 2 ? settings->pseudonym_key[i / 2] << 4 | value : value);
    }
    settings->pseudonym_key_length = digits / 2;
    explicit_bzero(text, sizeof text);
    if (status == 0 && (digits % 2 || settings->pseudonym_key_length < PSEUDONYM_KEY_BYTES_MIN))
        status = conf_fail(root, name, out_error,
                           "%s must hold %d to %d hexadecimal digits: openssl rand -hex 32 > %s",
                           path, 2 * PSEUDONYM_KEY_BYTES_MIN, 2 * PSEUDONYM_KEY_BYTES_MAX, path);
    return status;
}

static int read_broker(const char *file, const struct conf_group *root, struct settings *settings,
                       struct conf_error *out_error)
{
    struct settings_broker *broker = &settings->broker;
    const struct conf_group *group = conf_child(root, "broker");
    int status = conf_read(group, broker_table, broker, out_error);
    if (status != 0)
        return status;
    settings_resolve(file, broker->password_file);
    settings_resolve(file, broker->ca_file);
    settings_resolve(file, broker->cert_file);
    settings_resolve(file, broker->key_file);
    if (broker->username[0] == '\0')
        memcpy(broker->username, settings->probe_name, sizeof broker->username);
    if (broker->reconnect_max_ms < broker->reconnect_min_ms)
        return conf_fail(group, "reconnect_max_ms", out_error,
                         "'reconnect_max_ms' is below 'reconnect_min_ms'");
    if (broker->password_file[0])
        status = read_secret(group, "password_file", broker->password_file, broker->password,
                             sizeof broker->password, out_error);
    return status;
}

static int read_root(const char *file, const struct conf_group *root, struct settings *settings,
                     struct conf_error *out_error)
{
    struct root_row row = {0};
    int status = conf_read(root, settings_table, &row, out_error);
    if (status != 0)
        return status;
    if (topic_check_name(row.operator_name) != 0)
        return conf_fail(root, "operator", out_error, "'%s' is no name: a-z, 0-9, '-', '.'",
                         row.operator_name);
    if (topic_check_name(row.probe_name) != 0)
        return conf_fail(root, "probe", out_error, "'%s' is no name: a-z, 0-9, '-', '.'",
                         row.probe_name);
    memcpy(settings->operator_name, row.operator_name, sizeof settings->operator_name);
    memcpy(settings->probe_name, row.probe_name, sizeof settings->probe_name);
    settings->interval_ms = row.interval_ms;
    settings->log_level = row.log_level;
    settings->confine = row.confine;
    settings_resolve(file, row.pseudonym_key_file);
    return read_pseudonym_key(root, row.pseudonym_key_file, settings, out_error);
}

static int read_rest(const char *file, const struct conf_group *root, struct settings *settings,
                     struct conf_error *out_error)
{
    int status = read_broker(file, root, settings, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "outbox"), outbox_table, &settings->outbox, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "flow"), flow_table, &settings->flow, out_error);
    settings_resolve(file, settings->outbox.dir);
    settings_resolve(file, settings->outbox.ram_dir);
    if (status == 0)
        status = conf_read(conf_child(root, "agentx"), agentx_table, &settings->agentx, out_error);
    if (status == 0)
        status = settings_read_sources(file, root, settings, out_error);
    if (status == 0)
        status = settings_read_own(file, root, settings, out_error);
    if (status == 0)
        status = settings_read_nodes(root, settings, out_error);
    if (status == 0)
        status = settings_read_inside(root, settings, out_error);
    if (status == 0)
        status = settings_read_suppressed(root, settings, out_error);
    if (status == 0)
        status = settings_read_lines(file, root, settings, out_error);
    if (status == 0)
        status = settings_read_snmp(file, root, settings, out_error);
    if (status == 0 && settings->source_count == 0 && settings->device_count == 0 &&
        settings->stations.name[0] == '\0' && settings->connections.name[0] == '\0')
        status = conf_fail(root, NULL, out_error,
                           "neither 'sources' nor 'snmp.devices' nor 'stations' nor 'connections': "
                           "nothing to measure");
    return status;
}

/* Tells the collector that two reports were made under the same settings. */
static uint64_t hash_file(const char *path)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    FILE *file = fopen(path, "r");
    for (int c = 0; file && (c = getc(file)) != EOF;)
        hash = (hash ^ (uint64_t)(unsigned char)c) * UINT64_C(1099511628211);
    if (file)
        (void)fclose(file);
    return hash;
}

/* What to do where there are no settings, or not for this user. */
static void add_remedy(const char *path, struct conf_error *error)
{
    const char *remedy = NULL;
    if (access(path, R_OK) != 0)
        remedy = errno == ENOENT   ? "lastmile-probe setup makes settings; --config names others"
                 : errno == EACCES ? "be root, or the user that runs the probe"
                                   : NULL;
    size_t length = strlen(error->text);
    if (remedy && length < sizeof error->text)
        (void)snprintf(error->text + length, sizeof error->text - length, ": %s", remedy);
}

struct settings *settings_read(const char *path, struct conf_error *out_error)
{
    struct conf *conf = conf_open(path, out_error);
    if (!conf) {
        add_remedy(path, out_error);
        return NULL;
    }
    struct settings *settings = calloc(1, sizeof *settings);
    int status = settings ? read_root(path, conf_root(conf), settings, out_error)
                          : conf_fail(conf_root(conf), NULL, out_error, "out of memory");
    if (status == 0)
        status = read_rest(path, conf_root(conf), settings, out_error);
    conf_close(conf);
    if (status != 0) {
        settings_free(settings);
        return NULL;
    }
    settings->configuration_hash = hash_file(path) ^ settings->destinations.files_hash;
    return settings;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    if (settings->devices)
        explicit_bzero(settings->devices, settings->device_count * sizeof *settings->devices);
    free(settings->devices);
    free(settings->destinations.prefixes);
    explicit_bzero(settings, sizeof *settings); /* keys and passwords go with it */
    free(settings);
}
