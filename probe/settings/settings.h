/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * probe.cfg: who the probe is, where the broker is, what it captures and polls. One table a group,
 * read once at start; relative paths are relative to the file's own folder; secrets stand in files
 * of their own. Owned by main, read by agent and by replay --config. One thread.
 */
#ifndef LASTMILE_PROBE_SETTINGS_H
#define LASTMILE_PROBE_SETTINGS_H

#include "common/conf.h"
#include "common/report.h"
#include "common/topic.h"
#include "probe/capture/capture.h"
#include "probe/line/line_meter.h"
#include "probe/outbox/exporter.h"
#include "probe/snmp/poller.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_PATH_BYTES     256
#define SETTINGS_SOURCES_MAX    16
#define SETTINGS_INSIDE_MAX     64
#define SETTINGS_SUPPRESSED_MAX 256

struct settings_broker {
    char host[128];
    uint64_t port;
    char username[TOPIC_NAME_MAX + 1];
    char password_file[SETTINGS_PATH_BYTES];
    char password[128]; /* read from password_file */
    char ca_file[SETTINGS_PATH_BYTES], cert_file[SETTINGS_PATH_BYTES],
        key_file[SETTINGS_PATH_BYTES];
    uint64_t keepalive_s, reconnect_min_ms, reconnect_max_ms;
};

struct settings_outbox {
    char dir[SETTINGS_PATH_BYTES];     /* "" = memory only */
    char ram_dir[SETTINGS_PATH_BYTES]; /* "" = none */
    uint64_t memory_bytes, disk_bytes;
    uint64_t flush_after_ms; /* written to disk when the broker has been away so long */
    uint64_t resend_ms;      /* what has no receipt after so long is sent again */
    uint64_t in_flight_max, backlog_per_s;
};

struct settings_flow {
    uint64_t memory_bytes;      /* of the flow table, for each source */
    uint64_t line_memory_bytes; /* of the lines, for each source */
    uint64_t idle_timeout_s, active_timeout_s;
    uint64_t devices_precision; /* of the sketches of devices and users */
};

/* Where the lines' traffic goes. */
struct settings_destinations {
    char classes[LINE_CLASSES_MAX][REPORT_NAME_BYTES];
    size_t class_count; /* 0: not told apart */
    char default_class[REPORT_NAME_BYTES];
    struct prefix_class *prefixes; /* owned */
    size_t prefix_count;
    uint64_t line_octets;
    uint64_t files_hash; /* of the files of prefixes */
};

struct settings_agentx {
    char socket[SETTINGS_PATH_BYTES]; /* of the master agent; "" = LASTMILE-MIB is not served */
};

enum { STATIONS_BY_NL80211, STATIONS_BY_HOSTAPD };

/* The access point that the probe runs on. */
struct settings_stations {
    char name[REPORT_NAME_BYTES], area[REPORT_NAME_BYTES]; /* "": not asked */
    int source, settlement;
    char socket_dir[SETTINGS_PATH_BYTES];
};

/* The kernel's connection tracking. */
struct settings_connections {
    char name[REPORT_NAME_BYTES]; /* of the observation point; "": not asked */
    char
        beside[REPORT_NAME_BYTES]; /* the source that captures the same traffic and counts; or "" */
    uint64_t limit;
};

struct settings_accounting {
    uint64_t sessions, interim_s;
    bool ignore_nas_port_id;
};

struct settings_demand {
    uint64_t flow_octets, busy_from_hour, busy_to_hour;
};

/* A capture source: an interface, or a file for tests and demonstrations. */
struct settings_source {
    char name[REPORT_NAME_BYTES];
    char interface[64];
    char file[SETTINGS_PATH_BYTES];
    char filter[512];
    uint64_t snaplen, buffer_bytes, block_bytes;
    bool promiscuous;
    bool repeat;  /* a file begins anew at its end */
    double speed; /* of a file: 1 = as it was captured */
    int sampling; /* enum report_sampling */
    uint64_t sampling_interval, sampling_interval_max;
    uint64_t cpu_limit_percent; /* of one CPU, for each thread; 0: no governor */
    uint64_t threads;           /* that share an interface's frames; 0 as 1 */
};

struct settings_capability {
    enum access_technology technology;
    double down_mbit_s;
};

/* What the configuration knows of a polled device beside how to poll it. */
struct settings_device {
    struct poller_target target;
    char area[REPORT_NAME_BYTES];
    enum settlement settlement;
    enum residence residence;
    struct settings_capability capabilities[TECHNOLOGY_COUNT];
    size_t capability_count;
};

struct settings {
    char operator_name[TOPIC_NAME_MAX + 1];
    char probe_name[TOPIC_NAME_MAX + 1];
    uint64_t interval_ms;
    int log_level;
    bool confine;
    uint8_t pseudonym_key[PSEUDONYM_KEY_BYTES_MAX];
    size_t pseudonym_key_length;
    uint64_t configuration_hash; /* FNV-1a 64 of the file's bytes, and of its prefix files */
    struct settings_broker broker;
    struct settings_outbox outbox;
    struct settings_flow flow;
    struct settings_source sources[SETTINGS_SOURCES_MAX];
    size_t source_count;
    struct access_rule rules[LINE_RULES_MAX];
    size_t rule_count;
    struct ip_prefix inside[SETTINGS_INSIDE_MAX];
    size_t inside_count;
    struct vlan_range suppressed[SETTINGS_SUPPRESSED_MAX];
    size_t suppressed_count;
    struct settings_destinations destinations;
    struct settings_accounting accounting;
    struct settings_demand demand;
    struct settings_agentx agentx;
    struct settings_stations stations;
    struct settings_connections connections;
    char public_ssids[LINE_SSIDS_MAX][SSID_BYTES_MAX + 1];
    size_t public_ssid_count;
    char profiles_dir[SETTINGS_PATH_BYTES];
    struct settings_device *devices; /* owned */
    size_t device_count;
};

#define SETTINGS_THREADS_MAX 16

/* Every key, for --help-config. */
extern const struct conf_setting settings_table[];

/* NULL with out_error set: a fault of the file, or of a file that it names. Free with
 * settings_free. */
struct settings *settings_read(const char *path, struct conf_error *out_error);
void settings_free(struct settings *settings);

/* Whether the operator has declared a network public. settings: struct settings, as a callback's
 * ctx. */
bool settings_ssid_is_public(const void *settings, const uint8_t *ssid, size_t length);

#endif
