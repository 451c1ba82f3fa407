/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/memory.h"

#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define MAPPED_FROM (16 << 10)
#define KEPT_FREE   (64 << 10)
#define HUGE_FROM   ((size_t)4 << 20) /* below it a huge page would be mostly air */

void *memory_take(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (bytes >= HUGE_FROM)
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* advice: small pages work as well */
#endif
    return memory;
}

void memory_be_frugal(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_ARENA_MAX, 1); /* the steady state allocates nothing: no thread waits for it */
    /* Said, it stays: glibc would raise it to the largest block freed, and keep such blocks. */
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
    (void)mallopt(M_TOP_PAD, 0);
    (void)malloc_trim(0); /* what libraries took before main, and large blocks would fill */
#endif
}

void memory_give(void *memory, size_t bytes)
{
    (void)munmap(memory, bytes); /* fails for memory that memory_take did not give, only */
}
