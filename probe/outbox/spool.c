/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One queue a boot, oldest boot first, this boot last. Within all of them what is on disk stands
 * before what is in RAM, so the oldest is always in front.
 */
#include "probe/outbox/spool_private.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS_PER_DISK 16
#define SEGMENT_BYTES_MIN (64 << 10)
#define SEGMENT_BYTES_MAX (1 << 20)
#define DISK_RETRY_NS     (30 * CLOCK_NS_PER_S)

struct boot_queue *spool_this_boot(const struct spool *spool)
{
    return spool->boots[spool->boot_count - 1];
}

static uint64_t memory_of(const struct boot_record *record)
{
    return record->length + sizeof *record;
}

struct boot_queue *spool_find_boot(const struct spool *spool, const uint8_t *boot_id)
{
    for (size_t i = 0; i < spool->boot_count; i++)
        if (memcmp(spool->boots[i]->boot_id, boot_id, REPORT_BOOT_ID_BYTES) == 0)
            return spool->boots[i];
    return NULL;
}

/* Where there is no room the gap is forgotten here, and the collector's next receipt brings it up
 * again. */
static bool add_gap(struct spool *spool, const struct boot_queue *boot, uint64_t first,
                    uint64_t last)
{
    struct report_gap gap = {.first_sequence = first, .last_sequence = last};
    memcpy(gap.boot_id, boot->boot_id, sizeof gap.boot_id);
    return gap_list_add(&spool->gaps, &gap);
}

static void forget_mirror(struct spool *spool, struct boot_record *record)
{
    if (record->mirror.segment)
        segment_store_release(spool->mirror, &record->mirror);
    record->mirror.segment = 0;
}

/* Lets go of what a record holds in RAM and on disk. */
static void forget_bytes(struct spool *spool, struct boot_queue *boot, struct boot_record *record)
{
    if (record->bytes)
        spool->memory_bytes -= memory_of(record);
    free(record->bytes);
    record->bytes = NULL;
    forget_mirror(spool, record);
    if (record->place.segment && spool->store)
        segment_store_release(spool->store, &record->place);
    record->place.segment = 0;
    boot_queue_unmark(boot, record);
}

/* Takes a boot's first record off. An earlier boot without records is over. */
static void pop(struct spool *spool, struct boot_queue *boot)
{
    forget_bytes(spool, boot, boot_queue_at(boot, boot->begin));
    boot_queue_pop(boot);
    if (boot == spool_this_boot(spool)) {
        if (spool->in_memory_from < boot->begin)
            spool->in_memory_from = boot->begin;
        return;
    }
    if (boot->begin != boot->end)
        return;
    size_t at = 0;
    while (spool->boots[at] != boot)
        at++;
    spool->boot_count--;
    memmove(&spool->boots[at], &spool->boots[at + 1],
            (spool->boot_count - at) * sizeof spool->boots[0]);
    boot_queue_free(boot);
}

static bool is_shortage(int status)
{
    return status == -ENOMEM || status == -EMFILE || status == -ENFILE;
}

int spool_read(struct spool *spool, const struct boot_record *record, const uint8_t **out_bytes)
{
    *out_bytes = record->bytes;
    if (record->bytes)
        return 0;
    if (record->place.segment == 0 || !spool->store)
        return -EIO;
    if (!spool->scratch)
        spool->scratch = malloc(FRAME_HEAD_BYTES + REPORT_BYTES_MAX);
    if (!spool->scratch)
        return -EAGAIN;
    struct frame frame = {.sequence = 0};
    int status = segment_store_read(spool->store, &record->place, spool->scratch, &frame);
    if (is_shortage(status))
        return -EAGAIN;
    *out_bytes = frame.payload;
    return status == 0 && frame.sequence == record->sequence ? 0 : -EIO;
}

