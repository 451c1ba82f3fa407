/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_table.h"

#include "collector/estimate/completeness.h"
#include "collector/export/decimals.h"

#include "common/clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RULE_CELLS       100
#define RULE_INDENT      5
#define RULE_PIECE_BYTES 256

#define CELL_BYTES 192
#define GAP        2

enum {
    COLUMN_ID,
    COLUMN_LABEL,
    COLUMN_SCOPE,
    COLUMN_TARGET,
    COLUMN_VALUE,
    COLUMN_COVERAGE,
    COLUMN_BASIS,
    COLUMN_GRADE,
    COLUMN_VERDICT,
    COLUMN_COUNT
};

struct table_row {
    char cells[COLUMN_COUNT][CELL_BYTES];
};

static const struct table_row header = {.cells = {"indicator", "指标", "area", "target",
                                                  "value [interval]", "coverage", "basis", "grade",
                                                  "verdict"}};

/* East Asian wide ranges that a plan's words can hold (Unicode TR 11, the common blocks). */
static bool is_wide(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},
        {0x4e00, 0x9fff},   {0xa000, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
        {0xfe30, 0xfe4f},   {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
        {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* One code point; a byte that begins none stands for itself. Moves *text past it. */
static uint32_t next_code(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : bytes[0] >= 0xc0 ? 2 : 1;
    uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            *text += 1;
            return bytes[0];
        }
        code = code << 6 | (bytes[i] & 0x3fU);
    }
    *text += length;
    return code;
}

size_t figure_table_width(const char *text)
{
    size_t width = 0;
    while (*text)
        width += is_wide(next_code(&text)) ? 2 : 1;
    return width;
}

static void write_target(const struct figure *figure, char cell[static CELL_BYTES])
{
    const struct plan_target *target = figure->target;
    if (!target) {
        (void)snprintf(cell, CELL_BYTES, "-");
        return;
    }
    char date[CLOCK_DATE_BYTES] = "undated";
    if (target->status != TARGET_UNDATED)
        clock_format_date(target->day, date);
    if (!target->value.known) {
        (void)snprintf(cell, CELL_BYTES, "not set, %s", date);
        return;
    }
    (void)snprintf(cell, CELL_BYTES, "%s %.6g %s, %s",
                   conf_id_name(target_operator_names, (int)target->operator_), target->value.value,
                   figure->indicator->unit_zh, date);
}

static void write_value(const struct figure *figure, char cell[static CELL_BYTES])
{
    if (!figure->value.known) {
        (void)snprintf(cell, CELL_BYTES, "unknown");
        return;
    }
    int decimals = (int)decimals_of_figure(figure);
    char lower[40] = "?";
    char upper[40] = "?";
    if (figure->lower.known)
        (void)snprintf(lower, sizeof lower, "%.*f", decimals, figure->lower.value);
    if (figure->upper.known)
        (void)snprintf(upper, sizeof upper, "%.*f", decimals, figure->upper.value);
    bool bounded = figure->lower.known || figure->upper.known;
    (void)snprintf(cell, CELL_BYTES, bounded ? "%.*f [%s, %s]" : "%.*f", decimals,
                   figure->value.value, lower, upper);
}

/* An alternative says by which definition, and its own unit where it has one. */
static void name_row(const struct figure *figure, struct table_row *row)
{
    const struct plan_indicator *indicator = figure->indicator;
    const struct plan_definition *definition = figure->definition;
    if (!figure->alternative) {
        (void)snprintf(row->cells[COLUMN_ID], CELL_BYTES, "%s", indicator->id);
        (void)snprintf(row->cells[COLUMN_LABEL], CELL_BYTES, "%.*s", CELL_BYTES - 1,
                       indicator->label_zh);
        return;
    }
    bool own_unit = strcmp(indicator->unit, definition->unit) != 0;
    (void)snprintf(row->cells[COLUMN_ID], CELL_BYTES, "%s=%s", indicator->id, definition->name);
    (void)snprintf(row->cells[COLUMN_LABEL], CELL_BYTES, "%s%s%s%s", definition->label_zh,
                   own_unit ? " [" : "", own_unit ? definition->unit_zh : "", own_unit ? "]" : "");
}

static void fill_row(const struct figure *figure, struct table_row *row)
{
    bool declared = figure->basis == BASIS_DECLARED;
    name_row(figure, row);
    (void)snprintf(row->cells[COLUMN_SCOPE], CELL_BYTES, "%.*s", CELL_BYTES - 1,
                   figure->operator_of ? figure->operator_of->label_zh : figure->area->label_zh);
    write_target(figure, row->cells[COLUMN_TARGET]);
    write_value(figure, row->cells[COLUMN_VALUE]);
    if (figure->coverage.known)
        (void)snprintf(row->cells[COLUMN_COVERAGE], CELL_BYTES, "%.1f %%",
                       100 * figure->coverage.value);
    else
        (void)snprintf(row->cells[COLUMN_COVERAGE], CELL_BYTES, declared ? "-" : "unknown");
    (void)snprintf(row->cells[COLUMN_BASIS], CELL_BYTES, "%s",
                   conf_id_name(basis_names, (int)figure->basis));
    (void)snprintf(row->cells[COLUMN_GRADE], CELL_BYTES, "%c", figure->grade);
    (void)snprintf(row->cells[COLUMN_VERDICT], CELL_BYTES, "%s%s", declared ? "declared: " : "",
                   conf_id_name(verdict_names, (int)figure->verdict));
}

static void print_row(FILE *out, const struct table_row *row, const size_t widths[COLUMN_COUNT])
{
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        (void)fputs(row->cells[c], out);
        size_t used = figure_table_width(row->cells[c]);
        if (c + 1 < COLUMN_COUNT)
            (void)fprintf(out, "%*s", (int)(widths[c] - used + GAP), "");
    }
    (void)fputc('\n', out);
}

