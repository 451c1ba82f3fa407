/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/row_table.h"

#include <stdint.h>
#include <string.h>

const struct conf_name import_kind_names[] = {
    {"denominators", IMPORT_DENOMINATORS},
    {"declared", IMPORT_DECLARED},
    {"nodes", IMPORT_NODES},
    {NULL, 0},
};

#define AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct cell_rule denominator_rules[] = {
    {"area", CELL_AREA, true, NULL, AT(struct denominator, area), NULL,
     "key of an area of the plan; 371000 is the whole city"},
    {"class", CELL_NAME, false, "all", AT(struct denominator, class_name), NULL,
     "all, urban or rural; empty: all"},
    {"variable", CELL_NAME, true, NULL, AT(struct denominator, variable), NULL,
     "what is counted: resident-households, population, ..."},
    {"value", CELL_NUMBER, true, NULL, AT(struct denominator, value), NULL,
     "the number, decimal point, no thousands separator"},
    {"unit", CELL_TEXT, true, NULL, AT(struct denominator, unit), NULL, "households, persons, ..."},
    {"reference_date", CELL_DATE, true, NULL, AT(struct denominator, reference_day), NULL,
     "the day that the number describes, 2017-12-31"},
    {"published_date", CELL_DATE, false, NULL, AT(struct denominator, published_day), NULL,
     "the day it was published; empty: the reference date"},
    {"source", CELL_TEXT, true, NULL, AT(struct denominator, source), NULL,
     "the document it stands in"},
    {"vintage", CELL_TEXT, false, NULL, AT(struct denominator, vintage), NULL,
     "name of the edition; empty: the date of publication"},
    {"status", CELL_NAME, false, "final", AT(struct denominator, status), NULL,
     "final, preliminary or estimate; empty: final"},
    {NULL, CELL_TEXT, false, NULL, 0, 0, NULL, NULL},
};

static const struct cell_rule declared_rules[] = {
    {"indicator", CELL_INDICATOR, true, NULL, AT(struct declared_figure, indicator), NULL,
     "id of an indicator of the plan"},
    {"area", CELL_AREA, true, NULL, AT(struct declared_figure, area), NULL,
     "key of an area of the plan; 371000 is the whole city"},
    {"operator", CELL_OPERATOR, false, NULL, AT(struct declared_figure, operator_name), NULL,
     "who declares it for itself; empty: a figure of the whole area"},
    {"value", CELL_NUMBER, true, NULL, AT(struct declared_figure, value), NULL,
     "in the plan's unit, decimal point"},
    {"unit", CELL_TEXT, true, NULL, AT(struct declared_figure, unit), NULL,
     "the plan's unit, as a check"},
    {"reference_date", CELL_DATE, true, NULL, AT(struct declared_figure, reference_day), NULL,
     "the day that the figure describes"},
    {"published_date", CELL_DATE, false, NULL, AT(struct declared_figure, published_day), NULL,
     "the day it was declared; empty: the reference date"},
    {"source", CELL_TEXT, true, NULL, AT(struct declared_figure, source), NULL,
     "the document it stands in"},
    {"vintage", CELL_TEXT, false, NULL, AT(struct declared_figure, vintage), NULL,
     "name of the edition; empty: the date of publication"},
    {NULL, CELL_TEXT, false, NULL, 0, 0, NULL, NULL},
};

static const struct cell_rule node_rules[] = {
    {"operator", CELL_OPERATOR, true, NULL, AT(struct registered_node, operator_name), NULL,
     "key of an operator of the plan"},
    {"access_node", CELL_TEXT, true, NULL, AT(struct registered_node, access_node), NULL,
     "the node's name, as its probe reports it"},
    {"area", CELL_AREA, true, NULL, AT(struct registered_node, area), NULL,
     "key of the reporting area it serves"},
    {"settlement", CELL_ENUM, false, "unknown", AT(struct registered_node, settlement),
     settlement_names, "urban or rural; empty: unknown"},
    {"residence", CELL_ENUM, false, "unknown", AT(struct registered_node, residence),
     residence_names, "residential or business; empty: unknown"},
    {"technology", CELL_ENUM, false, "unknown", AT(struct registered_node, technology),
     access_technology_names,
     "gpon, xgspon, epon, adsl2, vdsl2, docsis or ethernet; empty for a WLAN controller"},
    {"lines", CELL_COUNT, false, NULL, AT(struct registered_node, lines), NULL,
     "lines of that technology; empty: not said"},
    {"wtps", CELL_COUNT, false, NULL, AT(struct registered_node, wtps), NULL,
     "access points of a WLAN controller; empty: not said"},
    {"reference_date", CELL_DATE, true, NULL, AT(struct registered_node, reference_day), NULL,
     "the day that the inventory describes"},
    {"source", CELL_TEXT, true, NULL, AT(struct registered_node, source), NULL,
     "the document it stands in"},
    {"vintage", CELL_TEXT, false, NULL, AT(struct registered_node, vintage), NULL,
     "name of the edition; empty: the reference date"},
    {NULL, CELL_TEXT, false, NULL, 0, 0, NULL, NULL},
};

static const char *check_denominator(const struct plan *plan, const union import_row *row)
{
    (void)plan;
    static const char *const classes[] = {"all", "urban", "rural"};
    static const char *const statuses[] = {"final", "preliminary", "estimate"};
    const struct denominator *denominator = &row->denominator;
    bool class_known = false;
    bool status_known = false;
    for (size_t i = 0; i < 3; i++) {
        class_known = class_known || strcmp(denominator->class_name, classes[i]) == 0;
        status_known = status_known || strcmp(denominator->status, statuses[i]) == 0;
    }
    if (!class_known)
        return "the class is none of all, urban, rural";
    if (!status_known)
        return "the status is none of final, preliminary, estimate";
    return denominator->value > 0 ? NULL : "a denominator is above 0";
}

static const char *check_declared(const struct plan *plan, const union import_row *row)
{
    const struct plan_indicator *indicator = plan_find_indicator(plan, row->declared.indicator);
    bool same = indicator && (strcmp(indicator->unit, row->declared.unit) == 0 ||
                              strcmp(indicator->unit_zh, row->declared.unit) == 0);
    return same ? NULL : "the unit is not the plan's: convert the value, and write the plan's unit";
}

static const char *check_node(const struct plan *plan, const union import_row *row)
{
    (void)plan;
    const struct registered_node *node = &row->node;
    if (node->lines.known && node->technology == TECHNOLOGY_UNKNOWN)
        return "lines need their technology; name it, or leave the lines empty";
    return NULL;
}

static int add_denominator(struct registry *registry, const union import_row *row)
{
    return registry_import_denominator(registry, &row->denominator);
}

static int add_declared(struct registry *registry, const union import_row *row)
{
    return registry_import_declared(registry, &row->declared);
}

static int add_node(struct registry *registry, const union import_row *row)
{
    return registry_import_node(registry, &row->node);
}

const struct row_table row_tables[ROW_TABLES] = {
    {IMPORT_DENOMINATORS, "variable", denominator_rules,
     offsetof(struct denominator, reference_day), offsetof(struct denominator, published_day),
     offsetof(struct denominator, vintage), add_denominator, check_denominator},
    {IMPORT_DECLARED, "indicator", declared_rules, offsetof(struct declared_figure, reference_day),
     offsetof(struct declared_figure, published_day), offsetof(struct declared_figure, vintage),
     add_declared, check_declared},
    {IMPORT_NODES, "access_node", node_rules, offsetof(struct registered_node, reference_day),
     SIZE_MAX, offsetof(struct registered_node, vintage), add_node, check_node},
};