/* A report that is given up may itself carry gaps; they pass to the next one. */
static void inherit_gaps(struct spool *spool, const struct boot_record *record)
{
    const uint8_t *bytes = NULL;
    struct report *report = NULL;
    if (spool_read(spool, record, &bytes) != 0 ||
        report_decode(bytes, record->length, &report) != REPORT_OK)
        return;
    for (size_t i = 0; i < report->gap_count; i++)
        (void)gap_list_add(&spool->gaps, &report->gaps[i]); /* as add_gap */
    report_free(report);
}

void spool_give_up(struct spool *spool, struct boot_queue *boot, struct boot_record *record)
{
    inherit_gaps(spool, record);
    forget_bytes(spool, boot, record);
    record->gone = true;
    spool->stats.dropped++;
    spool->stats.records--;
    bool declared = add_gap(spool, boot, record->sequence, record->sequence);
    if (declared && record == boot_queue_at(boot, boot->begin))
        boot->gap_declared = record->sequence;
}

void spool_pop_gone(struct spool *spool, struct boot_queue *boot)
{
    bool is_this = boot == spool_this_boot(spool);
    while (boot->begin != boot->end && boot_queue_at(boot, boot->begin)->gone) {
        bool last = boot->end - boot->begin == 1;
        pop(spool, boot);
        if (last && !is_this)
            return; /* and with it the boot */
    }
}

/* The oldest record of all that is on disk, given up. False when there is none. */
static bool drop_oldest_on_disk(struct spool *spool)
{
    struct boot_queue *boot = spool->boots[0];
    for (uint64_t i = boot->begin; i < boot->end; i++) {
        struct boot_record *record = boot_queue_at(boot, i);
        if (record->gone)
            continue;
        if (record->place.segment == 0 || record->bytes)
            return false;
        spool_give_up(spool, boot, record);
        spool_pop_gone(spool, boot);
        return true;
    }
    return false;
}

static bool drop_oldest_in_memory(struct spool *spool)
{
    struct boot_queue *boot = spool_this_boot(spool);
    while (spool->in_memory_from < boot->end) {
        struct boot_record *record = boot_queue_at(boot, spool->in_memory_from++);
        if (record->gone)
            continue;
        spool_give_up(spool, boot, record);
        spool_pop_gone(spool, boot);
        return true;
    }
    return false;
}

/* A record that an earlier run left. Boots come in the order of their segments, and each before
 * this one; a sequence that does not grow is one written twice. */
static int take_found(void *ctx, const struct frame *frame, const struct segment_place *place)
{
    struct spool *spool = ctx;
    struct boot_queue *boot = spool_find_boot(spool, frame->boot_id);
    if (!boot && spool->boot_count == SPOOL_BOOTS_MAX) {
        spool->stats.dropped++;
        return 0;
    }
    if (!boot) {
        boot = boot_queue_new(frame->boot_id);
        if (!boot)
            return -ENOMEM;
        spool->boots[spool->boot_count] = spool_this_boot(spool);
        spool->boots[spool->boot_count - 1] = boot;
        spool->boot_count++;
    }
    if (boot == spool_this_boot(spool) || frame->sequence <= boot->last_sequence)
        return 0;
    struct boot_record *record = boot_queue_push(boot, frame->sequence);
    if (!record)
        return -ENOMEM;
    record->place = *place;
    record->length = place->payload_length;
    spool->stats.loaded++;
    spool->stats.records++;
    return 1;
}

/* What an opening that failed had found is found again by the next one. */
static void forget_found(struct spool *spool)
{
    for (; spool->boot_count > 1; spool->boot_count--) {
        struct boot_queue *boot = spool->boots[spool->boot_count - 2];
        spool->boots[spool->boot_count - 2] = spool_this_boot(spool);
        boot_queue_free(boot);
    }
    spool->stats.records -= spool->stats.loaded;
    spool->stats.loaded = 0;
}

static uint64_t segment_bytes(const struct spool *spool)
{
    uint64_t bytes = spool->options.disk_bytes_max / SEGMENTS_PER_DISK;
    if (bytes < SEGMENT_BYTES_MIN)
        return SEGMENT_BYTES_MIN;
    return bytes < SEGMENT_BYTES_MAX ? bytes : SEGMENT_BYTES_MAX;
}

