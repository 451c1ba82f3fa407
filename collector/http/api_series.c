/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/series: which series there are. /api/v1/points: one of them over time, from the archive
 * of its round-robin database that suits the step.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include "collector/http/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_SPAN_S UINT64_C(86400)
#define DEFAULT_ROWS   2000

static void put_sources(struct json_writer *json, const struct series_layout *layout)
{
    json_writer_begin_array(json, "sources");
    for (size_t i = 0; layout && i < layout->source_count; i++) {
        json_writer_begin_object(json, NULL);
        json_writer_put_string(json, "name", layout->sources[i].name);
        json_writer_put_string(json, "unit", layout->sources[i].unit);
        json_writer_end(json);
    }
    json_writer_end(json);
}

static void put_text(struct json_writer *json, const char *key, const char *text)
{
    json_writer_put_string(json, key, *text ? text : NULL);
}

static void put_series(struct json_writer *json, const struct series_info *info)
{
    bool has_technology = info->kind == SERIES_TRAFFIC || info->kind == SERIES_LINES;
    json_writer_begin_object(json, NULL);
    json_writer_put_i64(json, "series", info->id);
    json_writer_put_string(json, "kind", conf_id_name(series_kind_names, (int)info->kind));
    json_writer_put_string(json, "operator", info->operator_name);
    json_writer_put_string(json, "probe", info->probe_name);
    put_text(json, "node", info->access_node);
    put_text(json, "interface", info->interface_name);
    json_writer_put_string(
        json, "technology",
        has_technology ? conf_id_name(access_technology_names, (int)info->technology) : NULL);
    json_writer_put_u64(json, "step_s", info->step_s);
    put_sources(json, series_layout(info->kind));
    json_writer_end(json);
}

static const struct listing series_listing = {
    .tables = {{.array = "series",
                .inner = "sources",
                .disposition = "attachment; filename=\"series.csv\"",
                .key = {"series"},
                .columns = {"series", "kind", "operator", "probe", "node", "interface",
                            "technology", "step_s", "sources.name", "sources.unit"}}},
};

void handle_series(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    const struct series_list *list;
    if (!selection_read(request, SELECT_OPERATOR | SELECT_KIND | SELECT_FORMAT | SELECT_PAGE,
                        site_plan(site), &selection, response))
        return;
    if (site_series(site, request->now_unix_ns, &list) < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
        return;
    }
    struct json_writer *json = json_writer_new();
    if (json) {
        json_writer_begin_array(json, "series");
        for (size_t i = 0; i < list->count; i++) {
            const struct series_info *info = &list->series[i];
            bool of_kind = !selection.series_kind || selection.series_kind == (int)info->kind;
            if (of_kind && viewer_sees_operator(&request->viewer, info->operator_name) &&
                (!selection.operator_of ||
                 strcmp(selection.operator_of->key, info->operator_name) == 0))
                put_series(json, info);
        }
        json_writer_end(json);
    }
    listing_respond(&series_listing, request, &selection, json, response);
}

/* The last day, in steps that give a screen enough, where nothing else was asked for. */
static struct series_fetch_query complete(struct series_fetch_query query, uint64_t now_ns)
{
    if (query.to_s == 0)
        query.to_s = now_ns / CLOCK_NS_PER_S;
    if (query.from_s == 0 && query.to_s > DEFAULT_SPAN_S)
        query.from_s = query.to_s - DEFAULT_SPAN_S;
    if (query.step_s == 0 && query.to_s > query.from_s)
        query.step_s = (query.to_s - query.from_s) / DEFAULT_ROWS;
    return query;
}

/* One array a source, with null for what is not known: a year of 5 minutes is 105,120 numbers in
 * each, so that no tree of them is built. */
