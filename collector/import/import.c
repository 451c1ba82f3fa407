/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/import.h"

#include "collector/import/csv_rows.h"
#include "collector/import/row_table.h"

#include "common/clock.h"
#include "common/topic.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT        SIZE_MAX
#define RULES_MAX     16
#define CANDIDATE_MAX 256

struct importer {
    const struct plan *plan;
    struct registry *registry;
    const struct import_request *request;
    struct import_result *result;
    struct conf_error *error;
    const struct row_table *table; /* NULL until the header row is read */
    size_t cell_of[RULES_MAX];     /* cell index of each rule's column, or ABSENT */
    size_t header_cells;
};

/* Where a fault is: a rule's cell, or the whole row with rule NULL. */
struct place {
    const struct csv_row *row;
    const struct cell_rule *rule;
    size_t cell;
};

static int fail(const struct importer *importer, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(const struct importer *importer, const struct place *place, const char *format, ...)
{
    char text[360];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t column = place->cell == ABSENT ? 1 : place->cell + 1;
    (void)snprintf(importer->error->text, sizeof importer->error->text, "%s:%zu:%zu: %s%s%s",
                   importer->request->path, place->row->line, column,
                   place->rule ? place->rule->name : "", place->rule ? ": " : "", text);
    return -EINVAL;
}

static size_t rule_count(const struct row_table *table)
{
    size_t count = 0;
    while (table->rules[count].name)
        count++;
    return count;
}

static const char *did_you_mean(const char *word, const char *const *candidates, size_t count,
                                char *buffer, size_t size)
{
    const char *nearest = conf_nearest(word, candidates, count);
    buffer[0] = '\0';
    if (nearest)
        (void)snprintf(buffer, size, "; did you mean '%s'?", nearest);
    return buffer;
}

/* The header row: which kind, and where each column stands. */

static const struct row_table *recognise(const struct csv_row *header, enum import_kind wanted)
{
    for (size_t t = 0; t < ROW_TABLES; t++) {
        if (wanted == row_tables[t].kind)
            return &row_tables[t];
        for (size_t c = 0; wanted == IMPORT_ANY && c < header->cell_count; c++)
            if (strcmp(header->cells[c], row_tables[t].marker) == 0)
                return &row_tables[t];
    }
    return NULL;
}

static int place_column(struct importer *importer, const struct csv_row *header, size_t cell)
{
    const struct row_table *table = importer->table;
    const char *names[RULES_MAX];
    size_t count = rule_count(table);
    const struct place place = {header, NULL, cell};
    for (size_t r = 0; r < count; r++) {
        names[r] = table->rules[r].name;
        if (strcmp(names[r], header->cells[cell]) != 0)
            continue;
        if (importer->cell_of[r] != ABSENT)
            return fail(importer, &place, "the column '%s' stands twice", names[r]);
        importer->cell_of[r] = cell;
        return 0;
    }
    char hint[100];
    return fail(importer, &place, "unknown column '%.80s' in a file of %s%s", header->cells[cell],
                conf_id_name(import_kind_names, (int)table->kind),
                did_you_mean(header->cells[cell], names, count, hint, sizeof hint));
}

static int take_header(struct importer *importer, const struct csv_row *header)
{
    const struct place row = {header, NULL, ABSENT};
    importer->table = recognise(header, importer->request->kind);
    if (!importer->table)
        return fail(importer, &row,
                    "the header row has none of the columns variable (denominators), indicator "
                    "(declared), access_node (nodes)");
    importer->result->kind = importer->table->kind;
    importer->header_cells = header->cell_count;
    for (size_t r = 0; r < RULES_MAX; r++)
        importer->cell_of[r] = ABSENT;
    for (size_t c = 0; c < header->cell_count; c++)
        if (place_column(importer, header, c) != 0)
            return -EINVAL;
    for (size_t r = 0; importer->table->rules[r].name; r++)
        if (importer->table->rules[r].required && importer->cell_of[r] == ABSENT)
            return fail(importer, &row, "the column '%s' is missing: %s",
                        importer->table->rules[r].name, importer->table->rules[r].help);
    return 0;
}

/* Cells. */

static int store_text(const struct importer *importer, const struct place *place, const char *text,
                      void *out)
{
    if (strlen(text) >= place->rule->size)
        return fail(importer, place, "longer than %zu bytes", place->rule->size - 1);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return fail(importer, place, "a line break or control character in the text");
    if (place->rule->kind == CELL_NAME && topic_check_name(text) != 0)
        return fail(importer, place, "'%.60s' is no identifier (small letters, digits, '.', '-')",
                    text);
    (void)snprintf(out, place->rule->size, "%s", text);
    return 0;
}

static int store_number(const struct importer *importer, const struct place *place,
                        const char *text, void *out)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    bool plain = strspn(text, "0123456789.eE+-") == strlen(text);
    if (!plain || *end || errno == ERANGE || !isfinite(value) || value < 0)
        return fail(importer, place,
                    "'%.60s' is no number from 0 up; write 1234.5, without separators or unit",
                    text);
    *(double *)out = value;
    return 0;
}

