/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/day_sets.h"

#include "collector/registry/database.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_SHIFT 48
#define BLOCK_SHIFT 24
#define PLACE_MAX   ((INT64_C(1) << BLOCK_SHIFT) - 1)
#define BLOCK_MAX   ((INT64_C(1) << (MONTH_SHIFT - BLOCK_SHIFT)) - 1)
#define MASK_BYTES  4
#define ENTRY_BYTES (1 + 2 * MASK_BYTES)

static const struct day_table {
    size_t masks;
    const char *read, *write, *visit, *highest;
} tables[DAY_FAMILIES] = {
    [DAYS_OF_LINES] = {1, "SELECT marks FROM line_days WHERE key = ?1",
                       "INSERT INTO line_days VALUES (?1, ?2)"
                       " ON CONFLICT DO UPDATE SET marks = ?2",
                       "SELECT key, marks FROM line_days WHERE key >= ?1 AND key < ?2 ORDER BY key",
                       "SELECT MAX(id) FROM line"},
    [DAYS_OF_TERMINALS] = {2, "SELECT marks FROM terminal_days WHERE key = ?1",
                           "INSERT INTO terminal_days VALUES (?1, ?2)"
                           " ON CONFLICT DO UPDATE SET marks = ?2",
                           "SELECT key, marks FROM terminal_days WHERE key >= ?1 AND key < ?2"
                           " ORDER BY key",
                           "SELECT MAX(id) FROM element"},
    [DAYS_OF_WTPS] = {2, "SELECT marks FROM wtp_days WHERE key = ?1",
                      "INSERT INTO wtp_days VALUES (?1, ?2)"
                      " ON CONFLICT DO UPDATE SET marks = ?2",
                      "SELECT key, marks FROM wtp_days WHERE key >= ?1 AND key < ?2 ORDER BY key",
                      "SELECT MAX(id) FROM element"},
};

/* One block of one month and place. */
struct row {
    struct day_mark marks[BLOCK_IDS];
    size_t count;
};

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* Bytes that this program cannot have written end the row: a damaged file is no reason to run over
 * its end. */
static void unpack(const struct day_table *table, int64_t first_id, const uint8_t *bytes,
                   size_t length, struct row *row)
{
    size_t size = 1 + table->masks * MASK_BYTES;
    int before = -1;
    row->count = 0;
    for (size_t at = 0; at + size <= length && bytes[at] < BLOCK_IDS && bytes[at] > before;
         at += size) {
        before = bytes[at];
        row->marks[row->count++] = (struct day_mark){
            .id = first_id + bytes[at],
            .days = read_u32(bytes + at + 1),
            .run = table->masks > 1 ? read_u32(bytes + at + 1 + MASK_BYTES) : 0,
        };
    }
}

static size_t pack(const struct day_table *table, const struct row *row,
                   uint8_t out[static BLOCK_IDS * ENTRY_BYTES])
{
    size_t at = 0;
    for (size_t i = 0; i < row->count; i++) {
        out[at] = (uint8_t)(row->marks[i].id % BLOCK_IDS);
        write_u32(out + at + 1, row->marks[i].days);
        at += 1 + MASK_BYTES;
        if (table->masks > 1) {
            write_u32(out + at, row->marks[i].run);
            at += MASK_BYTES;
        }
    }
    return at;
}

/* Both by id. True when something is new. */
static bool unite(struct row *row, const struct day_mark *marks, size_t count)
{
    struct row sum;
    bool changed = false;
    size_t old = 0;
    sum.count = 0;
    for (size_t i = 0; i < count; i++) {
        while (old < row->count && row->marks[old].id < marks[i].id)
            sum.marks[sum.count++] = row->marks[old++];
        bool known = old < row->count && row->marks[old].id == marks[i].id;
        struct day_mark mark = known ? row->marks[old++] : (struct day_mark){.id = marks[i].id};
        changed = changed || !known || (marks[i].days & ~mark.days) || (marks[i].run & ~mark.run);
        mark.days |= marks[i].days;
        mark.run |= marks[i].run;
        while (i + 1 < count && marks[i + 1].id == mark.id) { /* named twice */
            mark.days |= marks[++i].days;
            mark.run |= marks[i].run;
        }
        sum.marks[sum.count++] = mark;
    }
    while (old < row->count)
        sum.marks[sum.count++] = row->marks[old++];
    memcpy(row->marks, sum.marks, sum.count * sizeof *sum.marks);
    row->count = sum.count;
    return changed;
}

