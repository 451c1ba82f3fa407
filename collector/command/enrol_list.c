/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/enrol_list.h"

#include "collector/enrol/broker.h"
#include "collector/import/csv_rows.h"
#include "collector/import/csv_text.h"

#include "common/array.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    struct enrol_list list;
    bool has_header;
    size_t operator_column, probe_column;
    struct conf_error *error;
};

static int fail(struct reader *reader, size_t line, const char *why, const char *what)
{
    (void)snprintf(reader->error->text, sizeof reader->error->text, "%.300s:%zu: %s%.100s",
                   reader->path, line, why, what);
    return -EINVAL;
}

static size_t column_of(const struct csv_row *row, const char *name)
{
    size_t column = 0;
    while (column < row->cell_count && strcmp(row->cells[column], name) != 0)
        column++;
    return column;
}

static int take_header(struct reader *reader, const struct csv_row *row)
{
    reader->has_header = true;
    reader->operator_column = column_of(row, "operator");
    reader->probe_column = column_of(row, "probe");
    if (reader->operator_column == row->cell_count || reader->probe_column == row->cell_count)
        return fail(reader, row->line, "the first line names the columns: operator and probe", "");
    return 0;
}

static const char *cell(const struct csv_row *row, size_t column)
{
    return column < row->cell_count ? row->cells[column] : "";
}

static bool is_listed(const struct enrol_list *list, const char *user)
{
    size_t i = 0;
    while (i < list->count && strcmp(list->users[i], user) != 0)
        i++;
    return i < list->count;
}

static int take_row(void *ctx, const struct csv_row *row)
{
    struct reader *reader = ctx;
    struct enrol_list *list = &reader->list;
    char user[BROKER_USER_BYTES];
    if (!reader->has_header)
        return take_header(reader, row);
    if (broker_user(cell(row, reader->operator_column), cell(row, reader->probe_column), user) != 0)
        return fail(reader, row->line,
                    "operator and probe are 1 to 63 of a-z, 0-9, '.', '-', beginning with a letter "
                    "or digit, together at most 62",
                    "");
    if (is_listed(list, user))
        return fail(reader, row->line, "stands twice: ", user);
    if (list->count == ENROL_LIST_MAX)
        return fail(reader, row->line, "more than 10000 probes: part the file", "");
    char **grown = array_grow(list->users, list->count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    list->users = grown;
    char *copy = strdup(user);
    if (!copy)
        return -ENOMEM;
    list->users[list->count++] = copy;
    return 0;
}

static int read_text(struct reader *reader, const char *bytes, size_t length)
{
    struct csv_text text;
    int status =
        csv_text_decode(reader->path, CSV_ENCODING_ANY, bytes, length, &text, reader->error);
    if (status != 0)
        return status;
    status = csv_rows_parse(reader->path, text.bytes, text.length, take_row, reader, reader->error);
    csv_text_fini(&text);
    if (status == 0 && reader->list.count == 0)
        status = fail(reader, 1, "names no probe", "");
    return status;
}

int enrol_list_read(const char *path, struct enrol_list *out_list, struct conf_error *out_error)
{
    struct reader reader = {.path = path, .error = out_error};
    char *bytes = NULL;
    size_t length = 0;
    int status = csv_text_load(path, &bytes, &length, out_error);
    if (status != 0)
        return status;
    status = read_text(&reader, bytes, length);
    free(bytes);
    if (status == -ENOMEM)
        (void)fail(&reader, 1, "out of memory", "");
    if (status != 0)
        enrol_list_fini(&reader.list);
    else
        *out_list = reader.list;
    return status;
}

void enrol_list_fini(struct enrol_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->users[i]);
    free(list->users);
    *list = (struct enrol_list){.users = NULL};
}
