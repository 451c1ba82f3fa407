/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/poll_print.h"

#include "common/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    json_writer_put_string(writer, key, text[0] ? text : NULL);
}

static void put_device(struct json_writer *writer, const struct device_snapshot *snapshot)
{
    json_writer_begin_object(writer, "device");
    put_text(writer, "sys_object_id", snapshot->sys_object_id);
    json_writer_put_string(writer, "sys_name",
                           snapshot->sys_name_known ? snapshot->sys_name : NULL);
    put_text(writer, "profile", snapshot->profile);
    json_writer_put_optional_u64(writer, "uptime_s", snapshot->uptime_s);
    json_writer_end(writer);
}

static void put_wlan(struct json_writer *writer, const struct device_snapshot *snapshot)
{
    json_writer_begin_object(writer, "wtp");
    json_writer_put_optional_u64(writer, "configured", snapshot->wtp_configured);
    json_writer_put_optional_u64(writer, "run", snapshot->wtp_run);
    json_writer_end(writer);
    json_writer_begin_object(writer, "stations");
    json_writer_put_optional_u64(writer, "associated", snapshot->stations_associated);
    json_writer_begin_array(writer, "by_ssid");
    for (size_t i = 0; i < snapshot->ssid_count; i++) {
        const struct snapshot_ssid *ssid = &snapshot->ssids[i];
        json_writer_begin_object(writer, NULL);
        json_writer_put_bytes(writer, "ssid", ssid->ssid, ssid->ssid_length);
        json_writer_put_u64(writer, "stations", ssid->stations);
        json_writer_end(writer);
    }
    json_writer_end(writer);
    json_writer_end(writer);
}

static void put_lines(struct json_writer *writer, const struct device_snapshot *snapshot)
{
    json_writer_begin_array(writer, "lines");
    for (size_t i = 0; i < snapshot->line_count; i++) {
        const struct report_lines *lines = &snapshot->lines[i];
        json_writer_begin_object(writer, NULL);
        json_writer_put_string(writer, "technology",
                               conf_id_name(access_technology_names, (int)lines->technology));
        json_writer_put_optional_u64(writer, "provisioned", lines->provisioned);
        json_writer_put_optional_u64(writer, "active", lines->active);
        json_writer_end(writer);
    }
    json_writer_end(writer);
}

static void put_sums(struct json_writer *writer, const struct device_snapshot *snapshot)
{
    json_writer_begin_object(writer, "sessions");
    json_writer_put_optional_u64(writer, "pppoe", snapshot->sessions_pppoe);
    json_writer_put_optional_u64(writer, "ipoe", snapshot->sessions_ipoe);
    json_writer_put_optional_u64(writer, "total", snapshot->sessions_total);
    json_writer_end(writer);
    json_writer_begin_object(writer, "interfaces");
    json_writer_put_optional_u64(writer, "count", snapshot->interface_count);
    json_writer_put_optional_u64(writer, "up", snapshot->interfaces_up);
    json_writer_put_optional_u64(writer, "in_octets", snapshot->in_octets);
    json_writer_put_optional_u64(writer, "out_octets", snapshot->out_octets);
    json_writer_put_u64(writer, "counter64", snapshot->interfaces_counter64);
    json_writer_end(writer);
}

int poll_print_json(const struct device_snapshot *snapshot, FILE *out)
{
    struct json_writer *writer = json_writer_new();
    if (!writer)
        return -ENOMEM;
    put_device(writer, snapshot);
    put_wlan(writer, snapshot);
    put_lines(writer, snapshot);
    put_sums(writer, snapshot);
    json_writer_begin_array(writer, "warnings");
    if (snapshot->outcome == POLL_PARTIAL)
        json_writer_put_string(writer, NULL, snapshot->reason);
    for (size_t i = 0; i < snapshot->warning_count; i++)
        json_writer_put_string(writer, NULL, snapshot->warnings[i]);
    json_writer_end(writer);
    json_writer_put_u64(writer, "varbinds", snapshot->varbinds);
    json_writer_put_u64(writer, "requests", snapshot->requests);
    json_writer_put_double(writer, "seconds", (double)snapshot->duration_ns / 1e9);
    char *text = json_writer_text(writer, true);
    json_writer_free(writer);
    if (!text)
        return -ENOMEM;
    (void)fprintf(out, "%s\n", text);
    free(text);
    return 0;
}

