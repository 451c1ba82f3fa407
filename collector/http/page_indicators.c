/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The heart of the page: a card per indicator with its value, bar, targets and verdicts, and the
 * evidence behind them. First what is measured or derived, then what is declared.
 */
#include "collector/http/bar.h"
#include "collector/http/format.h"
#include "collector/http/html.h"
#include "collector/http/page_parts.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *class_name, *symbol;
} verdict_looks[] = {
    [VERDICT_NOT_SET] = {"not-set", "–"},
    [VERDICT_MET] = {"met", "✓"},
    [VERDICT_NOT_MET] = {"not-met", "✗"},
    [VERDICT_INSUFFICIENT_EVIDENCE] = {"insufficient", "?"},
};

/* None of them needs escaping: the greater-than sign is the full-width one. */
static const char *const operator_symbols[] = {
    [TARGET_GE] = "≥",
    [TARGET_GT] = "＞",
    [TARGET_EQ] = "=",
};

static const enum word class_words[] = {
    [EVIDENCE_MEASURED] = WORD_CLASS_MEASURED,
    [EVIDENCE_DERIVED] = WORD_CLASS_DERIVED,
    [EVIDENCE_DECLARED] = WORD_CLASS_DECLARED,
};

static const enum word basis_words[] = {
    [BASIS_NONE] = WORD_BASIS_NONE,
    [BASIS_CENSUS] = WORD_BASIS_CENSUS,
    [BASIS_PROBABILITY_SAMPLE] = WORD_BASIS_PROBABILITY_SAMPLE,
    [BASIS_CONVENIENCE] = WORD_BASIS_CONVENIENCE,
    [BASIS_DECLARED] = WORD_BASIS_DECLARED,
};

static bool is_city_wide(const struct page *page, const struct figure *figure)
{
    return figure->area == plan_area_at(page->plan, 0) && !figure->operator_of;
}

static const struct figure *next_city_figure(const struct page *page,
                                             const struct plan_indicator *indicator,
                                             const struct figure *after)
{
    const struct figure *end = page->figures->figures + page->figures->count;
    for (const struct figure *each = after ? after + 1 : page->figures->figures; each < end; each++)
        if (each->indicator == indicator && is_city_wide(page, each))
            return each;
    return NULL;
}

static struct optional_double target_value(const struct figure *figure)
{
    return figure->target ? figure->target->value : (struct optional_double){0};
}

static bool is_past(const struct figure *figure)
{
    const struct plan_target *target = figure->target;
    return target && target->value.known && target->status != TARGET_UNDATED &&
           target->day < figure->instant_day;
}

static void write_verdict(const struct page *page, enum verdict verdict)
{
    text_printf(page->out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> ",
                verdict_looks[verdict].class_name, verdict_looks[verdict].symbol);
    page_both(page, conf_id_name(verdict_names_zh, (int)verdict),
              conf_id_name(verdict_names_en, (int)verdict));
    text_put(page->out, "</span>");
}

/* --- summary --- */

static void write_summary(const struct page *page)
{
    static const enum verdict order[] = {VERDICT_MET, VERDICT_NOT_MET,
                                         VERDICT_INSUFFICIENT_EVIDENCE, VERDICT_NOT_SET};
    page_heading(page, "summary", WORD_SUMMARY);
    text_put(page->out, "<ul class=\"summary\">");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        size_t count = 0;
        for (size_t k = 0; k < page->figures->count; k++) {
            const struct figure *figure = &page->figures->figures[k];
            count += figure->target && is_city_wide(page, figure) && !is_past(figure) &&
                     figure->verdict == order[i];
        }
        text_printf(page->out, "<li class=\"%s\"><strong>%zu</strong> ",
                    verdict_looks[order[i]].class_name, count);
        write_verdict(page, order[i]);
        text_put(page->out, "</li>");
    }
    text_put(page->out, "</ul>\n");
}

/* --- bar --- */

