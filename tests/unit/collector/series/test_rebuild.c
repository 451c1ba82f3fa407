/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The round-robin databases against the journal: whatever happens on the way, `rrdtool dump` of
 * every file is, byte by byte, that of a rebuild from the journal.
 */
#include "collector/intake/feed.h"
#include "collector/registry/registry.h"
#include "collector/registry/series_index.h"
#include "collector/series/folder_state.h"
#include "collector/series/series.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_NS (60 * CLOCK_NS_PER_S)
#define PATH_BYTES  400
#define REPORTS     600
#define PROBES      4

struct bench {
    char *folder;
    struct series_retention retention;
    struct registry *registry;
    struct series *series;
    struct feed *feed;
    uint64_t base_ns, ahead_ns;
    uint32_t random;
};

static unsigned any(struct bench *bench, unsigned below)
{
    bench->random = bench->random * 1664525 + 1013904223; /* Numerical Recipes */
    return (bench->random >> 8) % below;
}

static void open_all(struct bench *bench)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/registry.db", bench->folder);
    bench->series = series_start_keeping(bench->folder, &bench->retention);
    bench->registry = registry_open(path);
    assert_non_null(bench->series);
    assert_non_null(bench->registry);
    if (series_must_rebuild(bench->series) != SERIES_SOUND)
        assert_true(registry_mark_all_series(bench->registry) >= 0);
    assert_int_equal(series_note_open(bench->series), 0);
    bench->feed = feed_new(bench->registry, bench->series);
    assert_non_null(bench->feed);
}

static void close_all(struct bench *bench)
{
    feed_free(bench->feed);
    series_stop(bench->series, 5000);
    registry_close(bench->registry);
}

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->folder = temp_folder_new();
    bench->retention = series_retention_default;
    bench->base_ns = (clock_unix_ns() / CLOCK_NS_PER_S / 86400 - 4) * 86400 * CLOCK_NS_PER_S;
    bench->random = 20261125;
    *state = bench;
    open_all(bench);
    return 0;
}

static int stop(void **state)
{
    struct bench *bench = *state;
    close_all(bench);
    temp_folder_remove(bench->folder);
    free(bench);
    return 0;
}

static void commit(struct bench *bench, unsigned probe, uint64_t index)
{
    char name[16];
    (void)snprintf(name, sizeof name, "p%u", probe);
    struct report *report =
        fixture_report(name, 1, index, bench->base_ns + (index - 1) * FIXTURE_INTERVAL_NS);
    fixture_add_lines(report, 1, 4)->downstream_octets = index * 12345 + probe;
    (void)fixture_commit(bench->registry, report);
}

/* Each probe's reports in a window of disorder, a fifth of them twice. */
static void commit_disordered(struct bench *bench, unsigned window)
{
    static unsigned order[REPORTS];
    for (unsigned i = 0; i < REPORTS; i++)
        order[i] = i;
    for (unsigned i = 0; i < REPORTS; i++) {
        unsigned with = i + any(bench, window);
        if (with >= REPORTS)
            continue;
        unsigned kept = order[i];
        order[i] = order[with];
        order[with] = kept;
    }
    for (unsigned i = 0; i < REPORTS; i++)
        for (unsigned round = any(bench, 5) == 0 ? 2 : 1; round > 0; round--)
            commit(bench, order[i] % PROBES, order[i] / PROBES + 1);
}

static void serve(struct bench *bench)
{
    if (feed_service(bench->feed, clock_mono_ns() + bench->ahead_ns))
        return;
    struct pollfd wanted = {
        .fd = series_fd(bench->series),
        .events = (short)(POLLIN | (series_wants_write(bench->series) ? POLLOUT : 0))};
    (void)poll(&wanted, 1, 10);
}

/* Until the files follow the journal and no series is dirty. */
static void settle(struct bench *bench)
{
    struct registry_stats stored;
    struct feed_stats stats;
    int64_t probe_id = 0;
    uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    assert_int_equal(registry_read_stats(bench->registry, &stored), 0);
    bool settled = false;
    while (!settled && clock_mono_ns() < end_ns) {
        bench->ahead_ns += CLOCK_NS_PER_S; /* its patience need not be waited for */
        serve(bench);
        feed_read_stats(bench->feed, &stats);
        settled = stats.marked_report_id == (int64_t)stored.last_report_id && !stats.rebuilding &&
                  registry_next_dirty_probe(bench->registry, &probe_id) != 0;
    }
    assert_true(settled);
}

