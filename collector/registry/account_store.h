/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who may log in: accounts and the digests of their tokens, in a database of its own (access.db,
 * mode 0600, beside registry.db), so that a copy of the registry carries no password's hash. It
 * knows no cryptography: hashes, digests and keys are handed in (collector/access). One handle, one
 * thread; several processes may have the file open.
 */
#ifndef LASTMILE_COLLECTOR_REGISTRY_ACCOUNT_STORE_H
#define LASTMILE_COLLECTOR_REGISTRY_ACCOUNT_STORE_H

#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_NAME_BYTES  32
#define ACCOUNT_HASH_BYTES  128
#define ACCOUNT_ROLE_BYTES  16
#define ACCOUNT_OWNER_BYTES 64
#define TOKEN_DIGEST_BYTES  32
#define TOKEN_ID_BYTES      9 /* eight hexadecimal digits of the digest, to name a token by */
#define STORE_KEY_BYTES     32

struct account_row {
    int64_t id;       /* never given twice */
    int64_t revision; /* rises with each change of password, role or tokens taken back */
    char name[ACCOUNT_NAME_BYTES];
    char role[ACCOUNT_ROLE_BYTES];
    char operator_key[ACCOUNT_OWNER_BYTES]; /* "" for none */
    char hash[ACCOUNT_HASH_BYTES];          /* of the password */
    int64_t created_s;
};

struct token_row {
    char id[TOKEN_ID_BYTES];
    int64_t created_s, expires_s; /* 0 = without end */
};

struct account_store;

/* Opens the file, and makes it where it is missing: for its folder's owner alone, whoever makes it.
 * NULL with errno; EACCES also for a file that others can read. */
struct account_store *account_store_open(const char *path);
void account_store_close(struct account_store *store);

/* 0, -EEXIST for a name that is taken, or another negated errno. id and revision are set here. */
int account_store_add(struct account_store *store, const struct account_row *row);
/* Writes hash, role and operator of the account with this name. 0 or -ENOENT. */
int account_store_change(struct account_store *store, const struct account_row *row);
/* With its tokens. 0 or -ENOENT. */
int account_store_remove(struct account_store *store, const char *name);
/* 0 or -ENOENT. */
int account_store_find(struct account_store *store, const char *name, struct account_row *out_row);
int account_store_find_id(struct account_store *store, int64_t id, struct account_row *out_row);
/* By name; the caller frees the array. */
int account_store_list(struct account_store *store, struct account_row **out_rows,
                       size_t *out_count);

int account_store_add_token(struct account_store *store, int64_t account,
                            const uint8_t digest[static TOKEN_DIGEST_BYTES], int64_t now_s,
                            int64_t expires_s);
/* Whose token this is, if it is still good. 0 or -ENOENT. */
int account_store_find_token(struct account_store *store,
                             const uint8_t digest[static TOKEN_DIGEST_BYTES], int64_t now_s,
                             struct account_row *out_row);
/* Takes back all tokens of an account, or the one with this id; ends its sessions when all. How
 * many, or a negated errno. */
int account_store_revoke(struct account_store *store, int64_t account, const char *token_id);
/* By time of making; the caller frees the array. */
int account_store_list_tokens(struct account_store *store, int64_t account,
                              struct token_row **out_rows, size_t *out_count);

/* The key of pseudonyms in the audit log; stored at the first call, with the bytes handed in. */
int account_store_key(struct account_store *store, uint8_t key[static STORE_KEY_BYTES]);

#endif