static void disk_fails(struct spool *spool, int status)
{
    spool->stats.disk_faults++;
    spool->disk_retry_ns = spool->now_ns + DISK_RETRY_NS;
    if (!spool->disk_failed)
        log_warn("outbox", "the spool's directory fails, reports stay in RAM: %s%s directory=%s",
                 strerror(-status),
                 status == -ENOSPC ? ": make room"
                                   : ": check outbox.dir, which the probe's user must own",
                 spool->directory);
    spool->disk_failed = true;
}

static void disk_works(struct spool *spool)
{
    if (spool->disk_failed)
        log_info("outbox", "the spool's directory works again directory=%s", spool->directory);
    spool->disk_failed = false;
}

/* Opens the store where that is due. Whether there is one. */
static bool has_disk(struct spool *spool)
{
    if (!spool->directory || (spool->disk_failed && spool->now_ns < spool->disk_retry_ns))
        return false;
    if (!spool->store)
        spool->store =
            segment_store_open(spool->directory, segment_bytes(spool), take_found, spool);
    if (!spool->store) {
        disk_fails(spool, -errno);
        forget_found(spool);
    }
    return spool->store != NULL;
}

/* The disk has all up to a position for certain: RAM lets go of it. */
static void settle(struct spool *spool, uint64_t position)
{
    struct boot_queue *boot = spool_this_boot(spool);
    for (; spool->in_memory_from < position; spool->in_memory_from++) {
        struct boot_record *record = boot_queue_at(boot, spool->in_memory_from);
        if (!record->bytes)
            continue;
        spool->memory_bytes -= memory_of(record);
        free(record->bytes);
        record->bytes = NULL;
        forget_mirror(spool, record);
    }
}

/* What was not settled is nowhere on disk. */
static void unsettle(struct spool *spool)
{
    struct boot_queue *boot = spool_this_boot(spool);
    for (uint64_t i = spool->in_memory_from; i < boot->end; i++)
        boot_queue_at(boot, i)->place.segment = 0;
}

/* Syncs, and settles all up to a position. */
static int sync_up_to(struct spool *spool, uint64_t position)
{
    int status = segment_store_sync(spool->store);
    if (status == 0)
        settle(spool, position);
    return status;
}

/* Makes room within the budget: the oldest on disk goes, perhaps one of this very flush. */
static int make_disk_room(struct spool *spool, uint64_t bytes, uint64_t position)
{
    if (bytes > spool->options.disk_bytes_max)
        return -EFBIG;
    int status = 0;
    while (status == 0 &&
           segment_store_stats(spool->store).bytes + bytes > spool->options.disk_bytes_max) {
        if (drop_oldest_on_disk(spool))
            continue;
        status = spool->in_memory_from < position ? sync_up_to(spool, position) : -ENOSPC;
    }
    return status;
}

static int write_record(struct spool *spool, uint64_t position)
{
    struct boot_record *record = boot_queue_at(spool_this_boot(spool), position);
    if (!record->bytes)
        return 0; /* given up */
    int status = make_disk_room(spool, FRAME_HEAD_BYTES + (uint64_t)record->length, position);
    if (status != 0)
        return status;
    struct frame frame = {
        .sequence = record->sequence, .payload = record->bytes, .payload_length = record->length};
    memcpy(frame.boot_id, spool_this_boot(spool)->boot_id, sizeof frame.boot_id);
    return segment_store_append(spool->store, &frame, &record->place);
}

/* Writes all of RAM to disk, syncing a segment at a time. 0 or a negated errno. */
static int flush(struct spool *spool)
{
    struct boot_queue *boot = spool_this_boot(spool);
    int status = 0;
    for (uint64_t i = spool->in_memory_from; i < boot->end && status == 0; i++) {
        status = write_record(spool, i);
        if (status == 0 && (i + 1 == boot->end || segment_store_is_full(spool->store)))
            status = sync_up_to(spool, i + 1);
    }
    if (status != 0)
        unsettle(spool);
    return status;
}

