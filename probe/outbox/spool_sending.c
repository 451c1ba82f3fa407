/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which report is sent next, and what has been sent: the side of the spool that the exporter sees.
 */
#include "probe/outbox/spool_private.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

static bool is_live(const struct spool *spool, const struct boot_record *record)
{
    return !record->sent_before && record->appended_mono_ns &&
           spool->now_ns - record->appended_mono_ns <= spool->options.live_ms * CLOCK_NS_PER_MS;
}

static struct boot_record *next_live(const struct spool *spool)
{
    struct boot_queue *boot = spool_this_boot(spool);
    for (; boot->live_cursor < boot->end; boot->live_cursor++) {
        struct boot_record *record = boot_queue_at(boot, boot->live_cursor);
        if (!record->gone && is_live(spool, record))
            return record;
    }
    return NULL;
}

/* A live one that waits is not passed: it may yet have to wait long enough to become backlog. */
static struct boot_record *next_backlog(const struct spool *spool, struct boot_queue *boot)
{
    for (; boot->cursor < boot->end; boot->cursor++) {
        struct boot_record *record = boot_queue_at(boot, boot->cursor);
        if (!record->gone && !record->sent)
            return is_live(spool, record) ? NULL : record;
    }
    return NULL;
}

/* The record to be sent next and its boot, or NULL. */
static struct boot_record *choose(const struct spool *spool, bool live_only,
                                  struct boot_queue **out_boot)
{
    *out_boot = spool_this_boot(spool);
    struct boot_record *record = next_live(spool);
    for (size_t i = 0; i < spool->boot_count && !record && !live_only; i++) {
        *out_boot = spool->boots[i];
        record = next_backlog(spool, spool->boots[i]);
    }
    return record;
}

int spool_next(struct spool *spool, uint64_t now_mono_ns, bool live_only,
               struct spool_item *out_item)
{
    spool->now_ns = now_mono_ns;
    struct boot_queue *boot = NULL;
    for (struct boot_record *record = choose(spool, live_only, &boot); record;
         record = choose(spool, live_only, &boot)) {
        const uint8_t *bytes = NULL;
        int status = spool_read(spool, record, &bytes);
        if (status == -EAGAIN)
            return status;
        if (status == 0) {
            *out_item = (struct spool_item){.sequence = record->sequence,
                                            .live = is_live(spool, record),
                                            .bytes = bytes,
                                            .length = record->length};
            memcpy(out_item->boot_id, boot->boot_id, sizeof out_item->boot_id);
            return 0;
        }
        spool_give_up(spool, boot, record); /* the disk lost it */
        spool_pop_gone(spool, boot);
    }
    return -ENOENT;
}

size_t spool_unanswered(const struct spool *spool)
{
    size_t unanswered = 0;
    for (size_t i = 0; i < spool->boot_count; i++)
        unanswered += spool->boots[i]->unanswered;
    return unanswered;
}

void spool_mark_sent(struct spool *spool, const struct spool_item *item, uint64_t now_mono_ns)
{
    struct boot_queue *boot = spool_find_boot(spool, item->boot_id);
    struct boot_record *record = boot ? boot_queue_find(boot, item->sequence) : NULL;
    if (record && !record->gone && !record->sent)
        boot_queue_mark(boot, record, item->live, now_mono_ns);
}

void spool_unmark(struct spool *spool, const struct spool_item *item)
{
    struct boot_queue *boot = spool_find_boot(spool, item->boot_id);
    struct boot_record *record = boot ? boot_queue_find(boot, item->sequence) : NULL;
    if (!record)
        return;
    boot_queue_unmark(boot, record);
    boot->cursor = boot->begin;
}

/* The report that declares a hole may itself wait behind the backlog that waits for the hole: with
 * what is sent again the hole is declared again, at the next receipt that has not passed it. */
static size_t unmark_until(struct boot_queue *boot, uint64_t sent_mono_ns)
{
    boot->gap_declared = boot->released;
    return boot_queue_unmark_until(boot, sent_mono_ns);
}

void spool_unmark_all(struct spool *spool)
{
    for (size_t i = 0; i < spool->boot_count; i++)
        (void)unmark_until(spool->boots[i], UINT64_MAX);
}

size_t spool_unmark_overdue(struct spool *spool, uint64_t sent_before_mono_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < spool->boot_count; i++) {
        struct boot_queue *boot = spool->boots[i];
        if (boot->begin == boot->end)
            continue;
        const struct boot_record *first = boot_queue_at(boot, boot->begin);
        if (first->sent && first->sent_mono_ns <= sent_before_mono_ns)
            count += unmark_until(boot, sent_before_mono_ns);
    }
    return count;
}

void spool_drop(struct spool *spool, const struct spool_item *item)
{
    struct boot_queue *boot = spool_find_boot(spool, item->boot_id);
    struct boot_record *record = boot ? boot_queue_find(boot, item->sequence) : NULL;
    if (!record || record->gone)
        return;
    spool_give_up(spool, boot, record);
    spool_pop_gone(spool, boot);
}
