/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/snapshot.h"

#include "probe/snmp/census.h"

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
    free(snapshot->elements);
    free(snapshot->offered);
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

/* Whether networks are public: all of them, none, or (unknown) some. */
static enum wlan_service service_of(const struct snapshot_export *export,
                                    const struct snapshot_ssid *ssids, size_t count, uint64_t which)
{
    size_t known = 0;
    size_t public = 0;
    for (size_t i = 0; i < count && export->is_public; i++) {
        if (i < 64 && (which >> i & 1) == 0)
            continue;
        known++;
        public += export->is_public(export->ctx, ssids[i].ssid, ssids[i].ssid_length);
    }
    if (known == 0)
        return WLAN_SERVICE_UNKNOWN;
    return public == known ? WLAN_PUBLIC : public == 0 ? WLAN_PRIVATE : WLAN_SERVICE_UNKNOWN;
}

/* An access point that offers one public network is public; where the device does not say what each
 * offers, all offer what the device does. */
static enum wlan_service service_of_element(const struct device_snapshot *snapshot,
                                            const struct snapshot_export *export,
                                            const struct snapshot_element *element)
{
    if (element->kind != ELEMENT_WTP)
        return WLAN_SERVICE_UNKNOWN;
    if (element->offered == 0)
        return service_of(export, snapshot->ssids, snapshot->ssid_count, UINT64_MAX);
    for (size_t i = 0; i < snapshot->offered_count && export->is_public; i++)
        if ((element->offered >> i & 1) != 0 &&
            export->is_public(export->ctx, snapshot->offered[i].ssid,
                              snapshot->offered[i].ssid_length))
            return WLAN_PUBLIC;
    return export->is_public ? WLAN_PRIVATE : WLAN_SERVICE_UNKNOWN;
}

static int fill_elements(const struct device_snapshot *snapshot,
                         const struct snapshot_export *export, struct report_inventory *out)
{
    bool with_terminals = snapshot->kind == DEVICE_ACCESS_NODE;
    size_t count = 0;
    if (snapshot->element_count > 0) { /* none: those that were not told yet wait on */
        struct census_element *elements = calloc(snapshot->element_count, sizeof *elements);
        if (!elements)
            return -ENOMEM;
        for (size_t i = 0; i < snapshot->element_count; i++) {
            const struct snapshot_element *element = &snapshot->elements[i];
            if (element->kind == ELEMENT_TERMINAL && !with_terminals)
                continue;
            elements[count++] = (struct census_element){
                .pseudonym = export->pseudonym(export->ctx, element->kind, element->key.bytes,
                                               element->key.length),
                .kind = element->kind,
                .state = element->state,
                .model_class = element->model_class,
                .technology = element->technology,
                .service = service_of_element(snapshot, export, element)};
        }
        bool complete = snapshot->outcome == POLL_COMPLETE && !snapshot->elements_partial;
        int status = census_take(export->census, elements, count, complete, export->day);
        free(elements);
        if (status != 0)
            return status;
    }
    int told = census_tell(export->census, export->budget, out);
    return told < 0 ? told : 0;
}

/* A network's name is said only where it is declared public; the others are one row together. */
static int fill_networks(const struct device_snapshot *snapshot,
                         const struct snapshot_export *export, struct report_inventory *out)
{
    for (size_t i = 0; i < snapshot->ssid_count; i++) {
        const struct snapshot_ssid *ssid = &snapshot->ssids[i];
        bool is_public =
            export->is_public && export->is_public(export->ctx, ssid->ssid, ssid->ssid_length);
        int status = report_inventory_count_network(out, is_public ? ssid->ssid : NULL,
                                                    is_public ? ssid->ssid_length : 0,
                                                    optional_u64(ssid->stations));
        if (status != 0)
            return status;
    }
    return 0;
}

/* FNV-1a over what sources say of themselves: the values change with each poll and are left out. */
static uint64_t fingerprint(const struct device_snapshot *snapshot)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < snapshot->figure_count; i++) {
        const struct snapshot_figure *figure = &snapshot->figures[i];
        const char *texts[] = {figure->quantity, figure->source};
        for (size_t t = 0; t < 2; t++)
            for (const char *c = texts[t]; *c; c++)
                hash = (hash ^ (uint8_t)*c) * UINT64_C(1099511628211);
        hash = (hash ^ (figure->published ? 2U : 1U)) * UINT64_C(1099511628211);
    }
    return hash;
}

static int fill_sources(const struct device_snapshot *snapshot,
                        const struct snapshot_export *export, struct report_inventory *out)
{
    if (!census_sources_due(export->census, fingerprint(snapshot), export->day))
        return 0;
    for (size_t i = 0; i < snapshot->figure_count; i++) {
        const struct snapshot_figure *figure = &snapshot->figures[i];
        struct report_source *source = report_inventory_add_source(out);
        if (!source)
            return -ENOMEM;
        *source = (struct report_source){.technology = figure->technology,
                                         .value = figure->value,
                                         .confidence = figure->confidence,
                                         .published = figure->published};
        (void)snprintf(source->quantity, sizeof source->quantity, "%s", figure->quantity);
        (void)snprintf(source->source, sizeof source->source, "%s", figure->source);
    }
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

int device_snapshot_fill(const struct device_snapshot *snapshot,
                         const struct snapshot_export *export,
                         struct report_inventory *out_inventory)
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
    int status = fill_lines(snapshot, out);
    if (status == 0 && snapshot->outcome != POLL_FAILED)
        status = fill_elements(snapshot, export, out);
    if (status == 0)
        status = fill_networks(snapshot, export, out);
    if (status == 0 && snapshot->outcome != POLL_FAILED)
        status = fill_sources(snapshot, export, out);
    for (size_t i = 0; i < snapshot->interface_count_with_role && status == 0; i++) {
        struct report_interface *interface = report_inventory_add_interface(out);
        if (interface)
            *interface = snapshot->interfaces[i];
        else
            status = -ENOMEM;
    }
    return status;
}
