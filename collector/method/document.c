/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/method/document.h"

#include <stdbool.h>
#include <string.h>

static bool is_html(const struct document *document)
{
    return document->format == DOCUMENT_HTML;
}

static void put(struct document *document, const char *text)
{
    (void)fputs(text, document->out);
}

/* Inline text: code spans stay, what the format would take for markup is escaped. */
static void put_inline(struct document *document, const char *text)
{
    bool code = false;
    for (; *text; text++) {
        char c = *text;
        if (c == '`' && is_html(document)) {
            put(document, code ? "</code>" : "<code>");
            code = !code;
        } else if (is_html(document) && c == '<') {
            put(document, "&lt;");
        } else if (is_html(document) && c == '>') {
            put(document, "&gt;");
        } else if (is_html(document) && c == '&') {
            put(document, "&amp;");
        } else if (!is_html(document) && c == '|' && document->inside == DOCUMENT_TABLE) {
            put(document, "\\|");
        } else {
            code = c == '`' ? !code : code;
            if (!is_html(document) && !code && (c == '*' || c == '_' || c == '<'))
                (void)fputc('\\', document->out);
            (void)fputc(c, document->out);
        }
    }
    if (code && is_html(document))
        put(document, "</code>");
}

static void leave(struct document *document)
{
    if (document->inside == DOCUMENT_LIST)
        put(document, is_html(document) ? "</ul>\n" : "\n");
    if (document->inside == DOCUMENT_TABLE)
        put(document, is_html(document) ? "</tbody></table></div>\n" : "\n");
    document->inside = DOCUMENT_TEXT;
}

void document_begin(struct document *document, const char *title)
{
    document->inside = DOCUMENT_TEXT;
    if (!is_html(document)) {
        put(document, "# ");
        put_inline(document, title);
        put(document, "\n\n");
        return;
    }
    (void)fprintf(document->out,
                  "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
                  document->language);
    put_inline(document, title);
    put(document, "</title>\n<link rel=\"stylesheet\" href=\"/assets/site.css\">\n"
                  "<link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">\n"
                  "</head>\n<body>\n<main>\n<h1>");
    put_inline(document, title);
    put(document, "</h1>\n");
}

void document_end(struct document *document)
{
    leave(document);
    if (is_html(document))
        put(document, "</main>\n</body>\n</html>\n");
}

void document_heading(struct document *document, int level, const char *text, const char *anchor)
{
    leave(document);
    if (is_html(document)) {
        (void)fprintf(document->out, "<h%d id=\"%s\">", level, anchor ? anchor : "");
        put_inline(document, text);
        (void)fprintf(document->out, "</h%d>\n", level);
        return;
    }
    (void)fprintf(document->out, "%.*s ", level, "####");
    put_inline(document, text);
    put(document, "\n\n");
}

void document_paragraph(struct document *document, const char *text)
{
    leave(document);
    put(document, is_html(document) ? "<p>" : "");
    put_inline(document, text);
    put(document, is_html(document) ? "</p>\n" : "\n\n");
}

void document_item(struct document *document, const char *text)
{
    if (document->inside != DOCUMENT_LIST) {
        leave(document);
        put(document, is_html(document) ? "<ul>\n" : "");
        document->inside = DOCUMENT_LIST;
    }
    put(document, is_html(document) ? "<li>" : "- ");
    put_inline(document, text);
    put(document, is_html(document) ? "</li>\n" : "\n");
}

static void put_cells(struct document *document, const char *const *cells, size_t columns,
                      const char *tag)
{
    put(document, is_html(document) ? "<tr>" : "|");
    for (size_t i = 0; i < columns; i++) {
        if (is_html(document))
            (void)fprintf(document->out, "<%s>", tag);
        else
            put(document, " ");
        put_inline(document, cells[i]);
        if (is_html(document))
            (void)fprintf(document->out, "</%s>", tag);
        else
            put(document, " |");
    }
    put(document, is_html(document) ? "</tr>\n" : "\n");
}

void document_table(struct document *document, const char *const *header, size_t columns)
{
    leave(document);
    document->inside = DOCUMENT_TABLE;
    put(document, is_html(document) ? "<div class=\"scroll\"><table><thead>\n" : "");
    put_cells(document, header, columns, "th");
    if (is_html(document)) {
        put(document, "</thead><tbody>\n");
        return;
    }
    put(document, "|");
    for (size_t i = 0; i < columns; i++)
        put(document, "---|");
    put(document, "\n");
}

void document_row(struct document *document, const char *const *cells, size_t columns)
{
    put_cells(document, cells, columns, "td");
}
