/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/registry/account_store.h"

#include "common/array.h"

#include "collector/registry/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 512

struct account_store {
    struct database *database;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS account ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,"
    "  operator TEXT NOT NULL, hash TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1,"
    "  created_s INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS token ("
    "  digest BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,"
    "  created_s INTEGER NOT NULL, expires_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS token_of_account ON token (account);"
    "CREATE TABLE IF NOT EXISTS pseudonym ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL) STRICT;";

/* Root may make it, and the collector must read it: it belongs to whom the folder belongs. */
static int give_to_folder_owner(int fd, const char *path)
{
    char folder[PATH_BYTES];
    struct stat status;
    const char *slash = strrchr(path, '/');
    int length = slash ? snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path)
                       : snprintf(folder, sizeof folder, ".");
    if (length < 0 || (size_t)length >= sizeof folder)
        return -ENAMETOOLONG;
    if (geteuid() != 0)
        return 0;
    if (stat(length ? folder : "/", &status) != 0 || fchown(fd, status.st_uid, status.st_gid) != 0)
        return -errno;
    return 0;
}

/* The database takes the mode of its file for those that it makes beside it. */
static int make_private(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST)
        return stat(path, &status) != 0 ? -errno : (status.st_mode & 077) != 0 ? -EACCES : 0;
    if (fd < 0)
        return -errno;
    int result = give_to_folder_owner(fd, path);
    (void)close(fd);
    return result;
}

struct account_store *account_store_open(const char *path)
{
    struct account_store *store = calloc(1, sizeof *store);
    int status = store ? make_private(path) : -ENOMEM;
    if (status == 0) {
        store->database = database_open(path, DATABASE_WRITE);
        status = store->database ? database_run_script(store->database, schema) : -errno;
    }
    if (status == 0)
        return store;
    account_store_close(store);
    errno = -status;
    return NULL;
}

void account_store_close(struct account_store *store)
{
    if (!store)
        return;
    database_close(store->database);
    free(store);
}

/* A change must change a row. */
static int one_row(int changed)
{
    return changed == 0 ? -ENOENT : changed < 0 ? changed : 0;
}

int account_store_add(struct account_store *store, const struct account_row *row)
{
    return one_row(database_run(
        store->database,
        "INSERT INTO account (name, role, operator, hash, created_s) VALUES (?1, ?2, ?3, ?4, ?5)",
        WITH(text_value(row->name), text_value(row->role), text_value(row->operator_key),
             text_value(row->hash), int_value(row->created_s))));
}

int account_store_change(struct account_store *store, const struct account_row *row)
{
    return one_row(database_run(store->database,
                                "UPDATE account SET role = ?2, operator = ?3, hash = ?4,"
                                " revision = revision + 1 WHERE name = ?1",
                                WITH(text_value(row->name), text_value(row->role),
                                     text_value(row->operator_key), text_value(row->hash))));
}

int account_store_remove(struct account_store *store, const char *name)
{
    return one_row(database_run(store->database, "DELETE FROM account WHERE name = ?1",
                                WITH(text_value(name))));
}

#define ACCOUNT_COLUMNS "account.id, revision, name, role, operator, hash, account.created_s"

static struct account_row read_account(const struct rows *rows)
{
    struct account_row row = {.id = rows_int(rows, 0), .revision = rows_int(rows, 1)};
    rows_text(rows, 2, row.name, sizeof row.name);
    rows_text(rows, 3, row.role, sizeof row.role);
    rows_text(rows, 4, row.operator_key, sizeof row.operator_key);
    rows_text(rows, 5, row.hash, sizeof row.hash);
    row.created_s = rows_int(rows, 6);
    return row;
}

static int find(struct account_store *store, const char *sql, const struct value *values,
                size_t count, struct account_row *out_row)
{
    struct rows *rows = database_select(store->database, sql, values, count);
    int status = rows ? rows_next(rows) : -errno;
    if (status == 1) {
        *out_row = read_account(rows);
        rows_end(rows);
        return 0;
    }
    return status < 0 ? status : -ENOENT;
}

int account_store_find(struct account_store *store, const char *name, struct account_row *out_row)
{
    return find(store, "SELECT " ACCOUNT_COLUMNS " FROM account WHERE name = ?1",
                WITH(text_value(name)), out_row);
}

