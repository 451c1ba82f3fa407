/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/frame.h"

#include "common/buffer.h"
#include "probe/outbox/crc32c.h"

#define MARKER       UINT32_C(0x4c4d5231) /* "LMR1" */
#define MARKER_BYTES 4
#define CRC_AT       8  /* behind marker and length */
#define BOOT_AT      12 /* behind the checksum */
#define SEQUENCE_AT  (BOOT_AT + REPORT_BOOT_ID_BYTES)
/* A checksum runs over a megabyte at most; this bounds how often for one file. */
#define TRIES_MAX 64

static uint32_t read_u32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static uint32_t checksum(const uint8_t *head, const uint8_t *payload, size_t payload_length)
{
    uint32_t crc = crc32c(0, head + MARKER_BYTES, CRC_AT - MARKER_BYTES);
    crc = crc32c(crc, head + BOOT_AT, FRAME_HEAD_BYTES - BOOT_AT);
    return crc32c(crc, payload, payload_length);
}

static void write_head(const struct frame *frame, uint32_t crc, uint8_t *out)
{
    struct buffer buffer = buffer_over(out, FRAME_HEAD_BYTES);
    buffer_put_u32(&buffer, MARKER);
    buffer_put_u32(&buffer, (uint32_t)frame->payload_length);
    buffer_put_u32(&buffer, crc);
    buffer_put(&buffer, frame->boot_id, sizeof frame->boot_id);
    buffer_put_u64(&buffer, frame->sequence);
}

void frame_write_head(const struct frame *frame, uint8_t out[static FRAME_HEAD_BYTES])
{
    write_head(frame, 0, out);
    write_head(frame, checksum(out, frame->payload, frame->payload_length), out);
}

struct frame_reader frame_reader_over(const uint8_t *bytes, size_t length)
{
    return (struct frame_reader){.bytes = bytes, .length = length, .tries_left = TRIES_MAX};
}

/* A whole record that begins at `in`, or false. */
static bool read_frame(struct frame_reader *reader, size_t offset, struct frame *out_frame)
{
    const uint8_t *in = reader->bytes + offset;
    size_t left = reader->length - offset;
    if (left < FRAME_HEAD_BYTES || read_u32(in) != MARKER || reader->tries_left == 0)
        return false;
    size_t payload_length = read_u32(in + MARKER_BYTES);
    const uint8_t *payload = in + FRAME_HEAD_BYTES;
    bool whole = payload_length <= REPORT_BYTES_MAX && payload_length <= left - FRAME_HEAD_BYTES &&
                 checksum(in, payload, payload_length) == read_u32(in + CRC_AT);
    if (!whole) {
        reader->tries_left--;
        return false;
    }
    struct frame frame = {.payload = payload, .payload_length = payload_length};
    memcpy(frame.boot_id, in + BOOT_AT, sizeof frame.boot_id);
    frame.sequence =
        (uint64_t)read_u32(in + SEQUENCE_AT) << 32 | read_u32(in + SEQUENCE_AT + sizeof(uint32_t));
    *out_frame = frame;
    return true;
}

bool frame_parse(const uint8_t *bytes, size_t length, struct frame *out_frame)
{
    struct frame_reader reader = frame_reader_over(bytes, length);
    struct frame frame;
    if (!read_frame(&reader, 0, &frame) || FRAME_HEAD_BYTES + frame.payload_length != length)
        return false;
    *out_frame = frame;
    return true;
}

bool frame_reader_next(struct frame_reader *reader, struct frame *out_frame)
{
    for (size_t at = reader->offset; at + FRAME_HEAD_BYTES <= reader->length; at++) {
        if (!read_frame(reader, at, out_frame))
            continue;
        reader->damaged += at != reader->offset;
        reader->offset = at + FRAME_HEAD_BYTES + out_frame->payload_length;
        return true;
    }
    return false;
}
