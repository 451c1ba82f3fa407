/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A table of an export: its columns as data. One struct table drives the CSV file, the sheet of the
 * workbook, the schema in datapackage.json, the metadata in csvw.json and the list of fields in
 * definitions.json, so that none of them can say something else. All constant; any thread.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_TABLE_H
#define LASTMILE_COLLECTOR_EXPORT_TABLE_H

#include "common/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct export_source;
struct column;

enum cell_type {
    CELL_TEXT,
    CELL_COUNT,   /* a whole number from 0 up */
    CELL_NUMBER,  /* any other; decimal point */
    CELL_BOOLEAN, /* "true", "false" */
    CELL_DATE,    /* "2017-12-31", a civil day of the city */
    CELL_INSTANT, /* "2017-12-31T24:00:00+08:00" */
};

#define CELL_ROOM_BYTES 64

/* One value. Not known: an empty cell, and nothing else is read. */
struct cell {
    bool known;
    bool truth;       /* CELL_BOOLEAN */
    double number;    /* CELL_NUMBER */
    uint64_t count;   /* CELL_COUNT */
    const char *text; /* CELL_TEXT, CELL_DATE, CELL_INSTANT; into the row, or into room */
    char room[CELL_ROOM_BYTES];
};

typedef void (*cell_read_fn)(const struct column *column, const struct export_source *source,
                             const void *row, struct cell *out_cell);

enum column_flag {
    COLUMN_REQUIRED = 1, /* never empty */
    COLUMN_SHARE = 2,    /* 0..1 */
    COLUMN_ROW_UNIT = 4, /* in the unit that the row's own column unit names */
};

/* In this order, so that a row of a table reads as one: what, where from, which values, in words.
 */
struct column {
    const char *name; /* stable: readers rely on it */
    enum cell_type type;
    cell_read_fn read;
    const void *(*owner)(const void *row); /* whose member it is; NULL: the row's own */
    size_t offset;
    const struct conf_name *names; /* the only words it can hold; or NULL */
    const char *unit;              /* "%", "lines"; NULL: none, or the row's own column unit */
    unsigned flags;
    const char *title_en, *title_zh, *help_en, *help_zh;
};

struct table {
    const char *name; /* "verdicts": the file is verdicts.csv */
    const char *title_en, *title_zh, *help_en, *help_zh;
    const struct column *columns; /* new ones go to the end: readers may count */
    size_t column_count;
    const char *const *key; /* the columns that tell a row from every other; ends with NULL */
    size_t (*count)(const struct export_source *source);
    const void *(*row)(const struct export_source *source, size_t i);
};

/* Whether the key's columns are all required, so that schemas can name it as primary. */
bool table_has_key(const struct table *table);

/* Reads a cell of a row. */
void table_cell(const struct column *column, const struct export_source *source, const void *row,
                struct cell *out_cell);

/* CSV with its header row. Faults stay in the stream. */
void table_csv(FILE *out, const struct table *table, const struct export_source *source);

/* Readers of a member of the row, or of its owner, by its type. */
void cell_read_text(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell); /* char[] */
void cell_read_sentence(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell); /* const char * */
void cell_read_name(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell); /* an enum, by column->names */
void cell_read_bool(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell);
void cell_read_optional(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell); /* struct optional_double */
void cell_read_double(const struct column *column, const struct export_source *source,
                      const void *row, struct cell *out_cell);
void cell_read_u64(const struct column *column, const struct export_source *source, const void *row,
                   struct cell *out_cell);
void cell_read_unsigned(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell); /* unsigned */
void cell_read_day(const struct column *column, const struct export_source *source, const void *row,
                   struct cell *out_cell); /* int64_t day */
void cell_read_time(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell); /* uint64_t nanoseconds; 0: unknown */

#endif
