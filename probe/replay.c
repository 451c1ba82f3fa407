/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/replay.h"

#include "probe/capture/capture.h"
#include "probe/flow_json.h"
#include "probe/memory_ahead.h"
#include "probe/meter.h"
#include "probe/meter_settings.h"
#include "probe/replay_output.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2
/* 2 GiB; what a 32-bit machine can give in one piece is a part of that. */
#define MEMORY_DEFAULT (SIZE_MAX > UINT32_MAX ? UINT64_C(2) << 30 : UINT64_C(1) << 29)
#define MEMORY_MIN     (UINT64_C(1) << 20)
#define LINES_SHARE    16 /* of --memory, for the lines */

static const char help[] =
    "usage: lastmile-probe replay [OPTIONS] FILE\n"
    "\n"
    "Reads a capture (pcap or pcapng, - for standard input) in its own time and says what is in "
    "it:\n"
    "packets by outcome, encapsulations, biflows, TCP handshakes and repetitions, lines. The same\n"
    "file gives the same figures.\n"
    "\n"
    "  --json          one JSON object instead of a table\n"
    "  --flows         a line of JSON for each biflow, before the totals, with IPFIX element "
    "names.\n"
    "                  It shows the addresses that are in the file; nothing else ever does.\n"
    "  --config FILE   count as `run` would with these settings: timeouts, table size, access\n"
    "                  nodes. Without it no flow ends before the end of the file, so that biflows\n"
    "                  is the number of distinct bidirectional keys.\n"
    "  --source NAME   with --config: count as this capture source (default: the first)\n"
    "  --memory BYTES  of flows and lines without --config; K, M, G may follow (default 2G)\n"
    "  --filter EXPR   only frames that match, see pcap-filter(7)\n"
    "  --help          this text\n"
    "\n"
    "Outcomes: decoded (to the header that names the flow, or a control frame such as ARP),\n"
    "truncated (the capture ended before it), malformed (a header contradicts itself), "
    "unsupported\n"
    "(no reader for it), too_deep (more than 16 headers). They add up to packets.\n"
    "\n"
    "Exit status: 0 done; 1 the file could not be read to its end (what was read is printed);\n"
    "2 usage or configuration error.\n"
    "\n"
    "Examples:\n"
    "  lastmile-probe replay trace.pcap\n"
    "  lastmile-probe replay --json trace.pcapng | jq .outcomes\n"
    "  tcpdump -r big.pcap -w - 'port 443' | lastmile-probe replay -\n";

struct arguments {
    const char *file, *config, *source, *filter;
    uint64_t memory_bytes;
    bool json, flows, help;
};

struct replay {
    struct settings *settings;
    struct pseudonym *pseudonym;
    struct capture *capture;
    struct meter *meter;
    int output_status; /* of --flows */
};

enum option_id {
    OPTION_JSON = 1,
    OPTION_FLOWS,
    OPTION_CONFIG,
    OPTION_SOURCE,
    OPTION_MEMORY,
    OPTION_FILTER,
    OPTION_HELP
};
static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"flows", no_argument, NULL, OPTION_FLOWS},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"filter", required_argument, NULL, OPTION_FILTER},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* "64M": 0, or -EINVAL. */
static int parse_bytes(const char *text, uint64_t *out_bytes)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    static const char units[] = "KMG";
    const char *unit = *end ? strchr(units, *end) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (end == text || text[0] == '-' || errno != 0 || (*end && (!unit || end[1])) ||
        number > UINT64_MAX >> shift)
        return -EINVAL;
    *out_bytes = (uint64_t)number << shift;
    return 0;
}

static int complain(const char *what, const char *about)
{
    (void)fprintf(stderr, "lastmile-probe replay: %s%s%s\n", what, about[0] ? ": " : "", about);
    return -EINVAL;
}

static int take_option(int id, struct arguments *arguments)
{
    switch (id) {
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case OPTION_FLOWS:
        arguments->flows = true;
        return 0;
    case OPTION_CONFIG:
        arguments->config = optarg;
        return 0;
    case OPTION_SOURCE:
        arguments->source = optarg;
        return 0;
    case OPTION_FILTER:
        arguments->filter = optarg;
        return 0;
    case OPTION_HELP:
        arguments->help = true;
        return 0;
    case OPTION_MEMORY:
        if (parse_bytes(optarg, &arguments->memory_bytes) == 0 &&
            arguments->memory_bytes >= MEMORY_MIN)
            return 0;
        return complain("--memory takes a number of bytes, at least 1M", optarg);
    default: /* getopt has said what is wrong */
        return -EINVAL;
    }
}

static int parse(int argc, char **argv, struct arguments *out_arguments)
{
    struct arguments arguments = {.memory_bytes = MEMORY_DEFAULT};
    int id;
    optind = 0; /* begin anew: main has parsed its own options (GNU) */
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int status = take_option(id, &arguments);
        if (status < 0)
            return status;
    }
    if (!arguments.help && argc - optind != 1)
        return complain("one capture file is wanted, see --help", "");
    arguments.file = argv[optind];
    *out_arguments = arguments;
    return 0;
}

