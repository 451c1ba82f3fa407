/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 1024

void text_fini(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

/* Room for so many more bytes and a NUL. */
static bool reserve(struct text *text, size_t more)
{
    if (text->failed || more >= TEXT_BYTES_MAX - text->length) {
        text->failed = true;
        return false;
    }
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_put_bytes(struct text *text, const void *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_put(struct text *text, const char *string)
{
    text_put_bytes(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        text->failed = true;
    else if (reserve(text, (size_t)length)) {
        (void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

char *text_take(struct text *text, size_t *out_length)
{
    char *bytes = NULL;
    text_put_bytes(text, "", 0); /* so that an empty text is "", not NULL */
    if (!text->failed) {
        bytes = text->bytes;
        if (out_length)
            *out_length = text->length;
        text->bytes = NULL;
    }
    text_fini(text);
    return bytes;
}
