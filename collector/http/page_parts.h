/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the sections of the first page share: the data of one request and the writing of a text in
 * both languages. Every function escapes what it is given.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_PAGE_PARTS_H
#define LASTMILE_COLLECTOR_HTTP_PAGE_PARTS_H

#include "collector/http/language.h"
#include "collector/http/site.h"
#include "collector/http/text.h"

struct http_request;

struct page {
    struct text *out;
    enum language first; /* the other one stands beside it */
    int year;
    uint64_t now_ns;
    const struct plan *plan;
    const struct http_request *request;
    const struct viewer *viewer; /* sees of probes what is theirs */
    const struct figures *figures;
    const struct site_status *status;
};

/* A text in both languages, the page's own first, each with its lang attribute. */
void page_both(const struct page *page, const char *zh, const char *en);
void page_word(const struct page *page, enum word word);
/* <h2 id="ID"> with a word in both languages. */
void page_heading(const struct page *page, const char *id, enum word word);
/* A row of <th scope="col">. */
void page_columns(const struct page *page, const enum word *words, size_t count);
/* A number with its unit; counts in 万 beside, in a Chinese page. target decides the decimals. */
void page_value(const struct page *page, const struct plan_indicator *indicator, double value,
                struct optional_double target);
/* A target's own number with its unit: as many decimals as it has. */
void page_target(const struct page *page, const struct plan_indicator *indicator, double value);
/* The unit alone, in both languages where they differ; nothing for a bare count in English. */
void page_unit(const struct page *page, const struct plan_indicator *indicator);
/* "[60.1, 64.4]", with an ellipsis for an end that is not known; nothing when neither is. */
void page_interval(const struct page *page, const struct figure *figure,
                   struct optional_double target);
/* "62.3 %" of a ratio 0..1, or "unknown". */
void page_ratio(const struct page *page, struct optional_double ratio);
/* A date, or a time of the city; in the page's language. */
void page_date(const struct page *page, int64_t day);
void page_time(const struct page *page, uint64_t unix_ns);

/* <section> with its heading and note; the caller closes it. */
void page_open_section(const struct page *page, const char *id, enum word heading, enum word note);
/* A paragraph in place of an empty table. */
void page_empty(const struct page *page, enum word word);
void page_count(const struct page *page, uint64_t count);
/* The operator's name if the plan knows it, else its key. */
void page_operator_name(const struct page *page, const char *key);

/* The sections. */
void page_indicators(const struct page *page);
void page_areas(const struct page *page);
void page_operators(const struct page *page);
void page_probes(const struct page *page);
void page_alerts(const struct page *page);
void page_completeness(const struct page *page);

#endif