/* No flow ends before the end of the file, and the table grows with the traffic. */
static int options_of_file(const struct arguments *arguments, struct meter_options *out_options)
{
    struct meter_options meter;
    meter_options_init(&meter);
    if (getentropy(&meter.flow.seed, sizeof meter.flow.seed) != 0)
        return -errno;
    meter.line.memory_bytes = (size_t)(arguments->memory_bytes / LINES_SHARE);
    meter.line.line_idle_ns = 0;
    meter.flow.memory_bytes = (size_t)arguments->memory_bytes - meter.line.memory_bytes;
    meter.flow.idle_timeout_ns = meter.flow.active_timeout_ns = FLOW_NEVER;
    meter.flow.end_on_fin = false;
    meter.flow.half_open_permille = 1000;
    meter.flow.grow = true;
    meter.flow.want_memory = memory_ahead_want;
    *out_options = meter;
    return 0;
}

/* The source of this name, or the first for NULL; "" where the settings have none. */
static const char *find_source(const struct settings *settings, const char *name)
{
    if (!name)
        return settings->source_count > 0 ? settings->sources[0].name : "";
    for (size_t i = 0; i < settings->source_count; i++)
        if (strcmp(settings->sources[i].name, name) == 0)
            return settings->sources[i].name;
    return NULL;
}

static int options_of_settings(struct replay *replay, const struct arguments *arguments,
                               struct meter_options *out_options)
{
    struct conf_error error;
    replay->settings = settings_read(arguments->config, &error);
    if (!replay->settings)
        return complain(error.text, "");
    const char *point = find_source(replay->settings, arguments->source);
    if (!point)
        return complain("no such capture source in the settings", arguments->source);
    replay->pseudonym =
        pseudonym_new(replay->settings->pseudonym_key, replay->settings->pseudonym_key_length);
    return meter_settings_read(replay->settings, point, replay->pseudonym, out_options);
}

static void on_flow_ended(void *ctx, const struct flow_record *record)
{
    struct replay *replay = ctx;
    if (replay->output_status == 0)
        replay->output_status = flow_json_write(stdout, record);
}

/* 0, -EINVAL (usage), or another negated errno; said on stderr. */
static int prepare(struct replay *replay, const struct arguments *arguments)
{
    struct meter_options meter;
    char error[CAPTURE_ERROR_BYTES] = "";
    int status = arguments->config ? options_of_settings(replay, arguments, &meter)
                                   : options_of_file(arguments, &meter);
    if (status < 0)
        return status;
    replay->capture = capture_open_file(arguments->file, arguments->filter, error);
    if (!replay->capture) {
        status = errno == EINVAL ? -EINVAL : -EIO;
        (void)complain(error, "");
        return status;
    }
    if (arguments->flows) {
        meter.flow_ended = on_flow_ended;
        meter.ctx = replay;
    }
    if (meter.flow.grow)
        memory_ahead_begin();
    replay->meter = meter_new(&meter);
    if (replay->meter)
        return 0;
    (void)complain("no memory for the flow table", strerror(errno));
    return -ENOMEM;
}

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    meter_frames(ctx, frames, count);
}

/* 0 at the file's end, -EIO when it is cut or damaged. */
static int read_all(struct replay *replay, const char *file)
{
    int status;
    do
        status = capture_read(replay->capture, 0, on_frames, replay->meter);
    while (status >= 0);
    meter_flush(replay->meter);
    if (status == -ENODATA)
        return 0;
    (void)fprintf(stderr, "lastmile-probe replay: %s: %s\n", file, capture_error(replay->capture));
    return status;
}

static int print(struct replay *replay, const struct arguments *arguments)
{
    if (arguments->flows)
        meter_visit_flows(replay->meter, on_flow_ended,
                          replay); /* those that the file's end left */
    if (replay->output_status < 0)
        return replay->output_status;
    int status = arguments->json ? replay_output_json(stdout, replay->meter, !arguments->flows)
                                 : replay_output_table(stdout, replay->meter);
    return status == 0 && fflush(stdout) != 0 ? -EIO : status;
}

/* Then the biflows are not all that there were. */
static void warn_of_full_table(struct replay *replay, const struct arguments *arguments)
{
    struct meter_totals totals;
    meter_totals(replay->meter, &totals);
    if (totals.flows.packets_not_stored > 0)
        (void)fprintf(
            stderr,
            "lastmile-probe replay: %s: %" PRIu64 " packets found no place in the flow table; %s\n",
            arguments->file, totals.flows.packets_not_stored,
            arguments->config ? "flow.memory_bytes gives it more" : "--memory gives it more");
}

static void release(struct replay *replay)
{
    memory_ahead_end();
    meter_free(replay->meter);
    capture_close(replay->capture);
    pseudonym_free(replay->pseudonym);
    settings_free(replay->settings);
}

int replay_command(int argc, char **argv)
{
    struct arguments arguments;
    struct replay replay = {0};
    if (parse(argc, argv, &arguments) < 0)
        return EXIT_USAGE;
    if (arguments.help)
        return fputs(help, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    int status = prepare(&replay, &arguments);
    int exit_status = status == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
    if (status == 0) {
        int read = read_all(&replay, arguments.file);
        int printed = print(&replay, &arguments);
        warn_of_full_table(&replay, &arguments);
        if (printed < 0)
            (void)complain("output", strerror(-printed));
        exit_status = read == 0 && printed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    release(&replay);
    return exit_status;
}
