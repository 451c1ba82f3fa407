/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_series.h"

#include "common/bus.h"
#include "common/clock.h"

#include "tests/support/broker.h"
#include "tests/support/free_port.h"

#include <rrd.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH         12
#define IN_FLIGHT_MAX 500
#define QUIET_TICKS   15 /* tenths of a second without CPU time: all has been read */

/* --- librrd alone --- */

static void create(const struct bench_stream *stream, const char *path)
{
    const char *const arguments[] = {"DS:lines_seen:GAUGE:600:0:U", "DS:down_bit_s:GAUGE:600:0:U",
                                     "DS:up_bit_s:GAUGE:600:0:U",   "RRA:AVERAGE:0.5:1:17280",
                                     "RRA:AVERAGE:0.25:12:9600",    "RRA:MAX:0.25:12:9600",
                                     "RRA:AVERAGE:0.25:288:2196",   "RRA:MAX:0.25:288:2196"};
    if (rrd_create_r(path, BENCH_STEP_S, (time_t)stream->first_s, 8, (const char **)arguments) == 0)
        return;
    (void)fprintf(stderr, "bench_series: %s\n", rrd_get_error());
    exit(1);
}

static void update(const struct bench_stream *stream, const char *path, size_t series, size_t from)
{
    char texts[BATCH][96];
    const char *arguments[BATCH];
    int count = 0;
    for (size_t i = from; i < from + BATCH && i <= stream->intervals; i++) {
        (void)snprintf(texts[count], sizeof texts[count], "%llu:%llu:%llu:%llu",
                       (unsigned long long)(stream->first_s + i * BENCH_STEP_S),
                       (unsigned long long)bench_value(stream, series, i, 0),
                       (unsigned long long)bench_value(stream, series, i, 1),
                       (unsigned long long)bench_value(stream, series, i, 2));
        arguments[count] = texts[count];
        count++;
    }
    if (rrd_update_r(path, NULL, count, arguments) != 0)
        exit(1);
}

void bench_librrd(const struct bench_stream *stream)
{
    char folder[512];
    char path[600];
    (void)snprintf(folder, sizeof folder, "%s/alone", stream->folder);
    (void)mkdir(folder, 0750);
    for (size_t i = 0; i < stream->series; i++) {
        (void)snprintf(path, sizeof path, "%s/%zu.rrd", folder, i);
        create(stream, path);
    }
    double begin = bench_cpu_s();
    uint64_t begin_ns = clock_mono_ns();
    for (size_t from = 1; from <= stream->intervals; from += BATCH)
        for (size_t i = 0; i < stream->series; i++) {
            (void)snprintf(path, sizeof path, "%s/%zu.rrd", folder, i);
            update(stream, path, i, from);
        }
    bench_print("librrd alone, 12 points a call", stream, bench_cpu_s() - begin,
                (double)(clock_mono_ns() - begin_ns) / 1e9);
    bench_remove(folder);
}

/* --- collectd --- */

struct publisher {
    struct bus *bus;
    bool connected;
    size_t in_flight;
};

static void on_state(void *ctx, enum bus_state state)
{
    ((struct publisher *)ctx)->connected = state == BUS_CONNECTED;
}

static void on_published(void *ctx, int id, bool accepted, int reason)
{
    (void)id;
    (void)accepted;
    (void)reason;
    ((struct publisher *)ctx)->in_flight--;
}

static void on_message(void *ctx, const char *topic, const void *payload, size_t length,
                       bool retained)
{
    (void)ctx;
    (void)topic;
    (void)payload;
    (void)length;
    (void)retained;
}

static void serve(struct publisher *publisher)
{
    struct pollfd wanted = {.fd = bus_fd(publisher->bus),
                            .events =
                                (short)(POLLIN | (bus_wants_write(publisher->bus) ? POLLOUT : 0))};
    (void)poll(&wanted, 1, 10);
    bus_service(publisher->bus, clock_mono_ns(), (wanted.revents & (POLLIN | POLLHUP)) != 0,
                (wanted.revents & POLLOUT) != 0);
}

static void publish_interval(struct publisher *publisher, const struct bench_stream *stream,
                             size_t interval)
{
    for (size_t i = 0; i < stream->series; i++) {
        char topic[64];
        char payload[96];
        int id = 0;
        (void)snprintf(topic, sizeof topic, "collectd/bench/lm-%zu/lm", i);
        int length = snprintf(payload, sizeof payload, "%llu:%llu:%llu:%llu",
                              (unsigned long long)(stream->first_s + interval * BENCH_STEP_S),
                              (unsigned long long)bench_value(stream, i, interval, 0),
                              (unsigned long long)bench_value(stream, i, interval, 1),
                              (unsigned long long)bench_value(stream, i, interval, 2));
        while (publisher->in_flight >= IN_FLIGHT_MAX ||
               bus_publish(publisher->bus, topic, payload, (size_t)length + 1, false, &id) != 0)
            serve(publisher);
        publisher->in_flight++;
    }
    while (publisher->in_flight > 0)
        serve(publisher);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        exit(1);
}

