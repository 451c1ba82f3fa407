/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/history.h"

#include "collector/registry/registry_private.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct conf_name history_status_names[] = {
    {"provisional", HISTORY_PROVISIONAL},
    {"final", HISTORY_FINAL},
    {"revised", HISTORY_REVISED},
    {NULL, 0},
};

static struct value optional_real(struct optional_double number)
{
    return number.known ? real_value(number.value) : (struct value){.type = VALUE_NULL};
}

static struct optional_double read_optional_real(const struct rows *rows, int column)
{
    return rows_is_null(rows, column) ? (struct optional_double){.known = false}
                                      : optional_double(rows_real(rows, column));
}

static struct value text_or_any(const char *text)
{
    return text ? text_value(text) : (struct value){.type = VALUE_NULL};
}

/* An instant of 0 stands for everything; SQLite's integers end at INT64_MAX. */
static struct value known_until(uint64_t as_known_ns)
{
    return int_value(as_known_ns == 0 ? INT64_MAX : (int64_t)as_known_ns);
}

static void read_history(const struct rows *rows, struct history_row *out)
{
    char grade[4];
    *out = (struct history_row){
        .span = (enum history_span)rows_int(rows, 3),
        .day = rows_int(rows, 4),
        .status = (enum history_status)rows_int(rows, 5),
        .revision = rows_u64(rows, 6),
        .value = read_optional_real(rows, 7),
        .lower = read_optional_real(rows, 8),
        .upper = read_optional_real(rows, 9),
        .old_value = read_optional_real(rows, 10),
        .verdict = (int)rows_int(rows, 11),
        .basis = (int)rows_int(rows, 12),
        .definition_version = rows_u64(rows, 14),
        .computed_ns = rows_u64(rows, 18),
    };
    rows_text(rows, 0, out->indicator, sizeof out->indicator);
    rows_text(rows, 1, out->area, sizeof out->area);
    rows_text(rows, 2, out->operator_name, sizeof out->operator_name);
    rows_text(rows, 13, grade, sizeof grade);
    out->grade = grade[0];
    rows_text(rows, 15, out->vintage, sizeof out->vintage);
    rows_text(rows, 16, out->reason, sizeof out->reason);
    rows_text(rows, 17, out->computed_by, sizeof out->computed_by);
    rows_text(rows, 19, out->digest, sizeof out->digest);
}

#define HISTORY_COLUMNS                                                                            \
    "indicator, area, operator, span, day, status, revision, value, lower, upper, old_value,"      \
    " verdict, basis, grade, definition_version, vintage, reason, computed_by, computed_ns,"       \
    " inputs_digest"
#define HISTORY_WHERE                                                                              \
    " WHERE span BETWEEN ?1 AND ?2 AND day BETWEEN ?3 AND ?4 AND computed_ns <= ?5"                \
    " AND (?6 IS NULL OR indicator = ?6) AND (?7 IS NULL OR area = ?7)"                            \
    " AND (?8 IS NULL OR operator = ?8)"
#define HISTORY_ORDER " ORDER BY span, indicator, area, operator, day, id"

int registry_list_history(struct registry *registry, const struct history_query *query,
                          struct history_row **out_rows, size_t *out_count)
{
    static const char every[] =
        "SELECT " HISTORY_COLUMNS " FROM chronicle" HISTORY_WHERE HISTORY_ORDER;
    static const char last[] =
        "SELECT " HISTORY_COLUMNS
        " FROM chronicle WHERE id IN (SELECT MAX(id) FROM chronicle" HISTORY_WHERE
        " GROUP BY span, day, indicator, area, operator)" HISTORY_ORDER;
    struct history_row *list = NULL;
    size_t count = 0;
    struct rows *rows =
        database_select(registry->database, query->every_row ? every : last,
                        WITH(int_value(query->months ? HISTORY_MONTH : HISTORY_YEAR),
                             int_value(query->years ? HISTORY_YEAR : HISTORY_MONTH),
                             int_value(query->first_day), int_value(query->last_day),
                             known_until(query->as_known_ns), text_or_any(query->indicator),
                             text_or_any(query->area), text_or_any(query->operator_name)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct history_row *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
            break;
        }
        list = grown;
        read_history(rows, &list[count++]);
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_rows = list;
    *out_count = count;
    return 0;
}

int registry_list_history_periods(struct registry *registry, struct history_period **out_periods,
                                  size_t *out_count)
{
    struct history_period *list = NULL;
    size_t count = 0;
    struct rows *rows = database_select(
        registry->database, "SELECT day, computed_ns, dirty FROM chronicle_period ORDER BY day",
        WITHOUT);
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        struct history_period *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
            break;
        }
        list = grown;
        list[count++] = (struct history_period){rows_int(rows, 0), rows_u64(rows, 1),
                                                (unsigned)rows_u64(rows, 2)};
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_periods = list;
    *out_count = count;
    return 0;
}

static int add_row(struct registry *registry, const struct history_row *row)
{
    const char grade[2] = {row->grade, '\0'};
    return database_run(
        registry->database,
        "INSERT INTO chronicle (" HISTORY_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
        " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        WITH(text_value(row->indicator), text_value(row->area), text_value(row->operator_name),
             int_value(row->span), int_value(row->day), int_value(row->status),
             u64_value(row->revision), optional_real(row->value), optional_real(row->lower),
             optional_real(row->upper), optional_real(row->old_value), int_value(row->verdict),
             int_value(row->basis), text_value(grade), u64_value(row->definition_version),
             text_value(row->vintage), text_value(row->reason), text_value(row->computed_by),
             u64_value(row->computed_ns), text_value(row->digest)));
}

