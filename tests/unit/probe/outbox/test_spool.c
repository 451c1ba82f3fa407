/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/outbox/spool.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/outbox/crc32c.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define S         CLOCK_NS_PER_S
#define LENGTH    1000 /* of a report in these tests */
#define BUDGET    (1 << 20)
#define LIVE_MS   30000
#define FLUSH_MS  60000
#define PATH_SIZE 512

static unsigned warnings;

static void count_warnings(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)ctx;
    (void)room;
    (void)line;
    warnings += level <= LOG_LEVEL_WARN;
}

static struct spool_options options_of(const char *directory, char boot)
{
    struct spool_options options = {.directory = directory,
                                    .memory_bytes_max = BUDGET,
                                    .disk_bytes_max = BUDGET,
                                    .flush_after_ms = FLUSH_MS,
                                    .live_ms = LIVE_MS};
    memset(options.boot_id, boot, sizeof options.boot_id);
    return options;
}

static struct spool *open_spool(const struct spool_options *options)
{
    struct spool *spool = spool_open(options);
    assert_non_null(spool);
    return spool;
}

/* A report's bytes tell its boot and sequence, so that a mix-up is seen. */
static void fill(uint8_t *bytes, char boot, uint64_t sequence)
{
    memset(bytes, boot, LENGTH);
    (void)snprintf((char *)bytes, LENGTH, "%c-%llu", boot, (unsigned long long)sequence);
}

static void append(struct spool *spool, char boot, uint64_t first, uint64_t last, uint64_t now_ns)
{
    uint8_t bytes[LENGTH];
    for (uint64_t i = first; i <= last; i++) {
        fill(bytes, boot, i);
        assert_int_equal(spool_append(spool, i, bytes, LENGTH, now_ns), 0);
    }
}

static void expect_next(struct spool *spool, char boot, uint64_t sequence, bool live,
                        uint64_t now_ns)
{
    struct spool_item item;
    uint8_t bytes[LENGTH];
    fill(bytes, boot, sequence);
    assert_int_equal(spool_next(spool, now_ns, false, &item), 0);
    assert_int_equal(item.sequence, sequence);
    assert_int_equal(item.boot_id[0], boot);
    assert_int_equal(item.live, live);
    assert_int_equal(item.length, LENGTH);
    assert_memory_equal(item.bytes, bytes, LENGTH);
    spool_mark_sent(spool, &item, now_ns);
}

static void expect_none(struct spool *spool, uint64_t now_ns)
{
    struct spool_item item;
    assert_int_equal(spool_next(spool, now_ns, false, &item), -ENOENT);
}

static size_t release(struct spool *spool, char boot, uint64_t sequence)
{
    struct receipt receipt = {.boot_count = 1};
    memset(receipt.boots[0].boot_id, boot, REPORT_BOOT_ID_BYTES);
    receipt.boots[0].contiguous_sequence = sequence;
    return spool_release(spool, &receipt);
}

/* "a 3-9;b 1-1;": the gaps that the next report carries, and no other. */
static void expect_gaps(struct spool *spool, const char *expected)
{
    char text[256] = "";
    struct report *report = report_new();
    assert_non_null(report);
    size_t moved = spool_move_gaps(spool, report);
    assert_int_equal(report->gap_count, moved);
    for (size_t i = 0, used = 0; i < report->gap_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%c %" PRIu64 "-%" PRIu64 ";",
                                 report->gaps[i].boot_id[0], report->gaps[i].first_sequence,
                                 report->gaps[i].last_sequence);
    assert_string_equal(text, expected);
    report_free(report);
}

static void expect_gap(struct spool *spool, char boot, uint64_t first, uint64_t last)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%c %" PRIu64 "-%" PRIu64 ";", boot, first, last);
    expect_gaps(spool, text);
}

static size_t count_files(const char *directory)
{
    size_t count = 0;
    DIR *open_directory = opendir(directory);
    assert_non_null(open_directory);
    for (struct dirent *entry = readdir(open_directory); entry; entry = readdir(open_directory))
        count += entry->d_name[0] != '.';
    (void)closedir(open_directory);
    return count;
}

/* The first segment of a folder. */
static void first_segment(const char *directory, char out[static PATH_SIZE])
{
    (void)snprintf(out, PATH_SIZE, "%s/000000000001.spool", directory);
    struct stat status;
    assert_int_equal(stat(out, &status), 0);
}

