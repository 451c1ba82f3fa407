/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reports a second through intake into a registry on disk: decode, validate, commit with all that
 * is derived, receipts. One thread, as the collector has. Prints one line a size of report.
 *   bench_intake [FOLDER]      the database is made there and removed; default: the current one
 */
#include "collector/intake/intake.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "common/topic.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROBES 50

static bool publish(void *ctx, const char *topic, const uint8_t *payload, size_t length)
{
    (void)topic;
    (void)payload;
    (void)length;
    ++*(uint64_t *)ctx;
    return true;
}

static void send_report(struct intake *intake, unsigned number, size_t lines)
{
    char probe[32];
    char topic[TOPIC_BYTES];
    uint8_t *bytes = NULL;
    size_t length = 0;
    uint64_t start = fixture_time_ns(2026, 3, 1, 0, 0) + number / PROBES * FIXTURE_INTERVAL_NS;
    (void)snprintf(probe, sizeof probe, "p%u", number % PROBES);
    struct report *report = fixture_report(probe, 1, number / PROBES + 1, start);
    if (lines)
        (void)fixture_add_lines(report, number % PROBES * 100000, lines);
    assert_int_equal(topic_build("cu", probe, TOPIC_REPORT, topic), 0);
    assert_int_equal(report_encode(report, &bytes, &length), 0);
    intake_take(intake, topic, bytes, length, start + FIXTURE_INTERVAL_NS, clock_mono_ns());
    intake_service(intake, clock_mono_ns());
    free(bytes);
    report_free(report);
}

static void measure(const char *folder, unsigned reports, size_t lines)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[256];
    char file[270];
    uint64_t receipts = 0;
    (void)snprintf(path, sizeof path, "%s/bench-registry.db", folder);
    struct registry *registry = registry_open(path);
    assert_non_null(registry);
    struct intake_options options = {.registry = registry,
                                     .caps = {.series_max = 1000, .lines_max = 10000000},
                                     .commit_interval_ms = 1000,
                                     .publish = publish,
                                     .ctx = &receipts};
    struct intake *intake = intake_new(&options);
    assert_non_null(intake);
    uint64_t begin = clock_mono_ns();
    for (unsigned i = 0; i < reports; i++)
        send_report(intake, i, lines);
    assert_int_equal(intake_flush(intake, clock_mono_ns()), 0);
    double seconds = (double)(clock_mono_ns() - begin) / 1e9;
    (void)printf("intake: %zu lines a report: %.0f reports/s, %llu receipts\n", lines,
                 (double)reports / seconds, (unsigned long long)receipts);
    intake_free(intake);
    registry_close(registry);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        (void)unlink(file);
    }
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    measure(folder, 20000, 0);
    measure(folder, 10000, 10);
    measure(folder, 2000, 200);
    return 0;
}
