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

/* The answer out of the whole document, which is taken (NULL: memory was out). */
void listing_respond(const struct listing *listing, const struct http_request *request,
                     const struct selection *selection, struct json_writer *json,
                     struct http_response *response);

/* A CSV answer: takes the body (NULL: memory was out). */
void listing_respond_csv(struct http_response *response, char *body, const char *disposition);

#endif