/* Octets of strangers on a terminal: what is not printable ASCII or UTF-8's upper half is '?'. */
static void print_octets(FILE *out, const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++)
        (void)fputc(octets[i] < 0x20 || octets[i] == 0x7f ? '?' : octets[i], out);
}

static void print_text(FILE *out, const char *label, const char *text)
{
    (void)fprintf(out, "%-14s", label);
    size_t length = 0;
    while (text[length])
        length++;
    print_octets(out, (const uint8_t *)text, length);
    (void)fputc('\n', out);
}

static void print_device(const struct device_snapshot *snapshot, FILE *out)
{
    print_text(out, "profile", snapshot->profile[0] ? snapshot->profile : "(none)");
    print_text(out, "sysObjectID", snapshot->sys_object_id);
    print_text(out, "sysName", snapshot->sys_name_known ? snapshot->sys_name : "(not said)");
    if (snapshot->uptime_s.known)
        (void)fprintf(out, "%-14s%" PRIu64 " days %" PRIu64 " h\n", "up for",
                      snapshot->uptime_s.value / 86400, snapshot->uptime_s.value % 86400 / 3600);
    (void)fprintf(out, "%-14s%" PRIu64 ", %" PRIu64 " up, %" PRIu64 " with 64-bit counters\n",
                  "interfaces", snapshot->interface_count.value, snapshot->interfaces_up.value,
                  snapshot->interfaces_counter64);
}

static void print_figures(const struct device_snapshot *snapshot, FILE *out)
{
    if (snapshot->figure_count > 0)
        (void)fprintf(out, "\n%-21s %-9s %12s  %-12s %s\n", "figure", "lines", "value", "sure",
                      "source");
    for (size_t i = 0; i < snapshot->figure_count; i++) {
        const struct snapshot_figure *figure = &snapshot->figures[i];
        bool lines = figure->technology != TECHNOLOGY_UNKNOWN;
        (void)fprintf(out, "%-21s %-9s %12" PRIu64 "  %-12s %s%s\n", figure->quantity,
                      lines ? conf_id_name(access_technology_names, (int)figure->technology) : "",
                      figure->value.value, conf_id_name(confidence_names, (int)figure->confidence),
                      figure->source, figure->published ? "" : " (compared only)");
    }
    for (size_t i = 0; i < snapshot->ssid_count; i++) {
        (void)fprintf(out, "%ssid %8" PRIu64 "  ", i == 0 ? "\ns" : "s",
                      snapshot->ssids[i].stations);
        print_octets(out, snapshot->ssids[i].ssid, snapshot->ssids[i].ssid_length);
        (void)fputc('\n', out);
    }
}

static void print_unsaid(const struct device_snapshot *snapshot, FILE *out)
{
    const struct {
        const char *name;
        struct optional_u64 value;
        bool expected;
    } rows[] = {
        {"wtp.configured", snapshot->wtp_configured, snapshot->kind == DEVICE_CONTROLLER},
        {"wtp.run", snapshot->wtp_run, snapshot->kind == DEVICE_CONTROLLER},
        {"stations.associated", snapshot->stations_associated, snapshot->kind == DEVICE_CONTROLLER},
        {"sessions.total", snapshot->sessions_total, snapshot->kind == DEVICE_ROUTER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].expected && !rows[i].value.known)
            (void)fprintf(out, "not said: %s\n", rows[i].name);
    for (size_t i = 0; i < snapshot->line_count; i++) {
        const struct report_lines *lines = &snapshot->lines[i];
        const char *name = conf_id_name(access_technology_names, (int)lines->technology);
        if (!lines->provisioned.known)
            (void)fprintf(out, "not said: lines.provisioned of %s\n", name);
        if (!lines->active.known)
            (void)fprintf(out, "not said: lines.active of %s\n", name);
    }
}

void poll_print_table(const struct device_snapshot *snapshot, FILE *out)
{
    print_device(snapshot, out);
    print_figures(snapshot, out);
    (void)fputc('\n', out);
    print_unsaid(snapshot, out);
    if (snapshot->outcome == POLL_PARTIAL)
        (void)fprintf(out, "partial: %s\n", snapshot->reason);
    for (size_t i = 0; i < snapshot->warning_count; i++)
        (void)fprintf(out, "warning: %s\n", snapshot->warnings[i]);
    (void)fprintf(out, "%" PRIu64 " varbinds in %" PRIu64 " requests, %.3f s\n", snapshot->varbinds,
                  snapshot->requests, (double)snapshot->duration_ns / 1e9);
}
