/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first page, made here as HTML that needs no script: what the plan asks, where the city is,
 * how sure that is. Chinese first and English beside it; ?lang=en turns the order.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"

#include "collector/http/html.h"
#include "collector/http/page_login.h"
#include "collector/http/page_parts.h"
#include "collector/http/selection.h"

#include <errno.h>

#define YEARS_MAX 16

static const char *plan_title(const struct page *page, enum language language)
{
    return language == LANGUAGE_ZH ? plan_title_zh(page->plan) : plan_title_en(page->plan);
}

static void write_head(const struct page *page)
{
    struct text *out = page->out;
    text_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
                language_tags[page->first]);
    text_put(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_text(out, plan_title(page, page->first));
    text_put(out, " · lastmile</title>\n"
                  "<link rel=\"stylesheet\" href=\"/assets/site.css\">\n"
                  "<link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">\n"
                  "<script src=\"/assets/site.js\" defer></script>\n</head>\n<body>\n"
                  "<a class=\"skip\" href=\"#summary\">");
    page_word(page, WORD_SKIP_TO_FIGURES);
    text_put(out, "</a>\n");
}

/* Years that a target of the plan falls in, and the current one; ascending. */
static size_t collect_years(const struct page *page, int years[static YEARS_MAX])
{
    int current, month, day;
    clock_civil_from_days(clock_city_day(page->now_ns), &current, &month, &day);
    bool wanted[YEARS_MAX * 4] = {false}; /* from SITE_YEAR_MIN */
    const int last = SITE_YEAR_MIN + YEARS_MAX * 4 - 1;
    for (size_t i = 0; i < plan_indicator_count(page->plan); i++) {
        const struct plan_indicator *indicator = plan_indicator_at(page->plan, i);
        for (size_t k = 0; k < indicator->target_count; k++) {
            int year;
            clock_civil_from_days(indicator->targets[k].day, &year, &month, &day);
            if (indicator->targets[k].status != TARGET_UNDATED && year >= SITE_YEAR_MIN &&
                year <= last && year <= current)
                wanted[year - SITE_YEAR_MIN] = true;
        }
    }
    if (current >= SITE_YEAR_MIN && current <= last)
        wanted[current - SITE_YEAR_MIN] = true;
    size_t count = 0;
    for (int year = SITE_YEAR_MIN; year <= last && count < YEARS_MAX; year++)
        if (wanted[year - SITE_YEAR_MIN])
            years[count++] = year;
    return count;
}

static void write_navigation(const struct page *page)
{
    struct text *out = page->out;
    int years[YEARS_MAX];
    size_t count = collect_years(page, years);
    text_put(out, "<nav><span>");
    page_word(page, WORD_YEAR);
    text_put(out, "</span>");
    for (size_t i = 0; i < count; i++)
        text_printf(out, " <a href=\"/plain?year=%d&amp;lang=%s\"%s>%d</a>", years[i],
                    language_tags[page->first],
                    years[i] == page->year ? " aria-current=\"page\"" : "", years[i]);
    enum language other = (enum language)(1 - page->first);
    text_printf(
        out, " <a class=\"switch\" href=\"/plain?year=%d&amp;lang=%s\" lang=\"%s\">%s</a></nav>\n",
        page->year, language_tags[other], language_tags[other],
        word_text(WORD_SWITCH_LANGUAGE, other));
}

static void write_header(const struct page *page)
{
    struct text *out = page->out;
    text_put(out, "<header class=\"top\"><div><h1>");
    page_both(page, plan_title_zh(page->plan), plan_title_en(page->plan));
    text_put(out, "</h1>\n<p>");
    page_word(page, WORD_PLAN_DOCUMENT);
    text_put(out, " <span lang=\"zh-CN\">");
    html_text(out, plan_document(page->plan));
    text_put(out, "</span></p>\n<p>");
    page_word(page, WORD_AS_OF);
    text_put(out, " <strong>");
    page_date(page, page->figures->instant_day);
    text_put(out, "</strong> (");
    bool provisional = page->figures->count > 0 && page->figures->figures[0].provisional;
    page_word(page, provisional ? WORD_PROVISIONAL : WORD_FINAL);
    text_put(out, ") · ");
    page_word(page, WORD_LAST_DATA);
    text_put(out, " ");
    if (page->status->last_commit_ns)
        page_time(page, page->status->last_commit_ns);
    else
        page_word(page, WORD_NO_DATA_YET);
    text_put(out, "</p></div>\n");
    write_navigation(page);
    page_account(out, page->request, page->first);
    text_put(out, "</header>\n");
}

static void write_links(const struct page *page)
{
    struct text *out = page->out;
    text_put(out, "<section>");
    page_heading(page, "data", WORD_OPEN_DATA);
    text_put(out, "<p class=\"note\">");
    page_word(page, WORD_OPEN_DATA_NOTE);
    text_put(out, "</p><ul class=\"links\">");
    static const struct {
        const char *path;
        bool of_year;
        enum word word;
    } links[] = {
        {"/api/v1/figures?format=csv&amp;area=all&amp;operator=all&amp;all_targets=true", true,
         WORD_LINK_CSV},
        {"/api/v1/figures?format=json&amp;area=all&amp;operator=all&amp;all_targets=true", true,
         WORD_LINK_JSON},
        {"/api/v1/completeness?format=csv", false, WORD_LINK_COVERAGE},
        {"/method", false, WORD_LINK_METHOD},
        {"/openapi.json", false, WORD_LINK_API},
        {"/metrics", false, WORD_LINK_METRICS},
        {"/healthz", false, WORD_LINK_HEALTH},
    };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        text_printf(out, "<li><a href=\"%s", links[i].path);
        if (links[i].of_year)
            text_printf(out, "&amp;year=%d", page->year);
        text_put(out, "\">");
        page_word(page, links[i].word);
        text_put(out, "</a></li>");
    }
    text_printf(out, "</ul></section>\n");
}

static void write_page(const struct page *page)
{
    write_head(page);
    write_header(page);
    text_put(page->out, "<main>\n");
    page_indicators(page);
    page_areas(page);
    page_operators(page);
    if (ROLE_BIT(page->viewer->role) & ROLES_NAMED) {
        page_alerts(page);
        page_completeness(page);
        page_probes(page);
    }
    write_links(page);
    text_put(page->out, "</main>\n<footer>lastmile " LASTMILE_VERSION "</footer>\n"
                        "</body>\n</html>\n");
}

void handle_page(struct site *site, const struct http_request *request,
                 struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_YEAR | SELECT_LANGUAGE, site_plan(site), &selection,
                        response))
        return;
    struct text out = {0};
    struct page page = {
        .out = &out,
        .first = selection.language,
        .year = selection.year,
        .now_ns = request->now_unix_ns,
        .plan = site_plan(site),
        .request = request,
        .viewer = &request->viewer,
    };
    int status = site_figures_for(site, page.viewer, page.year, page.now_ns, &page.figures);
    if (status == 0)
        status = site_status_for(site, page.viewer, page.now_ns, &page.status);
    if (status == -ERANGE) {
        http_respond_problem(response, HTTP_NOT_FOUND, "There are no figures of this year.");
        return;
    }
    if (status < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
        return;
    }
    write_page(&page);
    http_respond_text(response, "text/html; charset=utf-8", &out);
    response->content_language = page.first == LANGUAGE_ZH ? "zh-CN, en" : "en, zh-CN";
}
