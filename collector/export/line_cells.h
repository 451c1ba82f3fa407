/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lines of a source as a table with margins: parts are what an access node has of a technology,
 * cells the counts that may be shown of area x operator x technology x residence, with the groups
 * of technologies and the settlements that figures stand on. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_LINE_CELLS_H
#define LASTMILE_COLLECTOR_EXPORT_LINE_CELLS_H

#include "collector/export/disclosure.h"
#include "collector/indicator/figure.h"

struct export_source;

enum line_axis {
    LINE_AREA,     /* index in the plan; the plan's count: an area that it does not know */
    LINE_OPERATOR, /* the same of operators */
    LINE_GROUP,    /* enum line_group */
    LINE_TECHNOLOGY,
    LINE_RESIDENCE,
    LINE_SETTLEMENT,
};

enum line_group { LINE_GROUP_FTTH, LINE_GROUP_OTHER, LINE_GROUP_UNKNOWN, LINE_GROUPS };

struct line_cells {
    struct disclosure_cell *cells; /* in the order of their places */
    size_t count;
    struct disclosure_summary summary;
};

/* Which of them may be shown. 0 or -ENOMEM; the caller ends it with line_cells_clear. */
int line_cells_make(const struct export_source *source, struct line_cells *out_cells);
void line_cells_clear(struct line_cells *cells);

/* Whether every count of a scope along an axis may be shown that is not empty; the scope names an
 * area or an operator, or neither, and DISCLOSURE_ANY elsewhere. */
bool line_cells_shown(const struct line_cells *cells, const struct disclosure_place *scope,
                      enum line_axis axis);
/* The scope's own total; NULL when it has no lines. */
const struct disclosure_cell *line_cells_find(const struct line_cells *cells,
                                              const struct disclosure_place *place);

#endif