static void add_mark(struct bar *bar, const struct plan_target *target)
{
    if (!target || !target->value.known || bar->mark_count == BAR_MARKS_MAX)
        return;
    char number[FORMAT_BYTES], date[CLOCK_DATE_BYTES] = "";
    format_shortest(target->value.value, number);
    if (target->status != TARGET_UNDATED)
        clock_format_date(target->day, date);
    bar->marks[bar->mark_count].value = target->value.value;
    (void)snprintf(bar->marks[bar->mark_count].label, sizeof bar->marks[0].label, "%.4s%s%s %.20s",
                   date, *date ? " " : "", operator_symbols[target->operator_], number);
    bar->mark_count++;
}

static void write_bar(const struct page *page, const struct figure *first)
{
    const struct plan_indicator *indicator = first->indicator;
    struct bar bar = {.value = first->value, .lower = first->lower, .upper = first->upper};
    for (const struct figure *each = first; each; each = next_city_figure(page, indicator, each))
        add_mark(&bar, each->target);
    if (!bar.value.known && bar.mark_count == 0)
        return;
    bar.full = bar_full_scale(&bar, strcmp(indicator->unit, "%") == 0 ? 100 : 0);

    char title[512], value[FORMAT_BYTES];
    int length = snprintf(title, sizeof title, "%s", word_text(WORD_NO_VALUE, page->first));
    if (bar.value.known) {
        format_number(bar.value.value,
                      format_decimals(indicator, bar.value.value, target_value(first)), value);
        length = snprintf(title, sizeof title, "%s %s %s", word_text(WORD_ACTUAL, page->first),
                          value, page->first == LANGUAGE_ZH ? indicator->unit_zh : indicator->unit);
    }
    for (size_t i = 0; i < bar.mark_count && length > 0 && length < (int)sizeof title; i++)
        length += snprintf(title + length, sizeof title - (size_t)length, "; %s %s",
                           word_text(WORD_TARGET, page->first), bar.marks[i].label);
    bar.title = title;
    text_put(page->out, "<div class=\"chart\">");
    bar_write(page->out, &bar);
    text_put(page->out, "</div>\n");
}

/* --- actual value --- */

static void write_interval(const struct page *page, const struct figure *figure)
{
    text_put(page->out, "<p class=\"interval\">");
    page_word(page, WORD_INTERVAL);
    text_put(page->out, " ");
    page_interval(page, figure, target_value(figure));
    text_put(page->out, "</p>");
}

static void write_actual(const struct page *page, const struct figure *figure)
{
    text_put(page->out, "<div class=\"actual\"><p class=\"label\">");
    page_word(page, figure->evidence_class == EVIDENCE_DECLARED ? WORD_DECLARED : WORD_ACTUAL);
    text_printf(page->out, "</p><p class=\"value%s\">", figure->value.known ? "" : " missing");
    if (figure->value.known)
        page_value(page, figure->indicator, figure->value.value, target_value(figure));
    else
        page_word(page, WORD_NO_VALUE);
    text_put(page->out, "</p>");
    if (figure->value.known && (figure->lower.known || figure->upper.known))
        write_interval(page, figure);
    if (figure->declared_value.known && figure->evidence_class != EVIDENCE_DECLARED) {
        text_put(page->out, "<p class=\"interval\">");
        page_word(page, WORD_DECLARED);
        text_put(page->out, " ");
        page_value(page, figure->indicator, figure->declared_value.value, target_value(figure));
        text_put(page->out, "</p>");
    }
    text_put(page->out, "</div>\n");
}

/* --- targets and verdicts --- */

static void write_target_cells(const struct page *page, const struct figure *figure)
{
    const struct plan_target *target = figure->target;
    text_put(page->out, "<th scope=\"row\">");
    if (target && target->status != TARGET_UNDATED)
        page_date(page, target->day);
    else
        page_word(page, WORD_UNDATED);
    text_put(page->out, "</th><td>");
    if (!target || !target->value.known) {
        page_word(page, WORD_NO_TARGET_SET);
    } else {
        text_printf(page->out, "%s ", operator_symbols[target->operator_]);
        page_target(page, figure->indicator, target->value.value);
    }
    if (target && target->status == TARGET_CARRIED_FORWARD) {
        text_put(page->out, "<br>");
        page_word(page, WORD_CARRIED_FORWARD);
    }
    text_put(page->out, "</td>");
}

