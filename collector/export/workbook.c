/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/workbook.h"

#include "collector/export/figure_json.h"
#include "collector/export/figure_table.h"
#include "collector/export/publication.h"
#include "collector/export/tables.h"
#include "collector/indicator/inputs.h"

#include "common/clock.h"

#include <xlsxwriter.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMATS_MAX  64
#define FORMAT_BYTES 96
#define COLUMNS_MAX  64
#define WIDTH_MIN    8
#define WIDTH_MAX    60
#define NARROW       13 /* columns that a printed page holds */
#define NS_PER_S     1000000000u

enum language { CHINESE, ENGLISH, LANGUAGES };

/* A number format of Excel's is made once a workbook. */
struct number_format {
    char text[FORMAT_BYTES];
    lxw_format *format;
};

struct book {
    const struct export_source *source;
    lxw_workbook *workbook;
    lxw_format *header, *title, *wrapped;
    struct number_format formats[FORMATS_MAX];
    size_t format_count;
    enum language language;
};

struct sheet {
    struct book *book;
    lxw_worksheet *worksheet;
    size_t widths[COLUMNS_MAX];
    lxw_row_t row;
};

static lxw_format *format_of(struct book *book, const char *text)
{
    for (size_t i = 0; i < book->format_count; i++)
        if (strcmp(book->formats[i].text, text) == 0)
            return book->formats[i].format;
    if (book->format_count == FORMATS_MAX)
        return NULL; /* as Excel likes */
    struct number_format *made = &book->formats[book->format_count++];
    (void)snprintf(made->text, sizeof made->text, "%s", text);
    made->format = workbook_add_format(book->workbook);
    format_set_num_format(made->format, made->text);
    return made->format;
}

/* "#,##0.0" and the unit, which stands with the number for people; one more decimal than usual, to
 * show on which side of a target it lies. */
static lxw_format *unit_format(struct book *book, const char *unit, uint64_t decimals)
{
    char text[FORMAT_BYTES];
    static const char zeros[] = "000000";
    int shown = decimals == 0 ? 0 : (int)(decimals < 5 ? decimals + 1 : 6);
    bool plain = strcmp(unit, "count") == 0 || strchr(unit, '"') != NULL;
    (void)snprintf(text, sizeof text, "#,##0%s%.*s%s%s%s", shown > 0 ? "." : "", shown, zeros,
                   plain ? "" : "\" ", plain ? "" : unit, plain ? "" : "\"");
    return format_of(book, text);
}

static lxw_format *number_format_of(struct book *book, const struct table *table,
                                    const struct column *column, const void *row)
{
    const struct plan_definition *definition = NULL;
    if (column->flags & COLUMN_SHARE)
        return format_of(book, "0.0%");
    if (!(column->flags & COLUMN_ROW_UNIT))
        return format_of(book, "#,##0");
    if (table == &verdicts_table)
        definition = ((const struct figure *)row)->definition;
    if (table == &targets_table)
        definition = &((const struct target_row *)row)->indicator->definitions[0];
    if (!definition)
        return NULL;
    return unit_format(book, book->language == CHINESE ? definition->unit_zh : definition->unit,
                       definition->decimals);
}

static void widen(struct sheet *sheet, lxw_col_t column, size_t width)
{
    if (column < COLUMNS_MAX && width > sheet->widths[column])
        sheet->widths[column] = width;
}

static void put_text(struct sheet *sheet, lxw_col_t column, const char *text, lxw_format *format)
{
    (void)worksheet_write_string(sheet->worksheet, sheet->row, column, text, format);
    widen(sheet, column, figure_table_width(text));
}

static void put_number(struct sheet *sheet, lxw_col_t column, double number, lxw_format *format)
{
    char shown[40];
    (void)worksheet_write_number(sheet->worksheet, sheet->row, column, number, format);
    (void)snprintf(shown, sizeof shown, "%.0f", number);
    widen(sheet, column, strlen(shown) * 4 / 3 + 8); /* groups, decimals, the unit */
}

static void put_date(struct sheet *sheet, lxw_col_t column, const char *text)
{
    int64_t day = 0;
    lxw_datetime date;
    memset(&date, 0, sizeof date);
    if (clock_parse_date(text, &day) != 0) {
        put_text(sheet, column, text, NULL);
        return;
    }
    clock_civil_from_days(day, &date.year, &date.month, &date.day);
    (void)worksheet_write_datetime(sheet->worksheet, sheet->row, column, &date,
                                   format_of(sheet->book, "yyyy-mm-dd"));
    widen(sheet, column, strlen(text));
}

