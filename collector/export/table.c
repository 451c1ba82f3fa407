/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/table.h"

#include "collector/export/bundle.h"
#include "collector/export/csv_writer.h"

#include "common/clock.h"
#include "common/optional.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const void *member(const struct column *column, const void *row)
{
    return (const char *)row + column->offset;
}

static void set_text(struct cell *cell, const char *text)
{
    cell->known = text && text[0];
    cell->text = text;
}

void cell_read_text(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell)
{
    (void)source;
    set_text(out_cell, member(column, row));
}

void cell_read_sentence(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell)
{
    (void)source;
    set_text(out_cell, *(const char *const *)member(column, row));
}

void cell_read_name(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell)
{
    (void)source;
    set_text(out_cell, conf_id_name(column->names, *(const int *)member(column, row)));
}

void cell_read_bool(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell)
{
    (void)source;
    out_cell->known = true;
    out_cell->truth = *(const bool *)member(column, row);
}

static void set_number(struct cell *cell, struct optional_double value)
{
    cell->known = value.known && isfinite(value.value);
    cell->number = value.value;
}

void cell_read_optional(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell)
{
    (void)source;
    set_number(out_cell, *(const struct optional_double *)member(column, row));
}

void cell_read_double(const struct column *column, const struct export_source *source,
                      const void *row, struct cell *out_cell)
{
    (void)source;
    set_number(out_cell, optional_double(*(const double *)member(column, row)));
}

void cell_read_u64(const struct column *column, const struct export_source *source, const void *row,
                   struct cell *out_cell)
{
    (void)source;
    out_cell->known = true;
    out_cell->count = *(const uint64_t *)member(column, row);
}

void cell_read_unsigned(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell)
{
    (void)source;
    out_cell->known = true;
    out_cell->count = *(const unsigned *)member(column, row);
}

static_assert(CELL_ROOM_BYTES >= CLOCK_TIME_BYTES && CELL_ROOM_BYTES >= CLOCK_DATE_BYTES,
              "a cell has room for a date and for a time");

void cell_read_day(const struct column *column, const struct export_source *source, const void *row,
                   struct cell *out_cell)
{
    (void)source;
    clock_format_date(*(const int64_t *)member(column, row), out_cell->room);
    set_text(out_cell, out_cell->room);
}

void cell_read_time(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell)
{
    (void)source;
    uint64_t time_ns = *(const uint64_t *)member(column, row);
    if (time_ns == 0)
        return;
    clock_format_city_time(time_ns, out_cell->room);
    set_text(out_cell, out_cell->room);
}

static const struct column *find_column(const struct table *table, const char *name)
{
    for (size_t c = 0; c < table->column_count; c++)
        if (strcmp(table->columns[c].name, name) == 0)
            return &table->columns[c];
    return NULL;
}

bool table_has_key(const struct table *table)
{
    for (const char *const *key = table->key; key && *key; key++) {
        const struct column *column = find_column(table, *key);
        if (!column || !(column->flags & COLUMN_REQUIRED))
            return false;
    }
    return table->key != NULL;
}

void table_cell(const struct column *column, const struct export_source *source, const void *row,
                struct cell *out_cell)
{
    memset(out_cell, 0, sizeof *out_cell);
    const void *owner = column->owner ? column->owner(row) : row;
    if (owner)
        column->read(column, source, owner, out_cell);
}

static void write_cell(struct csv_writer *csv, enum cell_type type, const struct cell *cell)
{
    if (!cell->known) {
        csv_writer_text(csv, NULL);
        return;
    }
    switch (type) {
    case CELL_TEXT:
    case CELL_DATE:
    case CELL_INSTANT:
        csv_writer_text(csv, cell->text);
        break;
    case CELL_COUNT:
        csv_writer_unsigned(csv, cell->count);
        break;
    case CELL_NUMBER:
        csv_writer_number(csv, optional_double(cell->number));
        break;
    case CELL_BOOLEAN:
        csv_writer_text(csv, cell->truth ? "true" : "false");
        break;
    }
}

void table_csv(FILE *out, const struct table *table, const struct export_source *source)
{
    struct csv_writer csv = {.out = out};
    if (source->byte_order_mark)
        csv_writer_byte_order_mark(&csv);
    for (size_t c = 0; c < table->column_count; c++)
        csv_writer_text(&csv, table->columns[c].name);
    csv_writer_end_row(&csv);
    size_t rows = table->count(source);
    for (size_t i = 0; i < rows; i++) {
        const void *row = table->row(source, i);
        for (size_t c = 0; c < table->column_count; c++) {
            struct cell cell;
            table_cell(&table->columns[c], source, row, &cell);
            write_cell(&csv, table->columns[c].type, &cell);
        }
        csv_writer_end_row(&csv);
    }
}
