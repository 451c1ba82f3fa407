/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Accounts as the administrator and the server use them: names, roles, passwords, tokens. Every
 * refusal has a sentence with its remedy. One handle, one thread.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_ACCOUNTS_H
#define LASTMILE_COLLECTOR_ACCESS_ACCOUNTS_H

#include "collector/access/crypto.h"
#include "collector/access/role.h"
#include "collector/registry/account_store.h"

#define ACCOUNTS_FILE      "access.db"
#define PASSWORD_MIN_BYTES 10
#define PASSWORD_MAX_BYTES 90 /* a form's field holds no more */

struct accounts;

/* access.db of a data folder, made where it is missing. NULL with out_error set. */
struct accounts *accounts_open(const char *data_dir, struct conf_error *out_error);
void accounts_close(struct accounts *accounts);
struct account_store *accounts_store(struct accounts *accounts);

/* Why a name or a password is none; NULL when it is. */
const char *accounts_name_fault(const char *name);
const char *accounts_password_fault(const char *password);

/* These return 0, or a negated errno with out_error set. operator_key is "" but for
 * ROLE_OPERATOR. */
int accounts_add(struct accounts *accounts, const char *name, enum role role,
                 const char *operator_key, const char *password, int64_t now_s,
                 struct conf_error *out_error);
int accounts_set_password(struct accounts *accounts, const char *name, const char *password,
                          struct conf_error *out_error);
int accounts_set_role(struct accounts *accounts, const char *name, enum role role,
                      const char *operator_key, struct conf_error *out_error);
int accounts_remove(struct accounts *accounts, const char *name, struct conf_error *out_error);
int accounts_find(struct accounts *accounts, const char *name, struct account_row *out_row,
                  struct conf_error *out_error);
/* A token, to be shown once: only its digest is kept. expires_s 0: without end. */
int accounts_give_token(struct accounts *accounts, const char *name, int64_t now_s,
                        int64_t expires_s, char out_token[static SECRET_TEXT_BYTES],
                        struct conf_error *out_error);
/* How many tokens were taken back; token_id NULL: all. */
int accounts_revoke(struct accounts *accounts, const char *name, const char *token_id,
                    struct conf_error *out_error);

/* Who a row is, for what is shown; false for a role that this version does not know. */
bool accounts_viewer(const struct account_row *row, struct viewer *out_viewer);

/* How many accounts there are, or a negated errno. */
int accounts_count(struct accounts *accounts);

#endif
