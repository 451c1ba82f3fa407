/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CSV text (RFC 4180, UTF-8) as rows of cells with the line they begin on. Strangers' bytes: sizes
 * are bounded, a fault names its line. libcsv stays in the .c file. One thread.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_CSV_ROWS_H
#define LASTMILE_COLLECTOR_IMPORT_CSV_ROWS_H

#include "common/conf.h"

#include <stddef.h>

#define CSV_CELLS_MAX     32   /* of one row */
#define CSV_ROW_BYTES_MAX 8192 /* of its cells, each with a NUL */

struct csv_row {
    size_t line; /* of its first cell; 1 is the file's first */
    size_t cell_count;
    const char *const *cells; /* without white space around; never NULL */
};

/* A row; borrowed until return. 0 goes on, a negated errno ends the reading and is handed on. */
typedef int (*csv_row_fn)(void *ctx, const struct csv_row *row);

/* Reads rows to the end; blank lines are none. 0, -EINVAL with out_error set ("name:line: ..."), or
 * what the callback returned. A byte order mark in front is passed over. */
int csv_rows_parse(const char *name, const char *bytes, size_t length, csv_row_fn take_row,
                   void *ctx, struct conf_error *out_error);

#endif
