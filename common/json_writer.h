/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Builds one JSON document from the outside in: begin, put, end. Keys keep their order. Inside an
 * array the key is NULL. Faults are sticky: json_writer_text asks once, at the end. One thread.
 */
#ifndef LASTMILE_COMMON_JSON_WRITER_H
#define LASTMILE_COMMON_JSON_WRITER_H

#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer;

/* The document is an object. NULL when memory is out. */
struct json_writer *json_writer_new(void);
void json_writer_free(struct json_writer *writer);

/* Opens an object or array under key; at most 16 open at once. */
void json_writer_begin_object(struct json_writer *writer, const char *key);
void json_writer_begin_array(struct json_writer *writer, const char *key);
/* Closes what was opened last. */
void json_writer_end(struct json_writer *writer);

/* Strings from outside may hold any byte: what is not UTF-8 becomes U+FFFD. NULL writes null. */
void json_writer_put_string(struct json_writer *writer, const char *key, const char *value);
/* The same for bytes with a length; NUL bytes inside are kept as \u0000. */
void json_writer_put_bytes(struct json_writer *writer, const char *key, const void *value,
                           size_t length);
/* Values above 2^63-1 are written as a real number. */
void json_writer_put_u64(struct json_writer *writer, const char *key, uint64_t value);
void json_writer_put_i64(struct json_writer *writer, const char *key, int64_t value);
/* NaN and infinity are written as null. */
void json_writer_put_double(struct json_writer *writer, const char *key, double value);
void json_writer_put_bool(struct json_writer *writer, const char *key, bool value);
void json_writer_put_null(struct json_writer *writer, const char *key);
/* Unknown is null. */
void json_writer_put_optional_u64(struct json_writer *writer, const char *key,
                                  struct optional_u64 value);
void json_writer_put_optional_double(struct json_writer *writer, const char *key,
                                     struct optional_double value);

/* The document as a NUL-terminated string, indented by 2 or on one line; the caller frees it. NULL
 * after any fault (memory, nesting). */
char *json_writer_text(struct json_writer *writer, bool indented);

/* --- A document that is written, for those who give its lists in parts or as a table --- */

/* How many elements the array of this name has that stands in the document itself; 0: there is
 * none. */
size_t json_writer_count(const struct json_writer *writer, const char *array);

/* Keeps count elements of that array, from the one at first on. */
void json_writer_keep(struct json_writer *writer, const char *array, size_t first, size_t count);

/* A value in an element. Text is borrowed until the writer is changed. */
enum json_cell_type {
    JSON_CELL_NONE,
    JSON_CELL_TEXT,
    JSON_CELL_WHOLE,
    JSON_CELL_REAL,
    JSON_CELL_TRUTH
};
struct json_cell {
    enum json_cell_type type; /* JSON_CELL_NONE: null, absent, or an object or array */
    const char *text;
    int64_t whole;
    double real;
    bool truth;
};

/* Of the document itself where array is NULL. path names members from the outside in: "label.en".
 * An array on the way stands for its element at inner: "lines.active" is of the line at inner. */
struct json_cell json_writer_cell(const struct json_writer *writer, const char *array,
                                  size_t element, const char *path, size_t inner);

/* How many elements an array inside an element has. */
size_t json_writer_inner_count(const struct json_writer *writer, const char *array, size_t element,
                               const char *name);

#endif
