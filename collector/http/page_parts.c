/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/page_parts.h"

#include "collector/http/format.h"
#include "collector/http/html.h"

#include <string.h>

void page_both(const struct page *page, const char *zh, const char *en)
{
    const char *const texts[LANGUAGES] = {zh, en};
    for (int i = 0; i < LANGUAGES; i++) {
        enum language language = i == 0 ? page->first : (enum language)(1 - page->first);
        text_printf(page->out, "%s<span lang=\"%s\"%s>", i ? " " : "", language_tags[language],
                    i ? " class=\"second\"" : "");
        html_text(page->out, texts[language]);
        text_put(page->out, "</span>");
    }
}

void page_word(const struct page *page, enum word word)
{
    page_both(page, word_text(word, LANGUAGE_ZH), word_text(word, LANGUAGE_EN));
}

void page_heading(const struct page *page, const char *id, enum word word)
{
    text_put(page->out, "<h2");
    html_attribute(page->out, "id", id);
    text_put(page->out, ">");
    page_word(page, word);
    text_put(page->out, "</h2>\n");
}

void page_columns(const struct page *page, const enum word *words, size_t count)
{
    text_put(page->out, "<thead><tr>");
    for (size_t i = 0; i < count; i++) {
        text_put(page->out, "<th scope=\"col\">");
        page_word(page, words[i]);
        text_put(page->out, "</th>");
    }
    text_put(page->out, "</tr></thead>\n");
}

static bool is_share(const struct plan_indicator *indicator)
{
    return strcmp(indicator->unit, "%") == 0;
}

static bool is_count(const struct plan_indicator *indicator)
{
    return strcmp(indicator->unit, "count") == 0;
}

void page_unit(const struct page *page, const struct plan_indicator *indicator)
{
    if (is_share(indicator)) {
        text_put(page->out, "%");
    } else if (is_count(indicator)) {
        text_put(page->out, page->first == LANGUAGE_ZH ? " " : "");
        html_text(page->out, page->first == LANGUAGE_ZH ? indicator->unit_zh : "");
    } else if (strcmp(indicator->unit, indicator->unit_zh) == 0) {
        text_put(page->out, " ");
        html_text(page->out, indicator->unit);
    } else {
        text_put(page->out, " ");
        page_both(page, indicator->unit_zh, indicator->unit);
    }
}

static void write_quantity(const struct page *page, const struct plan_indicator *indicator,
                           double value, const char *number)
{
    char wan[FORMAT_BYTES];
    format_wan(value, wan);
    text_printf(page->out, "<span class=\"number\">%s</span>", number);
    page_unit(page, indicator);
    if (is_count(indicator) && page->first == LANGUAGE_ZH && *wan)
        text_printf(page->out, " <span class=\"wan\">（%s）</span>", wan);
}

void page_value(const struct page *page, const struct plan_indicator *indicator, double value,
                struct optional_double target)
{
    char number[FORMAT_BYTES];
    format_number(value, format_decimals(indicator, value, target), number);
    write_quantity(page, indicator, value, number);
}

void page_target(const struct page *page, const struct plan_indicator *indicator, double value)
{
    char number[FORMAT_BYTES];
    format_shortest(value, number);
    write_quantity(page, indicator, value, number);
}

void page_interval(const struct page *page, const struct figure *figure,
                   struct optional_double target)
{
    const struct optional_double ends[] = {figure->lower, figure->upper};
    char texts[2][FORMAT_BYTES] = {"…", "…"};
    if (!figure->value.known || (!ends[0].known && !ends[1].known))
        return;
    unsigned decimals = format_decimals(figure->indicator, figure->value.value, target);
    for (size_t i = 0; i < 2; i++)
        if (ends[i].known)
            format_number(ends[i].value, decimals, texts[i]);
    text_printf(page->out, "<span class=\"number\">[%s, %s]</span>", texts[0], texts[1]);
}

void page_ratio(const struct page *page, struct optional_double ratio)
{
    char number[FORMAT_BYTES];
    if (ratio.known) {
        format_number(100 * ratio.value, 1, number);
        text_printf(page->out, "<span class=\"number\">%s</span>%%", number);
    } else {
        page_word(page, WORD_UNKNOWN);
    }
}

void page_date(const struct page *page, int64_t day)
{
    char date[FORMAT_BYTES];
    format_date(day, page->first, date);
    text_put(page->out, date);
}

void page_time(const struct page *page, uint64_t unix_ns)
{
    char time[FORMAT_BYTES];
    format_time(unix_ns, page->first, time);
    text_put(page->out, time);
}

void page_open_section(const struct page *page, const char *id, enum word heading, enum word note)
{
    text_put(page->out, "<section>");
    page_heading(page, id, heading);
    text_put(page->out, "<p class=\"note\">");
    page_word(page, note);
    text_put(page->out, "</p>\n");
}

void page_empty(const struct page *page, enum word word)
{
    text_put(page->out, "<p class=\"empty\">");
    page_word(page, word);
    text_put(page->out, "</p>\n");
}

void page_count(const struct page *page, uint64_t count)
{
    char number[FORMAT_BYTES];
    format_number((double)count, 0, number);
    text_printf(page->out, "<span class=\"number\">%s</span>", number);
}

void page_operator_name(const struct page *page, const char *key)
{
    const struct plan_operator *operator_ = plan_find_operator(page->plan, key);
    if (operator_)
        page_both(page, operator_->label_zh, operator_->label_en);
    else
        html_text(page->out, key);
}