static void put_cell(struct sheet *sheet, lxw_col_t at, const struct table *table,
                     const struct column *column, const void *row)
{
    struct cell cell;
    table_cell(column, sheet->book->source, row, &cell);
    if (!cell.known)
        return;
    switch (column->type) {
    case CELL_TEXT:
    case CELL_INSTANT:
        put_text(sheet, at, cell.text, NULL);
        break;
    case CELL_DATE:
        put_date(sheet, at, cell.text);
        break;
    case CELL_COUNT:
        put_number(sheet, at, (double)cell.count, format_of(sheet->book, "#,##0"));
        break;
    case CELL_NUMBER:
        put_number(sheet, at, cell.number, number_format_of(sheet->book, table, column, row));
        break;
    case CELL_BOOLEAN:
        (void)worksheet_write_boolean(sheet->worksheet, sheet->row, at, cell.truth, NULL);
        break;
    }
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The other language's words have a sheet of their own. */
static bool is_shown(const struct book *book, const struct column *column)
{
    return !ends_in(column->name, book->language == CHINESE ? "_en" : "_zh");
}

static void begin_sheet(struct book *book, const char *name, struct sheet *sheet)
{
    memset(sheet, 0, sizeof *sheet);
    sheet->book = book;
    sheet->worksheet = workbook_add_worksheet(book->workbook, name);
}

static void set_widths(struct sheet *sheet, size_t columns)
{
    for (size_t c = 0; c < columns && c < COLUMNS_MAX; c++) {
        size_t width = sheet->widths[c] + 2;
        width = width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
        (void)worksheet_set_column(sheet->worksheet, (lxw_col_t)c, (lxw_col_t)c, (double)width,
                                   NULL);
    }
}

/* Names stay in sight, on the screen and on paper; a page across holds what can be read on it. */
static void set_frame(struct sheet *sheet, size_t columns)
{
    bool narrow = columns <= NARROW;
    worksheet_freeze_panes(sheet->worksheet, 1, narrow ? 0 : 2);
    worksheet_set_landscape(sheet->worksheet);
    worksheet_set_paper(sheet->worksheet, 9); /* A4 */
    (void)worksheet_repeat_rows(sheet->worksheet, 0, 0);
    if (narrow)
        worksheet_fit_to_pages(sheet->worksheet, 1, 0);
    else
        (void)worksheet_repeat_columns(sheet->worksheet, 0, 1);
}

static void add_table(struct book *book, const char *name, const struct table *table)
{
    struct sheet sheet;
    lxw_col_t columns = 0;
    begin_sheet(book, name, &sheet);
    for (size_t c = 0; c < table->column_count; c++) {
        const struct column *column = &table->columns[c];
        if (is_shown(book, column))
            put_text(&sheet, columns++,
                     book->language == CHINESE ? column->title_zh : column->title_en, book->header);
    }
    size_t rows = table->count(book->source);
    for (size_t i = 0; i < rows; i++) {
        const void *row = table->row(book->source, i);
        lxw_col_t at = 0;
        sheet.row++;
        for (size_t c = 0; c < table->column_count; c++)
            if (is_shown(book, &table->columns[c]))
                put_cell(&sheet, at++, table, &table->columns[c], row);
    }
    set_frame(&sheet, columns);
    (void)worksheet_autofilter(sheet.worksheet, 0, 0, sheet.row, (lxw_col_t)(columns - 1));
    set_widths(&sheet, columns);
}

static void put_pair(struct sheet *sheet, const char *zh, const char *en, const char *value)
{
    put_text(sheet, 0, sheet->book->language == CHINESE ? zh : en, sheet->book->header);
    put_text(sheet, 1, value, NULL);
    sheet->row++;
}

static void put_count(struct sheet *sheet, const char *zh, const char *en, size_t count)
{
    put_text(sheet, 0, sheet->book->language == CHINESE ? zh : en, sheet->book->header);
    put_number(sheet, 1, (double)count, format_of(sheet->book, "#,##0"));
    sheet->row++;
}

static void put_words(struct sheet *sheet, const char *const *words, size_t count,
                      lxw_format *format)
{
    for (size_t i = 0; i < count; i++)
        put_text(sheet, (lxw_col_t)i, words[i], format);
    sheet->row++;
}

/* The city's figure beside the target in force, of each indicator that has one. */
static bool is_headline(const struct figure *figure, const struct plan *plan)
{
    return figure->area == plan_area_at(plan, 0) && !figure->operator_of && !figure->alternative &&
           figure->target && figure->target->value.known &&
           figure->target->status != TARGET_UNDATED &&
           figure->target == figure_target_in_force(figure->indicator, figure->instant_day);
}

static void put_headline(struct sheet *sheet, const struct figure *figure)
{
    struct book *book = sheet->book;
    bool chinese = book->language == CHINESE;
    const struct plan_definition *definition = figure->definition;
    lxw_format *unit =
        unit_format(book, chinese ? definition->unit_zh : definition->unit, definition->decimals);
    const struct optional_double numbers[] = {figure->value, figure->lower, figure->upper};
    const struct conf_name *verdicts = chinese ? verdict_names_zh : verdict_names_en;
    const char grade[] = {figure->grade, '\0'};
    char date[CLOCK_DATE_BYTES];
    clock_format_date(figure->target->day, date);
    put_text(sheet, 0, chinese ? figure->indicator->label_zh : figure->indicator->label_en, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].known)
            put_number(sheet, (lxw_col_t)(1 + i), numbers[i].value, unit);
    put_text(sheet, 4, conf_id_name(target_operator_names, (int)figure->target->operator_), NULL);
    put_number(sheet, 5, figure->target->value.value, unit);
    put_date(sheet, 6, date);
    put_text(sheet, 7, grade, NULL);
    put_text(sheet, 8, conf_id_name(verdicts, (int)figure->verdict), NULL);
    sheet->row++;
}

