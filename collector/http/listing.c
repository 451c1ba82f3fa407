/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/listing.h"

#include "common/json_writer.h"

#include "collector/export/csv_writer.h"
#include "collector/http/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which lists of the document the answer is made of, and the document. */
struct content {
    const struct listing_table *tables;
    size_t count;
    struct json_writer *json;
};

/* An element of the lists, counted through. */
struct place {
    const struct listing_table *table;
    size_t element;
};

static size_t table_count(const struct listing *listing)
{
    size_t count = 0;
    while (count < LISTING_TABLES_MAX && listing->tables[count].array)
        count++;
    return count;
}

/* --- Pages --- */

static size_t total_of(const struct content *content)
{
    size_t total = 0;
    for (size_t i = 0; i < content->count; i++)
        total += json_writer_count(content->json, content->tables[i].array);
    return total;
}

static struct place place_of(const struct content *content, size_t item)
{
    const struct listing_table *table = content->tables;
    for (size_t i = 0; i < content->count; i++) {
        table = &content->tables[i];
        size_t count = json_writer_count(content->json, table->array);
        if (item < count)
            break;
        item -= count;
    }
    return (struct place){table, item};
}

uint64_t listing_hash(uint64_t hash, const char *bytes, size_t length)
{
    hash = hash ? hash : UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t hash_of(const void *ctx, size_t item)
{
    const struct content *content = ctx;
    struct place place = place_of(content, item);
    uint64_t hash = listing_hash(0, place.table->array, strlen(place.table->array));
    for (size_t i = 0; i < LISTING_KEY_MAX && place.table->key[i]; i++) {
        struct json_cell cell = json_writer_cell(content->json, place.table->array, place.element,
                                                 place.table->key[i], 0);
        char whole[24];
        (void)snprintf(whole, sizeof whole, "%" PRId64, cell.whole);
        const char *text = cell.type == JSON_CELL_TEXT ? cell.text : whole;
        hash = listing_hash(hash, text, strlen(text) + 1);
    }
    return hash;
}

/* Where the page begins: after the item that was last, wherever that stands now; where it stood
 * when it is gone. Nothing is told twice or left out because something else came or went. */
static size_t first_of(const struct selection_cursor *cursor, size_t total, listing_hash_fn hash,
                       const void *ctx)
{
    if (cursor->after == 0)
        return 0;
    if (cursor->after <= total && hash(ctx, (size_t)cursor->after - 1) == cursor->hash)
        return (size_t)cursor->after;
    for (size_t item = 0; item < total; item++)
        if (hash(ctx, item) == cursor->hash)
            return item + 1;
    return cursor->after < total ? (size_t)cursor->after : total;
}

/* Every byte of it is ours or percent-encoded. */
static char *write_link(const struct http_request *request, size_t after, uint64_t hash)
{
    struct text link = {0};
    text_printf(&link, "<%s?", request->target.path);
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        const struct target_parameter *parameter = &request->target.parameters[i];
        if (strcmp(parameter->name, "cursor") == 0)
            continue;
        text_printf(&link, "%s=", parameter->name); /* one that the address takes */
        html_query_value(&link, parameter->value);
        text_put(&link, "&");
    }
    text_printf(&link, "cursor=%016zx%016" PRIx64 ">; rel=\"next\"", after, hash);
    return text_take(&link, NULL);
}

char *listing_paginate(const struct http_request *request, const struct selection *selection,
                       size_t total, listing_hash_fn hash, const void *ctx,
                       struct listing_page *out_page)
{
    *out_page = (struct listing_page){0, total};
    if (!selection->limit && !selection->cursor.after)
        return NULL;
    size_t first = first_of(&selection->cursor, total, hash, ctx);
    size_t limit = selection->limit ? (size_t)selection->limit : SELECTION_LIMIT_MAX;
    size_t end = total - first > limit ? first + limit : total;
    *out_page = (struct listing_page){first, end};
    return end < total ? write_link(request, end, hash(ctx, end - 1)) : NULL;
}

/* Leaves the page in the document; gives the link to the next one, or NULL. */
static char *take_page(const struct content *content, const struct http_request *request,
                       const struct selection *selection)
{
    struct listing_page page;
    char *link = listing_paginate(request, selection, total_of(content), hash_of, content, &page);
    size_t begun = 0; /* items in the lists before */
    for (size_t i = 0; i < content->count; i++) {
        const char *array = content->tables[i].array;
        size_t count = json_writer_count(content->json, array);
        size_t from = page.first > begun ? page.first - begun : 0;
        size_t to = page.end > begun ? page.end - begun : 0;
        from = from < count ? from : count;
        to = to < count ? to : count;
        json_writer_keep(content->json, array, from, to - from);
        begun += count;
    }
    return link;
}

