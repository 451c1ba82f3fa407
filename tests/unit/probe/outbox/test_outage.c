/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Days without a broker, in a time of our own: spool and exporter as they are, a broker that does
 * not answer, a collector that keeps what arrives and says how far it has come. What the outbox
 * writes is counted where it is written. Each promise is shown to bite: with its protection off the
 * same check says no.
 */
#include "probe/outbox/exporter.h"

#include "common/clock.h"
#include "common/topic.h"
#include "probe/outbox/crc32c.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/fake_bus.h"
#include "tests/support/temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S           CLOCK_NS_PER_S
#define HOUR        (3600 * S)
#define DAY         (24 * HOUR)
#define INTERVAL    (60 * S)
#define FINE        (S / 20) /* a turn of the loop while the broker answers */
#define PROBE       "bras-1"
#define OPERATOR    "cu"
#define REPORTS_MAX 20000

/* What the outbox asks of the file system, counted where it asks. Syncing is not waited for. */
static struct {
    uint64_t writes, bytes, syncs, changes;
} disk;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __real_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length);
int __real_unlinkat(int directory, const char *name, int flags);
int __wrap_unlinkat(int directory, const char *name, int flags);

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    disk.writes++;
    disk.bytes += length;
    return __real_write(fd, bytes, length);
}

int __wrap_fdatasync(int fd)
{
    (void)fd;
    disk.syncs++;
    return 0;
}

int __wrap_fsync(int fd)
{
    return __wrap_fdatasync(fd);
}

int __wrap_ftruncate(int fd, off_t length)
{
    disk.changes++;
    return __real_ftruncate(fd, length);
}

int __wrap_unlinkat(int directory, const char *name, int flags)
{
    disk.changes++;
    return __real_unlinkat(directory, name, flags);
}

static uint64_t disk_work(void)
{
    return disk.writes + disk.syncs + disk.changes;
}

enum fate { FATE_NONE, FATE_STORED, FATE_GAP };

/* A probe, its broker and its collector. Sequences are of one boot, from 1. */
struct world {
    char *folder;
    struct spool *spool;
    struct exporter *exporter;
    char receipt_topic[TOPIC_BYTES];
    uint64_t now_ns, next_report_ns, next_receipt_ns;
    uint64_t sequence;
    uint64_t payload_bytes;        /* of all reports made */
    uint32_t digests[REPORTS_MAX]; /* of what was made */
    uint64_t made_ns[REPORTS_MAX]; /* and when */
    enum fate fates[REPORTS_MAX];  /* by the collector */
    uint64_t contiguous, stored, duplicates, corrupt, gap_of_stored;
    uint64_t back_ns, late_ns; /* of what was made since then: how late the latest came */
    bool deaf_to_gaps;         /* a collector without this protection */
    bool dirty;
};

static void declare_gap(struct world *world, const struct report_gap *gap)
{
    for (uint64_t i = gap->first_sequence; i <= gap->last_sequence && i < REPORTS_MAX; i++) {
        world->gap_of_stored += world->fates[i] == FATE_STORED;
        if (world->fates[i] == FATE_NONE)
            world->fates[i] = FATE_GAP;
    }
}

static void take(void *ctx, const char *text, const void *payload, size_t length)
{
    struct world *world = ctx;
    struct report *report = NULL;
    struct topic topic;
    assert_int_equal(topic_parse(text, &topic), 0);
    if (topic.kind != TOPIC_REPORT && topic.kind != TOPIC_BACKLOG)
        return;
    assert_int_equal(report_decode(payload, length, &report), REPORT_OK);
    uint64_t i = report->sequence;
    assert_true(i <= world->sequence);
    world->duplicates += world->fates[i] == FATE_STORED;
    world->corrupt += crc32c(0, payload, length) != world->digests[i];
    world->stored += world->fates[i] != FATE_STORED;
    world->fates[i] = FATE_STORED;
    uint64_t late_ns = world->now_ns - world->made_ns[i];
    if (world->made_ns[i] >= world->back_ns && late_ns > world->late_ns)
        world->late_ns = late_ns;
    for (size_t g = 0; g < report->gap_count && !world->deaf_to_gaps; g++)
        declare_gap(world, &report->gaps[g]);
    report_free(report);
    world->dirty = true;
}

static void send_receipt(struct world *world)
{
    struct receipt receipt = {.boot_count = 1};
    uint8_t bytes[RECEIPT_BYTES_MAX];
    while (world->contiguous < world->sequence && world->fates[world->contiguous + 1] != FATE_NONE)
        world->contiguous++;
    memset(receipt.boots[0].boot_id, 'a', REPORT_BOOT_ID_BYTES);
    receipt.boots[0].contiguous_sequence = world->contiguous;
    int length = receipt_encode(&receipt, bytes, sizeof bytes);
    assert_true(length > 0);
    fake_bus_deliver(world->receipt_topic, bytes, (size_t)length);
    world->dirty = false;
}

