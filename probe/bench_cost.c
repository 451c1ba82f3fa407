/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A day of intervals, counted and encoded by the code that `run` counts and encodes with, and put
 * through an outbox like that of the settings, in a folder of its own and in a time of its own.
 */
#define _XOPEN_SOURCE 700 /* nftw */
#include "probe/bench_cost.h"

#include "common/clock.h"
#include "common/json_writer.h"
#include "probe/bench_frames.h"
#include "probe/meter_settings.h"
#include "probe/outbox/spool.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS      86400000u
#define ROUNDS      5
#define DAY_PACKETS (1u << 20) /* of all intervals: what a machine counts in a second */
#define PACKETS_MIN 64         /* of an interval */
#define PATH_BYTES  256
#define FIRST_DAY   17532 /* 2018-01-01: any will do */
#define MIB         (1024.0 * 1024.0)

/* As at the edge: tags and PPPoE, more packets of few flows. */
static const struct bench_profile traffic = {
    .name = "cost",
    .what = "8,192 flows of 1,024 lines, Zipf 1.1, IMIX, QinQ 0x88a8 + PPPoE, 30 % IPv6",
    .flows = 8192,
    .frames = 1 << 17,
    .lines = 1024,
    .draw = BENCH_ZIPF,
    .imix = true,
    .access = true,
    .ipv6_percent = 30,
};

struct cost {
    double ns_per_packet;
    uint64_t flows; /* in the table when memory was asked for */
    uint64_t resident_bytes, binary_bytes;
    uint64_t reports, first_report_bytes, later_report_bytes, up_bytes;
    uint64_t flash_bytes, flash_outage_bytes; /* of a day; of an hour without the broker */
};

/* ---- this process ---- */

