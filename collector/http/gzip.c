/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Large bodies are columns of numbers: level 1 takes a fifth of the time there for a tenth more. */
#define LARGE_BYTES ((size_t)256 * 1024)
#define LEVEL       6
#define LEVEL_LARGE 1
#define WINDOW_GZIP (15 + 16) /* zlib.h: 16 asks for the gzip wrapper, whose time is then 0 */
#define MEMORY      8

bool gzip_shrinks(const char *content_type)
{
    static const char *const types[] = {"text/", "application/json", "application/problem+json",
                                        "application/openmetrics-text", "image/svg+xml"};
    for (size_t i = 0; content_type && i < sizeof types / sizeof types[0]; i++)
        if (strncmp(content_type, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

char *gzip_compress(const char *bytes, size_t length, size_t *out_length)
{
    z_stream stream = {.next_in = (z_const Bytef *)(z_const void *)bytes};
    if (length < 2 || length > INT_MAX)
        return NULL;
    stream.avail_in = (uInt)length;
    if (deflateInit2(&stream, length >= LARGE_BYTES ? LEVEL_LARGE : LEVEL, Z_DEFLATED, WINDOW_GZIP,
                     MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    char *out = malloc(length);
    stream.next_out = (Bytef *)out;
    stream.avail_out = out ? (uInt)length - 1 : 0;
    bool ended = out && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *out_length = stream.total_out;
    (void)deflateEnd(&stream); /* says only that input was left */
    if (ended) {
        char *fitting = realloc(out, *out_length);
        return fitting ? fitting : out;
    }
    free(out);
    return NULL;
}
