/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks passwords in a thread of its own, one at a time, so that the memory and the time that a
 * hash takes are nobody's lever: what does not fit the short queue is refused at once.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_GUARD_H
#define LASTMILE_COLLECTOR_ACCESS_GUARD_H

#include "collector/registry/account_store.h"

#include <stdbool.h>

#define GUARD_PASSWORD_BYTES 96

/* A password to be held against a hash. The password is wiped when it is checked. */
struct guard_check {
    char hash[ACCOUNT_HASH_BYTES];
    char password[GUARD_PASSWORD_BYTES];
    bool matches;
    void *ctx; /* the asker's */
};

struct guard;

/* done is called in the guard's thread when a check is over, and for those that are dropped at the
 * end; the check is the asker's again then. NULL with errno. */
struct guard *guard_new(void (*done)(struct guard_check *check));
/* Every check that was taken is done when it returns. NULL is fine. */
void guard_free(struct guard *guard);

/* False when the queue is full: try later. One thread submits, so what it has room for it takes. */
bool guard_has_room(struct guard *guard);
void guard_submit(struct guard *guard, struct guard_check *check);

#endif
