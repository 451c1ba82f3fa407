/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is said when there is no answer: a problem document (RFC 9457) for programs, a small page in
 * both languages for people. Pure.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_PROBLEM_H
#define LASTMILE_COLLECTOR_HTTP_PROBLEM_H

#include "collector/http/message.h"

/* "Not Found" and the like; "Error" for what has no phrase here. */
const char *problem_phrase(enum http_status status);

/* A browser names text/html; a script that takes anything gets the document. */
bool problem_wants_page(const struct http_request *request);

/* Completes a response whose problem is set, when the answer is known to nobody else: the document
 * names the address that was asked for (its path alone: the query
 * may say more than a log should), or
 * becomes a page where the client would rather have HTML and the address is none of the API. Other
 * responses stay as they are. */
void problem_complete(struct http_response *response, const struct http_request *request);

#endif
