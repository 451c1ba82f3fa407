/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/html.h"

#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

static const char *reference(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '`': /* old browsers take it for a quotation mark */
        return "&#96;";
    case '\t':
    case '\n':
        return NULL;
    default:
        return utf8_is_printable(c) ? NULL : "\xef\xbf\xbd";
    }
}

void html_text_bytes(struct text *out, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length;) {
        uint32_t code_point = 0;
        size_t sequence = utf8_decode(at + i, length - i, &code_point);
        const char *instead = sequence ? reference(code_point) : "\xef\xbf\xbd";
        if (instead)
            text_put(out, instead);
        else
            text_put_bytes(out, at + i, sequence);
        i += sequence ? sequence : 1;
    }
}

void html_text(struct text *out, const char *string)
{
    html_text_bytes(out, string, strlen(string));
}

/* The same characters are escaped as in an element: both quotation marks are among them. */
void html_attribute(struct text *out, const char *name, const char *value)
{
    text_printf(out, " %s=\"", name);
    html_text(out, value);
    text_put(out, "\"");
}

void html_query_value(struct text *out, const char *value)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    for (const char *at = value; *at; at++) {
        if (strchr(unreserved, *at))
            text_put_bytes(out, at, 1);
        else
            text_printf(out, "%%%02X", (unsigned)(unsigned char)*at);
    }
}
