/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_csv.h"

#include "collector/export/figure_json.h"

#include "common/clock.h"

#include <stddef.h>
#include <stdint.h>

/* A cell's text, perhaps in the buffer; NULL for an empty cell. */
typedef const char *(*text_fn)(const struct figure *figure,
                               char buffer[static FIGURE_INSTANT_BYTES]);

struct column {
    const char *name;
    text_fn text;  /* NULL: the struct optional_double at the offset */
    size_t offset; /* in struct figure */
};

static const char *id_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->indicator->id;
}

static const char *label_zh_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->indicator->label_zh;
}

static const char *label_en_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->indicator->label_en;
}

static const char *unit_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->indicator->unit;
}

static const char *area_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->area->key;
}

static const char *area_zh_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->area->label_zh;
}

static const char *operator_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->operator_of ? f->operator_of->key : NULL;
}

static const char *operator_zh_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->operator_of ? f->operator_of->label_zh : NULL;
}

static const char *instant_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    figure_instant_text(f->instant_day, buffer);
    return buffer;
}

static const char *provisional_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->provisional ? "true" : "false";
}

static const char *target_date_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    if (!f->target || f->target->status == TARGET_UNDATED)
        return NULL;
    clock_format_date(f->target->day, buffer);
    return buffer;
}

/* As words, so that no spreadsheet takes ">=" for a formula. */
static const char *target_operator_of(const struct figure *f,
                                      char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    static const char *const words[] = {
        [TARGET_GE] = "ge",
        [TARGET_GT] = "gt",
        [TARGET_EQ] = "eq",
    };
    return f->target ? words[f->target->operator_] : NULL;
}

static const char *target_status_of(const struct figure *f,
                                    char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->target ? conf_id_name(target_status_names, (int)f->target->status) : NULL;
}

static const char *due_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->target ? (f->due ? "true" : "false") : NULL;
}

static const char *evidence_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return conf_id_name(evidence_class_names, (int)f->evidence_class);
}

static const char *basis_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return conf_id_name(basis_names, (int)f->basis);
}

static const char *numerator_name_of(const struct figure *f,
                                     char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->numerator_name;
}

static const char *denominator_name_of(const struct figure *f,
                                       char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->denominator_name;
}

static const char *denominator_date_of(const struct figure *f,
                                       char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->denominator_date;
}

static const char *denominator_vintage_of(const struct figure *f,
                                          char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->denominator_vintage;
}

static const char *source_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->source;
}

static const char *flagged_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->flagged ? "true" : "false";
}

static const char *grade_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    buffer[0] = f->grade;
    buffer[1] = '\0';
    return f->grade == '-' ? NULL : buffer;
}

static const char *verdict_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return conf_id_name(verdict_names, (int)f->verdict);
}

static const char *verdict_zh_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return conf_id_name(verdict_names_zh, (int)f->verdict);
}

static const char *reason_zh_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->reason_zh;
}

static const char *reason_en_of(const struct figure *f, char buffer[static FIGURE_INSTANT_BYTES])
{
    (void)buffer;
    return f->reason_en;
}

/* Not in struct figure but in its target. */
#define TARGET_VALUE SIZE_MAX
#define NUMBER(field)                                                                              \
    {                                                                                              \
#field, NULL, offsetof(struct figure, field)                                               \
    }

/* New columns go to the end: readers may count. */
static const struct column columns[] = {
    {"indicator", id_of, 0},
    {"label_zh", label_zh_of, 0},
    {"label_en", label_en_of, 0},
    {"unit", unit_of, 0},
    {"area", area_of, 0},
    {"area_label_zh", area_zh_of, 0},
    {"operator", operator_of, 0},
    {"operator_label_zh", operator_zh_of, 0},
    {"instant", instant_of, 0},
    {"provisional", provisional_of, 0},
    {"target_date", target_date_of, 0},
    {"target_operator", target_operator_of, 0},
    {"target_value", NULL, TARGET_VALUE},
    {"target_status", target_status_of, 0},
    {"due", due_of, 0},
    {"evidence", evidence_of, 0},
    {"basis", basis_of, 0},
    NUMBER(value),
    NUMBER(lower),
    NUMBER(upper),
    NUMBER(lower_one_sided),
    NUMBER(upper_one_sided),
    NUMBER(numerator),
    NUMBER(denominator),
    {"numerator_name", numerator_name_of, 0},
    {"denominator_name", denominator_name_of, 0},
    {"denominator_date", denominator_date_of, 0},
    {"denominator_vintage", denominator_vintage_of, 0},
    NUMBER(coverage),
    NUMBER(completeness),
    NUMBER(unclassified),
    NUMBER(effective_sample_size),
    NUMBER(declared_value),
    {"flagged", flagged_of, 0},
    {"grade", grade_of, 0},
    {"verdict", verdict_of, 0},
    {"verdict_zh", verdict_zh_of, 0},
    {"reason_zh", reason_zh_of, 0},
    {"reason_en", reason_en_of, 0},
    {"source", source_of, 0},
};
#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static struct optional_double number_of(const struct figure *figure, const struct column *column)
{
    if (column->offset == TARGET_VALUE)
        return figure->target ? figure->target->value
                              : (struct optional_double){.known = false, .value = 0};
    return *(const struct optional_double *)(const void *)((const char *)figure + column->offset);
}

void figure_csv_header(struct csv_writer *writer)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv_writer_text(writer, columns[i].name);
    csv_writer_end_row(writer);
}

void figure_csv_row(struct csv_writer *writer, const struct figure *figure)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        char buffer[FIGURE_INSTANT_BYTES];
        if (columns[i].text)
            csv_writer_text(writer, columns[i].text(figure, buffer));
        else
            csv_writer_number(writer, number_of(figure, &columns[i]));
    }
    csv_writer_end_row(writer);
}

void figures_csv(struct csv_writer *writer, const struct figures *figures)
{
    figure_csv_header(writer);
    for (size_t i = 0; i < figures->count; i++)
        figure_csv_row(writer, &figures->figures[i]);
}
