/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The page that asks who somebody is, and the button that ends it. No script is needed.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_PAGE_LOGIN_H
#define LASTMILE_COLLECTOR_HTTP_PAGE_LOGIN_H

#include "collector/http/language.h"
#include "collector/http/message.h"

/* 401 and the page again: the name or the password is wrong, and nobody is told which. */
void page_login_refused(const struct http_request *request, struct http_response *response);

/* Who is logged in, and the way to log in or out. Nothing where access is open. */
void page_account(struct text *out, const struct http_request *request, enum language first);

#endif
