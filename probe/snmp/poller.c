/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/poller.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/snmp/gather.h"
#include "probe/snmp/rates.h"
#include "probe/snmp/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS_DEFAULT   30000
#define TIMEOUT_MS_DEFAULT    2000
#define REPETITIONS_DEFAULT   25
#define BACKOFF_MAX           5 /* doublings of the interval for a device that stays silent */
#define BACKOFF_NS_MAX        (UINT64_C(1800) * CLOCK_NS_PER_S)
#define PASSPHRASE_LENGTH_MIN 8 /* RFC 3414 §11.2 */
#define TICK_NS               (UINT64_C(100) * CLOCK_NS_PER_MS)

const struct conf_name poller_version_names[] = {
    {"2c", POLLER_V2C}, {"1", POLLER_V1}, {"3", POLLER_V3}, {NULL, 0}};
const struct conf_name poller_auth_names[] = {{"none", POLLER_AUTH_NONE},
                                              {"MD5", POLLER_AUTH_MD5},
                                              {"SHA", POLLER_AUTH_SHA1},
                                              {"SHA-1", POLLER_AUTH_SHA1},
                                              {"SHA-224", POLLER_AUTH_SHA224},
                                              {"SHA-256", POLLER_AUTH_SHA256},
                                              {"SHA-384", POLLER_AUTH_SHA384},
                                              {"SHA-512", POLLER_AUTH_SHA512},
                                              {NULL, 0}};
const struct conf_name poller_privacy_names[] = {
    {"none", POLLER_PRIVACY_NONE},      {"AES", POLLER_PRIVACY_AES128},
    {"AES-128", POLLER_PRIVACY_AES128}, {"AES-192", POLLER_PRIVACY_AES192},
    {"AES-256", POLLER_PRIVACY_AES256}, {NULL, 0}};

/* One device. While gather is there, it is being polled. */
struct device {
    struct poller_target target;
    const struct profile *forced;
    struct walk_pace pace;
    struct session *session; /* kept from poll to poll */
    struct gather *gather;
    struct rates *rates;
    bool waiting;    /* a question is in flight */
    bool was_silent; /* for logging changes only */
    unsigned failures;
    uint64_t due_ns, started_ns, tick_ns;
    size_t fd_place; /* in the array of the last poller_prepare */
};

struct poller {
    const struct profile_set *profiles;
    poller_snapshot_fn on_snapshot;
    void *ctx;
    struct device **devices;
    size_t count, capacity, active;
    size_t first; /* where the next round of starts begins, so that all get their turn */
    uint64_t random;
    const struct gather_listener *listener; /* or NULL */
};

struct poller *poller_new(const struct profile_set *profiles, poller_snapshot_fn on_snapshot,
                          void *ctx)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (poller)
        *poller = (struct poller){.profiles = profiles,
                                  .on_snapshot = on_snapshot,
                                  .ctx = ctx,
                                  .random = clock_mono_ns() | 1};
    return poller;
}

void poller_listen(struct poller *poller, const struct gather_listener *listener)
{
    poller->listener = listener;
}

static void free_device(struct device *device)
{
    session_close(device->session);
    gather_free(device->gather);
    rates_free(device->rates);
    explicit_bzero(&device->target, sizeof device->target);
    free(device);
}

void poller_free(struct poller *poller)
{
    if (!poller)
        return;
    for (size_t i = 0; i < poller->count; i++)
        free_device(poller->devices[i]);
    free(poller->devices);
    free(poller);
}

/* xorshift64: spreads polls, hides nothing. */
static uint64_t random_below(struct poller *poller, uint64_t bound)
{
    poller->random ^= poller->random << 13;
    poller->random ^= poller->random >> 7;
    poller->random ^= poller->random << 17;
    return bound ? poller->random % bound : 0;
}

static int check_target(const struct poller *poller, const struct poller_target *target)
{
    bool v3 = target->version == POLLER_V3;
    if (target->name[0] == '\0' || target->address[0] == '\0' || (v3 && target->user[0] == '\0') ||
        target->rule_count > POLLER_RULES_MAX)
        return -EINVAL;
    if (v3 && target->auth != POLLER_AUTH_NONE &&
        strlen(target->auth_passphrase) < PASSPHRASE_LENGTH_MIN)
        return -EINVAL;
    if (v3 && target->privacy != POLLER_PRIVACY_NONE &&
        (target->auth == POLLER_AUTH_NONE ||
         strlen(target->privacy_passphrase) < PASSPHRASE_LENGTH_MIN))
        return -EINVAL;
    if (target->profile[0] != '\0' && !profile_set_find(poller->profiles, target->profile))
        return -EINVAL;
    for (size_t i = 0; i < poller->count; i++)
        if (strcmp(poller->devices[i]->target.name, target->name) == 0)
            return -EEXIST;
    return 0;
}

