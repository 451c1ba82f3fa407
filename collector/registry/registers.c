/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every kind of register is a table of columns, bound and read back in one order, and four
 * statements over it. A row is known already when the youngest one of its key and vintage says the
 * same.
 */
#include "collector/registry/registers.h"

#include "collector/registry/registry_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX  17
#define ROW_SIZE_MAX 4096

enum settlement settlement_of_class(int class_code)
{
    static const int urban[] = {111, 112, 121, 122, 123};
    static const int rural[] = {210, 220};
    for (size_t i = 0; i < sizeof urban / sizeof urban[0]; i++)
        if (urban[i] == class_code)
            return SETTLEMENT_URBAN;
    for (size_t i = 0; i < sizeof rural / sizeof rural[0]; i++)
        if (rural[i] == class_code)
            return SETTLEMENT_RURAL;
    return SETTLEMENT_UNKNOWN;
}

enum column_type {
    COLUMN_END,
    COLUMN_TEXT,
    COLUMN_DAY,
    COLUMN_ENUM,
    COLUMN_REAL,
    COLUMN_OPTIONAL,
    COLUMN_IMPORTED
};

struct register_column {
    enum column_type type;
    size_t offset, size;
};

struct sheet {
    const struct register_column *columns;
    size_t row_size;
    /* ?1.. are the columns in their order, the last of which is the time of the import. */
    const char *insert, *of_vintage, *of_key;
    const char *every;    /* ?1 the last time of an import */
    const char *in_force; /* ?1 the last reference day, ?2 the last time of an import */
};

#define AT(kind, type, member)                                                                     \
    {                                                                                              \
        COLUMN_##kind, offsetof(type, member), sizeof(((type *)0)->member)                         \
    }
#define END                                                                                        \
    {                                                                                              \
        COLUMN_END, 0, 0                                                                           \
    }
#define OF(member) AT(TEXT, ROW, member)
#define IMPRINT_COLUMNS                                                                            \
    AT(DAY, ROW, reference_day), AT(DAY, ROW, published_day), OF(source), OF(vintage), OF(status), \
        AT(IMPORTED, ROW, imported_ns)

#define ROW struct denominator
static const struct register_column denominator_columns[] = {
    OF(area), OF(variable), OF(class_name), AT(REAL, ROW, value), OF(unit), IMPRINT_COLUMNS, END,
};
#undef ROW
#define ROW struct declared_figure
static const struct register_column declared_columns[] = {
    OF(indicator),   OF(area), OF(operator_name), AT(REAL, ROW, value), OF(unit),
    IMPRINT_COLUMNS, END,
};
#undef ROW
#define ROW struct registered_node
static const struct register_column node_columns[] = {
    OF(operator_name),
    OF(access_node),
    OF(area),
    AT(ENUM, ROW, settlement),
    AT(ENUM, ROW, residence),
    AT(ENUM, ROW, technology),
    AT(OPTIONAL, ROW, lines),
    AT(OPTIONAL, ROW, wtps),
    OF(village),
    IMPRINT_COLUMNS,
    END,
};
#undef ROW
#define ROW struct village
static const struct register_column village_columns[] = {
    OF(village), OF(label), OF(area), AT(ENUM, ROW, class_code), IMPRINT_COLUMNS, END,
};
#undef ROW
#define ROW struct venue
static const struct register_column venue_columns[] = {
    OF(venue),
    OF(label),
    AT(ENUM, ROW, category),
    OF(class_name),
    OF(area),
    OF(operator_name),
    OF(access_node),
    OF(access_point),
    AT(OPTIONAL, ROW, opened_day),
    AT(OPTIONAL, ROW, closed_day),
    IMPRINT_COLUMNS,
    END,
};
#undef ROW
#define ROW struct contract
static const struct register_column contract_columns[] = {
    OF(operator_name),
    OF(area),
    AT(ENUM, ROW, settlement),
    AT(ENUM, ROW, residence),
    AT(ENUM, ROW, technology),
    AT(OPTIONAL, ROW, rate_kbit_s),
    AT(OPTIONAL, ROW, lines),
    IMPRINT_COLUMNS,
    END,
};
#undef ROW
#define ROW struct remark
static const struct register_column remark_columns[] = {
    OF(indicator), OF(area),    OF(operator_name), OF(period),
    OF(text_zh),   OF(text_en), IMPRINT_COLUMNS,   END,
};
#undef ROW

