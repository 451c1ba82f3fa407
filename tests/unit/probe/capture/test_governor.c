/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The governor against simulated loads: a thread that uses a share of a CPU for each packet that is
 * taken and a smaller one for the rest, and a ring that fills when the thread cannot follow.
 */
#include "probe/capture/governor.h"

#include "tests/support/cmocka_all.h"

#define SECOND UINT64_C(1000000000)

static const struct governor_limits limits = {
    .cpu_permille = 500, .interval_min = 1, .interval_max = 64};

struct load {
    struct governor governor;
    struct governor_sample sample;
    unsigned changes;
};

static void begin(struct load *load, const struct governor_limits *wanted)
{
    *load = (struct load){.sample = {.now_mono_ns = 1000 * SECOND}};
    governor_init(&load->governor, wanted);
    assert_false(governor_update(&load->governor, &load->sample));
}

/* One second in which taking every packet would cost `full` permille of a CPU. */
static void pass(struct load *load, unsigned full)
{
    load->sample.now_mono_ns += SECOND;
    load->sample.thread_cpu_ns += full * (SECOND / 1000) / load->governor.interval;
    load->changes += governor_update(&load->governor, &load->sample);
}

static void it_raises_until_the_cpu_share_is_below_the_limit_and_stays(void **state)
{
    (void)state;
    struct load load;
    begin(&load, &limits);
    for (int i = 0; i < 300; i++)
        pass(&load, 900);
    assert_int_equal(load.governor.interval, 2); /* 450: below the limit, no room for twice that */
    assert_int_equal(load.changes, 1);
    assert_int_equal(load.governor.reason, GOVERNOR_CPU);
}

static void it_comes_back_to_every_packet_when_the_load_is_gone(void **state)
{
    (void)state;
    struct load load;
    begin(&load, &limits);
    for (int i = 0; i < 10; i++)
        pass(&load, 6000);
    assert_int_equal(load.governor.interval, 16);
    for (int i = 0; i < GOVERNOR_CALM_S * 4; i++)
        pass(&load, 50);
    assert_int_equal(load.governor.interval, 1);
    assert_int_equal(load.governor.reason, GOVERNOR_ROOM);
    assert_int_equal(load.changes, 8);
}

static void it_waits_before_it_lowers(void **state)
{
    (void)state;
    struct load load;
    begin(&load, &limits);
    pass(&load, 900);
    for (int i = 0; i < GOVERNOR_CALM_S - 1; i++)
        pass(&load, 100);
    assert_int_equal(load.governor.interval, 2);
    pass(&load, 399); /* 199 of 500 permille: still room for twice that */
    assert_int_equal(load.governor.interval, 1);
}

static void a_load_at_the_edge_makes_it_swing_ever_more_seldom(void **state)
{
    (void)state;
    struct load load;
    begin(&load, &limits);
    /* costs 520 at 1 of 1, yet only 150 at 1 of 2: the estimate of twice the cost is wrong */
    unsigned changes[2] = {0};
    for (int i = 0; i < 1200; i++) {
        unsigned before = load.changes;
        pass(&load, load.governor.interval == 1 ? 520 : 300);
        changes[i >= 600] += load.changes - before;
    }
    assert_true(changes[0] <= 16);
    assert_true(changes[1] <= 6);
}

static void a_ring_that_fills_raises_before_anything_is_dropped(void **state)
{
    (void)state;
    struct load load;
    begin(&load, &limits);
    load.sample.ring_permille = 501;
    pass(&load, 100);
    assert_int_equal(load.governor.interval, 2);
    assert_int_equal(load.governor.reason, GOVERNOR_RING);
    load.sample.ring_permille = 500;
    pass(&load, 100);
    assert_int_equal(load.governor.interval, 2);
}

static void a_peak_of_the_ring_between_two_seconds_is_not_forgotten(void **state)
{
    (void)state;
    struct load load;
    begin(&load, &limits);
    load.sample.now_mono_ns += SECOND / 2;
    load.sample.ring_permille = 900;
    assert_false(governor_update(&load.governor, &load.sample));
    load.sample.now_mono_ns += SECOND / 2;
    load.sample.ring_permille = 0;
    assert_true(governor_update(&load.governor, &load.sample));
    assert_int_equal(load.governor.reason, GOVERNOR_RING);
}

static void drops_raise_up_to_the_maximum_and_no_further(void **state)
{
    (void)state;
    struct load load;
    struct governor_limits odd = limits;
    odd.interval_min = 3;
    odd.interval_max = 50;
    begin(&load, &odd);
    for (int i = 0; i < 10; i++) {
        load.sample.dropped += 1;
        pass(&load, 0);
    }
    assert_int_equal(load.governor.interval, 50);
    assert_int_equal(load.governor.reason, GOVERNOR_DROPS);
    assert_int_equal(load.changes, 5); /* 6, 12, 24, 48, 50 */
    for (int i = 0; i < 100 * GOVERNOR_CALM_S; i++)
        pass(&load, 0);
    assert_int_equal(load.governor.interval, 3); /* as configured, not below */
}

static void without_a_limit_it_does_nothing(void **state)
{
    (void)state;
    struct load load;
    struct governor_limits off = limits;
    off.cpu_permille = 0;
    begin(&load, &off);
    for (int i = 0; i < 10; i++) {
        load.sample.dropped += 1000;
        pass(&load, 1000);
    }
    assert_int_equal(load.changes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_raises_until_the_cpu_share_is_below_the_limit_and_stays),
        cmocka_unit_test(it_comes_back_to_every_packet_when_the_load_is_gone),
        cmocka_unit_test(it_waits_before_it_lowers),
        cmocka_unit_test(a_load_at_the_edge_makes_it_swing_ever_more_seldom),
        cmocka_unit_test(a_ring_that_fills_raises_before_anything_is_dropped),
        cmocka_unit_test(a_peak_of_the_ring_between_two_seconds_is_not_forgotten),
        cmocka_unit_test(drops_raise_up_to_the_maximum_and_no_further),
        cmocka_unit_test(without_a_limit_it_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
