/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/evaluate.h"

#include "probe/snmp/elements.h"
#include "probe/snmp/figure.h"
#include "probe/snmp/profile_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *quantity_name(const struct figure_rule *rule)
{
    return conf_id_name(quantity_names, rule->quantity);
}

static struct report_lines *lines_of(struct device_snapshot *out, int technology)
{
    for (size_t i = 0; i < out->line_count; i++)
        if ((int)out->lines[i].technology == technology)
            return &out->lines[i];
    if (out->line_count == SNAPSHOT_LINES_MAX)
        return NULL;
    struct report_lines *lines = &out->lines[out->line_count++];
    *lines = (struct report_lines){.technology = (enum access_technology)technology};
    return lines;
}

/* Where a quantity is published, or NULL for those that stand among the figures only. */
static struct optional_u64 *place_of(const struct figure_rule *rule, struct device_snapshot *out)
{
    struct report_lines *lines = NULL;
    switch ((enum quantity)rule->quantity) {
    case QUANTITY_WTP_CONFIGURED:
        return &out->wtp_configured;
    case QUANTITY_WTP_RUN:
        return &out->wtp_run;
    case QUANTITY_STATIONS_ASSOCIATED:
        return &out->stations_associated;
    case QUANTITY_SESSIONS_PPPOE:
        return &out->sessions_pppoe;
    case QUANTITY_SESSIONS_IPOE:
        return &out->sessions_ipoe;
    case QUANTITY_SESSIONS_TOTAL:
        return &out->sessions_total;
    case QUANTITY_LINES_PROVISIONED:
        lines = lines_of(out, rule->technology);
        return lines ? &lines->provisioned : NULL;
    case QUANTITY_LINES_ACTIVE:
        lines = lines_of(out, rule->technology);
        return lines ? &lines->active : NULL;
    default:
        return NULL;
    }
}

/* The figure that an earlier rule has published for the same question. */
static const struct snapshot_figure *published(const struct device_snapshot *out,
                                               const struct figure_rule *rule)
{
    for (size_t i = 0; i < out->figure_count; i++) {
        const struct snapshot_figure *figure = &out->figures[i];
        if (figure->published && (int)figure->technology == rule->technology &&
            strcmp(figure->quantity, quantity_name(rule)) == 0)
            return figure;
    }
    return NULL;
}

static void warn_disagreement(struct device_snapshot *out, const struct figure_rule *rule,
                              const struct snapshot_figure *first, uint64_t value)
{
    if (!rule->check || first->value.value == value)
        return;
    device_snapshot_warn(
        out, "sources disagree on %s: %" PRIu64 " by %s (published), %" PRIu64 " by %s",
        quantity_name(rule), first->value.value, first->source, value, rule->label);
}

static void record(struct device_snapshot *out, const struct figure_rule *rule,
                   struct optional_u64 value, bool is_published)
{
    if (out->figure_count == SNAPSHOT_FIGURES_MAX)
        return;
    struct snapshot_figure *figure = &out->figures[out->figure_count++];
    *figure = (struct snapshot_figure){.technology = (enum access_technology)rule->technology,
                                       .value = value,
                                       .confidence = (enum confidence)rule->confidence,
                                       .published = is_published};
    (void)snprintf(figure->quantity, sizeof figure->quantity, "%s", quantity_name(rule));
    (void)snprintf(figure->source, sizeof figure->source, "%s", rule->label);
    if (!is_published)
        return;
    if (figure->confidence < out->confidence)
        out->confidence = figure->confidence;
    if (figure->confidence == CONFIDENCE_UNCONFIRMED)
        device_snapshot_warn(out, "%s by %s: no device has confirmed this object's meaning",
                             quantity_name(rule), rule->label);
    if (figure->confidence == CONFIDENCE_FROM_MIB)
        device_snapshot_warn(out, "%s by %s: as its MIB says, not seen on a device yet",
                             quantity_name(rule), rule->label);
}

