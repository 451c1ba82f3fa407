/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Imported rows, append-only: denominators, declared figures, the operators' registers. A row is
 * known already when the youngest one of its key and vintage says the same. Which vintage counts:
 * the latest publication, then the latest import; a register has no publication, so its latest
 * reference day, then the latest import.
 */
#include "collector/registry/imported.h"

#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

int registry_import_begin(struct registry *registry, uint64_t now_ns)
{
    int status = database_begin(registry->database);
    if (status == 0)
        registry->import_ns = now_ns;
    return status;
}

int registry_import_end(struct registry *registry, bool commit)
{
    registry->import_ns = 0;
    if (commit)
        return database_commit(registry->database);
    database_rollback(registry->database);
    return 0;
}

/* known: a SELECT of 1 where the youngest of the key says the same; insert: the row. */
static int add_row(struct registry *registry, const char *known, const char *insert,
                   const struct value *values, size_t count)
{
    int64_t one = 0;
    int status = database_get(registry->database, known, values, count, &one);
    if (status == 0)
        return 0;
    if (status == -ENOENT)
        status = database_run(registry->database, insert, values, count);
    return status < 0 ? status : 1;
}

int registry_import_denominator(struct registry *registry, const struct denominator *row)
{
    return add_row(
        registry,
        "SELECT 1 FROM (SELECT * FROM denominator WHERE area = ?2 AND variable = ?3 AND class = ?4"
        " AND reference_day = ?7 AND vintage = ?10 ORDER BY id DESC LIMIT 1)"
        " WHERE value = ?5 AND unit = ?6 AND published_day = ?8 AND source = ?9 AND status = ?11"
        " AND ?1",
        "INSERT INTO denominator (imported_ns, area, variable, class, value, unit, reference_day,"
        " published_day, source, vintage, status)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        WITH(u64_value(registry->import_ns), text_value(row->area), text_value(row->variable),
             text_value(row->class_name), real_value(row->value), text_value(row->unit),
             int_value(row->reference_day), int_value(row->published_day), text_value(row->source),
             text_value(row->vintage), text_value(row->status)));
}

int registry_import_declared(struct registry *registry, const struct declared_figure *row)
{
    return add_row(
        registry,
        "SELECT 1 FROM (SELECT * FROM declared WHERE indicator = ?2 AND area = ?3 AND operator = ?4"
        " AND reference_day = ?7 AND vintage = ?10 ORDER BY id DESC LIMIT 1)"
        " WHERE value = ?5 AND unit = ?6 AND published_day = ?8 AND source = ?9 AND ?1",
        "INSERT INTO declared (imported_ns, indicator, area, operator, value, unit, reference_day,"
        " published_day, source, vintage) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        WITH(u64_value(registry->import_ns), text_value(row->indicator), text_value(row->area),
             text_value(row->operator_name), real_value(row->value), text_value(row->unit),
             int_value(row->reference_day), int_value(row->published_day), text_value(row->source),
             text_value(row->vintage)));
}

int registry_import_node(struct registry *registry, const struct registered_node *row)
{
    return add_row(
        registry,
        "SELECT 1 FROM (SELECT * FROM registered_node WHERE operator = ?2 AND access_node = ?3"
        " AND residence = ?6 AND technology = ?7 AND reference_day = ?10 AND vintage = ?12"
        " ORDER BY id DESC LIMIT 1)"
        " WHERE area = ?4 AND settlement = ?5 AND lines IS ?8 AND wtps IS ?9 AND source = ?11"
        " AND ?1",
        "INSERT INTO registered_node (imported_ns, operator, access_node, area, settlement,"
        " residence, technology, lines, wtps, reference_day, source, vintage)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        WITH(u64_value(registry->import_ns), text_value(row->operator_name),
             text_value(row->access_node), text_value(row->area), int_value(row->settlement),
             int_value(row->residence), int_value(row->technology), optional_value(row->lines),
             optional_value(row->wtps), int_value(row->reference_day), text_value(row->source),
             text_value(row->vintage)));
}

static void read_denominator(const struct rows *rows, struct denominator *out)
{
    rows_text(rows, 0, out->area, sizeof out->area);
    rows_text(rows, 1, out->variable, sizeof out->variable);
    rows_text(rows, 2, out->class_name, sizeof out->class_name);
    out->value = rows_real(rows, 3);
    rows_text(rows, 4, out->unit, sizeof out->unit);
    out->reference_day = rows_int(rows, 5);
    out->published_day = rows_int(rows, 6);
    rows_text(rows, 7, out->source, sizeof out->source);
    rows_text(rows, 8, out->vintage, sizeof out->vintage);
    rows_text(rows, 9, out->status, sizeof out->status);
    out->imported_ns = rows_u64(rows, 10);
}

static int add_denominator(const struct rows *rows, struct imported *imported)
{
    struct denominator *grown =
        array_grow(imported->denominators, imported->denominator_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->denominators = grown;
    struct denominator *row = &grown[imported->denominator_count++];
    memset(row, 0, sizeof *row);
    read_denominator(rows, row);
    return 0;
}

static void read_declared(const struct rows *rows, struct declared_figure *out)
{
    rows_text(rows, 0, out->indicator, sizeof out->indicator);
    rows_text(rows, 1, out->area, sizeof out->area);
    rows_text(rows, 2, out->operator_name, sizeof out->operator_name);
    out->value = rows_real(rows, 3);
    rows_text(rows, 4, out->unit, sizeof out->unit);
    out->reference_day = rows_int(rows, 5);
    out->published_day = rows_int(rows, 6);
    rows_text(rows, 7, out->source, sizeof out->source);
    rows_text(rows, 8, out->vintage, sizeof out->vintage);
    out->imported_ns = rows_u64(rows, 9);
}

static int add_declared(const struct rows *rows, struct imported *imported)
{
    struct declared_figure *grown =
        array_grow(imported->declared, imported->declared_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    imported->declared = grown;
    struct declared_figure *row = &grown[imported->declared_count++];
    memset(row, 0, sizeof *row);
    read_declared(rows, row);
    return 0;
}

/* sql: rows imported until ?1. */
static int read_rows(struct registry *registry, const char *sql, uint64_t as_known_ns,
                     int (*add)(const struct rows *, struct imported *), struct imported *out)
{
    /* An instant of 0 stands for everything; SQLite's integers end at INT64_MAX. */
    int64_t until = as_known_ns == 0 ? INT64_MAX : (int64_t)as_known_ns;
    struct rows *rows = database_select(registry->database, sql, WITH(int_value(until)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int added = add(rows, out);
        if (added != 0) {
            rows_end(rows);
            status = added;
        }
    }
    return status;
}

int registry_read_imported(struct registry *registry, uint64_t as_known_ns,
                           struct imported *out_imported)
{
    memset(out_imported, 0, sizeof *out_imported);
    int status = read_rows(registry,
                           "SELECT area, variable, class, value, unit, reference_day,"
                           " published_day, source, vintage, status, imported_ns FROM denominator"
                           " WHERE imported_ns <= ?1",
                           as_known_ns, add_denominator, out_imported);
    if (status == 0)
        status = read_rows(registry,
                           "SELECT indicator, area, operator, value, unit, reference_day,"
                           " published_day, source, vintage, imported_ns FROM declared"
                           " WHERE imported_ns <= ?1",
                           as_known_ns, add_declared, out_imported);
    if (status != 0) {
        imported_clear(out_imported);
        return status == -ENOMEM ? -ENOMEM : -EIO;
    }
    imported_sort(out_imported);
    return 0;
}
