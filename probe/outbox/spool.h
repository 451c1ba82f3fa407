/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Encoded reports from the moment they are made until the collector's receipt. In RAM while the
 * broker answers, so that flash is not written; on disk (segment_store.h) when it has been away for
 * a while, when RAM is full, and at closing. What does not fit any more goes oldest first, and is
 * remembered as gaps. It must not know the bus, nor what is in a report but its gaps.
 *
 * A disk that fails is said in one line and counted; RAM goes on, and the disk is tried again.
 * One thread. Time is an argument.
 */
#ifndef LASTMILE_PROBE_OUTBOX_SPOOL_H
#define LASTMILE_PROBE_OUTBOX_SPOOL_H

#include "common/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;

struct spool_options {
    const char *directory; /* NULL: RAM alone */
    /* A folder of a RAM disk, or NULL. What is in RAM stands there too, so that it outlives a probe
     * that is killed, and flash is not written for it. Of use with a directory only. */
    const char *ram_directory;
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t memory_bytes_max; /* of reports in RAM, their bookkeeping included */
    uint64_t disk_bytes_max;   /* of all segments */
    uint64_t flush_after_ms;   /* how old a report in RAM may grow while the broker is away */
    uint64_t live_ms;          /* how long a report of this boot counts as live */
};

struct spool_stats {
    uint64_t records, memory_bytes, disk_bytes; /* held now */
    uint64_t appended, loaded, released;
    uint64_t dropped;            /* for want of room, damaged, or refused for good by the bus */
    uint64_t damaged, torn;      /* stretches of segments passed over, tails cut */
    uint64_t disk_faults;        /* times that the disk failed */
    uint64_t disk_bytes_written; /* flash wears */
};

/* A report to be sent. The bytes are borrowed until the next call on the spool. */
struct spool_item {
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t sequence;
    bool live; /* of this boot, young, and not sent before */
    const uint8_t *bytes;
    size_t length;
};

/* Opens, and takes in what earlier boots left on disk. NULL with errno set when memory is out. */
struct spool *spool_open(const struct spool_options *options);
/* Writes what RAM holds to disk, where there is one. NULL is fine. */
void spool_close(struct spool *spool);

/* Keeps a copy of this boot's next report. 0, -EINVAL when the sequence does not grow, -EMSGSIZE
 * above REPORT_BYTES_MAX, or -ENOMEM. What it pushes out is counted and becomes a gap. */
int spool_append(struct spool *spool, uint64_t sequence, const uint8_t *bytes, size_t length,
                 uint64_t now_mono_ns);

/* Flushes to disk what has become due. Call at least once a second. */
void spool_service(struct spool *spool, uint64_t now_mono_ns, bool broker_answers);

/* The next report that is not marked as sent: live ones first, then the oldest; only live ones when
 * asked. 0, -ENOENT, or -EAGAIN: there is one, but no memory to read it to. */
int spool_next(struct spool *spool, uint64_t now_mono_ns, bool live_only,
               struct spool_item *out_item);
/* How many are marked as sent that were not live: the collector has not answered for them. */
size_t spool_unanswered(const struct spool *spool);
void spool_mark_sent(struct spool *spool, const struct spool_item *item, uint64_t now_mono_ns);
/* Takes the mark away again, from one (the bus refused it) or from all (the connection broke). */
void spool_unmark(struct spool *spool, const struct spool_item *item);
void spool_unmark_all(struct spool *spool);
/* Takes the marks of a boot away that are older than a time, where its oldest report is among them:
 * later ones wait for it, and prove nothing. Returns how many. */
size_t spool_unmark_overdue(struct spool *spool, uint64_t sent_before_mono_ns);

/* Gives up a report that can never be delivered; it becomes a gap. */
void spool_drop(struct spool *spool, const struct spool_item *item);

/* Frees what the collector has committed. What it misses and the spool does not hold becomes a gap.
 * Returns how many reports were freed. */
size_t spool_release(struct spool *spool, const struct receipt *receipt);

/* Moves gaps into the report that is to carry them; how many. What finds no place or no memory
 * there waits for the next report. */
size_t spool_move_gaps(struct spool *spool, struct report *report);

struct spool_stats spool_stats(const struct spool *spool);

#endif
