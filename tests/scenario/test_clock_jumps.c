/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A probe whose wall clock jumps sixty times between 1970 and 2033, through outages and receipts,
 * and what becomes of its reports: the collector's intake, its journal, its series worker and the
 * round-robin databases, all as they are, on messages as the broker brings them. No report stands
 * where it was not made, none is refused, and every series holds each interval at its own time.
 * In a time of our own. LASTMILE_SEED repeats a run; LASTMILE_LONG lives through a hundred of them.
 */
#include "collector/intake/feed.h"
#include "collector/intake/intake.h"
#include "collector/registry/registry.h"
#include "collector/series/series.h"

#include "common/clock.h"
#include "probe/outbox/wall_clock.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S           CLOCK_NS_PER_S
#define INTERVAL_NS (60 * S)
#define JUMPS       60
#define REPORTS_MAX 4096
#define FROM_S      UINT64_C(0)          /* 1970 */
#define TO_S        UINT64_C(1988150400) /* 2033 */
#define SLACK_NS    (11 * S)             /* what the collector's word is good for, and its way */
#define NTP_NS      (100 * CLOCK_NS_PER_MS)
#define TRANSIT_NS  (2 * S) /* of a message to the collector, and of a receipt to the probe */
#define INTERVAL_S  (INTERVAL_NS / S)
#define AFTERWARDS  5 /* intervals with a good clock, when all jumps are over */
#define DEADLINE_NS (60 * S)

struct story {
    uint64_t random;
    struct registry *registry;
    struct series *series;
    struct intake *intake;
    struct feed *feed;
    uint64_t begin_ns;         /* of the first interval */
    uint64_t true_ns, boot_ns; /* what time it is; when the machine booted */
    int64_t error_ns;          /* of the wall clock */
    bool synchronised, up, naive;
    struct wall_clock wall;
    uint64_t true_start_ns[REPORTS_MAX]; /* by sequence */
    bool disciplined[REPORTS_MAX];       /* by a time server, all along */
    bool trusted[REPORTS_MAX];
    struct report *queue[REPORTS_MAX];
    size_t queued;
    uint64_t sequence, refused, placed, wrong, wrong_disciplined, trusted_count;
    uint64_t displaced, blocked; /* points of series; those of them after the last jump */
};

static uint64_t below(struct story *story, uint64_t limit) /* SplitMix64 */
{
    uint64_t z = story->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % limit;
}

static uint64_t mono(const struct story *story)
{
    return story->true_ns - story->boot_ns;
}

static uint64_t wall(const struct story *story)
{
    int64_t wall_ns = (int64_t)story->true_ns + story->error_ns;
    return wall_ns > 0 ? (uint64_t)wall_ns : 0;
}

static void observe(struct story *story)
{
    wall_clock_observe(&story->wall, mono(story), wall(story), story->synchronised);
}

/* The collector's receipt, a while later. */
static bool on_receipt(void *ctx, const char *topic, const uint8_t *payload, size_t length)
{
    struct story *story = ctx;
    struct receipt receipt;
    (void)topic;
    assert_int_equal(receipt_decode(payload, length, &receipt), 0);
    story->true_ns += TRANSIT_NS;
    wall_clock_hear(&story->wall, mono(story), receipt.unix_ns);
    story->true_ns -= TRANSIT_NS;
    return true;
}

static void arrive(struct story *story, const struct report *report)
{
    char topic[TOPIC_BYTES];
    uint8_t *payload = NULL;
    size_t length = 0;
    assert_int_equal(topic_build("cu", "p", TOPIC_REPORT, topic), 0);
    assert_int_equal(report_encode(report, &payload, &length), 0);
    intake_take(story->intake, topic, payload, length, story->true_ns, story->true_ns);
    free(payload);
}

