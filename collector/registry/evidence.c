/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An evidence from its parts. "As known on a date" is not kept beside each count: the journal has
 * the time of every arrival, so the reports of the window that had arrived by then are taken once
 * more, into a registry in memory, and the same questions are put to that. It reaches back as far
 * as the journal is kept (journal_days), and takes as long as taking those reports took.
 */
#include "collector/registry/evidence_private.h"

#include "common/clock.h"

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

int64_t month_first_day(int64_t month)
{
    return clock_days_from_civil((int)(month / 12), (int)(month % 12) + 1, 1);
}

uint32_t month_mask(int64_t month, int64_t first_day, int64_t last_day)
{
    int64_t begin = month_first_day(month);
    uint32_t mask = 0;
    for (int64_t day = 0; day < 31; day++)
        if (begin + day >= first_day && begin + day <= last_day)
            mask |= UINT32_C(1) << day;
    return mask; /* days past the month's end are set in no row */
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

/* Registers add rows at the end; interfaces and probes come sorted from the database. */
static void sort(struct evidence *evidence)
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
}

static int collect_parts(struct collecting *collecting)
{
    int status = collect_nodes(collecting);
    if (status == 0)
        status = collect_terminals(collecting);
    if (status == 0)
        status = collect_controllers(collecting);
    if (status == 0)
        status = collect_interfaces(collecting);
    if (status == 0)
        status = collect_probes(collecting);
    if (status == 0)
        status = collect_registered(collecting);
    if (status == 0)
        sort(collecting->out);
    return status;
}

/* One report into the registry in memory; a payload that no longer decodes is not evidence. */
static int take_again(void *ctx, const struct journal_row *row)
{
    static const struct journal_caps no_caps = {.series_max = UINT64_MAX, .lines_max = UINT64_MAX};
    struct report *report = NULL;
    if (report_decode(row->payload, row->length, &report) != REPORT_OK)
        return 0;
    struct journal_entry entry = {.report = report,
                                  .payload = row->payload,
                                  .length = row->length,
                                  .arrived_ns = row->arrived_ns};
    int status = registry_commit_reports(ctx, &entry, 1, &no_caps);
    report_free(report);
    return status;
}

/* The registry as it was at as_known_ns, as far as the window needs it. */
static int replay(struct collecting *collecting, struct registry **out_past)
{
    struct registry *past = registry_open(":memory:");
    if (!past)
        return -errno;
    int64_t first = collecting->first_day < collecting->month_first_day
                        ? collecting->first_day
                        : collecting->month_first_day;
    struct journal_window window = {
        .from_ns = clock_city_day_start_ns(first),
        .to_ns = clock_city_day_start_ns(collecting->last_day + 1),
        .arrived_until_ns = collecting->query->as_known_ns,
    };
    int status = journal_visit_window(collecting->imports, &window, take_again, past);
    if (status != 0) {
        registry_close(past);
        return status;
    }
    *out_past = past;
    return 0;
}

static int collect(struct collecting *collecting)
{
    struct registry *past = NULL;
    if (collecting->query->as_known_ns != 0) {
        int status = replay(collecting, &past);
        if (status != 0)
            return status;
        collecting->reports = past->database;
    }
    int status = collect_parts(collecting);
    registry_close(past);
    return status;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

int registry_collect_evidence(struct registry *registry, const struct evidence_query *query,
                              uint64_t now_ns, struct evidence **out_evidence)
{
    uint32_t bit = 0;
    int64_t month = month_of_day(query->last_day, &bit);
    uint64_t end_ns = earliest(clock_city_day_start_ns(query->last_day + 1), now_ns);
    struct collecting collecting = {
        .reports = registry->database,
        .imports = registry->database,
        .query = query,
        .first_day = query->last_day - (int64_t)query->activity_days + 1,
        .last_day = query->last_day,
        .month_first_day = month_first_day(month),
        .end_ns = query->as_known_ns ? earliest(end_ns, query->as_known_ns) : end_ns,
        .out = calloc(1, sizeof *collecting.out),
    };
    if (!collecting.out)
        return -ENOMEM;
    int status = database_begin_read(registry->database);
    if (status == 0) {
        status = collect(&collecting);
        database_rollback(registry->database);
    }
    if (status != 0) {
        evidence_free(collecting.out);
        return status == -ENOMEM ? -ENOMEM : -EIO;
    }
    *out_evidence = collecting.out;
    return 0;
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
    free(evidence);
}