#define IMPRINT     "reference_day, published_day, source, vintage, status, imported_ns"
#define DENOMINATOR "area, variable, class, value, unit, " IMPRINT
#define DECLARED    "indicator, area, operator, value, unit, " IMPRINT
#define NODE                                                                                       \
    "operator, access_node, area, settlement, residence, technology, lines, wtps, "                \
    "village, " IMPRINT
#define VILLAGE "village, label, area, class, " IMPRINT
#define VENUE                                                                                      \
    "venue, label, category, class, area, operator, access_node, access_point, opened_day,"        \
    " closed_day, " IMPRINT
#define CONTRACT "operator, area, settlement, residence, technology, rate_kbit_s, lines, " IMPRINT
#define REMARK   "indicator, area, operator, period, text_zh, text_en, " IMPRINT

#define UP_TO_9  "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9"
#define UP_TO_11 UP_TO_9 ", ?10, ?11"
#define UP_TO_12 UP_TO_11 ", ?12"
#define UP_TO_15 UP_TO_12 ", ?13, ?14, ?15"

/* last: the parameter of the import's time, which also gives the statement all its parameters. */
#define INSERT(table, columns, marks) "INSERT INTO " table " (" columns ") VALUES (" marks ")"
#define OF_VINTAGE(table, columns, key, vintage, last)                                             \
    "SELECT " columns " FROM " table " WHERE " key " AND vintage = " vintage " AND " last          \
    " ORDER BY id DESC LIMIT 1"
#define OF_KEY(table, columns, key, last)                                                          \
    "SELECT " columns " FROM " table " WHERE " key " AND " last                                    \
    " ORDER BY published_day DESC, id DESC LIMIT 1"
#define EVERY(table, columns)                                                                      \
    "SELECT " columns " FROM " table " WHERE imported_ns <= ?1 ORDER BY id"
#define IN_FORCE(table, columns, key)                                                              \
    "SELECT " columns " FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY " key                      \
    " ORDER BY reference_day DESC, published_day DESC, id DESC) AS place FROM " table              \
    " WHERE reference_day <= ?1 AND imported_ns <= ?2) WHERE place = 1 ORDER BY " key

#define DENOMINATOR_KEY "area = ?1 AND variable = ?2 AND class = ?3 AND reference_day = ?6"
#define DECLARED_KEY    "indicator = ?1 AND area = ?2 AND operator = ?3 AND reference_day = ?6"
#define NODE_KEY                                                                                   \
    "operator = ?1 AND access_node = ?2 AND residence = ?5 AND technology = ?6"                    \
    " AND reference_day = ?10"
#define VILLAGE_KEY "village = ?1 AND reference_day = ?5"
#define VENUE_KEY                                                                                  \
    "venue = ?1 AND operator = ?6 AND access_node = ?7 AND access_point = ?8"                      \
    " AND reference_day = ?11"
#define CONTRACT_KEY                                                                               \
    "operator = ?1 AND area = ?2 AND settlement = ?3 AND residence = ?4 AND technology = ?5"       \
    " AND rate_kbit_s IS ?6 AND reference_day = ?8"
#define REMARK_KEY "indicator = ?1 AND area = ?2 AND operator = ?3 AND period = ?4"

