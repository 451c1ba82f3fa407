/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One cell: from a stranger's text to the value of a row, and back for people to read. Pure but for
 * the plan it asks. Internal to the room.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_CELL_H
#define LASTMILE_COLLECTOR_IMPORT_CELL_H

#include "collector/import/row_table.h"

#define CELL_FAULT_BYTES 360
#define CELL_PRINT_BYTES 1024

struct cell_reader {
    const struct plan *plan;
    int64_t today;
    bool reference_known; /* the row's reference day, by which an area's code is read */
    int64_t reference_day;
};

/* Stores a cell's value in its row. 0, or -EINVAL with out_fault saying what is wrong and what to
 * write. The text is not empty. */
int cell_store(const struct cell_reader *reader, const struct cell_rule *rule, const char *text,
               union import_row *row, char out_fault[static CELL_FAULT_BYTES]);

/* The stored value as text; "" where it is unknown. */
void cell_print(const struct cell_rule *rule, const union import_row *row,
                char out[static CELL_PRINT_BYTES]);

/* "; did you mean 'x'?", or "" where none is near. Returns the buffer. */
const char *cell_hint(const char *word, const char *const *candidates, size_t count, char *buffer,
                      size_t size);

/* The last day of a period ("2017", "2017-11"). 0, or -EINVAL when it is none. */
int cell_period_last_day(const char *period, int64_t *out_day);

#endif
