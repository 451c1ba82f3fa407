/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Packet sampling against what the theory says of it, with fixed seeds.
 */
#include "probe/capture/selector.h"

#include "tests/support/cmocka_all.h"

#include <math.h>

#define PACKETS 100000

static const uint32_t sizes[] = {64, 64, 64, 64, 64, 64, 64, 576, 576, 576, 576, 1514};
#define SIZES (sizeof sizes / sizeof sizes[0])

static uint32_t size_of(unsigned number)
{
    return sizes[(number * UINT32_C(2654435761) >> 16) % SIZES];
}

struct truth {
    uint64_t octets, squares;
};

static struct truth truth_of(unsigned packets)
{
    struct truth truth = {0};
    for (unsigned i = 0; i < packets; i++) {
        truth.octets += size_of(i);
        truth.squares += (uint64_t)size_of(i) * size_of(i);
    }
    return truth;
}

static void the_systematic_selector_takes_one_of_n_exactly(void **state)
{
    (void)state;
    static const uint32_t intervals[] = {1, 2, 7, 1000, SELECTOR_INTERVAL_MAX};
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        uint32_t interval = intervals[i];
        struct selector selector;
        selector_init(&selector, REPORT_SAMPLING_SYSTEMATIC, interval, 12345);
        unsigned gap = 12345 % interval; /* where the seed places the first */
        unsigned taken = 0;
        for (unsigned k = 0; k < 5 * interval; k++) {
            bool due = k % interval == gap;
            assert_int_equal(selector_takes(&selector), due);
            taken += due;
        }
        assert_int_equal(taken, 5);
    }
}

static void the_probabilistic_selector_keeps_its_rate_within_five_sigma(void **state)
{
    (void)state;
    static const uint32_t intervals[] = {2, 3, 10, 100, 1000};
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        double p = 1.0 / intervals[i];
        unsigned packets = 1000 * intervals[i] < PACKETS ? PACKETS : 1000 * intervals[i];
        struct selector selector;
        selector_init(&selector, REPORT_SAMPLING_PROBABILISTIC, intervals[i], 42 + i);
        unsigned taken = 0, pairs = 0;
        bool before = false;
        for (unsigned k = 0; k < packets; k++) {
            bool now = selector_takes(&selector);
            taken += now;
            pairs += now && before; /* one packet must say nothing of the next */
            before = now;
        }
        assert_true(fabs(taken - packets * p) <= 5 * sqrt(packets * p * (1 - p)));
        assert_true(fabs(pairs - packets * p * p) <= 5 * sqrt(3 * packets * p * p) + 1);
    }
}

/* The rate changes three times in each run, as a governor would have it. */
static struct sampling_estimate run_once(enum report_sampling method, uint64_t seed)
{
    static const uint32_t intervals[] = {1, 4, 16, 8};
    struct sampling_sum sum = {0};
    struct selector selector = {0};
    for (unsigned i = 0; i < PACKETS; i++) {
        if (i % (PACKETS / 4) == 0)
            selector_init(&selector, method, intervals[i / (PACKETS / 4)], seed + i);
        if (selector_takes(&selector))
            sampling_sum_add(&sum, selector.interval, size_of(i));
    }
    return sampling_sum_estimate(&sum);
}

static void scaled_totals_are_unbiased_and_their_errors_true_across_rate_changes(void **state)
{
    (void)state;
    enum { RUNS = 400 };
    struct truth truth = truth_of(PACKETS);
    double mean = 0, mean_octets = 0, squares = 0, octet_squares = 0, said = 0, octets_said = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct sampling_estimate e = run_once(REPORT_SAMPLING_PROBABILISTIC, 1000003 * (run + 1));
        double d = (double)e.packets - PACKETS;
        double o = (double)e.octets - (double)truth.octets;
        mean += d / RUNS;
        mean_octets += o / RUNS;
        squares += d * d / RUNS;
        octet_squares += o * o / RUNS;
        said += (double)e.packets_error * (double)e.packets_error / RUNS;
        octets_said += (double)e.octets_error * (double)e.octets_error / RUNS;
        assert_int_equal(e.changes, 3);
    }
    /* the mean of 400 runs lies within five of its own standard errors of the truth */
    assert_true(fabs(mean) < 5 * sqrt(squares / RUNS));
    assert_true(fabs(mean_octets) < 5 * sqrt(octet_squares / RUNS));
    /* a variance of 400 runs is known to 7 %; five times that */
    assert_true(fabs(said / squares - 1) < 0.35);
    assert_true(fabs(octets_said / octet_squares - 1) < 0.35);
    /* and against the formula over all packets: (N - 1) for each of the four quarters */
    double expected = PACKETS / 4.0 * (0 + 3 + 15 + 7);
    assert_true(fabs(said / expected - 1) < 0.02);
}

