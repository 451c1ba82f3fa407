/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/line_cells.h"

#include "collector/export/bundle.h"
#include "collector/indicator/inputs.h"
#include "collector/indicator/node_lines.h"
#include "collector/settings.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BIT(axis) (1U << (axis))
#define ALL_AXES  (BIT(DISCLOSURE_AXES) - 1)

static_assert(LINE_SETTLEMENT + 1 == DISCLOSURE_AXES, "the axes of lines are those of the table");

/* The axes that are sums in a kind of cell. */
static const struct {
    unsigned any; /* which others may be sums too */
    unsigned always;
} shapes[] = {
    /* area x operator x technology x residence, and all their margins */
    {BIT(LINE_AREA) | BIT(LINE_OPERATOR) | BIT(LINE_TECHNOLOGY) | BIT(LINE_RESIDENCE),
     BIT(LINE_GROUP) | BIT(LINE_SETTLEMENT)},
    /* the same by groups of technologies */
    {BIT(LINE_AREA) | BIT(LINE_OPERATOR) | BIT(LINE_RESIDENCE),
     BIT(LINE_TECHNOLOGY) | BIT(LINE_SETTLEMENT)},
    /* settlements of an area, of an operator, of the city: what figures have and no row */
    {BIT(LINE_AREA), ALL_AXES & ~(BIT(LINE_AREA) | BIT(LINE_SETTLEMENT))},
    {0, ALL_AXES & ~(BIT(LINE_OPERATOR) | BIT(LINE_SETTLEMENT))},
};

/* The city's own figures need its totals over all areas, operators and technologies. */
static bool is_kept(const struct disclosure_place *place)
{
    return place->at[LINE_AREA] == DISCLOSURE_ANY && place->at[LINE_OPERATOR] == DISCLOSURE_ANY &&
           place->at[LINE_TECHNOLOGY] == DISCLOSURE_ANY;
}

/* Totals that figures stand on are dearer than details. */
static double cost_of(const struct disclosure_place *place)
{
    double cost = 1;
    for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
        if (place->at[axis] == DISCLOSURE_ANY)
            cost *= 2;
    return cost;
}

struct cell_list {
    struct disclosure_cell *cells;
    size_t count, capacity;
};

static int add_cell(struct cell_list *list, const struct disclosure_place *place)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 1024;
        struct disclosure_cell *grown = realloc(list->cells, capacity * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        list->cells = grown;
        list->capacity = capacity;
    }
    list->cells[list->count++] =
        (struct disclosure_cell){.place = *place, .cost = cost_of(place), .kept = is_kept(place)};
    return 0;
}

static int compare_cells(const void *a, const void *b)
{
    return memcmp(&((const struct disclosure_cell *)a)->place,
                  &((const struct disclosure_cell *)b)->place, sizeof(struct disclosure_place));
}

/* Sorted, each place once. */
static void unite_cells(struct cell_list *list)
{
    size_t kept = 0;
    if (list->count > 0)
        qsort(list->cells, list->count, sizeof *list->cells, compare_cells);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || compare_cells(&list->cells[kept - 1], &list->cells[i]) != 0)
            list->cells[kept++] = list->cells[i];
    list->count = kept;
}

static int add_cells_of(struct cell_list *list, const struct disclosure_place *place)
{
    int status = 0;
    for (size_t shape = 0; shape < sizeof shapes / sizeof shapes[0]; shape++)
        for (unsigned any = 0; any <= ALL_AXES && status == 0; any++) {
            struct disclosure_place cell = *place;
            if ((any & shapes[shape].any) != any)
                continue;
            for (size_t axis = 0; axis < DISCLOSURE_AXES; axis++)
                if ((any | shapes[shape].always) & BIT(axis))
                    cell.at[axis] = DISCLOSURE_ANY;
            status = add_cell(list, &cell);
        }
    return status;
}

static enum line_group group_of(enum access_technology technology)
{
    if (technology == TECHNOLOGY_UNKNOWN)
        return LINE_GROUP_UNKNOWN;
    return access_technology_is_ftth(technology) ? LINE_GROUP_FTTH : LINE_GROUP_OTHER;
}

static uint16_t area_of(const struct export_source *source, const struct node_evidence *node)
{
    const struct plan *plan = source->plan;
    const struct plan_area *area =
        plan_find_area_on(plan, node->area, source->inputs->window.last_day);
    size_t i = 0;
    while (i < plan_area_count(plan) && plan_area_at(plan, i) != area)
        i++;
    return (uint16_t)(i == 0 ? plan_area_count(plan) : i); /* the city is no part of itself */
}

static uint16_t operator_of(const struct plan *plan, const char *key)
{
    size_t i = 0;
    while (i < plan_operator_count(plan) && strcmp(plan_operator_at(plan, i)->key, key) != 0)
        i++;
    return (uint16_t)i;
}

