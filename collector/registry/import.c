/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Imported rows, append-only: denominators, declared figures, the operators' registers. A row is
 * known already when the youngest one of its key and vintage says the same. Which vintage counts:
 * the latest publication, then the latest import; a register has no publication, so its latest
 * reference day, then the latest import.
 */
#include "collector/registry/evidence.h"

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

static int64_t year_start(int64_t day, int years_on)
{
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    clock_civil_from_days(day, &year, &month, &day_of_month);
    return clock_days_from_civil(year + years_on, 1, 1);
}

/* An instant of 0 stands for everything; SQLite's integers end at INT64_MAX. */
static struct value known_limit(const struct evidence_query *query)
{
    return int_value(query->as_known_ns == 0 ? INT64_MAX : (int64_t)query->as_known_ns);
}

static void read_denominator(const struct rows *rows, struct denominator *out)
{
    memset(out, 0, sizeof *out);
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
}

int registry_find_denominator(struct registry *registry, const char *area, const char *variable,
                              const char *class_name, const struct evidence_query *query,
                              struct denominator *out_row)
{
    /* Rows of the year come first, then those before the instant. */
    struct rows *rows = database_select(
        registry->database,
        "SELECT area, variable, class, value, unit, reference_day, published_day, source, vintage,"
        " status FROM denominator WHERE area = ?1 AND variable = ?2 AND class = ?3"
        " AND imported_ns <= ?4 AND (reference_day <= ?5 OR reference_day >= ?6)"
        " AND reference_day < ?7"
        " ORDER BY reference_day >= ?6 DESC, reference_day DESC, published_day DESC, id DESC"
        " LIMIT 1",
        WITH(text_value(area), text_value(variable), text_value(class_name), known_limit(query),
             int_value(query->last_day), int_value(year_start(query->last_day, 0)),
             int_value(year_start(query->last_day, 1))));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    read_denominator(rows, out_row);
    rows_end(rows);
    return 0;
}

int registry_find_declared(struct registry *registry, const char *indicator, const char *area,
                           const char *operator_name, const struct evidence_query *query,
                           struct declared_figure *out_row)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT indicator, area, operator, value, unit, reference_day, published_day, source,"
        " vintage FROM declared WHERE indicator = ?1 AND area = ?2 AND operator = ?3"
        " AND imported_ns <= ?4 AND reference_day <= ?5 AND reference_day >= ?6"
        " ORDER BY reference_day DESC, published_day DESC, id DESC LIMIT 1",
        WITH(text_value(indicator), text_value(area), text_value(operator_name), known_limit(query),
             int_value(query->last_day), int_value(year_start(query->last_day, 0))));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    memset(out_row, 0, sizeof *out_row);
    rows_text(rows, 0, out_row->indicator, sizeof out_row->indicator);
    rows_text(rows, 1, out_row->area, sizeof out_row->area);
    rows_text(rows, 2, out_row->operator_name, sizeof out_row->operator_name);
    out_row->value = rows_real(rows, 3);
    rows_text(rows, 4, out_row->unit, sizeof out_row->unit);
    out_row->reference_day = rows_int(rows, 5);
    out_row->published_day = rows_int(rows, 6);
    rows_text(rows, 7, out_row->source, sizeof out_row->source);
    rows_text(rows, 8, out_row->vintage, sizeof out_row->vintage);
    rows_end(rows);
    return 0;
}
