/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /api/v1/figures as JSON or CSV, spelt by the export: what a script reads here and in a file of
 * `lastmile export` is the same.
 */
#include "collector/http/handlers.h"

#include "common/json_writer.h"

#include "collector/export/figure_json.h"
#include "collector/export/tables.h"
#include "collector/http/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The figures that were asked for, as shallow copies; the caller frees its array. */
static int select_figures(const struct figures *all, const struct selection *selection,
                          struct figures *out_selected)
{
    struct figures selected = {.instant_day = all->instant_day, .computed_ns = all->computed_ns};
    selected.figures = calloc(all->count ? all->count : 1, sizeof *selected.figures);
    if (!selected.figures)
        return -ENOMEM;
    for (size_t i = 0; i < all->count; i++)
        if (selection_has(selection, &all->figures[i]))
            selected.figures[selected.count++] = all->figures[i];
    *out_selected = selected;
    return 0;
}

static char *write_json(const struct plan *plan, const struct figures *figures)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    figures_json(json, plan, figures);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    return text;
}

/* A file that is saved from the page is opened by a spreadsheet, which needs the mark to see UTF-8;
 * a script that asks by Accept does not want it. */
static char *write_csv(const struct figures *figures, bool for_spreadsheet)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    const struct export_source source = {.figures = figures, .byte_order_mark = for_spreadsheet};
    table_csv(out, &verdicts_table, &source);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    if (!failed)
        return text;
    free(text);
    return NULL;
}

static uint64_t hash_of(const void *ctx, size_t item)
{
    const struct figure *figure = &((const struct figures *)ctx)->figures[item];
    char text[256];
    int length = snprintf(text, sizeof text, "%s/%s/%s/%s/%" PRId64, figure->indicator->id,
                          figure->area->key, figure->operator_of ? figure->operator_of->key : "",
                          figure->definition ? figure->definition->name : "",
                          figure->target ? figure->target->day : INT64_MIN);
    return listing_hash(0, text, length > 0 ? (size_t)length : 0);
}

/* Leaves the page that was asked for; gives the link to the next one, or NULL. */
static char *take_page(const struct http_request *request, const struct selection *selection,
                       struct figures *figures)
{
    struct listing_page page;
    char *link = listing_paginate(request, selection, figures->count, hash_of, figures, &page);
    figures->count = page.end - page.first;
    memmove(figures->figures, figures->figures + page.first,
            figures->count * sizeof *figures->figures);
    return link;
}

static void respond(struct http_response *response, const struct plan *plan,
                    const struct figures *figures, enum selection_format format,
                    bool for_spreadsheet)
{
    if (format == FORMAT_JSON) {
        http_respond_take(response, "application/json", write_json(plan, figures));
        return;
    }
    listing_respond_csv(response, write_csv(figures, for_spreadsheet),
                        "attachment; filename=\"lastmile-figures.csv\"");
}

void handle_figures(struct site *site, const struct http_request *request,
                    struct http_response *response)
{
    const unsigned parameters = SELECT_YEAR | SELECT_AREA | SELECT_OPERATOR | SELECT_ALL_TARGETS |
                                SELECT_FORMAT | SELECT_PAGE;
    struct selection selection;
    if (!selection_read(request, parameters, site_plan(site), &selection, response))
        return;
    enum selection_format format = selection_choose_format(request, &selection);
    const struct figures *all;
    struct figures selected;
    int status =
        site_figures_for(site, &request->viewer, selection.year, request->now_unix_ns, &all);
    if (status == 0)
        status = select_figures(all, &selection, &selected);
    if (status == -ERANGE) {
        http_respond_problem(response, HTTP_NOT_FOUND, "There are no figures of this year.");
    } else if (status < 0) {
        http_respond_problem(response, HTTP_UNAVAILABLE, "The registry cannot be read.");
    } else {
        char *link = take_page(request, &selection, &selected);
        respond(response, site_plan(site), &selected, format, selection.format == FORMAT_CSV);
        response->link = link;
        free(selected.figures);
    }
}
