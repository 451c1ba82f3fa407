/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The columns that each kind of file may have, as tables: what a cell must be and where it goes.
 * Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_ROW_TABLE_H
#define LASTMILE_COLLECTOR_IMPORT_ROW_TABLE_H

#include "collector/import/import.h"
#include "collector/registry/evidence.h"

enum cell_kind {
    CELL_TEXT,      /* any text that fits */
    CELL_NAME,      /* [a-z0-9.-]: an identifier */
    CELL_NUMBER,    /* a number from 0 up, decimal point */
    CELL_COUNT,     /* struct optional_u64; empty is unknown */
    CELL_DATE,      /* int64_t day; "2017-12-31" */
    CELL_ENUM,      /* int */
    CELL_AREA,      /* an area of the plan, by its code of the reference date */
    CELL_OPERATOR,  /* an operator of the plan */
    CELL_INDICATOR, /* an indicator of the plan */
};

struct cell_rule {
    const char *name;
    enum cell_kind kind;
    bool required;        /* the column must be there and the cell filled */
    const char *fallback; /* for an empty cell; NULL leaves zero */
    size_t offset, size;
    const struct conf_name *names; /* CELL_ENUM */
    const char *help;
};

union import_row {
    struct denominator denominator;
    struct declared_figure declared;
    struct registered_node node;
};

struct row_table {
    enum import_kind kind;
    const char *marker;                  /* the column that only this kind has */
    const struct cell_rule *rules;       /* end with a NULL name */
    size_t reference_day, published_day; /* offsets; SIZE_MAX when there is none */
    size_t vintage;
    int (*add)(struct registry *registry, const union import_row *row);
    /* What is wrong with a row whose cells are right, or NULL. */
    const char *(*check)(const struct plan *plan, const union import_row *row);
};

#define ROW_TABLES 3
extern const struct row_table row_tables[ROW_TABLES];

#endif
