/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/known.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SLOTS_MIN   1024
#define ENTRIES_MAX 200000 /* about 25 MB; a city has fewer names */

struct entry {
    int64_t value;
    bool used;
    struct known_key key;
};

struct known {
    uint64_t seed; /* names come from outside: nobody shall choose their places */
    size_t count, slots;
    struct entry *entries;
};

struct known *known_new(void)
{
    struct known *known = calloc(1, sizeof *known);
    if (!known)
        return NULL;
    known->slots = SLOTS_MIN;
    known->entries = calloc(known->slots, sizeof *known->entries);
    if (getrandom(&known->seed, sizeof known->seed, GRND_NONBLOCK) != (ssize_t)sizeof known->seed)
        known->seed = (uintptr_t)known;
    if (known->entries)
        return known;
    free(known);
    return NULL;
}

void known_free(struct known *known)
{
    if (!known)
        return;
    free(known->entries);
    free(known);
}

struct known_key known_key(enum known_kind kind, const int64_t *numbers, size_t number_count,
                           const void *bytes, size_t length)
{
    struct known_key key = {.kind = (uint8_t)kind};
    for (size_t i = 0; i < number_count && i < KNOWN_NUMBERS; i++)
        key.numbers[i] = numbers[i];
    if (length > KNOWN_TEXT_BYTES) {
        key.length = UINT8_MAX;
        return key;
    }
    key.length = (uint8_t)length;
    if (length)
        memcpy(key.bytes, bytes, length);
    return key;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static size_t place_of(const struct known *known, const struct known_key *key)
{
    uint64_t hash = mix(known->seed, (uint64_t)key->kind << 8 | key->length);
    for (size_t i = 0; i < KNOWN_NUMBERS; i++)
        hash = mix(hash, (uint64_t)key->numbers[i]);
    for (size_t at = 0; at < key->length && key->length <= KNOWN_TEXT_BYTES; at += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, key->bytes + at, sizeof word); /* the tail of a key is zero */
        hash = mix(hash, word);
    }
    return (size_t)(hash >> 16) & (known->slots - 1);
}

static bool is_same(const struct known_key *a, const struct known_key *b)
{
    return a->kind == b->kind && a->length == b->length &&
           memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0 &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* Its entry, or the free one where it belongs: half of the slots are free. */
static struct entry *entry_of(const struct known *known, const struct known_key *key)
{
    size_t slot = place_of(known, key);
    while (known->entries[slot].used && !is_same(&known->entries[slot].key, key))
        slot = (slot + 1) & (known->slots - 1);
    return &known->entries[slot];
}

bool known_find(const struct known *known, const struct known_key *key, int64_t *out_value)
{
    if (key->length > KNOWN_TEXT_BYTES)
        return false;
    const struct entry *entry = entry_of(known, key);
    if (entry->used)
        *out_value = entry->value;
    return entry->used;
}

static bool grow(struct known *known)
{
    struct known larger = {.seed = known->seed, .slots = known->slots * 2, .count = known->count};
    larger.entries = calloc(larger.slots, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < known->slots; i++)
        if (known->entries[i].used)
            *entry_of(&larger, &known->entries[i].key) = known->entries[i];
    free(known->entries);
    *known = larger;
    return true;
}

bool known_put(struct known *known, const struct known_key *key, int64_t value)
{
    bool bounded = key->kind != KNOWN_PROBE && key->kind != KNOWN_BOOT;
    if (key->length > KNOWN_TEXT_BYTES)
        return false;
    struct entry *entry = entry_of(known, key);
    if (entry->used) {
        entry->value = value;
        return true;
    }
    if (bounded && known_is_full(known))
        return false;
    if ((known->count + 1) * 2 > known->slots) {
        if (!grow(known))
            return false;
        entry = entry_of(known, key);
    }
    *entry = (struct entry){.value = value, .used = true, .key = *key};
    known->count++;
    return true;
}

bool known_is_full(const struct known *known)
{
    return known->count >= ENTRIES_MAX;
}

void known_forget(struct known *known)
{
    memset(known->entries, 0, known->slots * sizeof *known->entries);
    known->count = 0;
}
