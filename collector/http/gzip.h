/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The gzip coding of answers (RFC 1952, RFC 9110 section 8.4.1.3). zlib is known to gzip.c alone.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_GZIP_H
#define LASTMILE_COLLECTOR_HTTP_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#define GZIP_BYTES_MIN 1024 /* below that, the coding costs more than it saves */

/* True for a media type whose bodies are text, hence shrink. */
bool gzip_shrinks(const char *content_type);

/* The compressed bytes, which the caller frees; NULL when memory is out, or when they would not be
 * fewer. Equal input gives equal output. */
char *gzip_compress(const char *bytes, size_t length, size_t *out_length);

#endif
