/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The method document as a page: what `lastmile method` prints, in the language asked for.
 */
#include "collector/http/handlers.h"
#include "collector/http/selection.h"

#include "collector/method/method.h"

#include <stdio.h>
#include <stdlib.h>

/* The page on the heap; NULL when it could not be made. */
static char *write_document(const struct method_request *request)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    bool failed = method_write(out, request) != 0 || ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    if (!failed)
        return text;
    free(text);
    return NULL;
}

void handle_method(struct site *site, const struct http_request *request,
                   struct http_response *response)
{
    struct selection selection;
    if (!selection_read(request, SELECT_LANGUAGE, site_plan(site), &selection, response))
        return;
    const struct method_request document = {
        .plan = site_plan(site),
        .rules = site_rules(site),
        .language = selection.language == LANGUAGE_ZH ? METHOD_ZH : METHOD_EN,
        .format = DOCUMENT_HTML,
    };
    http_respond_take(response, "text/html; charset=utf-8", write_document(&document));
    response->content_language = selection.language == LANGUAGE_ZH ? "zh-CN" : "en";
    response->fresh_s = HTTP_CONSTANT_S;
}
