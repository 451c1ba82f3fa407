/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/settings/settings_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct capability_row {
    int technology;
    double down_mbit_s;
};

static const struct conf_setting capability_table[] = {
    {AT(capability_row, technology), .type = CONF_ENUM, .names = access_technology_names,
     .required = true, .help = "Of these lines of the device."},
    {AT(capability_row, down_mbit_s), .type = CONF_DOUBLE, .required = true, .min = 0.001,
     .max = 1e6, .unit = "Mbit/s", .help = "Rate that can be provisioned on each of them."},
    {.name = NULL},
};

struct role_row {
    char match[REPORT_NAME_BYTES];
    int role;
};

static const struct conf_setting role_table[] = {
    {TEXT(role_row, match), .required = true,
     .help = "Shell pattern for ifName or ifAlias, e.g. \"100GE*\"."},
    {AT(role_row, role), .type = CONF_ENUM, .names = interface_role_names, .required = true,
     .help = "What its bandwidth counts for; \"none\": for nothing, e.g. a member of a LAG that "
             "the device does not tell."},
    {.name = NULL},
};

struct device_row {
    char name[REPORT_NAME_BYTES], address[256], credentials[64], profile[REPORT_NAME_BYTES];
    char area[REPORT_NAME_BYTES];
    int settlement, residence;
    uint64_t interval_ms, deadline_ms, table_ms, timeout_ms, retries, max_repetitions;
};

static const struct conf_setting device_table[] = {
    {TEXT(device_row, name), .required = true, .help = "Name of the access node or controller."},
    {TEXT(device_row, address), .required = true, .help = "udp:HOST:PORT."},
    {TEXT(device_row, credentials), .fallback = "default", .help = "A name in secrets_file."},
    {TEXT(device_row, profile), .help = "Forces a profile; none: it is recognised."},
    {TEXT(device_row, area), .required = true, .help = "Key of its reporting area."},
    {AT(device_row, settlement), .type = CONF_ENUM, .names = settlement_names,
     .fallback = "unknown", .help = "Town or country."},
    {AT(device_row, residence), .type = CONF_ENUM, .names = residence_names, .fallback = "unknown",
     .help = "Whose lines."},
    {AT(device_row, interval_ms), .type = CONF_UNSIGNED, .fallback = "0", .min = 0, .max = 86400000,
     .unit = "ms", .help = "Between polls; 0: as snmp.interval_ms says."},
    {AT(device_row, deadline_ms), .type = CONF_UNSIGNED, .fallback = "30000", .min = 100,
     .max = 3600000, .unit = "ms", .help = "Of one whole poll; what came by then is kept."},
    {AT(device_row, table_ms), .type = CONF_UNSIGNED, .fallback = "15000", .min = 100,
     .max = 3600000, .unit = "ms", .help = "Of one table; the next ones are read all the same."},
    {AT(device_row, timeout_ms), .type = CONF_UNSIGNED, .fallback = "2000", .min = 50, .max = 60000,
     .unit = "ms", .help = "Of one request."},
    {AT(device_row, retries), .type = CONF_UNSIGNED, .fallback = "2", .min = 0, .max = 10,
     .help = "Of one request; a device that is silent already is asked once."},
    {AT(device_row, max_repetitions), .type = CONF_UNSIGNED, .fallback = "25", .min = 1, .max = 50,
     .help = "Rows in an answer, at most; fewer where a device fails at so many."},
    {.name = "capabilities",
     .type = CONF_LIST,
     .children = capability_table,
     .help = "What a line can be provisioned with, where the device does not say."},
    {.name = "interfaces",
     .type = CONF_LIST,
     .children = role_table,
     .help = "Interfaces whose bandwidth counts; the first match holds."},
    {.name = NULL},
};

struct snmp_row {
    char profiles[SETTINGS_PATH_BYTES], secrets_file[SETTINGS_PATH_BYTES];
    uint64_t interval_ms, heavy_pause_ms, heavy_from_hour, heavy_to_hour;
};

