/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/line/key_map.h"

#include <errno.h>
#include <stdlib.h>

#define ENTRIES_FIRST 1024 /* of a map that grows */

/* In 64 bits: more may be thought of than a small machine can hold. */
static uint64_t entries_for(uint64_t keys)
{
    uint64_t entries = 16;
    while (entries / 4 * 3 < keys)
        entries *= 2;
    return entries;
}

uint64_t key_map_bytes(uint64_t keys)
{
    return entries_for(keys) * sizeof(struct key_map_entry);
}

static void *take_from_heap(size_t bytes)
{
    return calloc(1, bytes);
}

static void give_to_heap(void *memory, size_t bytes)
{
    (void)bytes;
    free(memory);
}

int key_map_init(struct key_map *map, size_t keys)
{
    return key_map_init_in(map, keys, take_from_heap, give_to_heap);
}

int key_map_init_in(struct key_map *map, size_t keys, void *(*take)(size_t bytes),
                    void (*give)(void *memory, size_t bytes))
{
    size_t entries = (size_t)entries_for(keys);
    *map = (struct key_map){
        .mask = (entries < ENTRIES_FIRST ? entries : ENTRIES_FIRST) - 1,
        .room = entries,
        .limit = entries / 4 * 3,
        .give = give,
    };
    map->entries = take(entries * sizeof *map->entries);
    return map->entries ? 0 : -ENOMEM;
}

void key_map_fini(struct key_map *map)
{
    if (map->entries)
        map->give(map->entries, map->room * sizeof *map->entries);
    *map = (struct key_map){0};
}

/* Where the key is, or would be. */
static struct key_map_entry *find(const struct key_map *map, uint64_t key)
{
    size_t i = (size_t)key & map->mask;
    while (map->entries[i].key != 0 && map->entries[i].key != key)
        i = (i + 1) & map->mask;
    return &map->entries[i];
}

/* Twice as wide, where it lies. Each entry leaves its place for the first free one from its new
 * home on. The run of entries that goes on from the end to the beginning is moved first: then no
 * entry ever lands beyond those that have been moved, and none of these moves again. */
static void grow(struct key_map *map)
{
    size_t old = map->mask, start = old;
    while (map->entries[start].key != 0)
        start--;
    map->mask = 2 * old + 1;
    for (size_t i = 1; i <= old; i++) {
        struct key_map_entry *from = &map->entries[(start + i) & old];
        struct key_map_entry entry = *from;
        *from = (struct key_map_entry){0};
        if (entry.key != 0)
            *find(map, entry.key) = entry;
    }
}

uint32_t key_map_get(const struct key_map *map, uint64_t key)
{
    if (key == 0)
        return KEY_MAP_NONE;
    const struct key_map_entry *entry = find(map, key);
    return entry->key == key ? entry->value : KEY_MAP_NONE;
}

bool key_map_put(struct key_map *map, uint64_t key, uint32_t value)
{
    return key_map_put_for(map, key, value, 0);
}

uint32_t key_map_owner(const struct key_map *map, uint64_t key)
{
    return key == 0 ? 0 : find(map, key)->owner;
}

bool key_map_put_for(struct key_map *map, uint64_t key, uint32_t value, uint32_t owner)
{
    if (key == 0)
        return false;
    struct key_map_entry *entry = find(map, key);
    if (entry->key == 0) {
        if (map->used >= map->limit)
            return false;
        if (map->used > map->mask / 2 && map->mask + 1 < map->room) {
            grow(map);
            entry = find(map, key);
        }
        map->used++;
    }
    entry->key = key;
    entry->value = value;
    entry->owner = owner;
    return true;
}

/* Frees entry i and moves up what a search would miss now (Knuth, volume 3, algorithm 6.4R). */
static void remove_at(struct key_map *map, size_t i)
{
    size_t hole = i;
    for (size_t j = (i + 1) & map->mask; map->entries[j].key != 0; j = (j + 1) & map->mask) {
        size_t home = (size_t)map->entries[j].key & map->mask;
        if (((j - home) & map->mask) < ((j - hole) & map->mask))
            continue;
        map->entries[hole] = map->entries[j];
        hole = j;
    }
    map->entries[hole] = (struct key_map_entry){0};
    map->used--;
}

void key_map_remove(struct key_map *map, uint64_t key)
{
    if (key == 0)
        return;
    const struct key_map_entry *entry = find(map, key);
    if (entry->key == key)
        remove_at(map, (size_t)(entry - map->entries));
}

void key_map_revise(struct key_map *map,
                    uint32_t (*revised)(const void *ctx, const struct key_map_entry *entry),
                    const void *ctx)
{
    for (size_t i = 0; i <= map->mask; i++)
        while (map->entries[i].key != 0) {
            map->entries[i].value = revised(ctx, &map->entries[i]);
            if (map->entries[i].value != KEY_MAP_NONE)
                break;
            remove_at(map, i);
        }
}