/* Tries to empty RAM. Where the disk fails RAM keeps what it has. */
static void flush_where_possible(struct spool *spool)
{
    if (spool_this_boot(spool)->end == spool->in_memory_from || !has_disk(spool))
        return;
    int status = flush(spool);
    if (status == 0)
        disk_works(spool);
    else
        disk_fails(spool, status);
}

/* What a killed probe left on the RAM disk goes to the disk, behind what is there. It is not wanted
 * where it was: what the disk does not take now was in RAM, and is lost as that is. Where memory is
 * short it stays for the next start. */
static int take_mirrored(void *ctx, const struct frame *frame, const struct segment_place *place)
{
    (void)place;
    struct spool *spool = ctx;
    struct segment_place stored;
    const struct boot_queue *boot = spool_find_boot(spool, frame->boot_id);
    uint64_t bytes = FRAME_HEAD_BYTES + frame->payload_length;
    if (boot && frame->sequence <= boot->last_sequence)
        return 0; /* it had come to the disk */
    int status = make_disk_room(spool, bytes, 0);
    if (status == 0)
        status = segment_store_append(spool->store, frame, &stored);
    if (status == 0) {
        int taken = take_found(spool, frame, &stored);
        if (taken != 1)
            segment_store_release(spool->store, &stored);
        status = taken < 0 ? taken : 0;
    }
    return is_shortage(status) ? status : 0;
}

/* Without it the spool works as well; it is not tried again. */
static void open_mirror(struct spool *spool)
{
    if (!spool->store || !spool->ram_directory)
        return;
    spool->mirror =
        segment_store_open(spool->ram_directory, SEGMENT_BYTES_MIN, take_mirrored, spool);
    if (!spool->mirror)
        log_warn("outbox", "the RAM disk's folder fails, a crash may lose reports: %s directory=%s",
                 strerror(errno), spool->ram_directory);
    else if (segment_store_sync(spool->store) != 0)
        disk_fails(spool, -EIO);
}

static void mirror(struct spool *spool, struct boot_record *record)
{
    struct frame frame = {
        .sequence = record->sequence, .payload = record->bytes, .payload_length = record->length};
    memcpy(frame.boot_id, spool_this_boot(spool)->boot_id, sizeof frame.boot_id);
    if (segment_store_is_full(
            spool->mirror)) /* begins another; a RAM disk has nothing to wait for */
        (void)segment_store_sync(spool->mirror);
    if (segment_store_append(spool->mirror, &frame, &record->mirror) != 0)
        record->mirror.segment = 0; /* full: this one is in RAM alone */
}

struct spool *spool_open(const struct spool_options *options)
{
    struct spool *spool = calloc(1, sizeof *spool);
    if (!spool)
        return NULL;
    spool->options = *options;
    spool->options.directory = spool->options.ram_directory = NULL; /* our copies are beside */
    spool->directory = options->directory ? strdup(options->directory) : NULL;
    spool->ram_directory = options->ram_directory ? strdup(options->ram_directory) : NULL;
    spool->boots[0] = boot_queue_new(options->boot_id);
    spool->boot_count = spool->boots[0] ? 1 : 0;
    if (!spool->boots[0] || (options->directory && !spool->directory) ||
        (options->ram_directory && !spool->ram_directory)) {
        spool_close(spool);
        errno = ENOMEM;
        return NULL;
    }
    (void)has_disk(spool); /* has said what is wrong */
    open_mirror(spool);
    return spool;
}

void spool_close(struct spool *spool)
{
    if (!spool)
        return;
    if (spool->boot_count) {
        spool->disk_retry_ns = 0; /* a last try */
        flush_where_possible(spool);
    }
    for (size_t i = 0; i < spool->boot_count; i++)
        boot_queue_free(spool->boots[i]);
    segment_store_close(spool->store);
    segment_store_close(spool->mirror);
    free(spool->scratch);
    free(spool->directory);
    free(spool->ram_directory);
    free(spool);
}

