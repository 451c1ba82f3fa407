/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/selection.h"

#include "common/clock.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* 0, or -EINVAL / -ENOENT. */
typedef int (*read_fn)(const char *value, const struct plan *plan, struct selection *selection);

static int read_year(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    int year = 0;
    if (strlen(value) != 4)
        return -EINVAL;
    for (const char *at = value; *at; at++) {
        if (*at < '0' || *at > '9')
            return -EINVAL;
        year = year * 10 + (*at - '0');
    }
    selection->year = year;
    return 0;
}

static int read_area(const char *value, const struct plan *plan, struct selection *selection)
{
    selection->every_area = strcmp(value, "all") == 0;
    if (selection->every_area)
        return 0;
    selection->area = plan_find_area(plan, value);
    return selection->area ? 0 : -ENOENT;
}

static int read_operator(const char *value, const struct plan *plan, struct selection *selection)
{
    selection->every_operator = strcmp(value, "all") == 0;
    if (selection->every_operator)
        return 0;
    selection->operator_of = plan_find_operator(plan, value);
    return selection->operator_of ? 0 : -ENOENT;
}

static int read_named(const char *value, const struct conf_name *names, int *out_id)
{
    return conf_name_id(names, value, out_id) < 0 ? -EINVAL : 0;
}

static int read_all_targets(const char *value, const struct plan *plan, struct selection *selection)
{
    static const struct conf_name names[] = {
        {"true", 1}, {"1", 1}, {"false", 0}, {"0", 0}, {NULL, 0}};
    (void)plan;
    int id = 0;
    int status = read_named(value, names, &id);
    selection->all_targets = id != 0;
    return status;
}

static int read_language(const char *value, const struct plan *plan, struct selection *selection)
{
    static const struct conf_name names[] = {
        {"zh-CN", LANGUAGE_ZH}, {"zh", LANGUAGE_ZH}, {"en", LANGUAGE_EN}, {NULL, 0}};
    (void)plan;
    int id = LANGUAGE_ZH;
    int status = read_named(value, names, &id);
    selection->language = (enum language)id;
    return status;
}

static int read_format(const char *value, const struct plan *plan, struct selection *selection)
{
    static const struct conf_name names[] = {{"json", FORMAT_JSON}, {"csv", FORMAT_CSV}, {NULL, 0}};
    (void)plan;
    int id = FORMAT_BY_ACCEPT;
    int status = read_named(value, names, &id);
    selection->format = (enum selection_format)id;
    return status;
}

static int read_indicator(const char *value, const struct plan *plan, struct selection *selection)
{
    selection->indicator = plan_find_indicator(plan, value);
    return selection->indicator ? 0 : -ENOENT;
}

const struct conf_name series_kind_names[] = {
    {"traffic", SERIES_TRAFFIC},     {"lines", SERIES_LINES}, {"wlan", SERIES_WLAN},
    {"interface", SERIES_INTERFACE}, {"probe", SERIES_PROBE}, {NULL, 0}};

static int read_kind(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    return read_named(value, series_kind_names, &selection->series_kind);
}

#define DIGITS_MAX 12
#define TIME_MAX_S                                                                                 \
    UINT64_C(4102444800) /* 2100: no series reaches that far, and none is searched                 \
                          */

static int read_whole(const char *value, uint64_t *out_number)
{
    uint64_t number = 0;
    size_t length = strspn(value, "0123456789");
    if (length == 0 || length > DIGITS_MAX || value[length])
        return -EINVAL;
    for (size_t i = 0; i < length; i++)
        number = number * 10 + (uint64_t)(value[i] - '0');
    *out_number = number;
    return 0;
}

static int read_series(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    uint64_t id = 0;
    int status = read_whole(value, &id);
    selection->points.series_id = (int64_t)id;
    return status;
}

static int read_time(const char *value, uint64_t *out_s)
{
    int status = read_whole(value, out_s);
    return status == 0 && *out_s > TIME_MAX_S ? -EINVAL : status;
}

static int read_from(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    return read_time(value, &selection->points.from_s);
}

static int read_to(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    return read_time(value, &selection->points.to_s);
}

static int read_step(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    return read_whole(value, &selection->points.step_s);
}

static int read_maximum(const char *value, const struct plan *plan, struct selection *selection)
{
    static const struct conf_name names[] = {{"true", 1}, {"false", 0}, {NULL, 0}};
    (void)plan;
    int id = 0;
    int status = read_named(value, names, &id);
    selection->points.maximum = id != 0;
    return status;
}

static int read_limit(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    int status = read_whole(value, &selection->limit);
    return status == 0 && (selection->limit == 0 || selection->limit > SELECTION_LIMIT_MAX)
               ? -EINVAL
               : status;
}

/* As listing.c wrote it: two numbers of 16 hexadecimal digits. */
static int read_cursor(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    uint64_t halves[2] = {0, 0};
    if (strlen(value) != 32 || strspn(value, "0123456789abcdef") != 32)
        return -EINVAL;
    for (size_t i = 0; i < 32; i++) {
        unsigned digit = (unsigned)(value[i] <= '9' ? value[i] - '0' : value[i] - 'a' + 10);
        halves[i / 16] = halves[i / 16] << 4 | digit;
    }
    selection->cursor = (struct selection_cursor){halves[0], halves[1]};
    return 0;
}

static int read_table(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    selection->table = value;
    return 0;
}