static int put_period(struct registry *registry, const struct history_period *period)
{
    return database_run(
        registry->database,
        "INSERT INTO chronicle_period (day, computed_ns, dirty) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (day) DO UPDATE SET computed_ns = ?2, dirty = ?3",
        WITH(int_value(period->day), u64_value(period->computed_ns), u64_value(period->dirty)));
}

/* Ends what database_begin began. */
static int end(struct registry *registry, int status)
{
    if (status >= 0)
        return database_commit(registry->database);
    database_rollback(registry->database);
    return status;
}

int registry_add_history(struct registry *registry, const struct history_row *rows, size_t count,
                         const struct history_period *computed)
{
    int status = database_begin(registry->database);
    if (status != 0)
        return status;
    for (size_t i = 0; i < count && status >= 0; i++)
        status = add_row(registry, &rows[i]);
    if (status >= 0)
        status = put_period(registry, computed);
    return end(registry, status);
}

int registry_read_history_mark(struct registry *registry, struct history_mark *out_mark)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT report_id, imported_ns, rules, computed_by, city FROM chronicle_mark WHERE id = 1",
        WITHOUT);
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    *out_mark =
        (struct history_mark){.report_id = rows_int(rows, 0), .imported_ns = rows_u64(rows, 1)};
    rows_text(rows, 2, out_mark->rules, sizeof out_mark->rules);
    rows_text(rows, 3, out_mark->computed_by, sizeof out_mark->computed_by);
    rows_text(rows, 4, out_mark->city, sizeof out_mark->city);
    rows_end(rows);
    return 0;
}

int registry_write_history_mark(struct registry *registry, const struct history_mark *mark,
                                const struct history_period *periods, size_t count)
{
    int status = database_begin(registry->database);
    if (status != 0)
        return status;
    status = database_run(
        registry->database,
        "INSERT OR REPLACE INTO chronicle_mark (id, report_id, imported_ns, rules, computed_by,"
        " city) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        WITH(int_value(mark->report_id), u64_value(mark->imported_ns), text_value(mark->rules),
             text_value(mark->computed_by), text_value(mark->city)));
    for (size_t i = 0; i < count && status >= 0; i++)
        status = put_period(registry, &periods[i]);
    return end(registry, status);
}

/* A number that may not be there: 0 then. */
static int get_or_zero(struct registry *registry, const char *sql, int64_t *out)
{
    int status = database_get(registry->database, sql, WITHOUT, out);
    return status == -ENOENT ? 0 : status;
}

static int read_late_days(struct registry *registry, int64_t after_report_id, uint64_t before_ns,
                          struct history_news *news)
{
    struct rows *rows = database_select(
        registry->database,
        "SELECT DISTINCT (start_ns / 1000000000 + ?3) / 86400 FROM report"
        " WHERE id > ?1 AND start_ns < ?2",
        WITH(int_value(after_report_id), u64_value(before_ns), int_value(CLOCK_CITY_UTC_OFFSET_S)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int64_t *grown = array_grow(news->late_days, news->late_count, sizeof *grown);
        if (!grown) {
            rows_end(rows);
            return -ENOMEM;
        }
        news->late_days = grown;
        grown[news->late_count++] = rows_int(rows, 0);
    }
    return status;
}

/* The first day that anything speaks of. */
static int read_first_day(struct registry *registry, struct history_news *news)
{
    int64_t start_ns = 0;
    int64_t declared = 0;
    int reported =
        database_get(registry->database, "SELECT MIN(first_start_ns) FROM probe WHERE reports > 0",
                     WITHOUT, &start_ns);
    int said = database_get(registry->database, "SELECT MIN(reference_day) FROM declared", WITHOUT,
                            &declared);
    if ((reported != 0 && reported != -ENOENT) || (said != 0 && said != -ENOENT))
        return reported != 0 && reported != -ENOENT ? reported : said;
    news->data_known = reported == 0 || said == 0;
    if (reported == 0)
        news->first_day = clock_city_day((uint64_t)start_ns);
    if (said == 0 && (reported != 0 || declared < news->first_day))
        news->first_day = declared;
    return 0;
}

int registry_read_history_news(struct registry *registry, int64_t after_report_id,
                               uint64_t before_ns, struct history_news *out_news)
{
    struct history_news news = {.late_days = NULL};
    int64_t imported_ns = 0;
    int status = get_or_zero(registry, "SELECT MAX(id) FROM report", &news.last_report_id);
    if (status == 0)
        status = get_or_zero(registry,
                             "SELECT MAX(t) FROM (SELECT MAX(imported_ns) AS t FROM denominator"
                             " UNION ALL SELECT MAX(imported_ns) FROM declared"
                             " UNION ALL SELECT MAX(imported_ns) FROM registered_node"
                             " UNION ALL SELECT MAX(imported_ns) FROM village"
                             " UNION ALL SELECT MAX(imported_ns) FROM venue"
                             " UNION ALL SELECT MAX(imported_ns) FROM contract)",
                             &imported_ns);
    news.last_imported_ns = (uint64_t)imported_ns;
    if (status == 0)
        status = read_first_day(registry, &news);
    if (status == 0)
        status = read_late_days(registry, after_report_id, before_ns, &news);
    if (status != 0) {
        free(news.late_days);
        return status;
    }
    *out_news = news;
    return 0;
}
