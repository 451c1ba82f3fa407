/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/settings.h"

#include "common/log.h"
#include "common/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BROKER(member) offsetof(struct broker_settings, member)
#define HTTP(member)   offsetof(struct http_settings, member)
#define ALERT(member)  offsetof(struct alert_settings, member)
#define KEEP(member)   offsetof(struct retention_settings, member)
#define RULE(member)   offsetof(struct rule_settings, member)
#define TOP(member)    offsetof(struct collector_settings, member)
#define STRING(group, member)                                                                      \
    .type = CONF_STRING, .offset = offsetof(struct group, member),                                 \
    .size = sizeof(((struct group *)0)->member)

static const struct conf_name log_level_names[] = {
    {"error", LOG_LEVEL_ERROR},
    {"warn", LOG_LEVEL_WARN},
    {"info", LOG_LEVEL_INFO},
    {"debug", LOG_LEVEL_DEBUG},
    {NULL, 0},
};

static const struct conf_name access_names[] = {
    {"login", ACCESS_LOGIN},
    {"open", ACCESS_OPEN},
    {NULL, 0},
};

static const struct conf_setting broker_table[] = {
    {.name = "host",
     STRING(broker_settings, host),
     .fallback = "127.0.0.1",
     .help = "Name or address of the MQTT broker."},
    {.name = "port",
     .type = CONF_UNSIGNED,
     .offset = BROKER(port),
     .fallback = "1883",
     .min = 1,
     .max = 65535,
     .help = "Its port: 1883, or 8883 where ca_file is set."},
    {.name = "username",
     STRING(broker_settings, username),
     .help = "The collector's user at the broker; empty: none."},
    {.name = "password_file",
     STRING(broker_settings, password_file),
     .help = "File with the password on its first line, mode 0600; empty: none."},
    {.name = "ca_file",
     STRING(broker_settings, ca_file),
     .help = "Certificates that the broker's must descend from; set it to speak TLS 1.2 or later."},
    {.name = "cert_file",
     STRING(broker_settings, cert_file),
     .help = "The collector's own certificate, where the broker asks for one."},
    {.name = "key_file", STRING(broker_settings, key_file), .help = "Its private key, mode 0600."},
    {.name = NULL},
};

static const struct conf_setting http_table[] = {
    {.name = "address",
     STRING(http_settings, address),
     .fallback = "127.0.0.1",
     .help = "Address to listen on; put a reverse proxy with TLS in front for others to see."},
    {.name = "port",
     .type = CONF_UNSIGNED,
     .offset = HTTP(port),
     .fallback = "8080",
     .min = 0,
     .max = 65535,
     .help = "Port to listen on; 0 takes any free one and prints it at start."},
    {.name = "connections_max",
     .type = CONF_UNSIGNED,
     .offset = HTTP(connections_max),
     .fallback = "256",
     .min = 1,
     .max = 10000,
     .help = "Connections at once; more are refused."},
    {.name = "connections_per_address_max",
     .type = CONF_UNSIGNED,
     .offset = HTTP(connections_per_address_max),
     .fallback = "32",
     .min = 1,
     .max = 10000,
     .help = "Connections at once from one address."},
    {.name = "timeout_s",
     .type = CONF_UNSIGNED,
     .offset = HTTP(timeout_s),
     .fallback = "10",
     .min = 1,
     .max = 600,
     .unit = "s",
     .help = "A connection that is silent so long is closed."},
    {.name = "access",
     .type = CONF_ENUM,
     .offset = HTTP(access),
     .fallback = "login",
     .names = access_names,
     .help = "login: accounts decide who sees what (lastmile user); open: whoever reaches the port "
             "sees everything, for loopback alone."},
    {.name = "public_access",
     .type = CONF_BOOL,
     .offset = HTTP(public_access),
     .fallback = "false",
     .help = "Without a login: figures and verdicts with small counts withheld, as in a package; "
             "else nothing."},
    {.name = "cert_file",
     STRING(http_settings, cert_file),
     .help = "The pages' certificate and its chain (PEM), to speak TLS 1.2 or later; empty: none. "
             "SIGHUP reads it and the key anew."},
    {.name = "key_file", STRING(http_settings, key_file), .help = "Its private key, mode 0600."},
    {.name = "proxies",
     STRING(http_settings, proxies),
     .help = "Addresses of reverse proxies that do TLS, with spaces between; X-Forwarded-For is "
             "believed from them alone. Empty: none."},
    {.name = "login_idle_minutes",
     .type = CONF_UNSIGNED,
     .offset = HTTP(login_idle_minutes),
     .fallback = "60",
     .min = 1,
     .max = 10080,
     .unit = "min",
     .help = "A login that is not used for so long ends."},
    {.name = "login_hours",
     .type = CONF_UNSIGNED,
     .offset = HTTP(login_hours),
     .fallback = "12",
     .min = 1,
     .max = 720,
     .unit = "h",
     .help = "A login ends after so long in any case."},
    {.name = "requests_per_s_max",
     .type = CONF_UNSIGNED,
     .offset = HTTP(requests_per_s_max),
     .fallback = "50",
     .min = 1,
     .max = 100000,
     .unit = "requests/s",
     .help = "Of one client in the long run, and ten times as many at once; not where access is "
             "open."},
    {.name = NULL},
};

