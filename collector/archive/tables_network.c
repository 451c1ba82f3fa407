/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the network showed: access nodes, their lines by technology and by class of capability,
 * WLAN controllers.
 */
#include "collector/archive/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void sort(struct archive *archive)
{
    evidence_sort(archive->inputs->evidence);
}

#define NODE(member) COLUMN_AT(struct node_evidence, member)

static const struct archive_column node_columns[] = {
    {"operator", COLUMN_TEXT, NODE(operator_name)},
    {"access_node", COLUMN_TEXT, NODE(access_node)},
    {"residence", COLUMN_ENUM, NODE(residence), residence_names},
    {"area", COLUMN_TEXT, NODE(area)},
    {"settlement", COLUMN_ENUM, NODE(settlement), settlement_names},
    {"reported", COLUMN_BOOL, NODE(reported)},
    {"registered", COLUMN_BOOL, NODE(registered)},
    {"last_day", COLUMN_DAY, NODE(last_day)},
    {"confidence", COLUMN_ENUM, NODE(confidence), confidence_names},
};

static int each_node(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->node_count && status == 0; i++)
        status = take(ctx, &evidence->nodes[i]);
    return status;
}

static int add_node(struct archive *archive, const void *row)
{
    struct node_evidence *node = evidence_add_node(archive->inputs->evidence);
    if (!node)
        return -ENOMEM;
    memcpy(node, row, sizeof *node);
    return 0;
}

const struct archive_table archive_nodes = {
    "nodes.csv", COLUMNS_OF(node_columns), sizeof(struct node_evidence), each_node, add_node, sort,
};

/* A technology of a node, and whose it is. */
struct lines_row {
    char operator_name[TOPIC_NAME_MAX + 1];
    char access_node[REPORT_NAME_BYTES];
    enum residence residence;
    struct node_lines lines;
};

#define LINES(member) COLUMN_AT(struct lines_row, member)
#define LINES_KEY                                                                                  \
    {"operator", COLUMN_TEXT, LINES(operator_name)},                                               \
        {"access_node", COLUMN_TEXT, LINES(access_node)},                                          \
        {"residence", COLUMN_ENUM, LINES(residence), residence_names},                             \
    {                                                                                              \
        "technology", COLUMN_ENUM, LINES(lines.technology), access_technology_names                \
    }

static const struct archive_column lines_columns[] = {
    LINES_KEY,
    {"provisioned", COLUMN_OPTIONAL_U64, LINES(lines.provisioned)},
    {"active_max", COLUMN_OPTIONAL_U64, LINES(lines.active_max)},
    {"seen", COLUMN_U64, LINES(lines.seen)},
    {"seen_key_kind", COLUMN_ENUM, LINES(lines.seen_key_kind), line_key_kind_names},
    {"named", COLUMN_OPTIONAL_U64, LINES(lines.named)},
    {"listed", COLUMN_U64, LINES(lines.listed)},
    {"terminals", COLUMN_U64, LINES(lines.terminals)},
    {"terminals_run", COLUMN_U64, LINES(lines.terminals_run)},
    {"mdus", COLUMN_U64, LINES(lines.mdus)},
    {"mdus_run", COLUMN_U64, LINES(lines.mdus_run)},
    {"registered", COLUMN_OPTIONAL_U64, LINES(lines.registered)},
    {"active_max_recent", COLUMN_OPTIONAL_U64, LINES(lines.active_max_recent)},
    {"seen_recent", COLUMN_U64, LINES(lines.seen_recent)},
    {"terminals_run_recent", COLUMN_U64, LINES(lines.terminals_run_recent)},
    {"mdus_run_recent", COLUMN_U64, LINES(lines.mdus_run_recent)},
};

static int each_lines_of(const struct archive *archive, bool with_capability, archive_row_fn take,
                         void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->node_count; i++) {
        const struct node_evidence *node = &evidence->nodes[i];
        struct lines_row row = {.residence = node->residence};
        memcpy(row.operator_name, node->operator_name, sizeof row.operator_name);
        memcpy(row.access_node, node->access_node, sizeof row.access_node);
        for (size_t j = 0; j < node->line_count && status == 0; j++) {
            row.lines = node->lines[j];
            if (!with_capability || row.lines.capability_known)
                status = take(ctx, &row);
        }
    }
    return status;
}

static int each_lines(const struct archive *archive, archive_row_fn take, void *ctx)
{
    return each_lines_of(archive, false, take, ctx);
}

static int compare_node(const void *key, const void *element)
{
    const struct lines_row *row = key;
    const struct node_evidence *node = element;
    int order = strcmp(row->operator_name, node->operator_name);
    order = order ? order : strcmp(row->access_node, node->access_node);
    return order ? order : (int)row->residence - (int)node->residence;
}

/* Nodes are read before, and sorted. */
static struct node_evidence *find_node(const struct archive *archive, const struct lines_row *row)
{
    const struct evidence *evidence = archive->inputs->evidence;
    return evidence->node_count ? bsearch(row, evidence->nodes, evidence->node_count,
                                          sizeof *evidence->nodes, compare_node)
                                : NULL;
}