static void put_headlines(struct sheet *sheet)
{
    static const char *const headers[LANGUAGES][9] = {
        {"指标", "现值", "下限", "上限", "比较", "目标", "期限", "质量等级", "结论"},
        {"Indicator", "Value", "Lower bound", "Upper bound", "Comparison", "Target", "By", "Grade",
         "Verdict"},
    };
    const struct export_source *source = sheet->book->source;
    const struct figures *figures = &source->publication->figures;
    sheet->row++;
    put_words(sheet, headers[sheet->book->language], 9, sheet->book->header);
    for (size_t i = 0; i < figures->count; i++)
        if (is_headline(&figures->figures[i], source->plan))
            put_headline(sheet, &figures->figures[i]);
}

static void add_cover(struct book *book, const char *name)
{
    const struct export_source *source = book->source;
    const struct publication *publication = source->publication;
    bool chinese = book->language == CHINESE;
    struct sheet sheet;
    char instant[FIGURE_INSTANT_BYTES];
    char time[CLOCK_TIME_BYTES];
    begin_sheet(book, name, &sheet);
    figure_instant_text(source->inputs->window.last_day, instant);
    clock_format_city_time(source->inputs->computed_ns, time);
    bool provisional =
        figure_is_provisional(source->inputs->window.last_day, source->inputs->computed_ns);
    put_text(&sheet, 0, chinese ? plan_title_zh(source->plan) : plan_title_en(source->plan),
             book->title);
    sheet.widths[0] = 0; /* a title may run over the next column */
    sheet.row += 2;
    put_pair(&sheet, "文件", "Document", plan_document(source->plan));
    put_text(&sheet, 0, chinese ? "年度" : "Year", book->header);
    put_number(&sheet, 1, source->year, format_of(book, "0"));
    sheet.row++;
    put_pair(&sheet, "截至", "As at", instant);
    put_pair(&sheet, "状态", "State",
             chinese ? (provisional ? "暂定" : "最终") : (provisional ? "provisional" : "final"));
    put_pair(&sheet, "方法版本", "Method version", LASTMILE_VERSION);
    put_pair(&sheet, "计算时刻", "Computed", time);
    put_pair(&sheet, "用途", "Use",
             chinese ? (source->full ? "内部" : "公开") : export_use(source));
    put_count(&sheet, "不予公布的指标数值", "Figures withheld", publication->withheld);
    put_count(&sheet, "不予公布的线路计数：过少", "Counts of lines withheld: too small",
              publication->disclosure.sensitive);
    put_count(&sheet, "不予公布的线路计数：可据以推算他处", "Counts of lines withheld: for others",
              publication->disclosure.complementary);
    put_headlines(&sheet);
    worksheet_set_landscape(sheet.worksheet);
    worksheet_set_paper(sheet.worksheet, 9); /* A4 */
    worksheet_fit_to_pages(sheet.worksheet, 1, 0);
    set_widths(&sheet, 9);
}

