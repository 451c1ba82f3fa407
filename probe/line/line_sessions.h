/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sessions of RADIUS accounting: which line each belongs to, which addresses it holds, how far its
 * octets have been counted. A table of fixed size. Inside probe/line only.
 */
#ifndef LASTMILE_PROBE_LINE_LINE_SESSIONS_H
#define LASTMILE_PROBE_LINE_LINE_SESSIONS_H

#include "probe/decode/line_hint.h"
#include "probe/line/key_map.h"

struct line_session {
    uint64_t key; /* keyed hash of NAS and session id; 0: a free place */
    uint64_t nas; /* keyed hash */
    uint64_t bindings[LINE_HINT_ADDRESSES];
    uint64_t octets[2]; /* of its last record; 0 down, 1 up */
    uint64_t seen_unix_ns, interim_ns;
    uint32_t session_s; /* of its last record */
    uint32_t line;
    uint32_t next_free;
    bool octets_known;
};

struct line_sessions {
    struct line_session *sessions;
    struct key_map by_key;
    uint32_t limit, high_water, first_free;
    uint64_t interim_ns; /* until a session's own is known */
};

/* 0 or -ENOMEM. */
int line_sessions_init(struct line_sessions *sessions, size_t limit, uint64_t interim_ns);
void line_sessions_fini(struct line_sessions *sessions);

/* NULL when there is none. */
struct line_session *line_sessions_find(const struct line_sessions *sessions, uint64_t key);
/* NULL when there is no room. */
struct line_session *line_sessions_add(struct line_sessions *sessions, uint64_t key);
void line_sessions_remove(struct line_sessions *sessions, struct line_session *session);

#endif
