/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/cbor.h"

#include "common/utf8.h"

#include <cbor/configuration.h>
#include <cbor/encoding.h>
#include <cbor/streaming.h>

#define HEAD_BYTES_MAX 9

/* What the library tells lengths in: 32 bits are not enough from 0.9 on, where a size_t has so
 * many. */
#if CBOR_MAJOR_VERSION > 0 || CBOR_MINOR_VERSION >= 9
typedef uint64_t told_length;
#else
typedef size_t told_length;
#endif

typedef size_t (*encode_head_fn)(size_t value, unsigned char *out, size_t size);

static void write_head(struct buffer *out, encode_head_fn encode, size_t value)
{
    unsigned char head[HEAD_BYTES_MAX];
    buffer_put(out, head, encode(value, head, sizeof head));
}

void cbor_write_unsigned(struct buffer *out, uint64_t value)
{
    unsigned char head[HEAD_BYTES_MAX];
    buffer_put(out, head, cbor_encode_uint(value, head, sizeof head));
}

void cbor_write_bool(struct buffer *out, bool value)
{
    unsigned char head[HEAD_BYTES_MAX];
    buffer_put(out, head, cbor_encode_bool(value, head, sizeof head));
}

void cbor_write_bytes_head(struct buffer *out, size_t length)
{
    write_head(out, cbor_encode_bytestring_start, length);
}

void cbor_write_bytes(struct buffer *out, const void *bytes, size_t length)
{
    cbor_write_bytes_head(out, length);
    buffer_put(out, bytes, length);
}

void cbor_write_text(struct buffer *out, const char *text)
{
    size_t length = strlen(text);
    write_head(out, cbor_encode_string_start, length);
    buffer_put(out, text, length);
}

void cbor_write_array(struct buffer *out, size_t count)
{
    write_head(out, cbor_encode_array_start, count);
}

void cbor_write_map(struct buffer *out, size_t count)
{
    write_head(out, cbor_encode_map_start, count);
}

/* What libcbor's callbacks say about one item. */
struct seen {
    struct cbor_token token;
    enum cbor_fault fault;
};

static void see(void *ctx, enum cbor_kind kind, uint64_t value)
{
    struct seen *seen = ctx;
    seen->token = (struct cbor_token){.kind = kind, .value = value, .bytes = NULL};
    seen->fault = CBOR_OK;
}

static void see_u8(void *ctx, uint8_t value)
{
    see(ctx, CBOR_KIND_UNSIGNED, value);
}

static void see_u16(void *ctx, uint16_t value)
{
    see(ctx, CBOR_KIND_UNSIGNED, value);
}

static void see_u32(void *ctx, uint32_t value)
{
    see(ctx, CBOR_KIND_UNSIGNED, value);
}

static void see_u64(void *ctx, uint64_t value)
{
    see(ctx, CBOR_KIND_UNSIGNED, value);
}

static void see_negative8(void *ctx, uint8_t value)
{
    see(ctx, CBOR_KIND_NEGATIVE, value);
}

static void see_negative16(void *ctx, uint16_t value)
{
    see(ctx, CBOR_KIND_NEGATIVE, value);
}

static void see_negative32(void *ctx, uint32_t value)
{
    see(ctx, CBOR_KIND_NEGATIVE, value);
}

static void see_negative64(void *ctx, uint64_t value)
{
    see(ctx, CBOR_KIND_NEGATIVE, value);
}

static void see_bool(void *ctx, bool value)
{
    see(ctx, CBOR_KIND_BOOL, value);
}

static void see_array(void *ctx, told_length count)
{
    see(ctx, CBOR_KIND_ARRAY, count);
}

static void see_map(void *ctx, told_length count)
{
    see(ctx, CBOR_KIND_MAP, count);
}

static void see_bytes(void *ctx, cbor_data bytes, told_length length)
{
    see(ctx, CBOR_KIND_BYTES, length);
    ((struct seen *)ctx)->token.bytes = bytes;
}

static void see_text(void *ctx, cbor_data bytes, told_length length)
{
    struct seen *seen = ctx;
    see(ctx, CBOR_KIND_TEXT, length);
    seen->token.bytes = bytes;
    if (!utf8_is_valid(bytes, (size_t)length))
        seen->fault = CBOR_MALFORMED;
}

static void see_indefinite(void *ctx)
{
    ((struct seen *)ctx)->fault = CBOR_NOT_DETERMINISTIC;
}

static void see_unsupported(void *ctx)
{
    ((struct seen *)ctx)->fault = CBOR_UNSUPPORTED;
}

static void see_tag(void *ctx, uint64_t value)
{
    (void)value;
    see_unsupported(ctx);
}

static void see_float(void *ctx, float value)
{
    (void)value;
    see_unsupported(ctx);
}

