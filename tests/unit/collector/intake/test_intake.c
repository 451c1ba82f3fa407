/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/intake.h"
#include "collector/intake/quota.h"
#include "collector/intake/validate.h"
#include "collector/registry/registry.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/topic.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_report.h"
#include "tests/support/report_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW fixture_time_ns(2026, 3, 1, 12, 0)

/* What was published. */
struct receipts {
    unsigned count;
    char topic[TOPIC_BYTES];
    struct receipt last;
};

struct bench {
    struct registry *registry;
    struct intake *intake;
    struct receipts receipts;
    uint64_t mono_ns;
};

static bool publish(void *ctx, const char *topic, const uint8_t *payload, size_t length)
{
    struct receipts *receipts = ctx;
    receipts->count++;
    (void)snprintf(receipts->topic, sizeof receipts->topic, "%s", topic);
    assert_int_equal(receipt_decode(payload, length, &receipts->last), 0);
    return true;
}

static void say_nothing(void *ctx, enum log_level level, const char *room, const char *line)
{
    (void)ctx;
    (void)level;
    (void)room;
    (void)line;
}

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->registry = registry_open(":memory:");
    struct intake_options options = {.registry = bench->registry,
                                     .caps = {.series_max = 1000, .lines_max = 1000000},
                                     .commit_interval_ms = 100,
                                     .publish = publish,
                                     .ctx = &bench->receipts};
    bench->intake = intake_new(&options);
    bench->mono_ns = 1000000000;
    log_set_handler(say_nothing, NULL);
    *state = bench;
    return bench->intake && bench->registry ? 0 : -1;
}

static int stop(void **state)
{
    struct bench *bench = *state;
    intake_free(bench->intake);
    registry_close(bench->registry);
    log_set_handler(NULL, NULL);
    free(bench);
    return 0;
}

static void take_bytes(struct bench *bench, const char *topic, const void *bytes, size_t length)
{
    intake_take(bench->intake, topic, bytes, length, NOW, bench->mono_ns);
}

/* Sends the report under the name of a probe of "cu", and frees it. */
static void take_as(struct bench *bench, struct report *report, const char *probe)
{
    char topic[TOPIC_BYTES];
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(topic_build("cu", probe, TOPIC_REPORT, topic), 0);
    assert_int_equal(report_encode(report, &bytes, &length), 0);
    take_bytes(bench, topic, bytes, length);
    free(bytes);
    report_free(report);
}

static void commit_all(struct bench *bench)
{
    bench->mono_ns += 200 * CLOCK_NS_PER_MS;
    intake_service(bench->intake, bench->mono_ns);
}

static struct intake_stats stats_of(struct bench *bench)
{
    struct intake_stats stats;
    intake_read_stats(bench->intake, &stats);
    return stats;
}

static struct report *numbered(uint64_t sequence)
{
    return fixture_report("p1", 1, sequence, NOW - (20 - sequence) * FIXTURE_INTERVAL_NS);
}

static void a_receipt_follows_the_commit_and_not_before(void **state)
{
    struct bench *bench = *state;
    take_as(bench, numbered(1), "p1");
    take_as(bench, numbered(2), "p1");
    assert_int_equal(bench->receipts.count, 0);
    assert_true(intake_wait_ms(bench->intake, bench->mono_ns) > 0);
    commit_all(bench);
    assert_int_equal(bench->receipts.count, 1);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 2);
    assert_non_null(strstr(bench->receipts.topic, "/cu/p1/receipt"));
    assert_int_equal(intake_wait_ms(bench->intake, bench->mono_ns), -1);
}

static void a_repeated_report_gets_its_receipt_again(void **state)
{
    struct bench *bench = *state;
    take_as(bench, numbered(1), "p1");
    commit_all(bench);
    take_as(bench, numbered(1), "p1");
    commit_all(bench);
    assert_int_equal(bench->receipts.count, 2);
    assert_int_equal(stats_of(bench).stored, 1);
    assert_int_equal(stats_of(bench).duplicates, 1);
}

static void what_a_probe_says_under_a_foreign_name_is_refused(void **state)
{
    struct bench *bench = *state;
    take_as(bench, numbered(1), "p2");
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 1);
    assert_int_equal(bench->receipts.count, 0);
    struct registry_stats stats;
    assert_int_equal(registry_read_stats(bench->registry, &stats), 0);
    assert_int_equal(stats.probes, 0);
    assert_int_equal(stats.quarantined, 1);
}