static void change_byte(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    uint8_t byte = 0;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static void crc32c_agrees_with_rfc_3720(void **state)
{
    (void)state;
    uint8_t zeros[32] = {0};
    uint8_t ones[32];
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(crc32c(0, zeros, sizeof zeros), 0x8a9136aa); /* RFC 3720 B.4 */
    assert_int_equal(crc32c(0, ones, sizeof ones), 0x62a8ab43);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void only_a_receipt_frees_a_report(void **state)
{
    (void)state;
    struct spool_options options = options_of(NULL, 'a');
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 1, 3, S);
    expect_next(spool, 'a', 1, true, S);
    expect_next(spool, 'a', 2, true, S);
    expect_next(spool, 'a', 3, true, S);
    expect_none(spool, S);
    assert_int_equal(spool_stats(spool).records, 3);
    assert_int_equal(release(spool, 'b', 3), 0);
    assert_int_equal(release(spool, 'a', 2), 2);
    assert_int_equal(release(spool, 'a', 2), 0);
    assert_int_equal(spool_stats(spool).records, 1);
    assert_int_equal(release(spool, 'a', UINT64_MAX), 1);
    assert_int_equal(spool_stats(spool).memory_bytes, 0);
    expect_gaps(spool, "");
    spool_close(spool);
}

static void a_sequence_that_does_not_grow_is_refused(void **state)
{
    (void)state;
    struct spool_options options = options_of(NULL, 'a');
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 5, 5, S);
    assert_int_equal(spool_append(spool, 5, (const uint8_t *)"x", 1, S), -EINVAL);
    assert_int_equal(spool_append(spool, 4, (const uint8_t *)"x", 1, S), -EINVAL);
    spool_close(spool);
}

static void nothing_is_written_to_disk_while_the_broker_answers(void **state)
{
    const char *directory = *state;
    struct spool_options options = options_of(directory, 'a');
    struct spool *spool = open_spool(&options);
    for (uint64_t i = 1; i <= 500; i++) {
        append(spool, 'a', i, i, i * 60 * S);
        spool_service(spool, i * 60 * S, true);
    }
    assert_int_equal(spool_stats(spool).disk_bytes_written, 0);
    assert_int_equal(count_files(directory), 0);
    assert_int_equal(release(spool, 'a', 500), 500);
    spool_close(spool);
    assert_int_equal(count_files(directory), 0);
}

static void reports_go_to_disk_when_the_broker_was_away_for_a_while(void **state)
{
    const char *directory = *state;
    struct spool_options options = options_of(directory, 'a');
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 1, 2, 10 * S);
    spool_service(spool, 69 * S, false);
    assert_int_equal(count_files(directory), 0);
    spool_service(spool, 70 * S, false);
    assert_int_equal(count_files(directory), 1);
    assert_int_equal(spool_stats(spool).memory_bytes, 0);
    append(spool, 'a', 3, 3, 80 * S);
    expect_next(spool, 'a', 3, true, 80 * S); /* live before backlog, RAM or disk */
    expect_next(spool, 'a', 1, false, 80 * S);
    expect_next(spool, 'a', 2, false, 80 * S);
    assert_int_equal(release(spool, 'a', 3), 3);
    assert_int_equal(count_files(directory), 0);
    assert_int_equal(spool_stats(spool).disk_bytes, 0);
    spool_close(spool);
}

static void what_was_not_receipted_is_backlog_of_the_next_boot(void **state)
{
    struct spool_options options = options_of(*state, 'a');
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 1, 3, S);
    assert_int_equal(release(spool, 'a', 1), 1);
    spool_close(spool);
    options = options_of(*state, 'b');
    spool = open_spool(&options);
    assert_int_equal(spool_stats(spool).loaded, 2);
    append(spool, 'b', 1, 1, 5 * S);
    expect_next(spool, 'b', 1, true, 5 * S);
    expect_next(spool, 'a', 2, false, 5 * S);
    expect_next(spool, 'a', 3, false, 5 * S);
    expect_none(spool, 5 * S);
    assert_int_equal(release(spool, 'a', 3), 2);
    assert_int_equal(count_files(*state), 0);
    spool_close(spool);
}