static void see_double(void *ctx, double value)
{
    (void)value;
    see_unsupported(ctx);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = see_u8,
    .uint16 = see_u16,
    .uint32 = see_u32,
    .uint64 = see_u64,
    .negint8 = see_negative8,
    .negint16 = see_negative16,
    .negint32 = see_negative32,
    .negint64 = see_negative64,
    .byte_string_start = see_indefinite,
    .byte_string = see_bytes,
    .string = see_text,
    .string_start = see_indefinite,
    .indef_array_start = see_indefinite,
    .array_start = see_array,
    .indef_map_start = see_indefinite,
    .map_start = see_map,
    .tag = see_tag,
    .float2 = see_float,
    .float4 = see_float,
    .float8 = see_double,
    .undefined = see_unsupported,
    .null = see_unsupported,
    .boolean = see_bool,
    .indef_break = see_indefinite,
};

struct cbor_reader cbor_reader_over(const uint8_t *bytes, size_t length)
{
    return (struct cbor_reader){.bytes = bytes, .length = length, .offset = 0, .fault = CBOR_OK};
}

static bool fail(struct cbor_reader *reader, enum cbor_fault fault)
{
    reader->fault = fault;
    return false;
}

/* The shortest head that holds a value (RFC 8949 section 4.2.1, preferred serialization). */
static size_t shortest_head(const struct cbor_token *token)
{
    if (token->kind == CBOR_KIND_BOOL || token->value < 24)
        return 1;
    return token->value <= UINT8_MAX    ? 2
           : token->value <= UINT16_MAX ? 3
           : token->value <= UINT32_MAX ? 5
                                        : 9;
}

/* libcbor says counts as size_t, which cuts the largest heads where it has 32 bits. */
static uint64_t whole_count(const uint8_t head[static HEAD_BYTES_MAX])
{
    uint64_t count = 0;
    for (size_t i = 1; i < HEAD_BYTES_MAX; i++)
        count = count << 8 | head[i];
    return count;
}

bool cbor_reader_next(struct cbor_reader *reader, struct cbor_token *out_token)
{
    if (reader->fault != CBOR_OK)
        return false;
    struct seen seen = {.fault = CBOR_MALFORMED};
    struct cbor_decoder_result result = cbor_stream_decode(
        reader->bytes + reader->offset, reader->length - reader->offset, &callbacks, &seen);
    if (result.status != CBOR_DECODER_FINISHED)
        return fail(reader, CBOR_MALFORMED);
    if (seen.fault != CBOR_OK)
        return fail(reader, seen.fault);
    bool is_container = seen.token.kind == CBOR_KIND_ARRAY || seen.token.kind == CBOR_KIND_MAP;
    if (is_container && result.read == HEAD_BYTES_MAX)
        seen.token.value = whole_count(reader->bytes + reader->offset);
    size_t head = seen.token.bytes ? result.read - (size_t)seen.token.value : result.read;
    if (head != shortest_head(&seen.token))
        return fail(reader, CBOR_NOT_DETERMINISTIC);
    reader->offset += result.read;
    *out_token = seen.token;
    return true;
}

/* A container that is being passed over. */
struct level {
    bool is_map;
    bool key_expected;
    bool key_seen;
    uint64_t last_key;
    uint64_t left; /* elements, or pairs */
};

static bool skip_key(struct cbor_reader *reader, struct level *level,
                     const struct cbor_token *token)
{
    if (token->kind != CBOR_KIND_UNSIGNED)
        return fail(reader, CBOR_UNSUPPORTED);
    if (level->key_seen && token->value <= level->last_key)
        return fail(reader, CBOR_NOT_DETERMINISTIC);
    level->key_seen = true;
    level->last_key = token->value;
    level->key_expected = false;
    return true;
}

/* Takes note that an element or a pair is complete. */
static void complete_one(struct level *level)
{
    level->left--;
    level->key_expected = level->is_map;
}

bool cbor_reader_skip(struct cbor_reader *reader, unsigned depth)
{
    struct level levels[CBOR_DEPTH_MAX];
    unsigned open = 0;
    do {
        struct cbor_token token;
        if (!cbor_reader_next(reader, &token))
            return false;
        struct level *level = open ? &levels[open - 1] : NULL;
        if (level && level->key_expected) {
            if (!skip_key(reader, level, &token))
                return false;
            continue;
        }
        if (level)
            complete_one(level);
        if (token.kind == CBOR_KIND_ARRAY || token.kind == CBOR_KIND_MAP) {
            if (depth + open >= CBOR_DEPTH_MAX)
                return fail(reader, CBOR_TOO_DEEP);
            bool is_map = token.kind == CBOR_KIND_MAP;
            levels[open++] =
                (struct level){.is_map = is_map, .key_expected = is_map, .left = token.value};
        }
        while (open && levels[open - 1].left == 0)
            open--;
    } while (open);
    return true;
}