/* What is live goes first and is committed, then the backlog from the oldest on. */
static void deliver(struct story *story)
{
    if (!story->up)
        return;
    for (size_t i = 0; i < story->queued; i++) {
        size_t next = (i + story->queued - 1) % story->queued;
        arrive(story, story->queue[next]);
        report_free(story->queue[next]);
        if (i == 0 && story->queued > 1)
            assert_int_equal(intake_flush(story->intake, story->true_ns), 0);
    }
    assert_int_equal(intake_flush(story->intake, story->true_ns), 0);
    story->queued = 0;
    (void)feed_service(story->feed, story->true_ns);
}

/* Each of its series has the interval's number as a value of its first source. */
static void fill(struct report *report, uint64_t sequence)
{
    struct report_observation *observation = report_add_observation(report);
    struct report_inventory *inventory = fixture_add_poll(report, "wlc-1");
    assert_non_null(observation);
    fixture_add_lines(report, 0, 0)->lines_active = sequence;
    (void)snprintf(observation->observation_point, sizeof observation->observation_point, "wan");
    observation->packet_delta_count = observation->outcomes[0] = sequence * INTERVAL_S;
    observation->sampling_interval = 1;
    inventory->wtp_run = optional_u64(sequence);
}

static void live_interval(struct story *story, uint64_t jump_at_s, uint64_t jump_to_s)
{
    observe(story);
    uint64_t start_mono = mono(story);
    uint64_t start_unix = wall_clock_at(&story->wall, start_mono);
    uint64_t sequence = ++story->sequence;
    bool disciplined = story->synchronised;
    assert_true(sequence < REPORTS_MAX);
    story->true_start_ns[sequence] = story->true_ns;
    for (uint64_t second = 0; second < INTERVAL_NS / S; second++) {
        story->true_ns += S;
        if (second == jump_at_s) { /* by hand, or by a clock that broke */
            story->error_ns = (int64_t)(jump_to_s * S) - (int64_t)story->true_ns;
            story->synchronised = false;
        }
        observe(story);
    }
    struct report *report = fixture_report("p", 1, sequence, start_unix);
    report->interval_start_mono_ns = start_mono;
    report->interval_ms = report->schedule_ms = INTERVAL_NS / CLOCK_NS_PER_MS;
    fill(report, sequence);
    report->wall_trusted = story->naive ? clock_unix_is_plausible(start_unix)
                                        : wall_clock_is_trusted_since(&story->wall, start_mono);
    story->trusted[sequence] = report->wall_trusted;
    story->disciplined[sequence] = disciplined && story->synchronised;
    story->queue[story->queued++] = report;
    deliver(story);
}

#define NEVER UINT64_MAX

static void jump_and_go_on(struct story *story)
{
    live_interval(story, below(story, 60), FROM_S + below(story, TO_S - FROM_S));
    for (uint64_t i = below(story, 4); i > 0; i--)
        live_interval(story, NEVER, 0);
    if (below(story, 3) == 0) { /* nobody mends it before the next jump */
        story->up = below(story, 4) != 0;
        return;
    }
    story->error_ns = (int64_t)(below(story, 40) * CLOCK_NS_PER_MS) - 20000000;
    story->synchronised = below(story, 2) == 0; /* a time server did, or somebody by hand */
    for (uint64_t i = 1 + below(story, 5); i > 0; i--)
        live_interval(story, NEVER, 0);
    story->up = below(story, 4) != 0;
}

static int judge(void *ctx, const struct journal_row *row)
{
    struct story *story = ctx;
    struct report *report = NULL;
    assert_int_equal(report_decode(row->payload, row->length, &report), REPORT_OK);
    uint64_t truth = story->true_start_ns[report->sequence];
    uint64_t apart = row->start_ns > truth ? row->start_ns - truth : truth - row->start_ns;
    story->placed++;
    story->trusted_count += report->wall_trusted;
    story->wrong += apart > SLACK_NS;
    story->wrong_disciplined += story->disciplined[report->sequence] && apart > NTP_NS;
    report_free(report);
    return 0;
}

/* The clock is mended, and goes on well. */
static void come_to_rest(struct story *story)
{
    story->up = true;
    story->error_ns = 0;
    story->synchronised = true;
    for (uint64_t i = 0; i < AFTERWARDS; i++)
        live_interval(story, NEVER, 0);
}