static void a_full_ram_overflows_to_disk_and_then_drops_the_oldest(void **state)
{
    struct spool_options options = options_of(*state, 'a');
    options.memory_bytes_max = 20 << 10;
    options.disk_bytes_max = 256 << 10;
    struct spool *spool = open_spool(&options);
    uint64_t last = 1000;
    for (uint64_t i = 1; i <= last; i++)
        append(spool, 'a', i, i, i * S);
    struct spool_stats stats = spool_stats(spool);
    assert_true(stats.memory_bytes <= options.memory_bytes_max);
    assert_true(stats.disk_bytes <= options.disk_bytes_max);
    assert_true(stats.disk_bytes >= options.disk_bytes_max - (80 << 10)); /* it is made use of */
    assert_int_equal(stats.records + stats.dropped, last);
    expect_gap(spool, 'a', 1, stats.dropped);
    expect_gaps(spool, "");
    for (uint64_t i = stats.dropped + 1; i <= last; i++) /* the rest is whole, oldest first */
        expect_next(spool, 'a', i, false, 1000000 * S);
    assert_int_equal(release(spool, 'a', last), stats.records);
    assert_int_equal(count_files(*state), 0);
    spool_close(spool);
}

static void a_full_ram_without_a_disk_drops_the_oldest_and_declares_it(void **state)
{
    (void)state;
    struct spool_options options = options_of(NULL, 'a');
    options.memory_bytes_max = 10 * (LENGTH + 200);
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 1, 100, S);
    struct spool_stats stats = spool_stats(spool);
    assert_true(stats.records >= 10);
    assert_int_equal(stats.records + stats.dropped, 100);
    expect_gap(spool, 'a', 1, stats.dropped);
    expect_next(spool, 'a', stats.dropped + 1, true, S);
    spool_close(spool);
}

/* The report that carried a gap may be dropped itself; its gaps are then carried by the next. */
static void gaps_of_a_dropped_report_are_inherited(void **state)
{
    (void)state;
    struct spool_options options = options_of(NULL, 'b');
    options.memory_bytes_max = 600;
    struct spool *spool = open_spool(&options);
    struct report *report = report_new();
    assert_non_null(report);
    (void)snprintf(report->operator_name, sizeof report->operator_name, "cu");
    (void)snprintf(report->probe_name, sizeof report->probe_name, "p");
    report->sequence = 1;
    report->interval_ms = 1;
    report->schedule_ms = 60000;
    struct report_gap *gap = report_add_gap(report);
    memset(gap->boot_id, 'a', sizeof gap->boot_id);
    gap->first_sequence = 3;
    gap->last_sequence = 9;
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(report_encode(report, &bytes, &length), 0);
    assert_int_equal(spool_append(spool, 1, bytes, length, S), 0);
    append(spool, 'b', 2, 2, S);
    expect_gaps(spool, "a 3-9;b 1-1;");
    spool_close(spool);
    report_free(report);
    free(bytes);
}

static void a_torn_tail_is_cut_at_every_length(void **state)
{
    char path[PATH_SIZE];
    for (off_t cut = 1; cut <= LENGTH + 36; cut += 37) {
        struct spool_options options = options_of(*state, 'a');
        struct spool *spool = open_spool(&options);
        append(spool, 'a', 1, 3, S);
        spool_close(spool);
        first_segment(*state, path);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(truncate(path, status.st_size - cut), 0);
        options = options_of(*state, 'b');
        spool = open_spool(&options);
        assert_int_equal(spool_stats(spool).loaded, 2);
        assert_int_equal(spool_stats(spool).torn, cut == LENGTH + 36 ? 0 : 1);
        assert_int_equal(spool_stats(spool).damaged, 0);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, 2 * (LENGTH + 36));
        assert_int_equal(release(spool, 'a', 2), 2);
        spool_close(spool);
    }
}

static void a_damaged_middle_is_skipped_counted_and_declared(void **state)
{
    char path[PATH_SIZE];
    /* in the marker, the length, the checksum, the identity, the payload */
    static const off_t places[] = {0, 6, 9, 20, 500};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct spool_options options = options_of(*state, 'a');
        struct spool *spool = open_spool(&options);
        append(spool, 'a', 1, 5, S);
        spool_close(spool);
        first_segment(*state, path);
        change_byte(path, 2 * (LENGTH + 36) + places[i]);
        options = options_of(*state, 'b');
        spool = open_spool(&options);
        assert_int_equal(spool_stats(spool).loaded, 4);
        assert_int_equal(spool_stats(spool).damaged, 1);
        expect_next(spool, 'a', 1, false, S);
        expect_next(spool, 'a', 2, false, S);
        expect_next(spool, 'a', 4, false, S);
        expect_gaps(spool, ""); /* what is missing shows when the collector says how far it is */
        assert_int_equal(release(spool, 'a', 2), 2);
        expect_gap(spool, 'a', 3, 3);
        assert_int_equal(release(spool, 'a', 2), 0);
        expect_gaps(spool, ""); /* once is enough */
        assert_int_equal(release(spool, 'a', 5), 2);
        spool_close(spool);
    }
}

