/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A binary heap of times: what is to be woken next, among thousands. Elements are embedded in what
 * they wake, and know their place, so that a time changes in O(log n). One thread.
 */
#ifndef LASTMILE_PROBE_SNMP_WAKE_H
#define LASTMILE_PROBE_SNMP_WAKE_H

#include <stddef.h>
#include <stdint.h>

struct wake {
    uint64_t at_ns; /* UINT64_MAX: never */
    size_t place;
    void *owner;
};

struct wake_heap {
    struct wake **elements; /* owned; what they point to is borrowed */
    size_t count, capacity;
};

/* 0, or -ENOMEM. */
int wake_heap_add(struct wake_heap *heap, struct wake *wake);
/* Sets the time of an element that was added. */
void wake_heap_set(struct wake_heap *heap, struct wake *wake, uint64_t at_ns);
/* The earliest, or NULL. */
struct wake *wake_heap_first(const struct wake_heap *heap);
void wake_heap_fini(struct wake_heap *heap);

#endif
