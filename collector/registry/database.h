/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SQLite behind a narrow door: a statement is run, or selects rows; values go in as a small array.
 * Statements are prepared once and cached by the ADDRESS of their text, so every sql argument must
 * be a string literal or another text that lives as long as the database. Not thread-safe: one
 * handle, one thread. Only the registry includes this.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_DATABASE_H
#define LASTMILE_COLLECTOR_REGISTRY_DATABASE_H

#include "common/optional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct rows;

enum database_mode { DATABASE_WRITE, DATABASE_READ };

/* NULL with errno. Its own words are logged. */
struct database *database_open(const char *path, enum database_mode mode);
void database_close(struct database *database);

/* A value to bind; text and blobs are borrowed until the call returns (or rows_end). */
struct value {
    enum { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT, VALUE_BLOB } type;
    int64_t integer;
    double real;
    const void *bytes;
    size_t length;
};

static inline struct value int_value(int64_t integer)
{
    return (struct value){.type = VALUE_INTEGER, .integer = integer};
}

/* Counts stay below 2^53 by intake's bounds; pseudonyms are the same 64 bits, signed. */
static inline struct value u64_value(uint64_t integer)
{
    return int_value((int64_t)integer);
}

static inline struct value real_value(double real)
{
    return (struct value){.type = VALUE_REAL, .real = real};
}

static inline struct value text_value(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .bytes = text};
}

static inline struct value blob_value(const void *bytes, size_t length)
{
    return (struct value){.type = VALUE_BLOB, .bytes = bytes, .length = length};
}

static inline struct value optional_value(struct optional_u64 number)
{
    return number.known ? u64_value(number.value) : (struct value){.type = VALUE_NULL};
}

/* Values for ?1, ?2, ... as one argument pair: WITH(int_value(7), text_value("x")). */
#define WITH(...)                                                                                  \
    (const struct value[]){__VA_ARGS__},                                                           \
        sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)
#define WITHOUT NULL, 0

/* Runs a statement that returns no rows. The number of rows changed, or a negated errno: -EEXIST
 * for a constraint, -ENOSPC, -EBUSY, -EROFS, -ENOMEM, -EIO. */
int database_run(struct database *database, const char *sql, const struct value *values,
                 size_t count);
/* The id that the last INSERT gave. */
int64_t database_last_id(const struct database *database);

/* Runs several statements of a text, uncached. 0 or a negated errno. */
int database_run_script(struct database *database, const char *sql);

/* The first column of the first row: 0, -ENOENT when there is no row or it is NULL. */
int database_get(struct database *database, const char *sql, const struct value *values,
                 size_t count, int64_t *out_integer);

/* Rows of a SELECT: rows_next gives 1 per row, 0 at the end, or a negated errno, and then ends the
 * selection by itself; rows_end ends it before. NULL with errno. The same sql can't be nested in
 * itself. */
struct rows *database_select(struct database *database, const char *sql, const struct value *values,
                             size_t count);
int rows_next(struct rows *rows);
void rows_end(struct rows *rows);
bool rows_is_null(const struct rows *rows, int column);
int64_t rows_int(const struct rows *rows, int column);
uint64_t rows_u64(const struct rows *rows, int column);
double rows_real(const struct rows *rows, int column);
struct optional_u64 rows_optional(const struct rows *rows, int column);
/* Copies a text, cut to size; "" for NULL. */
void rows_text(const struct rows *rows, int column, char *out, size_t size);
/* Borrowed until the next rows_ call. */
const void *rows_blob(const struct rows *rows, int column, size_t *out_length);

/* BEGIN IMMEDIATE, or for one snapshot of several SELECTs. A failed commit has been rolled back. */
int database_begin(struct database *database);
int database_begin_read(struct database *database);
int database_commit(struct database *database);
void database_rollback(struct database *database);

#endif
