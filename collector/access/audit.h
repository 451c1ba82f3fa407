/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The audit log: who asked for what, and what came of it, as JSON lines in a file a month of the
 * data folder (audit-YYYY-MM.jsonl, 0600), only ever appended to. A client's address is a keyed
 * pseudonym. What repeats is noted once in ten minutes, what all strangers cause at most ten times
 * a second, and what an account that has logged in does, too: the log is no lever on the disk. One
 * thread.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_AUDIT_H
#define LASTMILE_COLLECTOR_ACCESS_AUDIT_H

#include "collector/access/crypto.h"

#include <stddef.h>

#define AUDIT_PATH_BYTES 512

struct audit;

struct audit_entry {
    const char *account; /* "" = nobody */
    const char *role;    /* of whoever has logged in; NULL: a stranger, whatever name he gives */
    const char *client;  /* its address, of which nothing but a pseudonym is kept; "" = none */
    const char *method, *route;
    const char *outcome; /* "200", "admitted", ... */
    bool always;         /* also when it repeats */
};

/* Borrows the folder's name. key: of pseudonyms. NULL when memory is out. */
struct audit *audit_new(const char *data_dir, const uint8_t key[static SECRET_BYTES]);
void audit_free(struct audit *audit);

/* A line that cannot be written is said in the log, once until one can be. */
void audit_note(struct audit *audit, const struct audit_entry *entry, uint64_t now_unix_ns,
                uint64_t now_mono_ns);

/* Where the lines of a time are. */
void audit_path(const char *data_dir, uint64_t unix_ns, char out[static AUDIT_PATH_BYTES]);

#endif
