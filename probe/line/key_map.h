/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a 64-bit keyed hash, taken for the thing itself, to a 32-bit number: open addressing, linear
 * probing, in memory of fixed size, of which it uses a part that grows with the keys, so that few
 * keys lie close together. Among a million keys two share a hash once in 37 million times.
 * Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_KEY_MAP_H
#define LASTMILE_PROBE_LINE_KEY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_MAP_NONE UINT32_MAX

struct key_map_entry {
    uint64_t key; /* 0 = free */
    uint32_t value;
    uint32_t owner; /* who has put it there; 0 where nobody said so */
};

struct key_map {
    struct key_map_entry *entries;
    size_t mask;        /* of the part that is used */
    size_t room;        /* entries of all of it */
    size_t used, limit; /* three quarters full at most */
    void (*give)(void *memory, size_t bytes);
};

/* 0, or -ENOMEM. Room for at least `keys`, on the heap. */
int key_map_init(struct key_map *map, size_t keys);
/* The same in zeroed memory from `take`, which goes back to `give`. */
int key_map_init_in(struct key_map *map, size_t keys, void *(*take)(size_t bytes),
                    void (*give)(void *memory, size_t bytes));
void key_map_fini(struct key_map *map);
uint64_t key_map_bytes(uint64_t keys);

/* Fetches what key_map_get will read. */
static inline void key_map_prefetch(const struct key_map *map, uint64_t key)
{
    __builtin_prefetch(&map->entries[(size_t)key & map->mask], 0, 3);
}

/* The value of a key, or KEY_MAP_NONE. Key 0 is no key. */
uint32_t key_map_get(const struct key_map *map, uint64_t key);
/* Sets or replaces. False when the map is full. */
bool key_map_put(struct key_map *map, uint64_t key, uint32_t value);
/* The same, and says for whom. */
bool key_map_put_for(struct key_map *map, uint64_t key, uint32_t value, uint32_t owner);
/* 0 for a key that is not there, too. */
uint32_t key_map_owner(const struct key_map *map, uint64_t key);
/* Drops one key, if it is there. */
void key_map_remove(struct key_map *map, uint64_t key);
/* Gives each entry the value that `revised` says; KEY_MAP_NONE drops it. */
void key_map_revise(struct key_map *map,
                    uint32_t (*revised)(const void *ctx, const struct key_map_entry *entry),
                    const void *ctx);

#endif
