/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The collector's parts, opened one by one out of its settings.
 */
#include "collector/collector_parts.h"

#include "collector/alert/watch.h"
#include "collector/chronicler.h"
#include "collector/collector.h"
#include "collector/http/client.h"
#include "collector/http/gate.h"
#include "collector/http/http_server.h"
#include "collector/http/registry_source.h"
#include "collector/intake/feed.h"
#include "collector/intake/intake.h"
#include "collector/intake/parcels.h"
#include "collector/intake/quota.h"
#include "collector/intake/suspects.h"
#include "collector/registry/registry.h"
#include "collector/registry/series_index.h"
#include "collector/series/series.h"

#include "common/bus.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE_FRESH_MS    1000
#define KEEPALIVE_S      30
#define RECONNECT_MAX_MS 3000 /* there is one of us: no herd to spread */
#define IN_MAX           8192 /* messages between the threads, and their bytes */
#define IN_BYTES_MAX     (8u << 20)
#define OUT_MAX          65536 /* a receipt of every probe */
#define OUT_BYTES_MAX    (32u << 20)
#define PATH_BYTES       (SETTINGS_PATH_BYTES + 32)

int collector_fail(struct conf_error *out_error, const char *what, const char *path,
                   const char *why)
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
        return collector_fail(out_error, "data_dir", settings->data_dir, strerror(errno));
    path_in(settings, "collector.lock", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return collector_fail(out_error, "data_dir", path, strerror(errno));
    if (lockf(fd, F_TLOCK, 0) == 0)
        return fd;
    (void)close(fd);
    return collector_fail(out_error, "data_dir", settings->data_dir,
                          "another collector works on these data");
}

static int open_registry(struct collector *collector, struct conf_error *out_error)
{
    char path[PATH_BYTES];
    path_in(collector->settings, "registry.db", path);
    collector->registry = registry_open(path);
    return collector->registry
               ? 0
               : collector_fail(out_error, "registry", path, collector_registry_remedy(errno));
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
int collector_open_store(struct collector *collector, struct conf_error *out_error)
{
    const struct collector_settings *settings = collector->settings;
    collector->lock_fd = open_data(settings, out_error);
    if (collector->lock_fd < 0)
        return -1;
    collector->series = start_series(settings);
    if (!collector->series)
        return collector_fail(out_error, "series processes in", settings->data_dir,
                              strerror(errno));
    if (open_registry(collector, out_error) != 0)
        return -1;
    suspect_series(collector);
    collector->feed = feed_new(collector->registry, collector->series);
    return collector->feed
               ? 0
               : collector_fail(out_error, "series of", settings->data_dir, strerror(errno));
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

int collector_open_intake(struct collector *collector, struct conf_error *out_error)
{
    const struct collector_settings *settings = collector->settings;
    int status = open_quota(collector);
    open_suspects(collector);
    collector->in = parcels_new(IN_MAX, IN_BYTES_MAX);
    collector->out = parcels_new(OUT_MAX, OUT_BYTES_MAX);
    if (status == 0 && (!collector->in || !collector->out))
        status = -ENOMEM;
    if (status != 0)
        return collector_fail(out_error, "intake", "", strerror(-status));
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
    return collector->intake ? 0 : collector_fail(out_error, "intake", "", strerror(ENOMEM));
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

int collector_open_bus(struct collector *collector, struct conf_error *out_error)
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
        return collector_fail(out_error, "broker", broker->host, strerror(errno));
    int status = subscribe(collector->bus);
    return status == 0 ? 0 : collector_fail(out_error, "broker", broker->host, strerror(-status));
}

static bool publish_alert(void *ctx, const char *topic, const char *payload, size_t length)
{
    struct collector *collector = ctx;
    return atomic_load(&collector->connected) &&
           parcels_put(collector->out, topic, payload, length, 0, 0) >= 0;
}

int collector_open_watch(struct collector *collector, struct conf_error *out_error)
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
    return collector->watch
               ? 0
               : collector_fail(out_error, "alerts to", settings->webhook_url,
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
        return collector_fail(
            out_error, "http address", http->address,
            "nobody could log in: add an account first (lastmile user add NAME --role "
            "admin)");
    log_warn("http", "there are no accounts yet: lastmile user add NAME --role admin");
    return 0;
}

static int open_source(struct collector *collector, const char *path, struct site_source *out)
{
    return registry_source_open(path, collector->plan, &collector->settings->rules,
                                collector->series, out);
}

/* What the pages show; beside the site that evaluates a light one (answers.h). */
static struct site *open_site(struct collector *collector, struct conf_error *out_error)
{
    struct site *site = NULL;
    struct site_source source;
    struct site_tools tools;
    char path[PATH_BYTES];
    path_in(collector->settings, "registry.db", path);
    int status = open_source(collector, path, &source);
    if (status == 0)
        status = (site = site_new(collector->plan, &source, SITE_FRESH_MS)) ? 0 : -ENOMEM;
    if (status == 0)
        status = open_source(collector, path, &source);
    if (status == 0)
        status = site_add_light(site, &source);
    if (status != 0) {
        site_free(site);
        (void)collector_fail(out_error, "registry", path, collector_registry_remedy(-status));
        return NULL;
    }
    makers_find(collector->settings, &collector->makers, &tools);
    site_set_tools(site, &tools);
    return site;
}

static const char *http_remedy(int error, bool with_certificate)
{
    if (error == EADDRINUSE)
        return "another program listens on that port";
    if (error == EPROTO)
        return "cert_file and key_file are no PEM files that go together";
    if (error == EACCES && with_certificate)
        return "cert_file or key_file cannot be read, or others can read the key: chmod 600";
    return strerror(error);
}

int collector_open_http(struct collector *collector, struct conf_error *out_error)
{
    const struct http_settings *http = &collector->settings->http;
    if (open_gate(collector, out_error) != 0)
        return -1;
    const struct http_options options = {
        .address = http->address,
        .port = (uint16_t)http->port,
        .connections_max = (unsigned)http->connections_max,
        .connections_per_address_max = (unsigned)http->connections_per_address_max,
        .timeout_s = (unsigned)http->timeout_s,
        .gate = collector->gate,
        .cert_file = or_null(http->cert_file),
        .key_file = or_null(http->key_file),
    };
    struct site *site = open_site(collector, out_error);
    if (!site)
        return -1;
    collector->http = http_server_new(&options, site);
    if (collector->http)
        return 0;
    int error = errno;
    site_free(site);
    return collector_fail(out_error, "http address", http->address,
                          http_remedy(error, options.cert_file != NULL));
}

int collector_open_chronicle(struct collector *collector, struct conf_error *out_error)
{
    char path[PATH_BYTES];
    path_in(collector->settings, "registry.db", path);
    collector->chronicler = chronicler_start(path, collector->plan, &collector->settings->rules);
    return collector->chronicler ? 0
                                 : collector_fail(out_error, "chronicle in", path, strerror(errno));
}
