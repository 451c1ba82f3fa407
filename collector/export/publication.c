/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/publication.h"

#include "collector/export/bundle.h"
#include "collector/export/figure_mask.h"
#include "collector/export/line_cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALL     "all"
#define UNKNOWN "unknown"

static const char *const group_names[LINE_GROUPS] = {
    [LINE_GROUP_FTTH] = "ftth",
    [LINE_GROUP_OTHER] = "other",
    [LINE_GROUP_UNKNOWN] = UNKNOWN,
};

static struct line_row line_row_of(const struct plan *plan, const struct disclosure_cell *cell)
{
    uint16_t area = cell->place.at[LINE_AREA];
    uint16_t operator_ = cell->place.at[LINE_OPERATOR];
    uint16_t group = cell->place.at[LINE_GROUP];
    uint16_t technology = cell->place.at[LINE_TECHNOLOGY];
    uint16_t residence = cell->place.at[LINE_RESIDENCE];
    struct line_row row = {.lines = cell->count, .withheld = !cell->shown};
    if (area == DISCLOSURE_ANY)
        row.area = plan_area_at(plan, 0);
    else if (area < plan_area_count(plan))
        row.area = plan_area_at(plan, area);
    if (operator_ < plan_operator_count(plan))
        row.operator_of = plan_operator_at(plan, operator_);
    row.area_key = row.area ? row.area->key : UNKNOWN;
    row.operator_key = row.operator_of               ? row.operator_of->key
                       : operator_ == DISCLOSURE_ANY ? ALL
                                                     : UNKNOWN;
    row.technology = technology != DISCLOSURE_ANY
                         ? conf_id_name(access_technology_names, technology)
                     : group != DISCLOSURE_ANY ? group_names[group]
                                               : ALL;
    row.residence = residence == DISCLOSURE_ANY ? ALL : conf_id_name(residence_names, residence);
    return row;
}

/* Groups that hold one thing are that thing: "unknown" has one row, not two. */
static bool is_row(const struct disclosure_cell *cell)
{
    return cell->count > 0 && cell->place.at[LINE_SETTLEMENT] == DISCLOSURE_ANY &&
           cell->place.at[LINE_TECHNOLOGY] != TECHNOLOGY_UNKNOWN;
}

/* Totals first: the city, its operators, then the areas. */
static int compare_rows(const void *a, const void *b)
{
    const struct line_row *one = a;
    const struct line_row *other = b;
    const struct {
        const char *a, *b;
    } keys[] = {{one->area_key, other->area_key},
                {one->operator_key, other->operator_key},
                {one->technology, other->technology},
                {one->residence, other->residence}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool all = strcmp(keys[i].a, ALL) == 0;
        int order = strcmp(keys[i].a, keys[i].b);
        if (order != 0 && (all || strcmp(keys[i].b, ALL) == 0))
            return all ? -1 : 1;
        if (order != 0)
            return order;
    }
    return 0;
}

static int take_lines(const struct export_source *source, const struct line_cells *cells,
                      struct publication *publication)
{
    publication->lines = calloc(cells->count + 1, sizeof *publication->lines);
    if (!publication->lines)
        return -ENOMEM;
    for (size_t i = 0; i < cells->count; i++)
        if (is_row(&cells->cells[i]))
            publication->lines[publication->line_count++] =
                line_row_of(source->plan, &cells->cells[i]);
    qsort(publication->lines, publication->line_count, sizeof *publication->lines, compare_rows);
    publication->disclosure = cells->summary;
    return 0;
}

static int take_targets(const struct plan *plan, struct publication *publication)
{
    size_t rows = 0;
    for (size_t i = 0; i < plan_indicator_count(plan); i++)
        rows += plan_indicator_at(plan, i)->target_count + 1;
    publication->targets = calloc(rows + 1, sizeof *publication->targets);
    if (!publication->targets)
        return -ENOMEM;
    for (size_t i = 0; i < plan_indicator_count(plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(plan, i);
        if (indicator->target_count == 0)
            publication->targets[publication->target_count++] =
                (struct target_row){indicator, NULL};
        for (size_t t = 0; t < indicator->target_count; t++)
            publication->targets[publication->target_count++] =
                (struct target_row){indicator, &indicator->targets[t]};
    }
    return 0;
}

/* A revision says two values of a figure: it is shown where the figure is. */
static bool is_revision_shown(const struct export_source *source,
                              const struct publication *publication,
                              const struct export_revision *revision)
{
    bool city = strcmp(revision->area, plan_area_at(source->plan, 0)->key) == 0;
    if (source->full || (city && !revision->operator_name[0]))
        return true;
    for (size_t i = 0; i < publication->figures.count; i++) {
        const struct figure *figure = &publication->figures.figures[i];
        const char *operator_key = figure->operator_of ? figure->operator_of->key : "";
        if (!figure->alternative && strcmp(figure->indicator->id, revision->indicator) == 0 &&
            strcmp(figure->area->key, revision->area) == 0 &&
            strcmp(operator_key, revision->operator_name) == 0)
            return !figure->withheld;
    }
    return false;
}

static int take_revisions(const struct export_source *source, struct publication *publication)
{
    publication->revisions = calloc(source->revision_count + 1, sizeof *publication->revisions);
    if (!publication->revisions)
        return -ENOMEM;
    for (size_t i = 0; i < source->revision_count; i++) {
        if (is_revision_shown(source, publication, &source->revisions[i]))
            publication->revisions[publication->revision_count++] = source->revisions[i];
        else
            publication->revisions_withheld++;
    }
    return 0;
}

int publication_new(const struct export_source *source, struct publication **out_publication)
{
    struct publication *publication = calloc(1, sizeof *publication);
    struct line_cells cells = {NULL, 0, {0, 0, 0, 0}};
    int status = publication ? 0 : -ENOMEM;
    if (status == 0)
        status = line_cells_make(source, &cells);
    if (status == 0)
        status = take_lines(source, &cells, publication);
    if (status == 0)
        status = take_targets(source->plan, publication);
    if (status == 0)
        status = figure_mask(source, &cells, &publication->figures, &publication->withheld);
    if (status == 0)
        status = take_revisions(source, publication);
    line_cells_clear(&cells);
    if (status != 0) {
        publication_free(publication);
        return status;
    }
    *out_publication = publication;
    return 0;
}

void publication_free(struct publication *publication)
{
    if (!publication)
        return;
    free(publication->figures.figures);
    free(publication->lines);
    free(publication->targets);
    free(publication->revisions);
    free(publication);
}
