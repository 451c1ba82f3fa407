/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The keys of a file's rows, to find two rows that speak of the same thing. One thread.
 */
#ifndef LASTMILE_COLLECTOR_IMPORT_ROW_KEYS_H
#define LASTMILE_COLLECTOR_IMPORT_ROW_KEYS_H

#include <stddef.h>

struct row_keys;

struct row_keys *row_keys_new(void); /* NULL: out of memory */
void row_keys_free(struct row_keys *keys);

/* 0 or -ENOMEM. The text is copied. */
int row_keys_add(struct row_keys *keys, const char *key, size_t line);

/* Calls for each row whose key stood before it, by line; then the keys are forgotten. */
typedef void (*row_twice_fn)(void *ctx, size_t line, size_t first_line);
void row_keys_find_twice(struct row_keys *keys, row_twice_fn found, void *ctx);

#endif