/* --- Tables --- */

static void put_header(struct csv_writer *csv, const struct listing_table *table)
{
    for (size_t i = 0; i < LISTING_COLUMNS_MAX && table->columns[i]; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(table->columns[i], "="),
                       table->columns[i]);
        for (char *at = name; *at; at++)
            *at = *at == '.' || *at == '-' ? '_' : *at;
        csv_writer_text(csv, name);
    }
    csv_writer_end_row(csv);
}

static void put_cell(struct csv_writer *csv, struct json_cell cell)
{
    switch (cell.type) {
    case JSON_CELL_NONE:
        csv_writer_text(csv, "");
        break;
    case JSON_CELL_TEXT:
        csv_writer_text(csv, cell.text);
        break;
    case JSON_CELL_WHOLE:
        if (cell.whole >= 0)
            csv_writer_unsigned(csv, (uint64_t)cell.whole);
        else
            csv_writer_number(csv, optional_double((double)cell.whole));
        break;
    case JSON_CELL_REAL:
        csv_writer_number(csv, optional_double(cell.real));
        break;
    case JSON_CELL_TRUTH:
        csv_writer_text(csv, cell.truth ? "true" : "false");
        break;
    }
}

/* A row for each element of the inner list; one for an element without any. */
static void put_rows(struct csv_writer *csv, const struct listing_table *table,
                     const struct json_writer *json, size_t element)
{
    size_t rows =
        table->inner ? json_writer_inner_count(json, table->array, element, table->inner) : 1;
    for (size_t row = 0; row < (rows ? rows : 1); row++) {
        for (size_t i = 0; i < LISTING_COLUMNS_MAX && table->columns[i]; i++) {
            const char *equals = strchr(table->columns[i], '=');
            const char *path = equals ? equals + 1 : table->columns[i];
            bool of_all = path[0] == '/';
            put_cell(csv, json_writer_cell(json, of_all ? NULL : table->array, element,
                                           path + of_all, row));
        }
        csv_writer_end_row(csv);
    }
}

static char *write_csv(const struct listing_table *table, const struct json_writer *json,
                       bool for_spreadsheet)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    struct csv_writer csv = {.out = out};
    if (for_spreadsheet)
        csv_writer_byte_order_mark(&csv);
    put_header(&csv, table);
    size_t count = json_writer_count(json, table->array);
    for (size_t element = 0; element < count; element++)
        put_rows(&csv, table, json, element);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    if (!failed)
        return text;
    free(text);
    return NULL;
}

void listing_respond_csv(struct http_response *response, char *body, const char *disposition)
{
    http_respond_take(response, "text/csv; charset=utf-8; header=present", body);
    if (response->status == HTTP_OK)
        response->content_disposition = disposition;
}

/* The list that ?table= names; NULL when it names none. */
static const struct listing_table *choose_table(const struct listing *listing, const char *name)
{
    for (size_t i = 0; i < table_count(listing); i++)
        if (!name || strcmp(listing->tables[i].array, name) == 0)
            return &listing->tables[i];
    return NULL;
}

static void respond(const struct listing *listing, const struct http_request *request,
                    const struct selection *selection, struct json_writer *json,
                    struct http_response *response)
{
    bool csv = selection_choose_format(request, selection) == FORMAT_CSV;
    const struct listing_table *table = choose_table(listing, selection->table);
    if (!table) {
        http_respond_problem(response, HTTP_BAD_REQUEST,
                             "table is the name of one of the answer's lists.");
        return;
    }
    struct content content = {listing->tables, table_count(listing), json};
    if (csv)
        content = (struct content){table, 1, json};
    char *link = NULL;
    if (selection->limit || selection->cursor.after)
        link = take_page(&content, request, selection);
    if (csv)
        listing_respond_csv(response, write_csv(table, json, selection->format == FORMAT_CSV),
                            table->disposition);
    else
        http_respond_take(response, "application/json", json_writer_text(json, listing->indented));
    response->link = link;
}

void listing_respond(const struct listing *listing, const struct http_request *request,
                     const struct selection *selection, struct json_writer *json,
                     struct http_response *response)
{
    if (json)
        respond(listing, request, selection, json, response);
    else
        http_respond_take(response, "application/json", NULL);
    json_writer_free(json);
}
