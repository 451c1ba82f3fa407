/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/series/series.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP        300
#define DEADLINE_NS (20 * CLOCK_NS_PER_S)

/* What the writer said. */
struct heard {
    unsigned restarted, created, late, rebuilt, failed;
    int64_t marked, late_id;
};

struct bench {
    char *folder;
    struct series *series;
    struct heard heard;
};

static void on_restarted(void *ctx)
{
    ((struct heard *)ctx)->restarted++;
}

static void on_marked(void *ctx, int64_t report_id)
{
    ((struct heard *)ctx)->marked = report_id;
}

static void on_created(void *ctx, int64_t series_id, uint64_t first_end_s)
{
    (void)series_id;
    (void)first_end_s;
    ((struct heard *)ctx)->created++;
}

static void on_late(void *ctx, int64_t series_id)
{
    ((struct heard *)ctx)->late++;
    ((struct heard *)ctx)->late_id = series_id;
}

static void on_rebuilt(void *ctx, int64_t series_id)
{
    (void)series_id;
    ((struct heard *)ctx)->rebuilt++;
}

static void on_failed(void *ctx, int64_t series_id)
{
    (void)series_id;
    ((struct heard *)ctx)->failed++;
}

static void serve(struct bench *bench)
{
    const struct series_handlers handlers = {on_restarted, on_marked, on_late,      on_created,
                                             on_rebuilt,   on_failed, &bench->heard};
    struct pollfd wanted = {
        .fd = series_fd(bench->series),
        .events = (short)(POLLIN | (series_wants_write(bench->series) ? POLLOUT : 0))};
    (void)poll(&wanted, 1, 20);
    series_service(bench->series, &handlers);
}

/* Until all that was put is in the files. */
static void settle(struct bench *bench)
{
    static int64_t mark = 1000;
    uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    mark++;
    assert_int_equal(series_put_mark(bench->series, mark), 0);
    while (bench->heard.marked != mark && clock_mono_ns() < end_ns)
        serve(bench);
    assert_int_equal(bench->heard.marked, mark);
}

static void await(struct bench *bench, const unsigned *counter, unsigned value)
{
    uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    while (*counter < value && clock_mono_ns() < end_ns)
        serve(bench);
    assert_true(*counter >= value);
}

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->folder = temp_folder_new();
    if (!bench->folder)
        return -1;
    bench->series = series_start(bench->folder);
    *state = bench;
    return bench->series ? 0 : -1;
}

static int stop(void **state)
{
    struct bench *bench = *state;
    series_stop(bench->series, 2000);
    temp_folder_remove(bench->folder);
    free(bench);
    return 0;
}

static uint64_t base_s(void) /* some hours ago, on every grid */
{
    return (clock_unix_ns() / CLOCK_NS_PER_S / 86400 - 2) * 86400;
}

static struct series_sample sample(int64_t id, uint64_t end_s, double value)
{
    return (struct series_sample){.series_id = id,
                                  .kind = SERIES_TRAFFIC,
                                  .step_s = STEP,
                                  .end_s = end_s,
                                  .values = {value, value * 1000, NAN}};
}

static void put(struct bench *bench, int64_t id, uint64_t end_s, double value)
{
    struct series_sample one = sample(id, end_s, value);
    assert_int_equal(series_put(bench->series, &one, 1), 0);
}

/* The first source's value of the interval that ends at end_s. */
static double value_at(struct bench *bench, int64_t id, uint64_t end_s)
{
    struct series_fetch_query query = {
        .series_id = id, .from_s = end_s - STEP, .to_s = end_s, .step_s = STEP};
    struct series_points *points = NULL;
    assert_int_equal(series_fetch(bench->series, &query, &points), 0);
    double value = NAN;
    for (size_t i = 0; i < points->count; i++)
        if (points->from_s + (i + 1) * points->step_s == end_s)
            value = points->values[i * points->source_count];
    series_points_free(points);
    return value;
}

static void path_of(struct bench *bench, int64_t id, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/rrd/%lld.rrd", bench->folder, (long long)id);
}

static void values_come_back_as_they_were_put(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    for (unsigned i = 1; i <= 20; i++)
        put(bench, 7, base + i * STEP, i);
    settle(bench);
    for (unsigned i = 1; i <= 20; i++)
        assert_float_equal(value_at(bench, 7, base + i * STEP), i, 1e-9);
    assert_int_equal(bench->heard.created, 1);
    assert_int_equal(bench->heard.late, 0);
}

