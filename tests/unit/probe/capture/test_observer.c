/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A capture thread as the agent runs it, on a pair of interfaces of the test's own: an interface
 * that is deleted under traffic and made anew is opened again by itself, and nothing that was
 * counted is lost. Skipped without root.
 */
#include "probe/observer.h"

#include "common/clock.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/veth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool allowed;
static uint8_t bytes[1000];
static const struct veth_frame frame = {bytes, sizeof bytes};
static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1, 2, 3};

struct bench {
    struct settings *settings;
    struct pseudonym *pseudonym;
    struct observer *observer;
};

static void begin(struct bench *bench, enum report_sampling sampling, uint64_t interval)
{
    bench->settings = calloc(1, sizeof *bench->settings);
    assert_non_null(bench->settings);
    struct settings_source *source = &bench->settings->sources[0];
    bench->settings->source_count = 1;
    bench->settings->flow = (struct settings_flow){.memory_bytes = 4 << 20,
                                                   .line_memory_bytes = 1 << 20,
                                                   .idle_timeout_s = 120,
                                                   .active_timeout_s = 300};
    (void)snprintf(source->name, sizeof source->name, "tap-1");
    (void)snprintf(source->interface, sizeof source->interface, VETH_FAR);
    source->snaplen = 128;
    source->buffer_bytes = 16 << 20;
    source->sampling = (int)sampling;
    source->sampling_interval = interval;
    source->sampling_interval_max = 64;
    bench->pseudonym = pseudonym_new(key, sizeof key);
    bench->observer = observer_new(bench->settings, source, bench->pseudonym);
    assert_non_null(bench->observer);
    assert_int_equal(observer_start(bench->observer), 0);
    (void)usleep(300000); /* the thread has opened its source */
}

static void end(struct bench *bench)
{
    observer_free(bench->observer);
    pseudonym_free(bench->pseudonym);
    free(bench->settings);
}

static uint64_t send_frames(uint64_t count)
{
    const struct veth_load load = {.frames = &frame,
                                   .frame_count = 1,
                                   .packets = count,
                                   .packets_per_s = 200000,
                                   .most_ns = 5 * CLOCK_NS_PER_S};
    int64_t sent = veth_send(&load);
    (void)usleep(400000); /* blocks of the ring are handed over at the latest after 100 ms */
    return sent > 0 ? (uint64_t)sent : 0;
}

/* What the thread has to say of the interval up to now. */
static struct report *turn(struct bench *bench)
{
    struct report *report = report_new();
    struct meter_interval *interval = NULL;
    assert_non_null(report);
    observer_turn(bench->observer, clock_unix_ns());
    for (unsigned i = 0; i < 500 && !interval; i++) {
        (void)usleep(10000);
        interval = observer_take(bench->observer);
    }
    assert_non_null(interval);
    assert_int_equal(meter_interval_report(interval, report), 0);
    meter_interval_release(interval);
    assert_int_equal(report->observation_count, 1);
    return report;
}

static void a_deleted_interface_is_opened_again_and_no_count_is_lost(void **state)
{
    (void)state;
    struct bench bench;
    if (!allowed)
        skip();
    begin(&bench, REPORT_SAMPLING_NONE, 1);
    uint64_t sent = send_frames(20000);
    assert_int_equal(sent, 20000);
    assert_true(veth_delete());
    (void)usleep(300000);
    assert_true(veth_create());
    struct report *first = turn(&bench);
    const struct report_observation *o = &first->observations[0];
    assert_int_equal(o->packet_delta_count + o->dropped_packet_delta_count, sent);
    assert_true(o->failed);
    assert_false(o->interface_octets.known); /* its counters went with it */
    uint64_t seen = 0;
    for (unsigned i = 0; i < 50 && seen == 0; i++) { /* opened within a second or two */
        assert_int_equal(send_frames(100), 100);
        struct report *next = turn(&bench);
        seen = next->observations[0].packet_delta_count;
        report_free(next);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(send_frames(1000), 1000);
    struct report *last = turn(&bench);
    assert_int_equal(last->observations[0].packet_delta_count, 1000);
    assert_int_equal(last->observations[0].interface_octets.value, 1000 * sizeof bytes);
    assert_false(last->observations[0].failed);
    report_free(last);
    report_free(first);
    end(&bench);
}

static void a_sampled_source_reports_its_method_its_scale_and_full_visibility(void **state)
{
    (void)state;
    struct bench bench;
    if (!allowed)
        skip();
    begin(&bench, REPORT_SAMPLING_PROBABILISTIC, 8);
    uint64_t sent = send_frames(100000);
    struct report *report = turn(&bench);
    const struct report_observation *o = &report->observations[0];
    assert_int_equal(o->sampling, REPORT_SAMPLING_PROBABILISTIC);
    assert_int_equal(o->sampling_interval, 8);
    assert_int_equal(o->sampling_changes, 0);
    assert_true(o->packet_delta_count < sent / 6);
    assert_int_equal(o->scaled_packets.value, o->packet_delta_count * 8);
    double off = (double)o->scaled_octets.value - (double)(sent * sizeof bytes);
    assert_true(off * off <
                25.0 * (double)o->scaled_octets_error.value * (double)o->scaled_octets_error.value);
    assert_int_equal(o->interface_octets.value, sent * sizeof bytes);
    report_free(report);
    report = turn(&bench); /* the judgement stands in the interval after */
    assert_int_equal(report->observations[0].visibility, REPORT_VISIBILITY_FULL);
    report_free(report);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deleted_interface_is_opened_again_and_no_count_is_lost),
        cmocka_unit_test(a_sampled_source_reports_its_method_its_scale_and_full_visibility),
    };
    memset(bytes, 0xff, 6);
    bytes[12] = 0x88; /* an EtherType for experiments: nobody answers */
    bytes[13] = 0xb5;
    allowed = veth_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
