/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was not seen: the alerts in force, and the ledger of the intervals that are missing.
 */
#include "collector/http/html.h"
#include "collector/http/page_parts.h"

#include "collector/alert/alert.h"
#include "collector/export/tables.h"

#include <string.h>

static void write_summary(const struct page *page, const char *rule)
{
    for (int i = 0; i < ALERT_RULES; i++)
        if (strcmp(rule, alert_kinds[i].name) == 0) {
            page_both(page, alert_kinds[i].summary_zh, alert_kinds[i].summary_en);
            return;
        }
    html_text(page->out, rule);
}

static void write_alert(const struct page *page, const struct site_alert *alert)
{
    text_put(page->out, "<tr><th scope=\"row\">");
    html_text(page->out, alert->probe_name);
    text_put(page->out, "</th><td>");
    page_operator_name(page, alert->operator_name);
    text_put(page->out, "</td><td><span class=\"verdict not-met\">");
    write_summary(page, alert->rule);
    text_put(page->out, "</span></td><td>");
    page_time(page, alert->since_ns);
    text_put(page->out, "</td></tr>\n");
}

void page_alerts(const struct page *page)
{
    static const enum word columns[] = {WORD_PROBE, WORD_OPERATOR, WORD_ALERT, WORD_SINCE};
    page_open_section(page, "alerts", WORD_ALERTS, WORD_ALERTS_NOTE);
    if (page->status->alert_count == 0) {
        page_empty(page, WORD_NO_ALERTS);
    } else {
        text_put(page->out, "<div class=\"scroll\" tabindex=\"0\"><table>");
        page_columns(page, columns, sizeof columns / sizeof columns[0]);
        text_put(page->out, "<tbody>");
        for (size_t i = 0; i < page->status->alert_count; i++)
            write_alert(page, &page->status->alerts[i]);
        text_put(page->out, "</tbody></table></div>");
    }
    text_put(page->out, "</section>\n");
}

static const enum word reasons[LEDGER_REASONS] = {
    [LEDGER_DECLARED] = WORD_MISSING_DECLARED,
    [LEDGER_REFUSED] = WORD_MISSING_REFUSED,
    [LEDGER_CLOCK] = WORD_MISSING_CLOCK,
    [LEDGER_SILENT] = WORD_MISSING_SILENT,
};

static void write_probe(const struct page *page, const struct ledger_probe *probe)
{
    text_put(page->out, "<tr><th scope=\"row\">");
    html_text(page->out, probe->probe_name);
    text_put(page->out, "</th><td>");
    page_operator_name(page, probe->operator_name);
    text_put(page->out, "</td><td>");
    page_count(page, probe->arrived);
    text_put(page->out, " / ");
    page_count(page, probe->expected);
    text_put(page->out, "</td><td>");
    page_ratio(page, coverage_completeness(probe));
    text_put(page->out, "</td>");
    for (int reason = 0; reason < LEDGER_REASONS; reason++) {
        text_put(page->out, "<td>");
        page_count(page, probe->missing[reason]);
        text_put(page->out, "</td>");
    }
    text_put(page->out, "</tr>\n");
}

static void write_gaps(const struct page *page, const struct ledger_probe *probe)
{
    for (size_t i = probe->gap_count; i-- > 0;) {
        const struct ledger_gap *gap = &probe->gaps[i];
        text_put(page->out, "<tr><th scope=\"row\">");
        html_text(page->out, probe->probe_name);
        text_put(page->out, "</th><td>");
        page_time(page, gap->from_ns);
        text_put(page->out, "</td><td>");
        page_time(page, gap->to_ns);
        text_put(page->out, "</td><td>");
        page_count(page, gap->intervals);
        text_put(page->out, "</td><td>");
        page_word(page, reasons[gap->reason]);
        text_put(page->out, "</td></tr>\n");
    }
}

static void write_latest_gaps(const struct page *page, const struct ledger *ledger)
{
    static const enum word columns[] = {WORD_PROBE, WORD_GAP_FROM, WORD_GAP_TO, WORD_GAP_INTERVALS,
                                        WORD_REASON};
    size_t count = 0;
    for (size_t i = 0; i < ledger->probe_count; i++)
        count += ledger->probes[i].gap_count;
    if (count == 0)
        return;
    text_put(page->out, "<details><summary>");
    page_word(page, WORD_LATEST_GAPS);
    text_put(page->out, "</summary><div class=\"scroll\" tabindex=\"0\"><table>");
    page_columns(page, columns, sizeof columns / sizeof columns[0]);
    text_put(page->out, "<tbody>");
    for (size_t i = 0; i < ledger->probe_count; i++)
        write_gaps(page, &ledger->probes[i]);
    text_put(page->out, "</tbody></table></div></details>\n");
}

void page_completeness(const struct page *page)
{
    static const enum word columns[] = {
        WORD_PROBE,         WORD_OPERATOR,         WORD_ARRIVED_OF_EXPECTED,
        WORD_COMPLETENESS,  WORD_MISSING_DECLARED, WORD_MISSING_REFUSED,
        WORD_MISSING_CLOCK, WORD_MISSING_SILENT,
    };
    const struct ledger *ledger = page->status->ledger;
    page_open_section(page, "completeness", WORD_LEDGER, WORD_LEDGER_NOTE);
    if (!ledger || ledger->probe_count == 0) {
        page_empty(page, WORD_NO_PROBES);
    } else {
        text_put(page->out, "<div class=\"scroll\" tabindex=\"0\"><table>");
        page_columns(page, columns, sizeof columns / sizeof columns[0]);
        text_put(page->out, "<tbody>");
        for (size_t i = 0; i < ledger->probe_count; i++)
            write_probe(page, &ledger->probes[i]);
        text_put(page->out, "</tbody></table></div>");
        write_latest_gaps(page, ledger);
    }
    text_put(page->out, "</section>\n");
}
