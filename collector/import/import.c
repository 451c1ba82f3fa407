/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/import.h"

#include "collector/import/cell.h"
#include "collector/import/csv_rows.h"
#include "collector/import/row_keys.h"
#include "collector/import/row_table.h"

#include "common/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT    SIZE_MAX
#define RULES_MAX 20
#define KEY_BYTES (8 * CELL_PRINT_BYTES)

struct importer {
    const struct plan *plan;
    struct registry *registry;
    const struct import_request *request;
    struct import_result *result;
    struct conf_error *error; /* the first fault */
    size_t faults;
    const struct row_table *table; /* NULL until the header row is read */
    size_t cell_of[RULES_MAX];     /* cell index of each rule's column, or ABSENT */
    size_t header_cells;
    struct row_keys *keys;
    FILE *changes; /* told when all is well; NULL: not asked for */
    char *change_text;
    size_t change_length;
};

/* Where a fault is: a rule's cell, or the whole row with rule NULL. */
struct place {
    size_t line;
    const struct cell_rule *rule;
    size_t cell;
};

static void note_fault(struct importer *importer, const char *text)
{
    FILE *out = importer->request->faults;
    if (importer->faults == 0 && text != importer->error->text)
        (void)snprintf(importer->error->text, sizeof importer->error->text, "%s", text);
    if (importer->faults++ < IMPORT_FAULTS_PRINTED && out)
        (void)fprintf(out, "%s\n", text);
}