static struct node_lines *find_lines(const struct node_evidence *node,
                                     enum access_technology technology)
{
    for (size_t i = 0; i < node->line_count; i++)
        if (node->lines[i].technology == technology)
            return &node->lines[i];
    return NULL;
}

static int add_lines(struct archive *archive, const void *row)
{
    const struct lines_row *of = row;
    struct node_evidence *node = find_node(archive, of);
    if (!node)
        return -ENOENT;
    if (find_lines(node, of->lines.technology))
        return -EEXIST;
    struct node_lines *lines = evidence_add_lines(node, of->lines.technology);
    if (!lines)
        return -ENOMEM;
    *lines = of->lines;
    return 0;
}

const struct archive_table archive_lines = {
    "node_lines.csv",
    COLUMNS_OF(lines_columns),
    sizeof(struct lines_row),
    each_lines,
    add_lines,
    sort,
};

#define CLASS(i)                                                                                   \
    {                                                                                              \
        "class_" #i, COLUMN_U64, LINES(lines.capability[i])                                        \
    }

static const struct archive_column capability_columns[] = {
    LINES_KEY, {"measured", COLUMN_BOOL, LINES(lines.capability_measured)},
    CLASS(0),  CLASS(1),
    CLASS(2),  CLASS(3),
    CLASS(4),  CLASS(5),
    CLASS(6),  CLASS(7),
    CLASS(8),  CLASS(9),
    CLASS(10), CLASS(11),
    CLASS(12), CLASS(13),
    CLASS(14), CLASS(15),
};
_Static_assert(CAPABILITY_CLASSES == 16, "one column a class");

static int each_capability(const struct archive *archive, archive_row_fn take, void *ctx)
{
    return each_lines_of(archive, true, take, ctx);
}

static int add_capability(struct archive *archive, const void *row)
{
    const struct lines_row *of = row;
    const struct node_evidence *node = find_node(archive, of);
    struct node_lines *lines = node ? find_lines(node, of->lines.technology) : NULL;
    if (!lines)
        return -ENOENT;
    if (lines->capability_known)
        return -EEXIST;
    lines->capability_known = true;
    lines->capability_measured = of->lines.capability_measured;
    memcpy(lines->capability, of->lines.capability, sizeof lines->capability);
    return 0;
}

const struct archive_table archive_capability = {
    "capability.csv",         COLUMNS_OF(capability_columns),
    sizeof(struct lines_row), each_capability,
    add_capability,           NULL,
};

#define CONTROLLER(member) COLUMN_AT(struct controller_evidence, member)

static const struct archive_column controller_columns[] = {
    {"operator", COLUMN_TEXT, CONTROLLER(operator_name)},
    {"access_node", COLUMN_TEXT, CONTROLLER(access_node)},
    {"area", COLUMN_TEXT, CONTROLLER(area)},
    {"reported", COLUMN_BOOL, CONTROLLER(reported)},
    {"registered", COLUMN_BOOL, CONTROLLER(registered)},
    {"registered_wtps", COLUMN_OPTIONAL_U64, CONTROLLER(registered_wtps)},
    {"configured", COLUMN_OPTIONAL_U64, CONTROLLER(configured)},
    {"run_max", COLUMN_OPTIONAL_U64, CONTROLLER(run_max)},
    {"named_present", COLUMN_U64, CONTROLLER(named_present)},
    {"private_present", COLUMN_U64, CONTROLLER(private_present)},
    {"named_seen", COLUMN_U64, CONTROLLER(named_seen)},
};

static int each_controller(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->controller_count && status == 0; i++)
        status = take(ctx, &evidence->controllers[i]);
    return status;
}

static int add_controller(struct archive *archive, const void *row)
{
    struct controller_evidence *controller = evidence_add_controller(archive->inputs->evidence);
    if (!controller)
        return -ENOMEM;
    memcpy(controller, row, sizeof *controller);
    return 0;
}

const struct archive_table archive_controllers = {
    "controllers.csv",
    COLUMNS_OF(controller_columns),
    sizeof(struct controller_evidence),
    each_controller,
    add_controller,
    sort,
};

#define VENUE(member) COLUMN_AT(struct venue_evidence, member)

static const struct archive_column venue_days_columns[] = {
    {"venue", COLUMN_TEXT, VENUE(venue)},
    {"area", COLUMN_TEXT, VENUE(area)},
    {"operator", COLUMN_TEXT, VENUE(operator_name)},
    {"known_days", COLUMN_U64, VENUE(known_days)},
    {"run_days", COLUMN_U64, VENUE(run_days)},
};

static int each_venue(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct evidence *evidence = archive->inputs->evidence;
    int status = 0;
    for (size_t i = 0; i < evidence->venue_count && status == 0; i++)
        status = take(ctx, &evidence->venues[i]);
    return status;
}

static int add_venue(struct archive *archive, const void *row)
{
    struct venue_evidence *venue = evidence_add_venue(archive->inputs->evidence);
    if (!venue)
        return -ENOMEM;
    memcpy(venue, row, sizeof *venue);
    return 0;
}

const struct archive_table archive_venue_days = {
    "venue_days.csv",
    COLUMNS_OF(venue_days_columns),
    sizeof(struct venue_evidence),
    each_venue,
    add_venue,
    sort,
};