/* As the agent makes one, of 20 sources: some two kilobytes. */
static void make_report(struct world *world)
{
    struct report *report = report_new();
    uint8_t *bytes = NULL;
    size_t length = 0;
    uint64_t i = ++world->sequence;
    assert_true(i < REPORTS_MAX);
    (void)snprintf(report->operator_name, sizeof report->operator_name, OPERATOR);
    (void)snprintf(report->probe_name, sizeof report->probe_name, PROBE);
    memset(report->boot_id, 'a', REPORT_BOOT_ID_BYTES);
    report->sequence = i;
    report->interval_ms = report->schedule_ms = INTERVAL / CLOCK_NS_PER_MS;
    for (unsigned source = 0; source < 20; source++) {
        struct report_observation *o = report_add_observation(report);
        (void)snprintf(o->observation_point, sizeof o->observation_point, "source-%u", source);
        o->packet_delta_count = o->outcomes[0] = i * 1000003 + source;
        o->octet_delta_count = i * 1000000007 + source;
        o->scaled_octets = o->scaled_packets = optional_u64(i * 10007);
        o->sampling_interval = 1;
    }
    (void)spool_move_gaps(world->spool, report);
    assert_int_equal(report_encode(report, &bytes, &length), 0);
    world->digests[i] = crc32c(0, bytes, length);
    world->made_ns[i] = world->now_ns;
    world->payload_bytes += length;
    assert_int_equal(exporter_enqueue(world->exporter, i, bytes, length, world->now_ns), 0);
    free(bytes);
    report_free(report);
}

static void run_until(struct world *world, uint64_t end_ns, uint64_t step_ns)
{
    for (; world->now_ns < end_ns; world->now_ns += step_ns) {
        if (world->now_ns >= world->next_report_ns) {
            make_report(world);
            world->next_report_ns += INTERVAL;
        }
        if (world->dirty && world->now_ns >= world->next_receipt_ns) {
            send_receipt(world);
            world->next_receipt_ns = world->now_ns + S;
        }
        exporter_service(world->exporter, world->now_ns + 1, true, true);
    }
}

static uint64_t held(const struct world *world)
{
    return spool_stats(world->spool).records;
}

struct plan {
    uint64_t disk_bytes, live_ms;
};

static struct world *world_new(const struct plan *plan)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->folder = temp_folder_new();
    world->now_ns = world->next_report_ns = world->next_receipt_ns = S;
    assert_int_equal(topic_build(OPERATOR, PROBE, TOPIC_RECEIPT, world->receipt_topic), 0);
    struct spool_options spool_options = {.directory = world->folder, /* as settings.c has it */
                                          .memory_bytes_max = 8 << 20,
                                          .disk_bytes_max = plan->disk_bytes,
                                          .flush_after_ms = 60000,
                                          .live_ms = plan->live_ms};
    memset(spool_options.boot_id, 'a', REPORT_BOOT_ID_BYTES);
    const struct bus_options bus_options = {.host = "x"};
    struct exporter_options options = {
        .operator_name = OPERATOR, .probe_name = PROBE, .bus = &bus_options};
    memset(options.boot_id, 'a', REPORT_BOOT_ID_BYTES);
    fake_bus_set_up(true);
    fake_bus_on_taken(take, world);
    world->spool = spool_open(&spool_options);
    world->exporter = world->spool ? exporter_new(&options, world->spool) : NULL;
    assert_non_null(world->exporter);
    memset(&disk, 0, sizeof disk);
    return world;
}

static void world_free(struct world *world)
{
    exporter_free(world->exporter);
    spool_close(world->spool);
    temp_folder_remove(world->folder);
    free(world);
}

#define PLAN                                                                                       \
    (struct plan)                                                                                  \
    {                                                                                              \
        .disk_bytes = 64 << 20, .live_ms = 120000                                                  \
    }

/* Days without a broker, then its return; how long it takes until all is where it belongs. */
static uint64_t live_through(struct world *world, uint64_t outage_ns)
{
    run_until(world, world->now_ns + 10 * INTERVAL, FINE);
    fake_bus_set_up(false);
    run_until(world, world->now_ns + outage_ns, S);
    fake_bus_set_up(true);
    world->back_ns = world->now_ns;
    world->late_ns = 0;
    /* at most an hour: until no more is held than what was made just now */
    while (held(world) > 1 && world->now_ns - world->back_ns < HOUR)
        run_until(world, world->now_ns + S, FINE);
    uint64_t took_ns = world->now_ns - world->back_ns;
    run_until(world, world->now_ns + 10 * INTERVAL - S, FINE);
    return took_ns;
}

static uint64_t count_fate(const struct world *world, enum fate fate)
{
    uint64_t count = 0;
    for (uint64_t i = 1; i <= world->sequence; i++)
        count += world->fates[i] == fate;
    return count;
}

static bool is_whole(const struct world *world)
{
    return count_fate(world, FATE_NONE) == 0 && world->corrupt == 0 && world->gap_of_stored == 0 &&
           held(world) == 0;
}

static void a_week_with_a_broker_writes_nothing_to_flash(void **state)
{
    (void)state;
    struct world *world = world_new(&PLAN);
    run_until(world, 7 * DAY, S);
    assert_int_equal(disk_work(), 0);
    assert_int_equal(world->stored, world->sequence);
    assert_true(world->sequence >= 7 * 24 * 60);
    fake_bus_set_up(false); /* and the count bites */
    run_until(world, 7 * DAY + 3 * INTERVAL, S);
    assert_true(disk_work() > 0);
    world_free(world);
}

