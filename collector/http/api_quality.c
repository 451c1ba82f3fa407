/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/quality: round-trip times and retransmission by area and class of destinations, of what
 * probes saw in the last month of a year. Histograms are merged, never averaged.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/histogram.h"
#include "common/json_writer.h"

#include "collector/access/total.h"
#include "collector/http/listing.h"
#include "collector/http/selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_MS 1000.0

/* Of one area and one class of destinations; class_name "" = every destination. */
struct quality {
    const struct plan_area *area;
    const char *class_name;
    uint64_t days; /* the most that one operator's group of lines said something on */
    uint64_t tcp_segments, tcp_retransmitted;
    struct histogram external_us, internal_us;
    struct total total; /* of operators */
    bool withheld;
};

/* What is asked, by whom. */
struct asked {
    const struct evidence *evidence;
    const struct plan *plan;
    const struct viewer *viewer;
    const char *operator_key; /* NULL: all together */
    int64_t day;
    struct total *parts; /* by area, and one for what no area has; of the row in hand */
};

static bool is_in_area(const struct plan *plan, const struct plan_area *wide, const char *area,
                       int64_t day)
{
    const struct plan_area *own = plan_find_area_on(plan, area, day);
    return wide == plan_area_at(plan, 0) || (own && plan_area_holds(plan, wide, own));
}

static bool said_anything(const struct traffic_evidence *traffic)
{
    return traffic->tcp_segments > 0 || traffic->answered > 0 || traffic->days > 0;
}

static size_t part_of(const struct asked *asked, const struct traffic_evidence *traffic)
{
    const struct plan_area *own = plan_find_area_on(asked->plan, traffic->area, asked->day);
    size_t i = 0;
    while (i < plan_area_count(asked->plan) && plan_area_at(asked->plan, i) != own)
        i++;
    return i;
}

/* What the month said; all zero where it said nothing. */
static void collect(const struct asked *asked, struct quality *quality)
{
    enum traffic_kind kind = *quality->class_name ? TRAFFIC_DESTINATION : TRAFFIC_LINES;
    const struct evidence *evidence = asked->evidence;
    for (size_t i = 0; i < evidence->traffic_count; i++) {
        const struct traffic_evidence *traffic = &evidence->traffic[i];
        if (traffic->kind != kind || strcmp(traffic->class_name, quality->class_name) != 0 ||
            !is_in_area(asked->plan, quality->area, traffic->area, asked->day) ||
            (asked->operator_key && strcmp(asked->operator_key, traffic->operator_name) != 0))
            continue;
        quality->days = traffic->days > quality->days ? traffic->days : quality->days;
        quality->tcp_segments += traffic->tcp_segments;
        quality->tcp_retransmitted += traffic->tcp_retransmitted;
        traffic_bins_merge(&traffic->measures[TRAFFIC_EXTERNAL_RTT], &quality->external_us);
        traffic_bins_merge(&traffic->measures[TRAFFIC_INTERNAL_RTT], &quality->internal_us);
        if (!said_anything(traffic))
            continue;
        total_add(&quality->total, asked->viewer, traffic->operator_name);
        total_add(&asked->parts[part_of(asked, traffic)], asked->viewer, traffic->operator_name);
    }
}

/* A wide area is the total of those in it, and each may be asked for; an operator's own rows are no
 * totals. */
static void measure(const struct asked *asked, const struct plan_area *area, const char *class_name,
                    struct quality *quality)
{
    size_t parts = plan_area_count(asked->plan) + 1;
    struct total hidden = {.several = false};
    memset(quality, 0, sizeof *quality);
    memset(asked->parts, 0, parts * sizeof *asked->parts);
    quality->area = area;
    quality->class_name = class_name;
    collect(asked, quality);
    for (size_t i = 0; i < parts; i++)
        if (!total_is_seen(&asked->parts[i], asked->viewer))
            total_unite(&hidden, &asked->parts[i]);
    quality->withheld =
        !asked->operator_key && !total_of_parts_is_seen(&quality->total, &hidden, asked->viewer);
}

static struct optional_double quantile_ms(const struct histogram *histogram, double q)
{
    uint64_t us = 0;
    return histogram_quantile(histogram, q, &us) == 0 ? optional_double((double)us / US_PER_MS)
                                                      : (struct optional_double){0};
}

static void put_count(struct json_writer *json, const char *key, const struct quality *quality,
                      uint64_t count)
{
    json_writer_put_optional_u64(
        json, key, quality->withheld ? (struct optional_u64){.known = false} : optional_u64(count));
}

static void put_rtt(struct json_writer *json, const char *key, const struct quality *quality,
                    const struct histogram *histogram)
{
    static const struct histogram nothing;
    const struct histogram *shown = quality->withheld ? &nothing : histogram;
    json_writer_begin_object(json, key);
    put_count(json, "handshakes", quality, histogram->count);
    json_writer_put_optional_double(json, "p50_ms", quantile_ms(shown, 0.5));
    json_writer_put_optional_double(json, "p95_ms", quantile_ms(shown, 0.95));
    json_writer_end(json);
}