/* The parts of all access nodes, which are sorted by operator. Room for TECHNOLOGY_COUNT a node. */
static size_t fill_parts(const struct export_source *source, struct disclosure_part *parts)
{
    const struct evidence *evidence = source->inputs->evidence;
    size_t count = 0;
    for (size_t i = 0; i < evidence->node_count; i++) {
        const struct node_evidence *node = &evidence->nodes[i];
        double lines[TECHNOLOGY_COUNT];
        if (!node_lines_known(node))
            continue;
        node_lines_by_technology(node, lines);
        struct disclosure_part part = {.cluster = (uint32_t)i};
        part.place.at[LINE_AREA] = area_of(source, node);
        part.place.at[LINE_OPERATOR] = operator_of(source->plan, node->operator_name);
        part.place.at[LINE_RESIDENCE] = (uint16_t)node->residence;
        part.place.at[LINE_SETTLEMENT] = (uint16_t)node->settlement;
        for (int t = 0; t < TECHNOLOGY_COUNT; t++) {
            part.place.at[LINE_TECHNOLOGY] = (uint16_t)t;
            part.place.at[LINE_GROUP] = (uint16_t)group_of((enum access_technology)t);
            part.count = (uint64_t)llround(lines[t]);
            if (part.count > 0)
                parts[count++] = part;
        }
    }
    return count;
}

/* "cu ct": whether a key is one of the words. */
static bool is_listed(const char *words, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = words; *at;) {
        size_t word = strcspn(at, " ,");
        if (word == length && strncmp(at, key, length) == 0)
            return true;
        at += word + strspn(at + word, " ,");
    }
    return false;
}

#define OPERATORS_MAX 256

static int protect(const struct export_source *source, struct disclosure_part *parts, size_t count,
                   struct cell_list *list, struct disclosure_summary *out_summary)
{
    static const uint8_t axis_sets[] = {BIT(LINE_AREA), BIT(LINE_OPERATOR),
                                        BIT(LINE_GROUP) | BIT(LINE_TECHNOLOGY), BIT(LINE_RESIDENCE),
                                        BIT(LINE_SETTLEMENT)};
    const struct rule_settings *settings = source->rules;
    bool withholds[OPERATORS_MAX] = {false};
    struct disclosure_rules rules = {.axis_sets = axis_sets,
                                     .axis_set_count = sizeof axis_sets,
                                     .dominance_max = 1,
                                     .owner_axis = LINE_OPERATOR};
    if (!source->full) {
        for (size_t i = 0; i < plan_operator_count(source->plan) && i < OPERATORS_MAX; i++)
            withholds[i] =
                is_listed(settings->operators_withholding, plan_operator_at(source->plan, i)->key);
        rules.count_min = settings->publish_lines_min;
        rules.clusters_min = (uint32_t)settings->publish_nodes_min;
        rules.dominance_max = settings->publish_dominance_max;
        rules.withholds = withholds;
        rules.owner_count = OPERATORS_MAX;
    }
    return disclosure_protect(&rules, parts, count, list->cells, list->count, out_summary);
}

int line_cells_make(const struct export_source *source, struct line_cells *out_cells)
{
    size_t nodes = source->inputs->evidence->node_count;
    struct cell_list list = {NULL, 0, 0};
    struct disclosure_summary summary = {0, 0, 0, 0};
    struct disclosure_part *parts = calloc((nodes + 1) * TECHNOLOGY_COUNT, sizeof *parts);
    if (!parts)
        return -ENOMEM;
    size_t count = fill_parts(source, parts);
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        status = add_cells_of(&list, &parts[i].place);
        if (i % 256 == 255)
            unite_cells(&list);
    }
    unite_cells(&list);
    if (status == 0)
        status = protect(source, parts, count, &list, &summary);
    free(parts);
    if (status != 0) {
        free(list.cells);
        return status;
    }
    *out_cells = (struct line_cells){list.cells, list.count, summary};
    return 0;
}

void line_cells_clear(struct line_cells *cells)
{
    free(cells->cells);
    *cells = (struct line_cells){NULL, 0, {0, 0, 0, 0}};
}

const struct disclosure_cell *line_cells_find(const struct line_cells *cells,
                                              const struct disclosure_place *place)
{
    const struct disclosure_cell wanted = {.place = *place};
    if (cells->count == 0)
        return NULL;
    return bsearch(&wanted, cells->cells, cells->count, sizeof wanted, compare_cells);
}

bool line_cells_shown(const struct line_cells *cells, const struct disclosure_place *scope,
                      enum line_axis axis)
{
    struct disclosure_place place = *scope;
    for (uint16_t value = 0; value < 16; value++) {
        place.at[axis] = value;
        const struct disclosure_cell *cell = line_cells_find(cells, &place);
        if (cell && cell->count > 0 && !cell->shown)
            return false;
    }
    return true;
}
