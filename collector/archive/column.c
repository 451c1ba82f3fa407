/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/archive/column.h"

#include "common/clock.h"
#include "common/number.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void write_text(const char *text, FILE *out)
{
    size_t length = strlen(text);
    bool quoted = length > 0 && (strpbrk(text, ",\"\r\n") || strchr(" \t", text[0]) ||
                                 strchr(" \t", text[length - 1]));
    if (quoted)
        (void)fputc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            (void)fputc('"', out);
        (void)fputc(*c, out);
    }
    if (quoted)
        (void)fputc('"', out);
}

static void write_double(double value, FILE *out)
{
    char text[NUMBER_BYTES];
    number_format(value, text);
    (void)fputs(text, out);
}

static int enum_at(const void *at)
{
    int id = 0;
    memcpy(&id, at, sizeof id);
    return id;
}

_Static_assert(sizeof(enum settlement) == sizeof(int), "an enum is read and written as an int");

void column_write(const struct archive_column *column, const void *row, FILE *out)
{
    const void *at = (const char *)row + column->offset;
    const struct optional_u64 *count = at;
    const struct optional_double *number = at;
    char date[CLOCK_DATE_BYTES];
    switch (column->kind) {
    case COLUMN_TEXT:
        write_text(at, out);
        break;
    case COLUMN_U64:
        (void)fprintf(out, "%" PRIu64, *(const uint64_t *)at);
        break;
    case COLUMN_OPTIONAL_U64:
        if (count->known)
            (void)fprintf(out, "%" PRIu64, count->value);
        break;
    case COLUMN_DOUBLE:
        write_double(*(const double *)at, out);
        break;
    case COLUMN_OPTIONAL_DOUBLE:
        if (number->known)
            write_double(number->value, out);
        break;
    case COLUMN_BOOL:
        (void)fputs(*(const bool *)at ? "true" : "false", out);
        break;
    case COLUMN_ENUM:
        (void)fputs(conf_id_name(column->names, enum_at(at)), out);
        break;
    case COLUMN_DAY:
        clock_format_date(*(const int64_t *)at, date);
        (void)fputs(date, out);
        break;
    }
}

static int read_text(const struct archive_column *column, const char *cell, char *at)
{
    size_t length = strlen(cell);
    if (length >= column->size)
        return -EINVAL;
    memcpy(at, cell, length + 1);
    return 0;
}

static int read_bool(const char *cell, bool *out_value)
{
    *out_value = strcmp(cell, "true") == 0;
    return *out_value || strcmp(cell, "false") == 0 ? 0 : -EINVAL;
}

static int read_enum(const struct archive_column *column, const char *cell, void *at)
{
    int id = 0;
    if (conf_name_id(column->names, cell, &id) != 0)
        return -EINVAL;
    memcpy(at, &id, sizeof id);
    return 0;
}

/* An empty cell leaves the row's zeroes: unknown. */
static int read_cell(const struct archive_column *column, const char *cell, void *at)
{
    struct optional_u64 *count = at;
    struct optional_double *number = at;
    switch (column->kind) {
    case COLUMN_TEXT:
        return read_text(column, cell, at);
    case COLUMN_U64:
        return number_parse_unsigned(cell, at);
    case COLUMN_OPTIONAL_U64:
        count->known = cell[0] != '\0';
        return count->known ? number_parse_unsigned(cell, &count->value) : 0;
    case COLUMN_DOUBLE:
        return number_parse(cell, at);
    case COLUMN_OPTIONAL_DOUBLE:
        number->known = cell[0] != '\0';
        return number->known ? number_parse(cell, &number->value) : 0;
    case COLUMN_BOOL:
        return read_bool(cell, at);
    case COLUMN_ENUM:
        return read_enum(column, cell, at);
    case COLUMN_DAY:
        return clock_parse_date(cell, at);
    }
    return -EINVAL;
}

int column_read(const struct archive_column *column, const char *cell, void *row,
                const char **out_wanted)
{
    static const char *const wanted[] = {
        [COLUMN_TEXT] = "a shorter text",
        [COLUMN_U64] = "a whole number from 0 up",
        [COLUMN_OPTIONAL_U64] = "a whole number from 0 up, or nothing",
        [COLUMN_DOUBLE] = "a number",
        [COLUMN_OPTIONAL_DOUBLE] = "a number, or nothing",
        [COLUMN_BOOL] = "true or false",
        [COLUMN_ENUM] = "a word that lastmile knows",
        [COLUMN_DAY] = "a date",
    };
    *out_wanted = wanted[column->kind];
    return read_cell(column, cell, (char *)row + column->offset) == 0 ? 0 : -EINVAL;
}