static void set_defaults(struct poller_target *target)
{
    if (target->deadline_ms == 0)
        target->deadline_ms = DEADLINE_MS_DEFAULT;
    if (target->timeout_ms == 0)
        target->timeout_ms = TIMEOUT_MS_DEFAULT;
    if (target->timeout_ms > target->deadline_ms)
        target->timeout_ms = target->deadline_ms;
    if (target->max_repetitions == 0)
        target->max_repetitions = REPETITIONS_DEFAULT;
    if (target->max_repetitions > WALK_REPETITIONS_MAX)
        target->max_repetitions = WALK_REPETITIONS_MAX;
}

static int make_room(struct poller *poller)
{
    if (poller->count < poller->capacity)
        return 0;
    size_t capacity = poller->capacity ? poller->capacity * 2 : 16;
    struct device **devices = realloc(poller->devices, capacity * sizeof(struct device *));
    if (!devices)
        return -ENOMEM;
    poller->devices = devices;
    poller->capacity = capacity;
    return 0;
}

int poller_add(struct poller *poller, const struct poller_target *target, uint64_t now_mono_ns)
{
    int status = check_target(poller, target);
    if (status == 0)
        status = make_room(poller);
    if (status != 0)
        return status;
    struct device *device = calloc(1, sizeof *device);
    if (!device)
        return -ENOMEM;
    device->target = *target;
    set_defaults(&device->target);
    device->forced =
        target->profile[0] != '\0' ? profile_set_find(poller->profiles, target->profile) : NULL;
    device->pace = (struct walk_pace){.repetitions = device->target.max_repetitions,
                                      .get_next_only = target->version == POLLER_V1};
    device->rates = rates_new(device->target.rules, device->target.rule_count);
    if (!device->rates) {
        free_device(device);
        return -ENOMEM;
    }
    /* The first poll is soon; the spread of the first ones is that of all that follow. */
    uint64_t spread_ns = target->interval_ms * CLOCK_NS_PER_MS / 10;
    device->due_ns = now_mono_ns + random_below(poller, poller->count == 0 ? 0 : spread_ns);
    poller->devices[poller->count++] = device;
    return 0;
}

/* When the next poll is: on the grid of its interval, later for those that stay silent. */
static void schedule(struct poller *poller, struct device *device, bool failed, uint64_t now_ns)
{
    uint64_t interval_ns = device->target.interval_ms * CLOCK_NS_PER_MS;
    if (interval_ns == 0) {
        device->due_ns = UINT64_MAX;
        return;
    }
    device->failures = failed ? device->failures + 1 : 0;
    unsigned doublings = device->failures > 1 ? device->failures - 1 : 0;
    uint64_t wait_ns = interval_ns << (doublings < BACKOFF_MAX ? doublings : BACKOFF_MAX);
    if (doublings > 0 && wait_ns > BACKOFF_NS_MAX)
        wait_ns = interval_ns > BACKOFF_NS_MAX ? interval_ns : BACKOFF_NS_MAX;
    if (doublings > 0)
        wait_ns += random_below(poller, wait_ns / 8);
    device->due_ns = device->started_ns + wait_ns;
    if (device->due_ns <= now_ns)
        device->due_ns = now_ns + random_below(poller, interval_ns / 10);
}

/* One line when a device falls silent and one when it answers again, none between. */
static void log_change(struct device *device, const struct device_snapshot *snapshot)
{
    bool silent = snapshot->outcome == POLL_FAILED;
    if (silent && !device->was_silent)
        log_warn("snmp", "a device does not answer name=%s reason=\"%s\"", device->target.name,
                 snapshot->reason);
    if (!silent && device->was_silent)
        log_info("snmp", "a device answers again name=%s", device->target.name);
    device->was_silent = silent;
}

