/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bounded writing with a sticky fault: what does not fit sets `overflowed` and writes nothing more,
 * so that a writer of many fields asks once, at the end. The memory is the caller's. Pure.
 */
#ifndef LASTMILE_COMMON_BUFFER_H
#define LASTMILE_COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
    uint8_t *bytes;
    size_t size;
    size_t length; /* written so far, never above size */
    bool overflowed;
};

static inline struct buffer buffer_over(void *bytes, size_t size)
{
    return (struct buffer){.bytes = bytes, .size = size, .length = 0, .overflowed = false};
}

static inline void buffer_put(struct buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->overflowed || length > buffer->size - buffer->length) {
        buffer->overflowed = true;
        return;
    }
    if (length)
        memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

/* Big-endian, as everything of the wire and of the spool. */
static inline void buffer_put_u32(struct buffer *buffer, uint32_t value)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    buffer_put(buffer, bytes, sizeof bytes);
}

static inline void buffer_put_u64(struct buffer *buffer, uint64_t value)
{
    buffer_put_u32(buffer, (uint32_t)(value >> 32));
    buffer_put_u32(buffer, (uint32_t)value);
}

#endif
