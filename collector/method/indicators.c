/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/method/indicators.h"

#include "collector/estimate/verdict.h"
#include "collector/method/example.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 2048
#define NAME_BYTES 128

static const char *pick(const struct method_request *request, const char *zh, const char *en)
{
    return request->language == METHOD_ZH ? zh : en;
}

/* "numerator ÷ denominator", as figures name them. */
static void name_ratio(const struct method_request *request,
                       const struct plan_definition *definition, char out[static NAME_BYTES])
{
    const struct definition_days days = {request->rules->activity_days,
                                         request->rules->presence_days};
    char numerator[60];
    char denominator[60];
    definition_numerator_name(definition, &days, numerator, sizeof numerator);
    definition_denominator_name(definition, &days, denominator, sizeof denominator);
    (void)snprintf(out, NAME_BYTES, denominator[0] ? "`%s` ÷ `%s`" : "`%s`", numerator,
                   denominator);
}

static void write_target(struct document *document, const struct method_request *request,
                         const struct plan_target *target, const char *unit)
{
    char line[LINE_BYTES];
    char date[CLOCK_DATE_BYTES] = "";
    char value[64];
    if (target->status != TARGET_UNDATED)
        clock_format_date(target->day, date);
    if (target->value.known)
        (void)snprintf(value, sizeof value, "%s %.6g %s",
                       conf_id_name(target_operator_names, (int)target->operator_),
                       target->value.value, unit);
    else
        (void)snprintf(value, sizeof value, "%s", pick(request, "未设目标", "not set"));
    (void)snprintf(line, sizeof line, pick(request, "目标%s%s：%s (%s)", "Target%s%s: %s (%s)"),
                   date[0] ? " " : "", date[0] ? date : pick(request, "(无年份)", " (no year)"),
                   value, target->clause);
    document_item(document, line);
}

enum definition_column { NAME, WHAT, RATIO, QUANTITY, INSTANT, UNIT, REMARK, DEFINITION_COLUMNS };
static const struct words definition_header[DEFINITION_COLUMNS] = {
    [NAME] = {"口径", "definition"},      [WHAT] = {"计什么", "what it counts"},
    [RATIO] = {"名称", "as it is named"}, [QUANTITY] = {"计算", "computed as"},
    [INSTANT] = {"时点", "when"},         [UNIT] = {"单位", "unit"},
    [REMARK] = {"备注", "remark"},
};

/* One row a definition, the default first. */
static void write_definition(struct document *document, const struct method_request *request,
                             const struct plan_definition *definition, bool is_default)
{
    char name[NAME_BYTES];
    char ratio[NAME_BYTES];
    char quantity[NAME_BYTES];
    name_ratio(request, definition, ratio);
    (void)snprintf(name, sizeof name,
                   is_default ? pick(request, "`%s` (默认)", "`%s` (default)") : "`%s`",
                   definition->name);
    (void)snprintf(quantity, sizeof quantity, "`%s`",
                   conf_id_name(quantity_names, (int)definition->numerator));
    const char *cells[DEFINITION_COLUMNS] = {
        [NAME] = name,
        [WHAT] = pick(request, definition->label_zh, definition->label_en),
        [RATIO] = ratio,
        [QUANTITY] = quantity,
        [INSTANT] = say(&instant_words[definition->instant], request->language),
        [UNIT] = pick(request, definition->unit_zh, definition->unit),
        [REMARK] = pick(request, definition->note_zh, definition->note_en),
    };
    document_row(document, cells, DEFINITION_COLUMNS);
}

static void write_definitions(struct document *document, const struct method_request *request,
                              const struct plan_indicator *indicator)
{
    const char *header[DEFINITION_COLUMNS];
    for (size_t i = 0; i < DEFINITION_COLUMNS; i++)
        header[i] = say(&definition_header[i], request->language);
    document_table(document, header, DEFINITION_COLUMNS);
    for (size_t i = 0; i < indicator->definition_count; i++)
        write_definition(document, request, &indicator->definitions[i], i == 0);
}

static void write_changes(struct document *document, const struct method_request *request,
                          const struct plan_indicator *indicator)
{
    char line[LINE_BYTES];
    (void)snprintf(line, sizeof line, pick(request, "定义版本%llu。", "Definition version %llu."),
                   (unsigned long long)indicator->definition_version);
    document_item(document, line);
    for (size_t i = 0; i < indicator->change_count; i++) {
        char date[CLOCK_DATE_BYTES];
        const struct plan_change *change = &indicator->changes[i];
        clock_format_date(change->day, date);
        (void)snprintf(line, sizeof line,
                       pick(request, "%s起为版本%llu：%s", "From %s version %llu: %s"), date,
                       (unsigned long long)change->version,
                       pick(request, change->text_zh, change->text_en));
        document_item(document, line);
    }
}

