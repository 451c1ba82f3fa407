/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/collector.h"

#include "collector/alert/watch.h"
#include "collector/chronicler.h"
#include "collector/collector_parts.h"
#include "collector/http/gate.h"
#include "collector/http/http_server.h"
#include "collector/intake/feed.h"
#include "collector/intake/intake.h"
#include "collector/intake/parcels.h"
#include "collector/intake/quota.h"
#include "collector/intake/suspects.h"
#include "collector/plan/plan.h"
#include "collector/registry/registry.h"
#include "collector/series/series.h"
#include "collector/storekeeper.h"

#include "common/bus.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_NS         (86400 * CLOCK_NS_PER_S)
#define SERIES_STOP_MS 1000
#define WAIT_MAX_MS    1000 /* the bus wants to be served once a second */
#define CONNECT_MS     20   /* and more often while it looks for its broker */

struct collector *collector_start(const struct collector_settings *settings,
                                  struct conf_error *out_error)
{
    struct collector *collector = calloc(1, sizeof *collector);
    if (!collector) {
        (void)collector_fail(out_error, "collector", "", strerror(ENOMEM));
        return NULL;
    }
    collector->settings = settings;
    collector->lock_fd = -1;
    collector->plan = plan_open(settings->plan_file, settings->areas_file, out_error);
    bool started = collector->plan && collector_open_store(collector, out_error) == 0 &&
                   collector_open_intake(collector, out_error) == 0 &&
                   collector_open_bus(collector, out_error) == 0 &&
                   collector_open_watch(collector, out_error) == 0 &&
                   collector_open_http(collector, out_error) == 0 &&
                   collector_open_chronicle(collector, out_error) == 0;
    if (!started) {
        collector_stop(collector);
        return NULL;
    }
    log_info("collector", "ready http=%s data=%s", http_server_url(collector->http),
             settings->data_dir);
    return collector;
}

/* What the storekeeper wants told: receipts and alerts. Those that cannot go now are told anew. */
static void publish_all(struct collector *collector)
{
    struct parcel *list = parcels_take(collector->out);
    int id = 0;
    for (const struct parcel *parcel = list; parcel; parcel = parcel->next)
        (void)bus_publish(collector->bus, parcel->topic, parcel->payload, parcel->length, true,
                          &id);
    parcels_drop(list);
}

enum { WATCH_SIGNALS, WATCH_OUT, WATCH_BUS, WATCHED };

static int wait_for_events(struct collector *collector, struct pollfd fds[static WATCHED])
{
    short bus_read = collector->held ? 0 : POLLIN;
    short bus_write = bus_wants_write(collector->bus) ? POLLOUT : 0;
    fds[WATCH_OUT] = (struct pollfd){.fd = parcels_fd(collector->out), .events = POLLIN};
    fds[WATCH_BUS] =
        (struct pollfd){.fd = bus_fd(collector->bus), .events = (short)(bus_read | bus_write)};
    bool connected = atomic_load(&collector->connected);
    int ready = poll(fds, WATCHED, connected ? WAIT_MAX_MS : CONNECT_MS);
    return ready < 0 && errno != EINTR ? -errno : 0;
}

/* True when the bus is to be read again, whatever its descriptor says. */
static bool release(struct collector *collector)
{
    if (!collector->held || parcels_are_crowded(collector->in))
        return false;
    collector->held = false;
    bus_hold(collector->bus, false);
    return true;
}

static void serve_bus(struct collector *collector, short events)
{
    bool readable = release(collector) || (events & (POLLIN | POLLHUP | POLLERR)) != 0;
    bus_service(collector->bus, clock_mono_ns(), readable, (events & POLLOUT) != 0);
    bool connected = bus_is_connected(collector->bus);
    bool changed = atomic_exchange(&collector->connected, connected) != connected;
    if (changed || collector->reconnected)
        storekeeper_set_hearing(collector->keeper, connected);
    collector->reconnected = false;
    publish_all(collector);
}

static int start_keeper(struct collector *collector)
{
    const struct storekeeper_parts parts = {
        .in = collector->in,
        .room = collector->out,
        .intake = collector->intake,
        .feed = collector->feed,
        .series = collector->series,
        .watch = collector->watch,
        .registry = collector->registry,
        .plan = collector->plan,
        .gather_ms = collector->settings->receipt_interval_ms,
        .journal_ns = collector->settings->journal_days * DAY_NS,
    };
    collector->keeper = storekeeper_start(&parts);
    return collector->keeper ? 0 : -errno;
}

/* Each byte is a signal's number; a stop is not forgotten for others beside it. */
static bool is_told_to_stop(struct collector *collector, int signal_fd)
{
    bool stop = false;
    char number;
    while (read(signal_fd, &number, 1) == 1) {
        stop = stop || number != SIGHUP;
        if (number == SIGHUP)
            http_server_renew(collector->http);
    }
    return stop;
}

int collector_serve(struct collector *collector, int signal_fd)
{
    struct pollfd fds[WATCHED] = {[WATCH_SIGNALS] = {.fd = signal_fd, .events = POLLIN}};
    int status = start_keeper(collector);
    while (status == 0 && !is_told_to_stop(collector, signal_fd) &&
           !storekeeper_has_failed(collector->keeper)) {
        serve_bus(collector, fds[WATCH_BUS].revents);
        for (size_t i = 0; i < WATCHED; i++)
            fds[i].revents = 0;
        status = wait_for_events(collector, fds);
    }
    int kept = storekeeper_stop(collector->keeper);
    collector->keeper = NULL;
    publish_all(collector);
    return status ? status : kept;
}

/* The page goes first, then what comes in; what is pending is committed and receipted. */
void collector_stop(struct collector *collector)
{
    if (!collector)
        return;
    http_server_free(collector->http);
    gate_free(collector->gate);
    chronicler_stop(collector->chronicler);
    watch_free(collector->watch);
    if (collector->bus)
        bus_service(collector->bus, clock_mono_ns(), false, true);
    bus_free(collector->bus);
    if (collector->feed)
        (void)feed_service(collector->feed, clock_mono_ns());
    feed_free(collector->feed);
    series_stop(collector->series, SERIES_STOP_MS);
    intake_free(collector->intake);
    parcels_free(collector->in);
    parcels_free(collector->out);
    quota_free(collector->quota);
    suspects_close(collector->suspects);
    registry_close(collector->registry);
    plan_close(collector->plan);
    if (collector->lock_fd >= 0)
        (void)close(collector->lock_fd);
    free(collector);
}

static void print_progress(void *ctx, uint64_t done, uint64_t total)
{
    (void)fprintf(ctx, "rebuild: %llu of %llu probes\n", (unsigned long long)done,
                  (unsigned long long)total);
}

int collector_rebuild(const struct collector_settings *settings, FILE *progress_out,
                      struct conf_error *out_error)
{
    struct collector *collector = calloc(1, sizeof *collector);
    if (!collector)
        return collector_fail(out_error, "rebuild", "", strerror(ENOMEM));
    collector->settings = settings;
    collector->lock_fd = -1;
    int status = collector_open_store(collector, out_error);
    if (status == 0) {
        int rebuilt = feed_rebuild_all(collector->feed, print_progress, progress_out);
        if (rebuilt >= 0)
            (void)fprintf(progress_out, "rebuild: %d series are as the journal says\n", rebuilt);
        else
            status = collector_fail(out_error, "rebuild of", settings->data_dir,
                                    rebuilt == -EIO ? "some series could not be written; see above"
                                                    : strerror(-rebuilt));
    }
    collector_stop(collector);
    return status;
}
