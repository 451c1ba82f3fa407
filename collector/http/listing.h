/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers that are lists: given whole or in pages, as the JSON that was written or as a table
 * (CSV, RFC 4180) made from it, so that both say the same. Which members are columns is data.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_LISTING_H
#define LASTMILE_COLLECTOR_HTTP_LISTING_H

#include "collector/http/message.h"
#include "collector/http/selection.h"

struct json_writer;

#define LISTING_COLUMNS_MAX 24
#define LISTING_KEY_MAX     4
#define LISTING_TABLES_MAX  3

/* A list of the document. Columns are paths of members: "label.en" is headed label_en, "to=/to" is
 * headed to and is a member of the document itself. */
struct listing_table {
    const char *array;                        /* its name in the document, and for ?table= */
    const char *inner;                        /* a list in each element: a row for each of its */
    const char *disposition;                  /* the name of the file */
    const char *key[LISTING_KEY_MAX];         /* what tells an element from every other */
    const char *columns[LISTING_COLUMNS_MAX]; /* both end with NULL */
};

struct listing {
    struct listing_table tables[LISTING_TABLES_MAX]; /* pages go through them in turn */
    bool indented;
};

/* Part of a list of `total` items: from first up to, not with, end. */
struct listing_page {
    size_t first, end;
};

/* Tells an item from every other, by what it is and not by where it stands. */
typedef uint64_t (*listing_hash_fn)(const void *ctx, size_t item);
/* Goes on with a hash (FNV-1a); begin with 0. */
uint64_t listing_hash(uint64_t hash, const char *bytes, size_t length);

/* The page that limit and cursor ask for; all where they ask for none. Gives the Link to the next
 * one, which the caller frees, or NULL. */
char *listing_paginate(const struct http_request *request, const struct selection *selection,
                       size_t total, listing_hash_fn hash, const void *ctx,
                       struct listing_page *out_page);

/* The answer out of the whole document, which is taken (NULL: memory was out). */
void listing_respond(const struct listing *listing, const struct http_request *request,
                     const struct selection *selection, struct json_writer *json,
                     struct http_response *response);

/* A CSV answer: takes the body (NULL: memory was out). */
void listing_respond_csv(struct http_response *response, char *body, const char *disposition);

#endif
