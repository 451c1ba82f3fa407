/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_csv.h"

#include "collector/export/figure_json.h"

#include "common/clock.h"

#include <stddef.h>

/* What a column shows: a member of the figure, or of what the figure points to. */
enum column_kind {
    COLUMN_INDICATOR, /* char[] in struct plan_indicator */
    COLUMN_AREA,      /* char[] in struct plan_area */
    COLUMN_OPERATOR,  /* char[] in struct plan_operator; empty for all operators */
    COLUMN_TEXT,      /* char[] in struct figure */
    COLUMN_SENTENCE,  /* const char * in struct figure */
    COLUMN_NAME,      /* an enum in struct figure, by its names */
    COLUMN_BOOL,
    COLUMN_NUMBER, /* struct optional_double */
    COLUMN_MADE,   /* made by a function */
};

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset;
    const struct conf_name *names;                                        /* COLUMN_NAME */
    void (*make)(struct csv_writer *writer, const struct figure *figure); /* COLUMN_MADE */
};

static void make_instant(struct csv_writer *writer, const struct figure *figure)
{
    char text[FIGURE_INSTANT_BYTES];
    figure_instant_text(figure->instant_day, text);
    csv_writer_text(writer, text);
}

static void make_target_date(struct csv_writer *writer, const struct figure *figure)
{
    char date[CLOCK_DATE_BYTES] = "";
    if (figure->target && figure->target->status != TARGET_UNDATED)
        clock_format_date(figure->target->day, date);
    csv_writer_text(writer, date);
}

/* As words: no spreadsheet takes "ge" for a formula. */
static void make_target_operator(struct csv_writer *writer, const struct figure *figure)
{
    static const char *const words[] = {
        [TARGET_GE] = "ge",
        [TARGET_GT] = "gt",
        [TARGET_EQ] = "eq",
    };
    csv_writer_text(writer, figure->target ? words[figure->target->operator_] : NULL);
}

static void make_target_value(struct csv_writer *writer, const struct figure *figure)
{
    const struct optional_double none = {.known = false, .value = 0};
    csv_writer_number(writer, figure->target ? figure->target->value : none);
}

static void make_target_status(struct csv_writer *writer, const struct figure *figure)
{
    const struct plan_target *target = figure->target;
    csv_writer_text(writer, target ? conf_id_name(target_status_names, (int)target->status) : NULL);
}

static void make_due(struct csv_writer *writer, const struct figure *figure)
{
    csv_writer_text(writer, !figure->target ? NULL : figure->due ? "true" : "false");
}

static void make_grade(struct csv_writer *writer, const struct figure *figure)
{
    const char grade[] = {figure->grade, '\0'};
    csv_writer_text(writer, figure->grade == '-' ? NULL : grade);
}

#define INDICATOR(name, member)                                                                    \
    {                                                                                              \
        name, COLUMN_INDICATOR, offsetof(struct plan_indicator, member), NULL, NULL                \
    }
#define AREA(name, member)                                                                         \
    {                                                                                              \
        name, COLUMN_AREA, offsetof(struct plan_area, member), NULL, NULL                          \
    }
#define OPERATOR(name, member)                                                                     \
    {                                                                                              \
        name, COLUMN_OPERATOR, offsetof(struct plan_operator, member), NULL, NULL                  \
    }
#define FIGURE(member, kind)                                                                       \
    {                                                                                              \
#member, kind, offsetof(struct figure, member), NULL, NULL                                 \
    }
#define NUMBER(member) FIGURE(member, COLUMN_NUMBER)
#define NAMED(name, member, names_)                                                                \
    {                                                                                              \
        name, COLUMN_NAME, offsetof(struct figure, member), names_, NULL                           \
    }
#define MADE(name, make)                                                                           \
    {                                                                                              \
        name, COLUMN_MADE, 0, NULL, make                                                           \
    }

