/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/bench.h"

#include "common/clock.h"
#include "common/json_writer.h"
#include "probe/bench_cost.h"
#include "probe/bench_frames.h"
#include "probe/memory.h"
#include "probe/meter.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE     2
#define CONFIG_DEFAULT "/etc/lastmile/probe.cfg"
#define ROUNDS_DEFAULT 5
#define ROUNDS_MAX     99
#define BYTES_PER_FLOW 320
#define BYTES_PER_LINE 320
#define MEMORY_LEAST   ((size_t)16 << 20)
#define FRAMES_AT_ONCE 64 /* as capture hands them over */

static const char help[] =
    "usage: lastmile-probe bench [OPTIONS]\n"
    "\n"
    "Builds frames in memory and says how fast one core counts them: only looking at each (walk),\n"
    "decoding, decoding into flows, and all of it down to lines. Each round begins with an empty\n"
    "flow table, in memory that was used before, as in a probe that has run for a while; lines\n"
    "are known. The median of the rounds is printed, in time that the processor gave to this\n"
    "program, so that what others take of a shared machine is left out (but for the caches).\n"
    "Every count is held against the truth.\n"
    "\n"
    "  --profile LIST  of W1, W2, W3, W4; commas between (default: all)\n"
    "                    W1  100 k flows, Zipf 1.1, IMIX\n"
    "                    W2  1 M flows, uniform, 64 bytes\n"
    "                    W3  200 k flows, QinQ 0x88a8 + PPPoE, 30 % IPv6, IMIX\n"
    "                    W4  5 M flows of one packet\n"
    "  --rounds N      of each step (default 5)\n"
    "  --cost          what a probe costs its host instead: processor, memory, program, octets of\n"
    "                  reports and of flash a day, as the settings have it; some seconds\n"
    "  --config FILE   those settings (default " CONFIG_DEFAULT ")\n"
    "  --json          one JSON object instead of a table\n"
    "  --write FILE    measure nothing; write the one profile's frames as a capture file\n"
    "  --help          this text\n"
    "\n"
    "Exit status: 0 done; 1 a count was wrong, or memory is short; 2 usage error.\n"
    "\n"
    "Examples:\n"
    "  lastmile-probe bench --profile W1,W2\n"
    "  lastmile-probe bench --cost --config probe.cfg\n"
    "  lastmile-probe bench --profile W3 --write w3.pcap && lastmile-probe replay w3.pcap\n";

struct arguments {
    bool chosen[BENCH_PROFILES];
    unsigned rounds;
    const char *write, *config;
    bool json, help, cost;
};

/* ---- what is measured ---- */

struct run {
    const struct bench_frames *frames;
    struct flow_table *table;
    struct meter *meter;
    struct bench_truth seen; /* what a round counted; what it does not count stays 0 */
};

static volatile uint64_t sink; /* keeps the walk from being optimised away */

static void walk_frames(struct run *run)
{
    struct bench_walk walk = bench_walk_begin(run->frames);
    struct frame frame;
    uint64_t sum = 0;
    while (bench_walk_next(&walk, &frame)) {
        run->seen.packets++;
        run->seen.wire_bytes += frame.wire_bytes;
        sum += frame.bytes[0];
    }
    sink = sum;
}

static void decode_frames(struct run *run)
{
    struct bench_walk walk = bench_walk_begin(run->frames);
    struct frame frame;
    struct packet packet;
    while (bench_walk_next(&walk, &frame)) {
        run->seen.packets += decode_frame(frame.link_type, frame.bytes, frame.captured_bytes,
                                          frame.wire_bytes, &packet) == DECODE_DECODED;
        run->seen.ip_bytes += packet.ip_bytes;
    }
}

static void count_flows(struct run *run)
{
    struct bench_walk walk = bench_walk_begin(run->frames);
    struct packet batch[FLOW_BATCH];
    struct flow_verdict verdicts[FLOW_BATCH];
    struct frame frame;
    size_t length = 0;
    while (bench_walk_next(&walk, &frame)) {
        struct packet *packet = &batch[length];
        (void)decode_frame(frame.link_type, frame.bytes, frame.captured_bytes, frame.wire_bytes,
                           packet);
        packet->time_unix_ns = frame.time_unix_ns;
        if (++length < FLOW_BATCH)
            continue;
        flow_table_update(run->table, batch, length, verdicts);
        length = 0;
    }
    flow_table_update(run->table, batch, length, verdicts);
}

