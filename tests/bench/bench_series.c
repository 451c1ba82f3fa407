/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Data-source updates a CPU second into round-robin databases: this project's series processes,
 * librrd alone in batches, and collectd's mqtt and rrdtool plugins where collectd and mosquitto are
 * installed, all on the same stream in one run. The stream: every series has three sources and a
 * value each per interval of 300 s; the series come in turn, interval by interval, as they do when
 * probes report.
 *   bench_series [FOLDER [SERIES [INTERVALS]]]
 */
#include "collector/series/series.h"

#include "common/clock.h"

#include "tests/bench/bench_series.h"

#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 64

static bool restarted;
static int64_t marked;

static void on_restarted(void *ctx)
{
    (void)ctx;
    restarted = true;
}

static void on_marked(void *ctx, int64_t id)
{
    (void)ctx;
    marked = id;
}

static void on_other(void *ctx, int64_t id)
{
    (void)ctx;
    (void)fprintf(stderr, "bench_series: unexpected word of series %lld\n", (long long)id);
    exit(1);
}

static void serve(struct series *series)
{
    const struct series_handlers handlers = {.restarted = on_restarted,
                                             .marked = on_marked,
                                             .late = on_other,
                                             .rebuilt = on_other,
                                             .failed = on_other};
    struct pollfd wanted = {.fd = series_fd(series),
                            .events = (short)(POLLIN | (series_wants_write(series) ? POLLOUT : 0))};
    (void)poll(&wanted, 1, 20);
    series_service(series, &handlers);
}

uint64_t bench_value(const struct bench_stream *stream, size_t series, size_t interval,
                     size_t source)
{
    return (stream->seed + series * 7919 + interval * 104729 + source * 1299709) % 1000000007;
}

/* Handed over as the feed does: what some reports said. */
static void put_interval(struct series *series, const struct bench_stream *stream, size_t interval)
{
    struct series_sample samples[CHUNK];
    size_t count = 0;
    for (size_t i = 0; i < stream->series; i++) {
        struct series_sample *sample = &samples[count++];
        *sample = (struct series_sample){.series_id = (int64_t)i + 1,
                                         .kind = SERIES_TRAFFIC,
                                         .step_s = BENCH_STEP_S,
                                         .end_s = stream->first_s + interval * BENCH_STEP_S};
        for (size_t source = 0; source < BENCH_SOURCES; source++)
            sample->values[source] = (double)bench_value(stream, i, interval, source);
        if (count < CHUNK && i + 1 < stream->series)
            continue;
        while (series_put(series, samples, count) != 0)
            serve(series);
        count = 0;
    }
}

static void settle(struct series *series, int64_t mark)
{
    while (series_put_mark(series, mark) != 0)
        serve(series);
    while (marked != mark)
        serve(series);
}

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

double bench_cpu_s(void)
{
    struct rusage self;
    struct rusage children;
    (void)getrusage(RUSAGE_SELF, &self);
    (void)getrusage(RUSAGE_CHILDREN, &children);
    return seconds_of(&self) + seconds_of(&children);
}

void bench_print(const char *name, const struct bench_stream *stream, double cpu_s, double wall_s)
{
    double updates = (double)(stream->series * stream->intervals * BENCH_SOURCES);
    (void)printf("series: %-28s %9.0f data-source updates a CPU second (%.2f s CPU, %.2f s)\n",
                 name, updates / cpu_s, cpu_s, wall_s);
    (void)fflush(stdout);
}

void bench_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    char path[1024];
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0)
            bench_remove(path);
    }
    if (dir)
        (void)closedir(dir);
    (void)rmdir(folder);
}

/* One interval first, which makes the files: what is measured is their updates. The processes are
 * counted whole, so their end is inside. */
static void measure_ours(const struct bench_stream *stream)
{
    char folder[512];
    struct rusage before;
    struct rusage after;
    (void)snprintf(folder, sizeof folder, "%s/ours", stream->folder);
    (void)mkdir(folder, 0750);
    struct series *series = series_start(folder);
    if (!series)
        exit(1);
    put_interval(series, stream, 0);
    settle(series, 1);
    series_stop(series, 10000);
    series = series_start(folder); /* new processes, that have made no file */
    double begin = bench_cpu_s();
    uint64_t begin_ns = clock_mono_ns();
    (void)getrusage(RUSAGE_CHILDREN, &before);
    for (size_t interval = 1; interval <= stream->intervals; interval++)
        put_interval(series, stream, interval);
    settle(series, 2);
    uint64_t end_ns = clock_mono_ns();
    series_stop(series, 10000);
    (void)getrusage(RUSAGE_CHILDREN, &after);
    bench_print("lastmile, putter and writer", stream, bench_cpu_s() - begin,
                (double)(end_ns - begin_ns) / 1e9);
    bench_print("lastmile, writer process", stream, seconds_of(&after) - seconds_of(&before),
                (double)(end_ns - begin_ns) / 1e9);
    bench_remove(folder);
}

int main(int argc, char **argv)
{
    struct bench_stream stream = {.folder = argc > 1 ? argv[1] : ".",
                                  .series = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000,
                                  .intervals = argc > 3 ? strtoul(argv[3], NULL, 10) : 48,
                                  .seed = clock_mono_ns() % 1000};
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/bench-series-XXXXXX", stream.folder);
    if (stream.series == 0 || stream.intervals == 0 || !mkdtemp(folder)) {
        (void)fprintf(stderr, "usage: bench_series [FOLDER [SERIES [INTERVALS]]]\n");
        return 2;
    }
    stream.folder = folder;
    stream.first_s =
        (clock_unix_ns() / CLOCK_NS_PER_S / 86400 - 1) * 86400 - stream.intervals * BENCH_STEP_S;
    (void)printf("series: %zu series of %d sources, %zu intervals\n", stream.series, BENCH_SOURCES,
                 stream.intervals);
    (void)fflush(stdout);
    bench_librrd(&stream);
    measure_ours(&stream);
    bench_collectd(&stream);
    bench_remove(folder);
    return 0;
}
