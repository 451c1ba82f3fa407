/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/random_archive.h"

#include "collector/archive/column.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill_text(char *at, size_t size, uint32_t *state)
{
    static const char *const texts[] = {
        "",     "a,b",  "say \"x\"",        "two\nlines", " led", "trailing\t", "=1+1", "+86",
        "威海", "\r\n", "\xf0\x9f\x8c\x8a", "371002",     "'",    "\"\"\"",     "-",    "@",
        "cu",   "gd",   "371071",           "a b",        "x"};
    (void)snprintf(at, size, "%s", texts[next_random(state) % (sizeof texts / sizeof texts[0])]);
}

static double some_double(uint32_t *state)
{
    static const double doubles[] = {0,
                                     -0.0,
                                     0.1,
                                     1.0 / 3,
                                     1e300,
                                     5e-324,
                                     123456789012345678.0,
                                     -97,
                                     63.5,
                                     1e15,
                                     1e16,
                                     2.5,
                                     1.7976931348623157e308};
    if (next_random(state) % 2)
        return doubles[next_random(state) % (sizeof doubles / sizeof doubles[0])];
    return (double)next_random(state) / ((double)next_random(state) + 1);
}

static uint64_t some_u64(uint32_t *state)
{
    return next_random(state) % 4 ? next_random(state) % 1000 : UINT64_MAX - next_random(state) % 3;
}

static void fill(const struct archive_column *column, char *row, uint32_t *state)
{
    void *at = row + column->offset;
    int64_t day = (int64_t)(next_random(state) % 40000) - 10000;
    int id = 0;
    switch (column->kind) {
    case COLUMN_TEXT:
        fill_text(at, column->size, state);
        break;
    case COLUMN_U64:
        *(uint64_t *)at = some_u64(state);
        break;
    case COLUMN_OPTIONAL_U64:
        if (next_random(state) % 2)
            *(struct optional_u64 *)at = optional_u64(some_u64(state));
        break;
    case COLUMN_DOUBLE:
        *(double *)at = some_double(state);
        break;
    case COLUMN_OPTIONAL_DOUBLE:
        if (next_random(state) % 2)
            *(struct optional_double *)at = optional_double(some_double(state));
        break;
    case COLUMN_BOOL:
        *(bool *)at = next_random(state) % 2;
        break;
    case COLUMN_ENUM:
        while (column->names[id].name)
            id++;
        id = column->names[next_random(state) % (uint32_t)id].id;
        memcpy(at, &id, sizeof id);
        break;
    case COLUMN_DAY:
        memcpy(at, &day, sizeof day);
        break;
    }
}

/* Rows whose nodes are missing, and second rows of one key, are no rows of an archive. */
static void add_rows(struct archive *archive, const struct archive_table *table, unsigned rows,
                     uint32_t *state)
{
    char *row = malloc(table->row_bytes);
    for (unsigned i = 0; row && i < rows; i++) {
        memset(row, 0, table->row_bytes);
        for (size_t c = 0; c < table->column_count; c++)
            fill(&table->columns[c], row, state);
        (void)table->add(archive, row);
    }
    free(row);
    if (table->sort)
        table->sort(archive);
}

/* Random keys seldom meet those of the nodes, so lines are put there one by one. */
static void add_lines(struct archive *archive, uint32_t *state)
{
    struct evidence *evidence = archive->inputs->evidence;
    for (size_t i = 0; i < evidence->node_count; i++) {
        for (int t = 0; t < TECHNOLOGY_COUNT; t++) {
            if (next_random(state) % 2)
                continue;
            struct node_lines *lines =
                evidence_add_lines(&evidence->nodes[i], (enum access_technology)t);
            if (!lines)
                return;
            lines->seen = some_u64(state);
            lines->terminals = some_u64(state);
            lines->active_max = optional_u64(some_u64(state));
            lines->seen_key_kind = (enum line_key_kind)(next_random(state) % LINE_KEY_COUNT);
            lines->capability_known = next_random(state) % 2;
            for (size_t c = 0; c < CAPABILITY_CLASSES && lines->capability_known; c++)
                lines->capability[c] = some_u64(state);
        }
    }
}

static void add_bins(struct archive *archive, uint32_t *state)
{
    struct evidence *evidence = archive->inputs->evidence;
    for (size_t i = 0; i < evidence->traffic_count; i++) {
        struct traffic_evidence *traffic = &evidence->traffic[i];
        (void)snprintf(traffic->class_name, sizeof traffic->class_name, "class %zu", i);
        for (uint64_t b = 0; b < next_random(state) % 4; b++)
            (void)traffic_bins_add(&traffic->measures[next_random(state) % TRAFFIC_MEASURES], b,
                                   some_u64(state));
    }
    evidence_sort(evidence);
}

/* No two alike by name: nodes of an evidence are distinct. */
static void name_nodes(struct archive *archive)
{
    struct evidence *evidence = archive->inputs->evidence;
    for (size_t i = 0; i < evidence->node_count; i++)
        (void)snprintf(evidence->nodes[i].access_node, REPORT_NAME_BYTES, "olt,%zu", i);
    evidence_sort(evidence);
}

struct archive *random_archive(uint32_t seed, unsigned rows_max)
{
    struct archive *archive = archive_new();
    uint32_t state = seed;
    for (size_t i = 0; archive && archive_table_at(i); i++) {
        const struct archive_table *table = archive_table_at(i);
        if (table == &archive_settings || table == &archive_lines || table == &archive_capability ||
            table == &archive_bins)
            continue;
        add_rows(archive, table, next_random(&state) % (rows_max + 1), &state);
        if (table == &archive_nodes) {
            name_nodes(archive);
            add_lines(archive, &state);
        }
        if (table == &archive_traffic)
            add_bins(archive, &state);
    }
    if (!archive)
        return NULL;
    archive->year = 2017;
    (void)snprintf(archive->made_by, sizeof archive->made_by, "0.1.0");
    archive->inputs->window = (struct evidence_query){
        .last_day = clock_days_from_civil(2017, 12, 31), .activity_days = 90, .presence_days = 15};
    archive->inputs->computed_ns = some_u64(&state);
    archive->rules = (struct rule_settings){.activity_days = 90,
                                            .presence_days = 15,
                                            .census_coverage = 0.95,
                                            .sample_coverage = 0.30,
                                            .completeness_gate = 0.75,
                                            .capability_share = 0.80,
                                            .publish_lines_min = 10,
                                            .publish_nodes_min = 3,
                                            .publish_dominance_max = 0.90,
                                            .operators_withholding = "cu gd"};
    return archive;
}