static void count_lines(struct run *run)
{
    struct bench_walk walk = bench_walk_begin(run->frames);
    struct frame frames[FRAMES_AT_ONCE];
    size_t count;
    do {
        for (count = 0; count < FRAMES_AT_ONCE && bench_walk_next(&walk, &frames[count]);)
            count++;
        meter_frames(run->meter, frames, count);
    } while (count > 0);
    meter_flush(run->meter);
}

/* ---- before and after a round ---- */

static size_t at_least(size_t bytes)
{
    return bytes > MEMORY_LEAST ? bytes : MEMORY_LEAST;
}

static struct meter_options options_for(const struct bench_profile *profile)
{
    struct meter_options options;
    meter_options_init(&options);
    options.flow.memory_bytes = at_least((size_t)profile->flows * BYTES_PER_FLOW);
    options.flow.half_open_permille = 1000;
    options.flow.seed =
        (struct siphash_seed){UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};
    options.line.memory_bytes = at_least((size_t)profile->lines * BYTES_PER_LINE);
    return options;
}

static int take_tables(struct run *run, const struct bench_profile *profile)
{
    struct meter_options options = options_for(profile);
    run->meter = meter_new(&options);
    if (!run->meter)
        return -errno;
    options.flow.take_memory = memory_take;
    options.flow.give_memory = memory_give;
    run->table = flow_table_new(&options.flow, NULL);
    return run->table ? 0 : -errno;
}

static void end_nothing(struct run *run)
{
    (void)run;
}

/* What the flows held that this round began, and no flow is left for the next. */
static void end_table(struct run *run)
{
    flow_table_sum_active(run->table, &run->seen.packets, &run->seen.ip_bytes);
    run->seen.biflows = flow_table_counts(run->table).flows_active;
    flow_table_end_all(run->table);
}

static void end_meter(struct run *run)
{
    struct meter_totals totals;
    meter_totals(run->meter, &totals);
    run->seen.packets = totals.outcomes[DECODE_DECODED];
    run->seen.wire_bytes = totals.wire_bytes;
    run->seen.ip_bytes = totals.ip_bytes;
    run->seen.biflows = totals.flows.flows_active;
    meter_end_flows(run->meter);
}

static bool is_true(uint64_t seen, uint64_t truth)
{
    return seen == 0 || seen == truth;
}

/* A meter's totals go on from round to round. */
static bool agrees(const struct bench_truth *seen, const struct bench_truth *truth, unsigned rounds)
{
    return seen->packets == truth->packets * rounds &&
           is_true(seen->wire_bytes, truth->wire_bytes * rounds) &&
           is_true(seen->ip_bytes, truth->ip_bytes * rounds) &&
           is_true(seen->biflows, truth->biflows);
}

static const struct step {
    const char *name, *label;
    void (*work)(struct run *run);
    void (*end)(struct run *run); /* of a round, not timed */
    bool goes_on;                 /* its counts are sums over the rounds */
} steps[] = {
    {"walk", "walk", walk_frames, end_nothing, false},
    {"decode", "decode", decode_frames, end_nothing, false},
    {"decode_flow", "decode + flow", count_flows, end_table, false},
    {"decode_flow_line", "decode + flow + line", count_lines, end_meter, true},
};
#define STEPS       (sizeof steps / sizeof steps[0])
#define STEP_DECODE 1
#define STEP_FULL   3

struct figures {
    const struct bench_profile *profile;
    struct bench_truth truth;
    double ns_per_packet[STEPS];
};

