/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A process that commits as fast as it can is killed again and again; what it was told to be
 * committed must be there, once.
 */
#include "collector/registry/journal.h"
#include "collector/registry/registry.h"

#include "common/clock.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_report.h"
#include "tests/support/report_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS 30
#define BATCH 7

static const struct journal_caps caps = {.series_max = 1000, .lines_max = 1000000};

static int commit_batch(struct registry *registry, uint64_t first)
{
    struct journal_entry entries[BATCH];
    struct report *reports[BATCH];
    uint8_t *payloads[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        uint64_t sequence = first + i;
        reports[i] = fixture_report(
            "p1", 1, sequence, fixture_time_ns(2026, 3, 1, 0, 0) + sequence * FIXTURE_INTERVAL_NS);
        (void)fixture_add_lines(reports[i], sequence * 3, 30);
        entries[i] = (struct journal_entry){.report = reports[i],
                                            .arrived_ns = reports[i]->interval_start_unix_ns};
        if (report_encode(reports[i], &payloads[i], &entries[i].length) != 0)
            _exit(3);
        entries[i].payload = payloads[i];
    }
    int status = registry_commit_reports(registry, entries, BATCH, &caps);
    for (size_t i = 0; i < BATCH; i++) {
        free(payloads[i]);
        report_free(reports[i]);
    }
    return status;
}

/* Commits from its receipt on, and tells after each commit how far a receipt would go. */
static void commit_for_ever(const char *path, volatile uint64_t *told)
{
    struct registry *registry = registry_open(path);
    struct receipt receipt = {.boot_count = 0};
    if (!registry)
        _exit(2);
    for (;;) {
        int status = registry_read_receipt(registry, "cu", "p1", &receipt);
        uint64_t next = status == 0 ? receipt.boots[0].contiguous_sequence + 1 : 1;
        /* A batch that overlaps what is known: a receipt that was lost. */
        if (commit_batch(registry, next > 3 ? next - 3 : next) != 0 ||
            registry_read_receipt(registry, "cu", "p1", &receipt) != 0)
            _exit(4);
        *told = receipt.boots[0].contiguous_sequence;
    }
}

static int count_row(void *ctx, const struct journal_row *row)
{
    (void)row;
    (*(uint64_t *)ctx)++;
    return 0;
}

static void remove_database(const char *folder)
{
    static const char *const names[] = {"registry.db", "registry.db-wal", "registry.db-shm"};
    char path[128];
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static void a_process_that_is_killed_leaves_every_receipted_report_once(void **state)
{
    (void)state;
    struct random_source random = {.state = clock_mono_ns() | 1};
    char folder[] = "/tmp/lastmile-crash-XXXXXX";
    char path[64];
    print_message("# seed %llu\n", (unsigned long long)random.state);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    volatile uint64_t *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    for (unsigned kill_number = 0; kill_number < KILLS; kill_number++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            commit_for_ever(path, told);
        /* Every other life gets as far as a receipt, however slow the machine is. */
        for (uint64_t before = *told; kill_number % 2 && *told == before;)
            assert_true(poll(NULL, 0, 1) == 0 && waitpid(pid, NULL, WNOHANG) == 0);
        (void)poll(NULL, 0, (int)(5 + random_below(&random, 60)));
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status)); /* it did not stop by itself */
        struct registry *registry = registry_open(path);
        assert_non_null(registry);
        assert_int_equal(registry_check_integrity(registry), 0);
        struct receipt receipt = {.boot_count = 0};
        uint64_t rows = 0;
        (void)registry_read_receipt(registry, "cu", "p1", &receipt);
        assert_int_equal(registry_visit_journal(registry, 0, 1000000, count_row, &rows), 0);
        assert_true(receipt.boots[0].contiguous_sequence >= *told);
        assert_int_equal(rows, receipt.boots[0].contiguous_sequence);
        registry_close(registry);
    }
    assert_true(*told > KILLS);
    (void)munmap((void *)(uintptr_t)told, sizeof *told);
    remove_database(folder);
}

static void a_full_disk_refuses_the_commit_and_keeps_what_was(void **state)
{
    (void)state;
    char folder[] = "/tmp/lastmile-full-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    if (mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
        (void)rmdir(folder);
        skip(); /* needs the right to mount */
    }
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    struct registry *registry = registry_open(path);
    int status = registry ? 0 : -1;
    uint64_t stored = 0;
    for (uint64_t first = 1; status == 0 && first < 100000; first += BATCH) {
        status = commit_batch(registry, first);
        stored += status == 0 ? BATCH : 0;
    }
    uint64_t rows = 0;
    int integrity = registry ? registry_check_integrity(registry) : -1;
    int visited = registry ? registry_visit_journal(registry, 0, 1000000, count_row, &rows) : -1;
    registry_close(registry);
    (void)umount2(folder, MNT_DETACH);
    (void)rmdir(folder);
    assert_int_equal(status, -ENOSPC);
    assert_int_equal(integrity, 0);
    assert_int_equal(visited, 0);
    assert_true(stored > 0);
    assert_int_equal(rows, stored);
}

static void a_younger_schema_is_left_alone(void **state)
{
    (void)state;
    char folder[] = "/tmp/lastmile-schema-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    struct registry *registry = registry_open(path);
    assert_non_null(registry);
    registry_close(registry);
    registry = registry_open(path); /* what is up to date is not migrated again */
    assert_non_null(registry);
    registry_close(registry);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    const uint8_t version[4] = {0, 0, 0, 99}; /* user_version, at offset 60 of the header */
    assert_int_equal(pwrite(fd, version, sizeof version, 60), sizeof version);
    assert_int_equal(close(fd), 0);
    assert_null(registry_open(path));
    assert_int_equal(errno, EPROTO);
    assert_null(registry_open_read(path));
    assert_int_equal(errno, EPROTO);
    remove_database(folder);
}

static void what_is_no_database_is_not_overwritten(void **state)
{
    (void)state;
    char folder[] = "/tmp/lastmile-noise-XXXXXX";
    char path[64];
    char text[64] = "";
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("a letter to the mayor, longer than a header\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_null(registry_open(path));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_int_equal(fclose(file), 0);
    assert_non_null(strstr(text, "mayor"));
    remove_database(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_is_killed_leaves_every_receipted_report_once),
        cmocka_unit_test(a_full_disk_refuses_the_commit_and_keeps_what_was),
        cmocka_unit_test(a_younger_schema_is_left_alone),
        cmocka_unit_test(what_is_no_database_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