static void widen(const struct table_row *row, size_t widths[COLUMN_COUNT])
{
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        size_t width = figure_table_width(row->cells[c]);
        if (width > widths[c])
            widths[c] = width;
    }
}

void figures_table(FILE *out, const struct figures *figures)
{
    size_t widths[COLUMN_COUNT] = {0};
    struct table_row row;
    memset(&row, 0, sizeof row);
    widen(&header, widths);
    for (size_t i = 0; i < figures->count; i++) {
        fill_row(&figures->figures[i], &row);
        widen(&row, widths);
    }
    print_row(out, &header, widths);
    for (size_t i = 0; i < figures->count; i++) {
        fill_row(&figures->figures[i], &row);
        print_row(out, &row, widths);
    }
}

/* The length of a text's next piece: to behind a comma, of either language, or to its end. */
static size_t piece_length(const char *text)
{
    const char *end = strstr(text, ", ");
    const char *end_zh = strstr(text, "，");
    size_t length = end ? (size_t)(end - text) + strlen(", ") : strlen(text);
    size_t length_zh = end_zh ? (size_t)(end_zh - text) + strlen("，") : strlen(text);
    return length < length_zh ? length : length_zh;
}

/* A rule behind what stands in its line already; lines break behind commas. */
static void print_rule(FILE *out, const char *text, size_t cells)
{
    while (*text) {
        char piece[RULE_PIECE_BYTES];
        size_t length = piece_length(text);
        (void)snprintf(piece, sizeof piece, "%.*s", (int)length, text);
        size_t width = figure_table_width(piece);
        if (cells + width > RULE_CELLS && cells > RULE_INDENT) {
            (void)fprintf(out, "\n%*s", RULE_INDENT, "");
            cells = RULE_INDENT;
        }
        (void)fputs(piece, out);
        cells += width;
        text += length;
    }
    (void)fputc('\n', out);
}

void figure_table_grades(FILE *out)
{
    for (size_t i = 0; i < grade_rule_count; i++) {
        (void)fprintf(out, "  %c  ", grade_rules[i].grade);
        print_rule(out, grade_rules[i].words_en, RULE_INDENT);
        (void)fprintf(out, "%*s", RULE_INDENT, "");
        print_rule(out, grade_rules[i].words_zh, RULE_INDENT);
    }
}

void figure_table_completeness(FILE *out)
{
    for (size_t i = 0; i < COMPLETENESS_RULES; i++) {
        const struct completeness_rule *rule = &completeness_rules[i];
        (void)fprintf(out, "  %s: ", rule->level_en);
        print_rule(out, rule->words_en, figure_table_width(rule->level_en) + 4);
        (void)fprintf(out, "%*s%s：", RULE_INDENT, "", rule->level_zh);
        print_rule(out, rule->words_zh, figure_table_width(rule->level_zh) + RULE_INDENT + 2);
    }
}