static int store_count(const struct importer *importer, const struct place *place, const char *text,
                       void *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits])
        return fail(importer, place, "'%.60s' is no whole number; write 1234, or leave it empty",
                    text);
    *(struct optional_u64 *)out = optional_u64(strtoull(text, NULL, 10));
    return 0;
}

static int store_date(const struct importer *importer, const struct place *place, const char *text,
                      void *out)
{
    int64_t day = 0;
    if (clock_parse_date(text, &day) != 0)
        return fail(importer, place, "'%.60s' is no date of the calendar; write 2017-12-31", text);
    if (day > clock_city_day(importer->request->now_ns))
        return fail(importer, place, "%.60s lies in the future", text);
    *(int64_t *)out = day;
    return 0;
}

static int store_enum(const struct importer *importer, const struct place *place, const char *text,
                      void *out)
{
    if (conf_name_id(place->rule->names, text, out) == 0)
        return 0;
    return fail(importer, place, "'%.60s' is unknown; %s", text, place->rule->help);
}

/* The plan's keys, for "did you mean". */
static size_t candidates_of(const struct plan *plan, enum cell_kind kind,
                            const char *out[static CANDIDATE_MAX])
{
    size_t count = 0;
    if (kind == CELL_AREA)
        for (; count < plan_area_count(plan) && count < CANDIDATE_MAX; count++)
            out[count] = plan_area_at(plan, count)->key;
    else if (kind == CELL_OPERATOR)
        for (; count < plan_operator_count(plan) && count < CANDIDATE_MAX; count++)
            out[count] = plan_operator_at(plan, count)->key;
    else
        for (; count < plan_indicator_count(plan) && count < CANDIDATE_MAX; count++)
            out[count] = plan_indicator_at(plan, count)->id;
    return count;
}

static int store_key(const struct importer *importer, const struct place *place, const char *text,
                     void *out)
{
    const char *candidates[CANDIDATE_MAX];
    size_t count = candidates_of(importer->plan, place->rule->kind, candidates);
    for (size_t i = 0; i < count; i++)
        if (strcmp(candidates[i], text) == 0)
            return store_text(importer, place, text, out);
    char hint[100];
    return fail(importer, place, "'%.60s' is not in the plan's files%s", text,
                did_you_mean(text, candidates, count, hint, sizeof hint));
}

typedef int (*store_fn)(const struct importer *importer, const struct place *place,
                        const char *text, void *out);

static const store_fn stores[] = {
    [CELL_TEXT] = store_text,   [CELL_NAME] = store_text,    [CELL_NUMBER] = store_number,
    [CELL_COUNT] = store_count, [CELL_DATE] = store_date,    [CELL_ENUM] = store_enum,
    [CELL_AREA] = store_key,    [CELL_OPERATOR] = store_key, [CELL_INDICATOR] = store_key,
};

/* An area's earlier code becomes its key, where the row's day is before the change. */
static const char *area_key(const struct importer *importer, const struct csv_row *row,
                            const char *text)
{
    const struct row_table *table = importer->table;
    for (size_t r = 0; table->rules[r].name; r++) {
        int64_t day = 0;
        if (table->rules[r].offset != table->reference_day ||
            clock_parse_date(row->cells[importer->cell_of[r]], &day) != 0)
            continue;
        const struct plan_area *area = plan_find_area_on(importer->plan, text, day);
        return area ? area->key : text;
    }
    return text;
}

static int take_cell(const struct importer *importer, const struct csv_row *row, size_t r,
                     union import_row *out)
{
    const struct cell_rule *rule = &importer->table->rules[r];
    const struct place place = {row, rule, importer->cell_of[r]};
    const char *text = place.cell == ABSENT ? "" : row->cells[place.cell];
    if (text[0] == '\0') {
        if (rule->required)
            return fail(importer, &place, "is empty: %s", rule->help);
        if (!rule->fallback)
            return 0;
        text = rule->fallback;
    }
    if (rule->kind == CELL_AREA)
        text = area_key(importer, row, text);
    return stores[rule->kind](importer, &place, text, (char *)out + rule->offset);
}