static void damage_that_comes_while_running_is_given_up_as_a_gap(void **state)
{
    char path[PATH_SIZE];
    struct spool_options options = options_of(*state, 'a');
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 1, 3, S);
    spool_service(spool, 100 * S, false);
    first_segment(*state, path);
    change_byte(path, 100);
    expect_next(spool, 'a', 2, false, 100 * S);
    expect_gap(spool, 'a', 1, 1);
    expect_next(spool, 'a', 3, false, 100 * S);
    assert_int_equal(spool_stats(spool).dropped, 1);
    assert_int_equal(release(spool, 'a', 3), 2);
    assert_int_equal(spool_stats(spool).records, 0);
    spool_close(spool);
}

static void a_disk_that_fails_is_said_once_and_ram_goes_on(void **state)
{
    char file[PATH_SIZE];
    char directory[PATH_SIZE + 8];
    (void)snprintf(file, sizeof file, "%s/file", (const char *)*state);
    (void)snprintf(directory, sizeof directory, "%s/spool", file); /* below a file: ENOTDIR */
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    warnings = 0;
    log_set_handler(count_warnings, NULL);
    struct spool_options options = options_of(directory, 'a');
    struct spool *spool = open_spool(&options);
    for (uint64_t i = 1; i <= 100; i++) {
        append(spool, 'a', i, i, i * 60 * S);
        spool_service(spool, i * 60 * S, false);
    }
    assert_int_equal(warnings, 1);
    assert_true(spool_stats(spool).disk_faults > 1);
    assert_int_equal(spool_stats(spool).records, 100);
    (void)unlink(file);
    assert_int_equal(mkdir(file, 0700), 0); /* mended */
    spool_service(spool, 200 * 60 * S, false);
    assert_int_equal(spool_stats(spool).memory_bytes, 0);
    expect_next(spool, 'a', 1, false, 200 * 60 * S);
    log_set_handler(NULL, NULL);
    spool_close(spool);
}

static void a_second_spool_in_the_same_directory_stays_in_ram(void **state)
{
    warnings = 0;
    log_set_handler(count_warnings, NULL);
    struct spool_options options = options_of(*state, 'a');
    struct spool *first = open_spool(&options);
    options = options_of(*state, 'b');
    struct spool *second = open_spool(&options);
    assert_int_equal(warnings, 1);
    append(second, 'b', 1, 1, S);
    expect_next(second, 'b', 1, true, S);
    spool_close(second);
    spool_close(first);
    log_set_handler(NULL, NULL);
    assert_int_equal(count_files(*state), 0);
}

static void other_files_of_the_directory_are_left_alone(void **state)
{
    static const char *const names[] = {"notes.txt", "1.spool", "00000000000x.spool",
                                        "000000000001.spool.bak"};
    char path[PATH_SIZE];
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", (const char *)*state, names[i]);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    struct spool_options options = options_of(*state, 'a');
    spool_close(open_spool(&options));
    assert_int_equal(count_files(*state), 4);
}

static void a_file_of_noise_is_passed_over_and_removed(void **state)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/000000000007.spool", (const char *)*state);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 100000; i++)
        (void)fputs("LMR1\0\0\0", file);
    (void)fclose(file);
    struct spool_options options = options_of(*state, 'a');
    struct spool *spool = open_spool(&options);
    assert_int_equal(spool_stats(spool).loaded, 0);
    assert_int_equal(spool_stats(spool).torn, 1);
    spool_close(spool);
    assert_int_equal(count_files(*state), 0);
}

static void overdue_reports_are_sent_again_only_when_the_first_is_among_them(void **state)
{
    (void)state;
    struct spool_options options = options_of(NULL, 'a');
    struct spool *spool = open_spool(&options);
    append(spool, 'a', 1, 3, 100 * S);
    append(spool, 'a', 4, 4, 200 * S);
    expect_next(spool, 'a', 4, true, 200 * S);
    assert_int_equal(spool_unmark_overdue(spool, 250 * S), 0); /* 1 to 3 were not even sent */
    expect_next(spool, 'a', 1, false, 260 * S);
    expect_next(spool, 'a', 2, false, 260 * S);
    expect_next(spool, 'a', 3, false, 260 * S);
    assert_int_equal(spool_unanswered(spool), 3);
    expect_none(spool, 260 * S);
    assert_int_equal(release(spool, 'a', 1), 1);
    assert_int_equal(spool_unmark_overdue(spool, 259 * S), 0);
    assert_int_equal(spool_unmark_overdue(spool, 260 * S), 3);
    assert_int_equal(spool_unanswered(spool), 0);
    expect_next(spool, 'a', 2, false, 270 * S);
    spool_close(spool);
}

