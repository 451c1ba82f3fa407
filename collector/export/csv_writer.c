/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/csv_writer.h"

#include <math.h>
#include <string.h>

static void begin_cell(struct csv_writer *writer)
{
    if (writer->row_begun)
        (void)fputc(',', writer->out);
    writer->row_begun = true;
}

/* Spreadsheets take a cell for a formula by its first character, after some white space too. */
static bool looks_like_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

void csv_writer_text(struct csv_writer *writer, const char *text)
{
    begin_cell(writer);
    if (!text || !text[0])
        return;
    bool guarded = looks_like_formula(text);
    bool quoted =
        strpbrk(text, ",\"\r\n") != NULL || text[0] == ' ' || text[strlen(text) - 1] == ' ';
    if (quoted)
        (void)fputc('"', writer->out);
    if (guarded)
        (void)fputc('\'', writer->out);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            (void)fputc('"', writer->out);
        (void)fputc(*c, writer->out);
    }
    if (quoted)
        (void)fputc('"', writer->out);
}

void csv_writer_number(struct csv_writer *writer, struct optional_double value)
{
    begin_cell(writer);
    if (!value.known || !isfinite(value.value))
        return;
    char text[40];
    (void)snprintf(text, sizeof text, "%.15g", value.value);
    for (char *c = text; *c; c++)
        if (*c == ',')
            *c = '.'; /* the locale's comma */
    (void)fputs(text, writer->out);
}

void csv_writer_unsigned(struct csv_writer *writer, uint64_t value)
{
    begin_cell(writer);
    (void)fprintf(writer->out, "%llu", (unsigned long long)value);
}

void csv_writer_end_row(struct csv_writer *writer)
{
    (void)fputs("\r\n", writer->out);
    writer->row_begun = false;
}

void csv_writer_byte_order_mark(struct csv_writer *writer)
{
    (void)fputs("\xef\xbb\xbf", writer->out);
}