static void write_configuration(const char *folder, int port, bool with_rrdtool)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "listener %d 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
                   "max_inflight_messages 0\nlog_type none\n",
                   port);
    write_text(folder, "broker.conf", text);
    write_text(folder, "types.db", "lm lines:GAUGE:0:U, down:GAUGE:0:U, up:GAUGE:0:U\n");
    /* Mean, minimum and maximum of two widths: six archives, where this project keeps five. */
    int length =
        snprintf(text, sizeof text,
                 "BaseDir \"%s\"\nPIDFile \"%s/pid\"\nTypesDB \"%s/types.db\"\nInterval 300\n"
                 "LoadPlugin mqtt\n<Plugin mqtt>\n<Subscribe \"in\">\nHost \"127.0.0.1\"\n"
                 "Port %d\nQoS 1\nTopic \"collectd/#\"\n</Subscribe>\n</Plugin>\n",
                 folder, folder, folder, port);
    if (with_rrdtool)
        (void)snprintf(text + length, sizeof text - (size_t)length,
                       "LoadPlugin rrdtool\n<Plugin rrdtool>\nDataDir \"%s/rrd\"\nStepSize 300\n"
                       "HeartBeat 600\nRRARows 17280\nRRATimespan 5184000\nRRATimespan 34560000\n"
                       "CacheTimeout 3600\nCacheFlush 36000\nWritesPerSecond 0\n</Plugin>\n",
                       folder);
    write_text(folder, "collectd.conf", text);
}

static pid_t spawn(const char *const argv[])
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int null = open("/dev/null", O_WRONLY);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Its own time and the kernel's for it, so far. */
static double cpu_of(pid_t pid)
{
    char path[64];
    unsigned long user = 0;
    unsigned long system_time = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                       &user, &system_time) != 2)
        user = system_time = 0;
    if (file)
        (void)fclose(file);
    return (double)(user + system_time) / (double)sysconf(_SC_CLK_TCK);
}

static void await_quiet(struct publisher *publisher, pid_t pid)
{
    double last = -1;
    unsigned quiet = 0;
    while (quiet < QUIET_TICKS) {
        double now = cpu_of(pid);
        quiet = now - last < 0.011 ? quiet + 1 : 0;
        last = now;
        for (unsigned i = 0; i < 10; i++)
            serve(publisher);
    }
}

static bool connect_to(struct publisher *publisher, int port)
{
    const struct bus_options options = {.host = "127.0.0.1",
                                        .port = port,
                                        .client_id = "bench",
                                        .keepalive_s = 60,
                                        .reconnect_min_ms = 100,
                                        .reconnect_max_ms = 200};
    const struct bus_handlers handlers = {on_message, on_state, on_published, publisher};
    uint64_t end_ns = clock_mono_ns() + 10 * CLOCK_NS_PER_S;
    publisher->bus = bus_new(&options, &handlers);
    while (publisher->bus && !publisher->connected && clock_mono_ns() < end_ns)
        serve(publisher);
    return publisher->connected;
}

static size_t count_files(const struct bench_stream *stream, const char *folder)
{
    char path[700];
    size_t count = 0;
    for (size_t i = 0; i < stream->series; i++) {
        (void)snprintf(path, sizeof path, "%s/rrd/bench/lm-%zu/lm.rrd", folder, i);
        time_t last = rrd_last_r(path);
        count += last == (time_t)(stream->first_s + stream->intervals * BENCH_STEP_S);
    }
    return count;
}

/* Its CPU time for the stream, its last flush included. */
static double run_collectd(const struct bench_stream *stream, const char *folder, bool with_rrdtool,
                           double *out_wall_s)
{
    char path[600];
    char broker_path[600];
    struct publisher publisher = {.connected = false};
    int port = free_port(SOCK_STREAM);
    write_configuration(folder, port, with_rrdtool);
    (void)snprintf(path, sizeof path, "%s/collectd.conf", folder);
    (void)snprintf(broker_path, sizeof broker_path, "%s/broker.conf", folder);
    const char *const broker[] = {"mosquitto", "-c", broker_path, NULL};
    const char *const collectd[] = {"collectd", "-f", "-C", path, NULL};
    pid_t broker_pid = spawn(broker);
    double cpu_s = -1;
    if (connect_to(&publisher, port)) {
        pid_t pid = spawn(collectd);
        await_quiet(&publisher, pid);
        publish_interval(&publisher, stream, 0);
        await_quiet(&publisher, pid);
        double before_s = cpu_of(pid);
        uint64_t begin_ns = clock_mono_ns();
        for (size_t i = 1; i <= stream->intervals; i++)
            publish_interval(&publisher, stream, i);
        await_quiet(&publisher, pid);
        *out_wall_s = (double)(clock_mono_ns() - begin_ns) / 1e9;
        double own_s = bench_cpu_s(); /* what publishing cost is ours */
        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, NULL, 0);
        cpu_s = bench_cpu_s() - own_s - before_s;
    }
    bus_free(publisher.bus);
    (void)kill(broker_pid, SIGTERM);
    (void)waitpid(broker_pid, NULL, 0);
    return cpu_s;
}

void bench_collectd(const struct bench_stream *stream)
{
    char folder[512];
    double wall_s = 0;
    if (!broker_is_installed() || system("PATH=\"$PATH:/usr/sbin\"; command -v collectd >/dev/null"
                                         " && test -f /usr/lib/collectd/mqtt.so") != 0) {
        (void)printf("series: collectd is not compared: mosquitto or collectd-core is missing\n");
        return;
    }
    (void)snprintf(folder, sizeof folder, "%s/collectd", stream->folder);
    (void)mkdir(folder, 0755);
    double both_s = run_collectd(stream, folder, true, &wall_s);
    size_t whole = count_files(stream, folder);
    if (whole != stream->series)
        (void)printf("series: collectd: only %zu of %zu files hold the whole stream\n", whole,
                     stream->series);
    bench_print("collectd, mqtt and rrdtool", stream, both_s, wall_s);
    double mqtt_s = run_collectd(stream, folder, false, &wall_s);
    if (both_s - mqtt_s > both_s / 20)
        bench_print("collectd, rrdtool by difference", stream, both_s - mqtt_s, wall_s);
    else
        (void)printf("series: what collectd's rrdtool plugin costs is less than the runs differ\n");
}