static void write_points(struct text *out, int64_t id, const struct series_points *points)
{
    text_printf(out,
                "{\"series\": %" PRId64 ", \"from\": %" PRIu64 ", \"step_s\": %" PRIu64
                ", \"values\": [",
                id, points->from_s, points->step_s);
    for (size_t k = 0; k < points->source_count; k++) {
        text_put(out, k ? ", [" : "[");
        for (size_t i = 0; i < points->count; i++) {
            double value = points->values[i * points->source_count + k];
            char number[32] = "null";
            if (isfinite(value))
                (void)snprintf(number, sizeof number, "%.7g", value);
            if (i)
                text_put_bytes(out, ",", 1);
            text_put(out, number);
        }
        text_put(out, "]");
    }
    text_put(out, "]}\n");
}

/* The columns of a series by its kind; NULL when it is none of the list. */
static const struct series_layout *layout_of(const struct series_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->series[i].id == id)
            return series_layout(list->series[i].kind);
    return NULL;
}

/* A row a point, an empty cell for what is not known; time is the end of its step. */
static void write_points_csv(struct text *out, const struct series_layout *layout,
                             const struct series_points *points)
{
    text_put(out, "time");
    for (size_t k = 0; k < points->source_count; k++)
        if (layout && k < layout->source_count)
            text_printf(out, ",%s", layout->sources[k].name);
        else
            text_printf(out, ",value_%zu", k + 1);
    text_put(out, "\r\n");
    for (size_t i = 0; i < points->count; i++) {
        char time[CLOCK_TIME_BYTES];
        clock_format_city_time((points->from_s + (i + 1) * points->step_s) * CLOCK_NS_PER_S, time);
        text_put(out, time);
        for (size_t k = 0; k < points->source_count; k++) {
            double value = points->values[i * points->source_count + k];
            text_put(out, ",");
            if (isfinite(value))
                text_printf(out, "%.7g", value);
        }
        text_put(out, "\r\n");
    }
}

static void respond_points(struct site *site, const struct http_request *request,
                           const struct selection *selection, int64_t id,
                           const struct series_points *points, struct http_response *response)
{
    struct text out = {0};
    const struct series_list *list;
    if (selection_choose_format(request, selection) == FORMAT_JSON) {
        write_points(&out, id, points);
        http_respond_text(response, "application/json", &out);
    } else if (site_series(site, request->now_unix_ns, &list) < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
    } else {
        write_points_csv(&out, layout_of(list, id), points);
        listing_respond_csv(response, text_take(&out, NULL), "attachment; filename=\"points.csv\"");
    }
}

static const char no_series[] = "There is no such series, or no point yet.";

/* Others' series are as if they were not there. */
static bool is_seen(struct site *site, const struct http_request *request, int64_t id)
{
    const struct series_list *list;
    if (viewer_sees_all_figures(&request->viewer))
        return true;
    if (site_series(site, request->now_unix_ns, &list) < 0)
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (list->series[i].id == id)
            return viewer_sees_operator(&request->viewer, list->series[i].operator_name);
    return false;
}

void handle_points(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    struct series_points *points = NULL;
    if (!selection_read(request, SELECT_POINTS | SELECT_FORMAT, site_plan(site), &selection,
                        response))
        return;
    const struct series_fetch_query query = complete(selection.points, request->now_unix_ns);
    if (!is_seen(site, request, query.series_id)) {
        http_respond_problem(response, HTTP_NOT_FOUND, no_series);
        return;
    }
    switch (query.series_id ? site_points(site, &query, &points) : -EINVAL) {
    case 0:
        respond_points(site, request, &selection, query.series_id, points, response);
        series_points_free(points);
        return;
    case -EINVAL:
        http_respond_problem(response, HTTP_BAD_REQUEST,
                             "series, from and to name a series and a span of at most 110,000 "
                             "steps.");
        return;
    case -ENOENT:
        http_respond_problem(response, HTTP_NOT_FOUND, no_series);
        return;
    default:
        http_respond_problem(response, HTTP_UNAVAILABLE, "The series cannot be read.");
    }
}