/* Until the files hold all that was committed and no series waits for a rebuild. */
static void settle(struct story *story)
{
    struct registry_stats stored;
    struct feed_stats stats;
    int64_t probe_id = 0;
    uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    bool dirty = true;
    assert_int_equal(registry_read_stats(story->registry, &stored), 0);
    for (uint64_t now_ns = story->true_ns + 120 * S; dirty && clock_mono_ns() < end_ns;) {
        struct pollfd wanted = {.fd = series_fd(story->series), .events = POLLIN};
        now_ns += S;
        if (!feed_service(story->feed, now_ns))
            (void)poll(&wanted, 1, 20);
        feed_read_stats(story->feed, &stats);
        dirty = stats.marked_report_id != (int64_t)stored.last_report_id || stats.rebuilding ||
                registry_next_dirty_probe(story->registry, &probe_id) == 0;
    }
    assert_false(dirty);
}

/* Intervals from a sequence on that a series does not hold at the time at which they were made. */
static uint64_t count_displaced(struct story *story, const struct series_info *info, uint64_t first)
{
    uint64_t begin_s = story->begin_ns / S;
    struct series_fetch_query query = {.series_id = info->id,
                                       .from_s = begin_s + (first - 1) * INTERVAL_S,
                                       .to_s = begin_s + story->sequence * INTERVAL_S,
                                       .step_s = INTERVAL_S};
    struct series_points *points = NULL;
    uint64_t displaced = 0;
    assert_int_equal(info->step_s, INTERVAL_S);
    assert_int_equal(series_fetch(story->series, &query, &points), 0);
    assert_int_equal(points->from_s, query.from_s);
    assert_true(points->count >= story->sequence - first + 1);
    for (uint64_t i = first; i <= story->sequence; i++) {
        double value = points->values[(i - first) * points->source_count];
        displaced += !(value > (double)i - 1e-6 && value < (double)i + 1e-6); /* or unknown */
    }
    series_points_free(points);
    return displaced;
}

static void judge_series(struct story *story)
{
    struct series_info *list = NULL;
    size_t count = 0;
    assert_int_equal(registry_list_series(story->registry, &list, &count), 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        story->displaced += count_displaced(story, &list[i], 1);
        story->blocked += count_displaced(story, &list[i], story->sequence - AFTERWARDS + 1);
    }
    free(list);
}

static void open_collector(struct story *story, const char *folder)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    story->series = series_start(folder);
    story->registry = registry_open(path);
    assert_non_null(story->series);
    assert_non_null(story->registry);
    const struct intake_options options = {.registry = story->registry,
                                           .caps = {.series_max = 100, .lines_max = 100},
                                           .publish = on_receipt,
                                           .ctx = story};
    story->intake = intake_new(&options);
    story->feed = feed_new(story->registry, story->series);
    assert_non_null(story->intake);
    assert_non_null(story->feed);
}

static void close_collector(struct story *story)
{
    struct intake_stats stats;
    intake_read_stats(story->intake, &stats);
    story->refused = stats.refused;
    feed_free(story->feed);
    series_stop(story->series, 2000);
    intake_free(story->intake);
    registry_close(story->registry);
}

static void tell(struct story *story, uint64_t seed, bool naive)
{
    char *folder = temp_folder_new();
    assert_non_null(folder);
    *story = (struct story){.random = seed, .up = true, .naive = naive};
    open_collector(story, folder);
    /* Within what the databases keep by the minute: their worker has a clock of its own. */
    story->begin_ns = (clock_unix_ns() / S / 3600 - 24) * 3600 * S;
    story->true_ns = story->begin_ns;
    story->boot_ns = story->true_ns - 30 * S;
    story->error_ns = -(int64_t)story->true_ns + (int64_t)(30 * S); /* it boots in 1970 */
    live_interval(story, NEVER, 0);
    for (int i = 0; i < JUMPS; i++)
        jump_and_go_on(story);
    come_to_rest(story);
    settle(story);
    judge_series(story);
    assert_int_equal(registry_visit_journal(story->registry, 0, REPORTS_MAX, judge, story), 0);
    close_collector(story);
    temp_folder_remove(folder);
}