static int fail(struct importer *importer, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct importer *importer, const struct place *place, const char *format, ...)
{
    char what[CELL_FAULT_BYTES];
    char text[sizeof importer->error->text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    size_t column = place->cell == ABSENT ? 1 : place->cell + 1;
    (void)snprintf(text, sizeof text, "%s:%zu:%zu: %s%s%s", importer->request->path, place->line,
                   column, place->rule ? place->rule->name : "", place->rule ? ": " : "", what);
    note_fault(importer, text);
    return -EINVAL;
}

static size_t rule_count(const struct row_table *table)
{
    size_t count = 0;
    while (table->rules[count].name)
        count++;
    return count;
}

/* The header row: which kind, and where each column stands. */

/* Two for each column that the kind knows, one for what is nearly its marker. */
static size_t likeness(const struct row_table *table, const struct csv_row *header)
{
    size_t points = 0;
    for (const struct cell_rule *rule = table->rules; rule->name; rule++)
        for (size_t c = 0; c < header->cell_count; c++)
            points += strcmp(rule->name, header->cells[c]) == 0 ? 2 : 0;
    for (size_t c = 0; c < header->cell_count; c++)
        points += conf_nearest(header->cells[c], &table->marker, 1) != NULL;
    return points;
}

/* By the marker; where it is misspelt, the kind that the header is most like, if it is alone. */
static const struct row_table *recognise(const struct csv_row *header, enum import_kind wanted)
{
    const struct row_table *nearest = NULL;
    size_t most = 4; /* two columns, at least */
    for (size_t t = 0; t < ROW_TABLES; t++) {
        if (wanted == row_tables[t].kind)
            return &row_tables[t];
        for (size_t c = 0; wanted == IMPORT_ANY && c < header->cell_count; c++)
            if (strcmp(header->cells[c], row_tables[t].marker) == 0)
                return &row_tables[t];
        size_t points = likeness(&row_tables[t], header);
        if (points >= most) {
            nearest = points > most ? &row_tables[t] : NULL;
            most = points;
        }
    }
    return wanted == IMPORT_ANY ? nearest : NULL;
}

static int fail_unrecognised(struct importer *importer, const struct place *place)
{
    char markers[300] = "";
    size_t used = 0;
    for (size_t t = 0; t < ROW_TABLES; t++) {
        int wrote = snprintf(markers + used, sizeof markers - used, "%s%s (%s)", t ? ", " : "",
                             row_tables[t].marker,
                             conf_id_name(import_kind_names, (int)row_tables[t].kind));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return fail(importer, place, "the header row has none of the columns %s", markers);
}

static void place_column(struct importer *importer, const struct csv_row *header, size_t cell)
{
    const struct row_table *table = importer->table;
    const char *names[RULES_MAX];
    size_t count = rule_count(table);
    const struct place place = {header->line, NULL, cell};
    for (size_t r = 0; r < count; r++) {
        names[r] = table->rules[r].name;
        if (strcmp(names[r], header->cells[cell]) != 0)
            continue;
        if (importer->cell_of[r] != ABSENT)
            (void)fail(importer, &place, "the column '%s' stands twice", names[r]);
        importer->cell_of[r] = cell;
        return;
    }
    char hint[100];
    (void)fail(importer, &place, "unknown column '%.80s' in a file of %s%s", header->cells[cell],
               conf_id_name(import_kind_names, (int)table->kind),
               cell_hint(header->cells[cell], names, count, hint, sizeof hint));
}

/* All that is wrong with the header is said; rows under a wrong one are not looked at. */
static int take_header(struct importer *importer, const struct csv_row *header)
{
    const struct place row = {header->line, NULL, ABSENT};
    importer->table = recognise(header, importer->request->kind);
    if (!importer->table)
        return fail_unrecognised(importer, &row);
    importer->result->kind = importer->table->kind;
    importer->header_cells = header->cell_count;
    for (size_t r = 0; r < RULES_MAX; r++)
        importer->cell_of[r] = ABSENT;
    for (size_t c = 0; c < header->cell_count; c++)
        place_column(importer, header, c);
    for (size_t r = 0; importer->table->rules[r].name; r++)
        if (importer->table->rules[r].required && importer->cell_of[r] == ABSENT)
            (void)fail(importer, &row, "the column '%s' is missing: %s",
                       importer->table->rules[r].name, importer->table->rules[r].help);
    return importer->faults ? -EINVAL : 0;
}

/* Rows. */

static const char *cell_text(const struct importer *importer, const struct csv_row *row, size_t r)
{
    size_t cell = importer->cell_of[r];
    const char *text = cell == ABSENT ? "" : row->cells[cell];
    const char *fallback = importer->table->rules[r].fallback;
    return text[0] == '\0' && fallback ? fallback : text;
}

/* The day by which the row's area codes are read, where the row says it rightly. */
static void find_reference(const struct importer *importer, const struct csv_row *row,
                           struct cell_reader *reader)
{
    for (size_t r = 0; importer->table->rules[r].name; r++)
        if (importer->table->rules[r].offset == importer->table->reference_day)
            reader->reference_known =
                clock_parse_date(cell_text(importer, row, r), &reader->reference_day) == 0;
}

/* The number of faults in the row's cells. */
static size_t read_cells(struct importer *importer, const struct csv_row *row,
                         union import_row *out)
{
    struct cell_reader reader = {.plan = importer->plan,
                                 .today = clock_city_day(importer->request->now_ns)};
    size_t faults = 0;
    find_reference(importer, row, &reader);
    for (size_t r = 0; importer->table->rules[r].name; r++) {
        const struct cell_rule *rule = &importer->table->rules[r];
        const struct place place = {row->line, rule, importer->cell_of[r]};
        const char *text = cell_text(importer, row, r);
        char fault[CELL_FAULT_BYTES];
        if (text[0] == '\0' && !rule->required)
            continue;
        if (text[0] == '\0')
            (void)snprintf(fault, sizeof fault, "is empty: %s", rule->help);
        else if (cell_store(&reader, rule, text, out, fault) == 0)
            continue;
        (void)fail(importer, &place, "%s", fault);
        faults++;
    }
    return faults;
}

/* An empty reference date is the period's last day, an empty date of publication the reference
 * date, an empty vintage the date of publication. */
static void fill_in(const struct row_table *table, union import_row *row)
{
    int64_t *reference = (int64_t *)(void *)((char *)row + table->reference_day);
    int64_t *published = (int64_t *)(void *)((char *)row + table->published_day);
    char *vintage = (char *)row + table->vintage;
    if (*reference == 0 && table->period != SIZE_MAX)
        (void)cell_period_last_day((const char *)row + table->period, reference); /* was checked */
    if (*published == 0)
        *published = *reference;
    if (vintage[0] == '\0')
        clock_format_date(*published, vintage);
}

static int note_key(struct importer *importer, const union import_row *row, size_t line)
{
    char key[KEY_BYTES];
    char cell[CELL_PRINT_BYTES];
    size_t used = 0;
    for (const struct cell_rule *rule = importer->table->rules; rule->name; rule++) {
        if (!rule->of_key)
            continue;
        cell_print(rule, row, cell);
        int wrote = snprintf(key + used, sizeof key - used, "%s\n", cell);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return row_keys_add(importer->keys, key, line);
}

/* "new" with every cell, or "revised" with the key and what was said before. */
static void say_change(const struct importer *importer, size_t line, const union import_row *row,
                       const union import_row *old)
{
    FILE *out = importer->changes;
    char cell[CELL_PRINT_BYTES];
    char before[CELL_PRINT_BYTES];
    if (!out)
        return;
    (void)fprintf(out, "%s:%zu: %s", importer->request->path, line, old ? "revised" : "new");
    for (const struct cell_rule *rule = importer->table->rules; rule->name; rule++) {
        cell_print(rule, row, cell);
        before[0] = '\0';
        if (old)
            cell_print(rule, old, before);
        bool differs = old && strcmp(cell, before) != 0;
        if (differs)
            (void)fprintf(out, " %s=%s->%s", rule->name, before, cell);
        else if (cell[0] && (!old || rule->of_key))
            (void)fprintf(out, " %s=%s", rule->name, cell);
    }
    (void)fputc('\n', out);
}

static int add_row(struct importer *importer, size_t line, const union import_row *values)
{
    const struct place place = {line, NULL, ABSENT};
    union import_row old;
    int status = note_key(importer, values, line);
    if (status == 0)
        status =
            registry_import_row(importer->registry, importer->table->register_kind, values, &old);
    if (status < 0) {
        (void)fail(importer, &place, "the registry refuses it: %s", strerror(-status));
        return status;
    }
    importer->result->changed += status != REGISTER_UNCHANGED;
    importer->result->revised += status == REGISTER_REVISED;
    if (status != REGISTER_UNCHANGED && importer->faults == 0)
        say_change(importer, line, values, status == REGISTER_REVISED ? &old : NULL);
    return 0;
}

/* After a fault the rest is still read, for its faults. */
static int take_row(void *ctx, const struct csv_row *row)
{
    struct importer *importer = ctx;
    if (!importer->table)
        return take_header(importer, row);
    const struct place place = {row->line, NULL, ABSENT};
    importer->result->rows++;
    if (row->cell_count != importer->header_cells) {
        (void)fail(importer, &place, "%zu cells, but the header row has %zu", row->cell_count,
                   importer->header_cells);
        return 0;
    }
    union import_row values;
    memset(&values, 0, sizeof values);
    if (read_cells(importer, row, &values) > 0)
        return 0;
    fill_in(importer->table, &values);
    const struct row_table *table = importer->table;
    const char *fault = table->check ? table->check(importer->plan, &values) : NULL;
    if (fault) {
        (void)fail(importer, &place, "%s", fault);
        return 0;
    }
    return add_row(importer, row->line, &values);
}

static void say_twice(void *ctx, size_t line, size_t first_line)
{
    const struct place place = {line, NULL, ABSENT};
    (void)fail(ctx, &place, "the same key as line %zu; a file says a thing once", first_line);
}

static int read_rows(struct importer *importer, const struct csv_text *text)
{
    struct conf_error error = {""};
    int status = csv_rows_parse(importer->request->path, text->bytes, text->length, take_row,
                                importer, &error);
    if (error.text[0]) /* no row can be read from here on */
        note_fault(importer, error.text);
    if (status == 0 && !importer->table) {
        const struct place start = {1, NULL, ABSENT};
        status = fail(importer, &start, "no header row");
    }
    row_keys_find_twice(importer->keys, say_twice, importer);
    return status != 0 ? status : importer->faults ? -EINVAL : 0;
}

/* The registry's own refusal; 0 stays 0. */
static int fail_registry(struct importer *importer, const char *what, int status)
{
    char text[sizeof importer->error->text];
    if (status == 0)
        return 0;
    (void)snprintf(text, sizeof text, "%s: the registry cannot %s: %s", importer->request->path,
                   what, strerror(-status));
    note_fault(importer, text);
    return status;
}

static int import_text(struct importer *importer, const struct csv_text *text)
{
    importer->keys = row_keys_new();
    if (importer->request->changes)
        importer->changes = open_memstream(&importer->change_text, &importer->change_length);
    bool noted = importer->changes || !importer->request->changes;
    int status = importer->keys && noted ? 0 : -ENOMEM;
    if (status == 0)
        status = registry_import_begin(importer->registry, importer->request->now_ns);
    if (status != 0)
        return fail_registry(importer, "be written", status);
    importer->result->encoding = text->encoding;
    status = read_rows(importer, text);
    int ended = registry_import_end(importer->registry, status == 0 && !importer->request->dry_run);
    return status == 0 ? fail_registry(importer, "commit", ended) : status;
}

static int finish(struct importer *importer, int status, struct import_result *out_result)
{
    FILE *out = importer->request->faults;
    if (importer->faults > IMPORT_FAULTS_PRINTED && out)
        (void)fprintf(out, "%s: and %zu faults more\n", importer->request->path,
                      importer->faults - IMPORT_FAULTS_PRINTED);
    if (importer->changes && fclose(importer->changes) == 0 && status == 0)
        (void)fwrite(importer->change_text, 1, importer->change_length, importer->request->changes);
    if (status == 0)
        *out_result = *importer->result;
    free(importer->change_text);
    row_keys_free(importer->keys);
    return status;
}

int import_bytes(const struct plan *plan, struct registry *registry,
                 const struct import_request *request, const char *bytes, size_t length,
                 struct import_result *out_result, struct conf_error *out_error)
{
    struct import_result result = {.kind = request->kind};
    struct importer importer = {.plan = plan,
                                .registry = registry,
                                .request = request,
                                .result = &result,
                                .error = out_error};
    struct csv_text text = {NULL, 0, CSV_ENCODING_ANY};
    int status = csv_text_decode(request->path, request->encoding, bytes, length, &text, out_error);
    if (status == 0)
        status = import_text(&importer, &text);
    else
        note_fault(&importer, out_error->text);
    csv_text_fini(&text);
    return finish(&importer, status, out_result);
}

int import_file(const struct plan *plan, struct registry *registry,
                const struct import_request *request, struct import_result *out_result,
                struct conf_error *out_error)
{
    char *bytes = NULL;
    size_t length = 0;
    int status = csv_text_load(request->path, &bytes, &length, out_error);
    if (status == 0)
        status = import_bytes(plan, registry, request, bytes, length, out_result, out_error);
    else if (request->faults)
        (void)fprintf(request->faults, "%s\n", out_error->text);
    free(bytes);
    return status;
}

void import_print_columns(FILE *out)
{
    for (const struct conf_name *kind = import_kind_names; kind->name; kind++) {
        (void)fprintf(out, "%s%s\n", kind == import_kind_names ? "" : "\n", kind->name);
        for (size_t t = 0; t < ROW_TABLES; t++)
            for (const struct cell_rule *rule = row_tables[t].rules;
                 (int)row_tables[t].kind == kind->id && rule->name; rule++)
                (void)fprintf(out, "  %-17s%s %s\n", rule->name, rule->required ? "*" : " ",
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
