/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The spool whose n-th allocation fails, n = 1..100, once or from there on for a while: what it has
 * taken is there when memory is, in RAM and on disk, of this boot and of the one before.
 */
#include "probe/outbox/spool.h"

#include "common/clock.h"
#include "common/log.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S        CLOCK_NS_PER_S
#define BUDGET   (4 << 20)
#define EARLIER  60 /* reports of the boot before, on disk */
#define REPORTS  60 /* that this boot makes, half of them live, half while the broker is away */
#define LENGTH   1000
#define N_MAX    100
#define FOREVER  1000000
#define BOOT_OLD 'a'
#define BOOT_NEW 'b'

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);

static unsigned allocations, first_failing, failing; /* the count of those to fail; 0: none */

static bool memory_is_out(void)
{
    allocations++;
    return failing && allocations >= first_failing && allocations - first_failing < failing;
}

void *__wrap_malloc(size_t size)
{
    return memory_is_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_is_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return memory_is_out() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return memory_is_out() ? NULL : __real_strdup(text);
}

/* No power fails in here. */
int __wrap_fdatasync(int fd)
{
    (void)fd;
    return 0;
}

int __wrap_fsync(int fd)
{
    (void)fd;
    return 0;
}

struct ledger {
    bool taken[REPORTS + 1]; /* by sequence: spool_append said 0 */
};

static struct spool *open_spool(const char *folder, const char *ram, char boot)
{
    struct spool_options options = {.directory = folder,
                                    .ram_directory = ram,
                                    .memory_bytes_max = BUDGET,
                                    .disk_bytes_max = BUDGET,
                                    .flush_after_ms = 60000,
                                    .live_ms = 30000};
    memset(options.boot_id, boot, sizeof options.boot_id);
    return spool_open(&options);
}

static int append(struct spool *spool, char boot, uint64_t sequence, uint64_t now_ns)
{
    uint8_t bytes[LENGTH];
    memset(bytes, boot, sizeof bytes);
    (void)snprintf((char *)bytes, sizeof bytes, "%c-%llu", boot, (unsigned long long)sequence);
    return spool_append(spool, sequence, bytes, sizeof bytes, now_ns);
}

static void live_before(const char *folder)
{
    struct spool *spool = open_spool(folder, NULL, BOOT_OLD);
    assert_non_null(spool);
    for (uint64_t i = 1; i <= EARLIER; i++)
        assert_int_equal(append(spool, BOOT_OLD, i, i), 0);
    spool_close(spool);
}

/* Sends what there is to send, which frees nothing: no receipt comes. */
static void send_all(struct spool *spool, uint64_t now_ns)
{
    struct spool_item item;
    while (spool_next(spool, now_ns, false, &item) == 0)
        spool_mark_sent(spool, &item, now_ns);
}

/* Memory is short somewhere in here. Afterwards the spool is closed, or left as by kill -9. */
static void live_through_it(const char *folder, const char *ram, struct ledger *ledger)
{
    struct spool *spool = open_spool(folder, ram, BOOT_NEW);
    uint64_t now_ns = S;
    for (uint64_t i = 1; i <= REPORTS && spool; i++) {
        bool connected = i <= REPORTS / 2;
        now_ns += 10 * S;
        ledger->taken[i] = append(spool, BOOT_NEW, i, now_ns) == 0;
        spool_service(spool, now_ns, connected);
        if (connected)
            send_all(spool, now_ns);
        if (i == REPORTS / 2)
            spool_unmark_all(spool);
    }
    failing = 0;
    spool_close(spool);
}

/* All that is owed comes, each once, and nothing else. */
static void expect_all(const char *folder, const struct ledger *ledger)
{
    struct spool *spool = open_spool(folder, NULL, 'c');
    struct spool_item item;
    uint64_t old = 0;
    uint64_t seen = 0;
    assert_non_null(spool);
    while (spool_next(spool, S, false, &item) == 0) {
        char text[32];
        (void)snprintf(text, sizeof text, "%c-%llu", item.boot_id[0],
                       (unsigned long long)item.sequence);
        assert_string_equal((const char *)item.bytes, text);
        if (item.boot_id[0] == BOOT_OLD) {
            assert_int_equal(item.sequence, ++old);
        } else {
            for (seen++; seen < item.sequence; seen++)
                assert_false(ledger->taken[seen]);
            assert_true(ledger->taken[seen]);
        }
        spool_mark_sent(spool, &item, S);
    }
    for (seen++; seen <= REPORTS; seen++)
        assert_false(ledger->taken[seen]);
    assert_int_equal(old, EARLIER);
    assert_int_equal(spool_stats(spool).dropped, 0);
    spool_close(spool);
}

/* Returns whether there were that many allocations. */
static bool live(unsigned n, unsigned count, bool with_ram_disk)
{
    struct ledger ledger = {.taken = {false}};
    char *folder = temp_folder_new();
    char *ram = with_ram_disk ? temp_folder_new() : NULL;
    assert_non_null(folder);
    live_before(folder);
    allocations = 0;
    first_failing = n;
    failing = count;
    live_through_it(folder, ram, &ledger);
    bool reached = allocations >= n;
    expect_all(folder, &ledger);
    temp_folder_remove(folder);
    temp_folder_remove(ram);
    return reached;
}

static void fail_each(unsigned count, bool with_ram_disk)
{
    unsigned n = 1;
    while (n <= N_MAX && live(n, count, with_ram_disk))
        n++;
    (void)printf("# the first %u allocations failed one after the other\n", n - 1);
    assert_true(n > REPORTS);
}

static void a_single_failed_allocation_loses_nothing(void **state)
{
    (void)state;
    fail_each(1, false);
    fail_each(1, true);
}

static void memory_that_is_short_for_a_while_loses_nothing(void **state)
{
    (void)state;
    fail_each(7, false);
    fail_each(FOREVER, false);
}

/* A report without memory for its gaps goes without them, and the next one has them. */
static void gaps_wait_for_a_report_that_has_memory_for_them(void **state)
{
    (void)state;
    struct spool_options options = {
        .memory_bytes_max = 4 * LENGTH, .flush_after_ms = 60000, .live_ms = 30000};
    struct spool *spool = spool_open(&options);
    struct report *poor = report_new(), *next = report_new();
    assert_true(spool && poor && next);
    for (uint64_t i = 1; i <= REPORTS; i++)
        assert_int_equal(append(spool, '\0', i, S), 0);
    allocations = 0;
    first_failing = 1;
    failing = FOREVER;
    assert_int_equal(spool_move_gaps(spool, poor), 0);
    failing = 0;
    assert_int_equal(poor->gap_count, 0);
    assert_int_equal(spool_move_gaps(spool, next), 1);
    assert_int_equal(next->gaps[0].first_sequence, 1);
    assert_int_equal(next->gaps[0].last_sequence, spool_stats(spool).dropped);
    assert_int_equal(spool_move_gaps(spool, poor), 0);
    report_free(poor);
    report_free(next);
    spool_close(spool);
}

static void ignore(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)ctx;
    (void)level;
    (void)room;
    (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_failed_allocation_loses_nothing),
        cmocka_unit_test(memory_that_is_short_for_a_while_loses_nothing),
        cmocka_unit_test(gaps_wait_for_a_report_that_has_memory_for_them),
    };
    log_set_handler(ignore, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