static bool has_rrdtool(void)
{
    return system("command -v rrdtool >/dev/null") == 0;
}

/* The dumps of all files, one behind the other, in the order of their names. */
static char *dump(struct bench *bench)
{
    char command[2 * PATH_BYTES];
    char *text = NULL;
    size_t length = 0;
    size_t size = 0;
    (void)snprintf(command, sizeof command,
                   "cd '%s/rrd' && for f in *.rrd; do echo $f; rrdtool dump $f; done",
                   bench->folder);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    for (size_t got = 1; got > 0; length += got) {
        if (size - length < 65536) {
            size += 1 << 20;
            text = realloc(text, size);
            assert_non_null(text);
        }
        got = fread(text + length, 1, size - length - 1, out);
    }
    assert_int_equal(pclose(out), 0);
    text[length] = '\0';
    return text;
}

static void assert_as_the_journal_says(struct bench *bench)
{
    struct registry_stats stats;
    char *lived = dump(bench);
    assert_int_equal(registry_read_stats(bench->registry, &stats), 0);
    assert_int_equal(feed_rebuild_all(bench->feed, NULL, NULL), stats.series);
    char *rebuilt = dump(bench);
    assert_non_null(strstr(rebuilt, "</rrd>"));
    size_t at = 0;
    while (lived[at] && lived[at] == rebuilt[at])
        at++;
    if (lived[at] != rebuilt[at])
        fail_msg("dumps differ at %zu: '%.60s' and '%.60s'", at, lived + at, rebuilt + at);
    free(lived);
    free(rebuilt);
}

static void a_rebuild_gives_the_bytes_of_a_run_in_order(void **state)
{
    struct bench *bench = *state;
    if (!has_rrdtool())
        skip();
    for (unsigned i = 0; i < REPORTS; i++)
        if (i % 37 != 5) /* some intervals are missing */
            commit(bench, i % PROBES, i / PROBES + 1);
    settle(bench);
    assert_as_the_journal_says(bench);
}

static void duplicates_and_disorder_end_in_the_same_bytes(void **state)
{
    struct bench *bench = *state;
    if (!has_rrdtool())
        skip();
    commit_disordered(bench, 500);
    settle(bench);
    assert_as_the_journal_says(bench);
}

/* The first children of a process; 0 where there are fewer, or the kernel does not tell. */
static void children_of(pid_t parent, int out[static 2])
{
    char path[64];
    out[0] = out[1] = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%d %d", &out[0], &out[1]) < 1)
        out[0] = 0;
    if (file)
        (void)fclose(file);
}

/* The keeper's processes: at the start the writer, then the reader; later in any order. */
static void find_processes(int out[static 2])
{
    int keeper[2];
    children_of(getpid(), keeper);
    children_of(keeper[0], out);
}

static void a_writer_killed_at_random_costs_nothing(void **state)
{
    struct bench *bench = *state;
    const char *wanted = getenv("LASTMILE_KILLS");
    unsigned kills = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 20;
    if (!has_rrdtool())
        skip();
    commit_disordered(bench, 50);
    for (unsigned i = 0; i < 10; i++)
        serve(bench);
    int processes[2];
    find_processes(processes);
    const pid_t reader = processes[1];
    if (reader == 0)
        skip();
    for (unsigned killed = 0; killed < kills;) {
        uint64_t until_ns = clock_mono_ns() + any(bench, 300) * CLOCK_NS_PER_MS;
        for (unsigned i = 0; i < 20; i++) /* so that there is something to write, always */
            commit(bench, i % PROBES, REPORTS / PROBES + 1 + killed * 5 + i / PROBES);
        while (clock_mono_ns() < until_ns)
            serve(bench);
        find_processes(processes);
        pid_t writer = processes[0] != reader ? processes[0] : processes[1];
        killed += writer > 0 && kill(writer, SIGKILL) == 0;
    }
    settle(bench);
    assert_as_the_journal_says(bench);
}

