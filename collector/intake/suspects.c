/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/suspects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC        UINT64_C(0x31646e6168206d6c) /* "lm hand1" */
#define SUSPECTS_MAX 64 /* then the one that is longest there makes room */

struct suspect {
    uint64_t digest; /* 0: a free place */
    uint64_t deaths;
};

/* As it lies in the file; of one machine, so in its own byte order. */
struct page {
    uint64_t magic, seed;
    uint64_t in_hand; /* a digest; 0: none */
    uint64_t next;    /* place to be taken */
    struct suspect list[SUSPECTS_MAX];
};

struct suspects {
    volatile struct page *page; /* what is written is there before the next instruction reads */
    size_t count;               /* places in use: with none, nothing is looked up */
};

static volatile struct suspect *find(const struct suspects *suspects, uint64_t digest)
{
    for (size_t i = 0; suspects->count && i < SUSPECTS_MAX; i++)
        if (suspects->page->list[i].digest == digest)
            return &suspects->page->list[i];
    return NULL;
}

static void count_used(struct suspects *suspects)
{
    suspects->count = 0;
    for (size_t i = 0; i < SUSPECTS_MAX; i++)
        suspects->count += suspects->page->list[i].digest != 0;
}

/* The process before has died over what is in hand. */
static void count_death(struct suspects *suspects)
{
    volatile struct page *page = suspects->page;
    uint64_t digest = page->in_hand;
    count_used(suspects);
    if (digest == 0)
        return;
    volatile struct suspect *suspect = find(suspects, digest);
    if (!suspect) {
        suspect = &page->list[page->next % SUSPECTS_MAX];
        page->next = page->next % SUSPECTS_MAX + 1;
        suspect->digest = digest;
        suspect->deaths = 0;
    }
    suspect->deaths++;
    page->in_hand = 0;
    count_used(suspects);
}

static struct page *map_page(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return NULL;
    /* Reserved: a write to a page without a block would be SIGBUS on a full disk. */
    int error = posix_fallocate(fd, 0, sizeof(struct page));
    void *page = error ? MAP_FAILED
                       : mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!error && page == MAP_FAILED)
        error = errno;
    (void)close(fd); /* the mapping stays */
    errno = error;
    return page == MAP_FAILED ? NULL : page;
}

struct suspects *suspects_open(const char *path, uint64_t seed)
{
    struct suspects *suspects = calloc(1, sizeof *suspects);
    if (!suspects)
        return NULL;
    struct page *page = map_page(path);
    if (!page) {
        int error = errno;
        free(suspects);
        errno = error;
        return NULL;
    }
    if (page->magic != MAGIC)
        *page = (struct page){.magic = MAGIC, .seed = seed};
    suspects->page = page;
    count_death(suspects);
    return suspects;
}

void suspects_close(struct suspects *suspects)
{
    if (!suspects)
        return;
    union {
        volatile struct page *mapped;
        void *address;
    } same = {.mapped = suspects->page};
    (void)munmap(same.address, sizeof *suspects->page);
    free(suspects);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/* Never 0. */
static uint64_t digest_of(uint64_t seed, const uint8_t *payload, size_t length)
{
    uint64_t hash = mix(seed, length);
    uint64_t word = 0;
    size_t at = 0;
    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, payload + at, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    if (at < length)
        memcpy(&word, payload + at, length - at);
    return mix(mix(hash, word), seed) | 1;
}

bool suspects_take(struct suspects *suspects, const uint8_t *payload, size_t length)
{
    if (!suspects)
        return true;
    uint64_t digest = digest_of(suspects->page->seed, payload, length);
    const volatile struct suspect *suspect = find(suspects, digest);
    if (suspect && suspect->deaths >= SUSPECT_DEATHS)
        return false;
    suspects->page->in_hand = digest;
    return true;
}

void suspects_done(struct suspects *suspects)
{
    if (!suspects)
        return;
    volatile struct suspect *innocent = find(suspects, suspects->page->in_hand);
    suspects->page->in_hand = 0;
    if (!innocent)
        return;
    innocent->digest = 0; /* somebody else killed the process then */
    innocent->deaths = 0;
    suspects->count--;
}

size_t suspects_count(const struct suspects *suspects)
{
    return suspects->count;
}
