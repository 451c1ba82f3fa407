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
    put_text(writer, "description", snapshot->sys_descr);
    put_text(writer, "title", snapshot->profile_title);
    json_writer_put_string(writer, "kind", conf_id_name(device_kind_names, (int)snapshot->kind));
    put_text(writer, "recognised_by", snapshot->recognised_by);
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

/* Every source of every figure, published or not. */
static void put_figures(struct json_writer *writer, const struct device_snapshot *snapshot)
{
    json_writer_begin_array(writer, "figures");
    for (size_t i = 0; i < snapshot->figure_count; i++) {
        const struct snapshot_figure *figure = &snapshot->figures[i];
        bool of_lines = figure->technology != TECHNOLOGY_UNKNOWN;
        json_writer_begin_object(writer, NULL);
        json_writer_put_string(writer, "quantity", figure->quantity);
        json_writer_put_string(
            writer, "technology",
            of_lines ? conf_id_name(access_technology_names, (int)figure->technology) : NULL);
        json_writer_put_optional_u64(writer, "value", figure->value);
        json_writer_put_string(writer, "source", figure->source);
        json_writer_put_string(writer, "confidence",
                               conf_id_name(confidence_names, (int)figure->confidence));
        json_writer_put_bool(writer, "published", figure->published);
        json_writer_end(writer);
    }
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
    put_figures(writer, snapshot);
    json_writer_put_bool(writer, "partial", snapshot->outcome == POLL_PARTIAL);
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
