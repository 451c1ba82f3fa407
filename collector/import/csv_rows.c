/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/csv_rows.h"

#include "common/utf8.h"

#include <csv.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    csv_row_fn take_row;
    void *ctx;
    struct conf_error *error;
    int status;
    size_t line, row_line;
    char text[CSV_ROW_BYTES_MAX]; /* the cells of the row, each with its NUL */
    size_t used;
    const char *cells[CSV_CELLS_MAX];
    size_t cell_count;
};

static int fail(struct reader *reader, size_t line, const char *text)
{
    (void)snprintf(reader->error->text, sizeof reader->error->text, "%s:%zu: %s", reader->path,
                   line, text);
    reader->status = -EINVAL;
    return -EINVAL;
}

static void take_cell(void *bytes, size_t length, void *ctx)
{
    struct reader *reader = ctx;
    if (reader->status != 0)
        return;
    if (reader->cell_count == 0)
        reader->row_line = reader->line;
    if (reader->cell_count == CSV_CELLS_MAX || length >= CSV_ROW_BYTES_MAX - reader->used) {
        (void)fail(reader, reader->line, "more than 32 cells or 8 KiB in one row");
        return;
    }
    if (length > 0 && memchr(bytes, '\0', length)) {
        (void)fail(reader, reader->line,
                   "a NUL byte: no CSV text, or UTF-16 without its mark; save it as CSV UTF-8");
        return;
    }
    if (length > 0 && !utf8_is_valid(bytes, length)) {
        (void)fail(reader, reader->line, "not UTF-8");
        return;
    }
    char *cell = reader->text + reader->used;
    if (length > 0)
        memcpy(cell, bytes, length);
    cell[length] = '\0';
    reader->used += length + 1;
    reader->cells[reader->cell_count++] = cell;
}

static void end_row(int terminator, void *ctx)
{
    struct reader *reader = ctx;
    (void)terminator;
    const struct csv_row row = {reader->row_line, reader->cell_count, reader->cells};
    if (reader->status == 0 && reader->cell_count > 0)
        reader->status = reader->take_row(reader->ctx, &row);
    reader->cell_count = 0;
    reader->used = 0;
}

/* libcsv counts no lines, so it is fed one at a time. */
static int parse(struct reader *reader, struct csv_parser *parser, const char *bytes, size_t length)
{
    while (length > 0 && reader->status == 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t step = newline ? (size_t)(newline - bytes) + 1 : length;
        reader->line++;
        if (csv_parse(parser, bytes, step, take_cell, end_row, reader) != step)
            return fail(reader, reader->line,
                        csv_error(parser) == CSV_EPARSE ? "a quote in the middle of a cell"
                                                        : "out of memory");
        bytes += step;
        length -= step;
    }
    if (reader->status == 0 && csv_fini(parser, take_cell, end_row, reader) != 0)
        return fail(reader, reader->line, "the file ends inside a quoted cell");
    return reader->status;
}

int csv_rows_parse(const char *name, const char *bytes, size_t length, csv_row_fn take_row,
                   void *ctx, struct conf_error *out_error)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader *reader = calloc(1, sizeof *reader);
    struct csv_parser parser;
    if (!reader || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s: out of memory", name);
        free(reader);
        return -EINVAL;
    }
    reader->path = name;
    reader->take_row = take_row;
    reader->ctx = ctx;
    reader->error = out_error;
    bool marked = length >= sizeof mark - 1 && memcmp(bytes, mark, sizeof mark - 1) == 0;
    size_t skip = marked ? sizeof mark - 1 : 0;
    int status = parse(reader, &parser, bytes + skip, length - skip);
    csv_free(&parser);
    free(reader);
    return status;
}