static void finish(struct poller *poller, struct device *device, uint64_t now_ns)
{
    struct device_snapshot *snapshot = device_snapshot_new();
    bool whole = snapshot && gather_finish(device->gather, snapshot) == 0;
    if (whole && snapshot->outcome != POLL_FAILED)
        whole = rates_update(device->rates, gather_values(device->gather), now_ns, snapshot) == 0;
    device->pace = gather_pace(device->gather);
    gather_free(device->gather);
    device->gather = NULL;
    poller->active--;
    if (device->waiting || (whole && snapshot->outcome == POLL_FAILED)) {
        session_close(device->session); /* what is in flight is not for the next poll */
        device->session = NULL;
        device->waiting = false;
    }
    uint64_t lateness_ns = device->started_ns - device->due_ns; /* due_ns is set anew */
    schedule(poller, device, !whole || snapshot->outcome == POLL_FAILED, now_ns);
    if (!whole) {
        device_snapshot_free(snapshot);
        log_error("snmp", "a poll is lost: out of memory name=%s", device->target.name);
        return;
    }
    memcpy(snapshot->name, device->target.name, sizeof snapshot->name);
    snapshot->polled_unix_ns = clock_unix_ns();
    snapshot->duration_ns = now_ns - device->started_ns;
    snapshot->lateness_ns = lateness_ns;
    log_change(device, snapshot);
    poller->on_snapshot(poller->ctx, snapshot);
}

static void on_answer(void *ctx, const struct source_answer *answer)
{
    struct device *device = ctx;
    device->waiting = false;
    gather_answer(device->gather, answer);
}

/* Asks until a question is in flight or the poll has ended. */
static void go_on(struct poller *poller, struct device *device, uint64_t now_ns)
{
    struct source_request request;
    while (!device->waiting) {
        if (!gather_request(device->gather, &request)) {
            finish(poller, device, now_ns);
            return;
        }
        device->waiting = true;
        device->tick_ns = now_ns + TICK_NS;
        (void)session_send(device->session, &request); /* none is in flight */
    }
}

static void start(struct poller *poller, struct device *device, uint64_t now_ns)
{
    device->started_ns = now_ns;
    device->gather = gather_new(poller->profiles, device->forced, &device->pace);
    if (!device->gather) {
        schedule(poller, device, true, now_ns);
        return;
    }
    if (poller->listener)
        gather_listen(device->gather, poller->listener);
    poller->active++;
    if (!device->session)
        device->session = session_open(&device->target, on_answer, device);
    if (!device->session) {
        gather_stop(device->gather, source_status_text(SOURCE_REFUSED));
        finish(poller, device, now_ns);
        return;
    }
    go_on(poller, device, now_ns);
}

static uint64_t deadline_ns(const struct device *device)
{
    return device->started_ns + device->target.deadline_ms * CLOCK_NS_PER_MS;
}

size_t poller_prepare(struct poller *poller, struct pollfd *fds, size_t max, uint64_t now_mono_ns,
                      uint64_t *out_timeout_ns)
{
    uint64_t next_ns = UINT64_MAX;
    size_t filled = 0;
    for (size_t n = 0; n < poller->count; n++) {
        struct device *device = poller->devices[(poller->first + n) % poller->count];
        if (!device->gather && device->due_ns <= now_mono_ns && poller->active < max)
            start(poller, device, now_mono_ns);
        device->fd_place = SIZE_MAX;
        uint64_t due_ns = device->due_ns;
        if (device->gather) {
            due_ns = device->tick_ns < deadline_ns(device) ? device->tick_ns : deadline_ns(device);
            if (filled < max) {
                device->fd_place = filled;
                fds[filled++] =
                    (struct pollfd){.fd = session_descriptor(device->session), .events = POLLIN};
            }
        }
        if (due_ns < next_ns)
            next_ns = due_ns;
    }
    if (poller->count > 0)
        poller->first = (poller->first + 1) % poller->count;
    bool overdue = next_ns <= now_mono_ns && next_ns != UINT64_MAX;
    *out_timeout_ns = next_ns == UINT64_MAX ? UINT64_MAX : overdue ? 0 : next_ns - now_mono_ns;
    if (overdue && poller->active >= max)
        *out_timeout_ns = TICK_NS; /* due, but all places are taken: no busy waiting */
    return filled;
}

void poller_service(struct poller *poller, const struct pollfd *fds, size_t count,
                    uint64_t now_mono_ns)
{
    for (size_t i = 0; i < poller->count; i++) {
        struct device *device = poller->devices[i];
        if (!device->gather)
            continue;
        if (device->fd_place < count && fds[device->fd_place].revents != 0)
            session_read(device->session);
        else if (now_mono_ns >= device->tick_ns) {
            device->tick_ns = now_mono_ns + TICK_NS;
            session_tick(device->session);
        }
        if (now_mono_ns >= deadline_ns(device))
            gather_stop(device->gather, GATHER_LATE);
        if (!device->waiting)
            go_on(poller, device, now_mono_ns);
        else if (now_mono_ns >= deadline_ns(device))
            finish(poller, device, now_mono_ns);
    }
}

size_t poller_active(const struct poller *poller)
{
    return poller->active;
}

size_t poller_count(const struct poller *poller)
{
    return poller->count;
}
