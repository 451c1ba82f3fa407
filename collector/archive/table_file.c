/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/archive/column.h"

#include "collector/import/csv_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct row_writer {
    const struct archive_table *table;
    FILE *out;
};

static int write_row(void *ctx, const void *row)
{
    const struct row_writer *writer = ctx;
    for (size_t i = 0; i < writer->table->column_count; i++) {
        if (i > 0)
            (void)fputc(',', writer->out);
        column_write(&writer->table->columns[i], row, writer->out);
    }
    (void)fputs("\r\n", writer->out);
    return 0;
}

int table_write(const struct archive_table *table, const struct archive *archive, FILE *out)
{
    struct row_writer writer = {table, out};
    for (size_t i = 0; i < table->column_count; i++)
        (void)fprintf(out, "%s%s", i > 0 ? "," : "", table->columns[i].name);
    (void)fputs("\r\n", out);
    return table->each(archive, write_row, &writer);
}

struct row_reader {
    const struct archive_table *table;
    struct archive *archive;
    struct conf_error *error;
    void *row;
    bool header_seen;
};

static int fail(const struct row_reader *reader, size_t line, const char *name, const char *text)
{
    (void)snprintf(reader->error->text, sizeof reader->error->text, "%s:%zu: %s%s%s",
                   reader->table->file, line, name, name[0] ? ": " : "", text);
    return -EINVAL;
}

static int read_header(struct row_reader *reader, const struct csv_row *cells)
{
    reader->header_seen = true;
    const struct archive_table *table = reader->table;
    if (cells->cell_count != table->column_count)
        return fail(reader, cells->line, "", "not as many columns as this version of lastmile has");
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(cells->cells[i], table->columns[i].name) != 0)
            return fail(reader, cells->line, table->columns[i].name, "another column stands here");
    return 0;
}

static int read_row(void *ctx, const struct csv_row *cells)
{
    struct row_reader *reader = ctx;
    const struct archive_table *table = reader->table;
    const char *wanted = NULL;
    if (!reader->header_seen)
        return read_header(reader, cells);
    if (cells->cell_count != table->column_count)
        return fail(reader, cells->line, "", "not as many cells as columns");
    memset(reader->row, 0, table->row_bytes);
    for (size_t i = 0; i < table->column_count; i++)
        if (column_read(&table->columns[i], cells->cells[i], reader->row, &wanted) != 0)
            return fail(reader, cells->line, table->columns[i].name, wanted);
    int status = table->add(reader->archive, reader->row);
    if (status == -ENOENT)
        return fail(reader, cells->line, "", "what this row belongs to is in no other file");
    if (status == -EEXIST)
        return fail(reader, cells->line, "", "one row too many");
    return status;
}

/* Line of the first byte that differs, from 1. */
static size_t first_line_apart(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t line = 1;
    for (size_t i = 0; i < a_length && i < b_length && a[i] == b[i]; i++)
        line += a[i] == '\n';
    return line;
}

/* Another order, another form of a number, a byte order mark: other bytes than are written. */
static int check_bytes(struct row_reader *reader, const char *bytes, size_t length)
{
    char *again = NULL;
    size_t again_length = 0;
    FILE *out = open_memstream(&again, &again_length);
    if (!out)
        return -ENOMEM;
    int status = table_write(reader->table, reader->archive, out);
    if (fclose(out) != 0 && status == 0)
        status = -ENOMEM;
    if (status == 0 && (again_length != length || memcmp(again, bytes, length) != 0))
        status = fail(reader, first_line_apart(bytes, length, again, again_length), "",
                      "not in the form or the order in which lastmile writes it");
    free(again);
    return status;
}

int table_read(const struct archive_table *table, const char *bytes, size_t length,
               struct archive *archive, struct conf_error *out_error)
{
    struct row_reader reader = {
        .table = table, .archive = archive, .error = out_error, .row = malloc(table->row_bytes)};
    if (!reader.row)
        return -ENOMEM;
    int status = csv_rows_parse(table->file, bytes, length, read_row, &reader, out_error);
    if (status == 0 && table->sort)
        table->sort(archive);
    if (status == 0)
        status = check_bytes(&reader, bytes, length);
    free(reader.row);
    return status;
}
