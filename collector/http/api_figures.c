/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/figures as JSON or CSV. One table names each column and says where it comes from; both
 * formats are written from it, so that a key of the one is a heading of the other.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include "collector/http/selection.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One cell: a text, a number (both may be unknown), a version, or a truth. */
struct cell {
    enum { CELL_TEXT, CELL_NUMBER, CELL_VERSION, CELL_BOOL } kind;
    const char *text; /* NULL = unknown; may point to buffer */
    struct optional_double number;
    unsigned version;
    bool truth;
    char buffer[CLOCK_DATE_BYTES];
};

struct column {
    const char *name;
    void (*fill)(struct cell *cell, const struct figure *figure, enum language language);
    size_t number_offset; /* of a struct optional_double, where fill is NULL */
};

static void fill_text(struct cell *cell, const char *text)
{
    cell->kind = CELL_TEXT;
    cell->text = text && *text ? text : NULL;
}

static void fill_date(struct cell *cell, int64_t day)
{
    clock_format_date(day, cell->buffer);
    fill_text(cell, cell->buffer);
}

static void fill_bool(struct cell *cell, bool truth)
{
    cell->kind = CELL_BOOL;
    cell->truth = truth;
}

static void fill_number(struct cell *cell, struct optional_double number)
{
    cell->kind = CELL_NUMBER;
    cell->number = number;
}

static const char *pick(enum language language, const char *zh, const char *en)
{
    return language == LANGUAGE_ZH ? zh : en;
}

#define FILL(name)                                                                                 \
    static void fill_##name(struct cell *cell, const struct figure *f, enum language lang)

FILL(indicator)
{
    (void)lang;
    fill_text(cell, f->indicator->id);
}

FILL(indicator_label)
{
    fill_text(cell, pick(lang, f->indicator->label_zh, f->indicator->label_en));
}

FILL(area)
{
    (void)lang;
    fill_text(cell, f->area->key);
}

FILL(area_label)
{
    fill_text(cell, pick(lang, f->area->label_zh, f->area->label_en));
}

FILL(operator_key)
{
    (void)lang;
    fill_text(cell, f->operator_of ? f->operator_of->key : NULL);
}

FILL(instant)
{
    (void)lang;
    fill_date(cell, f->instant_day);
}

FILL(provisional)
{
    (void)lang;
    fill_bool(cell, f->provisional);
}

FILL(due)
{
    (void)lang;
    fill_bool(cell, f->due);
}

FILL(target_date)
{
    (void)lang;
    if (f->target && f->target->status != TARGET_UNDATED)
        fill_date(cell, f->target->day);
    else
        fill_text(cell, NULL);
}

FILL(target_operator)
{
    (void)lang;
    fill_text(cell,
              f->target ? conf_id_name(target_operator_names, (int)f->target->operator_) : NULL);
}

FILL(target_value)
{
    (void)lang;
    fill_number(cell, f->target ? f->target->value : (struct optional_double){0});
}

FILL(target_status)
{
    (void)lang;
    fill_text(cell, f->target ? conf_id_name(target_status_names, (int)f->target->status) : NULL);
}

FILL(unit)
{
    fill_text(cell, pick(lang, f->indicator->unit_zh, f->indicator->unit));
}

FILL(evidence_class)
{
    (void)lang;
    fill_text(cell, conf_id_name(evidence_class_names, (int)f->evidence_class));
}

FILL(basis)
{
    (void)lang;
    fill_text(cell, conf_id_name(basis_names, (int)f->basis));
}

FILL(numerator_name)
{
    (void)lang;
    fill_text(cell, f->numerator_name);
}

FILL(denominator_name)
{
    (void)lang;
    fill_text(cell, f->denominator_name);
}

FILL(denominator_date)
{
    (void)lang;
    fill_text(cell, f->denominator_date);
}

FILL(denominator_vintage)
{
    (void)lang;
    fill_text(cell, f->denominator_vintage);
}

FILL(source)
{
    (void)lang;
    fill_text(cell, f->source);
}

FILL(grade)
{
    (void)lang;
    cell->buffer[0] = f->grade == '-' ? '\0' : f->grade;
    cell->buffer[1] = '\0';
    fill_text(cell, cell->buffer);
}

FILL(verdict)
{
    (void)lang;
    fill_text(cell, conf_id_name(verdict_names, (int)f->verdict));
}

FILL(verdict_text)
{
    const struct conf_name *names = lang == LANGUAGE_ZH ? verdict_names_zh : verdict_names_en;
    fill_text(cell, conf_id_name(names, (int)f->verdict));
}

FILL(reason)
{
    fill_text(cell, pick(lang, f->reason_zh, f->reason_en));
}

FILL(definition_version)
{
    (void)lang;
    cell->kind = CELL_VERSION;
    cell->version = f->definition_version;
}

#undef FILL

#define NUMBER(member)                                                                             \
    {                                                                                              \
#member, NULL, offsetof(struct figure, member)                                             \
    }

