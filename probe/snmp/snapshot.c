/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/snapshot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct conf_name device_kind_names[] = {
    {"unknown", DEVICE_UNKNOWN},       {"access-node", DEVICE_ACCESS_NODE},
    {"controller", DEVICE_CONTROLLER}, {"router", DEVICE_ROUTER},
    {"customer", DEVICE_CUSTOMER},     {NULL, 0},
};

struct device_snapshot *device_snapshot_new(void)
{
    return calloc(1, sizeof(struct device_snapshot));
}

void device_snapshot_free(struct device_snapshot *snapshot)
{
    if (!snapshot)
        return;
    free(snapshot->ssids);
    free(snapshot->wtp_keys);
    free(snapshot->interfaces);
    free(snapshot);
}

void device_snapshot_warn(struct device_snapshot *snapshot, const char *format, ...)
{
    if (snapshot->warning_count == SNAPSHOT_WARNINGS_MAX)
        return;
    char *text = snapshot->warnings[snapshot->warning_count++];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, SNAPSHOT_TEXT_BYTES, format, args); /* a cut sentence is still one */
    va_end(args);
}

static int fill_keys(const struct device_snapshot *snapshot, snapshot_pseudonym_fn pseudonym,
                     void *ctx, struct report_inventory *out)
{
    if (snapshot->wtp_key_count == 0)
        return 0;
    out->wtp_pseudonyms = calloc(snapshot->wtp_key_count, sizeof out->wtp_pseudonyms[0]);
    if (!out->wtp_pseudonyms)
        return -ENOMEM;
    for (size_t i = 0; i < snapshot->wtp_key_count; i++)
        out->wtp_pseudonyms[i] =
            pseudonym(ctx, snapshot->wtp_keys[i].bytes, snapshot->wtp_keys[i].length);
    out->wtp_pseudonym_count = snapshot->wtp_key_count;
    return 0;
}

static int fill_lines(const struct device_snapshot *snapshot, struct report_inventory *out)
{
    if (snapshot->kind != DEVICE_ACCESS_NODE)
        return 0;
    for (size_t i = 0; i < snapshot->line_count; i++) {
        struct report_lines *lines = report_inventory_add_lines(out);
        if (!lines)
            return -ENOMEM;
        *lines = snapshot->lines[i];
    }
    return 0;
}

int device_snapshot_fill(const struct device_snapshot *snapshot, snapshot_pseudonym_fn pseudonym,
                         void *ctx, struct report_inventory *out_inventory)
{
    struct report_inventory *out = out_inventory;
    (void)snprintf(out->access_node, sizeof out->access_node, "%s", snapshot->name);
    (void)snprintf(out->profile, sizeof out->profile, "%s", snapshot->profile);
    out->confidence = snapshot->confidence;
    out->outcome = snapshot->outcome;
    out->polled_unix_ns = snapshot->polled_unix_ns;
    out->wtp_configured = snapshot->wtp_configured;
    out->wtp_run = snapshot->wtp_run;
    out->stations_associated = snapshot->stations_associated;
    out->sessions_total = snapshot->sessions_total;
    int status = fill_keys(snapshot, pseudonym, ctx, out);
    if (status == 0)
        status = fill_lines(snapshot, out);
    for (size_t i = 0; i < snapshot->interface_count_with_role && status == 0; i++) {
        struct report_interface *interface = report_inventory_add_interface(out);
        if (interface)
            *interface = snapshot->interfaces[i];
        else
            status = -ENOMEM;
    }
    return status;
}
