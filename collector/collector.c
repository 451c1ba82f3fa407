/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/collector.h"

#include "collector/alert/watch.h"
#include "collector/chronicler.h"
#include "collector/http/client.h"
#include "collector/http/gate.h"
#include "collector/http/http_server.h"
#include "collector/http/registry_source.h"
#include "collector/intake/feed.h"
#include "collector/intake/intake.h"
#include "collector/intake/parcels.h"
#include "collector/intake/quota.h"
#include "collector/intake/suspects.h"
#include "collector/makers.h"
#include "collector/plan/plan.h"
#include "collector/registry/registry.h"
#include "collector/registry/series_index.h"
#include "collector/series/series.h"
#include "collector/settings.h"
#include "collector/storekeeper.h"

#include "common/bus.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE_FRESH_MS    1000
#define KEEPALIVE_S      30
#define RECONNECT_MAX_MS 3000 /* there is one of us: no herd to spread */
#define DAY_NS           (86400 * CLOCK_NS_PER_S)
#define SERIES_STOP_MS   1000
#define WAIT_MAX_MS      1000 /* the bus wants to be served once a second */
#define CONNECT_MS       20   /* and more often while it looks for its broker */
#define IN_MAX           8192 /* messages between the threads, and their bytes */
#define IN_BYTES_MAX     (8u << 20)
#define OUT_MAX          65536 /* a receipt of every probe */
#define OUT_BYTES_MAX    (32u << 20)
#define PATH_BYTES       (SETTINGS_PATH_BYTES + 32)

struct collector {
    const struct collector_settings *settings;
    int lock_fd; /* one collector for a folder of data */
    struct series *series;
    struct registry *registry;
    struct quota *quota;
    struct suspects *suspects; /* or NULL */
    struct intake *intake;
    struct feed *feed;
    struct watch *watch;
    struct bus *bus;
    struct plan *plan;
    struct gate *gate;
    struct http_server *http;
    struct makers makers;
    struct chronicler *chronicler;
    /* Between this thread and the storekeeper's: messages in, receipts and alerts out. */
    struct parcels *in, *out;
    struct storekeeper *keeper; /* while serving: what works on the registry is its */
    bool held;                  /* the bus is not read: the storekeeper is behind */
    atomic_bool connected;
    bool reconnected;
};

static int fail(struct conf_error *out_error, const char *what, const char *path, const char *why)
{
    (void)snprintf(out_error->text, sizeof out_error->text, "%s %.300s: %s", what, path, why);
    return -1;
}

static void path_in(const struct collector_settings *settings, const char *name,
                    char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", settings->data_dir, name);
}