/* One step in the round with this number: nanoseconds; -EBADMSG when a count is wrong. */
static int64_t measure(const struct step *step, struct run *run, unsigned round)
{
    run->seen = (struct bench_truth){0};
    uint64_t start = clock_thread_cpu_ns();
    step->work(run);
    int64_t took = (int64_t)(clock_thread_cpu_ns() - start);
    step->end(run);
    unsigned rounds = step->goes_on ? round + 1 : 1;
    return agrees(&run->seen, bench_frames_truth(run->frames), rounds) ? took : -EBADMSG;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The rounds go through all steps in turn, so that a slow moment of the machine meets all. Round 0
 * warms the memory and makes the lines known; it does not count. */
static int measure_all(struct run *run, unsigned rounds, struct figures *out)
{
    int64_t took[STEPS][ROUNDS_MAX + 1];
    for (unsigned round = 0; round <= rounds; round++)
        for (size_t i = 0; i < STEPS; i++) {
            took[i][round] = measure(&steps[i], run, round);
            if (took[i][round] < 0)
                return (int)took[i][round];
        }
    out->truth = *bench_frames_truth(run->frames);
    for (size_t i = 0; i < STEPS; i++) {
        qsort(took[i] + 1, rounds, sizeof took[i][0], compare);
        out->ns_per_packet[i] = (double)took[i][1 + rounds / 2] / (double)out->truth.packets;
    }
    return 0;
}

/* ---- output ---- */

static void print_table(const struct figures *figures)
{
    (void)printf("%s  %s: %" PRIu64 " packets, %" PRIu64 " flows\n", figures->profile->name,
                 figures->profile->what, figures->truth.packets, figures->truth.biflows);
    for (size_t i = 0; i < STEPS; i++)
        (void)printf("  %-22s %7.2f Mpps %7.1f ns/packet\n", steps[i].label,
                     1e3 / figures->ns_per_packet[i], figures->ns_per_packet[i]);
    (void)printf("  %-22s %7.2f\n", "all of it : decode",
                 figures->ns_per_packet[STEP_DECODE] / figures->ns_per_packet[STEP_FULL]);
}

static void put_figures(struct json_writer *json, const struct figures *figures)
{
    json_writer_begin_object(json, NULL);
    json_writer_put_string(json, "profile", figures->profile->name);
    json_writer_put_string(json, "traffic", figures->profile->what);
    json_writer_put_u64(json, "packets", figures->truth.packets);
    json_writer_put_u64(json, "flows", figures->truth.biflows);
    for (size_t i = 0; i < STEPS; i++) {
        json_writer_begin_object(json, steps[i].name);
        json_writer_put_double(json, "mpps", 1e3 / figures->ns_per_packet[i]);
        json_writer_put_double(json, "ns_per_packet", figures->ns_per_packet[i]);
        json_writer_end(json);
    }
    json_writer_put_double(json, "full_to_decode",
                           figures->ns_per_packet[STEP_DECODE] / figures->ns_per_packet[STEP_FULL]);
    json_writer_end(json);
}

static int print_json(const struct arguments *arguments, const struct figures *figures)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return -ENOMEM;
    json_writer_put_u64(json, "rounds", arguments->rounds);
    json_writer_begin_array(json, "profiles");
    for (size_t i = 0; i < BENCH_PROFILES; i++)
        if (arguments->chosen[i])
            put_figures(json, &figures[i]);
    json_writer_end(json);
    char *text = json_writer_text(json, true);
    json_writer_free(json);
    int status = !text ? -ENOMEM : puts(text) < 0 ? -EIO : 0;
    free(text);
    return status;
}

/* ---- the command ---- */

static int complain(const char *what, const char *about)
{
    (void)fprintf(stderr, "lastmile-probe bench: %s%s%s\n", what, about[0] ? ": " : "", about);
    return -EINVAL;
}

/* "W1,W3" */
static int choose(const char *list, bool chosen[static BENCH_PROFILES])
{
    while (*list) {
        size_t length = strcspn(list, ",");
        size_t i = 0;
        while (i < BENCH_PROFILES && (strlen(bench_profiles[i].name) != length ||
                                      memcmp(bench_profiles[i].name, list, length) != 0))
            i++;
        if (i == BENCH_PROFILES)
            return complain("--profile takes W1, W2, W3, W4 with commas between", list);
        chosen[i] = true;
        list += length + (list[length] == ',');
    }
    return 0;
}

static int take_rounds(const char *text, unsigned *out_rounds)
{
    char *end;
    long rounds = strtol(text, &end, 10);
    if (end == text || *end || rounds < 1 || rounds > ROUNDS_MAX)
        return complain("--rounds takes a number from 1 to 99", text);
    *out_rounds = (unsigned)rounds;
    return 0;
}