static const struct conf_setting rules_table[] = {
    {.name = "activity_days",
     .type = CONF_UNSIGNED,
     .offset = RULE(activity_days),
     .fallback = "90",
     .min = 1,
     .max = 366,
     .unit = "days",
     .help = "A line is active that had traffic or was online within so many days."},
    {.name = "presence_days",
     .type = CONF_UNSIGNED,
     .offset = RULE(presence_days),
     .fallback = "15",
     .min = 1,
     .max = 31,
     .unit = "days",
     .help = "Days of the month on which a WLAN access point must have been in Run state."},
    {.name = "census_coverage",
     .type = CONF_DOUBLE,
     .offset = RULE(census_coverage),
     .fallback = "0.95",
     .min = 0.5,
     .max = 1,
     .help = "Covered share of the registered lines from which counting is a census."},
    {.name = "sample_coverage",
     .type = CONF_DOUBLE,
     .offset = RULE(sample_coverage),
     .fallback = "0.30",
     .min = 0,
     .max = 1,
     .help = "Covered share below which the evidence is insufficient."},
    {.name = "completeness_gate",
     .type = CONF_DOUBLE,
     .offset = RULE(completeness_gate),
     .fallback = "0.75",
     .min = 0,
     .max = 1,
     .help = "Share of the expected intervals that must have arrived."},
    {.name = "capability_share",
     .type = CONF_DOUBLE,
     .offset = RULE(capability_share),
     .fallback = "0.80",
     .min = 0,
     .max = 1,
     .help = "Share of the lines that must be capable of a rate for an area to have it."},
    {.name = "probability_sample",
     .type = CONF_BOOL,
     .offset = RULE(probability_sample),
     .fallback = "false",
     .help = "True only where the probed nodes were drawn at random by someone else."},
    {.name = "exact_interval",
     .type = CONF_BOOL,
     .offset = RULE(exact_interval),
     .fallback = "false",
     .help = "Clopper and Pearson's interval for samples in the place of Wilson's: wider."},
    {.name = "publish_lines_min",
     .type = CONF_UNSIGNED,
     .offset = RULE(publish_lines_min),
     .fallback = "10",
     .max = 1000,
     .help = "Fewer lines of an area or operator are not shown in an export; 0 shows all."},
    {.name = "publish_access_points_min",
     .type = CONF_UNSIGNED,
     .offset = RULE(publish_access_points_min),
     .fallback = "5",
     .max = 1000,
     .help = "Fewer access points are not shown in an export."},
    {.name = "publish_clients_min",
     .type = CONF_UNSIGNED,
     .offset = RULE(publish_clients_min),
     .fallback = "20",
     .max = 1000,
     .help = "Fewer users of a WLAN are not shown in an export."},
    {.name = "publish_nodes_min",
     .type = CONF_UNSIGNED,
     .offset = RULE(publish_nodes_min),
     .fallback = "3",
     .max = 100,
     .help = "Lines of fewer access nodes are not shown in an export."},
    {.name = "publish_dominance_max",
     .type = CONF_DOUBLE,
     .offset = RULE(publish_dominance_max),
     .fallback = "0.90",
     .max = 1,
     .help = "Share of a count that one operator may have who withholds its own."},
    {.name = "operators_withholding",
     STRING(rule_settings, operators_withholding),
     .fallback = "",
     .help =
         "Keys of operators who have not agreed to be shown in an export, with spaces between."},
    {.name = NULL},
};