static int read_export(const char *value, const struct plan *plan, struct selection *selection)
{
    static const struct conf_name names[] = {{"csv", EXPORT_CSV},
                                             {"json", EXPORT_JSON},
                                             {"xlsx", EXPORT_XLSX},
                                             {"package", EXPORT_PACKAGE},
                                             {NULL, 0}};
    (void)plan;
    int id = 0;
    int status = read_named(value, names, &id);
    selection->export_given = true;
    selection->export_format = (enum export_format)id;
    return status;
}

static int read_graph(const char *value, const struct plan *plan, struct selection *selection)
{
    static const struct conf_name names[] = {{"png", GRAPH_PNG}, {"svg", GRAPH_SVG}, {NULL, 0}};
    (void)plan;
    int id = 0;
    int status = read_named(value, names, &id);
    selection->graph_given = true;
    selection->graph_format = (enum graph_format)id;
    return status;
}

static int read_pixels(const char *value, unsigned max, unsigned *out_pixels)
{
    uint64_t pixels;
    if (read_whole(value, &pixels) < 0 || pixels < 50 || pixels > max)
        return -EINVAL;
    *out_pixels = (unsigned)pixels;
    return 0;
}

static int read_width(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    return read_pixels(value, 2000, &selection->graph_width);
}

static int read_height(const char *value, const struct plan *plan, struct selection *selection)
{
    (void)plan;
    return read_pixels(value, 1000, &selection->graph_height);
}

static const struct {
    const char *name;
    unsigned parameters; /* of whose addresses it is; or-ed */
    read_fn read;
    const char *problem;
} rows[] = {
    {"year", SELECT_YEAR, read_year, "year is a number of four digits."},
    {"area", SELECT_AREA, read_area, "area is the key of an area of the plan, or all."},
    {"operator", SELECT_OPERATOR, read_operator, "operator is the key of an operator, or all."},
    {"all_targets", SELECT_ALL_TARGETS, read_all_targets, "all_targets is true or false."},
    {"lang", SELECT_LANGUAGE, read_language, "lang is zh-CN or en."},
    {"format", SELECT_FORMAT, read_format, "format is json or csv."},
    {"format", SELECT_EXPORT, read_export, "format is csv, json, xlsx or package."},
    {"format", SELECT_GRAPH, read_graph, "format is png or svg."},
    {"width", SELECT_GRAPH, read_width, "width is a number of pixels from 50 to 2000."},
    {"height", SELECT_GRAPH, read_height, "height is a number of pixels from 50 to 1000."},
    {"indicator", SELECT_INDICATOR, read_indicator, "indicator is the id of one of the plan."},
    {"kind", SELECT_KIND, read_kind, "kind is traffic, lines, wlan, interface or probe."},
    {"series", SELECT_POINTS, read_series, "series is the number of a series."},
    {"from", SELECT_POINTS | SELECT_SPAN, read_from,
     "from is a time in whole seconds since 1970, before 2100."},
    {"to", SELECT_POINTS | SELECT_SPAN, read_to,
     "to is a time in whole seconds since 1970, before 2100."},
    {"step", SELECT_POINTS, read_step, "step is a number of whole seconds."},
    {"maximum", SELECT_POINTS, read_maximum, "maximum is true or false."},
    {"limit", SELECT_PAGE, read_limit, "limit is a whole number from 1 to 10000."},
    {"cursor", SELECT_PAGE, read_cursor, "cursor is taken from the link to the next page."},
    {"table", SELECT_TABLE, read_table, "table is the name of one of the answer's lists."},
};

static const char *read_parameter(const struct target_parameter *parameter, unsigned parameters,
                                  const struct plan *plan, struct selection *selection)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(parameters & rows[i].parameters) || strcmp(rows[i].name, parameter->name) != 0)
            continue;
        return rows[i].read(parameter->value, plan, selection) < 0 ? rows[i].problem : NULL;
    }
    return "The query has a parameter that this address does not take.";
}

bool selection_read(const struct http_request *request, unsigned parameters,
                    const struct plan *plan, struct selection *out_selection,
                    struct http_response *response)
{
    struct selection selection = {.area = plan_area_at(plan, 0), .language = LANGUAGE_ZH};
    int month, day;
    clock_civil_from_days(clock_city_day(request->now_unix_ns), &selection.year, &month, &day);
    const struct target *target = &request->target;
    for (size_t i = 0; i < target->parameter_count; i++) {
        const char *problem = read_parameter(&target->parameters[i], parameters, plan, &selection);
        if (problem) {
            http_respond_problem(response, HTTP_BAD_REQUEST, problem);
            return false;
        }
    }
    *out_selection = selection;
    return true;
}

enum selection_format selection_choose_format(const struct http_request *request,
                                              const struct selection *selection)
{
    unsigned json, csv;
    (void)http_accepts(request->accept, "application/json", &json);
    (void)http_accepts(request->accept, "text/csv", &csv);
    if (selection->format != FORMAT_BY_ACCEPT)
        return selection->format;
    return csv > json ? FORMAT_CSV : FORMAT_JSON;
}

bool selection_has(const struct selection *selection, const struct figure *figure)
{
    bool area = selection->every_area || figure->area == selection->area;
    bool operator_ = selection->every_operator || figure->operator_of == selection->operator_of;
    bool target = selection->all_targets || !figure->target ||
                  figure->target == figure_target_in_force(figure->indicator, figure->instant_day);
    return area && operator_ && target;
}
