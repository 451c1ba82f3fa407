/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/boot_queue.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16

struct boot_queue *boot_queue_new(const uint8_t *boot_id)
{
    struct boot_queue *queue = calloc(1, sizeof *queue);
    if (queue)
        memcpy(queue->boot_id, boot_id, sizeof queue->boot_id);
    return queue;
}

void boot_queue_free(struct boot_queue *queue)
{
    if (!queue)
        return;
    for (uint64_t i = queue->begin; i < queue->end; i++)
        free(boot_queue_at(queue, i)->bytes);
    free(queue->ring);
    free(queue);
}

struct boot_record *boot_queue_at(const struct boot_queue *queue, uint64_t position)
{
    return &queue->ring[position & (queue->capacity - 1)];
}

struct boot_record *boot_queue_find(const struct boot_queue *queue, uint64_t sequence)
{
    uint64_t low = queue->begin;
    uint64_t high = queue->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (boot_queue_at(queue, middle)->sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    struct boot_record *record = low < queue->end ? boot_queue_at(queue, low) : NULL;
    return record && record->sequence == sequence ? record : NULL;
}

static bool grow(struct boot_queue *queue)
{
    size_t capacity = queue->capacity ? 2 * queue->capacity : CAPACITY_MIN;
    struct boot_record *ring = calloc(capacity, sizeof *ring);
    if (!ring)
        return false;
    for (uint64_t i = queue->begin; i < queue->end; i++)
        ring[i & (capacity - 1)] = *boot_queue_at(queue, i);
    free(queue->ring);
    queue->ring = ring;
    queue->capacity = capacity;
    return true;
}

struct boot_record *boot_queue_push(struct boot_queue *queue, uint64_t sequence)
{
    if (queue->end - queue->begin == queue->capacity && !grow(queue))
        return NULL;
    struct boot_record *record = boot_queue_at(queue, queue->end++);
    *record = (struct boot_record){.sequence = sequence};
    queue->last_sequence = sequence;
    return record;
}

void boot_queue_pop(struct boot_queue *queue)
{
    queue->begin++;
    if (queue->cursor < queue->begin)
        queue->cursor = queue->begin;
    if (queue->live_cursor < queue->begin)
        queue->live_cursor = queue->begin;
}

void boot_queue_mark(struct boot_queue *queue, struct boot_record *record, bool live,
                     uint64_t now_mono_ns)
{
    record->sent = true;
    record->sent_before = true;
    record->sent_live = live;
    record->sent_mono_ns = now_mono_ns;
    queue->unanswered += !live;
}

void boot_queue_unmark(struct boot_queue *queue, struct boot_record *record)
{
    queue->unanswered -= record->sent && !record->sent_live;
    record->sent = false;
}

size_t boot_queue_unmark_until(struct boot_queue *queue, uint64_t sent_mono_ns)
{
    size_t count = 0;
    for (uint64_t i = queue->begin; i < queue->end; i++) {
        struct boot_record *record = boot_queue_at(queue, i);
        if (!record->sent || record->sent_mono_ns > sent_mono_ns)
            continue;
        boot_queue_unmark(queue, record);
        count++;
    }
    queue->cursor = queue->begin;
    return count;
}