static void an_unknown_source_is_unknown_and_not_zero(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    put(bench, 7, base + STEP, 5);
    settle(bench);
    struct series_fetch_query query = {
        .series_id = 7, .from_s = base, .to_s = base + STEP, .step_s = STEP};
    struct series_points *points = NULL;
    assert_int_equal(series_fetch(bench->series, &query, &points), 0);
    assert_int_equal(points->source_count, 3);
    assert_float_equal(points->values[1], 5000, 1e-6);
    assert_true(isnan(points->values[2]));
    series_points_free(points);
}

static void a_missing_interval_stays_unknown(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    put(bench, 7, base + 1 * STEP, 1);
    put(bench, 7, base + 3 * STEP, 3);
    settle(bench);
    assert_float_equal(value_at(bench, 7, base + 1 * STEP), 1, 1e-9);
    assert_true(isnan(value_at(bench, 7, base + 2 * STEP)));
    assert_float_equal(value_at(bench, 7, base + 3 * STEP), 3, 1e-9);
}

static void a_repetition_changes_nothing(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    for (unsigned round = 0; round < 3; round++) {
        put(bench, 7, base + 1 * STEP, 1);
        put(bench, 7, base + 2 * STEP, 2);
        settle(bench);
    }
    assert_float_equal(value_at(bench, 7, base + 1 * STEP), 1, 1e-9);
    assert_int_equal(bench->heard.late, 0);
}

static void put_all(struct bench *bench, uint64_t base, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        put(bench, 7, base + i * STEP, i);
}

static void a_late_point_asks_for_a_rebuild_that_takes_it_in(void **state)
{
    struct bench *bench = *state;
    struct series_info info = {.id = 7, .kind = SERIES_TRAFFIC, .step_s = STEP};
    uint64_t base = base_s();
    put(bench, 7, base + 1 * STEP, 1);
    put(bench, 7, base + 3 * STEP, 3);
    settle(bench);
    put(bench, 7, base + 2 * STEP, 2);
    settle(bench);
    assert_int_equal(bench->heard.late, 1);
    assert_int_equal(bench->heard.late_id, 7);
    assert_int_equal(series_rebuild_begin(bench->series, &info, base), 0);
    put_all(bench, base, 3);
    assert_int_equal(series_rebuild_end(bench->series, 7), 0);
    await(bench, &bench->heard.rebuilt, 1);
    for (unsigned i = 1; i <= 3; i++)
        assert_float_equal(value_at(bench, 7, base + i * STEP), i, 1e-9);
}

static void a_rebuild_keeps_what_is_older_than_the_journal(void **state)
{
    struct bench *bench = *state;
    struct series_info info = {.id = 7, .kind = SERIES_TRAFFIC, .step_s = STEP};
    uint64_t base = base_s();
    put_all(bench, base, 100);
    settle(bench);
    assert_int_equal(series_rebuild_begin(bench->series, &info, base + 50 * STEP), 0);
    for (unsigned i = 51; i <= 100; i++)
        put(bench, 7, base + i * STEP, 1000 + i);
    assert_int_equal(series_rebuild_end(bench->series, 7), 0);
    await(bench, &bench->heard.rebuilt, 1);
    assert_float_equal(value_at(bench, 7, base + 30 * STEP), 30, 1e-9);
    assert_float_equal(value_at(bench, 7, base + 50 * STEP), 50, 1e-9);
    assert_float_equal(value_at(bench, 7, base + 51 * STEP), 1051, 1e-9);
}

static void a_time_of_the_far_future_does_not_block_a_series(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    put(bench, 7, base + 1 * STEP, 1);
    put(bench, 7, 4000000200, 9);
    settle(bench);
    put(bench, 7, base + 2 * STEP, 2);
    settle(bench);
    assert_float_equal(value_at(bench, 7, base + 2 * STEP), 2, 1e-9);
}

static void a_damaged_file_is_set_aside_and_the_rest_goes_on(void **state)
{
    struct bench *bench = *state;
    char path[200];
    char bad[210];
    uint64_t base = base_s();
    put_all(bench, base, 3);
    settle(bench);
    path_of(bench, 7, path, sizeof path);
    (void)snprintf(bad, sizeof bad, "%s.bad", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("this is no database", file) >= 0);
    assert_int_equal(fclose(file), 0);
    put(bench, 7, base + 4 * STEP, 4);
    put(bench, 8, base + 4 * STEP, 4);
    settle(bench);
    assert_int_equal(access(bad, F_OK), 0);
    assert_int_equal(bench->heard.created, 3); /* 7, 8, and 7 anew: its owner sees what is lost */
    assert_float_equal(value_at(bench, 7, base + 4 * STEP), 4, 1e-9);
    assert_float_equal(value_at(bench, 8, base + 4 * STEP), 4, 1e-9);
}