static int compare_marks(const void *a, const void *b)
{
    const struct day_mark *x = a;
    const struct day_mark *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* How many of the marks, from the first on, lie in its block. */
static size_t run_length(const struct day_mark *marks, size_t count)
{
    size_t run = 1;
    while (run < count && marks[run].id / BLOCK_IDS == marks[0].id / BLOCK_IDS)
        run++;
    return run;
}

static int add_block(struct database *database, const struct day_table *table, int64_t key,
                     const struct day_mark *marks, size_t count)
{
    struct row row = {.count = 0};
    struct rows *rows = database_select(database, table->read, WITH(int_value(key)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 0)
        return status;
    if (status == 1) {
        size_t length = 0;
        const uint8_t *bytes = rows_blob(rows, 0, &length);
        unpack(table, marks[0].id / BLOCK_IDS * BLOCK_IDS, bytes, length, &row);
        rows_end(rows);
    }
    if (!unite(&row, marks, count))
        return 0;
    uint8_t packed[BLOCK_IDS * ENTRY_BYTES];
    size_t length = pack(table, &row, packed);
    status = database_run(database, table->write, WITH(int_value(key), blob_value(packed, length)));
    return status < 0 ? status : 0;
}

int day_sets_add(struct database *database, enum day_family family, int64_t month, int64_t place,
                 struct day_mark *marks, size_t count)
{
    int status = place >= 0 && place <= PLACE_MAX ? 0 : -EOVERFLOW;
    if (count)
        qsort(marks, count, sizeof *marks, compare_marks);
    for (size_t i = 0, run = 0; i < count && status == 0; i += run) {
        int64_t block = marks[i].id / BLOCK_IDS;
        run = run_length(marks + i, count - i);
        if (block > BLOCK_MAX)
            return -EOVERFLOW;
        status = add_block(database, &tables[family],
                           month << MONTH_SHIFT | block << BLOCK_SHIFT | place, marks + i, run);
    }
    return status;
}

int day_sets_visit(struct database *database, enum day_family family, int64_t month,
                   day_sets_visit_fn visit, void *ctx)
{
    const struct day_table *table = &tables[family];
    struct row row;
    struct rows *rows = database_select(
        database, table->visit,
        WITH(int_value(month << MONTH_SHIFT), int_value((month + 1) << MONTH_SHIFT)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int64_t key = rows_int(rows, 0);
        size_t length = 0;
        const uint8_t *bytes = rows_blob(rows, 1, &length);
        unpack(table, (key >> BLOCK_SHIFT & BLOCK_MAX) * BLOCK_IDS, bytes, length, &row);
        visit(ctx, key & PLACE_MAX, row.marks, row.count);
    }
    return status;
}

static int next_block(struct database *database, enum day_family family, int64_t *out_id)
{
    int64_t highest = 0;
    int status = database_get(database, tables[family].highest, WITHOUT, &highest);
    *out_id = (highest / BLOCK_IDS + 1) * BLOCK_IDS;
    return status == -ENOENT ? 0 : status;
}

int id_supply_take(struct database *database, struct id_supply *supply, int64_t *out_id)
{
    int status = 0;
    if (supply->next == 0)
        status = database_get(
            database, "SELECT next_id FROM open_block WHERE family = ?1 AND place = ?2",
            WITH(int_value(supply->family), int_value(supply->place)), &supply->next);
    if (status != 0 && status != -ENOENT)
        return status;
    status = 0;
    if (supply->next % BLOCK_IDS == 0) /* none yet, or the last one is full */
        status = next_block(database, supply->family, &supply->next);
    *out_id = supply->next++;
    return status;
}

int id_supply_put_back(struct database *database, const struct id_supply *supply)
{
    if (supply->next == 0)
        return 0;
    int status = database_run(
        database,
        "INSERT INTO open_block VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET next_id = ?3",
        WITH(int_value(supply->family), int_value(supply->place), int_value(supply->next)));
    return status < 0 ? status : 0;
}

/* The month's rows of a table of before, by block and place, so that each block is written once. */
static int move_rows(struct database *database, enum day_family family, const char *sql)
{
    struct day_mark marks[BLOCK_IDS];
    size_t count = 0;
    int64_t month = 0;
    int64_t place = 0;
    struct rows *rows = database_select(database, sql, WITHOUT);
    int status = rows ? 1 : -errno;
    while (status > 0) {
        int more = rows_next(rows);
        if (more < 0)
            return more;
        bool same = more == 1 && count > 0 && count < BLOCK_IDS && rows_int(rows, 0) == month &&
                    rows_int(rows, 2) == place &&
                    rows_int(rows, 1) / BLOCK_IDS == marks[0].id / BLOCK_IDS;
        if (!same && count > 0) {
            int added = day_sets_add(database, family, month, place, marks, count);
            if (added != 0) {
                if (more == 1)
                    rows_end(rows);
                return added;
            }
            count = 0;
        }
        status = more;
        if (more == 0)
            break;
        month = rows_int(rows, 0);
        place = rows_int(rows, 2);
        marks[count++] = (struct day_mark){.id = rows_int(rows, 1),
                                           .days = (uint32_t)rows_int(rows, 3),
                                           .run = (uint32_t)rows_int(rows, 4)};
    }
    return status;
}

static int move_line_facts(struct database *database)
{
    struct rows *rows = database_select(database, "SELECT id, key_kind FROM line", WITHOUT);
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        const struct day_mark mark = {.id = rows_int(rows, 0)};
        int added = line_facts_add(database, &mark, 1, (enum line_key_kind)rows_int(rows, 1));
        if (added != 0) {
            rows_end(rows);
            status = added;
        }
    }
    return status;
}

static int move_element_facts(struct database *database)
{
    struct rows *rows = database_select(
        database, "SELECT id, technology, model_class, service, told_ns FROM element", WITHOUT);
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        const struct day_mark mark = {.id = rows_int(rows, 0)};
        const struct element_facts facts = {(uint8_t)rows_int(rows, 1), (uint8_t)rows_int(rows, 2),
                                            (uint8_t)rows_int(rows, 3)};
        int added = element_facts_add(database, &mark, 1, &facts, rows_u64(rows, 4));
        if (added != 0) {
            rows_end(rows);
            status = added;
        }
    }
    return status;
}

int day_sets_take_over(struct database *database)
{
    static_assert(ELEMENT_TERMINAL == 0 && ELEMENT_WTP == 1, "the statements say so");
    int64_t found = 0;
    int status = database_get(database, "SELECT 1 FROM sqlite_schema WHERE name = 'line_month'",
                              WITHOUT, &found);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    status = move_rows(database, DAYS_OF_LINES,
                       "SELECT month, line_id, branch_id, days, 0 FROM line_month"
                       " ORDER BY month, line_id / 128, branch_id, line_id");
    if (status == 0)
        status = move_rows(database, DAYS_OF_TERMINALS,
                           "SELECT month, element_id, m.node_id, listed, run FROM element_month m"
                           " JOIN element e ON e.id = m.element_id AND e.kind = 0"
                           " ORDER BY month, element_id / 128, m.node_id, element_id");
    if (status == 0)
        status = move_rows(database, DAYS_OF_WTPS,
                           "SELECT month, element_id, m.node_id, listed, run FROM element_month m"
                           " JOIN element e ON e.id = m.element_id AND e.kind = 1"
                           " ORDER BY month, element_id / 128, m.node_id, element_id");
    if (status == 0)
        status = move_line_facts(database);
    if (status == 0)
        status = move_element_facts(database);
    if (status != 0)
        return status;
    return database_run_script(database, "DROP TABLE line_month; DROP TABLE element_month;"
                                         "ALTER TABLE line DROP COLUMN key_kind;"
                                         "ALTER TABLE line DROP COLUMN first_day;"
                                         "ALTER TABLE line DROP COLUMN last_day;"
                                         "ALTER TABLE element DROP COLUMN technology;"
                                         "ALTER TABLE element DROP COLUMN model_class;"
                                         "ALTER TABLE element DROP COLUMN service;"
                                         "ALTER TABLE element DROP COLUMN state;"
                                         "ALTER TABLE element DROP COLUMN node_id;"
                                         "ALTER TABLE element DROP COLUMN told_ns;"
                                         "ALTER TABLE element DROP COLUMN first_day;"
                                         "ALTER TABLE element DROP COLUMN last_day;");
}