static const struct column columns[] = {
    {"indicator", fill_indicator, 0},
    {"indicator_label", fill_indicator_label, 0},
    {"area", fill_area, 0},
    {"area_label", fill_area_label, 0},
    {"operator", fill_operator_key, 0},
    {"instant", fill_instant, 0},
    {"provisional", fill_provisional, 0},
    {"target_date", fill_target_date, 0},
    {"target_operator", fill_target_operator, 0},
    {"target_value", fill_target_value, 0},
    {"target_status", fill_target_status, 0},
    {"due", fill_due, 0},
    NUMBER(value),
    {"unit", fill_unit, 0},
    NUMBER(lower),
    NUMBER(upper),
    NUMBER(lower_one_sided),
    NUMBER(upper_one_sided),
    {"evidence_class", fill_evidence_class, 0},
    {"basis", fill_basis, 0},
    {"numerator_name", fill_numerator_name, 0},
    NUMBER(numerator),
    {"denominator_name", fill_denominator_name, 0},
    NUMBER(denominator),
    {"denominator_date", fill_denominator_date, 0},
    {"denominator_vintage", fill_denominator_vintage, 0},
    {"source", fill_source, 0},
    NUMBER(coverage),
    NUMBER(completeness),
    NUMBER(unclassified),
    NUMBER(effective_sample_size),
    NUMBER(declared_value),
    {"grade", fill_grade, 0},
    {"verdict", fill_verdict, 0},
    {"verdict_text", fill_verdict_text, 0},
    {"reason", fill_reason, 0},
    {"definition_version", fill_definition_version, 0},
};

#undef NUMBER

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static void fill_cell(struct cell *cell, const struct column *column, const struct figure *figure,
                      enum language language)
{
    if (column->fill)
        column->fill(cell, figure, language);
    else
        fill_number(cell, *(const struct optional_double *)(const void *)((const char *)figure +
                                                                          column->number_offset));
}

static void put_figure(struct json_writer *json, const struct figure *figure,
                       enum language language)
{
    json_writer_begin_object(json, NULL);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        struct cell cell;
        fill_cell(&cell, &columns[i], figure, language);
        if (cell.kind == CELL_TEXT)
            json_writer_put_string(json, columns[i].name, cell.text);
        else if (cell.kind == CELL_NUMBER)
            json_writer_put_optional_double(json, columns[i].name, cell.number);
        else if (cell.kind == CELL_VERSION)
            json_writer_put_u64(json, columns[i].name, cell.version);
        else
            json_writer_put_bool(json, columns[i].name, cell.truth);
    }
    json_writer_end(json);
}

static char *write_json(const struct plan *plan, const struct figures *figures,
                        const struct selection *selection)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    char date[CLOCK_DATE_BYTES];
    clock_format_date(figures->instant_day, date);
    json_writer_put_string(json, "plan", plan_id(plan));
    json_writer_put_i64(json, "year", selection->year);
    json_writer_put_string(json, "instant", date);
    json_writer_put_string(json, "language", language_tags[selection->language]);
    json_writer_begin_array(json, "figures");
    for (size_t i = 0; i < figures->count; i++)
        if (selection_has(selection, &figures->figures[i]))
            put_figure(json, &figures->figures[i], selection->language);
    json_writer_end(json);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    return text;
}

/* RFC 4180, and what a spreadsheet would take for a formula gets an apostrophe before it. */
static void put_csv_text(struct text *out, const char *value)
{
    text_put(out, "\"");
    if (strchr("=+-@\t\r", value[0]))
        text_put(out, "'");
    for (const char *at = value; *at; at++)
        text_put_bytes(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    text_put(out, "\"");
}

static void put_csv_figure(struct text *out, const struct figure *figure, enum language language)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        struct cell cell;
        fill_cell(&cell, &columns[i], figure, language);
        if (i > 0)
            text_put(out, ",");
        if (cell.kind == CELL_TEXT && cell.text)
            put_csv_text(out, cell.text);
        else if (cell.kind == CELL_NUMBER && cell.number.known)
            text_printf(out, "%.15g", cell.number.value);
        else if (cell.kind == CELL_VERSION)
            text_printf(out, "%u", cell.version);
        else if (cell.kind == CELL_BOOL)
            text_put(out, cell.truth ? "true" : "false");
    }
    text_put(out, "\r\n");
}

static char *write_csv(const struct figures *figures, const struct selection *selection)
{
    struct text out = {0};
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_printf(&out, "%s%s", i ? "," : "", columns[i].name);
    text_put(&out, "\r\n");
    for (size_t i = 0; i < figures->count; i++)
        if (selection_has(selection, &figures->figures[i]))
            put_csv_figure(&out, &figures->figures[i], selection->language);
    return text_take(&out, NULL);
}

/* By ?format=, else by what Accept likes better; JSON where it likes both alike. */
static enum selection_format choose_format(const struct http_request *request,
                                           const struct selection *selection)
{
    unsigned json, csv;
    (void)http_accepts(request->accept, "application/json", &json);
    (void)http_accepts(request->accept, "text/csv", &csv);
    if (selection->format != FORMAT_BY_ACCEPT)
        return selection->format;
    if (json == 0 && csv == 0)
        return FORMAT_BY_ACCEPT;
    return csv > json ? FORMAT_CSV : FORMAT_JSON;
}

void handle_figures(struct site *site, const struct http_request *request,
                    struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, ~0u, site_plan(site), &selection, response))
        return;
    enum selection_format format = choose_format(request, &selection);
    if (format == FORMAT_BY_ACCEPT) {
        http_respond_problem(response, HTTP_NOT_ACCEPTABLE,
                             "Figures can be had as application/json or text/csv.");
        return;
    }
    const struct figures *figures;
    int status = site_figures(site, selection.year, request->now_unix_ns, &figures);
    if (status == -ERANGE) {
        http_respond_problem(response, HTTP_NOT_FOUND, "There are no figures of this year.");
    } else if (status < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
    } else if (format == FORMAT_CSV) {
        http_respond_take(response, "text/csv; charset=utf-8; header=present",
                          write_csv(figures, &selection));
        if (response->status == HTTP_OK)
            response->content_disposition = "attachment; filename=\"lastmile-figures.csv\"";
    } else {
        http_respond_take(response, "application/json",
                          write_json(site_plan(site), figures, &selection));
    }
    if (response->status == HTTP_OK)
        response->content_language = language_tags[selection.language];
}