static const struct sheet sheets[REGISTER_KINDS] = {
    [REGISTER_DENOMINATORS] = {denominator_columns, sizeof(struct denominator),
                               INSERT("denominator", DENOMINATOR, UP_TO_11),
                               OF_VINTAGE("denominator", DENOMINATOR, DENOMINATOR_KEY, "?9", "?11"),
                               OF_KEY("denominator", DENOMINATOR, DENOMINATOR_KEY, "?11"),
                               EVERY("denominator", DENOMINATOR),
                               IN_FORCE("denominator", DENOMINATOR, "area, variable, class")},
    [REGISTER_DECLARED] = {declared_columns, sizeof(struct declared_figure),
                           INSERT("declared", DECLARED, UP_TO_11),
                           OF_VINTAGE("declared", DECLARED, DECLARED_KEY, "?9", "?11"),
                           OF_KEY("declared", DECLARED, DECLARED_KEY, "?11"),
                           EVERY("declared", DECLARED),
                           IN_FORCE("declared", DECLARED, "indicator, area, operator")},
    [REGISTER_NODES] =
        {node_columns, sizeof(struct registered_node), INSERT("registered_node", NODE, UP_TO_15),
         OF_VINTAGE("registered_node", NODE, NODE_KEY, "?13", "?15"),
         OF_KEY("registered_node", NODE, NODE_KEY, "?15"), EVERY("registered_node", NODE),
         IN_FORCE("registered_node", NODE, "operator, access_node, residence, technology")},
    [REGISTER_VILLAGES] = {village_columns, sizeof(struct village),
                           INSERT("village", VILLAGE, UP_TO_9 ", ?10"),
                           OF_VINTAGE("village", VILLAGE, VILLAGE_KEY, "?8", "?10"),
                           OF_KEY("village", VILLAGE, VILLAGE_KEY, "?10"),
                           EVERY("village", VILLAGE), IN_FORCE("village", VILLAGE, "village")},
    [REGISTER_VENUES] = {venue_columns, sizeof(struct venue),
                         INSERT("venue", VENUE, UP_TO_15 ", ?16"),
                         OF_VINTAGE("venue", VENUE, VENUE_KEY, "?14", "?16"),
                         OF_KEY("venue", VENUE, VENUE_KEY, "?16"), EVERY("venue", VENUE),
                         IN_FORCE("venue", VENUE, "venue, operator, access_node, access_point")},
    [REGISTER_CONTRACTS] =
        {contract_columns, sizeof(struct contract), INSERT("contract", CONTRACT, UP_TO_12 ", ?13"),
         OF_VINTAGE("contract", CONTRACT, CONTRACT_KEY, "?11", "?13"),
         OF_KEY("contract", CONTRACT, CONTRACT_KEY, "?13"), EVERY("contract", CONTRACT),
         "SELECT " CONTRACT " FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY operator, area,"
         " settlement, residence, technology, rate_kbit_s, reference_day"
         " ORDER BY published_day DESC, id DESC) AS place,"
         " MAX(reference_day) OVER (PARTITION BY operator) AS latest_day FROM contract"
         " WHERE reference_day <= ?1 AND imported_ns <= ?2)"
         " WHERE place = 1 AND reference_day = latest_day"
         " ORDER BY operator, area, settlement, residence, technology, rate_kbit_s"},
    [REGISTER_REMARKS] = {remark_columns, sizeof(struct remark), INSERT("remark", REMARK, UP_TO_12),
                          OF_VINTAGE("remark", REMARK, REMARK_KEY, "?10", "?12"),
                          OF_KEY("remark", REMARK, REMARK_KEY, "?12"), EVERY("remark", REMARK),
                          IN_FORCE("remark", REMARK, "indicator, area, operator, period")},
};

static size_t column_count(const struct sheet *sheet)
{
    size_t count = 0;
    while (sheet->columns[count].type != COLUMN_END)
        count++;
    return count;
}

static struct value cell_value(const struct register_column *column, const void *row)
{
    const char *at = (const char *)row + column->offset;
    int number = 0;
    switch (column->type) {
    case COLUMN_TEXT:
        return text_value(at);
    case COLUMN_DAY:
        return int_value(*(const int64_t *)(const void *)at);
    case COLUMN_REAL:
        return real_value(*(const double *)(const void *)at);
    case COLUMN_OPTIONAL:
        return optional_value(*(const struct optional_u64 *)(const void *)at);
    case COLUMN_IMPORTED:
        return u64_value(*(const uint64_t *)(const void *)at);
    case COLUMN_ENUM:
    case COLUMN_END:
        break;
    }
    memcpy(&number, at, sizeof number);
    return int_value(number);
}

static bool cells_are_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_INTEGER:
        return a->integer == b->integer;
    case VALUE_REAL: /* the very same double: it went in and came out by its bits */
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case VALUE_TEXT:
        return strcmp(a->bytes, b->bytes) == 0;
    case VALUE_NULL:
    case VALUE_BLOB:
        break;
    }
    return true;
}

/* But for the time of the import. */
static bool rows_are_equal(const struct sheet *sheet, const void *a, const void *b)
{
    for (const struct register_column *column = sheet->columns; column->type != COLUMN_END;
         column++) {
        struct value x = cell_value(column, a);
        struct value y = cell_value(column, b);
        if (column->type != COLUMN_IMPORTED && !cells_are_equal(&x, &y))
            return false;
    }
    return true;
}

