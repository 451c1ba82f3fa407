/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Real packets, broken: each prefix of each packet, once as cut by the capture and once as cut on
 * the wire, and BIT_FLIPS mutants, through decode, flow and line. A sanitizer looks on; here it is
 * checked that outcomes add up and that no octet is lost between packets and flows. Of the shared
 * captures one in four is taken, and at least fifty must be readable; LASTMILE_ALL_CAPTURES=1 takes
 * them all.
 */
#include "probe/capture/capture.h"
#include "probe/meter.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT_FLIPS    20
#define SAMPLE       4
#define CAPTURES_MIN 50
#define PATH_BYTES   1024

struct sums {
    uint64_t packets, octets;
};

struct run {
    struct meter *meter;
    uint64_t inputs;
    uint32_t random;
};

static void add(void *ctx, const struct flow_record *record)
{
    struct sums *sums = ctx;
    for (size_t way = 0; way < 2; way++) {
        sums->packets += record->packet_delta_count[way];
        sums->octets += record->octet_delta_count[way];
    }
}

static struct meter *new_meter(struct sums *ended)
{
    struct meter_options options;
    meter_options_init(&options);
    options.flow.memory_bytes = FLOW_MEMORY_MIN;
    options.line.memory_bytes = 64 << 10;
    options.flow_ended = add;
    options.ctx = ended;
    return meter_new(&options);
}

/* An exact copy on the heap, so that a sanitizer sees the first byte beyond it. */
static void give(struct run *run, const struct frame *frame, uint32_t captured, uint32_t wire,
                 int64_t flipped)
{
    uint8_t *copy = malloc(captured > 0 ? captured : 1);
    if (!copy)
        abort();
    if (captured > 0)
        memcpy(copy, frame->bytes, captured);
    if (flipped >= 0)
        copy[flipped / 8] ^= (uint8_t)(1u << flipped % 8);
    meter_frame(run->meter, &(struct frame){.time_unix_ns = frame->time_unix_ns,
                                            .bytes = copy,
                                            .captured_bytes = captured,
                                            .wire_bytes = wire,
                                            .link_type = frame->link_type});
    free(copy);
    run->inputs++;
}

static uint32_t next_random(struct run *run)
{
    run->random = run->random * 1664525u + 1013904223u; /* Numerical Recipes: the same each time */
    return run->random >> 8;
}

static void mutate(struct run *run, const struct frame *frame)
{
    uint32_t captured = frame->captured_bytes;
    for (uint32_t cut = 0; cut <= captured; cut++) {
        give(run, frame, cut, frame->wire_bytes, -1);
        give(run, frame, cut, cut, -1);
    }
    for (unsigned i = 0; i < BIT_FLIPS && captured > 0; i++)
        give(run, frame, captured, frame->wire_bytes, next_random(run) % (captured * INT64_C(8)));
}

static void mutate_all(void *ctx, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mutate(ctx, &frames[i]);
}

/* False when packets or octets were lost on the way. */
static bool adds_up(struct run *run, struct sums sums)
{
    struct meter_totals totals;
    meter_totals(run->meter, &totals);
    uint64_t outcomes = 0;
    for (size_t i = 0; i < DECODE_OUTCOMES; i++)
        outcomes += totals.outcomes[i];
    meter_visit_flows(run->meter, add, &sums);
    return outcomes == run->inputs && totals.packets == run->inputs &&
           sums.packets + totals.flows.packets_not_stored == totals.ip_packets &&
           sums.octets + totals.flows.octets_not_stored == totals.ip_bytes;
}

static bool run_capture(const char *path, uint64_t *inputs, int *captures)
{
    char error[CAPTURE_ERROR_BYTES];
    struct capture *capture = capture_open_file(path, NULL, error);
    if (!capture) /* some are kept because they cannot be read */
        return true;
    struct sums ended = {0};
    struct run run = {.meter = new_meter(&ended)};
    if (!run.meter)
        abort();
    while (capture_read(capture, 0, mutate_all, &run) >= 0)
        ;
    meter_flush(run.meter);
    bool good = adds_up(&run, ended);
    *inputs += run.inputs;
    *captures += run.inputs > 0;
    meter_free(run.meter);
    capture_close(capture);
    return good;
}

static int is_capture(const struct dirent *entry)
{
    const char *suffix = strrchr(entry->d_name, '.');
    return suffix && strstr(suffix, "cap") != NULL;
}

int main(void)
{
    const char *shared = getenv("LASTMILE_SHARED_DATA");
    bool all = getenv("LASTMILE_ALL_CAPTURES") != NULL;
    char folder[PATH_BYTES], path[2 * PATH_BYTES];
    (void)snprintf(folder, sizeof folder, "%s/pcap", shared ? shared : "");
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_capture, alphasort), captures = 0, failed = 0;
    uint64_t inputs = 0;
    (void)puts("1..1");
    if (count <= 0) {
        (void)puts(
            "ok 1 - no mutant of a real packet is lost or does harm # SKIP no shared captures");
        return EXIT_SUCCESS;
    }
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (all || i % SAMPLE == 0) {
            if (!run_capture(path, &inputs, &captures)) {
                (void)printf("# %s does not add up\n", names[i]->d_name);
                failed++;
            }
        }
        free(names[i]);
    }
    free(names);
    bool good = failed == 0 && captures >= CAPTURES_MIN;
    (void)printf("# %d captures, %" PRIu64 " inputs\n", captures, inputs);
    (void)printf("%sok 1 - no mutant of a real packet is lost or does harm\n", good ? "" : "not ");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