static void put_quality(struct json_writer *json, const struct quality *quality)
{
    double segments = quality->withheld ? 0 : (double)quality->tcp_segments;
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "area", quality->area->key);
    json_writer_put_string(json, "class", *quality->class_name ? quality->class_name : NULL);
    put_count(json, "days", quality, quality->days);
    put_rtt(json, "external_rtt", quality, &quality->external_us);
    put_rtt(json, "internal_rtt", quality, &quality->internal_us);
    put_count(json, "tcp_segments", quality, quality->tcp_segments);
    json_writer_put_optional_double(
        json, "retransmitted_share",
        segments > 0 ? optional_double((double)quality->tcp_retransmitted / segments)
                     : (struct optional_double){0});
    json_writer_put_bool(json, "withheld", quality->withheld);
    json_writer_put_string(json, "reason_zh", quality->withheld ? total_withheld_zh : NULL);
    json_writer_put_string(json, "reason_en", quality->withheld ? total_withheld_en : NULL);
    json_writer_end(json);
}

/* A row for every destination together, then one a class, in order of their names. */
static const char *next_class(const struct evidence *evidence, const char *after)
{
    const char *next = NULL;
    for (size_t i = 0; i < evidence->traffic_count; i++) {
        const char *name = evidence->traffic[i].class_name;
        if (evidence->traffic[i].kind == TRAFFIC_DESTINATION && strcmp(name, after) > 0 &&
            (!next || strcmp(name, next) < 0))
            next = name;
    }
    return next;
}

static bool is_shown(const struct plan_area *area, const struct plan *plan, int64_t day,
                     const struct selection *selection)
{
    if (!selection->every_area)
        return area == selection->area;
    return area == plan_area_at(plan, 0) || plan_area_reports_on(area, day);
}

static int write_areas(struct json_writer *json, struct asked *asked,
                       const struct selection *selection)
{
    const struct plan *plan = asked->plan;
    struct quality *quality = malloc(sizeof *quality); /* two histograms: too large for a stack */
    asked->parts = calloc(plan_area_count(plan) + 1, sizeof *asked->parts);
    if (!quality || !asked->parts) {
        free(quality);
        free(asked->parts);
        return -ENOMEM;
    }
    json_writer_begin_array(json, "quality");
    for (size_t a = 0; a < plan_area_count(plan); a++)
        for (const char *name = "";
             name && is_shown(plan_area_at(plan, a), plan, asked->day, selection);
             name = next_class(asked->evidence, name)) {
            measure(asked, plan_area_at(plan, a), name, quality);
            put_quality(json, quality);
        }
    json_writer_end(json);
    free(quality);
    free(asked->parts);
    return 0;
}

static const struct listing quality_listing = {
    .tables = {{.array = "quality",
                .disposition = "attachment; filename=\"quality.csv\"",
                .key = {"area", "class"},
                .columns = {"last_day=/last_day", "area", "class", "days",
                            "external_rtt.handshakes", "external_rtt.p50_ms", "external_rtt.p95_ms",
                            "internal_rtt.handshakes", "internal_rtt.p50_ms", "internal_rtt.p95_ms",
                            "tcp_segments", "retransmitted_share", "withheld"}}},
};

/* An operator is shown its own, and the total over all where it asks for that: then access/total.h
 * rules. False with the response set. */
static bool is_admitted(const struct plan *plan, const struct http_request *request,
                        struct selection *selection, struct http_response *response)
{
    const struct viewer *viewer = &request->viewer;
    if (selection->every_operator)
        return true;
    if (viewer->role == ROLE_OPERATOR && !selection->operator_of)
        selection->operator_of = plan_find_operator(plan, viewer->operator_key);
    bool seen = selection->operator_of ? viewer_sees_operator(viewer, selection->operator_of->key)
                                       : viewer->role != ROLE_OPERATOR;
    if (!seen)
        http_respond_problem(response, HTTP_FORBIDDEN,
                             "This account sees its own operator, and operator=all together.");
    return seen;
}

void handle_quality(struct site *site, const struct http_request *request,
                    struct http_response *response)
{
    struct selection selection;
    const struct evidence *evidence;
    bool provisional;
    char date[CLOCK_DATE_BYTES];
    if (!selection_read(request,
                        SELECT_YEAR | SELECT_AREA | SELECT_OPERATOR | SELECT_FORMAT | SELECT_PAGE,
                        site_plan(site), &selection, response))
        return;
    if (!http_is_read(site_evidence(site, selection.year, request->now_unix_ns, &evidence),
                      response))
        return;
    if (!is_admitted(site_plan(site), request, &selection, response))
        return;
    int64_t day = figure_instant_of_year(selection.year, request->now_unix_ns, &provisional);
    struct json_writer *json = json_writer_new();
    if (json) {
        clock_format_date(day, date);
        json_writer_put_i64(json, "year", selection.year);
        json_writer_put_string(json, "last_day", date);
    }
    struct asked asked = {evidence,
                          site_plan(site),
                          &request->viewer,
                          selection.operator_of ? selection.operator_of->key : NULL,
                          day,
                          NULL};
    if (json && write_areas(json, &asked, &selection) != 0) {
        json_writer_free(json);
        json = NULL;
    }
    listing_respond(&quality_listing, request, &selection, json, response);
}