static void read_row(const struct sheet *sheet, const struct rows *rows, void *out)
{
    memset(out, 0, sheet->row_size);
    for (int i = 0; sheet->columns[i].type != COLUMN_END; i++) {
        const struct register_column *column = &sheet->columns[i];
        char *at = (char *)out + column->offset;
        int number = 0;
        switch (column->type) {
        case COLUMN_TEXT:
            rows_text(rows, i, at, column->size);
            break;
        case COLUMN_DAY:
            *(int64_t *)(void *)at = rows_int(rows, i);
            break;
        case COLUMN_REAL:
            *(double *)(void *)at = rows_real(rows, i);
            break;
        case COLUMN_IMPORTED:
            *(uint64_t *)(void *)at = rows_u64(rows, i);
            break;
        case COLUMN_OPTIONAL:
            *(struct optional_u64 *)(void *)at = rows_optional(rows, i);
            break;
        case COLUMN_ENUM:
            number = (int)rows_int(rows, i);
            memcpy(at, &number, sizeof number);
            break;
        case COLUMN_END:
            break;
        }
    }
}

/* 0, -ENOENT, or what the database refuses with. */
static int find_row(struct registry *registry, const struct sheet *sheet, const char *sql,
                    const struct value *values, void *out)
{
    struct rows *rows = database_select(registry->database, sql, values, column_count(sheet));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    read_row(sheet, rows, out);
    rows_end(rows);
    return 0;
}

int registry_import_row(struct registry *registry, enum register_kind kind, const void *row,
                        void *out_old)
{
    const struct sheet *sheet = &sheets[kind];
    struct value values[COLUMNS_MAX];
    _Alignas(16) char old[ROW_SIZE_MAX];
    size_t count = column_count(sheet);
    for (size_t i = 0; i < count; i++)
        values[i] = sheet->columns[i].type == COLUMN_IMPORTED ? u64_value(registry->import_ns)
                                                              : cell_value(&sheet->columns[i], row);
    int status = find_row(registry, sheet, sheet->of_vintage, values, old);
    if (status == 0 && rows_are_equal(sheet, old, row))
        return REGISTER_UNCHANGED;
    if (status == 0 || status == -ENOENT)
        status = find_row(registry, sheet, sheet->of_key, values, old);
    if (status != 0 && status != -ENOENT)
        return status;
    bool known = status == 0;
    status = database_run(registry->database, sheet->insert, values, count);
    if (status < 0)
        return status;
    if (known && out_old)
        memcpy(out_old, old, sheet->row_size);
    return known ? REGISTER_REVISED : REGISTER_NEW;
}

/* Takes all that is selected; rows may be NULL, with errno. */
static int list_rows(const struct sheet *sheet, struct rows *rows, void **out_rows,
                     size_t *out_count)
{
    char *list = NULL;
    size_t count = 0;
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        char *grown = array_grow(list, count, sheet->row_size);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
            break;
        }
        list = grown;
        read_row(sheet, rows, list + count++ * sheet->row_size);
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_rows = list;
    *out_count = count;
    return 0;
}

/* An instant of 0 stands for everything; SQLite's integers end at INT64_MAX. */
static struct value known_until(uint64_t as_known_ns)
{
    return int_value(as_known_ns == 0 ? INT64_MAX : (int64_t)as_known_ns);
}

int registry_list_register(struct registry *registry, enum register_kind kind, int64_t last_day,
                           uint64_t as_known_ns, void **out_rows, size_t *out_count)
{
    const struct sheet *sheet = &sheets[kind];
    struct rows *rows = database_select(registry->database, sheet->in_force,
                                        WITH(int_value(last_day), known_until(as_known_ns)));
    return list_rows(sheet, rows, out_rows, out_count);
}

int registry_list_vintages(struct registry *registry, enum register_kind kind, uint64_t as_known_ns,
                           void **out_rows, size_t *out_count)
{
    const struct sheet *sheet = &sheets[kind];
    struct rows *rows =
        database_select(registry->database, sheet->every, WITH(known_until(as_known_ns)));
    return list_rows(sheet, rows, out_rows, out_count);
}
