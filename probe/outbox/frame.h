/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a record of the spool stands in a file: marker, length, CRC-32C, boot id, sequence, bytes;
 * all numbers big-endian. The marker lets a reader find its feet after damage. Pure.
 */
#ifndef LASTMILE_PROBE_OUTBOX_FRAME_H
#define LASTMILE_PROBE_OUTBOX_FRAME_H

#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD_BYTES 36

struct frame {
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t sequence;
    const uint8_t *payload; /* borrowed */
    size_t payload_length;  /* at most REPORT_BYTES_MAX */
};

/* The bytes before the payload; its checksum covers length, boot id, sequence and payload. */
void frame_write_head(const struct frame *frame, uint8_t out[static FRAME_HEAD_BYTES]);

/* One whole record, and nothing after it, or false. */
bool frame_parse(const uint8_t *bytes, size_t length, struct frame *out_frame);

struct frame_reader {
    const uint8_t *bytes;
    size_t length;
    size_t offset;       /* behind the last whole record */
    unsigned damaged;    /* stretches between records that were passed over */
    unsigned tries_left; /* markers that may yet prove false before the rest is given up */
};

struct frame_reader frame_reader_over(const uint8_t *bytes, size_t length);

/* The next whole record, past what is damaged. False at the end: what is left behind `offset` then
 * is a torn tail. */
bool frame_reader_next(struct frame_reader *reader, struct frame *out_frame);

#endif
