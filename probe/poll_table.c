/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/poll_print.h"

#include "common/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NETWORKS_SHOWN 20

/* Octets of strangers on a terminal: what is not printable UTF-8 is '?'. Returns the columns used.
 */
static size_t print_octets(FILE *out, const uint8_t *octets, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; columns++) {
        uint32_t code_point = 0;
        size_t sequence = utf8_decode(octets + i, length - i, &code_point);
        bool shown = sequence > 0 && code_point >= 0x20 && (code_point < 0x7f || code_point > 0x9f);
        if (shown)
            (void)fwrite(octets + i, 1, sequence, out);
        else
            (void)fputc('?', out);
        i += sequence > 0 ? sequence : 1;
    }
    return columns;
}

static void print_text(FILE *out, const char *label, const char *text)
{
    (void)fprintf(out, "  %-13s", label);
    (void)print_octets(out, (const uint8_t *)text, strcspn(text, "\r\n"));
    (void)fputc('\n', out);
}

/* A number, or that the device does not say it. */
static void print_count(FILE *out, const char *label, struct optional_u64 value)
{
    if (value.known)
        (void)fprintf(out, "  %-22s%14" PRIu64 "\n", label, value.value);
    else
        (void)fprintf(out, "  %-22s%14s\n", label, "not said");
}

static void print_device(const struct device_snapshot *snapshot, FILE *out)
{
    (void)fputs("Device\n", out);
    print_text(out, "name", snapshot->sys_name_known ? snapshot->sys_name : "not said");
    print_text(out, "description", snapshot->sys_descr[0] ? snapshot->sys_descr : "not said");
    print_text(out, "sysObjectID",
               snapshot->sys_object_id[0] ? snapshot->sys_object_id : "not said");
    (void)fprintf(out, "  %-13s%s%s%s, %s\n", "profile",
                  snapshot->profile[0] ? snapshot->profile : "none",
                  snapshot->profile_title[0] ? ": " : "", snapshot->profile_title,
                  conf_id_name(device_kind_names, (int)snapshot->kind));
    print_text(out, "because", snapshot->recognised_by);
    if (snapshot->uptime_s.known)
        (void)fprintf(out, "  %-13s%" PRIu64 " days %" PRIu64 " h %" PRIu64 " min\n", "up for",
                      snapshot->uptime_s.value / 86400, snapshot->uptime_s.value % 86400 / 3600,
                      snapshot->uptime_s.value % 3600 / 60);
    else
        print_text(out, "up for", "not said");
}

static void print_interfaces(const struct device_snapshot *snapshot, FILE *out)
{
    (void)fputs("\nInterfaces\n", out);
    print_count(out, "rows", snapshot->interface_count);
    if (!snapshot->interface_count.known || snapshot->interface_count.value == 0)
        return;
    print_count(out, "up", snapshot->interfaces_up);
    print_count(out, "with 64-bit counters", optional_u64(snapshot->interfaces_counter64));
    print_count(out, "octets received", snapshot->in_octets);
    print_count(out, "octets sent", snapshot->out_octets);
}

static void print_lines(const struct device_snapshot *snapshot, FILE *out)
{
    if (snapshot->line_count > 0)
        (void)fprintf(out, "\n%-24s%14s%14s\n", "Lines", "provisioned", "active");
    for (size_t i = 0; i < snapshot->line_count; i++) {
        const struct report_lines *lines = &snapshot->lines[i];
        const struct optional_u64 values[] = {lines->provisioned, lines->active};
        (void)fprintf(out, "  %-22s",
                      conf_id_name(access_technology_names, (int)lines->technology));
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
            if (values[v].known)
                (void)fprintf(out, "%14" PRIu64, values[v].value);
            else
                (void)fprintf(out, "%14s", "not said");
        (void)fputc('\n', out);
    }
}

static void print_networks(const struct device_snapshot *snapshot, FILE *out)
{
    if (snapshot->ssid_count > 0)
        (void)fprintf(out, "  by network (%zu)\n", snapshot->ssid_count);
    for (size_t i = 0; i < snapshot->ssid_count && i < NETWORKS_SHOWN; i++) {
        const struct snapshot_ssid *ssid = &snapshot->ssids[i];
        (void)fputs("    ", out);
        size_t columns = print_octets(out, ssid->ssid, ssid->ssid_length);
        (void)fprintf(out, "%*s%14" PRIu64 "\n", columns < 20 ? (int)(20 - columns) : 1, "",
                      ssid->stations);
    }
    if (snapshot->ssid_count > NETWORKS_SHOWN)
        (void)fprintf(out, "    and %zu more; --json has them all\n",
                      snapshot->ssid_count - NETWORKS_SHOWN);
}

