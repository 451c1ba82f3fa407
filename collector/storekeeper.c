/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/storekeeper.h"

#include "collector/progress.h"

#include "collector/alert/watch.h"
#include "collector/intake/feed.h"
#include "collector/intake/intake.h"
#include "collector/intake/parcels.h"
#include "collector/registry/registry.h"
#include "collector/series/series.h"

#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PRUNE_NS    (60 * CLOCK_NS_PER_S)
#define WAIT_MAX_MS 1000
#define DELIVERY_MS 100
#define FEED_MESSAGES                                                                              \
    512 /* under load, a turn of the feed: the journal keeps what series wait for */

struct storekeeper {
    struct storekeeper_parts parts;
    pthread_t thread;
    atomic_bool stopping, hearing, must_tell_all;
    atomic_int status;
    uint64_t since_ns; /* messages wait for more to come; 0: none */
    uint64_t pruned_ns, taken;
    struct progress progress;
    bool busy, delivering; /* the feed, the watch have more to do */
};

enum { WAIT_IN, WAIT_SERIES, WAIT_COUNT };

static int earlier(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int wait_ms(const struct storekeeper *keeper, uint64_t now_ns)
{
    int longest_ms = keeper->busy ? 0 : keeper->delivering ? DELIVERY_MS : WAIT_MAX_MS;
    uint64_t due_ns = keeper->since_ns + keeper->parts.gather_ms * CLOCK_NS_PER_MS;
    if (keeper->since_ns != 0)
        longest_ms = earlier(longest_ms,
                             due_ns > now_ns ? (int)((due_ns - now_ns) / CLOCK_NS_PER_MS) + 1 : 0);
    return earlier(intake_wait_ms(keeper->parts.intake, now_ns), longest_ms);
}

static int wait_for_events(struct storekeeper *keeper, struct pollfd fds[static WAIT_COUNT])
{
    const struct storekeeper_parts *parts = &keeper->parts;
    short write = series_wants_write(parts->series) ? POLLOUT : 0;
    fds[WAIT_IN] = (struct pollfd){.fd = parcels_fd(parts->in), .events = POLLIN};
    fds[WAIT_SERIES] =
        (struct pollfd){.fd = series_fd(parts->series), .events = (short)(POLLIN | write)};
    int ready = poll(fds, WAIT_COUNT, wait_ms(keeper, clock_mono_ns()));
    return ready < 0 && errno != EINTR ? -errno : 0;
}

static void take_messages(struct storekeeper *keeper)
{
    struct parcel *list = parcels_take(keeper->parts.in);
    keeper->since_ns = 0;
    if (list)
        parcels_wake(keeper->parts.room);
    for (const struct parcel *parcel = list; parcel; parcel = parcel->next) {
        intake_take(keeper->parts.intake, parcel->topic, parcel->payload, parcel->length,
                    parcel->unix_ns, parcel->mono_ns);
        keeper->taken++;
    }
    parcels_drop(list);
}

/* Messages are left where they are until it is worth a commit. */
static void serve_messages(struct storekeeper *keeper, uint64_t now_ns, bool news)
{
    bool many = news && parcels_hear(keeper->parts.in);
    if (news && keeper->since_ns == 0)
        keeper->since_ns = now_ns;
    bool due = keeper->since_ns != 0 &&
               now_ns >= keeper->since_ns + keeper->parts.gather_ms * CLOCK_NS_PER_MS;
    if (many || due)
        take_messages(keeper);
    intake_service(keeper->parts.intake, clock_mono_ns());
    if (atomic_exchange(&keeper->must_tell_all, false))
        intake_publish_all(keeper->parts.intake);
}

/* Intake first: what is on the wire is the probes' until it is committed. */
static void serve_feed(struct storekeeper *keeper, uint64_t now_ns)
{
    do {
        keeper->busy = feed_service(keeper->parts.feed, now_ns);
        keeper->taken -= keeper->taken < FEED_MESSAGES ? keeper->taken : FEED_MESSAGES;
    } while (keeper->taken >= FEED_MESSAGES && keeper->busy);
    keeper->taken = 0;
}

static void prune(struct storekeeper *keeper, uint64_t now_mono_ns)
{
    if (keeper->pruned_ns != 0 && now_mono_ns < keeper->pruned_ns + PRUNE_NS)
        return;
    uint64_t now_ns = clock_unix_ns();
    uint64_t kept_ns = keeper->parts.journal_ns;
    keeper->pruned_ns = now_mono_ns;
    /* What fails here is tried again in a minute; a database that refuses was said already. */
    (void)registry_prune(keeper->parts.registry, now_ns > kept_ns ? now_ns - kept_ns : 0, now_ns);
}

static void *keep(void *ctx)
{
    struct storekeeper *keeper = ctx;
    struct pollfd fds[WAIT_COUNT];
    int status = 0;
    while (status == 0 && !atomic_load(&keeper->stopping)) {
        status = wait_for_events(keeper, fds);
        uint64_t now = clock_mono_ns();
        serve_messages(keeper, now, (fds[WAIT_IN].revents & POLLIN) != 0);
        serve_feed(keeper, now);
        const struct alert_time time = {now, clock_unix_ns()};
        keeper->delivering =
            watch_service(keeper->parts.watch, &time, atomic_load(&keeper->hearing));
        progress_service(&keeper->progress, time.mono_ns, time.unix_ns);
        prune(keeper, now);
    }
    take_messages(keeper);
    (void)intake_flush(keeper->parts.intake, clock_mono_ns()); /* said inside */
    atomic_store(&keeper->status, status);
    parcels_wake(keeper->parts.room);
    return NULL;
}

/* The thread takes no signal: they are the main loop's. */
static int start_thread(struct storekeeper *keeper)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error)
        return error;
    error = pthread_create(&keeper->thread, NULL, keep, keeper);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* what was valid a line above */
    return error;
}

struct storekeeper *storekeeper_start(const struct storekeeper_parts *parts)
{
    struct storekeeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return NULL;
    keeper->parts = *parts;
    keeper->progress =
        (struct progress){.registry = parts->registry, .plan = parts->plan, .watch = parts->watch};
    int error = start_thread(keeper);
    if (error == 0)
        return keeper;
    free(keeper);
    errno = error;
    return NULL;
}

int storekeeper_stop(struct storekeeper *keeper)
{
    if (!keeper)
        return 0;
    atomic_store(&keeper->stopping, true);
    parcels_wake(keeper->parts.in);
    (void)pthread_join(keeper->thread, NULL);
    int status = atomic_load(&keeper->status);
    free(keeper);
    return status;
}

void storekeeper_set_hearing(struct storekeeper *keeper, bool hearing)
{
    atomic_store(&keeper->hearing, hearing);
    if (!hearing)
        return;
    atomic_store(&keeper->must_tell_all, true);
    parcels_wake(keeper->parts.in);
}

bool storekeeper_has_failed(const struct storekeeper *keeper)
{
    return atomic_load(&keeper->status) != 0;
}