/* A target whose day is past was judged then: what is so today is said, and where its verdict is.
 */
static void write_past_target(const struct page *page, const struct figure *figure)
{
    int year, month, day;
    clock_civil_from_days(figure->target->day, &year, &month, &day);
    text_put(page->out, "<tr>");
    write_target_cells(page, figure);
    text_printf(page->out, "<td><a href=\"/plain?year=%d&amp;lang=%s\">", year,
                language_tags[page->first]);
    page_word(page, WORD_VERDICT_OF_ITS_YEAR);
    text_put(page->out, "</a></td><td class=\"reason\">");
    page_word(page, WORD_BY_PRESENT_VALUE);
    page_both(page, conf_id_name(verdict_names_zh, (int)figure->verdict),
              conf_id_name(verdict_names_en, (int)figure->verdict));
    text_put(page->out, "</td></tr>\n");
}

static void write_target(const struct page *page, const struct figure *figure)
{
    if (is_past(figure)) {
        write_past_target(page, figure);
        return;
    }
    text_put(page->out, "<tr>");
    write_target_cells(page, figure);
    text_put(page->out, "<td>");
    write_verdict(page, figure->verdict);
    if (!figure->due && figure->target && figure->target->status != TARGET_UNDATED) {
        text_put(page->out, "<br><span class=\"note\">");
        page_word(page, WORD_NOT_YET_DUE);
        text_put(page->out, "</span>");
    }
    text_put(page->out, "</td><td class=\"reason\">");
    if (figure->reason_zh && figure->reason_en)
        page_both(page, figure->reason_zh, figure->reason_en);
    text_put(page->out, "</td></tr>\n");
}

static void write_targets(const struct page *page, const struct figure *first)
{
    static const enum word columns[] = {WORD_BY_DATE, WORD_TARGET, WORD_VERDICT, WORD_REASON};
    text_put(page->out, "<table class=\"targets\">");
    page_columns(page, columns, sizeof columns / sizeof columns[0]);
    text_put(page->out, "<tbody>");
    for (const struct figure *each = first; each;
         each = next_city_figure(page, first->indicator, each))
        write_target(page, each);
    text_put(page->out, "</tbody></table>\n");
}

/* --- evidence --- */

static void write_term(const struct page *page, enum word word)
{
    text_put(page->out, "<div><dt>");
    page_word(page, word);
    text_put(page->out, "</dt><dd>");
}

static void write_term_text(const struct page *page, enum word word, const char *value)
{
    if (!*value)
        return;
    write_term(page, word);
    html_text(page->out, value);
    text_put(page->out, "</dd></div>");
}

static void write_term_both(const struct page *page, enum word word, const char *zh, const char *en)
{
    if (!*zh && !*en)
        return;
    write_term(page, word);
    page_both(page, zh, en);
    text_put(page->out, "</dd></div>");
}

static void write_term_ratio(const struct page *page, enum word word, struct optional_double ratio)
{
    if (!ratio.known)
        return;
    write_term(page, word);
    page_ratio(page, ratio);
    text_put(page->out, "</dd></div>");
}

static void write_part(const struct page *page, enum word word, const char *name,
                       struct optional_double value, const char *vintage)
{
    char number[FORMAT_BYTES];
    if (!*name && !value.known)
        return;
    write_term(page, word);
    html_text(page->out, name);
    if (value.known) {
        format_number(value.value, 0, number);
        text_printf(page->out, " = <span class=\"number\">%s</span>", number);
    }
    if (*vintage) {
        text_put(page->out, " (");
        html_text(page->out, vintage);
        text_put(page->out, ")");
    }
    text_put(page->out, "</dd></div>");
}