static uint64_t seed_of_run(void)
{
    const char *text = getenv("LASTMILE_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : clock_unix_ns() % 1000000;
    (void)printf("# seed %" PRIu64 "\n", seed);
    return seed;
}

static void sixty_jumps_of_the_clock_misplace_no_report(void **state)
{
    (void)state;
    struct story *story = malloc(sizeof *story);
    assert_non_null(story);
    uint64_t seed = seed_of_run();
    unsigned runs = getenv("LASTMILE_LONG") ? 100 : 5;
    uint64_t placed = 0;
    uint64_t trusted = 0;
    for (unsigned i = 0; i < runs; i++) {
        tell(story, seed + i, false);
        assert_int_equal(story->refused, 0);
        assert_int_equal(story->placed, story->sequence);
        assert_int_equal(story->wrong, 0);
        assert_int_equal(story->wrong_disciplined, 0);
        assert_int_equal(story->displaced, 0);
        assert_int_equal(story->blocked, 0);
        placed += story->placed;
        trusted += story->trusted_count;
    }
    assert_true(trusted > placed / 4 && trusted < placed);
    (void)printf("# %u x %d jumps, %" PRIu64 " reports, %" PRIu64 " of them trusted, 0 misplaced\n",
                 runs, JUMPS, placed, trusted);
    free(story);
}

/* Bite: who believes every plausible year is wrong, and refused where that year is to come. */
static void a_plausible_year_alone_misplaces_and_loses(void **state)
{
    (void)state;
    struct story *story = malloc(sizeof *story);
    assert_non_null(story);
    tell(story, 1, true);
    assert_true(story->wrong > 0);
    assert_true(story->refused > 0);
    assert_true(story->displaced > 0);
    assert_int_equal(story->blocked, 0); /* not even this stops what comes after */
    free(story);
}

static void a_jump_within_an_interval_takes_the_trust_from_it(void **state)
{
    (void)state;
    struct wall_clock clock = {.observed = false};
    uint64_t now_ns = fixture_time_ns(2026, 11, 1, 8, 0);
    wall_clock_observe(&clock, 10 * S, now_ns, true);
    assert_true(wall_clock_is_trusted_since(&clock, 5 * S));
    wall_clock_observe(&clock, 11 * S, now_ns + 3 * S, true); /* stepped by its own server */
    assert_false(wall_clock_is_trusted_since(&clock, 10 * S));
    assert_true(wall_clock_is_trusted_since(&clock, 11 * S));
    wall_clock_observe(&clock, 12 * S, now_ns + 4 * S, false);
    assert_false(wall_clock_is_trusted_since(&clock, 11 * S)); /* nobody vouches for it */
    wall_clock_hear(&clock, 12 * S, now_ns + 2 * S);
    wall_clock_observe(&clock, 13 * S, now_ns + 5 * S, false);
    assert_true(wall_clock_is_trusted_since(&clock, 11 * S)); /* the collector does */
    wall_clock_hear(&clock, 13 * S, now_ns + 60 * S);
    wall_clock_observe(&clock, 14 * S, now_ns + 6 * S, true);
    assert_false(wall_clock_is_trusted_since(&clock, 11 * S)); /* and it is right */
    wall_clock_hear(&clock, 14 * S, 5 * S);                    /* unless it is in 1970 itself */
    assert_int_equal(wall_clock_at(&clock, 14 * S), now_ns + 6 * S);
    assert_int_equal(wall_clock_at(&(struct wall_clock){.offset_ns = -(int64_t)S}, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_jumps_of_the_clock_misplace_no_report),
        cmocka_unit_test(a_plausible_year_alone_misplaces_and_loses),
        cmocka_unit_test(a_jump_within_an_interval_takes_the_trust_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
