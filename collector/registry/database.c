/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/database.h"

#include "common/log.h"

#include <sqlite3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENTS_MAX  256 /* slots; a power of two, above the number of statements in the room */
#define BUSY_TIMEOUT_MS 5000

struct rows {
    const char *sql; /* the key: its address */
    sqlite3_stmt *statement;
    struct database *database;
};

struct database {
    sqlite3 *handle;
    enum database_mode mode;
    char logged[200]; /* what SQLite said last: repetition is not logged */
    struct rows statements[STATEMENTS_MAX];
};

static int code_to_errno(int code)
{
    static const struct {
        int code, error;
    } table[] = {
        {SQLITE_FULL, ENOSPC},     {SQLITE_BUSY, EBUSY},      {SQLITE_LOCKED, EBUSY},
        {SQLITE_NOMEM, ENOMEM},    {SQLITE_READONLY, EROFS},  {SQLITE_CONSTRAINT, EEXIST},
        {SQLITE_CANTOPEN, ENOENT}, {SQLITE_PERM, EACCES},     {SQLITE_AUTH, EACCES},
        {SQLITE_MISMATCH, EINVAL}, {SQLITE_TOOBIG, EMSGSIZE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == (code & 0xff))
            return table[i].error;
    return EIO;
}

/* The library's words, once; a constraint is an answer, not a fault. */
static int fail(struct database *database, int code)
{
    const char *text = database->handle ? sqlite3_errmsg(database->handle) : sqlite3_errstr(code);
    if ((code & 0xff) != SQLITE_CONSTRAINT && strncmp(text, database->logged, 199) != 0) {
        (void)snprintf(database->logged, sizeof database->logged, "%s", text);
        log_error("registry", "the database refused: %s code=%d", text, code);
    }
    return -code_to_errno(code);
}

static int set_up(struct database *database)
{
    sqlite3 *handle = database->handle;
    (void)sqlite3_extended_result_codes(handle, 1);
    (void)sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    int status = database_run_script(
        database, "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
                  "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
                  "PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864;");
    /* Pages that every batch touches go through the log many times before they go home once. */
    if (status == 0 && database->mode == DATABASE_WRITE)
        status = database_run_script(
            database, "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 8192;");
    if (status == 0 && database->mode == DATABASE_READ)
        status = database_run_script(database, "PRAGMA query_only = ON;");
    return status;
}

struct database *database_open(const char *path, enum database_mode mode)
{
    struct database *database = calloc(1, sizeof *database);
    if (!database)
        return NULL;
    database->mode = mode;
    /* Counting the library's memory takes a lock twice an allocation, and nobody asks for it. Too
     * late for any but the first database of a process, and then it is not needed. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    /* A reader opens for writing too: it may have to make the WAL's index. query_only binds it. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                (mode == DATABASE_WRITE ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &database->handle, flags, NULL);
    int status = code == SQLITE_OK ? set_up(database) : -code_to_errno(code);
    if (status == 0)
        return database;
    if (mode == DATABASE_WRITE && code != SQLITE_OK)
        (void)fail(database, code);
    database_close(database);
    errno = -status;
    return NULL;
}

void database_close(struct database *database)
{
    if (!database)
        return;
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        (void)sqlite3_finalize(database->statements[i].statement); /* repeats an old error only */
    (void)sqlite3_close_v2(database->handle);
    free(database);
}

static struct rows *slot_of(struct database *database, const char *sql)
{
    size_t slot = (size_t)((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15) >> 56);
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct rows *rows = &database->statements[(slot + i) % STATEMENTS_MAX];
        if (rows->sql == sql || !rows->sql)
            return rows;
    }
    return NULL;
}

