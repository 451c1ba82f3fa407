/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/accounts.h"

#include "common/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 512

struct accounts {
    struct account_store *store;
};

static int fail(int status, struct conf_error *out_error, const char *subject, const char *why)
{
    (void)snprintf(out_error->text, sizeof out_error->text, "%.200s: %s", subject, why);
    return status;
}

static const char *open_remedy(int error)
{
    switch (error) {
    case EACCES:
        return "it cannot be opened, or others can read it: run this as the collector's user (sudo "
               "-u lastmile), and chmod 600";
    case ENOENT:
        return "its folder is missing: start lastmile-collector once, or make data_dir";
    default:
        return strerror(error);
    }
}

struct accounts *accounts_open(const char *data_dir, struct conf_error *out_error)
{
    char path[PATH_BYTES];
    struct accounts *accounts = calloc(1, sizeof *accounts);
    (void)snprintf(path, sizeof path, "%s/" ACCOUNTS_FILE, data_dir);
    if (accounts && crypto_start() == 0)
        accounts->store = account_store_open(path);
    if (accounts && accounts->store)
        return accounts;
    int error = accounts ? errno : ENOMEM;
    free(accounts);
    (void)fail(-error, out_error, path, open_remedy(error));
    errno = error;
    return NULL;
}

void accounts_close(struct accounts *accounts)
{
    if (!accounts)
        return;
    account_store_close(accounts->store);
    free(accounts);
}

struct account_store *accounts_store(struct accounts *accounts)
{
    return accounts->store;
}

const char *accounts_name_fault(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t length = strlen(name);
    bool good = length > 0 && length < ACCOUNT_NAME_BYTES && strspn(name, allowed) == length &&
                name[0] >= 'a' && name[0] <= 'z';
    return good ? NULL : "a name is 1 to 31 of a-z, 0-9, '.', '-', '_', and begins with a letter";
}

const char *accounts_password_fault(const char *password)
{
    size_t length = strlen(password);
    if (length < PASSWORD_MIN_BYTES)
        return "a password has 10 bytes at least: take four words";
    if (length > PASSWORD_MAX_BYTES)
        return "a password has 90 bytes at most";
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        size_t sequence = utf8_decode((const uint8_t *)password + i, length - i, &code_point);
        if (sequence == 0 || !utf8_is_printable(code_point))
            return "a password is text (UTF-8) without control characters";
        i += sequence;
    }
    return NULL;
}

static int fail_store(int status, struct conf_error *out_error, const char *name)
{
    const char *why = status == -ENOENT ? "there is no such account (lastmile user list)"
                      : status == -EEXIST
                          ? "this account exists: 'passwd' or 'role' change it, 'remove' ends it"
                          : strerror(-status);
    return status == 0 ? 0 : fail(status, out_error, name, why);
}

static int fail_argument(struct conf_error *out_error, const char *name, const char *fault)
{
    return fail(-EINVAL, out_error, name, fault);
}

/* An operator's account has an operator, and no other has. */
static int set_role(struct account_row *row, enum role role, const char *operator_key,
                    struct conf_error *out_error)
{
    bool owns = role == ROLE_OPERATOR;
    if (owns != (operator_key[0] != '\0'))
        return fail_argument(out_error, row->name,
                             owns ? "the role operator needs --operator CODE"
                                  : "--operator goes with --role operator alone");
    if (strlen(operator_key) >= sizeof row->operator_key)
        return fail_argument(out_error, row->name, "the operator's code is too long");
    (void)snprintf(row->role, sizeof row->role, "%s", conf_id_name(role_names, (int)role));
    (void)snprintf(row->operator_key, sizeof row->operator_key, "%s", operator_key);
    return 0;
}

static int set_hash(struct account_row *row, const char *password, struct conf_error *out_error)
{
    const char *fault = accounts_password_fault(password);
    if (fault)
        return fail_argument(out_error, row->name, fault);
    return crypto_hash_password(password, row->hash) == 0
               ? 0
               : fail(-ENOMEM, out_error, row->name, "64 MiB of memory for the hash are not there");
}

int accounts_add(struct accounts *accounts, const char *name, enum role role,
                 const char *operator_key, const char *password, int64_t now_s,
                 struct conf_error *out_error)
{
    struct account_row row = {.created_s = now_s};
    const char *fault = accounts_name_fault(name);
    if (fault)
        return fail_argument(out_error, name, fault);
    (void)snprintf(row.name, sizeof row.name, "%s", name);
    int status = set_role(&row, role, operator_key, out_error);
    if (status == 0)
        status = set_hash(&row, password, out_error);
    return status == 0 ? fail_store(account_store_add(accounts->store, &row), out_error, name)
                       : status;
}

int accounts_find(struct accounts *accounts, const char *name, struct account_row *out_row,
                  struct conf_error *out_error)
{
    return fail_store(account_store_find(accounts->store, name, out_row), out_error, name);
}

int accounts_set_password(struct accounts *accounts, const char *name, const char *password,
                          struct conf_error *out_error)
{
    struct account_row row;
    int status = accounts_find(accounts, name, &row, out_error);
    if (status == 0)
        status = set_hash(&row, password, out_error);
    return status == 0 ? fail_store(account_store_change(accounts->store, &row), out_error, name)
                       : status;
}

int accounts_set_role(struct accounts *accounts, const char *name, enum role role,
                      const char *operator_key, struct conf_error *out_error)
{
    struct account_row row;
    int status = accounts_find(accounts, name, &row, out_error);
    if (status == 0)
        status = set_role(&row, role, operator_key, out_error);
    return status == 0 ? fail_store(account_store_change(accounts->store, &row), out_error, name)
                       : status;
}

int accounts_remove(struct accounts *accounts, const char *name, struct conf_error *out_error)
{
    return fail_store(account_store_remove(accounts->store, name), out_error, name);
}

int accounts_give_token(struct accounts *accounts, const char *name, int64_t now_s,
                        int64_t expires_s, char out_token[static SECRET_TEXT_BYTES],
                        struct conf_error *out_error)
{
    struct account_row row;
    uint8_t digest[DIGEST_BYTES];
    int status = accounts_find(accounts, name, &row, out_error);
    if (status != 0)
        return status;
    crypto_secret(out_token);
    crypto_digest(out_token, digest);
    status = account_store_add_token(accounts->store, row.id, digest, now_s, expires_s);
    return fail_store(status, out_error, name);
}

int accounts_revoke(struct accounts *accounts, const char *name, const char *token_id,
                    struct conf_error *out_error)
{
    struct account_row row;
    int status = accounts_find(accounts, name, &row, out_error);
    if (status != 0)
        return status;
    status = account_store_revoke(accounts->store, row.id, token_id);
    if (status == 0 && token_id)
        return fail(-ENOENT, out_error, name, "it has no such token (lastmile user list)");
    return status < 0 ? fail_store(status, out_error, name) : status;
}

bool accounts_viewer(const struct account_row *row, struct viewer *out_viewer)
{
    int role;
    if (conf_name_id(role_names, row->role, &role) != 0)
        return false;
    *out_viewer = (struct viewer){.role = (enum role)role};
    memcpy(out_viewer->name, row->name, sizeof out_viewer->name);
    memcpy(out_viewer->operator_key, row->operator_key, sizeof out_viewer->operator_key);
    return true;
}

int accounts_count(struct accounts *accounts)
{
    struct account_row *rows = NULL;
    size_t count = 0;
    int status = account_store_list(accounts->store, &rows, &count);
    free(rows);
    return status < 0 ? status : (int)count;
}