/* An empty date of publication is the reference date; an empty vintage is the date of publication.
 */
static void fill_in(const struct row_table *table, union import_row *row)
{
    int64_t reference = 0;
    int64_t published = 0;
    memcpy(&reference, (const char *)row + table->reference_day, sizeof reference);
    published = reference;
    if (table->published_day != SIZE_MAX) {
        char *field = (char *)row + table->published_day;
        memcpy(&published, field, sizeof published);
        if (published == 0)
            published = reference;
        memcpy(field, &published, sizeof published);
    }
    char *vintage = (char *)row + table->vintage;
    if (vintage[0] == '\0')
        clock_format_date(published, vintage);
}

static void say_change(const struct importer *importer, const struct csv_row *row)
{
    FILE *out = importer->request->changes;
    if (!out)
        return;
    (void)fprintf(out, "%s:%zu:", importer->request->path, row->line);
    for (size_t r = 0; importer->table->rules[r].name; r++)
        if (importer->cell_of[r] != ABSENT && row->cells[importer->cell_of[r]][0])
            (void)fprintf(out, " %s=%s", importer->table->rules[r].name,
                          row->cells[importer->cell_of[r]]);
    (void)fputc('\n', out);
}

static int take_row(void *ctx, const struct csv_row *row)
{
    struct importer *importer = ctx;
    if (!importer->table)
        return take_header(importer, row);
    const struct place place = {row, NULL, ABSENT};
    if (row->cell_count != importer->header_cells)
        return fail(importer, &place, "%zu cells, but the header row has %zu", row->cell_count,
                    importer->header_cells);
    union import_row values;
    memset(&values, 0, sizeof values);
    for (size_t r = 0; importer->table->rules[r].name; r++)
        if (take_cell(importer, row, r, &values) != 0)
            return -EINVAL;
    fill_in(importer->table, &values);
    const char *fault = importer->table->check(importer->plan, &values);
    if (fault)
        return fail(importer, &place, "%s", fault);
    int added = importer->table->add(importer->registry, &values);
    if (added < 0)
        (void)fail(importer, &place, "the registry refuses it: %s", strerror(-added));
    if (added < 0)
        return added;
    importer->result->rows++;
    importer->result->changed += (size_t)added;
    if (added > 0)
        say_change(importer, row);
    return 0;
}

int import_file(const struct plan *plan, struct registry *registry,
                const struct import_request *request, struct import_result *out_result,
                struct conf_error *out_error)
{
    struct import_result result = {.kind = request->kind};
    struct importer importer = {.plan = plan,
                                .registry = registry,
                                .request = request,
                                .result = &result,
                                .error = out_error};
    int status = registry_import_begin(registry, request->now_ns);
    if (status != 0) {
        (void)snprintf(out_error->text, sizeof out_error->text,
                       "%s: the registry cannot be written: %s", request->path, strerror(-status));
        return status;
    }
    status = csv_rows_read(request->path, take_row, &importer, out_error);
    if (status == 0 && !importer.table) {
        (void)snprintf(out_error->text, sizeof out_error->text, "%s:1:1: no header row",
                       request->path);
        status = -EINVAL;
    }
    int ended = registry_import_end(registry, status == 0 && !request->dry_run);
    if (status == 0 && ended != 0) {
        (void)snprintf(out_error->text, sizeof out_error->text,
                       "%s: the registry cannot commit: %s", request->path, strerror(-ended));
        status = ended;
    }
    if (status == 0)
        *out_result = result;
    return status;
}

void import_print_columns(FILE *out)
{
    for (size_t t = 0; t < ROW_TABLES; t++) {
        (void)fprintf(out, "%s%s\n", t ? "\n" : "",
                      conf_id_name(import_kind_names, (int)row_tables[t].kind));
        for (const struct cell_rule *rule = row_tables[t].rules; rule->name; rule++)
            (void)fprintf(out, "  %-15s%s %s\n", rule->name, rule->required ? "*" : " ",
                          rule->help);
    }
}

void import_print_header(FILE *out, enum import_kind kind)
{
    for (size_t t = 0; t < ROW_TABLES; t++)
        for (const struct cell_rule *rule = row_tables[t].rules;
             row_tables[t].kind == kind && rule->name; rule++)
            (void)fprintf(out, "%s%s", rule->name, rule[1].name ? "," : "\r\n");
}