static const struct conf_setting retention_table[] = {
    {.name = "fine_hours",
     .type = CONF_UNSIGNED,
     .offset = KEEP(fine_hours),
     .fallback = "48",
     .min = 0,
     .max = 744,
     .unit = "h",
     .help = "Points of the probe's own interval, where it is shorter than 5 minutes."},
    {.name = "five_minute_days",
     .type = CONF_UNSIGNED,
     .offset = KEEP(five_minute_days),
     .fallback = "60",
     .min = 1,
     .max = 3660,
     .unit = "days",
     .help = "Points of 5 minutes."},
    {.name = "hourly_days",
     .type = CONF_UNSIGNED,
     .offset = KEEP(hourly_days),
     .fallback = "400",
     .min = 1,
     .max = 3660,
     .unit = "days",
     .help = "Points of an hour: mean and maximum."},
    {.name = "daily_days",
     .type = CONF_UNSIGNED,
     .offset = KEEP(daily_days),
     .fallback = "2196",
     .min = 1,
     .max = 7320,
     .unit = "days",
     .help = "Points of a day: mean and maximum."},
    {.name = NULL},
};

static const struct conf_setting alerts_table[] = {
    {.name = "silent_intervals",
     .type = CONF_DOUBLE,
     .offset = ALERT(silent_intervals),
     .fallback = "3",
     .min = 2,
     .max = 1000,
     .help = "A probe is silent after so many of its intervals without a report (never before 5 "
             "minutes)."},
    {.name = "coverage_min",
     .type = CONF_DOUBLE,
     .offset = ALERT(coverage_min),
     .fallback = "0.8",
     .min = 0,
     .max = 1,
     .help = "Captured share of the day's interface octets below which coverage is low; over from "
             "half the way to 1."},
    {.name = "backlog_intervals",
     .type = CONF_DOUBLE,
     .offset = ALERT(backlog_intervals),
     .fallback = "12",
     .min = 3,
     .max = 100000,
     .help = "Intervals that have not come, from which a growing backlog is told."},
    {.name = "clock_minutes",
     .type = CONF_UNSIGNED,
     .offset = ALERT(clock_minutes),
     .fallback = "10",
     .min = 1,
     .max = 10080,
     .unit = "min",
     .help = "A clock is bad that is not trusted for so long."},
    {.name = "mqtt",
     .type = CONF_BOOL,
     .offset = ALERT(mqtt),
     .fallback = "true",
     .help = "Publish to lastmile/1/alert/OPERATOR/PROBE/RULE, retained; the broker must let the "
             "collector write there."},
    {.name = "hook",
     STRING(alert_settings, hook),
     .help = "Program to run for each alert and its end, JSON on its standard input; empty: none."},
    {.name = "webhook_url",
     STRING(alert_settings, webhook_url),
     .help = "Address to POST each to, in the form of Alertmanager's webhooks; empty: none."},
    {.name = NULL},
};