/* One file of those there are, some bytes of which are changed. */
static void damage_one(struct bench *bench, unsigned id)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/rrd/%u.rrd", bench->folder, id);
    FILE *file = fopen(path, "r+");
    if (!file)
        return; /* set aside, and not made yet */
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(fseek(file, (long)any(bench, i < 6 ? 1200 : 4000), SEEK_SET), 0);
        (void)fputc((int)any(bench, 256), file);
    }
    assert_int_equal(fclose(file), 0);
}

static void damaged_files_are_replaced_and_the_others_stay_as_they_are(void **state)
{
    struct bench *bench = *state;
    if (!has_rrdtool())
        skip();
    uint64_t index = 1;
    for (unsigned i = 0; i < 20; i++, index++)
        for (unsigned probe = 0; probe < PROBES; probe++)
            commit(bench, probe, index);
    settle(bench);
    for (unsigned round = 0; round < 25; round++, index++) {
        damage_one(bench, 1 + any(bench, 2 * PROBES));
        for (unsigned probe = 0; probe < PROBES; probe++)
            commit(bench, probe, index);
        settle(bench);
    }
    /* Damage that librrd does not notice is only seen by a rebuild: all must still be readable. */
    struct registry_stats stats;
    assert_int_equal(registry_read_stats(bench->registry, &stats), 0);
    assert_int_equal(feed_rebuild_all(bench->feed, NULL, NULL), stats.series);
    commit(bench, 0, index);
    settle(bench);
    assert_as_the_journal_says(bench);
}

static off_t size_of(struct bench *bench, unsigned id)
{
    char path[PATH_BYTES];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/rrd/%u.rrd", bench->folder, id);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void another_retention_makes_the_files_anew_with_their_history(void **state)
{
    struct bench *bench = *state;
    if (!has_rrdtool())
        skip();
    for (unsigned i = 0; i < REPORTS; i++)
        commit(bench, i % PROBES, i / PROBES + 1);
    settle(bench);
    off_t before = size_of(bench, 1);
    close_all(bench);
    bench->retention = (struct series_retention){24, 120, 800, 3660};
    open_all(bench);
    settle(bench);
    assert_true(size_of(bench, 1) > before);
    assert_as_the_journal_says(bench);
    close_all(bench);
    bench->retention = series_retention_default;
    open_all(bench);
    settle(bench);
    assert_int_equal(size_of(bench, 1), before);
    assert_as_the_journal_says(bench);
}

static void a_stop_of_the_machine_makes_the_files_anew(void **state)
{
    struct bench *bench = *state;
    char path[PATH_BYTES];
    int64_t probe_id = 0;
    for (unsigned i = 0; i < 40; i++)
        commit(bench, i % PROBES, i / PROBES + 1);
    settle(bench);
    (void)snprintf(path, sizeof path, "%s/rrd", bench->folder);
    close_all(bench);
    open_all(bench);
    assert_int_not_equal(registry_next_dirty_probe(bench->registry, &probe_id), 0);
    close_all(bench);
    assert_int_equal(folder_note(path, &bench->retention, "an-earlier-boot", true), 0);
    open_all(bench);
    assert_int_equal(registry_next_dirty_probe(bench->registry, &probe_id), 0);
    settle(bench);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_rebuild_gives_the_bytes_of_a_run_in_order),
        CASE(duplicates_and_disorder_end_in_the_same_bytes),
        CASE(a_writer_killed_at_random_costs_nothing),
        CASE(damaged_files_are_replaced_and_the_others_stay_as_they_are),
        CASE(another_retention_makes_the_files_anew_with_their_history),
        CASE(a_stop_of_the_machine_makes_the_files_anew),
    };
    /* rrdtool is this machine's, and files are in the words and the byte order of the emulated one
     */
    bool is_foreign = sizeof(long) < 8 || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    if (getenv("LASTMILE_EMULATED") && is_foreign)
        cmocka_set_test_filter("a_stop_of_the_machine*");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
