/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be preloaded: a heap that fails when a test says so. NO_MEMORY names a file of three numbers,
 * which all processes under test share and the test writes: how many more allocations succeed, how
 * many fail thereafter (0: none, and nothing is counted), and whether only the program's own calls
 * count, not those of its libraries. glibc.
 */
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

struct control {
    atomic_int_fast64_t left, failing, own;
};

static struct control *control;
static uintptr_t own_begin, own_end; /* the program's code */

/* The program itself comes first. */
static int note_own(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        own_begin = info->dlpi_addr + part->p_vaddr;
        own_end = own_begin + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("NO_MEMORY");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    (void)dl_iterate_phdr(note_own, NULL);
    void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    control = shared == MAP_FAILED ? NULL : shared;
}

static bool is_out(const void *caller)
{
    uintptr_t from = (uintptr_t)caller;
    if (!control || atomic_load(&control->failing) <= 0)
        return false;
    if (atomic_load(&control->own) && (from < own_begin || from >= own_end))
        return false;
    if (atomic_fetch_sub(&control->left, 1) > 0)
        return false;
    return atomic_fetch_sub(&control->failing, 1) > 0;
}

void *malloc(size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

char *strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    void *copy = is_out(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}
