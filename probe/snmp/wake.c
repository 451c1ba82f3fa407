/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/wake.h"

#include <errno.h>
#include <stdlib.h>

static void put(struct wake_heap *heap, size_t place, struct wake *wake)
{
    heap->elements[place] = wake;
    wake->place = place;
}

static void rise(struct wake_heap *heap, struct wake *wake)
{
    size_t place = wake->place;
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (heap->elements[parent]->at_ns <= wake->at_ns)
            break;
        put(heap, place, heap->elements[parent]);
        place = parent;
    }
    put(heap, place, wake);
}

static void sink(struct wake_heap *heap, struct wake *wake)
{
    size_t place = wake->place;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            heap->elements[child + 1]->at_ns < heap->elements[child]->at_ns)
            child++;
        if (heap->elements[child]->at_ns >= wake->at_ns)
            break;
        put(heap, place, heap->elements[child]);
        place = child;
    }
    put(heap, place, wake);
}

int wake_heap_add(struct wake_heap *heap, struct wake *wake)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 16;
        struct wake **elements = realloc(heap->elements, capacity * sizeof(struct wake *));
        if (!elements)
            return -ENOMEM;
        heap->elements = elements;
        heap->capacity = capacity;
    }
    put(heap, heap->count++, wake);
    rise(heap, wake);
    return 0;
}

void wake_heap_set(struct wake_heap *heap, struct wake *wake, uint64_t at_ns)
{
    wake->at_ns = at_ns;
    rise(heap, wake);
    sink(heap, wake);
}

struct wake *wake_heap_first(const struct wake_heap *heap)
{
    return heap->count > 0 ? heap->elements[0] : NULL;
}

void wake_heap_fini(struct wake_heap *heap)
{
    free(heap->elements);
    *heap = (struct wake_heap){.elements = NULL};
}
