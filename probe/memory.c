/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/memory.h"

#include <sys/mman.h>

#define HUGE_FROM ((size_t)4 << 20) /* below it a huge page would be mostly air */

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

void memory_give(void *memory, size_t bytes)
{
    (void)munmap(memory, bytes); /* fails for memory that memory_take did not give, only */
}
