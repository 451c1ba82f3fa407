/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A record names the subscriber, binds his addresses to his line while the session lasts, and says
 * how many octets it has carried so far: the growth since the record before goes to the cell.
 */
#include "probe/line/line_sessions.h"

#include "probe/line/line.h"
#include "probe/line/line_binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INTERIM_DEFAULT_NS UINT64_C(600000000000)
#define INTERIM_MIN_NS     UINT64_C(60000000000)
#define INTERIM_MAX_NS     UINT64_C(86400000000000)
#define SILENT_INTERVALS   3
#define NS_PER_S           UINT64_C(1000000000)
#define NAME_PART_BYTES    255 /* an attribute holds no more */

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

/* ---- names ---- */

struct joined {
    uint8_t bytes[2 * NAME_PART_BYTES + 1];
    size_t length;
};

static void join(struct joined *joined, const struct byte_range *part)
{
    size_t length = part->length < NAME_PART_BYTES ? part->length : NAME_PART_BYTES;
    if (part->bytes)
        memcpy(joined->bytes + joined->length, part->bytes, length);
    joined->length += length;
}

/* What is unique within a NAS, and the NAS before it, which is none without its length. */
static struct joined within_nas(const struct line_accounting *record, const struct byte_range *part)
{
    struct joined joined = {.length = 0};
    join(&joined, &record->nas);
    joined.bytes[joined.length] = (uint8_t)joined.length;
    joined.length++;
    if (part)
        join(&joined, part);
    return joined;
}

static uint64_t hash(const struct line_meter *meter, const struct joined *joined)
{
    return siphash13(&meter->seed, joined->bytes, joined->length);
}

/* The pseudonym of the best name in the record, NAS-Port-Id being a circuit's name, too. */
static uint64_t best_pseudonym(const struct line_meter *meter, const struct line_hint *hint,
                               enum line_key_kind *out_kind)
{
    const struct byte_range *name = NULL;
    *out_kind = line_best_name(hint, &name);
    bool port = *out_kind != LINE_KEY_CIRCUIT && !meter->ignore_port_id && hint->port_id.bytes &&
                line_name_length(&hint->port_id) > 0;
    if (port) {
        struct byte_range trimmed = {hint->port_id.bytes, line_name_length(&hint->port_id)};
        struct joined joined = within_nas(&hint->accounting, &trimmed);
        *out_kind = LINE_KEY_CIRCUIT;
        return pseudonym_of(meter->pseudonym, LINE_KEY_CIRCUIT, joined.bytes, joined.length);
    }
    if (*out_kind == LINE_KEY_NONE)
        return 0;
    return pseudonym_of(meter->pseudonym, *out_kind, name->bytes, line_name_length(name));
}

/* The line that an account had before its circuit was known. */
static uint32_t line_of_account(const struct line_meter *meter, const struct line_hint *hint)
{
    size_t length = line_name_length(&hint->account);
    if (!hint->account.bytes || length == 0)
        return KEY_MAP_NONE;
    return key_map_get(&meter->by_pseudonym, pseudonym_of(meter->pseudonym, LINE_KEY_ACCOUNT,
                                                          hint->account.bytes, length));
}

static uint32_t line_of_record(struct line_meter *meter, const struct line_hint *hint)
{
    enum line_key_kind kind = LINE_KEY_NONE;
    uint64_t pseudonym = best_pseudonym(meter, hint, &kind);
    if (pseudonym == 0)
        return LINE_NONE;
    uint32_t number = key_map_get(&meter->by_pseudonym, pseudonym);
    if (number == KEY_MAP_NONE) {
        uint32_t before = line_of_account(meter, hint);
        number = before != KEY_MAP_NONE ? line_rename(meter, before, pseudonym, kind) : LINE_NONE;
    }
    /* The record's own VLANs lead to a server: the line hangs where untagged lines do, until its
     * traffic shows tags. */
    return number != LINE_NONE ? number
                               : line_named(meter, pseudonym, kind, line_cell_of(meter, 0, 0));
}

/* ---- sessions ---- */

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

static struct line_session *session_of(struct line_meter *meter, const struct line_hint *hint,
                                       uint64_t key)
{
    struct line_session *session = line_sessions_find(&meter->sessions, key);
    if (hint->event == LINE_EVENT_ENDED || (session && hint->event != LINE_EVENT_STARTED))
        return session;
    uint32_t line = line_of_record(meter, hint);
    if (line == LINE_NONE)
        return NULL;
    if (session && session->line == line)
        return session; /* the start was sent again */
    if (session)        /* the NAS has begun to count its sessions anew */
        end_session(meter, session);
    session = line_sessions_add(&meter->sessions, key);
    if (!session) {
        meter->totals.sessions_not_stored++;
        return NULL;
    }
    struct joined nas = within_nas(&hint->accounting, NULL);
    session->nas = hash(meter, &nas);
    session->line = line;
    meter->totals.sessions_active++;
    return session;
}

void line_learn_accounting(struct line_meter *meter, const struct line_hint *hint,
                           uint64_t now_unix_ns)
{
    const struct line_accounting *record = &hint->accounting;
    if (meter->sessions.limit == 0)
        return;
    if (hint->event == LINE_EVENT_ALL_ENDED) {
        struct joined nas = within_nas(record, NULL);
        end_sessions_of(meter, hash(meter, &nas));
        return;
    }
    struct joined name = within_nas(record, &record->session);
    struct line_session *session = session_of(meter, hint, hash(meter, &name));
    if (!session || is_late(session, record))
        return;
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
        bool silent = now_unix_ns > session->seen_unix_ns &&
                      now_unix_ns - session->seen_unix_ns > SILENT_INTERVALS * session->interim_ns;
        if (silent || !(meter->lines[session->line].flags & LINE_IN_USE))
            end_session(meter, session);
    }
}