const struct conf_setting settings_snmp_table[] = {
    {TEXT(snmp_row, profiles), .help = "Folder of device profiles; none: the installed one."},
    {TEXT(snmp_row, secrets_file), .help = "Communities and v3 pass phrases, mode 0600."},
    {AT(snmp_row, interval_ms), .type = CONF_UNSIGNED, .fallback = "300000", .min = 500,
     .max = 86400000, .unit = "ms", .help = "Between polls of a device."},
    {AT(snmp_row, heavy_pause_ms), .type = CONF_UNSIGNED, .fallback = "200", .min = 0, .max = 60000,
     .unit = "ms", .help = "Between questions about tables that a profile calls heavy."},
    {AT(snmp_row, heavy_from_hour), .type = CONF_UNSIGNED, .fallback = "1", .min = 0, .max = 24,
     .help = "Heavy tables are read from this hour (of the city) on."},
    {AT(snmp_row, heavy_to_hour), .type = CONF_UNSIGNED, .fallback = "6", .min = 0, .max = 24,
     .help = "And up to this one; equal hours: always."},
    {.name = "devices", .type = CONF_LIST, .children = device_table, .help = "What is polled."},
    {.name = NULL},
};

struct secret_row {
    char name[64];
    int version, auth, privacy;
    char community[128], user[64], auth_passphrase[128], privacy_passphrase[128], context[64];
};

static const struct conf_setting secret_table[] = {
    {TEXT(secret_row, name), .required = true, .help = "As devices call it."},
    {AT(secret_row, version), .type = CONF_ENUM, .names = poller_version_names, .fallback = "2c",
     .help = "SNMP version."},
    {TEXT(secret_row, community), .fallback = "public", .help = "v1 and v2c."},
    {TEXT(secret_row, user), .help = "v3."},
    {AT(secret_row, auth), .type = CONF_ENUM, .names = poller_auth_names, .fallback = "none",
     .help = "v3."},
    {TEXT(secret_row, auth_passphrase), .help = "v3; 8 characters and more."},
    {AT(secret_row, privacy), .type = CONF_ENUM, .names = poller_privacy_names, .fallback = "none",
     .help = "v3."},
    {TEXT(secret_row, privacy_passphrase), .help = "v3; 8 characters and more."},
    {TEXT(secret_row, context), .help = "v3."},
    {.name = NULL},
};

static const struct conf_setting secrets_table[] = {
    {.name = "credentials",
     .type = CONF_LIST,
     .children = secret_table,
     .required = true,
     .help = "One group for each name."},
    {.name = NULL},
};

static int read_capabilities(const struct conf_group *group, struct settings_device *device,
                             struct conf_error *out_error)
{
    size_t count = conf_list_length(group, "capabilities");
    if (count > TECHNOLOGY_COUNT)
        return conf_fail(group, "capabilities", out_error, "more than one row a technology");
    for (size_t i = 0; i < count; i++) {
        struct capability_row row = {0};
        int status =
            conf_read(conf_list_group(group, "capabilities", i), capability_table, &row, out_error);
        if (status != 0)
            return status;
        device->capabilities[i] = (struct settings_capability){
            .technology = (enum access_technology)row.technology, .down_mbit_s = row.down_mbit_s};
        device->capability_count++;
    }
    return 0;
}

static int read_roles(const struct conf_group *group, struct poller_target *target,
                      struct conf_error *out_error)
{
    size_t count = conf_list_length(group, "interfaces");
    if (count > POLLER_RULES_MAX)
        return conf_fail(group, "interfaces", out_error, "more than %d rows", POLLER_RULES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct role_row row = {0};
        int status =
            conf_read(conf_list_group(group, "interfaces", i), role_table, &row, out_error);
        if (status != 0)
            return status;
        memcpy(target->rules[i].pattern, row.match, sizeof target->rules[i].pattern);
        target->rules[i].role = (enum interface_role)row.role;
        target->rule_count++;
    }
    return 0;
}

