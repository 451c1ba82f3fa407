/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_registry.h"

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

/* The contract of evidence.h. */

int registry_collect_evidence(struct registry *registry, const struct evidence_query *query,
                              uint64_t now_ns, struct evidence **out_evidence)
{
    (void)query;
    (void)now_ns;
    struct fake_registry *fake = fake_of(registry);
    struct evidence *evidence = calloc(1, sizeof *evidence);
    if (!evidence)
        return -ENOMEM;
    *evidence = (struct evidence){
        fake->nodes,      fake->node_count,      fake->controllers, fake->controller_count,
        fake->interfaces, fake->interface_count, fake->probes,      fake->probe_count};
    *out_evidence = evidence;
    return 0;
}

void evidence_free(struct evidence *evidence)
{
    free(evidence); /* its arrays are the fake's */
}

int registry_find_denominator(struct registry *registry, const char *area, const char *variable,
                              const char *class_name, const struct evidence_query *query,
                              struct denominator *out_row)
{
    (void)query;
    const struct fake_registry *fake = fake_of(registry);
    for (size_t i = 0; i < fake->denominator_count; i++) {
        const struct denominator *row = &fake->denominators[i];
        if (strcmp(row->area, area) == 0 && strcmp(row->variable, variable) == 0 &&
            strcmp(row->class_name, class_name) == 0) {
            *out_row = *row;
            return 0;
        }
    }
    return -ENOENT;
}

static int year_of(int64_t day)
{
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    clock_civil_from_days(day, &year, &month, &day_of_month);
    return year;
}

int registry_find_declared(struct registry *registry, const char *indicator, const char *area,
                           const char *operator_name, const struct evidence_query *query,
                           struct declared_figure *out_row)
{
    const struct fake_registry *fake = fake_of(registry);
    for (size_t i = 0; i < fake->declared_count; i++) {
        const struct declared_figure *row = &fake->declared[i];
        if (strcmp(row->indicator, indicator) == 0 && strcmp(row->area, area) == 0 &&
            strcmp(row->operator_name, operator_name) == 0 &&
            row->reference_day <= query->last_day &&
            year_of(row->reference_day) == year_of(query->last_day)) {
            *out_row = *row;
            return 0;
        }
    }
    return -ENOENT;
}
