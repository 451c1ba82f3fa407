/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/poller.h"

#include "common/clock.h"
#include "common/histogram.h"
#include "common/log.h"
#include "probe/snmp/gather.h"
#include "probe/snmp/rates.h"
#include "probe/snmp/session.h"
#include "probe/snmp/slots.h"
#include "probe/snmp/target.h"
#include "probe/snmp/wake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SPACING_NS  (UINT64_C(2) * CLOCK_NS_PER_MS)
#define STARTS_MAX        256 /* at once, before answers are read again */
#define RESOLVE_AGAIN     8   /* failures in a row before a name is looked up anew: it may block */
#define HEAVY_MS_ONCE     600000
#define GATHER_TABLE_LATE "out of time for one table; the rows so far are kept"

/* One device. While gather is there, it is being polled. */
struct device {
    struct wake wake;
    struct poller *poller;
    struct poller_target target;
    const struct profile *forced;
    struct walk_pace pace;
    struct gather_memory memory;
    struct session *session; /* kept from poll to poll */
    struct gather *gather;
    struct rates *rates;
    bool waiting;              /* a question is in flight */
    bool ready;                /* in the list of those to go on with */
    bool was_silent, was_slow; /* for logging changes only */
    bool cut_short;            /* this poll has met its deadline */
    uint64_t phase;
    uint64_t due_ns, started_ns, deadline_ns;
    uint64_t pause_until_ns;   /* between questions of a heavy table */
    uint64_t table_started_ns; /* of the table below */
    size_t table;
    struct device *next_ready;
    struct poller_health health;
};

/* Names, by hash: open addressing, a power of two, at most half full. */
struct name_index {
    struct device **places;
    size_t capacity;
};

struct poller {
    const struct profile_set *profiles;
    poller_snapshot_fn on_snapshot;
    void *ctx;
    struct session_hub *hub;
    struct device **devices;
    size_t count, capacity, active;
    struct name_index names;
    struct wake_heap wakes;
    struct device *ready; /* whose answer has come */
    uint64_t now_ns;      /* as the caller last said */
    uint64_t epoch_ns;    /* where slots begin */
    uint64_t random;
    struct poller_totals totals;
    struct histogram lateness;
    const struct gather_listener *listener; /* or NULL */
};

struct poller *poller_new(const struct profile_set *profiles, poller_snapshot_fn on_snapshot,
                          void *ctx)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (!poller)
        return NULL;
    poller->profiles = profiles;
    poller->on_snapshot = on_snapshot;
    poller->ctx = ctx;
    poller->random = clock_mono_ns() | 1;
    poller->hub = session_hub_new();
    if (!poller->hub) {
        poller_free(poller);
        return NULL;
    }
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
    session_hub_free(poller->hub);
    wake_heap_fini(&poller->wakes);
    free(poller->names.places);
    free(poller->devices);
    free(poller);
}

/* xorshift64: spreads polls, hides nothing. */
static uint64_t next_random(struct poller *poller)
{
    poller->random ^= poller->random << 13;
    poller->random ^= poller->random >> 7;
    poller->random ^= poller->random << 17;
    return poller->random;
}

/* The place of a name, taken or free. */
static struct device **place_of(const struct name_index *names, const char *name)
{
    size_t i = (size_t)slots_hash(name) & (names->capacity - 1);
    while (names->places[i] && strcmp(names->places[i]->target.name, name) != 0)
        i = (i + 1) & (names->capacity - 1);
    return &names->places[i];
}

static int grow_names(struct poller *poller, size_t capacity)
{
    struct name_index larger = {.places = calloc(capacity, sizeof(struct device *)),
                                .capacity = capacity};
    if (!larger.places)
        return -ENOMEM;
    for (size_t i = 0; i < poller->count; i++)
        *place_of(&larger, poller->devices[i]->target.name) = poller->devices[i];
    free(poller->names.places);
    poller->names = larger;
    return 0;
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
    return grow_names(poller, capacity * 2);
}

static struct device *new_device(struct poller *poller, const struct poller_target *target)
{
    struct device *device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    device->poller = poller;
    device->wake.owner = device;
    device->target = *target;
    target_set_defaults(&device->target);
    device->health.name = device->target.name;
    device->phase = slots_hash(target->name);
    device->forced =
        target->profile[0] != '\0' ? profile_set_find(poller->profiles, target->profile) : NULL;
    device->pace = (struct walk_pace){.repetitions = device->target.max_repetitions,
                                      .get_next_only = target->version == POLLER_V1};
    device->rates = rates_new(device->target.rules, device->target.rule_count);
    if (!device->rates) {
        free_device(device);
        return NULL;
    }
    return device;
}

