/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/series/{id}/graph: a series as a picture for engineers, drawn by `rrdtool graph` in a
 * child process. What a probe named reaches it as one argument of its own, in which nothing has a
 * meaning but letters; legends are ours.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"
#include "common/utf8.h"

#include "collector/http/order.h"
#include "collector/http/selection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S      10
#define MEMORY_BYTES   ((size_t)1 << 30)
#define FRESH_S        30
#define WIDTH_DEFAULT  800
#define HEIGHT_DEFAULT 240
#define DAY_S          UINT64_C(86400)
#define FROM_MIN_S     UINT64_C(315532800) /* 1980: rrdtool knows no time before */
#define TITLE_BYTES    400

static const struct {
    const char *type, *name;
} formats[GRAPH_FORMATS] = {
    [GRAPH_PNG] = {"image/png", "PNG"}, [GRAPH_SVG] = {"image/svg+xml", "SVG"}};

/* Okabe and Ito's, as the pages have them. */
static const char *const colours[SERIES_SOURCES_MAX] = {"#0072B2", "#D55E00", "#009E73"};

static const struct {
    const char *name;
    const char *labels[LANGUAGES];
} words[] = {
    {"traffic", {"流量", "Traffic"}},
    {"lines", {"线路", "Lines"}},
    {"wlan", {"无线局域网", "WLAN"}},
    {"interface", {"接口", "Interface"}},
    {"probe", {"探针", "Probe"}},
    {"lines_seen", {"可见线路", "Lines seen"}},
    {"down_bit_s", {"下行", "Down"}},
    {"up_bit_s", {"上行", "Up"}},
    {"provisioned", {"开通线路", "Provisioned"}},
    {"active", {"活跃线路", "Active"}},
    {"wtp_run", {"运行 AP", "APs in Run"}},
    {"wtp_configured", {"配置 AP", "APs configured"}},
    {"stations", {"终端", "Stations"}},
    {"in_bit_s", {"入", "In"}},
    {"out_bit_s", {"出", "Out"}},
    {"packets_s", {"报文", "Packets"}},
    {"dropped_s", {"丢弃", "Dropped"}},
    {"coverage", {"采集覆盖率", "Coverage"}},
};

static const char *word_of(const char *name, enum language language)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, name) == 0)
            return words[i].labels[language];
    return name;
}

/* Letters as they are; a character that cannot be seen becomes U+FFFD. Cut at a character. */
static void put_name(char title[static TITLE_BYTES], const char *name)
{
    size_t used = strlen(title), length = strlen(name);
    if (*name && used + 4 < TITLE_BYTES)
        used += (size_t)snprintf(title + used, TITLE_BYTES - used, used ? " · " : "");
    for (size_t i = 0; i < length;) {
        uint32_t code_point = 0;
        size_t step = utf8_decode((const uint8_t *)name + i, length - i, &code_point);
        bool shown = step > 0 && utf8_is_printable(code_point);
        const char *bytes = shown ? name + i : "\xef\xbf\xbd";
        size_t width = shown ? step : 3;
        if (used + width >= TITLE_BYTES)
            break;
        memcpy(title + used, bytes, width);
        used += width;
        i += step ? step : 1;
    }
    title[used] = '\0';
}

/* ":" ends a field of an argument of rrdtool unless a "\" stands before it; nothing else has a
 * meaning there (tried with 1.7.2). */
static void escape(const char *text, char *out, size_t size)
{
    size_t used = 0;
    for (; *text && used + 3 < size; text++) {
        if (*text == ':')
            out[used++] = '\\';
        out[used++] = *text;
    }
    out[used] = '\0';
}

/* Sources of one unit, the first one's: two scales in one picture mislead. */
static void put_sources(struct order *order, const struct site_tools *tools,
                        const struct series_info *info, enum language language)
{
    const struct series_layout *layout = series_layout(info->kind);
    char folder[300];
    escape(tools->series_folder, folder, sizeof folder);
    for (size_t k = 0; k < layout->source_count; k++) {
        if (strcmp(layout->sources[k].unit, layout->sources[0].unit) != 0)
            continue;
        char label[80];
        escape(word_of(layout->sources[k].name, language), label, sizeof label);
        order_printf(order, 0, "DEF:v%zu=%s/%" PRId64 ".rrd:%s:AVERAGE", k, folder, info->id,
                     layout->sources[k].name);
        order_printf(order, 0, "LINE1.2:v%zu%s:%s", k, colours[k], label);
        order_printf(order, 0, "GPRINT:v%zu:AVERAGE:%s %%6.2lf%%s", k,
                     language == LANGUAGE_ZH ? "平均" : "mean");
        order_printf(order, 0, "GPRINT:v%zu:MAX:%s %%6.2lf%%s\\l", k,
                     language == LANGUAGE_ZH ? "最大" : "highest");
    }
}

