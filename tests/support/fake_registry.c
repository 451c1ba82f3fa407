/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_registry.h"

#include "collector/registry/history.h"

#include "common/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry *fake_registry_as_registry(struct fake_registry *fake)
{
    return (struct registry *)(void *)fake;
}

static struct fake_registry *fake_of(struct registry *registry)
{
    return (struct fake_registry *)(void *)registry;
}

struct node_evidence *fake_registry_add_node(struct fake_registry *fake, const char *operator_name,
                                             const char *name, const char *area)
{
    assert(fake->node_count < FAKE_ROWS_MAX);
    struct node_evidence *node = &fake->nodes[fake->node_count];
    node->lines = fake->lines[fake->node_count++];
    (void)snprintf(node->operator_name, sizeof node->operator_name, "%s", operator_name);
    (void)snprintf(node->access_node, sizeof node->access_node, "%s", name);
    (void)snprintf(node->area, sizeof node->area, "%s", area);
    node->settlement = SETTLEMENT_URBAN;
    node->residence = RESIDENCE_RESIDENTIAL;
    node->reported = true;
    node->registered = true;
    return node;
}

struct node_lines *fake_registry_add_lines(struct fake_registry *fake, struct node_evidence *node,
                                           enum access_technology technology, uint64_t active,
                                           uint64_t provisioned)
{
    (void)fake;
    assert(node->line_count < FAKE_LINES_MAX);
    struct node_lines *lines = &node->lines[node->line_count++];
    lines->technology = technology;
    lines->active_max = optional_u64(active);
    lines->provisioned = optional_u64(provisioned);
    lines->registered = optional_u64(provisioned);
    return lines;
}

struct controller_evidence *fake_registry_add_controller(struct fake_registry *fake,
                                                         const char *name, uint64_t present)
{
    assert(fake->controller_count < FAKE_ROWS_MAX);
    struct controller_evidence *controller = &fake->controllers[fake->controller_count++];
    (void)snprintf(controller->operator_name, sizeof controller->operator_name, "gd");
    (void)snprintf(controller->access_node, sizeof controller->access_node, "%s", name);
    (void)snprintf(controller->area, sizeof controller->area, "371002");
    controller->reported = true;
    controller->registered = true;
    controller->registered_wtps = optional_u64(present);
    controller->named_present = present;
    controller->named_seen = present;
    controller->run_max = optional_u64(present);
    return controller;
}

void fake_registry_add_probe(struct fake_registry *fake, const char *operator_name,
                             uint64_t expected, uint64_t arrived)
{
    assert(fake->probe_count < FAKE_ROWS_MAX);
    struct probe_evidence *probe = &fake->probes[fake->probe_count++];
    (void)snprintf(probe->operator_name, sizeof probe->operator_name, "%s", operator_name);
    probe->expected_intervals = expected;
    probe->arrived_intervals = arrived;
    probe->covered_days = 31; /* whatever the instant */
    probe->last_covered_day = INT64_MAX / 2;
}

void fake_registry_add_households(struct fake_registry *fake, const char *area, double households)
{
    assert(fake->denominator_count < FAKE_ROWS_MAX);
    struct denominator *row = &fake->denominators[fake->denominator_count++];
    (void)snprintf(row->area, sizeof row->area, "%s", area);
    (void)snprintf(row->variable, sizeof row->variable, "resident-households");
    (void)snprintf(row->class_name, sizeof row->class_name, "all");
    (void)snprintf(row->vintage, sizeof row->vintage, "yearbook");
    row->value = households;
    row->reference_day = clock_days_from_civil(2017, 12, 31);
}

void fake_registry_add_declared(struct fake_registry *fake, const char *indicator,
                                const char *operator_name, double value, int64_t day)
{
    assert(fake->declared_count < FAKE_ROWS_MAX);
    struct declared_figure *row = &fake->declared[fake->declared_count++];
    (void)snprintf(row->indicator, sizeof row->indicator, "%s", indicator);
    (void)snprintf(row->area, sizeof row->area, "371000");
    (void)snprintf(row->operator_name, sizeof row->operator_name, "%s", operator_name);
    (void)snprintf(row->source, sizeof row->source, "report");
    row->value = value;
    row->reference_day = day;
}

/* The contracts of evidence.h and imported.h. */

/* A copy on the heap; NULL for nothing. */
static void *copy_of(const void *rows, size_t count, size_t size)
{
    void *copy = count ? malloc(count * size) : NULL;
    if (copy)
        memcpy(copy, rows, count * size);
    return copy;
}

int registry_collect_evidence(struct registry *registry, const struct evidence_query *query,
                              uint64_t now_ns, struct evidence **out_evidence)
{
    (void)query;
    (void)now_ns;
    const struct fake_registry *fake = fake_of(registry);
    struct evidence *evidence = calloc(1, sizeof *evidence);
    if (!evidence)
        return -ENOMEM;
    *evidence = (struct evidence){
        .nodes = copy_of(fake->nodes, fake->node_count, sizeof *fake->nodes),
        .node_count = fake->node_count,
        .controllers =
            copy_of(fake->controllers, fake->controller_count, sizeof *fake->controllers),
        .controller_count = fake->controller_count,
        .interfaces = copy_of(fake->interfaces, fake->interface_count, sizeof *fake->interfaces),
        .interface_count = fake->interface_count,
        .probes = copy_of(fake->probes, fake->probe_count, sizeof *fake->probes),
        .probe_count = fake->probe_count,
    };
    for (size_t i = 0; i < evidence->node_count; i++) {
        struct node_evidence *node = &evidence->nodes[i];
        node->lines = copy_of(node->lines, node->line_count, sizeof *node->lines);
    }
    *out_evidence = evidence;
    return 0;
}

int registry_read_imported(struct registry *registry, const struct evidence_query *query,
                           struct imported *out_imported)
{
    (void)query;
    const struct fake_registry *fake = fake_of(registry);
    *out_imported = (struct imported){
        .denominators =
            copy_of(fake->denominators, fake->denominator_count, sizeof *fake->denominators),
        .denominator_count = fake->denominator_count,
        .declared = copy_of(fake->declared, fake->declared_count, sizeof *fake->declared),
        .declared_count = fake->declared_count,
    };
    imported_sort(out_imported);
    return 0;
}

/* It has no chronicle. */
int registry_read_history_mark(struct registry *registry, struct history_mark *out_mark)
{
    (void)registry;
    (void)out_mark;
    return -ENOENT;
}

int registry_list_history(struct registry *registry, const struct history_query *query,
                          struct history_row **out_rows, size_t *out_count)
{
    (void)registry;
    (void)query;
    *out_rows = NULL;
    *out_count = 0;
    return 0;
}