static uint64_t interval_of(const struct device *device)
{
    return device->target.interval_ms * CLOCK_NS_PER_MS;
}

int poller_add(struct poller *poller, const struct poller_target *target, uint64_t now_mono_ns)
{
    int status = target_check(target, poller->profiles);
    if (status == 0)
        status = make_room(poller);
    if (status != 0)
        return status;
    struct device **place = place_of(&poller->names, target->name);
    if (*place)
        return -EEXIST;
    if (poller->count == 0)
        poller->epoch_ns = now_mono_ns;
    struct device *device = new_device(poller, target);
    if (!device)
        return -ENOMEM;
    device->due_ns = now_mono_ns + poller->count * FIRST_SPACING_NS;
    if (interval_of(device) > 0) {
        uint64_t slot_ns =
            slots_next(poller->epoch_ns, interval_of(device), device->phase, now_mono_ns);
        if (slot_ns < device->due_ns)
            device->due_ns = slot_ns;
    }
    device->wake.at_ns = device->due_ns;
    if (wake_heap_add(&poller->wakes, &device->wake) != 0) {
        free_device(device);
        return -ENOMEM;
    }
    poller->devices[poller->count++] = device;
    *place = device;
    return 0;
}

/* When the next poll is: in its slot, later for those that stay silent. */
static void schedule(struct device *device, bool failed)
{
    struct poller *poller = device->poller;
    uint64_t interval_ns = interval_of(device);
    uint64_t now_ns = poller->now_ns;
    device->health.failures = failed ? device->health.failures + 1 : 0;
    if (interval_ns == 0) {
        device->due_ns = UINT64_MAX;
        return;
    }
    uint64_t wait_ns = slots_backoff(interval_ns, device->health.failures, next_random(poller));
    uint64_t next_ns = device->started_ns + wait_ns;
    if (wait_ns == 0) { /* the first poll of all may have been anywhere in the interval */
        uint64_t regular_ns = slots_next(poller->epoch_ns, interval_ns, device->phase,
                                         device->started_ns + interval_ns / 2);
        next_ns = regular_ns;
        if (next_ns < now_ns)
            next_ns = slots_next(poller->epoch_ns, interval_ns, device->phase, now_ns);
        device->health.missed += (next_ns - regular_ns) / interval_ns;
        poller->totals.missed += (next_ns - regular_ns) / interval_ns;
    }
    device->due_ns = next_ns > now_ns ? next_ns : now_ns;
}

/* One line when a device falls silent and one when it answers again, none between; the same for
 * one that is slow. */
static void log_change(struct device *device, const struct device_snapshot *snapshot)
{
    bool silent = snapshot->outcome == POLL_FAILED;
    bool slow = !silent && device->cut_short;
    if (silent && !device->was_silent)
        log_warn("snmp", "a device does not answer name=%s reason=\"%s\"", device->target.name,
                 snapshot->reason);
    if (!silent && device->was_silent)
        log_info("snmp", "a device answers again name=%s", device->target.name);
    if (slow && !device->was_slow)
        log_warn("snmp", "a device is slow: its polls are cut short name=%s", device->target.name);
    if (!silent && !slow && device->was_slow)
        log_info("snmp", "a device is in time again name=%s", device->target.name);
    device->was_silent = silent;
    device->was_slow = silent ? device->was_slow : slow;
}

/* A session is kept; but v3 begins anew after a failure (an agent that restarts has another time),
 * and names are looked up again now and then. */
static void rest_session(struct device *device, bool failed)
{
    bool v3 = device->target.version == POLLER_V3;
    bool anew = v3 ? failed || device->waiting
                   : failed && device->health.failures % RESOLVE_AGAIN == RESOLVE_AGAIN - 1;
    if (device->session && device->waiting && !anew)
        (void)session_drop(device->session); /* only v3 cannot */
    if (anew) {
        session_close(device->session);
        device->session = NULL;
    }
    device->waiting = false;
}

static void count(struct device *device, const struct device_snapshot *snapshot)
{
    struct poller_totals *totals = &device->poller->totals;
    struct poller_health *health = &device->health;
    totals->polls++;
    totals->complete += snapshot->outcome == POLL_COMPLETE;
    totals->partial += snapshot->outcome == POLL_PARTIAL;
    totals->failed += snapshot->outcome == POLL_FAILED;
    totals->requests += snapshot->requests;
    totals->varbinds += snapshot->varbinds;
    totals->timeouts += snapshot->timeouts;
    health->polls++;
    health->partial += snapshot->outcome == POLL_PARTIAL;
    health->failed += snapshot->outcome == POLL_FAILED;
    health->outcome = snapshot->outcome;
    health->duration_ns = snapshot->duration_ns;
    health->lateness_ns = snapshot->lateness_ns;
    health->requests = snapshot->requests;
    health->varbinds = snapshot->varbinds;
    health->timeouts = snapshot->timeouts;
}

