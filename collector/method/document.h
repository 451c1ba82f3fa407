/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A document of headings, paragraphs, lists and tables, written as Markdown or as HTML. What stands
 * between `backticks` is code in both. Text is escaped; lists and tables open and close by
 * themselves. A plain value on the caller's stack; a stream that failed says so at its end.
 */
#ifndef LASTMILE_COLLECTOR_METHOD_DOCUMENT_H
#define LASTMILE_COLLECTOR_METHOD_DOCUMENT_H

#include <stddef.h>
#include <stdio.h>

enum document_format { DOCUMENT_MARKDOWN, DOCUMENT_HTML };

struct document {
    FILE *out;
    enum document_format format;
    const char *language; /* a tag: "zh-CN" */
    enum { DOCUMENT_TEXT, DOCUMENT_LIST, DOCUMENT_TABLE } inside;
};

void document_begin(struct document *document, const char *title);
void document_end(struct document *document);
/* level 2 to 4; anchor may be NULL. */
void document_heading(struct document *document, int level, const char *text, const char *anchor);
void document_paragraph(struct document *document, const char *text);
void document_item(struct document *document, const char *text);
/* A header row, then rows of as many cells. */
void document_table(struct document *document, const char *const *header, size_t columns);
void document_row(struct document *document, const char *const *cells, size_t columns);

#endif