int account_store_find_id(struct account_store *store, int64_t id, struct account_row *out_row)
{
    return find(store, "SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = ?1", WITH(int_value(id)),
                out_row);
}

int account_store_find_token(struct account_store *store,
                             const uint8_t digest[static TOKEN_DIGEST_BYTES], int64_t now_s,
                             struct account_row *out_row)
{
    return find(store,
                "SELECT " ACCOUNT_COLUMNS " FROM token JOIN account ON account.id = token.account"
                " WHERE digest = ?1 AND (expires_s = 0 OR expires_s > ?2)",
                WITH(blob_value(digest, TOKEN_DIGEST_BYTES), int_value(now_s)), out_row);
}

int account_store_list(struct account_store *store, struct account_row **out_rows,
                       size_t *out_count)
{
    struct account_row *list = NULL;
    size_t count = 0;
    struct rows *rows = database_select(
        store->database, "SELECT " ACCOUNT_COLUMNS " FROM account ORDER BY name", WITHOUT);
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) > 0) {
        void *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
            break;
        }
        list = grown;
        list[count++] = read_account(rows);
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_rows = list;
    *out_count = count;
    return 0;
}

int account_store_add_token(struct account_store *store, int64_t account,
                            const uint8_t digest[static TOKEN_DIGEST_BYTES], int64_t now_s,
                            int64_t expires_s)
{
    return one_row(database_run(store->database,
                                "INSERT INTO token (digest, account, created_s, expires_s)"
                                " VALUES (?1, ?2, ?3, ?4)",
                                WITH(blob_value(digest, TOKEN_DIGEST_BYTES), int_value(account),
                                     int_value(now_s), int_value(expires_s))));
}

int account_store_revoke(struct account_store *store, int64_t account, const char *token_id)
{
    if (token_id)
        return database_run(store->database,
                            "DELETE FROM token WHERE account = ?1 AND"
                            " substr(lower(hex(digest)), 1, 8) = ?2",
                            WITH(int_value(account), text_value(token_id)));
    int status =
        database_run(store->database, "UPDATE account SET revision = revision + 1 WHERE id = ?1",
                     WITH(int_value(account)));
    return status < 0 ? status
                      : database_run(store->database, "DELETE FROM token WHERE account = ?1",
                                     WITH(int_value(account)));
}

int account_store_list_tokens(struct account_store *store, int64_t account,
                              struct token_row **out_rows, size_t *out_count)
{
    struct token_row *list = NULL;
    size_t count = 0;
    struct rows *rows =
        database_select(store->database,
                        "SELECT substr(lower(hex(digest)), 1, 8), created_s, expires_s FROM token"
                        " WHERE account = ?1 ORDER BY created_s, digest",
                        WITH(int_value(account)));
    int status = rows ? 1 : -errno;
    while (status > 0 && (status = rows_next(rows)) > 0) {
        void *grown = array_grow(list, count, sizeof *list);
        if (!grown) {
            rows_end(rows);
            status = -ENOMEM;
            break;
        }
        list = grown;
        struct token_row row = {.created_s = rows_int(rows, 1), .expires_s = rows_int(rows, 2)};
        rows_text(rows, 0, row.id, sizeof row.id);
        list[count++] = row;
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *out_rows = list;
    *out_count = count;
    return 0;
}

int account_store_key(struct account_store *store, uint8_t key[static STORE_KEY_BYTES])
{
    int status = database_run(store->database,
                              "INSERT INTO pseudonym (id, key) VALUES (1, ?1)"
                              " ON CONFLICT DO NOTHING",
                              WITH(blob_value(key, STORE_KEY_BYTES)));
    struct rows *rows =
        status < 0 ? NULL : database_select(store->database, "SELECT key FROM pseudonym", WITHOUT);
    if (!rows)
        return status < 0 ? status : -errno;
    status = rows_next(rows);
    if (status < 1)
        return status < 0 ? status : -ENOENT;
    size_t length = 0;
    const void *stored = rows_blob(rows, 0, &length);
    if (length == STORE_KEY_BYTES)
        memcpy(key, stored, length);
    rows_end(rows);
    return length == STORE_KEY_BYTES ? 0 : -EIO;
}
