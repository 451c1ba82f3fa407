/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Records in files: numbered segments of a directory, appended to, synced, and deleted once none of
 * their records is wanted any more. File names are made of numbers alone. It must not know what is
 * dropped when, or what is sent. One thread; a second process is kept out by a lock.
 */
#ifndef LASTMILE_PROBE_OUTBOX_SEGMENT_STORE_H
#define LASTMILE_PROBE_OUTBOX_SEGMENT_STORE_H

#include "probe/outbox/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment_store;

/* Where a record stands; a plain value. */
struct segment_place {
    uint64_t segment; /* its number; 0: nowhere */
    uint64_t offset;  /* of its head */
    uint32_t payload_length;
};

/* Told of each record found at opening, oldest first. 1: wanted, 0: not, or a negated errno that
 * ends the opening and leaves the files as they are. */
typedef int (*segment_found_fn)(void *ctx, const struct frame *frame,
                                const struct segment_place *place);

struct segment_store_stats {
    uint64_t bytes;         /* of all segments now */
    uint64_t bytes_written; /* since opening */
    uint64_t damaged;       /* stretches passed over */
    uint64_t torn;          /* tails cut */
};

/* Makes the directory where it is missing, cuts torn tails, passes over damage, and reports what is
 * there. NULL with errno set: unwritable, or EWOULDBLOCK when another process has it. */
struct segment_store *segment_store_open(const char *directory, uint64_t segment_bytes,
                                         segment_found_fn found, void *ctx);
void segment_store_close(struct segment_store *store);

/* Appends; durable after the next segment_store_sync. 0 or a negated errno, after which everything
 * since the last sync is gone and must be given again. */
int segment_store_append(struct segment_store *store, const struct frame *frame,
                         struct segment_place *out_place);
/* Whether the segment at hand is full: sync, and the next record begins another. */
bool segment_store_is_full(const struct segment_store *store);
/* 0 or a negated errno, as above. A file that failed to sync is not written to again. */
int segment_store_sync(struct segment_store *store);

/* Reads a record into memory of FRAME_HEAD_BYTES + payload_length bytes, which the frame then
 * borrows. 0, -EBADMSG when it is not what was written, or another negated errno. */
int segment_store_read(struct segment_store *store, const struct segment_place *place,
                       uint8_t *memory, struct frame *out_frame);

/* The record is not wanted any more. */
void segment_store_release(struct segment_store *store, const struct segment_place *place);

struct segment_store_stats segment_store_stats(const struct segment_store *store);

#endif
