/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who is logged in: a table in memory of fixed size, known by the digests of what their cookies
 * say. Time is an argument. A restart ends all sessions. One thread.
 */
#ifndef LASTMILE_COLLECTOR_ACCESS_SESSIONS_H
#define LASTMILE_COLLECTOR_ACCESS_SESSIONS_H

#include "collector/access/crypto.h"

struct sessions;

struct session {
    int64_t account, revision; /* as at the login; another revision is no login any more */
};

/* NULL when memory is out. */
struct sessions *sessions_new(uint64_t idle_s, uint64_t lifetime_s);
void sessions_free(struct sessions *sessions);

/* Where the table is full, the one that was used longest ago makes room. */
void sessions_add(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES],
                  struct session session, uint64_t now_ns);
/* False for what is not known, was idle too long, or is too old. Found is used. */
bool sessions_find(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES],
                   uint64_t now_ns, struct session *out_session);
void sessions_remove(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES]);

#endif