enum option_id {
    OPTION_PROFILE = 1,
    OPTION_ROUNDS,
    OPTION_JSON,
    OPTION_WRITE,
    OPTION_HELP,
    OPTION_COST,
    OPTION_CONFIG
};
static const struct option options[] = {
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"write", required_argument, NULL, OPTION_WRITE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"cost", no_argument, NULL, OPTION_COST},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {NULL, 0, NULL, 0},
};

static int take_option(int id, struct arguments *arguments)
{
    switch (id) {
    case OPTION_PROFILE:
        return choose(optarg, arguments->chosen);
    case OPTION_ROUNDS:
        return take_rounds(optarg, &arguments->rounds);
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case OPTION_WRITE:
        arguments->write = optarg;
        return 0;
    case OPTION_HELP:
        arguments->help = true;
        return 0;
    case OPTION_COST:
        arguments->cost = true;
        return 0;
    case OPTION_CONFIG:
        arguments->config = optarg;
        return 0;
    default: /* getopt has said what is wrong */
        return -EINVAL;
    }
}

static unsigned count_chosen(const struct arguments *arguments)
{
    unsigned count = 0;
    for (size_t i = 0; i < BENCH_PROFILES; i++)
        count += arguments->chosen[i];
    return count;
}

static int parse(int argc, char **argv, struct arguments *out_arguments)
{
    struct arguments arguments = {.rounds = ROUNDS_DEFAULT, .config = CONFIG_DEFAULT};
    int id;
    optind = 0; /* begin anew (GNU) */
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int status = take_option(id, &arguments);
        if (status < 0)
            return status;
    }
    if (optind != argc)
        return complain("no such argument, see --help", argv[optind]);
    if (arguments.cost && (arguments.write || count_chosen(&arguments) > 0))
        return complain("--cost has traffic of its own: neither --profile nor --write", "");
    if (arguments.write && count_chosen(&arguments) != 1)
        return complain("--write wants one --profile", "");
    if (count_chosen(&arguments) == 0)
        for (size_t i = 0; i < BENCH_PROFILES; i++)
            arguments.chosen[i] = true;
    *out_arguments = arguments;
    return 0;
}

static int write_capture(const struct bench_frames *frames, const char *path)
{
    size_t bytes;
    const uint8_t *image = bench_frames_image(frames, &bytes);
    FILE *file = fopen(path, "wb");
    if (!file)
        return -errno;
    int status = fwrite(image, 1, bytes, file) == bytes ? 0 : -EIO;
    return fclose(file) == 0 ? status : -EIO;
}

static int measure_profile(const struct arguments *arguments, const struct bench_frames *frames,
                           struct figures *out)
{
    struct run run = {.frames = frames};
    int status = take_tables(&run, out->profile);
    if (status == 0)
        status = measure_all(&run, arguments->rounds, out);
    flow_table_free(run.table);
    meter_free(run.meter);
    return status;
}

static int bench_profile(const struct arguments *arguments, const struct bench_profile *profile,
                         struct figures *out)
{
    struct bench_frames *frames = bench_frames_new(profile);
    if (!frames)
        return -errno;
    out->profile = profile;
    int status = arguments->write ? write_capture(frames, arguments->write)
                                  : measure_profile(arguments, frames, out);
    bench_frames_free(frames);
    if (status == 0 && !arguments->write && !arguments->json)
        print_table(out);
    return status;
}

int bench_command(int argc, char **argv)
{
    struct arguments arguments = {.json = false};
    struct figures figures[BENCH_PROFILES];
    if (parse(argc, argv, &arguments) < 0)
        return EXIT_USAGE;
    if (arguments.help)
        return fputs(help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (arguments.cost)
        return bench_cost(arguments.config, arguments.json);
    int status = 0;
    for (size_t i = 0; status == 0 && i < BENCH_PROFILES; i++)
        if (arguments.chosen[i])
            status = bench_profile(&arguments, &bench_profiles[i], &figures[i]);
    if (status == 0 && arguments.json && !arguments.write)
        status = print_json(&arguments, figures);
    if (status == 0)
        return EXIT_SUCCESS;
    (void)complain(status == -EBADMSG ? "a count differs from what was sent" : strerror(-status),
                   "");
    return EXIT_FAILURE;
}
