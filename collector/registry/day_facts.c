/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is known of each line and element beside its days: blocks of fixed width, by id.
 */
#include "collector/registry/day_sets.h"

#include "collector/registry/database.h"

#include "common/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_FACTS         3  /* technology, model class, service */
#define ELEMENT_FACT_BYTES 15 /* one byte and four of time for each */
#define EPOCH_NS           (UINT64_C(1420070400) * CLOCK_NS_PER_S) /* 2015-01-01 */

/* A block's bytes; zeros where nothing is stored yet, or less than that. */
static int read_block(struct database *database, const char *sql, int64_t block, uint8_t *out,
                      size_t size)
{
    memset(out, 0, size);
    struct rows *rows = database_select(database, sql, WITH(int_value(block)));
    int status = rows ? rows_next(rows) : -errno;
    if (status < 1)
        return status;
    size_t length = 0;
    const void *bytes = rows_blob(rows, 0, &length);
    if (length)
        memcpy(out, bytes, length < size ? length : size);
    rows_end(rows);
    return 0;
}

/* LINE_KEY_NONE is 0 and says nothing; else the smaller is the better. */
static bool is_better_kind(uint8_t known, enum line_key_kind told)
{
    return told != LINE_KEY_NONE && (known == LINE_KEY_NONE || (uint8_t)told < known);
}

int line_facts_add(struct database *database, const struct day_mark *marks, size_t count,
                   enum line_key_kind key_kind)
{
    uint8_t kinds[BLOCK_IDS];
    int status = 0;
    for (size_t i = 0; i < count && status >= 0;) {
        int64_t block = marks[i].id / BLOCK_IDS;
        bool changed = false;
        status = read_block(database, "SELECT facts FROM line_facts WHERE block = ?1", block, kinds,
                            sizeof kinds);
        for (; i < count && marks[i].id / BLOCK_IDS == block; i++) {
            uint8_t *known = &kinds[marks[i].id % BLOCK_IDS];
            if (!is_better_kind(*known, key_kind))
                continue;
            *known = (uint8_t)key_kind;
            changed = true;
        }
        if (status >= 0 && changed)
            status = database_run(database,
                                  "INSERT INTO line_facts VALUES (?1, ?2)"
                                  " ON CONFLICT DO UPDATE SET facts = ?2",
                                  WITH(int_value(block), blob_value(kinds, sizeof kinds)));
    }
    return status < 0 ? status : 0;
}

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What is told later holds; of two that are told in one second the larger: no order of arrival
 * decides. True when the stored bytes change. */
static bool tell(uint8_t *facts, size_t which, uint8_t value, uint32_t told_s)
{
    uint8_t *time = facts + TOLD_FACTS + 4 * which;
    uint32_t before_s = read_u32(time);
    if (value == 0 || told_s < before_s || (told_s == before_s && value <= facts[which]))
        return false;
    facts[which] = value;
    for (int i = 0; i < 4; i++)
        time[i] = (uint8_t)(told_s >> (24 - 8 * i));
    return true;
}

int element_facts_add(struct database *database, const struct day_mark *marks, size_t count,
                      const struct element_facts *facts, uint64_t told_ns)
{
    uint8_t bytes[BLOCK_IDS * ELEMENT_FACT_BYTES];
    uint32_t told_s = told_ns > EPOCH_NS ? (uint32_t)((told_ns - EPOCH_NS) / CLOCK_NS_PER_S) : 0;
    int status = 0;
    for (size_t i = 0; i < count && status >= 0;) {
        int64_t block = marks[i].id / BLOCK_IDS;
        bool changed = false;
        status = read_block(database, "SELECT facts FROM element_facts WHERE block = ?1", block,
                            bytes, sizeof bytes);
        for (; i < count && marks[i].id / BLOCK_IDS == block; i++) {
            uint8_t *known = bytes + marks[i].id % BLOCK_IDS * ELEMENT_FACT_BYTES;
            changed = tell(known, 0, facts->technology, told_s) || changed;
            changed = tell(known, 1, facts->model_class, told_s) || changed;
            changed = tell(known, 2, facts->service, told_s) || changed;
        }
        if (status >= 0 && changed)
            status = database_run(database,
                                  "INSERT INTO element_facts VALUES (?1, ?2)"
                                  " ON CONFLICT DO UPDATE SET facts = ?2",
                                  WITH(int_value(block), blob_value(bytes, sizeof bytes)));
    }
    return status < 0 ? status : 0;
}

/* Where the facts of all blocks go. */
struct facts_array {
    void *facts;
    size_t size; /* of one */
    int64_t count;
    void (*take)(const uint8_t *bytes, void *fact);
    size_t bytes; /* of one, as stored */
};

static int read_all(struct database *database, const char *highest, const char *sql,
                    struct facts_array *array)
{
    int64_t last = -1;
    int status = database_get(database, highest, WITHOUT, &last);
    if (status != 0 && status != -ENOENT)
        return status;
    array->count = (last / BLOCK_IDS + 1) * BLOCK_IDS;
    array->facts = calloc((size_t)array->count + 1, array->size);
    struct rows *rows = array->facts ? database_select(database, sql, WITHOUT) : NULL;
    status = rows ? 1 : array->facts ? -errno : -ENOMEM;
    while (status > 0 && (status = rows_next(rows)) == 1) {
        int64_t first = rows_int(rows, 0) * BLOCK_IDS;
        size_t length = 0;
        const uint8_t *bytes = rows_blob(rows, 1, &length);
        bool sound = first >= 0 && first < array->count && length == BLOCK_IDS * array->bytes;
        for (int64_t i = 0; sound && i < BLOCK_IDS; i++)
            array->take(bytes + (size_t)i * array->bytes,
                        (uint8_t *)array->facts + (size_t)(first + i) * array->size);
    }
    return status;
}

static void take_kind(const uint8_t *bytes, void *fact)
{
    *(uint8_t *)fact = bytes[0];
}

static void take_element(const uint8_t *bytes, void *fact)
{
    *(struct element_facts *)fact = (struct element_facts){bytes[0], bytes[1], bytes[2]};
}

int line_facts_read(struct database *database, uint8_t **out_kinds, int64_t *out_count)
{
    struct facts_array array = {.size = 1, .take = take_kind, .bytes = 1};
    int status = read_all(database, "SELECT MAX(id) FROM line",
                          "SELECT block, facts FROM line_facts", &array);
    *out_kinds = array.facts;
    *out_count = array.count;
    return status;
}

int element_facts_read(struct database *database, struct element_facts **out_facts,
                       int64_t *out_count)
{
    struct facts_array array = {
        .size = sizeof **out_facts, .take = take_element, .bytes = ELEMENT_FACT_BYTES};
    int status = read_all(database, "SELECT MAX(id) FROM element",
                          "SELECT block, facts FROM element_facts", &array);
    *out_facts = array.facts;
    *out_count = array.count;
    return status;
}
