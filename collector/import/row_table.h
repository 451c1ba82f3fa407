/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The columns that each kind of file may have, as tables: what a cell must be and where it goes.
 * Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_ROW_TABLE_H
#define LASTMILE_COLLECTOR_IMPORT_ROW_TABLE_H

#include "collector/import/import.h"
#include "collector/registry/registers.h"

enum cell_kind {
    CELL_TEXT,      /* any text that fits */
    CELL_NAME,      /* [a-z0-9.-]: an identifier */
    CELL_WORD,      /* text; one of the names */
    CELL_NUMBER,    /* double: from 0 up, decimal point */
    CELL_COUNT,     /* struct optional_u64; empty is unknown */
    CELL_RATE,      /* struct optional_u64 in kbit/s, from a number in Mbit/s */
    CELL_DATE,      /* int64_t day; "2017-12-31", not in the future */
    CELL_ANY_DAY,   /* struct optional_u64 day, may lie ahead; before 1970 is 0 */
    CELL_PERIOD,    /* text; "2017" or "2017-11" */
    CELL_DIGITS,    /* text; as many digits as fit */
    CELL_PSEUDONYM, /* text; 16 hex digits, stored small */
    CELL_ENUM,      /* int */
    CELL_AREA,      /* an area of the plan, by its code of the reference date */
    CELL_OPERATOR,  /* an operator of the plan */
    CELL_INDICATOR, /* an indicator of the plan */
};

struct cell_rule {
    const char *name;
    enum cell_kind kind;
    bool required;        /* the column must be there and the cell filled */
    bool of_key;          /* two rows of a file that agree in all of these are one too many */
    const char *fallback; /* for an empty cell; NULL leaves zero */
    size_t offset, size;
    const struct conf_name *names; /* CELL_WORD, CELL_ENUM */
    const char *help;
};

union import_row {
    struct denominator denominator;
    struct declared_figure declared;
    struct registered_node node;
    struct village village;
    struct venue venue;
    struct contract contract;
    struct remark remark;
};

struct row_table {
    enum import_kind kind;
    enum register_kind register_kind;
    const char *marker;            /* tells the kind, where no table before has its own there */
    const struct cell_rule *rules; /* end with a NULL name */
    size_t reference_day, published_day, vintage; /* offsets, as is the next */
    size_t period; /* whose last day is the reference day where that is empty; or SIZE_MAX */
    /* What is wrong with a row whose cells are right, or NULL. Itself NULL: nothing can be. */
    const char *(*check)(const struct plan *plan, const union import_row *row);
};

#define ROW_TABLES 7
extern const struct row_table row_tables[ROW_TABLES];

#endif
