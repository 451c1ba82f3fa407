/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a query asks for: year, area, operator, targets, language, format; read by one table and
 * checked against the plan. An unknown parameter is an error, so that a typing mistake is not
 * answered with figures of something else. Pure.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_SELECTION_H
#define LASTMILE_COLLECTOR_HTTP_SELECTION_H

#include "collector/http/language.h"
#include "collector/http/message.h"
#include "collector/indicator/figure.h"
#include "collector/series/series.h"

#include <stdbool.h>

/* Which parameters an address takes; or-ed. */
enum selection_parameter {
    SELECT_NOTHING = 0,
    SELECT_YEAR = 1 << 0,
    SELECT_AREA = 1 << 1,
    SELECT_OPERATOR = 1 << 2,
    SELECT_ALL_TARGETS = 1 << 3,
    SELECT_LANGUAGE = 1 << 4,
    SELECT_FORMAT = 1 << 5,
    SELECT_INDICATOR = 1 << 6,
    SELECT_KIND = 1 << 7,
    SELECT_POINTS = 1 << 8, /* series, step, maximum, and SELECT_SPAN */
    SELECT_PAGE = 1 << 9,   /* limit, cursor */
    SELECT_TABLE = 1 << 10,
    SELECT_EXPORT = 1 << 11, /* format of a file */
    SELECT_GRAPH = 1 << 12,  /* format, width, height of a picture */
    SELECT_SPAN = 1 << 13,   /* from, to */
};

enum selection_format { FORMAT_BY_ACCEPT, FORMAT_JSON, FORMAT_CSV };

enum export_format { EXPORT_CSV, EXPORT_JSON, EXPORT_XLSX, EXPORT_PACKAGE, EXPORT_FORMATS };
enum graph_format { GRAPH_PNG, GRAPH_SVG, GRAPH_FORMATS };

#define SELECTION_LIMIT_MAX 10000

/* Where a page begins: after so many items, the last of which had this hash. */
struct selection_cursor {
    uint64_t after, hash;
};

struct selection {
    int year;                                /* the current one when not given */
    bool every_area;                         /* area=all */
    const struct plan_area *area;            /* area=KEY; the city when not given */
    bool every_operator;                     /* operator=all */
    const struct plan_operator *operator_of; /* operator=KEY; NULL: of all together */
    bool all_targets;
    enum language language;
    enum selection_format format;
    const struct plan_indicator *indicator; /* NULL: every one */
    int series_kind;                        /* enum series_kind; 0: every one */
    struct series_fetch_query points;       /* zeroes for what was not given */
    uint64_t limit;                         /* items of a page; 0: all */
    struct selection_cursor cursor;         /* zeroes: from the first on */
    bool export_given, graph_given;         /* by ?format= */
    enum export_format export_format;
    enum graph_format graph_format;
    unsigned graph_width, graph_height; /* pixels of the plot; 0: not given */
    const char *table;                  /* which of an answer's tables; NULL: the first */
};

/* enum series_kind <-> "traffic", ... */
extern const struct conf_name series_kind_names[];

/* Reads the query of a request. False when it is wrong: the response is then the 400 problem. */
bool selection_read(const struct http_request *request, unsigned parameters,
                    const struct plan *plan, struct selection *out_selection,
                    struct http_response *response);

/* The format of an answer that can be had as both: by ?format=, else by what Accept likes better;
 * JSON where it likes both alike. routes_answer has refused what likes none. */
enum selection_format selection_choose_format(const struct http_request *request,
                                              const struct selection *selection);

/* True for a figure that was asked for. */
bool selection_has(const struct selection *selection, const struct figure *figure);

#endif
