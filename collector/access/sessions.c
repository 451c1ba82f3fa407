/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/sessions.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 1024

struct slot {
    uint8_t digest[DIGEST_BYTES];
    struct session session; /* account 0: free */
    uint64_t since_ns, used_ns;
};

struct sessions {
    uint64_t idle_ns, lifetime_ns;
    struct slot slots[SLOTS];
};

struct sessions *sessions_new(uint64_t idle_s, uint64_t lifetime_s)
{
    struct sessions *sessions = calloc(1, sizeof *sessions);
    if (sessions) {
        sessions->idle_ns = idle_s * CLOCK_NS_PER_S;
        sessions->lifetime_ns = lifetime_s * CLOCK_NS_PER_S;
    }
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    if (sessions)
        crypto_wipe(sessions, sizeof *sessions);
    free(sessions);
}

void sessions_add(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES],
                  struct session session, uint64_t now_ns)
{
    struct slot *place = &sessions->slots[0];
    for (size_t i = 0; i < SLOTS && place->session.account != 0; i++) {
        struct slot *slot = &sessions->slots[i];
        if (slot->session.account == 0 || slot->used_ns < place->used_ns)
            place = slot;
    }
    *place = (struct slot){.session = session, .since_ns = now_ns, .used_ns = now_ns};
    memcpy(place->digest, digest, DIGEST_BYTES);
}

static struct slot *find(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES])
{
    for (size_t i = 0; i < SLOTS; i++)
        if (sessions->slots[i].session.account != 0 &&
            crypto_equal(sessions->slots[i].digest, digest, DIGEST_BYTES))
            return &sessions->slots[i];
    return NULL;
}

bool sessions_find(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES],
                   uint64_t now_ns, struct session *out_session)
{
    struct slot *slot = find(sessions, digest);
    if (!slot)
        return false;
    if (now_ns - slot->used_ns >= sessions->idle_ns ||
        now_ns - slot->since_ns >= sessions->lifetime_ns) {
        *slot = (struct slot){.since_ns = 0};
        return false;
    }
    slot->used_ns = now_ns;
    *out_session = slot->session;
    return true;
}

void sessions_remove(struct sessions *sessions, const uint8_t digest[static DIGEST_BYTES])
{
    struct slot *slot = find(sessions, digest);
    if (slot)
        *slot = (struct slot){.since_ns = 0};
}
