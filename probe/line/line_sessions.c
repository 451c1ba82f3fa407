/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A record names the subscriber, binds his addresses to his line while the session lasts, and says
 * how many octets it has carried so far: the growth since the record before goes to the cell.
 */
#include "probe/line/line_sessions.h"

#include "probe/line/line.h"
#include "probe/line/line_binding.h"
#include "probe/line/line_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INTERIM_DEFAULT_NS UINT64_C(600000000000)
#define INTERIM_MIN_NS     UINT64_C(60000000000)
#define INTERIM_MAX_NS     UINT64_C(86400000000000)
#define SILENT_INTERVALS   3
#define NS_PER_S           UINT64_C(1000000000)

/* ---- the table ---- */

int line_sessions_init(struct line_sessions *sessions, size_t limit, uint64_t interim_ns)
{
    *sessions = (struct line_sessions){.limit = (uint32_t)limit, .first_free = KEY_MAP_NONE};
    sessions->interim_ns = interim_ns > 0 ? interim_ns : INTERIM_DEFAULT_NS;
    if (limit == 0)
        return 0;
    sessions->sessions = calloc(limit, sizeof *sessions->sessions);
    return sessions->sessions ? key_map_init(&sessions->by_key, limit) : -ENOMEM;
}

void line_sessions_fini(struct line_sessions *sessions)
{
    key_map_fini(&sessions->by_key);
    free(sessions->sessions);
    *sessions = (struct line_sessions){0};
}

struct line_session *line_sessions_find(const struct line_sessions *sessions, uint64_t key)
{
    uint32_t number = key_map_get(&sessions->by_key, key);
    return number != KEY_MAP_NONE ? &sessions->sessions[number] : NULL;
}

struct line_session *line_sessions_add(struct line_sessions *sessions, uint64_t key)
{
    uint32_t number = sessions->first_free;
    bool used_before = number != KEY_MAP_NONE;
    if (!used_before && sessions->high_water == sessions->limit)
        return NULL;
    if (!used_before)
        number = sessions->high_water;
    if (!key_map_put(&sessions->by_key, key, number))
        return NULL;
    struct line_session *session = &sessions->sessions[number];
    if (used_before)
        sessions->first_free = session->next_free;
    else
        sessions->high_water++;
    *session = (struct line_session){.key = key, .interim_ns = sessions->interim_ns};
    return session;
}

void line_sessions_remove(struct line_sessions *sessions, struct line_session *session)
{
    key_map_remove(&sessions->by_key, session->key);
    *session = (struct line_session){.next_free = sessions->first_free};
    sessions->first_free = (uint32_t)(session - sessions->sessions);
}

/* ---- sessions ---- */

static uint64_t key_of(const struct line_meter *meter, const struct line_accounting *record,
                       const struct byte_range *session)
{
    struct line_joined_name name = line_name_within_nas(record, session);
    return siphash13(&meter->seed, name.bytes, name.length);
}

static uint32_t owner_of(const struct line_meter *meter, const struct line_session *session)
{
    return (uint32_t)(session - meter->sessions.sessions) + 1;
}

/* What a later session has taken over stays its own, on the same line, too. */
static void unbind(struct line_meter *meter, struct line_session *session)
{
    for (size_t i = 0; i < LINE_HINT_ADDRESSES; i++)
        if (session->bindings[i] != 0 &&
            key_map_owner(&meter->by_binding, session->bindings[i]) == owner_of(meter, session))
            line_unbind(meter, session->bindings[i], session->line);
    memset(session->bindings, 0, sizeof session->bindings);
}

static void end_session(struct line_meter *meter, struct line_session *session)
{
    unbind(meter, session);
    line_sessions_remove(&meter->sessions, session);
    meter->totals.sessions_active--;
}

/* The record's addresses in place of those before; a record without any changes none. */
static void bind(struct line_meter *meter, const struct line_hint *hint,
                 struct line_session *session)
{
    if (hint->address_count == 0)
        return;
    unbind(meter, session);
    for (size_t i = 0; i < hint->address_count; i++)
        session->bindings[i] =
            line_bind_address(meter, &hint->addresses[i], session->line, owner_of(meter, session));
}

/* How far a counter of octets went on. Without Gigawords it wraps at 2^32, once between records of
 * which the later is known by its Acct-Session-Time; any other step back says nothing. */
static uint64_t growth(const struct line_session *session, const struct line_accounting *record,
                       unsigned way)
{
    uint64_t now = record->octets[way], then = session->octets[way];
    if (now >= then)
        return now - then;
    bool wrapped =
        !record->gigawords_known && then <= UINT32_MAX && record->session_s > session->session_s;
    return wrapped ? (uint32_t)(now - then) : 0;
}

static bool is_late(const struct line_session *session, const struct line_accounting *record)
{
    return session->octets_known && record->session_s < session->session_s;
}

static void count_octets(struct line_meter *meter, const struct line_hint *hint,
                         struct line_session *session)
{
    const struct line_accounting *record = &hint->accounting;
    if (!record->octets_known && hint->event != LINE_EVENT_STARTED)
        return;
    const struct line *line = &meter->lines[session->line];
    if (session->octets_known && line->cell != LINE_SUPPRESSED) {
        struct cell_counts *cell = &meter->counts->counts[line->cell];
        cell->used = cell->accounted = true;
        for (unsigned way = 0; way < 2; way++)
            cell->accounted_octets[way] += growth(session, record, way);
    }
    memcpy(session->octets, record->octets, sizeof session->octets);
    session->session_s = record->session_s;
    session->octets_known = true;
}

