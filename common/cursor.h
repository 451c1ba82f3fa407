/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bounded reading of strangers' bytes, big-endian, with a sticky error: after the first read past
 * the end every read gives 0 and `failed` stays set, so a reader asks once. A plain value on the
 * stack; the bytes are borrowed. Pure.
 */
#ifndef LASTMILE_COMMON_CURSOR_H
#define LASTMILE_COMMON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct cursor cursor_of(const uint8_t *bytes, size_t length)
{
    return (struct cursor){.at = bytes, .end = bytes + length, .failed = false};
}

/* Bytes that are still there; 0 after a failure. */
static inline size_t cursor_left(const struct cursor *cursor)
{
    return cursor->failed ? 0 : (size_t)(cursor->end - cursor->at);
}

/* The next `count` bytes, borrowed, or NULL with the cursor failed. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t count)
{
    if (__builtin_expect(cursor_left(cursor) < count, 0)) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *taken = cursor->at;
    cursor->at += count;
    return taken;
}

static inline void cursor_skip(struct cursor *cursor, size_t count)
{
    (void)cursor_take(cursor, count); /* the sticky error is the answer */
}

/* Loads from bytes known to be there. */
static inline uint16_t cursor_load_u16(const uint8_t *bytes)
{
    return (uint16_t)((unsigned)bytes[0] << 8 | bytes[1]);
}

static inline uint32_t cursor_load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 1);
    return bytes ? bytes[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 2);
    return bytes ? cursor_load_u16(bytes) : 0;
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
    const uint8_t *bytes = cursor_take(cursor, 4);
    return bytes ? cursor_load_u32(bytes) : 0;
}

static inline uint64_t cursor_u64(struct cursor *cursor)
{
    uint64_t high = cursor_u32(cursor);
    return high << 32 | cursor_u32(cursor);
}

/* Copies `count` bytes; zeroes them when they are not there. */
static inline void cursor_copy(struct cursor *cursor, void *out, size_t count)
{
    const uint8_t *bytes = cursor_take(cursor, count);
    if (bytes)
        memcpy(out, bytes, count);
    else
        memset(out, 0, count);
}

/* A cursor over the next `count` bytes, which this one steps over; failed when they are not there.
 */
static inline struct cursor cursor_part(struct cursor *cursor, size_t count)
{
    const uint8_t *bytes = cursor_take(cursor, count);
    if (bytes)
        return cursor_of(bytes, count);
    return (struct cursor){.at = cursor->end, .end = cursor->end, .failed = true};
}

#endif
