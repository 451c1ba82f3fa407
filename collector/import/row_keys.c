/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/import/row_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct row_key {
    const char *text; /* set when all are in: the bytes may move before */
    size_t offset, line, first_line;
};

struct row_keys {
    char *bytes;
    size_t used, bytes_room;
    struct row_key *keys;
    size_t count, room;
};

struct row_keys *row_keys_new(void)
{
    return calloc(1, sizeof(struct row_keys));
}

void row_keys_free(struct row_keys *keys)
{
    if (!keys)
        return;
    free(keys->bytes);
    free(keys->keys);
    free(keys);
}

/* Room for `more` beyond `used`, by doubling. NULL: out of memory; the array stays. */
static void *grow(void *array, size_t used, size_t more, size_t size, size_t *room)
{
    if (used + more <= *room)
        return array;
    size_t wanted = *room ? *room * 2 : 1024;
    while (wanted < used + more)
        wanted *= 2;
    void *grown = realloc(array, wanted * size);
    if (grown)
        *room = wanted;
    return grown;
}

int row_keys_add(struct row_keys *keys, const char *key, size_t line)
{
    size_t length = strlen(key) + 1;
    char *bytes = grow(keys->bytes, keys->used, length, 1, &keys->bytes_room);
    if (!bytes)
        return -ENOMEM;
    keys->bytes = bytes;
    struct row_key *list = grow(keys->keys, keys->count, 1, sizeof *list, &keys->room);
    if (!list)
        return -ENOMEM;
    keys->keys = list;
    memcpy(bytes + keys->used, key, length);
    list[keys->count++] = (struct row_key){.offset = keys->used, .line = line};
    keys->used += length;
    return 0;
}

static int compare_lines(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_text(const void *a, const void *b)
{
    const struct row_key *x = a;
    const struct row_key *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : compare_lines(x->line, y->line);
}

static int by_line(const void *a, const void *b)
{
    const struct row_key *x = a;
    const struct row_key *y = b;
    return compare_lines(x->line, y->line);
}

void row_keys_find_twice(struct row_keys *keys, row_twice_fn found, void *ctx)
{
    if (keys->count == 0)
        return;
    for (size_t i = 0; i < keys->count; i++)
        keys->keys[i].text = keys->bytes + keys->keys[i].offset;
    qsort(keys->keys, keys->count, sizeof *keys->keys, by_text);
    for (size_t i = 1; i < keys->count; i++) {
        const struct row_key *before = &keys->keys[i - 1];
        if (strcmp(before->text, keys->keys[i].text) == 0)
            keys->keys[i].first_line = before->first_line ? before->first_line : before->line;
    }
    qsort(keys->keys, keys->count, sizeof *keys->keys, by_line);
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].first_line)
            found(ctx, keys->keys[i].line, keys->keys[i].first_line);
    keys->count = keys->used = 0;
}
