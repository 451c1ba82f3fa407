/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes CSV (RFC 4180): CRLF, quotes where they are needed, decimal point whatever the locale, an
 * empty cell for what is unknown. Text that a spreadsheet would run as a formula gets a leading
 * apostrophe. A plain value over a stream that the caller owns; faults stay in the stream.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_CSV_WRITER_H
#define LASTMILE_COLLECTOR_EXPORT_CSV_WRITER_H

#include "common/optional.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct csv_writer {
    FILE *out;
    bool row_begun;
};

void csv_writer_text(struct csv_writer *writer, const char *text);
void csv_writer_number(struct csv_writer *writer, struct optional_double value);
void csv_writer_unsigned(struct csv_writer *writer, uint64_t value);
void csv_writer_end_row(struct csv_writer *writer);

/* UTF-8's byte order mark, for spreadsheets that would guess another encoding. */
void csv_writer_byte_order_mark(struct csv_writer *writer);

#endif