/* What a device of its kind should say is shown even when it does not. */
static void print_wlan(const struct device_snapshot *snapshot, FILE *out)
{
    bool expected = snapshot->kind == DEVICE_CONTROLLER;
    if (expected || snapshot->wtp_configured.known || snapshot->wtp_run.known) {
        (void)fputs("\nAccess points\n", out);
        print_count(out, "configured", snapshot->wtp_configured);
        print_count(out, "in Run state", snapshot->wtp_run);
    }
    if (expected || snapshot->stations_associated.known || snapshot->ssid_count > 0) {
        (void)fputs("\nStations\n", out);
        print_count(out, "associated", snapshot->stations_associated);
        print_networks(snapshot, out);
    }
}

static void print_sessions(const struct device_snapshot *snapshot, FILE *out)
{
    if (snapshot->kind != DEVICE_ROUTER && !snapshot->sessions_pppoe.known &&
        !snapshot->sessions_ipoe.known && !snapshot->sessions_total.known)
        return;
    (void)fputs("\nSessions\n", out);
    print_count(out, "PPPoE", snapshot->sessions_pppoe);
    print_count(out, "IPoE", snapshot->sessions_ipoe);
    print_count(out, "all", snapshot->sessions_total);
}

static bool is_same_figure(const struct snapshot_figure *a, const struct snapshot_figure *b)
{
    return a->technology == b->technology && strcmp(a->quantity, b->quantity) == 0;
}

/* What is said of a source beside the one that was taken. */
static const char *verdict(const struct device_snapshot *snapshot,
                           const struct snapshot_figure *figure)
{
    if (figure->published)
        return "taken";
    for (size_t i = 0; i < snapshot->figure_count; i++) {
        const struct snapshot_figure *other = &snapshot->figures[i];
        if (other->published && is_same_figure(other, figure))
            return other->value.value == figure->value.value ? "agrees" : "DIFFERS";
    }
    return "";
}

static void print_figures(const struct device_snapshot *snapshot, FILE *out)
{
    if (snapshot->figure_count > 0)
        (void)fprintf(out, "\n%-24s%-9s%12s  %-13s%-9s%s\n", "Where figures are from", "lines",
                      "value", "sure", "", "source");
    for (size_t i = 0; i < snapshot->figure_count; i++) {
        const struct snapshot_figure *figure = &snapshot->figures[i];
        bool of_lines = figure->technology != TECHNOLOGY_UNKNOWN;
        (void)fprintf(out, "  %-22s%-9s%12" PRIu64 "  %-13s%-9s%s\n", figure->quantity,
                      of_lines ? conf_id_name(access_technology_names, (int)figure->technology)
                               : "",
                      figure->value.value, conf_id_name(confidence_names, (int)figure->confidence),
                      verdict(snapshot, figure), figure->source);
    }
}

static void print_warnings(const struct device_snapshot *snapshot, FILE *out)
{
    bool partial = snapshot->outcome == POLL_PARTIAL;
    if (partial || snapshot->warning_count > 0)
        (void)fputs("\nTo know\n", out);
    if (partial)
        (void)fprintf(out, "  partial: %s\n", snapshot->reason);
    for (size_t i = 0; i < snapshot->warning_count; i++) {
        (void)fputs("  - ", out);
        (void)print_octets(out, (const uint8_t *)snapshot->warnings[i],
                           strlen(snapshot->warnings[i]));
        (void)fputc('\n', out);
    }
}

void poll_print_table(const struct device_snapshot *snapshot, FILE *out)
{
    print_device(snapshot, out);
    print_lines(snapshot, out);
    print_wlan(snapshot, out);
    print_sessions(snapshot, out);
    print_interfaces(snapshot, out);
    print_figures(snapshot, out);
    print_warnings(snapshot, out);
    (void)fprintf(out, "\n%" PRIu64 " varbinds in %" PRIu64 " requests, %.3f s\n",
                  snapshot->varbinds, snapshot->requests, (double)snapshot->duration_ns / 1e9);
}