static void note_time(struct line_session *session, const struct line_accounting *record,
                      uint64_t now_unix_ns)
{
    uint64_t interim = record->interim_s * NS_PER_S;
    if (interim == 0 && session->seen_unix_ns != 0 && now_unix_ns > session->seen_unix_ns)
        interim = now_unix_ns - session->seen_unix_ns;
    if (interim >= INTERIM_MIN_NS) /* sooner comes only what is sent again */
        session->interim_ns = interim < INTERIM_MAX_NS ? interim : INTERIM_MAX_NS;
    session->seen_unix_ns = now_unix_ns;
}

static void end_sessions_of(struct line_meter *meter, uint64_t nas)
{
    struct line_sessions *sessions = &meter->sessions;
    for (uint32_t i = 0; i < sessions->high_water; i++)
        if (sessions->sessions[i].key != 0 && sessions->sessions[i].nas == nas)
            end_session(meter, &sessions->sessions[i]);
}

/* What the record's addresses are leased to. */
static uint32_t line_of_leases(const struct line_meter *meter, const struct line_hint *hint,
                               uint64_t now_unix_ns)
{
    for (size_t i = 0; i < hint->address_count; i++) {
        uint64_t binding = line_prefix_binding(meter, &hint->addresses[i]);
        uint32_t number = line_of_binding(meter, binding, now_unix_ns);
        if (number != LINE_NONE && key_map_owner(&meter->by_binding, binding) & LINE_LEASE)
            return number;
    }
    return LINE_NONE;
}

/* The record's own VLANs lead to a server: the line hangs where untagged lines do, until its
 * traffic shows tags. */
static uint32_t line_of_record(struct line_meter *meter, const struct line_hint *hint,
                               uint32_t before, uint64_t now_unix_ns)
{
    uint32_t leased = line_of_leases(meter, hint, now_unix_ns);
    struct line_message message = line_names_of(meter, hint);
    uint32_t number = line_known_as(meter, &message, before);
    if (message.count == 0)
        number = before != LINE_NONE ? before : leased;
    uint32_t joined =
        number != LINE_NONE && leased != LINE_NONE ? line_join(meter, leased, number) : LINE_NONE;
    return joined != LINE_NONE ? joined : number;
}

static struct line_session *begin_session(struct line_meter *meter, const struct line_hint *hint,
                                          uint64_t key, uint32_t line)
{
    struct line_session *session = line_sessions_add(&meter->sessions, key);
    if (!session) {
        meter->totals.sessions_not_stored++;
        return NULL;
    }
    session->nas = key_of(meter, &hint->accounting, NULL);
    session->line = line;
    meter->totals.sessions_active++;
    return session;
}

/* A later record may name the session's line better; where it names another one, the NAS has begun
 * to count its sessions anew. */
static struct line_session *session_of(struct line_meter *meter, const struct line_hint *hint,
                                       uint64_t key, uint64_t now_unix_ns)
{
    struct line_session *session = line_sessions_find(&meter->sessions, key);
    if (hint->event == LINE_EVENT_ENDED)
        return session;
    uint32_t before = session ? line_now(meter, session->line) : LINE_NONE;
    uint32_t line = line_of_record(meter, hint, before, now_unix_ns);
    if (line == LINE_NONE)
        return session;
    if (session && line_now(meter, before) == line) {
        session->line = line;
        return session;
    }
    if (session)
        end_session(meter, session);
    return begin_session(meter, hint, key, line);
}

void line_learn_accounting(struct line_meter *meter, const struct line_hint *hint,
                           uint64_t now_unix_ns)
{
    const struct line_accounting *record = &hint->accounting;
    if (meter->sessions.limit == 0)
        return;
    if (hint->event == LINE_EVENT_ALL_ENDED) {
        end_sessions_of(meter, key_of(meter, record, NULL));
        return;
    }
    uint64_t key = key_of(meter, record, &record->session);
    struct line_session *session = session_of(meter, hint, key, now_unix_ns);
    if (!session || is_late(session, record))
        return;
    session->line = line_now(meter, session->line);
    line_note_session(meter, session->line, now_unix_ns);
    note_time(session, record, now_unix_ns);
    count_octets(meter, hint, session);
    if (hint->event == LINE_EVENT_ENDED)
        end_session(meter, session);
    else
        bind(meter, hint, session);
}

void line_expire_sessions(struct line_meter *meter, uint64_t now_unix_ns)
{
    struct line_sessions *sessions = &meter->sessions;
    for (uint32_t i = 0; i < sessions->high_water; i++) {
        struct line_session *session = &sessions->sessions[i];
        if (session->key == 0)
            continue;
        session->line = line_now(meter, session->line);
        bool silent = now_unix_ns > session->seen_unix_ns &&
                      now_unix_ns - session->seen_unix_ns > SILENT_INTERVALS * session->interim_ns;
        if (silent)
            end_session(meter, session);
        else if (now_unix_ns > meter->lines[session->line].seen_unix_ns)
            meter->lines[session->line].seen_unix_ns = now_unix_ns; /* as long as it lasts */
    }
}
