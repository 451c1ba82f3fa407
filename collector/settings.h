/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * collector.cfg: one table per group, read once at start by lastmile-collector and by lastmile.
 * Relative paths in the file are relative to the file's own folder. A plain value.
 */
#ifndef LASTMILE_COLLECTOR_SETTINGS_H
#define LASTMILE_COLLECTOR_SETTINGS_H

#include "common/conf.h"

#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_PATH_BYTES 256

/* indicators.md 2.1, 2.5, 3.7, 3.8: the rules that turn counts into figures. */
struct rule_settings {
    uint64_t activity_days;   /* 90: a line is active that had traffic or was online so lately */
    uint64_t presence_days;   /* 15: days of the month on which a WTP must have been in Run */
    double census_coverage;   /* 0.95: covered share of registered lines that makes a census */
    double sample_coverage;   /* 0.30: below it the evidence is insufficient */
    double completeness_gate; /* 0.75: arrived / expected intervals */
    double capability_share;  /* 0.80: share of lines that must be capable (41号文, C1) */
    bool probability_sample;  /* the probed nodes were drawn at random by someone else */
    bool exact_interval;      /* Clopper and Pearson's in the place of Wilson's: wider */
    /* indicators.md 6.2, item 5: what a public export may show of an area or of an operator. 0:
     * all.
     */
    uint64_t publish_lines_min;         /* 10 */
    uint64_t publish_access_points_min; /* 5: devices, not persons */
    uint64_t publish_clients_min;       /* 20 */
    uint64_t publish_nodes_min;         /* 3: access nodes that contribute to a count of lines */
    double publish_dominance_max;       /* 0.90: of a count, by one operator who withholds */
    char operators_withholding[128];    /* keys of those who have not agreed to be shown: "cu ct" */
};

struct broker_settings {
    char host[128];
    uint64_t port;
    char username[64];
    char password_file[SETTINGS_PATH_BYTES]; /* one line; mode 0600 */
    char ca_file[SETTINGS_PATH_BYTES], cert_file[SETTINGS_PATH_BYTES],
        key_file[SETTINGS_PATH_BYTES];
};

/* Whether the pages ask who somebody is. */
enum access_mode { ACCESS_LOGIN, ACCESS_OPEN };

struct http_settings {
    char address[64]; /* 127.0.0.1 */
    uint64_t port;    /* 0 = any free one, printed at start */
    uint64_t connections_max, connections_per_address_max, timeout_s;
    int access;                                                         /* enum access_mode */
    char cert_file[SETTINGS_PATH_BYTES], key_file[SETTINGS_PATH_BYTES]; /* TLS, by us; "" */
    bool public_access; /* without a login: the public's part, else nothing */
    char proxies[256];  /* addresses of reverse proxies that do TLS, with spaces between */
    uint64_t login_idle_minutes, login_hours; /* a login ends after so long */
    uint64_t requests_per_s_max;              /* of one client, where accounts are asked for */
};

/* How long each width of archive reaches back; a change makes the files anew, history and all. */
struct retention_settings {
    uint64_t fine_hours; /* 48: the probe's own step, where it is finer than 5 minutes */
    uint64_t five_minute_days, hourly_days, daily_days; /* 60, 400, 2196 */
};

/* When a probe deserves attention, and whom it is told. */
struct alert_settings {
    double silent_intervals;        /* 3: without a report */
    double coverage_min;            /* 0.8: captured / interface octets of the day */
    double backlog_intervals;       /* 12: not come yet, and growing */
    uint64_t clock_minutes;         /* 10: of a clock that is not trusted */
    bool mqtt;                      /* lastmile/1/alert/... */
    char hook[SETTINGS_PATH_BYTES]; /* a program */
    char webhook_url[SETTINGS_PATH_BYTES];
};

struct collector_settings {
    char file[SETTINGS_PATH_BYTES];        /* where they were read */
    char data_dir[SETTINGS_PATH_BYTES];    /* registry.db, rrd/, ... */
    char plan_file[SETTINGS_PATH_BYTES];   /* plans/weihai-2015.cfg */
    char areas_file[SETTINGS_PATH_BYTES];  /* areas/weihai.cfg */
    char definitions[SETTINGS_PATH_BYTES]; /* alternatives to show, "ftth-share=with-fttb" */
    int log_level;                         /* enum log_level */
    uint64_t receipt_interval_ms;          /* commits are batched for at most so long */
    uint64_t journal_days;                 /* reports are kept as they came for so long */
    uint64_t probe_series_max;             /* series that one probe may open */
    uint64_t probe_lines_max;              /* lines, terminals and access points of one */
    uint64_t probe_report_bytes_max, probe_reports_per_s_max, probe_bytes_per_day_max;
    uint64_t probes_max; /* all together */
    struct broker_settings broker;
    struct http_settings http;
    struct rule_settings rules;
    struct retention_settings retention;
    struct alert_settings alerts;
};

extern const struct conf_setting collector_settings_table[];

/* 0, or -EINVAL with out_error set. */
int collector_settings_read(const char *path, struct collector_settings *out,
                            struct conf_error *out_error);

#endif
