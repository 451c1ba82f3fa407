/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A probe whose wall clock jumps sixty times between 1970 and 2033, through outages and receipts,
 * and the registry that places its reports: none stands where it was not made, and none is refused.
 * In a time of our own. LASTMILE_SEED repeats a run; LASTMILE_LONG lives through a hundred of them.
 */
#include "collector/intake/validate.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "probe/outbox/wall_clock.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/report_fixture.h"
#include "tests/support/temp_folder.h"

#include <inttypes.h>
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

struct story {
    uint64_t random;
    struct registry *registry;
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

static void arrive(struct story *story, struct report *report)
{
    struct topic topic = {.kind = TOPIC_REPORT};
    (void)snprintf(topic.operator_name, sizeof topic.operator_name, "cu");
    (void)snprintf(topic.probe_name, sizeof topic.probe_name, "p");
    if (validate_report(report, &topic, story->true_ns) != INTAKE_OK) {
        story->refused++;
        report_free(report);
        return;
    }
    (void)fixture_commit_at(story->registry, report, story->true_ns);
}

/* What is live goes first, then the oldest; the receipt is two seconds on its way. */
static void deliver(struct story *story)
{
    if (!story->up || story->queued == 0)
        return;
    arrive(story, story->queue[story->queued - 1]);
    for (size_t i = 0; i + 1 < story->queued; i++)
        arrive(story, story->queue[i]);
    story->queued = 0;
    wall_clock_hear(&story->wall, mono(story), story->true_ns - 2 * S);
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

static void tell(struct story *story, uint64_t seed, bool naive)
{
    char path[512];
    char *folder = temp_folder_new();
    assert_non_null(folder);
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    *story = (struct story){.random = seed, .up = true, .naive = naive};
    story->registry = registry_open(path);
    assert_non_null(story->registry);
    story->true_ns = fixture_time_ns(2026, 11, 1, 8, 0);
    story->boot_ns = story->true_ns - 30 * S;
    story->error_ns = -(int64_t)story->true_ns + (int64_t)(30 * S); /* it boots in 1970 */
    live_interval(story, NEVER, 0);
    for (int i = 0; i < JUMPS; i++)
        jump_and_go_on(story);
    story->up = true;
    live_interval(story, NEVER, 0);
    assert_int_equal(registry_visit_journal(story->registry, 0, REPORTS_MAX, judge, story), 0);
    registry_close(story->registry);
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