static void write_evidence(const struct page *page, const struct figure *figure)
{
    const struct plan_indicator *indicator = figure->indicator;
    text_put(page->out, "<details><summary>");
    page_word(page, WORD_DETAILS);
    text_put(page->out, "</summary><dl>");
    write_term(page, WORD_BASIS);
    page_word(page, basis_words[figure->basis]);
    text_put(page->out, "</dd></div>");
    write_part(page, WORD_NUMERATOR, figure->numerator_name, figure->numerator, "");
    write_part(page, WORD_DENOMINATOR, figure->denominator_name, figure->denominator,
               figure->denominator_vintage);
    write_term_ratio(page, WORD_COMPLETENESS, figure->completeness);
    write_term_ratio(page, WORD_UNCLASSIFIED, figure->unclassified);
    write_term_text(page, WORD_SOURCE, figure->source);
    write_term_both(page, WORD_METHOD, figure->definition->label_zh, figure->definition->label_en);
    text_printf(page->out, "<div><dt>");
    page_word(page, WORD_DEFINITION_VERSION);
    text_printf(page->out, "</dt><dd>%u</dd></div>", figure->definition_version);
    write_term_text(page, WORD_CLAUSE, figure->target ? figure->target->clause : "");
    write_term_both(page, WORD_RESPONSIBLE, indicator->responsible_zh, indicator->responsible_en);
    if (indicator->responsible_inferred)
        write_term_both(page, WORD_NOTE, word_text(WORD_RESPONSIBLE_INFERRED, LANGUAGE_ZH),
                        word_text(WORD_RESPONSIBLE_INFERRED, LANGUAGE_EN));
    write_term_both(page, WORD_NOTE, indicator->note_zh, indicator->note_en);
    text_put(page->out, "</dl></details>\n");
}

static void write_chips(const struct page *page, const struct figure *figure)
{
    text_put(page->out, "<ul class=\"chips\"><li>");
    page_word(page, class_words[figure->evidence_class]);
    text_put(page->out, "</li>");
    if (figure->grade >= 'A' && figure->grade <= 'E') {
        text_printf(page->out, "<li class=\"grade\">");
        page_word(page, WORD_GRADE);
        text_printf(page->out, " <strong>%c</strong></li>", figure->grade);
    }
    if (figure->coverage.known) {
        text_put(page->out, "<li>");
        page_word(page, WORD_COVERAGE);
        text_put(page->out, " ");
        page_ratio(page, figure->coverage);
        text_put(page->out, "</li>");
    }
    text_put(page->out, "</ul>\n");
}

/* --- cards --- */

static void write_card(const struct page *page, const struct plan_indicator *indicator)
{
    const struct figure *first = next_city_figure(page, indicator, NULL);
    if (!first)
        return;
    text_put(page->out, "<article class=\"indicator\"");
    html_attribute(page->out, "id", indicator->id);
    text_put(page->out, "><header><h3>");
    page_both(page, indicator->label_zh, indicator->label_en);
    text_put(page->out, "</h3>");
    write_chips(page, first);
    text_put(page->out, "</header>\n");
    write_actual(page, first);
    write_bar(page, first);
    write_targets(page, first);
    write_evidence(page, first);
    text_put(page->out, "</article>\n");
}

static void write_cards(const struct page *page, bool declared, enum word heading, enum word note)
{
    page_heading(page, declared ? "declared" : "measured", heading);
    text_put(page->out, "<p class=\"note\">");
    page_word(page, note);
    text_put(page->out, "</p>\n");
    for (size_t i = 0; i < plan_indicator_count(page->plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(page->plan, i);
        if ((indicator->evidence_class == EVIDENCE_DECLARED) == declared)
            write_card(page, indicator);
    }
}

void page_indicators(const struct page *page)
{
    write_summary(page);
    write_cards(page, false, WORD_MEASURED_TARGETS, WORD_MEASURED_TARGETS_NOTE);
    text_put(page->out, "<p class=\"note\">");
    page_word(page, WORD_CHART_LEGEND);
    text_put(page->out, "</p>\n");
    write_cards(page, true, WORD_DECLARED_TARGETS, WORD_DECLARED_TARGETS_NOTE);
}
