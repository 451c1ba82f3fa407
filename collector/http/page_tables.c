/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables below the cards: areas, operators, probes. An area is shown beside the city and gets
 * no verdict; an operator is shown with its own word beside what was measured.
 */
#include "collector/http/format.h"
#include "collector/http/html.h"
#include "collector/http/page_parts.h"

#include "common/clock.h"

#include <math.h>
#include <string.h>

static const struct figure *find_figure(const struct page *page,
                                        const struct plan_indicator *indicator,
                                        const struct plan_area *area,
                                        const struct plan_operator *operator_of)
{
    for (size_t i = 0; i < page->figures->count; i++) {
        const struct figure *figure = &page->figures->figures[i];
        if (figure->indicator == indicator && figure->area == area &&
            figure->operator_of == operator_of)
            return figure;
    }
    return NULL;
}

/* --- areas --- */

static bool has_area_figures(const struct page *page, const struct plan_indicator *indicator)
{
    for (size_t i = 1; i < plan_area_count(page->plan); i++)
        if (find_figure(page, indicator, plan_area_at(page->plan, i), NULL))
            return true;
    return false;
}

static void write_value_cell(const struct page *page, const struct figure *figure)
{
    const struct optional_double none = {0};
    text_put(page->out, "<td>");
    if (!figure || !figure->value.known) {
        page_word(page, WORD_NO_VALUE);
    } else {
        page_value(page, figure->indicator, figure->value.value, none);
        text_put(page->out, "<br><span class=\"interval\">");
        page_interval(page, figure, none);
        text_put(page->out, "</span>");
    }
    text_put(page->out, "</td>");
}

