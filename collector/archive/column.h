/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A table of an archive: its columns as data, for both directions. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_ARCHIVE_COLUMN_H
#define LASTMILE_COLLECTOR_ARCHIVE_COLUMN_H

#include "collector/archive/archive.h"

#include <stdio.h>

enum column_kind {
    COLUMN_TEXT,            /* char[size] */
    COLUMN_U64,             /* uint64_t */
    COLUMN_OPTIONAL_U64,    /* struct optional_u64; unknown is an empty cell */
    COLUMN_DOUBLE,          /* double, finite */
    COLUMN_OPTIONAL_DOUBLE, /* struct optional_double; unknown is an empty cell */
    COLUMN_BOOL,            /* bool: true, false */
    COLUMN_ENUM,            /* an enum, by names */
    COLUMN_DAY,             /* int64_t: 2017-12-31 */
};

/* Where it stands in the row's struct. */
struct archive_column {
    const char *name;
    enum column_kind kind;
    size_t offset, size;
    const struct conf_name *names;
};

/* Takes a row of a table. 0 or a negated errno. */
typedef int (*archive_row_fn)(void *ctx, const void *row);

struct archive_table {
    const char *file; /* "nodes.csv" */
    const struct archive_column *columns;
    size_t column_count;
    size_t row_bytes;
    /* Hands over every row, in order. */
    int (*each)(const struct archive *archive, archive_row_fn take, void *ctx);
    /* Adds a row. 0, -ENOMEM, or -ENOENT when what it belongs to is in no other file. */
    int (*add)(struct archive *archive, const void *row);
    void (*sort)(struct archive *archive); /* or NULL */
};

extern const struct archive_table archive_settings;             /* tables_settings.c */
extern const struct archive_table archive_nodes, archive_lines; /* tables_network.c */
extern const struct archive_table archive_capability;
extern const struct archive_table archive_controllers, archive_venue_days;
extern const struct archive_table archive_interfaces, archive_traffic,
    archive_bins;                                                         /* tables_traffic.c */
extern const struct archive_table archive_probes, archive_ledger;         /* tables_probes.c */
extern const struct archive_table archive_denominators, archive_declared; /* tables_imported.c */
extern const struct archive_table archive_past;
extern const struct archive_table archive_revisions; /* tables_past.c */
extern const struct archive_table archive_venues, archive_contracts, archive_remarks;
/* By place, NULL past the last: a table stands behind those that its rows belong to (archive.c). */
const struct archive_table *archive_table_at(size_t i);

/* A column of a struct's member. */
#define COLUMN_AT(row, member) .offset = offsetof(row, member), .size = sizeof((row *)0)->member
#define COLUMNS_OF(table_columns)                                                                  \
    (table_columns), sizeof(table_columns) / sizeof((table_columns)[0])

/* As text, quotes where CSV needs them. */
void column_write(const struct archive_column *column, const void *row, FILE *out);
/* A cell into a zeroed row. 0, or -EINVAL with what a cell of this kind is. */
int column_read(const struct archive_column *column, const char *cell, void *row,
                const char **out_wanted);

/* A whole table as a file. */
int table_write(const struct archive_table *table, const struct archive *archive, FILE *out);
/* And back: as archive_read. */
int table_read(const struct archive_table *table, const char *bytes, size_t length,
               struct archive *archive, struct conf_error *out_error);

#endif
