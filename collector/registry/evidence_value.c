/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An evidence as a plain value, wherever it comes from: how it grows, its order, its end.
 */
#include "collector/registry/evidence.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct node_evidence *zeroed_node(struct evidence *evidence)
{
    struct node_evidence *node = &evidence->nodes[evidence->node_count++];
    memset(node, 0, sizeof *node);
    return node;
}

struct node_evidence *evidence_add_node(struct evidence *evidence)
{
    struct node_evidence *grown =
        array_grow(evidence->nodes, evidence->node_count, sizeof *evidence->nodes);
    if (!grown)
        return NULL;
    evidence->nodes = grown;
    return zeroed_node(evidence);
}

struct node_lines *evidence_add_lines(struct node_evidence *node, enum access_technology technology)
{
    struct node_lines *grown = array_grow(node->lines, node->line_count, sizeof *node->lines);
    if (!grown)
        return NULL;
    node->lines = grown;
    struct node_lines *lines = &node->lines[node->line_count++];
    memset(lines, 0, sizeof *lines);
    lines->technology = technology;
    return lines;
}

struct controller_evidence *evidence_add_controller(struct evidence *evidence)
{
    struct controller_evidence *grown = array_grow(
        evidence->controllers, evidence->controller_count, sizeof *evidence->controllers);
    if (!grown)
        return NULL;
    evidence->controllers = grown;
    struct controller_evidence *controller = &grown[evidence->controller_count++];
    memset(controller, 0, sizeof *controller);
    return controller;
}

const unsigned interface_levels_percent[INTERFACE_LEVELS] = {70, 80, 95};

const struct conf_name traffic_kind_names[] = {
    {"lines", TRAFFIC_LINES},
    {"destination", TRAFFIC_DESTINATION},
    {"public-wlan", TRAFFIC_PUBLIC_WLAN},
    {"other-wlan", TRAFFIC_OTHER_WLAN},
    {NULL, 0},
};

const struct conf_name traffic_measure_names[] = {
    {"external-rtt-us", TRAFFIC_EXTERNAL_RTT},
    {"internal-rtt-us", TRAFFIC_INTERNAL_RTT},
    {"demand-bits-per-s", TRAFFIC_DEMAND},
    {NULL, 0},
};

struct traffic_evidence *evidence_add_traffic(struct evidence *evidence)
{
    struct traffic_evidence *grown =
        array_grow(evidence->traffic, evidence->traffic_count, sizeof *evidence->traffic);
    if (!grown)
        return NULL;
    evidence->traffic = grown;
    struct traffic_evidence *traffic = &grown[evidence->traffic_count++];
    memset(traffic, 0, sizeof *traffic);
    return traffic;
}

struct venue_evidence *evidence_add_venue(struct evidence *evidence)
{
    struct venue_evidence *grown =
        array_grow(evidence->venues, evidence->venue_count, sizeof *evidence->venues);
    if (!grown)
        return NULL;
    evidence->venues = grown;
    struct venue_evidence *venue = &grown[evidence->venue_count++];
    memset(venue, 0, sizeof *venue);
    return venue;
}

int traffic_bins_add(struct traffic_bins *bins, uint64_t bucket, uint64_t count)
{
    struct traffic_bin *grown = array_grow(bins->bins, bins->count, sizeof *bins->bins);
    if (!grown)
        return -ENOMEM;
    bins->bins = grown;
    grown[bins->count++] = (struct traffic_bin){bucket, count};
    return 0;
}

void traffic_bins_merge(const struct traffic_bins *bins, struct histogram *into)
{
    for (size_t i = 0; i < bins->count; i++) {
        uint64_t count = bins->bins[i].count;
        if (bins->bins[i].bucket < HISTOGRAM_BUCKETS)
            histogram_add_bucket(into, (size_t)bins->bins[i].bucket,
                                 count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
    }
}

int evidence_compare_traffic(const void *a, const void *b)
{
    const struct traffic_evidence *x = a;
    const struct traffic_evidence *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    order = order ? order : strcmp(x->area, y->area);
    order = order ? order : (int)x->settlement - (int)y->settlement;
    order = order ? order : (int)x->residence - (int)y->residence;
    order = order ? order : (int)x->kind - (int)y->kind;
    return order ? order : strcmp(x->class_name, y->class_name);
}

static int compare_venues(const void *a, const void *b)
{
    const struct venue_evidence *x = a;
    const struct venue_evidence *y = b;
    return strcmp(x->venue, y->venue);
}

static int compare_nodes(const void *a, const void *b)
{
    const struct node_evidence *x = a;
    const struct node_evidence *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    if (order == 0)
        order = strcmp(x->access_node, y->access_node);
    return order != 0 ? order : (int)x->residence - (int)y->residence;
}

static int compare_lines(const void *a, const void *b)
{
    const struct node_lines *x = a;
    const struct node_lines *y = b;
    return (int)x->technology - (int)y->technology;
}

static int compare_controllers(const void *a, const void *b)
{
    const struct controller_evidence *x = a;
    const struct controller_evidence *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    return order != 0 ? order : strcmp(x->access_node, y->access_node);
}

static int compare_interfaces(const void *a, const void *b)
{
    const struct interface_evidence *x = a;
    const struct interface_evidence *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    order = order ? order : strcmp(x->access_node, y->access_node);
    return order ? order : strcmp(x->name, y->name);
}

static int compare_probes(const void *a, const void *b)
{
    const struct probe_evidence *x = a;
    const struct probe_evidence *y = b;
    int order = strcmp(x->operator_name, y->operator_name);
    return order ? order : strcmp(x->probe_name, y->probe_name);
}

void evidence_sort(struct evidence *evidence)
{
    if (evidence->node_count)
        qsort(evidence->nodes, evidence->node_count, sizeof *evidence->nodes, compare_nodes);
    for (size_t i = 0; i < evidence->node_count; i++)
        if (evidence->nodes[i].line_count)
            qsort(evidence->nodes[i].lines, evidence->nodes[i].line_count,
                  sizeof *evidence->nodes[i].lines, compare_lines);
    if (evidence->controller_count)
        qsort(evidence->controllers, evidence->controller_count, sizeof *evidence->controllers,
              compare_controllers);
    if (evidence->venue_count)
        qsort(evidence->venues, evidence->venue_count, sizeof *evidence->venues, compare_venues);
    if (evidence->traffic_count)
        qsort(evidence->traffic, evidence->traffic_count, sizeof *evidence->traffic,
              evidence_compare_traffic);
    if (evidence->interface_count)
        qsort(evidence->interfaces, evidence->interface_count, sizeof *evidence->interfaces,
              compare_interfaces);
    if (evidence->probe_count)
        qsort(evidence->probes, evidence->probe_count, sizeof *evidence->probes, compare_probes);
}

void evidence_free(struct evidence *evidence)
{
    if (!evidence)
        return;
    for (size_t i = 0; i < evidence->node_count; i++)
        free(evidence->nodes[i].lines);
    free(evidence->nodes);
    free(evidence->controllers);
    free(evidence->interfaces);
    free(evidence->probes);
    for (size_t i = 0; i < evidence->traffic_count; i++)
        for (size_t m = 0; m < TRAFFIC_MEASURES; m++)
            free(evidence->traffic[i].measures[m].bins);
    free(evidence->traffic);
    free(evidence->venues);
    free(evidence);
}