static void finish(struct device *device)
{
    struct poller *poller = device->poller;
    uint64_t now_ns = poller->now_ns;
    struct device_snapshot *snapshot = device_snapshot_new();
    bool whole = snapshot && gather_finish(device->gather, snapshot) == 0;
    if (whole && snapshot->outcome != POLL_FAILED)
        whole = rates_update(device->rates, gather_values(device->gather), now_ns, snapshot) == 0;
    device->pace = gather_pace(device->gather);
    gather_memorise(device->gather, &device->memory);
    gather_free(device->gather);
    device->gather = NULL;
    poller->active--;
    bool failed = !whole || snapshot->outcome == POLL_FAILED;
    rest_session(device, failed);
    uint64_t lateness_ns = device->started_ns - device->due_ns; /* due_ns is set anew */
    schedule(device, failed);
    if (!whole) {
        device_snapshot_free(snapshot);
        log_error("snmp", "a poll is lost: out of memory name=%s", device->target.name);
        return;
    }
    memcpy(snapshot->name, device->target.name, sizeof snapshot->name);
    snapshot->polled_unix_ns = clock_unix_ns();
    snapshot->duration_ns = now_ns - device->started_ns;
    snapshot->lateness_ns = lateness_ns;
    count(device, snapshot);
    log_change(device, snapshot);
    poller->on_snapshot(poller->ctx, snapshot);
}

static void on_answer(void *ctx, const struct source_answer *answer)
{
    struct device *device = ctx;
    struct poller *poller = device->poller;
    device->waiting = false;
    if (gather_is_heavy(device->gather))
        device->pause_until_ns = poller->now_ns + device->target.heavy_pause_ms * CLOCK_NS_PER_MS;
    gather_answer(device->gather, answer);
    if (device->ready)
        return;
    device->ready = true;
    device->next_ready = poller->ready;
    poller->ready = device;
}

/* Tables have their own time, and heavy ones more of it than the deadline: all else is there by
 * then. */
static void watch_table(struct device *device)
{
    uint64_t now_ns = device->poller->now_ns;
    size_t table = gather_table(device->gather);
    if (table == device->table)
        return;
    device->table = table;
    device->table_started_ns = now_ns;
    uint64_t heavy_ns = device->target.interval_ms > 0 ? interval_of(device) / 4 * 3
                                                       : HEAVY_MS_ONCE * CLOCK_NS_PER_MS;
    if (gather_is_heavy(device->gather) && device->deadline_ns < device->started_ns + heavy_ns)
        device->deadline_ns = device->started_ns + heavy_ns;
}

static bool is_table_late(const struct device *device)
{
    return device->table != 0 && device->table == gather_table(device->gather) &&
           !gather_is_heavy(device->gather) &&
           device->poller->now_ns - device->table_started_ns >=
               device->target.table_ms * CLOCK_NS_PER_MS;
}

static void ask(struct device *device, struct source_request *request)
{
    watch_table(device);
    if (device->health.failures > 0 && device->table == 0)
        request->impatient = true; /* a silent device costs one datagram a poll */
    device->waiting = true;
    (void)session_send(device->session, request, device->poller->now_ns); /* none is in flight */
}

/* Asks until a question is in flight, a pause is due or the poll has ended. */
static void go_on(struct device *device)
{
    struct source_request request;
    uint64_t now_ns = device->poller->now_ns;
    while (!device->waiting) {
        if (now_ns >= device->deadline_ns) {
            device->cut_short = true;
            gather_stop(device->gather, GATHER_LATE);
        } else if (is_table_late(device))
            gather_skip_table(device->gather, GATHER_TABLE_LATE);
        else if (gather_is_heavy(device->gather) && now_ns < device->pause_until_ns)
            return;
        if (!gather_request(device->gather, &request)) {
            finish(device);
            return;
        }
        ask(device, &request);
    }
}

static void set_wake(struct device *device)
{
    uint64_t at_ns = device->due_ns;
    if (device->gather) {
        at_ns = device->waiting ? session_wake_ns(device->session) : device->pause_until_ns;
        if (device->deadline_ns < at_ns)
            at_ns = device->deadline_ns;
    }
    wake_heap_set(&device->poller->wakes, &device->wake, at_ns);
}