static void seven_days_of_outage_lose_nothing_within_the_budget(void **state)
{
    (void)state;
    struct world *world = world_new(&PLAN);
    uint64_t took_ns = live_through(world, 7 * DAY);
    assert_true(is_whole(world));
    assert_int_equal(count_fate(world, FATE_GAP), 0);
    assert_int_equal(world->duplicates, 0);
    assert_int_equal(spool_stats(world->spool).dropped, 0);
    double live_per_s = 1.0 / (INTERVAL / S);
    double drained_per_s = 7.0 * 24 * 60 / ((double)took_ns / (double)S);
    double written = (double)disk.bytes / (double)world->payload_bytes;
    (void)printf("# %llu reports of %llu bytes, drained at %.0f x the live rate in %.0f s, live "
                 "at most %.1f s late; %.2f bytes written a byte, %llu syncs\n",
                 (unsigned long long)world->sequence,
                 (unsigned long long)(world->payload_bytes / world->sequence),
                 drained_per_s / live_per_s, (double)took_ns / (double)S,
                 (double)world->late_ns / (double)S, written, (unsigned long long)disk.syncs);
    assert_true(drained_per_s >= 20 * live_per_s);
    assert_true(world->late_ns <= 30 * S);
    assert_true(written <= 1.2);
    assert_int_equal(spool_stats(world->spool).disk_bytes, 0); /* all of it is freed */
    world_free(world);
}

static void seven_days_beyond_the_budget_lose_exactly_the_declared_oldest(void **state)
{
    (void)state;
    struct plan plan = PLAN;
    plan.disk_bytes = 8 << 20;
    struct world *world = world_new(&plan);
    (void)live_through(world, 7 * DAY);
    assert_true(is_whole(world));
    uint64_t lost = count_fate(world, FATE_GAP);
    assert_int_equal(lost, spool_stats(world->spool).dropped);
    assert_true(lost > 1000);
    uint64_t first = 1;
    while (world->fates[first] != FATE_GAP)
        first++;
    assert_in_range(first, 10, 12);     /* the first that no broker took */
    for (uint64_t i = 0; i < lost; i++) /* the oldest, in one piece */
        assert_int_equal(world->fates[first + i], FATE_GAP);
    assert_true(disk.bytes >= plan.disk_bytes);
    (void)printf("# %llu of %llu lost and declared\n", (unsigned long long)lost,
                 (unsigned long long)world->sequence);
    world_free(world);
}

/* Bite: a collector that hears of no gaps waits for ever for what will not come. */
static void without_declared_gaps_the_losses_show(void **state)
{
    (void)state;
    struct plan plan = PLAN;
    plan.disk_bytes = 2 << 20;
    struct world *world = world_new(&plan);
    world->deaf_to_gaps = true;
    (void)live_through(world, 2 * DAY);
    assert_false(is_whole(world));
    world_free(world);
}

/* Bite: where nothing counts as live, what is new waits behind all that is old. */
static void without_live_first_the_lateness_shows(void **state)
{
    (void)state;
    struct plan plan = PLAN;
    plan.live_ms = 0;
    struct world *world = world_new(&plan);
    run_until(world, world->now_ns + 10 * INTERVAL, FINE);
    fake_bus_set_up(false);
    run_until(world, world->now_ns + 7 * DAY, S);
    fake_bus_set_up(true);
    uint64_t made = world->sequence;
    run_until(world, world->now_ns + 61 * S, FINE); /* one more is made meanwhile */
    assert_true(world->sequence > made);
    assert_int_equal(world->fates[made + 1], FATE_NONE);
    run_until(world, world->made_ns[made + 1] + 31 * S, FINE);
    assert_int_equal(world->fates[made + 1], FATE_NONE); /* 30 seconds late, and not there */
    world_free(world);
}

static void an_outage_that_is_short_costs_no_flash_either(void **state)
{
    (void)state;
    struct world *world = world_new(&PLAN);
    for (int i = 0; i < 100; i++) {
        run_until(world, world->now_ns + 5 * INTERVAL, S);
        fake_bus_set_up(false);
        run_until(world, world->now_ns + 50 * S, FINE);
        fake_bus_set_up(true);
    }
    run_until(world, world->now_ns + 5 * S, FINE);
    assert_int_equal(disk_work(), 0);
    assert_true(held(world) <= 1);
    assert_int_equal(count_fate(world, FATE_GAP), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_week_with_a_broker_writes_nothing_to_flash),
        cmocka_unit_test(an_outage_that_is_short_costs_no_flash_either),
        cmocka_unit_test(seven_days_of_outage_lose_nothing_within_the_budget),
        cmocka_unit_test(seven_days_beyond_the_budget_lose_exactly_the_declared_oldest),
        cmocka_unit_test(without_declared_gaps_the_losses_show),
        cmocka_unit_test(without_live_first_the_lateness_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
