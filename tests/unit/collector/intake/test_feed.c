/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/feed.h"
#include "collector/registry/registry.h"
#include "collector/registry/series_index.h"
#include "collector/series/series.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_NS (30 * CLOCK_NS_PER_S)

struct bench {
    char *folder;
    struct registry *registry;
    struct series *series;
    struct feed *feed;
    uint64_t base_ns;
    uint64_t ahead_ns; /* the feed's clock runs ahead, so that no test waits for its patience */
};

static int open_all(struct bench *bench)
{
    char path[100];
    (void)snprintf(path, sizeof path, "%s/registry.db", bench->folder);
    bench->series = series_start(bench->folder);
    bench->registry = registry_open(path);
    if (!bench->series || !bench->registry)
        return -1;
    bench->feed = feed_new(bench->registry, bench->series);
    return bench->feed ? 0 : -1;
}

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->folder = temp_folder_new();
    if (!bench->folder)
        return -1;
    bench->base_ns = (clock_unix_ns() / CLOCK_NS_PER_S / 86400 - 2) * 86400 * CLOCK_NS_PER_S;
    *state = bench;
    return open_all(bench);
}

static void close_all(struct bench *bench)
{
    feed_free(bench->feed);
    series_stop(bench->series, 2000);
    registry_close(bench->registry);
}

static int stop(void **state)
{
    struct bench *bench = *state;
    close_all(bench);
    temp_folder_remove(bench->folder);
    free(bench);
    return 0;
}

static void put(struct bench *bench, uint64_t index, uint64_t octets)
{
    struct report *report =
        fixture_report("p1", 1, index, bench->base_ns + (index - 1) * FIXTURE_INTERVAL_NS);
    fixture_add_lines(report, 1, 4)->downstream_octets = octets;
    (void)fixture_commit(bench->registry, report);
}

static int64_t traffic_id(struct bench *bench)
{
    struct series_key key = {.kind = SERIES_TRAFFIC,
                             .probe_id = 1,
                             .access_node = "olt-1",
                             .technology = TECHNOLOGY_GPON};
    int64_t id = 0;
    uint64_t step_s = 0;
    assert_int_equal(registry_series_id(bench->registry, &key, &id, &step_s), 0);
    assert_true(id > 0);
    return id;
}

static void serve(struct bench *bench)
{
    if (feed_service(bench->feed, clock_mono_ns() + bench->ahead_ns))
        return;
    struct pollfd wanted = {.fd = series_fd(bench->series), .events = POLLIN};
    (void)poll(&wanted, 1, 20);
}

/* Until the files hold all that was committed. */
static void settle(struct bench *bench)
{
    struct registry_stats stored;
    struct feed_stats stats;
    uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    assert_int_equal(registry_read_stats(bench->registry, &stored), 0);
    do {
        serve(bench);
        feed_read_stats(bench->feed, &stats);
    } while (stats.marked_report_id != (int64_t)stored.last_report_id && clock_mono_ns() < end_ns);
    assert_int_equal(stats.marked_report_id, stored.last_report_id);
}

/* Until nothing is dirty any more. */
static void settle_rebuilds(struct bench *bench)
{
    int64_t probe_id = 0;
    uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    bench->ahead_ns += 120 * CLOCK_NS_PER_S;
    do {
        serve(bench);
    } while (registry_next_dirty_probe(bench->registry, &probe_id) == 0 &&
             clock_mono_ns() < end_ns);
    assert_int_not_equal(registry_next_dirty_probe(bench->registry, &probe_id), 0);
}

/* bit/s down in an interval, NAN when unknown. */
static double rate_at(struct bench *bench, uint64_t index)
{
    uint64_t end_s = bench->base_ns / CLOCK_NS_PER_S + index * 300;
    struct series_fetch_query query = {
        .series_id = traffic_id(bench), .from_s = end_s - 300, .to_s = end_s, .step_s = 300};
    struct series_points *points = NULL;
    assert_int_equal(series_fetch(bench->series, &query, &points), 0);
    assert_int_equal(points->count, 1);
    double value = points->values[1];
    series_points_free(points);
    return value;
}

static void what_is_committed_comes_into_the_series(void **state)
{
    struct bench *bench = *state;
    for (uint64_t i = 1; i <= 200; i++)
        put(bench, i, i * 37500);
    settle(bench);
    assert_float_equal(rate_at(bench, 1), 1000, 1e-6);
    assert_float_equal(rate_at(bench, 200), 200000, 1e-6);
}

static void a_late_report_is_taken_in_by_a_rebuild(void **state)
{
    struct bench *bench = *state;
    for (uint64_t i = 1; i <= 20; i++)
        if (i < 5 || i > 9)
            put(bench, i, i * 37500);
    settle(bench);
    assert_true(isnan(rate_at(bench, 7)));
    for (uint64_t i = 5; i <= 9; i++)
        put(bench, i, i * 37500);
    settle(bench);
    settle_rebuilds(bench);
    for (uint64_t i = 1; i <= 20; i++)
        assert_float_equal(rate_at(bench, i), (double)i * 1000, 1e-6);
}

static void what_was_not_marked_is_fed_after_a_restart(void **state)
{
    struct bench *bench = *state;
    put(bench, 1, 37500);
    settle(bench);
    put(bench, 2, 75000); /* committed, never fed: the collector dies */
    close_all(bench);
    assert_int_equal(open_all(bench), 0);
    settle(bench);
    assert_float_equal(rate_at(bench, 1), 1000, 1e-6);
    assert_float_equal(rate_at(bench, 2), 2000, 1e-6);
}

static void lost_files_come_back_by_a_rebuild_of_all(void **state)
{
    struct bench *bench = *state;
    char path[100];
    for (uint64_t i = 1; i <= 100; i++)
        put(bench, i, i * 37500);
    settle(bench);
    close_all(bench);
    (void)snprintf(path, sizeof path, "%s/rrd", bench->folder);
    temp_folder_empty(path);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(open_all(bench), 0);
    assert_int_equal(feed_rebuild_all(bench->feed, NULL, NULL), 2); /* the probe's and the node's */
    for (uint64_t i = 1; i <= 100; i++)
        assert_float_equal(rate_at(bench, i), (double)i * 1000, 1e-6);
}

static void a_deleted_file_is_rebuilt_when_new_data_come(void **state)
{
    struct bench *bench = *state;
    char path[120];
    for (uint64_t i = 1; i <= 10; i++)
        put(bench, i, i * 37500);
    settle(bench);
    (void)snprintf(path, sizeof path, "%s/rrd/%lld.rrd", bench->folder,
                   (long long)traffic_id(bench));
    assert_int_equal(unlink(path), 0);
    put(bench, 11, 11 * 37500);
    settle(bench);
    settle_rebuilds(bench);
    for (uint64_t i = 1; i <= 11; i++)
        assert_float_equal(rate_at(bench, i), (double)i * 1000, 1e-6);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_committed_comes_into_the_series),
        CASE(a_late_report_is_taken_in_by_a_rebuild),
        CASE(what_was_not_marked_is_fed_after_a_restart),
        CASE(lost_files_come_back_by_a_rebuild_of_all),
        CASE(a_deleted_file_is_rebuilt_when_new_data_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