static void a_report_of_tomorrow_is_refused_but_accounted_for(void **state)
{
    struct bench *bench = *state;
    struct report *report = numbered(1);
    report->interval_start_unix_ns = NOW + UINT64_C(86400) * CLOCK_NS_PER_S;
    take_as(bench, report, "p1");
    take_as(bench, numbered(2), "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 1);
    assert_int_equal(stats_of(bench).stored, 1);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 2);
}

static void an_untrusted_clock_of_1970_is_kept(void **state)
{
    struct bench *bench = *state;
    struct report *report = numbered(1);
    report->interval_start_unix_ns = 5;
    report->wall_trusted = false;
    take_as(bench, report, "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).stored, 1);
}

static void absurd_values_are_refused(void **state)
{
    struct bench *bench = *state;
    struct report *report = numbered(1);
    fixture_add_poll(report, "x")->wtp_run = optional_u64(UINT64_C(1) << 60);
    take_as(bench, report, "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 1);
    assert_int_equal(stats_of(bench).stored, 0);
}

static enum intake_fault fault_of(struct report *report)
{
    struct topic topic = {.operator_name = "cu", .probe_name = "p1"};
    enum intake_fault fault = validate_report(report, &topic, NOW);
    report_free(report);
    return fault;
}

static void each_bound_is_held(void **state)
{
    (void)state;
    struct report *report = numbered(1);
    assert_int_equal(fault_of(report), INTAKE_OK);
    report = numbered(1);
    report->interval_ms = 86400001;
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report->schedule_ms = 999;
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report->interval_start_mono_ns = UINT64_MAX;
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report->sequence = 0;
    assert_int_equal(fault_of(report), INTAKE_WRONG_SEQUENCE);
    report = numbered(1);
    report->sequence = (UINT64_C(1) << 53) + 1;
    assert_int_equal(fault_of(report), INTAKE_WRONG_SEQUENCE);
    report = numbered(1);
    fixture_add_lines(report, 1, 1)->downstream_octets = UINT64_C(1) << 62;
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    struct report_observation *observation = report_add_observation(report);
    observation->octet_delta_count = UINT64_C(1) << 40;
    observation->sampling_interval = UINT32_MAX; /* their product wraps */
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    observation = report_add_observation(report);
    observation->sampling_interval = 1;
    observation->scaled_octets = optional_u64(INT64_MAX);
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report_inventory_add_lines(fixture_add_poll(report, "x"))->named = optional_u64(INT64_MAX);
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report_inventory_add_network(fixture_add_poll(report, "x"))->networks = INT64_MAX;
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report_inventory_add_source(fixture_add_poll(report, "x"))->value = optional_u64(INT64_MAX);
    assert_int_equal(fault_of(report), INTAKE_ABSURD_VALUE);
    report = numbered(1);
    report->interval_start_unix_ns = NOW + 599 * CLOCK_NS_PER_S;
    assert_int_equal(fault_of(report), INTAKE_OK);
    report = numbered(1);
    report->interval_start_unix_ns = NOW + 601 * CLOCK_NS_PER_S;
    assert_int_equal(fault_of(report), INTAKE_WRONG_CLOCK);
    report = numbered(1);
    report->interval_start_unix_ns = fixture_time_ns(2014, 12, 31, 0, 0);
    assert_int_equal(fault_of(report), INTAKE_WRONG_CLOCK);
}

/* Else the receipts of a probe would stop before its one bad report for good. */
static void an_absurd_report_does_not_hold_up_its_own_probe(void **state)
{
    struct bench *bench = *state;
    struct report *report = numbered(1);
    fixture_add_lines(report, 1, 1)->downstream_octets = UINT64_C(1) << 62;
    take_as(bench, report, "p1");
    take_as(bench, numbered(2), "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 1);
    assert_int_equal(stats_of(bench).stored, 1);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 2);
}

/* The bytes of a report that says of itself that it is of another major version. */
static size_t of_the_future(struct report *report, uint8_t **out_bytes)
{
    size_t length = 0;
    assert_int_equal(report_encode(report, out_bytes, &length), 0);
    assert_int_equal((*out_bytes)[1], 0); /* the first key */
    (*out_bytes)[2] = REPORT_VERSION + 1;
    report_free(report);
    return length;
}

static void take_future(struct bench *bench, struct report *report, const char *probe)
{
    char topic[TOPIC_BYTES];
    uint8_t *bytes = NULL;
    size_t length = of_the_future(report, &bytes);
    assert_int_equal(topic_build("cu", probe, TOPIC_BACKLOG, topic), 0);
    take_bytes(bench, topic, bytes, length);
    free(bytes);
}

static void a_report_of_another_major_version_is_named_and_does_not_hold_up_its_probe(void **state)
{
    struct bench *bench = *state;
    struct quarantine_count *counts = NULL;
    size_t count = 0;
    take_future(bench, numbered(1), "p1");
    take_future(bench, numbered(2), "p1");
    take_as(bench, numbered(3), "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 2);
    assert_int_equal(stats_of(bench).stored, 1);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 3);
    assert_int_equal(registry_list_quarantine(bench->registry, &counts, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(counts[0].fault, "wrong_version");
    assert_int_equal(counts[0].count, 2);
    free(counts);
}

static void under_anothers_name_it_is_not_accounted_for(void **state)
{
    struct bench *bench = *state;
    take_future(bench, numbered(1), "p2");
    take_as(bench, numbered(2), "p1");
    commit_all(bench);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 0); /* 1 is missing */
}

/* The same bench with limits. */
static void limit(struct bench *bench, struct quota *quota, uint64_t report_bytes_max)
{
    const struct intake_options options = {.registry = bench->registry,
                                           .caps = {.series_max = 1000, .lines_max = 1000000},
                                           .quota = quota,
                                           .report_bytes_max = report_bytes_max,
                                           .commit_interval_ms = 100,
                                           .publish = publish,
                                           .ctx = &bench->receipts};
    intake_free(bench->intake);
    bench->intake = intake_new(&options);
    assert_non_null(bench->intake);
}

static void a_report_that_is_too_long_is_refused_and_accounted_for(void **state)
{
    struct bench *bench = *state;
    struct report *report = numbered(1);
    (void)fixture_add_lines(report, 1, 1000);
    limit(bench, NULL, 4096);
    take_as(bench, report, "p1");
    take_as(bench, numbered(2), "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 1);
    assert_int_equal(stats_of(bench).stored, 1);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 2);
}

/* What is over the rate is not lost: it comes again, and is taken then. */
static void over_its_rate_a_probe_waits_and_others_do_not(void **state)
{
    struct bench *bench = *state;
    const struct quota_limits limits = {
        .probes_max = 2, .reports_per_s_max = 1, .bytes_per_day_max = UINT64_C(1) << 40};
    struct quota *quota = quota_new(&limits, 1);
    assert_non_null(quota);
    limit(bench, quota, 0);
    for (uint64_t i = 1; i <= 15; i++)
        take_as(bench, numbered(i), "p1");
    take_as(bench, fixture_report("p2", 1, 1, NOW - FIXTURE_INTERVAL_NS), "p2");
    take_as(bench, fixture_report("p3", 1, 1, NOW - FIXTURE_INTERVAL_NS), "p3");
    commit_all(bench);
    assert_int_equal(stats_of(bench).stored, 11);
    assert_int_equal(stats_of(bench).refused, 6); /* five over the rate, one probe too many */
    bench->mono_ns += 10 * CLOCK_NS_PER_S;
    for (uint64_t i = 11; i <= 15; i++)
        take_as(bench, numbered(i), "p1");
    commit_all(bench);
    assert_int_equal(stats_of(bench).stored, 16);
    assert_int_equal(bench->receipts.last.boots[0].contiguous_sequence, 15);
    quota_free(quota);
}

static void a_boot_too_many_is_neither_stored_nor_receipted(void **state)
{
    struct bench *bench = *state;
    for (uint32_t i = 1; i <= 1003; i++) {
        struct report *report = numbered(1);
        memcpy(report->boot_id, &i, sizeof i);
        take_as(bench, report, "p1");
    }
    commit_all(bench);
    assert_int_equal(stats_of(bench).stored, 1000);
    assert_int_equal(stats_of(bench).refused, 3);
    assert_int_equal(stats_of(bench).duplicates, 0);
    for (size_t i = 0; i < bench->receipts.last.boot_count; i++) {
        uint32_t boot = 0;
        memcpy(&boot, bench->receipts.last.boots[i].boot_id, sizeof boot);
        assert_true(boot <= 1000);
    }
}

static void a_flood_of_one_fault_hides_no_other(void **state)
{
    struct bench *bench = *state;
    struct quarantine_count *counts = NULL;
    size_t count = 0;
    for (unsigned i = 0; i < 1000; i++)
        take_bytes(bench, "nonsense", "x", 1);
    take_as(bench, numbered(1), "p2");
    commit_all(bench);
    assert_int_equal(registry_list_quarantine(bench->registry, &counts, &count), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(counts[i].count, strcmp(counts[i].fault, "wrong-topic") == 0 ? 1000 : 1);
    free(counts);
}

static void foreign_topics_change_nothing(void **state)
{
    struct bench *bench = *state;
    static const char *const topics[] = {"$SYS/broker", "lastmile/2/0/cu/p1/report", "", "#",
                                         "lastmile/1/0/../p1/report"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        take_bytes(bench, topics[i], "x", 1);
    take_bytes(bench, "lastmile/1/5/cu/p1/report", NULL, 0);
    commit_all(bench);
    assert_int_equal(stats_of(bench).refused, 6);
    assert_int_equal(bench->receipts.count, 0);
}

static void receipts_are_published_once_more_for_a_broker_that_forgot(void **state)
{
    struct bench *bench = *state;
    take_as(bench, numbered(1), "p1");
    take_as(bench, fixture_report("p2", 1, 1, NOW - FIXTURE_INTERVAL_NS), "p2");
    commit_all(bench);
    bench->receipts.count = 0;
    intake_publish_all(bench->intake);
    assert_int_equal(bench->receipts.count, 2);
}

static void damage(struct random_source *random, uint8_t *bytes, size_t *length)
{
    uint64_t changes = random_below(random, 6);
    for (uint64_t i = 0; i < changes; i++)
        bytes[random_below(random, *length)] = (uint8_t)random_next(random);
    if (random_below(random, 4) == 0)
        *length = (size_t)random_below(random, *length);
}

/* Half of them of any shape at all, half as a probe sends them. */
static struct report *any_report(struct random_source *random)
{
    if (random_below(random, 2) == 0)
        return random_report(random);
    struct report *report = numbered(1 + random_below(random, 400));
    report->interval_start_unix_ns = NOW - random_below(random, 86400) * CLOCK_NS_PER_S;
    (void)fixture_add_lines(report, random_below(random, 1000), (size_t)random_below(random, 50));
    fixture_add_wtps(fixture_add_poll(report, "ac-1"), 1, (size_t)random_below(random, 20));
    return report;
}

/* Every message is stored, known, refused or withheld; nothing else happens to it. */
static void mutated_reports_end_in_a_counted_outcome(void **state)
{
    struct bench *bench = *state;
    struct random_source random = {.state = 20260301};
    struct registry_stats stored;
    char topic[TOPIC_BYTES];
    for (unsigned i = 0; i < 2000; i++) {
        struct report *report = any_report(&random);
        uint8_t *bytes = NULL;
        size_t length = 0;
        assert_int_equal(report_encode(report, &bytes, &length), 0);
        assert_int_equal(
            topic_build(report->operator_name, report->probe_name, TOPIC_BACKLOG, topic), 0);
        if (length > 0)
            damage(&random, bytes, &length);
        take_bytes(bench, topic, bytes, length);
        free(bytes);
        report_free(report);
        if (i % 100 == 99)
            commit_all(bench);
    }
    struct intake_stats stats = stats_of(bench);
    assert_int_equal(stats.messages, 2000);
    assert_int_equal(stats.pending, 0);
    assert_int_equal(stats.failed_commits, 0);
    /* A wrong clock is refused and accounted for: it is neither stored nor a repetition. */
    assert_int_equal(stats.stored + stats.duplicates + stats.refused + stats.withheld, 2000);
    assert_int_equal(registry_read_stats(bench->registry, &stored), 0);
    assert_int_equal(stored.reports, stats.stored);
    assert_true(stats.stored > 100 && stats.refused > 100); /* both ways were taken */
    assert_int_equal(registry_check_integrity(bench->registry), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_receipt_follows_the_commit_and_not_before),
        CASE(a_repeated_report_gets_its_receipt_again),
        CASE(what_a_probe_says_under_a_foreign_name_is_refused),
        CASE(a_report_of_tomorrow_is_refused_but_accounted_for),
        CASE(an_untrusted_clock_of_1970_is_kept),
        CASE(absurd_values_are_refused),
        CASE(each_bound_is_held),
        CASE(an_absurd_report_does_not_hold_up_its_own_probe),
        CASE(a_report_of_another_major_version_is_named_and_does_not_hold_up_its_probe),
        CASE(under_anothers_name_it_is_not_accounted_for),
        CASE(a_report_that_is_too_long_is_refused_and_accounted_for),
        CASE(over_its_rate_a_probe_waits_and_others_do_not),
        CASE(a_boot_too_many_is_neither_stored_nor_receipted),
        CASE(a_flood_of_one_fault_hides_no_other),
        CASE(foreign_topics_change_nothing),
        CASE(receipts_are_published_once_more_for_a_broker_that_forgot),
        CASE(mutated_reports_end_in_a_counted_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
