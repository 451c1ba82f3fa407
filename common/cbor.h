/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The part of CBOR that lastmile speaks (RFC 8949 section 4.2.1, core deterministic encoding):
 * integers, byte and text strings, arrays, booleans, and maps whose keys are unsigned integers, all
 * of definite length. No floats, tags, null or indefinite lengths, neither now nor in a younger
 * minor version. Over libcbor's streaming calls, which only cbor.c knows. It must not know what a
 * report is. Pure; a reader borrows its bytes.
 */
#ifndef LASTMILE_COMMON_CBOR_H
#define LASTMILE_COMMON_CBOR_H

#include "common/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CBOR_DEPTH_MAX 8 /* arrays and maps open at once */

/* Each writes one item, its head as short as can be. */
void cbor_write_unsigned(struct buffer *out, uint64_t value);
void cbor_write_bool(struct buffer *out, bool value);
void cbor_write_bytes(struct buffer *out, const void *bytes, size_t length);
void cbor_write_text(struct buffer *out, const char *text);
/* Only the head: that many bytes, elements, or pairs of key and value follow. */
void cbor_write_bytes_head(struct buffer *out, size_t length);
void cbor_write_array(struct buffer *out, size_t count);
void cbor_write_map(struct buffer *out, size_t count);

enum cbor_kind {
    CBOR_KIND_UNSIGNED, /* value */
    CBOR_KIND_NEGATIVE, /* value: -1 - the number */
    CBOR_KIND_BOOL,     /* value: 0 or 1 */
    CBOR_KIND_BYTES,    /* bytes, value of them */
    CBOR_KIND_TEXT,     /* the same, well-formed UTF-8 */
    CBOR_KIND_ARRAY,    /* value elements follow */
    CBOR_KIND_MAP,      /* value pairs follow */
    CBOR_KIND_COUNT,
};

struct cbor_token {
    enum cbor_kind kind;
    uint64_t value;
    const uint8_t *bytes; /* borrowed from the reader's */
};

enum cbor_fault {
    CBOR_OK = 0,
    CBOR_MALFORMED,         /* not well-formed, cut, or text that is no UTF-8 */
    CBOR_NOT_DETERMINISTIC, /* a head longer than need be, indefinite length, keys out of order */
    CBOR_UNSUPPORTED,       /* float, tag, null, undefined, a key that is no unsigned integer */
    CBOR_TOO_DEEP,
};

struct cbor_reader {
    const uint8_t *bytes;
    size_t length, offset;
    enum cbor_fault fault; /* sticky */
};

struct cbor_reader cbor_reader_over(const uint8_t *bytes, size_t length);

/* The next item; for an array or map its head only. False with the fault set. */
bool cbor_reader_next(struct cbor_reader *reader, struct cbor_token *out_token);

/* Passes over one whole item, checking all of it, `depth` containers being open around it. */
bool cbor_reader_skip(struct cbor_reader *reader, unsigned depth);

#endif