static uint64_t resident_bytes(void)
{
    uint64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%*u %" SCNu64, &pages) != 1)
        pages = 0;
    if (file)
        (void)fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t own_size(void)
{
    struct stat info;
    return stat("/proc/self/exe", &info) == 0 ? (uint64_t)info.st_size : 0;
}

/* ---- processor and memory ---- */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t count_all(struct meter *meter, const struct bench_frames *frames)
{
    struct bench_walk walk = bench_walk_begin(frames);
    struct frame frame;
    uint64_t start = clock_thread_cpu_ns();
    while (bench_walk_next(&walk, &frame))
        meter_frame(meter, &frame);
    meter_flush(meter);
    return clock_thread_cpu_ns() - start;
}

/* The median of rounds after one that warms up; and what the meter has taken of memory by then,
 * beside what the program had when it was started. */
static int measure_counting(const struct meter_options *options, const struct bench_frames *frames,
                            uint64_t before_bytes, struct cost *out)
{
    uint64_t took[ROUNDS + 1];
    uint64_t frames_bytes = resident_bytes();
    struct meter *meter = meter_new(options);
    struct meter_totals totals;
    if (!meter)
        return -errno;
    for (unsigned i = 0; i <= ROUNDS; i++)
        took[i] = count_all(meter, frames);
    qsort(took + 1, ROUNDS, sizeof took[0], compare);
    meter_totals(meter, &totals);
    out->ns_per_packet = (double)took[1 + ROUNDS / 2] / (double)bench_frames_truth(frames)->packets;
    out->flows = totals.flows.flows_active;
    out->resident_bytes = before_bytes + resident_bytes() - frames_bytes;
    meter_free(meter);
    return 0;
}

/* ---- a day ---- */

struct day {
    const struct settings *settings;
    const struct bench_frames *frames;
    struct bench_walk walk; /* over the frames, again and again */
    struct meter *meter;
    struct spool *spool;
    uint64_t sequence, start_unix_ns;
    unsigned packets; /* of an interval */
};

static void count_interval(struct day *day, uint64_t start_ns, uint64_t length_ns)
{
    for (unsigned i = 0; i < day->packets; i++) {
        struct frame frame;
        if (!bench_walk_next(&day->walk, &frame)) {
            day->walk = bench_walk_begin(day->frames);
            if (!bench_walk_next(&day->walk, &frame))
                return;
        }
        frame.time_unix_ns = start_ns + length_ns / day->packets * i;
        meter_frame(day->meter, &frame);
    }
}

/* The report of one interval, as the agent makes it. */
static int encode_interval(struct day *day, uint64_t start_ns, uint64_t length_ns,
                           uint8_t **out_bytes, size_t *out_length)
{
    const struct settings *settings = day->settings;
    struct report *report = report_new();
    if (!report)
        return -ENOMEM;
    memcpy(report->operator_name, settings->operator_name, sizeof report->operator_name);
    memcpy(report->probe_name, settings->probe_name, sizeof report->probe_name);
    (void)snprintf(report->agent_version, sizeof report->agent_version, "%s", LASTMILE_VERSION);
    memset(report->boot_id, 0xb0, sizeof report->boot_id); /* that of an id at random */
    report->sequence = ++day->sequence;
    report->interval_start_unix_ns = start_ns;
    report->interval_start_mono_ns = start_ns - day->start_unix_ns;
    report->interval_ms = report->schedule_ms = length_ns / CLOCK_NS_PER_MS;
    report->wall_trusted = true;
    report->configuration_hash = settings->configuration_hash;
    int status = meter_collect(day->meter, report, start_ns + length_ns, NULL);
    if (status == 0)
        status = report_encode(report, out_bytes, out_length);
    report_free(report);
    return status;
}

/* The broker takes what is there, and the collector says that it has it. */
static void deliver(struct day *day, uint64_t now_mono_ns)
{
    struct spool_item item;
    struct receipt receipt = {.boot_count = 1};
    while (spool_next(day->spool, now_mono_ns, false, &item) == 0)
        spool_mark_sent(day->spool, &item, now_mono_ns);
    memset(receipt.boots[0].boot_id, 0xb0, sizeof receipt.boots[0].boot_id);
    receipt.boots[0].contiguous_sequence = day->sequence;
    (void)spool_release(day->spool, &receipt);
}

/* Returns the report's octets, or a negated errno. */
static int64_t live_interval(struct day *day, bool broker_answers)
{
    uint64_t length_ns = day->settings->interval_ms * CLOCK_NS_PER_MS;
    uint64_t start_ns = day->start_unix_ns + day->sequence * length_ns;
    uint64_t now_mono_ns = start_ns + length_ns - day->start_unix_ns;
    uint8_t *bytes = NULL;
    size_t length = 0;
    count_interval(day, start_ns, length_ns);
    int status = encode_interval(day, start_ns, length_ns, &bytes, &length);
    if (status == 0)
        status = spool_append(day->spool, day->sequence, bytes, length, now_mono_ns);
    free(bytes);
    if (status != 0)
        return status;
    if (broker_answers)
        deliver(day, now_mono_ns);
    spool_service(day->spool, now_mono_ns, broker_answers);
    return (int64_t)length;
}

static int live_day(struct day *day, struct cost *out)
{
    uint64_t interval_ms = day->settings->interval_ms;
    uint64_t outage = 3600000 / interval_ms;
    int64_t length = 0;
    out->reports = DAY_MS / interval_ms;
    for (uint64_t i = 0; i < out->reports && length >= 0; i++) {
        length = live_interval(day, true);
        out->up_bytes += length > 0 ? (uint64_t)length : 0;
        if (i == 0)
            out->first_report_bytes = out->up_bytes;
    }
    out->later_report_bytes = length > 0 ? (uint64_t)length : 0;
    out->flash_bytes = spool_stats(day->spool).disk_bytes_written;
    for (uint64_t i = 0; i <= outage && length >= 0; i++)
        length = live_interval(day, false);
    out->flash_outage_bytes = spool_stats(day->spool).disk_bytes_written - out->flash_bytes;
    return length < 0 ? (int)length : 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

/* In a folder of its own, which is gone afterwards. */
static int measure_day(struct day *day, struct cost *out)
{
    const struct settings_outbox *outbox = &day->settings->outbox;
    const char *temporary = getenv("TMPDIR");
    char folder[PATH_BYTES];
    (void)snprintf(folder, sizeof folder, "%s/lastmile-cost-XXXXXX",
                   temporary ? temporary : "/tmp");
    if (!mkdtemp(folder))
        return -errno;
    struct spool_options options = {.directory = outbox->dir[0] ? folder : NULL,
                                    .memory_bytes_max = outbox->memory_bytes,
                                    .disk_bytes_max = outbox->disk_bytes,
                                    .flush_after_ms = outbox->flush_after_ms,
                                    .live_ms = 2 * day->settings->interval_ms};
    memset(options.boot_id, 0xb0, sizeof options.boot_id);
    day->spool = spool_open(&options);
    int status = day->spool ? live_day(day, out) : -errno;
    if (status == 0 && spool_stats(day->spool).disk_faults > 0)
        status = -EIO; /* which it has said: what would be written is not known */
    spool_close(day->spool);
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}

static int measure(const struct settings *settings, struct cost *out)
{
    struct pseudonym *pseudonym =
        pseudonym_new(settings->pseudonym_key, settings->pseudonym_key_length);
    uint64_t before_bytes = resident_bytes();
    struct bench_frames *frames = bench_frames_new(&traffic);
    struct meter_options options;
    int status = pseudonym && frames ? 0 : -ENOMEM;
    if (status == 0) /* the first source stands for all: each has as much again */
        status = meter_settings_read(
            settings, settings->source_count ? settings->sources[0].name : "", pseudonym, &options);
    if (status == 0)
        status = measure_counting(&options, frames, before_bytes, out);
    struct day day = {.settings = settings,
                      .frames = frames,
                      .start_unix_ns = clock_city_day_start_ns(FIRST_DAY),
                      .packets = (unsigned)(DAY_PACKETS / (DAY_MS / settings->interval_ms))};
    if (day.packets < PACKETS_MIN)
        day.packets = PACKETS_MIN;
    if (status == 0 && !(day.meter = meter_new(&options)))
        status = -errno;
    if (status == 0) {
        day.walk = bench_walk_begin(frames);
        status = measure_day(&day, out);
    }
    out->binary_bytes = own_size();
    meter_free(day.meter);
    bench_frames_free(frames);
    pseudonym_free(pseudonym);
    return status;
}

/* ---- output ---- */

static void print_table(const struct settings *settings, const struct cost *cost)
{
    (void)printf("one source, %s\n", traffic.what);
    (void)printf("  processor   %8.1f %% of a core at 1 Mpps (%.0f ns a packet, counting alone; "
                 "reading: bench_live)\n",
                 cost->ns_per_packet / 10, cost->ns_per_packet);
    (void)printf("  memory      %8.1f MiB resident with %" PRIu64 " flows\n",
                 (double)cost->resident_bytes / MIB, cost->flows);
    (void)printf("  program     %8.1f KiB, without its libraries\n",
                 (double)cost->binary_bytes / 1024);
    (void)printf("  up          %8.2f MiB a day: %" PRIu64 " reports of %" PRIu64
                 " bytes (the day's first: %" PRIu64 "), before MQTT and TLS\n",
                 (double)cost->up_bytes / MIB, cost->reports, cost->later_report_bytes,
                 cost->first_report_bytes);
    (void)printf("  flash       %8" PRIu64 " bytes a day while the broker answers, %" PRIu64
                 " an hour while it does not%s\n",
                 cost->flash_bytes, cost->flash_outage_bytes,
                 settings->outbox.dir[0] ? "" : " (outbox.dir is not set)");
    if (settings->device_count > 0)
        (void)printf("  not in it: the polls of %zu SNMP devices (run --dry-run --once)\n",
                     settings->device_count);
}

static int print_json(const struct cost *cost)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return -ENOMEM;
    json_writer_put_string(json, "traffic", traffic.what);
    json_writer_put_double(json, "cpu_ns_per_packet", cost->ns_per_packet);
    json_writer_put_double(json, "core_percent_at_1_mpps", cost->ns_per_packet / 10);
    json_writer_put_u64(json, "flows", cost->flows);
    json_writer_put_u64(json, "resident_bytes", cost->resident_bytes);
    json_writer_put_u64(json, "binary_bytes", cost->binary_bytes);
    json_writer_put_u64(json, "reports_per_day", cost->reports);
    json_writer_put_u64(json, "first_report_bytes", cost->first_report_bytes);
    json_writer_put_u64(json, "later_report_bytes", cost->later_report_bytes);
    json_writer_put_u64(json, "bytes_up_per_day", cost->up_bytes);
    json_writer_put_u64(json, "flash_bytes_per_day", cost->flash_bytes);
    json_writer_put_u64(json, "flash_bytes_per_hour_of_outage", cost->flash_outage_bytes);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    int status = !text ? -ENOMEM : puts(text) < 0 ? -EIO : 0;
    free(text);
    return status;
}

int bench_cost(const char *config, bool json)
{
    struct conf_error error;
    struct cost cost = {.reports = 0};
    struct settings *settings = settings_read(config, &error);
    if (!settings) {
        (void)fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    if (isatty(STDERR_FILENO))
        (void)fprintf(
            stderr, "... counts a second's packets, then makes the %" PRIu64 " reports of a day\n",
            DAY_MS / settings->interval_ms);
    int status = measure(settings, &cost);
    if (status == 0 && json)
        status = print_json(&cost);
    else if (status == 0)
        print_table(settings, &cost);
    settings_free(settings);
    if (status != 0)
        (void)fprintf(stderr,
                      "lastmile-probe bench: %s: a day's reports are written below TMPDIR (/tmp); "
                      "name another by it\n",
                      strerror(-status));
    return status != 0;
}