/* Of intervals with half a packet taken on average to those with hundreds. */
static void the_truth_lies_within_two_errors_as_often_as_is_said(void **state)
{
    (void)state;
    enum { RUNS = 1000, INTERVAL = 64 };
    static const unsigned packets[] = {32, 64, 128, 192, 320, 640, 1280, 12800};
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        struct truth truth = truth_of(packets[i]);
        unsigned covered = 0, octets_covered = 0;
        for (uint64_t run = 0; run < RUNS; run++) {
            struct sampling_sum sum = {.interval = INTERVAL};
            struct selector selector;
            selector_init(&selector, REPORT_SAMPLING_PROBABILISTIC, INTERVAL, 7919 * (run + 1));
            for (unsigned k = 0; k < packets[i]; k++)
                if (selector_takes(&selector))
                    sampling_sum_add(&sum, INTERVAL, size_of(k));
            struct sampling_estimate e = sampling_sum_estimate(&sum);
            covered += fabs((double)e.packets - packets[i]) <= 1.96 * (double)e.packets_error;
            octets_covered +=
                fabs((double)e.octets - (double)truth.octets) <= 1.96 * (double)e.octets_error;
        }
        print_message("# %u packets: %u, octets %u\n", packets[i], covered, octets_covered);
        assert_true(covered >= RUNS * 93 / 100);
        assert_true(octets_covered >= RUNS * 93 / 100);
    }
}

static void systematic_totals_are_off_by_less_than_one_interval_a_rate(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct sampling_estimate e = run_once(REPORT_SAMPLING_SYSTEMATIC, seed);
        assert_true(fabs((double)e.packets - PACKETS) < 1 + 4 + 16 + 8);
    }
}

static void an_estimate_without_sampling_has_no_error_and_interval_one(void **state)
{
    (void)state;
    struct sampling_sum sum = {0};
    for (unsigned i = 0; i < 1000; i++)
        sampling_sum_add(&sum, 1, size_of(i));
    struct sampling_estimate e = sampling_sum_estimate(&sum);
    assert_int_equal(e.packets, 1000);
    assert_int_equal(e.octets, truth_of(1000).octets);
    assert_int_equal(e.packets_error, 0);
    assert_int_equal(e.octets_error, 0);
    assert_int_equal(e.interval, 1);
    assert_int_equal(e.changes, 0);
}

static void an_interval_without_packets_says_the_rate_in_force(void **state)
{
    (void)state;
    struct sampling_sum sum = {0};
    assert_int_equal(sampling_sum_estimate(&sum).interval, 1);
    sampling_sum_add(&sum, 1, 100);
    sampling_sum_add(&sum, 64, 100);
    assert_int_equal(sampling_sum_estimate(&sum).changes, 1);
    sampling_sum_restart(&sum);
    struct sampling_estimate e = sampling_sum_estimate(&sum);
    assert_int_equal(e.interval, 64);
    assert_int_equal(e.packets, 0);
    assert_int_equal(e.packets_error,
                     90); /* none was taken, which is not to say that there was none */
    assert_int_equal(e.changes, 0);
}

/* 2^32 jumbo frames at the largest interval: the variance exceeds 64 bits, its root does not. */
static void errors_of_a_torrent_do_not_wrap(void **state)
{
    (void)state;
    struct sampling_sum sum = {.interval = SELECTOR_INTERVAL_MAX,
                               .packets = UINT64_C(1) << 32,
                               .squares = (UINT64_C(1) << 32) * 9000 * 9000};
    struct sampling_estimate e = sampling_sum_estimate(&sum);
    double expected = 9000.0 * 65536 * SELECTOR_INTERVAL_MAX;
    assert_true(fabs((double)e.octets_error / expected - 1) < 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_systematic_selector_takes_one_of_n_exactly),
        cmocka_unit_test(the_probabilistic_selector_keeps_its_rate_within_five_sigma),
        cmocka_unit_test(scaled_totals_are_unbiased_and_their_errors_true_across_rate_changes),
        cmocka_unit_test(the_truth_lies_within_two_errors_as_often_as_is_said),
        cmocka_unit_test(systematic_totals_are_off_by_less_than_one_interval_a_rate),
        cmocka_unit_test(an_estimate_without_sampling_has_no_error_and_interval_one),
        cmocka_unit_test(an_interval_without_packets_says_the_rate_in_force),
        cmocka_unit_test(errors_of_a_torrent_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