/* A child of the keeper by its name for us: the pid that HELLO told is not handed out, so look. */
static pid_t child_of(pid_t parent, unsigned which)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *file = fopen(path, "r");
    int pid = 0;
    for (unsigned i = 0; file && i <= which; i++)
        if (fscanf(file, "%d", &pid) != 1)
            pid = 0;
    if (file)
        (void)fclose(file);
    return pid;
}

static void a_writer_that_dies_is_replaced_and_says_so(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    await(bench, &bench->heard.restarted, 1);
    put_all(bench, base, 3);
    settle(bench);
    pid_t keeper = child_of(getpid(), 0);
    pid_t writer = child_of(keeper, 0);
    if (writer == 0)
        skip(); /* a kernel without /proc/.../children */
    assert_int_equal(kill(writer, SIGKILL), 0);
    await(bench, &bench->heard.restarted, 2);
    put_all(bench, base, 5); /* what the owner does then */
    settle(bench);
    assert_float_equal(value_at(bench, 7, base + 5 * STEP), 5, 1e-9);
    assert_int_equal(bench->heard.late, 0);
}

/* Whoever kills it: half an update may be in the file that it had in hand. Most of its time goes
 * into files, so that one of a few tries finds it there. */
static void a_writer_that_is_killed_over_a_file_has_it_made_anew(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    await(bench, &bench->heard.restarted, 1);
    for (unsigned round = 0; round < 8 && bench->heard.late == 0; round++) {
        pid_t keeper = child_of(getpid(), 0);
        const pid_t processes[] = {child_of(keeper, 0), child_of(keeper, 1)};
        if (keeper == 0 || processes[0] == 0)
            skip(); /* a kernel without /proc/.../children */
        unsigned created = bench->heard.created;
        for (int64_t id = 1; id <= 1500; id++)
            put(bench, round * 2000 + id, base + STEP, 1);
        assert_int_equal(series_put_mark(bench->series, 500 + round), 0);
        await(bench, &bench->heard.created, created + 1); /* it is among its files */
        for (unsigned i = 0; i < 2; i++) /* which is the writer, the kernel does not say */
            if (processes[i] > 0)
                (void)kill(processes[i], SIGKILL);
        await(bench, &bench->heard.restarted, round + 2);
    }
    assert_true(bench->heard.late > 0);
}

static void a_reader_that_dies_costs_one_answer_at_most(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    put_all(bench, base, 3);
    settle(bench);
    pid_t reader = child_of(child_of(getpid(), 0), 1);
    if (reader == 0)
        skip();
    assert_int_equal(kill(reader, SIGKILL), 0);
    assert_float_equal(value_at(bench, 7, base + 2 * STEP), 2, 1e-9);
}

static void a_series_without_a_file_is_not_there_yet(void **state)
{
    struct bench *bench = *state;
    struct series_fetch_query query = {
        .series_id = 99, .from_s = base_s(), .to_s = base_s() + STEP, .step_s = STEP};
    struct series_points *points = NULL;
    assert_int_equal(series_fetch(bench->series, &query, &points), -ENOENT);
    query.to_s = query.from_s;
    assert_int_equal(series_fetch(bench->series, &query, &points), -EINVAL);
}

static void a_long_answer_comes_in_parts(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    for (unsigned i = 1; i <= 500; i++) {
        struct series_sample one = sample(7, base + i * 60, i);
        one.step_s = 60;
        assert_int_equal(series_put(bench->series, &one, 1), 0);
    }
    settle(bench);
    struct series_fetch_query query = {
        .series_id = 7, .from_s = base - 86400 / 2, .to_s = base + 86400, .step_s = 60};
    struct series_points *points = NULL;
    assert_int_equal(series_fetch(bench->series, &query, &points), 0);
    assert_true(points->count * points->source_count > 2560);
    size_t known = 0;
    for (size_t i = 0; i < points->count; i++)
        known += isfinite(points->values[i * points->source_count]) != 0;
    assert_int_equal(known, 500);
    series_points_free(points);
}

static void a_full_disk_costs_nothing_but_what_it_has_no_room_for(void **state)
{
    struct bench *bench = *state;
    char folder[100];
    uint64_t base = base_s();
    (void)snprintf(folder, sizeof folder, "%s/rrd", bench->folder);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=4m") != 0)
        skip(); /* needs the right to mount */
    for (int64_t id = 1; id <= 10; id++)
        put(bench, id, base + STEP, (double)id);
    settle(bench);
    unsigned failed = bench->heard.failed;
    double first = value_at(bench, 1, base + STEP);
    put(bench, 1, base + 2 * STEP, 2);
    settle(bench);
    double second = value_at(bench, 1, base + 2 * STEP);
    assert_int_equal(umount2(folder, MNT_DETACH), 0);
    assert_true(failed > 0 && failed < 10);
    assert_float_equal(first, 1, 1e-9);
    assert_float_equal(second, 2, 1e-9);
}