/* New columns go to the end: readers may count. */
static const struct column columns[] = {
    INDICATOR("indicator", id),
    INDICATOR("label_zh", label_zh),
    INDICATOR("label_en", label_en),
    INDICATOR("unit", unit),
    AREA("area", key),
    AREA("area_label_zh", label_zh),
    OPERATOR("operator", key),
    OPERATOR("operator_label_zh", label_zh),
    MADE("instant", make_instant),
    FIGURE(provisional, COLUMN_BOOL),
    MADE("target_date", make_target_date),
    MADE("target_operator", make_target_operator),
    MADE("target_value", make_target_value),
    MADE("target_status", make_target_status),
    MADE("due", make_due),
    NAMED("evidence", evidence_class, evidence_class_names),
    NAMED("basis", basis, basis_names),
    NUMBER(value),
    NUMBER(lower),
    NUMBER(upper),
    NUMBER(lower_one_sided),
    NUMBER(upper_one_sided),
    NUMBER(numerator),
    NUMBER(denominator),
    FIGURE(numerator_name, COLUMN_TEXT),
    FIGURE(denominator_name, COLUMN_TEXT),
    FIGURE(denominator_date, COLUMN_TEXT),
    FIGURE(denominator_vintage, COLUMN_TEXT),
    NUMBER(coverage),
    NUMBER(completeness),
    NUMBER(unclassified),
    NUMBER(effective_sample_size),
    NUMBER(declared_value),
    FIGURE(flagged, COLUMN_BOOL),
    MADE("grade", make_grade),
    NAMED("verdict", verdict, verdict_names),
    NAMED("verdict_zh", verdict, verdict_names_zh),
    FIGURE(reason_zh, COLUMN_SENTENCE),
    FIGURE(reason_en, COLUMN_SENTENCE),
    FIGURE(source, COLUMN_TEXT),
};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* The struct that a column's offset counts from; NULL leaves the cell empty. */
static const void *owner_of(const struct figure *figure, enum column_kind kind)
{
    switch (kind) {
    case COLUMN_INDICATOR:
        return figure->indicator;
    case COLUMN_AREA:
        return figure->area;
    case COLUMN_OPERATOR:
        return figure->operator_of;
    case COLUMN_TEXT:
    case COLUMN_SENTENCE:
    case COLUMN_NAME:
    case COLUMN_BOOL:
    case COLUMN_NUMBER:
    case COLUMN_MADE:
        break;
    }
    return figure;
}

static void write_member(struct csv_writer *writer, const struct column *column, const void *member)
{
    switch (column->kind) {
    case COLUMN_INDICATOR:
    case COLUMN_AREA:
    case COLUMN_OPERATOR:
    case COLUMN_TEXT:
        csv_writer_text(writer, member);
        break;
    case COLUMN_SENTENCE:
        csv_writer_text(writer, *(const char *const *)member);
        break;
    case COLUMN_NAME:
        csv_writer_text(writer, conf_id_name(column->names, *(const int *)member));
        break;
    case COLUMN_BOOL:
        csv_writer_text(writer, *(const bool *)member ? "true" : "false");
        break;
    case COLUMN_NUMBER:
        csv_writer_number(writer, *(const struct optional_double *)member);
        break;
    case COLUMN_MADE:
        break;
    }
}

static void write_cell(struct csv_writer *writer, const struct column *column,
                       const struct figure *figure)
{
    const char *owner = owner_of(figure, column->kind);
    if (column->kind == COLUMN_MADE)
        column->make(writer, figure);
    else if (owner)
        write_member(writer, column, owner + column->offset);
    else
        csv_writer_text(writer, NULL);
}

void figure_csv_header(struct csv_writer *writer)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv_writer_text(writer, columns[i].name);
    csv_writer_end_row(writer);
}

void figure_csv_row(struct csv_writer *writer, const struct figure *figure)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        write_cell(writer, &columns[i], figure);
    csv_writer_end_row(writer);
}

void figures_csv(struct csv_writer *writer, const struct figures *figures)
{
    figure_csv_header(writer);
    for (size_t i = 0; i < figures->count; i++)
        figure_csv_row(writer, &figures->figures[i]);
}