static bool heavy_hour(const struct poller_target *target)
{
    uint64_t city_s = clock_unix_ns() / CLOCK_NS_PER_S + CLOCK_CITY_UTC_OFFSET_S;
    unsigned hour = (unsigned)(city_s / 3600 % 24);
    unsigned from = target->heavy_from_hour;
    unsigned to = target->heavy_to_hour;
    return from == to || (from < to ? hour >= from && hour < to : hour >= from || hour < to);
}

static void start(struct device *device)
{
    struct poller *poller = device->poller;
    uint64_t lateness_ns = poller->now_ns - device->due_ns;
    histogram_add(&poller->lateness, lateness_ns);
    if (lateness_ns > poller->totals.lateness_max_ns)
        poller->totals.lateness_max_ns = lateness_ns;
    device->started_ns = poller->now_ns;
    device->deadline_ns = device->started_ns + device->target.deadline_ms * CLOCK_NS_PER_MS;
    device->cut_short = false;
    device->table = 0;
    device->gather = gather_new(poller->profiles, device->forced, &device->pace);
    if (!device->gather) {
        schedule(device, true);
        return;
    }
    if (poller->listener)
        gather_listen(device->gather, poller->listener);
    gather_recall(device->gather, &device->memory);
    gather_set_heavy(device->gather, heavy_hour(&device->target));
    if (device->target.rule_count > 0)
        gather_set_roles(device->gather, rates_wants_stack(device->rates, poller->now_ns));
    poller->active++;
    if (!device->session)
        device->session = session_open(poller->hub, &device->target, on_answer, device);
    if (!device->session) {
        gather_stop(device->gather, source_status_text(SOURCE_REFUSED));
        finish(device);
        return;
    }
    go_on(device);
}

/* A device's time has come: its slot, a request without an answer, a pause's end, its deadline. */
static void wake(struct device *device)
{
    if (!device->gather)
        start(device);
    else if (device->waiting && device->poller->now_ns >= device->deadline_ns) {
        device->cut_short = true;
        gather_stop(device->gather, GATHER_LATE);
        finish(device);
    } else if (device->waiting)
        session_tick(device->session, device->poller->now_ns);
    else
        go_on(device);
    set_wake(device);
}

/* Goes on with those whose answer has come. */
static void serve_ready(struct poller *poller)
{
    while (poller->ready) {
        struct device *device = poller->ready;
        poller->ready = device->next_ready;
        device->ready = false;
        if (device->gather)
            go_on(device);
        set_wake(device);
    }
}

/* Wakes those whose time has come; false when there are more than fit in one go. */
static bool serve_due(struct poller *poller)
{
    for (size_t n = 0; n < STARTS_MAX; n++) {
        const struct wake *first = wake_heap_first(&poller->wakes);
        if (!first || first->at_ns > poller->now_ns)
            return true;
        wake(first->owner);
        serve_ready(poller);
    }
    return false;
}

size_t poller_prepare(struct poller *poller, struct pollfd *fds, size_t max, uint64_t now_mono_ns,
                      uint64_t *out_timeout_ns)
{
    poller->now_ns = now_mono_ns;
    bool all = serve_due(poller);
    const struct wake *first = wake_heap_first(&poller->wakes);
    *out_timeout_ns = !all                                   ? 0
                      : !first || first->at_ns == UINT64_MAX ? UINT64_MAX
                                                             : first->at_ns - now_mono_ns;
    if (max == 0)
        return 0;
    fds[0] = (struct pollfd){.fd = session_hub_descriptor(poller->hub), .events = POLLIN};
    return 1;
}

void poller_service(struct poller *poller, const struct pollfd *fds, size_t count,
                    uint64_t now_mono_ns)
{
    poller->now_ns = now_mono_ns;
    if (count > 0 && fds[0].revents != 0)
        session_hub_read(poller->hub);
    serve_ready(poller);
    (void)serve_due(poller);
}

size_t poller_active(const struct poller *poller)
{
    return poller->active;
}

size_t poller_count(const struct poller *poller)
{
    return poller->count;
}

void poller_totals(const struct poller *poller, struct poller_totals *out_totals)
{
    struct session_strays strays = session_hub_strays(poller->hub);
    *out_totals = poller->totals;
    out_totals->strays = strays.malformed + strays.unasked + strays.elsewhere;
    (void)histogram_quantile(&poller->lateness, 0.5, &out_totals->lateness_p50_ns);
    (void)histogram_quantile(&poller->lateness, 0.99, &out_totals->lateness_p99_ns);
}

void poller_health(const struct poller *poller, size_t i, struct poller_health *out_health)
{
    const struct device *device = poller->devices[i];
    *out_health = device->health;
    out_health->repetitions = device->pace.repetitions;
}