static void add_method(struct book *book, const char *name)
{
    static const char *const headers[LANGUAGES][5] = {
        {"指标代码", "指标", "口径", "定义版本", "说明"},
        {"Indicator", "Name", "Definition", "Definition version", "Note"},
    };
    const struct plan *plan = book->source->plan;
    bool chinese = book->language == CHINESE;
    struct sheet sheet;
    begin_sheet(book, name, &sheet);
    put_words(&sheet, headers[book->language], 5, book->header);
    for (size_t i = 0; i < plan_indicator_count(plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(plan, i);
        const struct plan_definition *definition = &indicator->definitions[0];
        char version[24];
        (void)snprintf(version, sizeof version, "%llu",
                       (unsigned long long)indicator->definition_version);
        const char *const words[] = {indicator->id,
                                     chinese ? indicator->label_zh : indicator->label_en,
                                     chinese ? definition->label_zh : definition->label_en, version,
                                     chinese ? indicator->note_zh : indicator->note_en};
        put_words(&sheet, words, 5, book->wrapped);
    }
    sheet.row++;
    for (size_t i = 0; i < grade_rule_count; i++) {
        const char grade[] = {grade_rules[i].grade, '\0'};
        const char *const words[] = {grade,
                                     chinese ? grade_rules[i].words_zh : grade_rules[i].words_en};
        put_words(&sheet, words, 2, book->wrapped);
    }
    set_frame(&sheet, 5);
    set_widths(&sheet, 5);
}

/* In the order of the sheets; a sheet is a table, or is made by a function. */
static const struct {
    const char *names[LANGUAGES];
    const struct table *table;
    void (*add)(struct book *book, const char *name);
} sheets[] = {
    {{"封面", "Cover"}, NULL, add_cover},
    {{"结论", "Verdicts"}, &verdicts_table, NULL},
    {{"目标", "Targets"}, &targets_table, NULL},
    {{"分母", "Denominators"}, &denominators_table, NULL},
    {{"线路", "Lines"}, &lines_table, NULL},
    {{"覆盖情况", "Coverage"}, &coverage_table, NULL},
    {{"方法", "Method"}, NULL, add_method},
};

static void add_sheets(struct book *book)
{
    for (int language = 0; language < LANGUAGES; language++) {
        book->language = (enum language)language;
        for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
            if (sheets[i].table)
                add_table(book, sheets[i].names[language], sheets[i].table);
            else
                sheets[i].add(book, sheets[i].names[language]);
        }
    }
}

static int make(const char *path, const struct export_source *source)
{
    struct book *book = calloc(1, sizeof *book);
    lxw_doc_properties properties;
    memset(&properties, 0, sizeof properties);
    if (!book)
        return -ENOMEM;
    book->source = source;
    book->workbook = workbook_new(path);
    if (!book->workbook) {
        free(book);
        return -ENOMEM;
    }
    properties.created = (time_t)(source->inputs->computed_ns / NS_PER_S);
    (void)workbook_set_properties(book->workbook, &properties);
    book->header = workbook_add_format(book->workbook);
    format_set_bold(book->header);
    format_set_text_wrap(book->header);
    format_set_align(book->header, LXW_ALIGN_VERTICAL_TOP);
    book->title = workbook_add_format(book->workbook);
    format_set_bold(book->title);
    format_set_font_size(book->title, 16);
    book->wrapped = workbook_add_format(book->workbook);
    format_set_text_wrap(book->wrapped);
    format_set_align(book->wrapped, LXW_ALIGN_VERTICAL_TOP);
    add_sheets(book);
    lxw_error error = workbook_close(book->workbook);
    free(book);
    if (error == LXW_NO_ERROR)
        return 0;
    return error == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM : -EIO;
}

static int copy(const char *path, FILE *out)
{
    char bytes[8192];
    size_t length;
    FILE *in = fopen(path, "rb");
    if (!in)
        return -errno;
    while ((length = fread(bytes, 1, sizeof bytes, in)) > 0)
        if (fwrite(bytes, 1, length, out) != length)
            break;
    int status = ferror(in) || ferror(out) ? -EIO : 0;
    (void)fclose(in);
    return status;
}

int workbook_write(FILE *out, const struct export_source *source)
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    int length = snprintf(path, sizeof path, "%s/lastmile-XXXXXX", folder ? folder : "/tmp");
    if (length < 0 || (size_t)length >= sizeof path)
        return -ENAMETOOLONG;
    int descriptor = mkstemp(path); /* the library wants a name */
    if (descriptor < 0)
        return -errno;
    (void)close(descriptor);
    int status = make(path, source);
    if (status == 0)
        status = copy(path, out);
    (void)unlink(path);
    return status;
}