/* The folder of data, made where it is missing, and ours alone until the descriptor closes. */
static int open_data(const struct collector_settings *settings, struct conf_error *out_error)
{
    char path[PATH_BYTES];
    if (mkdir(settings->data_dir, 0750) != 0 && errno != EEXIST)
        return fail(out_error, "data_dir", settings->data_dir, strerror(errno));
    path_in(settings, "collector.lock", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(out_error, "data_dir", path, strerror(errno));
    if (lockf(fd, F_TLOCK, 0) == 0)
        return fd;
    (void)close(fd);
    return fail(out_error, "data_dir", settings->data_dir, "another collector works on these data");
}

static int open_registry(struct collector *collector, struct conf_error *out_error)
{
    char path[PATH_BYTES];
    path_in(collector->settings, "registry.db", path);
    collector->registry = registry_open(path);
    return collector->registry
               ? 0
               : fail(out_error, "registry", path, collector_registry_remedy(errno));
}

static struct series *start_series(const struct collector_settings *settings)
{
    const struct retention_settings *kept = &settings->retention;
    const struct series_retention retention = {kept->fine_hours, kept->five_minute_days,
                                               kept->hourly_days, kept->daily_days};
    return series_start_keeping(settings->data_dir, &retention);
}

/* Files that cannot be trusted are made anew by and by, beside all else. What cannot be noted now,
 * on a full disk, is found again at the next start. */
static void suspect_series(struct collector *collector)
{
    static const char *const causes[] = {
        [SERIES_UNCLEAN] = "the machine stopped while they were open",
        [SERIES_RESHAPED] = "the settings ask for another retention",
    };
    enum series_suspicion suspicion = series_must_rebuild(collector->series);
    int status = 0;
    if (suspicion != SERIES_SOUND) {
        log_warn("series", "all round-robin databases are made anew from the journal: %s",
                 causes[suspicion]);
        status = registry_mark_all_series(collector->registry);
    }
    if (status >= 0)
        status = series_note_open(collector->series);
    if (status < 0)
        log_warn("series", "the state of the round-robin databases cannot be noted: %s",
                 strerror(-status));
}

/* Series processes first: they must be forked before any thread, and before any database. */
static int open_store(struct collector *collector, struct conf_error *out_error)
{
    const struct collector_settings *settings = collector->settings;
    collector->lock_fd = open_data(settings, out_error);
    if (collector->lock_fd < 0)
        return -1;
    collector->series = start_series(settings);
    if (!collector->series)
        return fail(out_error, "series processes in", settings->data_dir, strerror(errno));
    if (open_registry(collector, out_error) != 0)
        return -1;
    suspect_series(collector);
    collector->feed = feed_new(collector->registry, collector->series);
    return collector->feed ? 0 : fail(out_error, "series of", settings->data_dir, strerror(errno));
}

static bool publish_receipt(void *ctx, const char *topic, const uint8_t *payload, size_t length)
{
    struct collector *collector = ctx;
    return atomic_load(&collector->connected) &&
           parcels_put(collector->out, topic, payload, length, 0, 0) >= 0;
}

static void on_message(void *ctx, const char *topic, const void *payload, size_t length,
                       bool retained)
{
    struct collector *collector = ctx;
    (void)retained; /* a report twice is a report once */
    int status =
        parcels_put(collector->in, topic, payload, length, clock_unix_ns(), clock_mono_ns());
    if (status < 0) /* no receipt: it will come again */
        intake_count_withheld(collector->intake);
    if (status != 0) {
        collector->held = true;
        bus_hold(collector->bus, true);
    }
}

/* The bus says each change itself. A broker that came back may have lost the receipts. */
static void on_state(void *ctx, enum bus_state state)
{
    struct collector *collector = ctx;
    if (state == BUS_CONNECTED)
        collector->reconnected = true;
}

/* Whoever is in the registry has its place; new ones find room up to the limit. */
static int open_quota(struct collector *collector)
{
    const struct collector_settings *settings = collector->settings;
    const struct quota_limits limits = {.probes_max = settings->probes_max,
                                        .reports_per_s_max = settings->probe_reports_per_s_max,
                                        .bytes_per_day_max = settings->probe_bytes_per_day_max};
    struct probe_status *probes = NULL;
    size_t count = 0;
    uint64_t seed = clock_mono_ns();
    (void)getrandom(&seed, sizeof seed, GRND_NONBLOCK); /* else nanoseconds, guessed less easily */
    collector->quota = quota_new(&limits, seed);
    int status =
        collector->quota ? registry_list_probes(collector->registry, &probes, &count) : -ENOMEM;
    for (size_t i = 0; i < count && status == 0; i++)
        status = quota_know(collector->quota, probes[i].operator_name, probes[i].probe_name);
    free(probes);
    return status;
}

/* Without the file nothing else is missing: it may be a full disk that will have room again. */
static void open_suspects(struct collector *collector)
{
    char path[PATH_BYTES];
    uint64_t seed = clock_mono_ns();
    (void)getrandom(&seed, sizeof seed, GRND_NONBLOCK); /* else nanoseconds, guessed less easily */
    path_in(collector->settings, "intake.hand", path);
    collector->suspects = suspects_open(path, seed);
    if (!collector->suspects)
        log_warn("intake", "messages that kill this process are not told apart: %s: %s", path,
                 strerror(errno));
    else if (suspects_count(collector->suspects) > 0)
        log_warn("intake",
                 "this process has died over messages, which are not read any more after"
                 " %d deaths count=%zu",
                 SUSPECT_DEATHS, suspects_count(collector->suspects));
    feed_guard(collector->feed, collector->suspects);
}

static int open_intake(struct collector *collector, struct conf_error *out_error)
{
    const struct collector_settings *settings = collector->settings;
    int status = open_quota(collector);
    open_suspects(collector);
    collector->in = parcels_new(IN_MAX, IN_BYTES_MAX);
    collector->out = parcels_new(OUT_MAX, OUT_BYTES_MAX);
    if (status == 0 && (!collector->in || !collector->out))
        status = -ENOMEM;
    if (status != 0)
        return fail(out_error, "intake", "", strerror(-status));
    const struct intake_options options = {
        .registry = collector->registry,
        .caps = {.series_max = settings->probe_series_max, .lines_max = settings->probe_lines_max},
        .quota = collector->quota,
        .suspects = collector->suspects,
        .report_bytes_max = settings->probe_report_bytes_max,
        .commit_interval_ms = settings->receipt_interval_ms,
        .publish = publish_receipt,
        .ctx = collector,
    };
    collector->intake = intake_new(&options);
    return collector->intake ? 0 : fail(out_error, "intake", "", strerror(ENOMEM));
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static int subscribe(struct bus *bus)
{
    static const char *const topics[] = {"lastmile/1/+/+/+/report", "lastmile/1/+/+/+/backlog",
                                         "lastmile/1/+/+/+/state"};
    int status = 0;
    for (size_t i = 0; i < sizeof topics / sizeof topics[0] && status == 0; i++)
        status = bus_subscribe(bus, topics[i]);
    return status;
}

static int open_bus(struct collector *collector, struct conf_error *out_error)
{
    const struct broker_settings *broker = &collector->settings->broker;
    char password[256] = "";
    char client_id[96] = "lastmile-collector-";
    size_t used = strlen(client_id);
    if (broker->password_file[0] &&
        collector_read_password(broker->password_file, password, sizeof password, out_error) != 0)
        return -1;
    /* Two collectors of one id would throw each other out. */
    (void)gethostname(client_id + used, sizeof client_id - used - 1);
    const struct bus_options options = {
        .host = broker->host,
        .port = (int)broker->port,
        .client_id = client_id,
        .username = or_null(broker->username),
        .password = or_null(password),
        .ca_file = or_null(broker->ca_file),
        .cert_file = or_null(broker->cert_file),
        .key_file = or_null(broker->key_file),
        .keepalive_s = KEEPALIVE_S,
        .reconnect_max_ms = RECONNECT_MAX_MS,
    };
    const struct bus_handlers handlers = {
        .message = on_message, .state = on_state, .ctx = collector};
    collector->bus = bus_new(&options, &handlers);
    if (!collector->bus)
        return fail(out_error, "broker", broker->host, strerror(errno));
    int status = subscribe(collector->bus);
    return status == 0 ? 0 : fail(out_error, "broker", broker->host, strerror(-status));
}

static bool publish_alert(void *ctx, const char *topic, const char *payload, size_t length)
{
    struct collector *collector = ctx;
    return atomic_load(&collector->connected) &&
           parcels_put(collector->out, topic, payload, length, 0, 0) >= 0;
}

static int open_watch(struct collector *collector, struct conf_error *out_error)
{
    const struct alert_settings *settings = &collector->settings->alerts;
    struct watch_options options = {.registry = collector->registry,
                                    .sinks = {.hook = settings->hook,
                                              .webhook_url = settings->webhook_url,
                                              .publish = settings->mqtt ? publish_alert : NULL,
                                              .ctx = collector}};
    memcpy(options.limits, alert_limits_default, sizeof options.limits);
    options.limits[ALERT_SILENT].raise = settings->silent_intervals;
    options.limits[ALERT_COVERAGE].raise = settings->coverage_min;
    options.limits[ALERT_COVERAGE].clear = (settings->coverage_min + 1) / 2;
    options.limits[ALERT_BACKLOG].raise = settings->backlog_intervals;
    options.limits[ALERT_CLOCK].raise_after_s = settings->clock_minutes * 60;
    collector->watch = watch_new(&options);
    return collector->watch ? 0
                            : fail(out_error, "alerts to", settings->webhook_url,
                                   errno == EINVAL ? "no http or https address" : strerror(errno));
}

/* Without accounts nobody could see more than the public: on loopback that may come later. */
static int open_gate(struct collector *collector, struct conf_error *out_error)
{
    const struct http_settings *http = &collector->settings->http;
    const struct gate_options options = {
        .open = http->access == ACCESS_OPEN,
        .public_access = http->public_access,
        .data_dir = collector->settings->data_dir,
        .proxies = http->proxies,
        .requests_per_s_max = (unsigned)http->requests_per_s_max,
        .idle_s = http->login_idle_minutes * 60,
        .lifetime_s = http->login_hours * 3600,
    };
    collector->gate = gate_new(&options, out_error);
    if (!collector->gate)
        return -1;
    if (options.open || gate_accounts(collector->gate) > 0)
        return 0;
    if (!client_is_loopback(http->address) && !http->public_access)
        return fail(out_error, "http address", http->address,
                    "nobody could log in: add an account first (lastmile user add NAME --role "
                    "admin)");
    log_warn("http", "there are no accounts yet: lastmile user add NAME --role admin");
    return 0;
}

static int open_http(struct collector *collector, struct conf_error *out_error)
{
    const struct collector_settings *settings = collector->settings;
    struct site_source source;
    struct site_tools tools;
    char path[PATH_BYTES];
    if (open_gate(collector, out_error) != 0)
        return -1;
    const struct http_options options = {
        .address = settings->http.address,
        .port = (uint16_t)settings->http.port,
        .connections_max = (unsigned)settings->http.connections_max,
        .connections_per_address_max = (unsigned)settings->http.connections_per_address_max,
        .timeout_s = (unsigned)settings->http.timeout_s,
        .gate = collector->gate,
        .cert_file = or_null(settings->http.cert_file),
        .key_file = or_null(settings->http.key_file),
    };
    path_in(settings, "registry.db", path);
    int status =
        registry_source_open(path, collector->plan, &settings->rules, collector->series, &source);
    if (status != 0)
        return fail(out_error, "registry", path, collector_registry_remedy(-status));
    struct site *site = site_new(collector->plan, &source, SITE_FRESH_MS);
    if (!site)
        return fail(out_error, "site", "", strerror(ENOMEM));
    status =
        registry_source_open(path, collector->plan, &settings->rules, collector->series, &source);
    if (status == 0)
        status = site_add_light(site, &source);
    if (status != 0) {
        site_free(site);
        return fail(out_error, "registry", path, collector_registry_remedy(-status));
    }
    makers_find(settings, &collector->makers, &tools);
    site_set_tools(site, &tools);
    collector->http = http_server_new(&options, site);
    if (collector->http)
        return 0;
    int error = errno;
    site_free(site);
    return fail(out_error, "http address", settings->http.address,
                error == EADDRINUSE ? "another program listens on that port"
                : error == EPROTO   ? "cert_file and key_file are no PEM files that go together"
                : error == EACCES && options.cert_file
                    ? "cert_file or key_file cannot be read, or others can read the "
                      "key: chmod 600"
                    : strerror(error));
}

static int open_chronicle(struct collector *collector, struct conf_error *out_error)
{
    char path[PATH_BYTES];
    path_in(collector->settings, "registry.db", path);
    collector->chronicler = chronicler_start(path, collector->plan, &collector->settings->rules);
    return collector->chronicler ? 0 : fail(out_error, "chronicle in", path, strerror(errno));
}

struct collector *collector_start(const struct collector_settings *settings,
                                  struct conf_error *out_error)
{
    struct collector *collector = calloc(1, sizeof *collector);
    if (!collector) {
        (void)fail(out_error, "collector", "", strerror(ENOMEM));
        return NULL;
    }
    collector->settings = settings;
    collector->lock_fd = -1;
    collector->plan = plan_open(settings->plan_file, settings->areas_file, out_error);
    bool started = collector->plan && open_store(collector, out_error) == 0 &&
                   open_intake(collector, out_error) == 0 && open_bus(collector, out_error) == 0 &&
                   open_watch(collector, out_error) == 0 && open_http(collector, out_error) == 0 &&
                   open_chronicle(collector, out_error) == 0;
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
        return fail(out_error, "rebuild", "", strerror(ENOMEM));
    collector->settings = settings;
    collector->lock_fd = -1;
    int status = open_store(collector, out_error);
    if (status == 0) {
        int rebuilt = feed_rebuild_all(collector->feed, print_progress, progress_out);
        if (rebuilt >= 0)
            (void)fprintf(progress_out, "rebuild: %d series are as the journal says\n", rebuilt);
        else
            status = fail(out_error, "rebuild of", settings->data_dir,
                          rebuilt == -EIO ? "some series could not be written; see above"
                                          : strerror(-rebuilt));
    }
    collector_stop(collector);
    return status;
}
