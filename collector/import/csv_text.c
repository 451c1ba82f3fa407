/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/csv_text.h"

#include "common/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK_BYTES 3 /* of UTF-8 */

const struct conf_name csv_encoding_names[] = {
    {"utf-8", CSV_ENCODING_UTF_8},
    {"gb18030", CSV_ENCODING_GB18030},
    {"gbk", CSV_ENCODING_GB18030},
    {NULL, 0},
};

/* line 0: of the whole file. */
static int fail(const char *name, size_t line, struct conf_error *out_error, const char *text)
{
    if (line == 0)
        (void)snprintf(out_error->text, sizeof out_error->text, "%s: %s", name, text);
    else
        (void)snprintf(out_error->text, sizeof out_error->text, "%s:%zu: %s", name, line, text);
    return -EINVAL;
}

static size_t line_at(const char *bytes, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset; i++)
        line += bytes[i] == '\n';
    return line;
}

/* How the bytes read as UTF-8. */
struct reading {
    size_t long_sequences, bad_bytes, first_bad;
};

static struct reading read_as_utf8(const char *bytes, size_t length)
{
    struct reading reading = {0, 0, length};
    size_t i = 0;
    while (i < length) {
        uint32_t code_point = 0;
        size_t step = utf8_decode((const uint8_t *)bytes + i, length - i, &code_point);
        if (step == 0 && reading.bad_bytes++ == 0)
            reading.first_bad = i;
        reading.long_sequences += step > 1;
        i += step ? step : 1;
    }
    return reading;
}

static int copy(const char *bytes, size_t length, struct csv_text *out)
{
    out->bytes = malloc(length ? length : 1);
    if (!out->bytes)
        return -ENOMEM;
    memcpy(out->bytes, bytes, length);
    out->length = length;
    out->encoding = CSV_ENCODING_UTF_8;
    return 0;
}

static int convert(const char *name, const char *bytes, size_t length, struct csv_text *out,
                   struct conf_error *out_error)
{
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1)
        return fail(name, 0, out_error,
                    "not UTF-8, and this system cannot convert GB18030; save it as CSV UTF-8");
    size_t room = length + length / 2 + 4; /* two octets become three; one and four do not grow */
    char *converted = malloc(room);
    char *in = (char *)(uintptr_t)bytes; /* iconv(3) does not write there */
    char *at = converted;
    size_t in_left = length;
    size_t out_left = room;
    size_t status = converted ? iconv(converter, &in, &in_left, &at, &out_left) : (size_t)-1;
    (void)iconv_close(converter);
    if (status != (size_t)-1) {
        *out = (struct csv_text){converted, room - out_left, CSV_ENCODING_GB18030};
        return 0;
    }
    free(converted);
    if (!converted)
        return fail(name, 0, out_error, "out of memory");
    return fail(name, line_at(bytes, length - in_left), out_error,
                "neither UTF-8 nor GB18030 (GBK); save it as CSV UTF-8");
}

static bool begins_with(const char *bytes, size_t length, const char *with, size_t with_length)
{
    return length >= with_length && memcmp(bytes, with, with_length) == 0;
}

int csv_text_decode(const char *name, enum csv_encoding encoding, const char *bytes, size_t length,
                    struct csv_text *out_text, struct conf_error *out_error)
{
    if (begins_with(bytes, length, "\xff\xfe", 2) || begins_with(bytes, length, "\xfe\xff", 2))
        return fail(name, 1, out_error,
                    "UTF-16; save it as CSV UTF-8, or: iconv -f UTF-16 -t UTF-8 OLD.csv > NEW.csv");
    bool marked = begins_with(bytes, length, "\xef\xbb\xbf", MARK_BYTES);
    if (marked && encoding == CSV_ENCODING_GB18030)
        return fail(name, 1, out_error,
                    "it begins with the byte order mark of UTF-8; leave --encoding away");
    if (encoding == CSV_ENCODING_GB18030)
        return convert(name, bytes, length, out_text, out_error);
    size_t skip = marked ? MARK_BYTES : 0;
    const struct reading reading = read_as_utf8(bytes + skip, length - skip);
    if (reading.bad_bytes == 0)
        return copy(bytes + skip, length - skip, out_text) == 0
                   ? 0
                   : fail(name, 0, out_error, "out of memory");
    /* Chinese in GBK hardly ever makes a sequence of UTF-8: many of them are a damaged file. */
    bool certain = encoding == CSV_ENCODING_UTF_8 || marked;
    if (certain || reading.long_sequences >= reading.bad_bytes)
        return fail(name, line_at(bytes + skip, reading.first_bad), out_error,
                    certain ? "not UTF-8 here; --encoding gb18030 reads GBK and GB18030"
                            : "damaged UTF-8 here; mend the file, or say --encoding gb18030");
    return convert(name, bytes, length, out_text, out_error);
}

/* The rest of a file into a buffer that doubles, up to a byte more than may be. NULL: out of
 * memory.
 */
static char *read_rest(FILE *file, size_t *out_length)
{
    size_t room = 1 << 16;
    size_t length = 0;
    char *bytes = malloc(room);
    while (bytes) {
        length += fread(bytes + length, 1, room - length, file);
        if (length < room || room > CSV_TEXT_BYTES_MAX)
            break;
        room *= 2;
        char *grown = realloc(bytes, room);
        if (!grown)
            free(bytes);
        bytes = grown;
    }
    *out_length = length;
    return bytes;
}

int csv_text_load(const char *path, char **out_bytes, size_t *out_length,
                  struct conf_error *out_error)
{
    size_t length = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail(path, 0, out_error, strerror(errno));
    char *bytes = read_rest(file, &length);
    const char *fault = !bytes                        ? "out of memory"
                        : ferror(file)                ? "it cannot be read"
                        : length > CSV_TEXT_BYTES_MAX ? "larger than 64 MiB"
                                                      : NULL;
    (void)fclose(file); /* only read */
    if (fault) {
        free(bytes);
        return fail(path, 0, out_error, fault);
    }
    *out_bytes = bytes;
    *out_length = length;
    return 0;
}

void csv_text_fini(struct csv_text *text)
{
    free(text->bytes);
    *text = (struct csv_text){NULL, 0, CSV_ENCODING_ANY};
}