/* Makes room in RAM: by the disk, else by giving up the oldest that is there. */
static void make_room(struct spool *spool, uint64_t bytes)
{
    if (spool->memory_bytes + bytes > spool->options.memory_bytes_max)
        flush_where_possible(spool);
    while (spool->memory_bytes + bytes > spool->options.memory_bytes_max)
        if (!drop_oldest_in_memory(spool))
            break;
}

int spool_append(struct spool *spool, uint64_t sequence, const uint8_t *bytes, size_t length,
                 uint64_t now_mono_ns)
{
    spool->now_ns = now_mono_ns;
    if (sequence <= spool_this_boot(spool)->last_sequence)
        return -EINVAL;
    if (length > REPORT_BYTES_MAX)
        return -EMSGSIZE;
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        return -ENOMEM;
    make_room(spool, length + sizeof(struct boot_record));
    struct boot_record *record = boot_queue_push(spool_this_boot(spool), sequence);
    if (!record) {
        free(copy);
        return -ENOMEM;
    }
    memcpy(copy, bytes, length);
    record->bytes = copy;
    record->length = (uint32_t)length;
    record->appended_mono_ns = now_mono_ns;
    spool->memory_bytes += memory_of(record);
    if (spool->mirror)
        mirror(spool, record);
    spool->stats.appended++;
    spool->stats.records++;
    return 0;
}

void spool_service(struct spool *spool, uint64_t now_mono_ns, bool broker_answers)
{
    spool->now_ns = now_mono_ns;
    struct boot_queue *boot = spool_this_boot(spool);
    if (broker_answers || spool->in_memory_from == boot->end)
        return;
    uint64_t oldest_ns = boot_queue_at(boot, spool->in_memory_from)->appended_mono_ns;
    if (now_mono_ns - oldest_ns >= spool->options.flush_after_ms * CLOCK_NS_PER_MS)
        flush_where_possible(spool);
}

/* Whatever stands between what the collector has and the first that we hold will never come. */
static void declare_hole(struct spool *spool, struct boot_queue *boot)
{
    uint64_t first = boot->released + 1;
    if (boot->begin == boot->end)
        return;
    if (first <= boot->gap_declared)
        first = boot->gap_declared + 1;
    uint64_t held = boot_queue_at(boot, boot->begin)->sequence;
    if (first < held && add_gap(spool, boot, first, held - 1))
        boot->gap_declared = held - 1;
}

static size_t release_boot(struct spool *spool, struct boot_queue *boot, uint64_t sequence)
{
    size_t freed = 0;
    if (sequence > boot->released)
        boot->released = sequence;
    while (boot->begin != boot->end) {
        const struct boot_record *first = boot_queue_at(boot, boot->begin);
        if (first->sequence > boot->released && !first->gone)
            break;
        freed += !first->gone;
        bool over = boot->end - boot->begin == 1 && boot != spool_this_boot(spool);
        pop(spool, boot);
        if (over)
            return freed; /* and with it the boot */
    }
    declare_hole(spool, boot);
    return freed;
}

size_t spool_release(struct spool *spool, const struct receipt *receipt)
{
    size_t freed = 0;
    for (size_t i = 0; i < receipt->boot_count; i++) {
        struct boot_queue *boot = spool_find_boot(spool, receipt->boots[i].boot_id);
        if (boot && boot->begin != boot->end)
            freed += release_boot(spool, boot, receipt->boots[i].contiguous_sequence);
    }
    spool->stats.released += freed;
    spool->stats.records -= freed;
    return freed;
}

size_t spool_move_gaps(struct spool *spool, struct report *report)
{
    return gap_list_move(&spool->gaps, report);
}

struct spool_stats spool_stats(const struct spool *spool)
{
    struct spool_stats stats = spool->stats;
    stats.memory_bytes = spool->memory_bytes;
    if (spool->store) {
        struct segment_store_stats disk = segment_store_stats(spool->store);
        stats.disk_bytes = disk.bytes;
        stats.disk_bytes_written = disk.bytes_written;
        stats.damaged = disk.damaged;
        stats.torn = disk.torn;
    }
    return stats;
}