const struct conf_setting collector_settings_table[] = {
    {.name = "data_dir",
     STRING(collector_settings, data_dir),
     .required = true,
     .help = "Folder of the registry (registry.db) and of the round-robin databases (rrd/)."},
    {.name = "plan_file",
     STRING(collector_settings, plan_file),
     .fallback = "plans/weihai-2015.cfg",
     .help = "The city's plan: every target with its date."},
    {.name = "areas_file",
     STRING(collector_settings, areas_file),
     .fallback = "areas/weihai.cfg",
     .help = "The areas that partition the city, and the operators."},
    {.name = "definitions",
     STRING(collector_settings, definitions),
     .help = "Alternatives to show beside the default definitions: \"ftth-share=with-fttb, "
             "wlan-hotspots=venues\" (config/indicators.cfg); verdicts go by the defaults."},
    {.name = "log_level",
     .type = CONF_ENUM,
     .offset = TOP(log_level),
     .fallback = "info",
     .names = log_level_names,
     .help = "What is written to stderr."},
    {.name = "receipt_interval_ms",
     .type = CONF_UNSIGNED,
     .offset = TOP(receipt_interval_ms),
     .fallback = "1000",
     .min = 10,
     .max = 60000,
     .unit = "ms",
     .help = "Reports are committed together, at least so often; a receipt follows each commit."},
    {.name = "journal_days",
     .type = CONF_UNSIGNED,
     .offset = TOP(journal_days),
     .fallback = "400",
     .min = 100,
     .max = 36500,
     .unit = "days",
     .help =
         "Reports as they came are kept so long: what can be rebuilt, and be told as known on a "
         "past date."},
    {.name = "probe_series_max",
     .type = CONF_UNSIGNED,
     .offset = TOP(probe_series_max),
     .fallback = "2000",
     .min = 1,
     .max = 1000000,
     .help =
         "Series (about 1 MB of disk each) that one probe may open; what is more is counted and "
         "left out."},
    {.name = "probe_lines_max",
     .type = CONF_UNSIGNED,
     .offset = TOP(probe_lines_max),
     .fallback = "4000000",
     .min = 1,
     .max = 1000000000,
     .help = "Lines, terminals and access points (about 100 bytes each) that one probe may name; "
             "what is more is counted and left out."},
    {.name = "probe_report_bytes_max",
     .type = CONF_UNSIGNED,
     .offset = TOP(probe_report_bytes_max),
     .fallback = "1048576",
     .min = 1024,
     .max = REPORT_BYTES_MAX,
     .unit = "bytes",
     .help = "A longer report goes to quarantine."},
    {.name = "probe_reports_per_s_max",
     .type = CONF_UNSIGNED,
     .offset = TOP(probe_reports_per_s_max),
     .fallback = "500",
     .min = 1,
     .max = 1000000,
     .unit = "reports/s",
     .help = "Of one probe in the long run, and ten times as many at once; what is more has to be "
             "sent again."},
    {.name = "probe_bytes_per_day_max",
     .type = CONF_UNSIGNED,
     .offset = TOP(probe_bytes_per_day_max),
     .fallback = "268435456",
     .min = 1048576,
     .max = 1e15,
     .unit = "bytes/day",
     .help = "Reports of one probe in the long run, and as much at once; what is more has to be "
             "sent again."},
    {.name = "probes_max",
     .type = CONF_UNSIGNED,
     .offset = TOP(probes_max),
     .fallback = "20000",
     .min = 1,
     .max = 1000000,
     .help = "Probes that the registry takes; what further ones send goes to quarantine."},
    {.name = "broker",
     .type = CONF_GROUP,
     .children = broker_table,
     .help = "The MQTT broker that the probes speak to."},
    {.name = "http",
     .type = CONF_GROUP,
     .children = http_table,
     .help = "The dashboards, the API and /metrics."},
    {.name = "rules",
     .type = CONF_GROUP,
     .children = rules_table,
     .help = "The rules that turn counts into figures (see the README, \"How a figure is made\")."},
    {.name = "retention",
     .type = CONF_GROUP,
     .children = retention_table,
     .help = "How long series are kept at each width; a change makes the files anew at the next "
             "start, with their history."},
    {.name = "alerts",
     .type = CONF_GROUP,
     .children = alerts_table,
     .help = "When a probe deserves attention, and whom it is told."},
    {.name = NULL},
};

/* "plans/x.cfg" in "/etc/lastmile/collector.cfg" is "/etc/lastmile/plans/x.cfg". Empty stays so. */
static int resolve(const struct conf_group *group, const char *name, const char *file, char *path,
                   struct conf_error *out_error)
{
    const char *slash = strrchr(file, '/');
    if (path[0] == '\0' || path[0] == '/' || !slash)
        return 0;
    char joined[2 * SETTINGS_PATH_BYTES];
    int length = snprintf(joined, sizeof joined, "%.*s/%s", (int)(slash - file), file, path);
    if (length < 0 || (size_t)length >= SETTINGS_PATH_BYTES)
        return conf_fail(group, name, out_error, "'%s' is longer than %d bytes with its folder",
                         name, SETTINGS_PATH_BYTES - 1);
    memcpy(path, joined, (size_t)length + 1);
    return 0;
}