static int bind(sqlite3_stmt *statement, int index, const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        return sqlite3_bind_null(statement, index);
    case VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case VALUE_REAL:
        return sqlite3_bind_double(statement, index, value->real);
    case VALUE_TEXT:
        return sqlite3_bind_text(statement, index, value->bytes, -1, SQLITE_STATIC);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(statement, index, value->bytes, value->length, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

struct rows *database_select(struct database *database, const char *sql, const struct value *values,
                             size_t count)
{
    struct rows *rows = slot_of(database, sql);
    int code = rows ? SQLITE_OK : SQLITE_NOMEM;
    if (rows && !rows->sql) {
        code = sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &rows->statement, NULL);
        if (code == SQLITE_OK)
            *rows = (struct rows){sql, rows->statement, database};
    }
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = bind(rows->statement, (int)i + 1, &values[i]);
    if (code == SQLITE_OK)
        return rows;
    errno = -fail(database, code);
    if (rows && rows->sql)
        rows_end(rows);
    return NULL;
}

int rows_next(struct rows *rows)
{
    int code = sqlite3_step(rows->statement);
    if (code == SQLITE_ROW)
        return 1;
    int status = code == SQLITE_DONE ? 0 : fail(rows->database, code);
    rows_end(rows);
    return status;
}

void rows_end(struct rows *rows)
{
    if (!rows)
        return;
    (void)sqlite3_reset(rows->statement); /* repeats the error of the step */
    (void)sqlite3_clear_bindings(rows->statement);
}

int database_run(struct database *database, const char *sql, const struct value *values,
                 size_t count)
{
    struct rows *rows = database_select(database, sql, values, count);
    if (!rows)
        return -errno;
    int status = rows_next(rows);
    if (status == 1)
        rows_end(rows);
    return status < 0 ? status : sqlite3_changes(database->handle);
}

int64_t database_last_id(const struct database *database)
{
    return sqlite3_last_insert_rowid(database->handle);
}

int database_run_script(struct database *database, const char *sql)
{
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : fail(database, code);
}

int database_get(struct database *database, const char *sql, const struct value *values,
                 size_t count, int64_t *out_integer)
{
    struct rows *rows = database_select(database, sql, values, count);
    if (!rows)
        return -errno;
    int status = rows_next(rows);
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    status = rows_is_null(rows, 0) ? -ENOENT : 0;
    if (status == 0)
        *out_integer = rows_int(rows, 0);
    rows_end(rows);
    return status;
}

bool rows_is_null(const struct rows *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

int64_t rows_int(const struct rows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

uint64_t rows_u64(const struct rows *rows, int column)
{
    return (uint64_t)sqlite3_column_int64(rows->statement, column);
}

double rows_real(const struct rows *rows, int column)
{
    return sqlite3_column_double(rows->statement, column);
}

struct optional_u64 rows_optional(const struct rows *rows, int column)
{
    if (rows_is_null(rows, column))
        return (struct optional_u64){.known = false};
    return optional_u64(rows_u64(rows, column));
}

void rows_text(const struct rows *rows, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, column);
    (void)snprintf(out, size, "%s", text ? (const char *)text : "");
}

const void *rows_blob(const struct rows *rows, int column, size_t *out_length)
{
    const void *bytes = sqlite3_column_blob(rows->statement, column);
    *out_length = (size_t)sqlite3_column_bytes(rows->statement, column);
    return bytes;
}

int database_begin(struct database *database)
{
    int status = database_run(database, "BEGIN IMMEDIATE", WITHOUT);
    return status < 0 ? status : 0;
}

int database_begin_read(struct database *database)
{
    int status = database_run(database, "BEGIN", WITHOUT);
    return status < 0 ? status : 0;
}

int database_commit(struct database *database)
{
    int status = database_run(database, "COMMIT", WITHOUT);
    if (status >= 0) {
        database->logged[0] = '\0'; /* well again: the next fault is news */
        return 0;
    }
    database_rollback(database);
    return status;
}

void database_rollback(struct database *database)
{
    if (sqlite3_get_autocommit(database->handle) == 0)
        (void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL); /* nothing left to do */
}