static void write_area_row(const struct page *page, const struct plan_area *area)
{
    text_put(page->out, "<tr><th scope=\"row\">");
    page_both(page, area->label_zh, area->label_en);
    text_put(page->out, "</th>");
    for (size_t i = 0; i < plan_indicator_count(page->plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(page->plan, i);
        if (has_area_figures(page, indicator))
            write_value_cell(page, find_figure(page, indicator, area, NULL));
    }
    text_put(page->out, "</tr>\n");
}

void page_areas(const struct page *page)
{
    page_open_section(page, "areas", WORD_AREAS, WORD_AREAS_NOTE);
    size_t columns = 0;
    for (size_t i = 0; i < plan_indicator_count(page->plan); i++)
        columns += has_area_figures(page, plan_indicator_at(page->plan, i));
    if (columns == 0) {
        page_empty(page, WORD_NO_AREA_FIGURES);
        text_put(page->out, "</section>\n");
        return;
    }
    text_put(page->out,
             "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">");
    page_word(page, WORD_AREA);
    text_put(page->out, "</th>");
    for (size_t i = 0; i < plan_indicator_count(page->plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(page->plan, i);
        if (!has_area_figures(page, indicator))
            continue;
        text_put(page->out, "<th scope=\"col\">");
        page_both(page, indicator->label_zh, indicator->label_en);
        text_put(page->out, "</th>");
    }
    text_put(page->out, "</tr></thead><tbody>");
    for (size_t i = 0; i < plan_area_count(page->plan); i++) /* the city's own row is the first */
        if (i == 0 || plan_area_at(page->plan, i)->reporting)
            write_area_row(page, plan_area_at(page->plan, i));
    text_put(page->out, "</tbody></table></div></section>\n");
}

/* --- operators --- */

static void write_gap(const struct page *page, const struct figure *figure)
{
    text_put(page->out, "<td>");
    if (figure->value.known && figure->declared_value.known) {
        char number[FORMAT_BYTES];
        double gap = figure->declared_value.value - figure->value.value;
        format_number(fabs(gap),
                      format_decimals(figure->indicator, gap, (struct optional_double){0}), number);
        text_printf(page->out, "<span class=\"number\">%s%s</span>",
                    gap < 0   ? "−"
                    : gap > 0 ? "+"
                              : "",
                    number);
        if (strcmp(figure->indicator->unit, "%") == 0) {
            text_put(page->out, " ");
            page_word(page, WORD_PERCENTAGE_POINTS);
        } else {
            page_unit(page, figure->indicator);
        }
    } else {
        page_word(page, WORD_UNKNOWN);
    }
    text_put(page->out, "</td>");
}

static void write_operator_row(const struct page *page, const struct figure *figure)
{
    const struct optional_double none = {0};
    text_put(page->out, "<tr><th scope=\"row\">");
    page_both(page, figure->operator_of->label_zh, figure->operator_of->label_en);
    text_put(page->out, "</th><td>");
    page_both(page, figure->indicator->label_zh, figure->indicator->label_en);
    text_put(page->out, "</td><td>");
    if (figure->declared_value.known)
        page_value(page, figure->indicator, figure->declared_value.value, none);
    else
        page_word(page, WORD_NO_VALUE);
    text_put(page->out, "</td>");
    write_value_cell(page, figure);
    write_gap(page, figure);
    text_put(page->out, "</tr>\n");
}

void page_operators(const struct page *page)
{
    static const enum word columns[] = {WORD_OPERATOR, WORD_INDICATOR, WORD_DECLARED, WORD_MEASURED,
                                        WORD_GAP};
    page_open_section(page, "operators", WORD_OPERATORS, WORD_OPERATORS_NOTE);
    size_t rows = 0;
    for (size_t i = 0; i < plan_operator_count(page->plan); i++) {
        for (size_t k = 0; k < plan_indicator_count(page->plan); k++) {
            const struct figure *figure =
                find_figure(page, plan_indicator_at(page->plan, k), plan_area_at(page->plan, 0),
                            plan_operator_at(page->plan, i));
            if (!figure || (!figure->value.known && !figure->declared_value.known))
                continue;
            if (rows++ == 0) {
                text_put(page->out, "<div class=\"scroll\" tabindex=\"0\"><table>");
                page_columns(page, columns, sizeof columns / sizeof columns[0]);
                text_put(page->out, "<tbody>");
            }
            write_operator_row(page, figure);
        }
    }
    if (rows)
        text_put(page->out, "</tbody></table></div>");
    else
        page_empty(page, WORD_NO_OPERATOR_FIGURES);
    text_put(page->out, "</section>\n");
}

/* --- probes --- */

static const struct {
    enum word word;
    const char *class_name, *symbol;
} states[] = {
    [PROBE_NEVER_HEARD] = {WORD_STATE_NEVER, "insufficient", "?"},
    [PROBE_REPORTING] = {WORD_STATE_REPORTING, "met", "✓"},
    [PROBE_SILENT] = {WORD_STATE_SILENT, "not-met", "✗"},
};

static void write_probe(const struct page *page, const struct site_probe *probe)
{
    enum site_probe_state state = site_probe_state(probe, page->now_ns);
    text_put(page->out, "<tr><th scope=\"row\">");
    html_text(page->out, probe->probe_name);
    text_put(page->out, "</th><td>");
    page_operator_name(page, probe->operator_name);
    text_printf(page->out,
                "</td><td><span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> ",
                states[state].class_name, states[state].symbol);
    page_word(page, states[state].word);
    text_put(page->out, "</span></td><td>");
    if (probe->last_arrived_ns)
        page_time(page, probe->last_arrived_ns);
    else
        page_word(page, WORD_UNKNOWN);
    text_put(page->out, "</td><td>");
    if (probe->expected_intervals.known && probe->arrived_intervals.known) {
        page_count(page, probe->arrived_intervals.value);
        text_put(page->out, " / ");
        page_count(page, probe->expected_intervals.value);
    } else {
        page_word(page, WORD_UNKNOWN);
    }
    text_put(page->out, "</td><td>");
    page_count(page, probe->gap_intervals);
    text_put(page->out, "</td><td>");
    page_ratio(page, probe->capture_coverage);
    text_put(page->out, "</td></tr>\n");
}

void page_probes(const struct page *page)
{
    static const enum word columns[] = {
        WORD_PROBE, WORD_OPERATOR,         WORD_STATE, WORD_LAST_REPORT, WORD_ARRIVED_OF_EXPECTED,
        WORD_GAPS,  WORD_CAPTURE_COVERAGE,
    };
    const struct site_status *status = page->status;
    page_open_section(page, "probes", WORD_PROBES, WORD_PROBES_NOTE);
    text_put(page->out, "<p>");
    page_word(page, WORD_REPORTS_STORED);
    text_put(page->out, " ");
    page_count(page, status->reports);
    text_put(page->out, " · ");
    page_word(page, WORD_QUARANTINED);
    text_put(page->out, " ");
    page_count(page, status->quarantined);
    text_put(page->out, "</p>\n");
    if (status->probe_count == 0) {
        page_empty(page, WORD_NO_PROBES);
    } else {
        text_put(page->out, "<div class=\"scroll\" tabindex=\"0\"><table>");
        page_columns(page, columns, sizeof columns / sizeof columns[0]);
        text_put(page->out, "<tbody>");
        for (size_t i = 0; i < status->probe_count; i++)
            write_probe(page, &status->probes[i]);
        text_put(page->out, "</tbody></table></div>");
    }
    text_put(page->out, "</section>\n");
}