static void a_late_point_that_a_coarser_archive_hides_asks_for_a_rebuild(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s() - 3 * 86400;
    for (unsigned i = 1; i <= 5 * 1440; i++) {
        struct series_sample one = sample(7, base + i * 60, i);
        one.step_s = 60;
        if (i != 12) /* of the row of 5 minutes, the other four are known */
            assert_int_equal(series_put(bench->series, &one, 1), 0);
        if (i % 1000 == 0)
            serve(bench);
    }
    settle(bench);
    struct series_sample late = sample(7, base + 12 * 60, 12);
    late.step_s = 60;
    assert_int_equal(series_put(bench->series, &late, 1), 0);
    settle(bench);
    assert_int_equal(bench->heard.late, 1);
}

static void a_late_point_that_says_something_else_asks_for_a_rebuild(void **state)
{
    struct bench *bench = *state;
    uint64_t base = base_s();
    put_all(bench, base, 3);
    settle(bench);
    put(bench, 7, base + 2 * STEP, 5);
    settle(bench);
    assert_int_equal(bench->heard.late, 1);
}

static void a_time_of_long_ago_makes_no_file(void **state)
{
    struct bench *bench = *state;
    char path[200];
    put(bench, 7, 3 * STEP, 1); /* 1970 */
    settle(bench);
    path_of(bench, 7, path, sizeof path);
    assert_int_not_equal(access(path, F_OK), 0);
    put(bench, 7, base_s() + STEP, 1);
    settle(bench);
    assert_float_equal(value_at(bench, 7, base_s() + STEP), 1, 1e-9);
}

static void a_file_whose_making_was_cut_short_is_made_again(void **state)
{
    struct bench *bench = *state;
    char path[200];
    char part[210];
    path_of(bench, 7, path, sizeof path);
    (void)snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "w");
    assert_non_null(file);
    assert_true(fputs("half a databa", file) >= 0);
    assert_int_equal(fclose(file), 0);
    put_all(bench, base_s(), 3);
    settle(bench);
    assert_int_not_equal(access(part, F_OK), 0);
    assert_float_equal(value_at(bench, 7, base_s() + 2 * STEP), 2, 1e-9);
}

static void a_file_is_as_large_as_was_foretold(void **state)
{
    static const uint64_t steps[] = {10, 60, 300, 420, 3600};
    struct bench *bench = *state;
    int64_t id = 100;
    for (int kind = 1; kind < SERIES_KINDS; kind++)
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++, id++) {
            char path[200];
            struct stat status;
            struct series_sample one = {.series_id = id,
                                        .kind = (enum series_kind)kind,
                                        .step_s = steps[i],
                                        .end_s = base_s() / 3600 * 3600};
            assert_int_equal(series_put(bench->series, &one, 1), 0);
            settle(bench);
            path_of(bench, id, path, sizeof path);
            assert_int_equal(stat(path, &status), 0);
            assert_int_equal(status.st_size,
                             series_file_bytes(&series_retention_default,
                                               series_layout((enum series_kind)kind), steps[i]));
            assert_true((uint64_t)status.st_blocks * 512 >= (uint64_t)status.st_size);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(values_come_back_as_they_were_put),
        CASE(an_unknown_source_is_unknown_and_not_zero),
        CASE(a_missing_interval_stays_unknown),
        CASE(a_repetition_changes_nothing),
        CASE(a_late_point_asks_for_a_rebuild_that_takes_it_in),
        CASE(a_rebuild_keeps_what_is_older_than_the_journal),
        CASE(a_time_of_the_far_future_does_not_block_a_series),
        CASE(a_damaged_file_is_set_aside_and_the_rest_goes_on),
        CASE(a_writer_that_dies_is_replaced_and_says_so),
        CASE(a_writer_that_is_killed_over_a_file_has_it_made_anew),
        CASE(a_reader_that_dies_costs_one_answer_at_most),
        CASE(a_series_without_a_file_is_not_there_yet),
        CASE(a_long_answer_comes_in_parts),
        CASE(a_late_point_that_a_coarser_archive_hides_asks_for_a_rebuild),
        CASE(a_late_point_that_says_something_else_asks_for_a_rebuild),
        CASE(a_time_of_long_ago_makes_no_file),
        CASE(a_file_whose_making_was_cut_short_is_made_again),
        CASE(a_file_is_as_large_as_was_foretold),
        CASE(a_full_disk_costs_nothing_but_what_it_has_no_room_for),
    };
    if (getenv("LASTMILE_EMULATED")) /* its time goes elsewhere: it is never met over a file */
        cmocka_set_skip_filter("a_writer_that_is_killed*");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