/* What goes beside the plain number. Lists change owner. */
static void publish_details(struct device_snapshot *out, const struct figure_rule *rule,
                            struct figure *figure)
{
    if (rule->quantity == QUANTITY_STATIONS_BY_SSID) {
        out->ssids = figure->ssids;
        out->ssid_count = figure->ssid_count;
        figure->ssids = NULL;
    }
    struct report_lines *lines =
        rule->method == METHOD_RATES ? lines_of(out, rule->technology) : NULL;
    if (lines) {
        memcpy(lines->capability, figure->capability, sizeof lines->capability);
        lines->capability_known = true;
        lines->capability_measured = true;
    }
}

/* Keys of access points come from the first source that names them, be its count published or
 * not. */
static void keep_keys(struct device_snapshot *out, const struct figure_rule *rule,
                      struct figure *figure)
{
    if (rule->quantity != QUANTITY_WTP_RUN || out->wtp_keys || figure->key_count == 0)
        return;
    out->wtp_keys = figure->keys;
    out->wtp_key_count = figure->key_count;
    figure->keys = NULL;
}

static int apply(const struct figure_rule *rule, struct varbind_set *set,
                 const struct interface_table *interfaces, struct device_snapshot *out)
{
    struct figure figure;
    int status = figure_compute(rule, set, interfaces, &figure);
    if (status == 0 && figure.unknown_states > 0)
        device_snapshot_warn(out,
                             "%s by %s: %" PRIu64 " rows are in a state that the profile "
                             "does not know; they are not counted",
                             quantity_name(rule), rule->label, figure.unknown_states);
    if (status == 0 && figure.value.known) {
        const struct snapshot_figure *first = published(out, rule);
        struct optional_u64 *place = place_of(rule, out);
        if (first)
            warn_disagreement(out, rule, first, figure.value.value);
        else
            publish_details(out, rule, &figure);
        if (!first && place)
            *place = figure.value;
        keep_keys(out, rule, &figure);
        record(out, rule, figure.value, !first);
    }
    figure_fini(&figure);
    return status;
}

static void add_octets(struct optional_u64 *sum, struct optional_u64 octets)
{
    *sum = optional_u64_add(*sum, octets);
}

static void fill_interfaces(const struct interface_table *interfaces, struct device_snapshot *out)
{
    out->interface_count = optional_u64(0);
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct interface *row = &interfaces->rows[i];
        out->interface_count.value += row->in_if_table;
        if (row->oper_status.known)
            out->interfaces_up =
                optional_u64(out->interfaces_up.value + (row->oper_status.value == 1));
        add_octets(&out->in_octets, row->in_octets);
        add_octets(&out->out_octets, row->out_octets);
        out->interfaces_counter64 += row->counter64;
    }
    if (out->interface_count.value == 0)
        out->interfaces_up = optional_u64(0);
}

static void warn_in_general(const struct profile *profile, struct device_snapshot *out)
{
    if (!profile || strcmp(profile->name, "if-mib") == 0)
        device_snapshot_warn(out, "no profile knows this device: only standard MIBs were read");
    if (profile && profile->kind == DEVICE_CUSTOMER && out->line_count > 0)
        device_snapshot_warn(out, "a customer's device: its line is counted at the access node");
    if (out->interface_count.value == 0)
        device_snapshot_warn(out, "the device answers no interface table");
}

int evaluate(const struct profile *profile, struct varbind_set *set,
             const struct interface_table *interfaces, struct device_snapshot *out_snapshot)
{
    struct device_snapshot *out = out_snapshot;
    out->confidence = CONFIDENCE_SEEN;
    int status = 0;
    if (profile) {
        (void)snprintf(out->profile, sizeof out->profile, "%s", profile->name);
        (void)snprintf(out->profile_title, sizeof out->profile_title, "%s", profile->title);
        out->kind = (enum device_kind)profile->kind;
        for (size_t i = 0; i < profile->technology_count; i++)
            (void)lines_of(out, profile->technologies[i]); /* eight fit: profile.c has checked */
        for (size_t i = 0; i < profile->figure_count && status == 0; i++)
            status = apply(&profile->figures[i], set, interfaces, out);
        if (status == 0)
            status = elements_collect(profile, set, out);
    }
    fill_interfaces(interfaces, out);
    warn_in_general(profile, out);
    return status;
}