static void apply_secret(const struct secret_row *secret, struct poller_target *target)
{
    target->version = (enum poller_version)secret->version;
    target->auth = (enum poller_auth)secret->auth;
    target->privacy = (enum poller_privacy)secret->privacy;
    memcpy(target->community, secret->community, sizeof target->community);
    memcpy(target->user, secret->user, sizeof target->user);
    memcpy(target->auth_passphrase, secret->auth_passphrase, sizeof target->auth_passphrase);
    memcpy(target->privacy_passphrase, secret->privacy_passphrase,
           sizeof target->privacy_passphrase);
    memcpy(target->context, secret->context, sizeof target->context);
}

static int read_device(const struct conf_group *group, const struct snmp_row *snmp,
                       const struct conf_group *secrets, struct settings_device *device,
                       struct conf_error *out_error)
{
    struct device_row row = {0};
    int status = conf_read(group, device_table, &row, out_error);
    if (status != 0)
        return status;
    struct poller_target *target = &device->target;
    memcpy(target->name, row.name, sizeof target->name);
    memcpy(target->address, row.address, sizeof target->address);
    memcpy(target->profile, row.profile, sizeof target->profile);
    target->interval_ms = row.interval_ms ? row.interval_ms : snmp->interval_ms;
    target->deadline_ms = row.deadline_ms;
    target->timeout_ms = row.timeout_ms;
    target->retries = (unsigned)row.retries;
    target->table_ms = row.table_ms;
    target->max_repetitions = (unsigned)row.max_repetitions;
    target->heavy_pause_ms = snmp->heavy_pause_ms;
    target->heavy_from_hour = (unsigned)snmp->heavy_from_hour;
    target->heavy_to_hour = (unsigned)snmp->heavy_to_hour;
    memcpy(device->area, row.area, sizeof device->area);
    device->settlement = (enum settlement)row.settlement;
    device->residence = (enum residence)row.residence;
    bool found = false;
    struct secret_row secret = {0};
    for (size_t i = 0; secrets && !found && i < conf_list_length(secrets, "credentials"); i++) {
        status =
            conf_read(conf_list_group(secrets, "credentials", i), secret_table, &secret, out_error);
        if (status != 0)
            return status;
        found = strcmp(secret.name, row.credentials) == 0;
    }
    if (!found)
        return conf_fail(group, "credentials", out_error,
                         "no credentials named '%s' in snmp.secrets_file", row.credentials);
    apply_secret(&secret, target);
    explicit_bzero(&secret, sizeof secret);
    status = read_capabilities(group, device, out_error);
    return status != 0 ? status : read_roles(group, target, out_error);
}

static int read_devices(const struct conf_group *group, const struct snmp_row *snmp,
                        struct settings *settings, struct conf_error *out_error)
{
    size_t count = conf_list_length(group, "devices");
    struct conf *secrets = NULL;
    struct stat file;
    int status = 0;
    settings->devices = calloc(count ? count : 1, sizeof *settings->devices);
    if (!settings->devices)
        return conf_fail(group, "devices", out_error, "out of memory");
    if (snmp->secrets_file[0]) {
        if (stat(snmp->secrets_file, &file) == 0 && (file.st_mode & 077) != 0)
            return conf_fail(group, "secrets_file", out_error,
                             "%s can be read by others: chmod 600 %s", snmp->secrets_file,
                             snmp->secrets_file);
        secrets = conf_open(snmp->secrets_file, out_error);
        if (!secrets)
            return -EINVAL;
        char unused = 0;
        status = conf_read(conf_root(secrets), secrets_table, &unused, out_error);
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        status = read_device(conf_list_group(group, "devices", i), snmp,
                             secrets ? conf_root(secrets) : NULL, &settings->devices[i], out_error);
        settings->device_count++;
    }
    conf_close(secrets);
    return status;
}

int settings_read_snmp(const char *file, const struct conf_group *root, struct settings *settings,
                       struct conf_error *out_error)
{
    struct snmp_row snmp = {0};
    const struct conf_group *group = conf_child(root, "snmp");
    int status = conf_read(group, settings_snmp_table, &snmp, out_error);
    if (status != 0 || !group)
        return status;
    settings_resolve(file, snmp.profiles);
    settings_resolve(file, snmp.secrets_file);
    memcpy(settings->profiles_dir, snmp.profiles, sizeof settings->profiles_dir);
    return read_devices(group, &snmp, settings, out_error);
}
