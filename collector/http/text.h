/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text that grows while it is written. Faults (memory, the bound) are sticky: whoever takes the
 * text asks once, at the end. Bytes are taken as they are; escaping is html.h's and JSON's matter.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_TEXT_H
#define LASTMILE_COLLECTOR_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_BYTES_MAX (16u << 20) /* no answer of ours is larger */

struct text {
    char *bytes; /* NUL-terminated once anything was written */
    size_t length, capacity;
    bool failed;
};

/* Zeroed is empty and ready. */
void text_fini(struct text *text);

void text_put(struct text *text, const char *string);
void text_put_bytes(struct text *text, const void *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands the bytes over and leaves the text empty; NULL after a fault. out_length may be NULL. */
char *text_take(struct text *text, size_t *out_length);

#endif