static void write_indicator(struct document *document, const struct method_request *request,
                            const struct plan_indicator *indicator)
{
    char line[LINE_BYTES];
    const char *note = pick(request, indicator->note_zh, indicator->note_en);
    (void)snprintf(line, sizeof line, "%s `%s`",
                   pick(request, indicator->label_zh, indicator->label_en), indicator->id);
    document_heading(document, 3, line, indicator->id);
    (void)snprintf(line, sizeof line, pick(request, "证据类别：%s。%s", "Evidence: %s. %s"),
                   say(&evidence_class_words[indicator->evidence_class], request->language), note);
    document_paragraph(document, line);
    for (size_t i = 0; i < indicator->target_count; i++)
        write_target(document, request, &indicator->targets[i],
                     pick(request, indicator->unit_zh, indicator->unit));
    if (indicator->target_count == 0) {
        (void)snprintf(line, sizeof line,
                       pick(request, "任务，未设数值：%s", "A task without a number: %s"),
                       indicator->clause);
        document_item(document, line);
    }
    write_changes(document, request, indicator);
    write_definitions(document, request, indicator);
}

/* --- quantities --- */

static bool is_used(const struct plan *plan, enum quantity quantity)
{
    for (size_t i = 0; i < plan_indicator_count(plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(plan, i);
        for (size_t d = 0; d < indicator->definition_count; d++)
            if (indicator->definitions[d].numerator == quantity)
                return true;
    }
    return false;
}

void method_write_quantities(struct document *document, const struct method_request *request)
{
    const char *header[3] = {pick(request, "名称", "name"), pick(request, "公式", "formula"),
                             pick(request, "局限", "limits")};
    document_heading(document, 2, pick(request, "计算的量", "Quantities"), "quantities");
    document_table(document, header, 3);
    for (int i = 0; i < QUANTITY_COUNT; i++) {
        char name[NAME_BYTES];
        if (!is_used(request->plan, (enum quantity)i))
            continue;
        (void)snprintf(name, sizeof name, "`%s`", conf_id_name(quantity_names, i));
        const char *cells[3] = {name, say(&quantity_words[i].formula, request->language),
                                say(&quantity_words[i].limits, request->language)};
        document_row(document, cells, 3);
    }
}

void method_write_indicators(struct document *document, const struct method_request *request)
{
    document_heading(document, 2, pick(request, "指标", "Indicators"), "indicators");
    for (size_t i = 0; i < plan_indicator_count(request->plan); i++)
        write_indicator(document, request, plan_indicator_at(request->plan, i));
}

/* --- worked examples --- */

static void append(char *line, size_t size, const char *name, struct optional_double number,
                   const char *after)
{
    size_t used = strlen(line);
    if (number.known)
        (void)snprintf(line + used, size - used, "%s%.6g%s", name, number.value, after);
}

/* "Numerator 640, denominator 980; value 65.3061 %; bounds [64, 66]." */
static void write_numbers(struct document *document, const struct method_request *request,
                          const struct figure *figure)
{
    char line[LINE_BYTES] = "";
    char unit[80];
    (void)snprintf(unit, sizeof unit, " %s",
                   pick(request, figure->definition->unit_zh, figure->definition->unit));
    append(line, sizeof line, pick(request, "分子", "Numerator "), figure->numerator, "");
    append(line, sizeof line, pick(request, "，分母", ", denominator "), figure->denominator, "");
    append(line, sizeof line, pick(request, "；数值", "; value "), figure->value, unit);
    append(line, sizeof line, pick(request, "；下限", "; lower bound "), figure->lower, "");
    append(line, sizeof line, pick(request, "，上限", ", upper bound "), figure->upper, "");
    append(line, sizeof line, pick(request, "；目标", "; target "), figure->target->value, unit);
    document_item(document, line);
    (void)snprintf(line, sizeof line, pick(request, "判定：%s — %s", "Verdict: %s — %s"),
                   conf_id_name(request->language == METHOD_ZH ? verdict_names_zh : verdict_names,
                                (int)figure->verdict),
                   pick(request, figure->reason_zh, figure->reason_en));
    document_item(document, line);
}

int method_write_examples(struct document *document, const struct method_request *request)
{
    document_heading(document, 2, pick(request, "示例", "Worked examples"), "examples");
    document_paragraph(document, pick(request, "按默认规则计算，间隔到达98%。",
                                      "By the default rules; 98 % of the intervals have arrived."));
    for (size_t i = 0; i < method_example_count; i++) {
        const struct method_example *example = &method_examples[i];
        const struct figure *figure = NULL;
        struct figures *figures = NULL;
        char title[LINE_BYTES];
        int status = method_example_compute(example, request->plan, &figure, &figures);
        if (status == -ENOENT)
            continue; /* another plan, without this indicator */
        if (status != 0)
            return status;
        (void)snprintf(title, sizeof title, "%s `%s`", say(&example->title, request->language),
                       example->indicator);
        document_heading(document, 3, title, NULL);
        document_paragraph(document, say(&example->story, request->language));
        write_numbers(document, request, figure);
        figures_free(figures);
    }
    return 0;
}
