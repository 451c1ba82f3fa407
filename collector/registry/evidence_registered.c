/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operators' registers laid over what was reported: lines and WTPs that there are to be
 * covered. Of each node, residence and technology the youngest row counts whose reference day is
 * in the instant's year, or else before it. What a report leaves unknown, its register fills in;
 * urban or rural, where the register does not say it, the class of the node's village.
 */
#include "collector/registry/evidence_private.h"
#include "collector/registry/registers.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void read_row(const struct rows *rows, struct registered_node *out)
{
    *out = (struct registered_node){.settlement = (enum settlement)rows_int(rows, 3),
                                    .residence = (enum residence)rows_int(rows, 4),
                                    .technology = (enum access_technology)rows_int(rows, 5),
                                    .lines = rows_optional(rows, 6),
                                    .wtps = rows_optional(rows, 7)};
    rows_text(rows, 0, out->operator_name, sizeof out->operator_name);
    rows_text(rows, 1, out->access_node, sizeof out->access_node);
    rows_text(rows, 2, out->area, sizeof out->area);
    if (out->settlement == SETTLEMENT_UNKNOWN)
        out->settlement = settlement_of_class((int)rows_int(rows, 8));
}

/* The same node: the very residence, or one of the two does not say. */
static struct node_evidence *find_node(struct evidence *evidence, const struct registered_node *row)
{
    struct node_evidence *near = NULL;
    for (size_t i = 0; i < evidence->node_count; i++) {
        struct node_evidence *node = &evidence->nodes[i];
        if (strcmp(node->access_node, row->access_node) != 0 ||
            strcmp(node->operator_name, row->operator_name) != 0)
            continue;
        if (node->residence == row->residence)
            return node;
        if (node->residence == RESIDENCE_UNKNOWN || row->residence == RESIDENCE_UNKNOWN)
            near = near ? near : node;
    }
    return near;
}

static struct node_lines *find_lines(struct node_evidence *node, enum access_technology technology)
{
    for (size_t i = 0; i < node->line_count; i++)
        if (node->lines[i].technology == technology)
            return &node->lines[i];
    return evidence_add_lines(node, technology);
}

static int take_node(struct evidence *evidence, const struct registered_node *row)
{
    struct node_evidence *node = find_node(evidence, row);
    if (!node) {
        node = evidence_add_node(evidence);
        if (!node)
            return -ENOMEM;
        (void)snprintf(node->operator_name, sizeof node->operator_name, "%s", row->operator_name);
        (void)snprintf(node->access_node, sizeof node->access_node, "%s", row->access_node);
        node->confidence = CONFIDENCE_SEEN;
    }
    struct node_lines *lines = find_lines(node, row->technology);
    if (!lines)
        return -ENOMEM;
    node->registered = true;
    lines->registered = optional_u64_add(lines->registered, row->lines);
    if (node->area[0] == '\0')
        memcpy(node->area, row->area, sizeof node->area);
    if (node->settlement == SETTLEMENT_UNKNOWN)
        node->settlement = row->settlement;
    if (node->residence == RESIDENCE_UNKNOWN)
        node->residence = row->residence;
    return 0;
}

static struct controller_evidence *find_controller(struct evidence *evidence,
                                                   const struct registered_node *row)
{
    for (size_t i = 0; i < evidence->controller_count; i++)
        if (strcmp(evidence->controllers[i].access_node, row->access_node) == 0 &&
            strcmp(evidence->controllers[i].operator_name, row->operator_name) == 0)
            return &evidence->controllers[i];
    struct controller_evidence *added = evidence_add_controller(evidence);
    if (added) {
        (void)snprintf(added->operator_name, sizeof added->operator_name, "%s", row->operator_name);
        (void)snprintf(added->access_node, sizeof added->access_node, "%s", row->access_node);
    }
    return added;
}

static int take_controller(struct evidence *evidence, const struct registered_node *row)
{
    struct controller_evidence *controller = find_controller(evidence, row);
    if (!controller)
        return -ENOMEM;
    controller->registered = true;
    controller->registered_wtps = optional_u64_add(controller->registered_wtps, row->wtps);
    if (controller->area[0] == '\0')
        memcpy(controller->area, row->area, sizeof controller->area);
    return 0;
}

int collect_registered(struct collecting *collecting)
{
    int year = 0;
    int month = 0;
    int day = 0;
    clock_civil_from_days(collecting->last_day, &year, &month, &day);
    uint64_t known_ns = collecting->query->as_known_ns;
    struct rows *rows = database_select(
        collecting->imports,
        "SELECT operator, access_node, area, settlement, residence, technology, lines, wtps,"
        " (SELECT class FROM village AS v WHERE v.village = node.village AND node.village <> ''"
        "  AND v.imported_ns <= ?1 AND v.reference_day < ?2"
        "  ORDER BY v.reference_day DESC, v.published_day DESC, v.id DESC LIMIT 1) FROM"
        " (SELECT *, ROW_NUMBER() OVER (PARTITION BY operator, access_node, residence, technology"
        "  ORDER BY reference_day DESC, published_day DESC, id DESC) AS place FROM registered_node"
        "  WHERE imported_ns <= ?1 AND reference_day < ?2) AS node WHERE place = 1"
        " ORDER BY operator, access_node, residence, technology",
        WITH(int_value(known_ns ? (int64_t)known_ns : INT64_MAX),
             int_value(clock_days_from_civil(year + 1, 1, 1))));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct registered_node row;
        read_row(rows, &row);
        bool is_controller = row.technology == TECHNOLOGY_UNKNOWN && row.wtps.known;
        int taken = is_controller ? take_controller(collecting->out, &row)
                                  : take_node(collecting->out, &row);
        if (taken != 0) {
            rows_end(rows);
            status = taken;
        }
    }
    return status;
}
