/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The reports of one boot, in the order of their sequence: a ring that grows, whose positions are
 * counted from the first ever and stay true while others come and go. What became of a report
 * stands in its record. It must not know files or the bus. One thread.
 */
#ifndef LASTMILE_PROBE_OUTBOX_BOOT_QUEUE_H
#define LASTMILE_PROBE_OUTBOX_BOOT_QUEUE_H

#include "probe/outbox/segment_store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot_record {
    uint64_t sequence;
    uint64_t appended_mono_ns;   /* 0: of an earlier run */
    uint64_t sent_mono_ns;       /* when marked as sent */
    uint8_t *bytes;              /* in RAM, owned; or NULL */
    struct segment_place place;  /* on disk, where segment is not 0 */
    struct segment_place mirror; /* likewise on the RAM disk */
    uint32_t length;
    bool sent;        /* and not unmarked since */
    bool sent_before; /* ever: it is not live any more */
    bool sent_live;   /* as it was marked */
    bool gone;        /* given up amidst the others; leaves with them */
};

struct boot_queue {
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    struct boot_record *ring;
    size_t capacity;        /* a power of two, or 0 */
    uint64_t begin, end;    /* positions held */
    uint64_t cursor;        /* none before it waits to be sent as backlog */
    uint64_t live_cursor;   /* none before it waits to be sent live */
    uint64_t released;      /* highest sequence that the collector answered for */
    uint64_t gap_declared;  /* highest sequence declared as a gap */
    size_t unanswered;      /* marked as sent, and not as live */
    uint64_t last_sequence; /* ever appended */
};

struct boot_queue *boot_queue_new(const uint8_t *boot_id);
/* The records' bytes are freed too. NULL is fine. */
void boot_queue_free(struct boot_queue *queue);

/* The record at a position between begin and end. */
struct boot_record *boot_queue_at(const struct boot_queue *queue, uint64_t position);
/* The record of a sequence, or NULL. */
struct boot_record *boot_queue_find(const struct boot_queue *queue, uint64_t sequence);

/* A zeroed record at the end, or NULL when memory is out. The sequence must be above the last. */
struct boot_record *boot_queue_push(struct boot_queue *queue, uint64_t sequence);
/* Marks a record as sent, or takes the mark away. */
void boot_queue_mark(struct boot_queue *queue, struct boot_record *record, bool live,
                     uint64_t now_mono_ns);
void boot_queue_unmark(struct boot_queue *queue, struct boot_record *record);
/* Takes away the marks up to a time, and begins anew with the first record. How many. */
size_t boot_queue_unmark_until(struct boot_queue *queue, uint64_t sent_mono_ns);

/* Takes the first record off; its bytes and place are the caller's affair. */
void boot_queue_pop(struct boot_queue *queue);

#endif
