/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/export: the files of a year, made by `lastmile export` itself in a child process, so that
 * they are the same bytes as on the command line, small counts withheld.
 */
#include "collector/http/handlers.h"

#include "common/clock.h"

#include "collector/http/order.h"
#include "collector/http/selection.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_S 600
/* Of address space, since the registry is mapped: 8 GiB where there are so many. Sanitizers take
 * terabytes of it, and use little. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_BYTES SIZE_MAX
#endif
#endif
#ifndef MEMORY_BYTES
#define MEMORY_BYTES (SIZE_MAX > UINT32_MAX ? SIZE_MAX >> 31 : SIZE_MAX)
#endif
#define FRESH_S 60

static const struct {
    const char *type, *name, *ending, *result;
} formats[EXPORT_FORMATS] = {
    [EXPORT_CSV] = {"text/csv; charset=utf-8; header=present", "csv", "csv", NULL},
    [EXPORT_JSON] = {"application/json", "json", "json", NULL},
    [EXPORT_XLSX] = {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
                     "xlsx", "out.xlsx"},
    [EXPORT_PACKAGE] = {"application/gzip", "package", "tar.gz", NULL},
};

/* By ?format=, else what Accept likes best; the first of equals. */
static enum export_format choose(const struct http_request *request,
                                 const struct selection *selection)
{
    enum export_format best = EXPORT_CSV;
    unsigned highest = 0;
    if (selection->export_given)
        return selection->export_format;
    for (int format = 0; format < EXPORT_FORMATS; format++) {
        char type[96];
        unsigned quality;
        (void)snprintf(type, sizeof type, "%.*s", (int)strcspn(formats[format].type, ";"),
                       formats[format].type);
        (void)http_accepts(request->accept, type, &quality);
        if (quality > highest) {
            highest = quality;
            best = (enum export_format)format;
        }
    }
    return best;
}

static struct order *write_order(const struct site_tools *tools, int year,
                                 enum export_format format)
{
    struct order *order = order_new();
    if (!order)
        return NULL;
    order->timeout_s = TIMEOUT_S;
    order->memory_bytes = MEMORY_BYTES;
    order->result = formats[format].result;
    order_put(order, 0, tools->export_program);
    order_put(order, 0, "export");
    order_put(order, 0, "--config");
    order_put(order, 0, tools->config_file);
    order_put(order, 0, "--year");
    order_printf(order, 0, "%d", year);
    order_put(order, 0, "--format");
    order_put(order, 0, formats[format].name);
    if (formats[format].result) {
        order_put(order, 0, "--out");
        order_put(order, 0, formats[format].result);
    }
    if (format != EXPORT_PACKAGE)
        return order;
    /* The folder in one file; equal packages are equal files. */
    order_put(order, 0, "--out");
    order_printf(order, 0, "lastmile-%d", year);
    static const char *const tar[] = {"tar",       "--create",  "--gzip",          "--sort=name",
                                      "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0",
                                      "--file=-"};
    for (size_t i = 0; i < sizeof tar / sizeof tar[0]; i++)
        order_put(order, 1, tar[i]);
    order_printf(order, 1, "lastmile-%d", year);
    return order;
}

void handle_export(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    const struct site_tools *tools = site_tools(site);
    int current, month, day;
    if (!selection_read(request, SELECT_YEAR | SELECT_EXPORT, site_plan(site), &selection,
                        response))
        return;
    clock_civil_from_days(clock_city_day(request->now_unix_ns), &current, &month, &day);
    if (selection.year < SITE_YEAR_MIN || selection.year > current) {
        http_respond_problem(response, HTTP_NOT_FOUND, "There are no figures of this year.");
        return;
    }
    if (!tools->export_program || !tools->config_file) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "Nothing here makes export files.");
        return;
    }
    enum export_format format = choose(request, &selection);
    if (format == EXPORT_PACKAGE && !viewer_sees_all_figures(&request->viewer)) {
        http_respond_problem(response, HTTP_FORBIDDEN,
                             "A package has its inputs by access node, for auditors: ask as the "
                             "commission, or for another format.");
        return;
    }
    http_respond_order(response, formats[format].type, write_order(tools, selection.year, format));
    if (response->status != HTTP_OK)
        return;
    (void)snprintf(response->file_name, sizeof response->file_name, "lastmile-%d.%s",
                   selection.year, formats[format].ending);
    response->fresh_s = FRESH_S;
}