static size_t bytes_of_folder(const char *directory)
{
    char path[PATH_SIZE];
    struct stat status;
    size_t sum = 0;
    for (int i = 1; i < 20; i++) {
        (void)snprintf(path, sizeof path, "%s/%012d.spool", directory, i);
        sum += stat(path, &status) == 0 ? (size_t)status.st_size : 0;
    }
    return sum;
}

/* The spool of a probe that is killed is never closed: a child opens it and is gone. */
static void append_and_die(const struct spool_options *options, uint64_t last, uint64_t receipted)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct spool *spool = open_spool(options);
        append(spool, 'a', 1, last, S);
        (void)release(spool, 'a', receipted);
        (void)raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void what_is_in_ram_outlives_a_killed_probe_on_a_ram_disk(void **state)
{
    char ram[PATH_SIZE];
    char disk[PATH_SIZE];
    (void)snprintf(ram, sizeof ram, "%s/ram", (const char *)*state);
    (void)snprintf(disk, sizeof disk, "%s/disk", (const char *)*state);
    struct spool_options options = options_of(disk, 'a');
    options.ram_directory = ram;
    append_and_die(&options, 200, 150);
    assert_int_equal(count_files(disk), 0); /* and nothing was written to flash */
    memset(options.boot_id, 'b', sizeof options.boot_id);
    struct spool *spool = open_spool(&options);
    assert_true(spool_stats(spool).records >= 50); /* some of a segment may come again */
    assert_int_equal(count_files(ram), 0);
    append(spool, 'b', 1, 1, S);
    expect_next(spool, 'b', 1, true, S);
    assert_true(release(spool, 'a', 150) == spool_stats(spool).loaded - 50);
    for (uint64_t i = 151; i <= 200; i++)
        expect_next(spool, 'a', i, false, S);
    expect_none(spool, S);
    assert_int_equal(release(spool, 'a', 200), 50);
    assert_int_equal(release(spool, 'b', 1), 1);
    assert_int_equal(bytes_of_folder(ram), 0);
    spool_close(spool);
    options.ram_directory = NULL; /* bite: without it all of that is gone */
    memset(options.boot_id, 'a', sizeof options.boot_id);
    append_and_die(&options, 200, 150);
    memset(options.boot_id, 'c', sizeof options.boot_id);
    spool = open_spool(&options);
    assert_int_equal(spool_stats(spool).records, 0);
    spool_close(spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_agrees_with_rfc_3720),
        cmocka_unit_test(only_a_receipt_frees_a_report),
        cmocka_unit_test(a_sequence_that_does_not_grow_is_refused),
        WITH_FOLDER(nothing_is_written_to_disk_while_the_broker_answers),
        WITH_FOLDER(reports_go_to_disk_when_the_broker_was_away_for_a_while),
        WITH_FOLDER(what_was_not_receipted_is_backlog_of_the_next_boot),
        WITH_FOLDER(a_full_ram_overflows_to_disk_and_then_drops_the_oldest),
        cmocka_unit_test(a_full_ram_without_a_disk_drops_the_oldest_and_declares_it),
        cmocka_unit_test(gaps_of_a_dropped_report_are_inherited),
        WITH_FOLDER(a_torn_tail_is_cut_at_every_length),
        WITH_FOLDER(a_damaged_middle_is_skipped_counted_and_declared),
        WITH_FOLDER(damage_that_comes_while_running_is_given_up_as_a_gap),
        WITH_FOLDER(a_disk_that_fails_is_said_once_and_ram_goes_on),
        WITH_FOLDER(a_second_spool_in_the_same_directory_stays_in_ram),
        WITH_FOLDER(other_files_of_the_directory_are_left_alone),
        WITH_FOLDER(a_file_of_noise_is_passed_over_and_removed),
        WITH_FOLDER(what_is_in_ram_outlives_a_killed_probe_on_a_ram_disk),
        cmocka_unit_test(overdue_reports_are_sent_again_only_when_the_first_is_among_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
