/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text into HTML, escaped by context. Whatever comes from outside (names, SSIDs: any byte) passes
 * through here: markup becomes character references, what is not UTF-8 becomes U+FFFD, and so do
 * controls and the characters that turn the direction of writing (they can disguise a name).
 */
#ifndef LASTMILE_COLLECTOR_HTTP_HTML_H
#define LASTMILE_COLLECTOR_HTTP_HTML_H

#include "collector/http/text.h"

#include <stddef.h>

/* As the contents of an element (never of script or style, which the pages do not have). */
void html_text(struct text *out, const char *string);
void html_text_bytes(struct text *out, const void *bytes, size_t length);

/* As an attribute: a space, name="escaped value". The name is ours. */
void html_attribute(struct text *out, const char *name, const char *value);

/* As a part of a query: percent-encoded but for unreserved characters (RFC 3986 section 2.3). */
void html_query_value(struct text *out, const char *value);

#endif
