/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two files of the spool share: keeping (spool.c) and sending (spool_sending.c). For
 * nobody else.
 */
#ifndef LASTMILE_PROBE_OUTBOX_SPOOL_PRIVATE_H
#define LASTMILE_PROBE_OUTBOX_SPOOL_PRIVATE_H

#include "probe/outbox/boot_queue.h"
#include "probe/outbox/gap_list.h"
#include "probe/outbox/segment_store.h"
#include "probe/outbox/spool.h"

#define SPOOL_BOOTS_MAX 256

struct spool {
    struct spool_options options;
    char *directory, *ram_directory;
    struct segment_store *store;  /* NULL: no directory, or it failed */
    struct segment_store *mirror; /* of what is in RAM, on a RAM disk; NULL: none */
    bool disk_failed;             /* said in the log */
    uint64_t disk_retry_ns;       /* not before then */
    struct boot_queue *boots[SPOOL_BOOTS_MAX];
    size_t boot_count;
    uint64_t in_memory_from; /* position in this boot's queue: it and later ones are in RAM */
    uint64_t memory_bytes;
    struct gap_list gaps;
    uint8_t *scratch; /* where records of the disk are read to */
    uint64_t now_ns;  /* as last told */
    struct spool_stats stats;
};

/* The queue of the boot that runs: the last one. */
struct boot_queue *spool_this_boot(const struct spool *spool);
/* The queue of a boot, or NULL. */
struct boot_queue *spool_find_boot(const struct spool *spool, const uint8_t *boot_id);

/* The bytes of a record, from RAM or disk; borrowed until the next call. 0, -EAGAIN when memory or
 * descriptors are short just now, or -EIO when the disk does not give them back. */
int spool_read(struct spool *spool, const struct boot_record *record, const uint8_t **out_bytes);

/* Gives a record up where it stands: it keeps its place in the queue, without content. */
void spool_give_up(struct spool *spool, struct boot_queue *boot, struct boot_record *record);
/* Takes given-up records off the front; the boot itself goes with its last one, unless it runs. */
void spool_pop_gone(struct spool *spool, struct boot_queue *boot);

#endif
