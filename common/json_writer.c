/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json_writer.h"

#include "common/utf8.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16

struct json_writer {
    json_t *open[DEPTH_MAX]; /* borrowed, but for open[0] */
    size_t depth;
    bool failed;
};

struct json_writer *json_writer_new(void)
{
    struct json_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->open[0] = json_object();
    writer->depth = 1;
    writer->failed = writer->open[0] == NULL;
    return writer;
}

void json_writer_free(struct json_writer *writer)
{
    if (!writer)
        return;
    json_decref(writer->open[0]);
    free(writer);
}

/* Takes the value; NULL (memory, or bytes that are no text) is the sticky fault. */
static void put(struct json_writer *writer, const char *key, json_t *value)
{
    if (writer->failed || !value) {
        json_decref(value);
        writer->failed = true;
        return;
    }
    json_t *into = writer->open[writer->depth - 1];
    int status = json_is_array(into) ? json_array_append_new(into, value)
                                     : json_object_set_new(into, key ? key : "", value);
    writer->failed = status != 0;
}

static void begin(struct json_writer *writer, const char *key, json_t *value)
{
    put(writer, key, value);
    if (writer->failed || writer->depth == DEPTH_MAX)
        writer->failed = true;
    else
        writer->open[writer->depth++] = value;
}

void json_writer_begin_object(struct json_writer *writer, const char *key)
{
    begin(writer, key, json_object());
}

void json_writer_begin_array(struct json_writer *writer, const char *key)
{
    begin(writer, key, json_array());
}

void json_writer_end(struct json_writer *writer)
{
    if (writer->depth > 1)
        writer->depth--;
    else
        writer->failed = true;
}

void json_writer_put_bytes(struct json_writer *writer, const char *key, const void *value,
                           size_t length)
{
    static const unsigned char replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */
    const uint8_t *in = value;
    unsigned char *clean = malloc(length * sizeof replacement + 1);
    if (!clean) {
        writer->failed = true;
        return;
    }
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        uint32_t code_point = 0;
        size_t sequence = utf8_decode(in + i, length - i, &code_point);
        if (sequence) {
            memcpy(clean + used, in + i, sequence);
            used += sequence;
            i += sequence;
        } else {
            memcpy(clean + used, replacement, sizeof replacement);
            used += sizeof replacement;
            i++;
        }
    }
    put(writer, key, json_stringn((const char *)clean, used));
    free(clean);
}

void json_writer_put_string(struct json_writer *writer, const char *key, const char *value)
{
    if (value)
        json_writer_put_bytes(writer, key, value, strlen(value));
    else
        json_writer_put_null(writer, key);
}

void json_writer_put_u64(struct json_writer *writer, const char *key, uint64_t value)
{
    put(writer, key,
        value <= INT64_MAX ? json_integer((json_int_t)value) : json_real((double)value));
}

void json_writer_put_i64(struct json_writer *writer, const char *key, int64_t value)
{
    put(writer, key, json_integer(value));
}

void json_writer_put_double(struct json_writer *writer, const char *key, double value)
{
    put(writer, key, isfinite(value) ? json_real(value) : json_null());
}

void json_writer_put_bool(struct json_writer *writer, const char *key, bool value)
{
    put(writer, key, json_boolean(value));
}

void json_writer_put_null(struct json_writer *writer, const char *key)
{
    put(writer, key, json_null());
}

void json_writer_put_optional_u64(struct json_writer *writer, const char *key,
                                  struct optional_u64 value)
{
    if (value.known)
        json_writer_put_u64(writer, key, value.value);
    else
        json_writer_put_null(writer, key);
}

void json_writer_put_optional_double(struct json_writer *writer, const char *key,
                                     struct optional_double value)
{
    if (value.known)
        json_writer_put_double(writer, key, value.value);
    else
        json_writer_put_null(writer, key);
}

char *json_writer_text(struct json_writer *writer, bool indented)
{
    if (writer->failed)
        return NULL;
    /* 15 digits: what a double holds for certain, so 0.1 is written 0.1 */
    size_t flags = JSON_REAL_PRECISION(15) | (indented ? JSON_INDENT(2) : JSON_COMPACT);
    return json_dumps(writer->open[0], flags);
}

size_t json_writer_count(const struct json_writer *writer, const char *array)
{
    return json_array_size(json_object_get(writer->open[0], array));
}

void json_writer_keep(struct json_writer *writer, const char *array, size_t first, size_t count)
{
    const json_t *whole = json_object_get(writer->open[0], array);
    json_t *part = json_array();
    bool failed = part == NULL;
    for (size_t i = 0; i < count && !failed; i++) {
        json_t *element = json_array_get(whole, first + i);
        failed = element && json_array_append(part, element) != 0;
    }
    failed = failed || json_object_set(writer->open[0], array, part) != 0;
    json_decref(part);
    writer->failed = writer->failed || failed;
}

static const json_t *find(const json_t *value, const char *path, size_t inner)
{
    while (value && *path) {
        if (json_is_array(value)) {
            value = json_array_get(value, inner);
            continue;
        }
        size_t length = strcspn(path, ".");
        value = json_object_getn(value, path, length);
        path += length + (path[length] == '.');
    }
    return value;
}

struct json_cell json_writer_cell(const struct json_writer *writer, const char *array,
                                  size_t element, const char *path, size_t inner)
{
    const json_t *row = writer->open[0];
    if (array)
        row = json_array_get(json_object_get(row, array), element);
    const json_t *value = find(row, path, inner);
    struct json_cell cell = {.type = JSON_CELL_NONE};
    if (json_is_string(value))
        cell = (struct json_cell){.type = JSON_CELL_TEXT, .text = json_string_value(value)};
    else if (json_is_integer(value))
        cell = (struct json_cell){.type = JSON_CELL_WHOLE, .whole = json_integer_value(value)};
    else if (json_is_real(value))
        cell = (struct json_cell){.type = JSON_CELL_REAL, .real = json_real_value(value)};
    else if (json_is_boolean(value))
        cell = (struct json_cell){.type = JSON_CELL_TRUTH, .truth = json_is_true(value)};
    return cell;
}

size_t json_writer_inner_count(const struct json_writer *writer, const char *array, size_t element,
                               const char *name)
{
    const json_t *row = json_array_get(json_object_get(writer->open[0], array), element);
    return json_array_size(json_object_get(row, name));
}