static struct order *write_order(const struct site_tools *tools, const struct series_info *info,
                                 const struct selection *selection, enum graph_format format)
{
    struct order *order = order_new();
    if (!order)
        return NULL;
    char title[TITLE_BYTES] = "";
    put_name(title, word_of(conf_id_name(series_kind_names, (int)info->kind), selection->language));
    put_name(title, info->operator_name);
    put_name(title, info->probe_name);
    put_name(title, info->access_node);
    put_name(title, info->interface_name);
    order->timeout_s = TIMEOUT_S;
    order->memory_bytes = MEMORY_BYTES;
    static const char *const start[] = {"env",
                                        "TZ=Asia/Shanghai",
                                        "LC_ALL=C.UTF-8",
                                        "rrdtool",
                                        "graph",
                                        "-",
                                        "--slope-mode",
                                        "--disable-rrdtool-tag",
                                        "--lower-limit=0",
                                        "--font=DEFAULT:0:sans"};
    for (size_t i = 0; i < sizeof start / sizeof start[0]; i++)
        order_put(order, 0, start[i]);
    order_printf(order, 0, "--imgformat=%s", formats[format].name);
    order_printf(order, 0, "--start=%" PRIu64, selection->points.from_s);
    order_printf(order, 0, "--end=%" PRIu64, selection->points.to_s);
    order_printf(order, 0, "--width=%u",
                 selection->graph_width ? selection->graph_width : WIDTH_DEFAULT);
    order_printf(order, 0, "--height=%u",
                 selection->graph_height ? selection->graph_height : HEIGHT_DEFAULT);
    order_printf(order, 0, "--title=%s", title);
    order_printf(order, 0, "--vertical-label=%s", series_layout(info->kind)->sources[0].unit);
    put_sources(order, tools, info, selection->language);
    return order;
}

/* The series that the path names, if this viewer may see it; NULL when there is none. */
static const struct series_info *find(const struct series_list *list,
                                      const struct http_request *request)
{
    int64_t id = strtoll(request->target.path + strlen("/api/v1/series/"), NULL, 10);
    for (size_t i = 0; i < list->count; i++)
        if (list->series[i].id == id &&
            viewer_sees_operator(&request->viewer, list->series[i].operator_name) &&
            series_layout(list->series[i].kind))
            return &list->series[i];
    return NULL;
}

static enum graph_format choose(const struct http_request *request,
                                const struct selection *selection)
{
    unsigned png, svg;
    (void)http_accepts(request->accept, formats[GRAPH_PNG].type, &png);
    (void)http_accepts(request->accept, formats[GRAPH_SVG].type, &svg);
    if (selection->graph_given)
        return selection->graph_format;
    return svg > png ? GRAPH_SVG : GRAPH_PNG;
}

void handle_graph(struct site *site, const struct http_request *request,
                  struct http_response *response)
{
    struct selection selection;
    const struct series_list *list;
    const struct site_tools *tools = site_tools(site);
    if (!selection_read(request, SELECT_SPAN | SELECT_GRAPH | SELECT_LANGUAGE, site_plan(site),
                        &selection, response))
        return;
    if (selection.points.to_s == 0)
        selection.points.to_s = request->now_unix_ns / CLOCK_NS_PER_S;
    if (selection.points.from_s == 0 && selection.points.to_s > DAY_S)
        selection.points.from_s = selection.points.to_s - DAY_S;
    if (selection.points.from_s >= selection.points.to_s || selection.points.from_s < FROM_MIN_S) {
        http_respond_problem(response, HTTP_BAD_REQUEST, "from is a time from 1980 on, before to.");
        return;
    }
    if (site_series(site, request->now_unix_ns, &list) < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
        return;
    }
    const struct series_info *info = find(list, request);
    if (!info || !tools->series_folder) {
        http_respond_problem(response, HTTP_NOT_FOUND, "There is no such series.");
        return;
    }
    enum graph_format format = choose(request, &selection);
    http_respond_order(response, formats[format].type,
                       write_order(tools, info, &selection, format));
    if (response->status != HTTP_OK)
        return;
    /* Opened as a page, its styles would be against the policy: it is an image, or a file. */
    if (format == GRAPH_SVG)
        (void)snprintf(response->file_name, sizeof response->file_name, "series-%" PRId64 ".svg",
                       info->id);
    response->fresh_s = FRESH_S;
}