static int resolve_paths(const struct conf_group *root, const char *file,
                         struct collector_settings *settings, struct conf_error *out_error)
{
    struct broker_settings *broker = &settings->broker;
    const struct {
        const char *group, *name;
        char *path;
    } paths[] = {
        {NULL, "data_dir", settings->data_dir},
        {NULL, "plan_file", settings->plan_file},
        {NULL, "areas_file", settings->areas_file},
        {"broker", "password_file", broker->password_file},
        {"broker", "ca_file", broker->ca_file},
        {"broker", "cert_file", broker->cert_file},
        {"broker", "key_file", broker->key_file},
        {"http", "cert_file", settings->http.cert_file},
        {"http", "key_file", settings->http.key_file},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const struct conf_group *group = paths[i].group ? conf_child(root, paths[i].group) : root;
        int status = resolve(group, paths[i].name, file, paths[i].path, out_error);
        if (status != 0)
            return status;
    }
    return 0;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* What others reach asks who they are, and is encrypted. */
static int check_http(const struct conf_group *group, const struct http_settings *http,
                      struct conf_error *out_error)
{
    if ((http->cert_file[0] != '\0') != (http->key_file[0] != '\0'))
        return conf_fail(group, NULL, out_error, "'cert_file' and 'key_file' go together");
    if (is_loopback(http->address))
        return 0;
    if (http->access == ACCESS_OPEN)
        return conf_fail(group, "access", out_error,
                         "'access' = \"open\" would show everything to whoever reaches %s: take "
                         "\"login\", or address 127.0.0.1",
                         http->address);
    if (!http->proxies[0] && !http->cert_file[0])
        return conf_fail(group, "address", out_error,
                         "passwords would reach %s without TLS: set 'cert_file' and "
                         "'key_file', or name the reverse proxy that does it in 'proxies'",
                         http->address);
    return 0;
}

/* What no single key can see. */
static int check_together(const struct conf_group *root, const struct collector_settings *settings,
                          struct conf_error *out_error)
{
    const struct broker_settings *broker = &settings->broker;
    const struct conf_group *group = conf_child(root, "broker");
    if ((broker->cert_file[0] != '\0') != (broker->key_file[0] != '\0'))
        return conf_fail(group, NULL, out_error, "'cert_file' and 'key_file' go together");
    if (broker->cert_file[0] && !broker->ca_file[0])
        return conf_fail(group, "cert_file", out_error, "'cert_file' needs 'ca_file'");
    if (broker->password_file[0] && !broker->username[0])
        return conf_fail(group, "password_file", out_error, "'password_file' needs 'username'");
    if (settings->rules.sample_coverage > settings->rules.census_coverage)
        return conf_fail(conf_child(root, "rules"), "sample_coverage", out_error,
                         "'sample_coverage' is above 'census_coverage'");
    return check_http(conf_child(root, "http"), &settings->http, out_error);
}

int collector_settings_read(const char *path, struct collector_settings *out,
                            struct conf_error *out_error)
{
    struct conf *conf = conf_open(path, out_error);
    if (!conf)
        return -EINVAL;
    memset(out, 0, sizeof *out);
    (void)snprintf(out->file, sizeof out->file, "%s", path);
    const struct conf_group *root = conf_root(conf);
    int status = conf_read(root, collector_settings_table, out, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "broker"), broker_table, &out->broker, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "http"), http_table, &out->http, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "rules"), rules_table, &out->rules, out_error);
    if (status == 0)
        status =
            conf_read(conf_child(root, "retention"), retention_table, &out->retention, out_error);
    if (status == 0)
        status = conf_read(conf_child(root, "alerts"), alerts_table, &out->alerts, out_error);
    if (status == 0)
        status = resolve_paths(root, path, out, out_error);
    if (status == 0)
        status = check_together(root, out, out_error);
    conf_close(conf);
    return status;
}
