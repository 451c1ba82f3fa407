/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/interval.h"

#include "tests/support/cmocka_all.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static void assert_close(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        print_error("%.12g is not within %g of %.12g\n", actual, tolerance, expected);
    assert_true(fabs(actual - expected) <= tolerance);
}

/* indicators.md 8, item 7: 310 of 500. */
static void interval_wilson_gives_the_worked_numbers(void **state)
{
    (void)state;
    struct interval all = interval_wilson(0.62, 500, INTERVAL_Z_TWO_SIDED);
    assert_close(100 * all.lower, 57.67, 0.005);
    assert_close(100 * all.upper, 66.15, 0.005);
    double n = interval_finite_size(500, 2000);
    struct interval finite = interval_wilson(0.62, n, INTERVAL_Z_TWO_SIDED);
    assert_close(100 * finite.lower, 58.26, 0.005);
    assert_close(100 * finite.upper, 65.61, 0.005);
}

static void interval_wilson_has_no_width_when_all_were_seen(void **state)
{
    (void)state;
    double n = interval_finite_size(2000, 2000);
    struct interval census = interval_wilson(0.62, n, INTERVAL_Z_TWO_SIDED);
    assert_close(census.upper - census.lower, 0, 0);
    assert_close(census.lower, 0.62, 0);
}

/* indicators.md 3.8, the printed example: 81.4 % of n_eff 3,200 out of 21,500. */
static void interval_wilson_gives_the_printed_example_one_sided(void **state)
{
    (void)state;
    double n = interval_finite_size(3200, 21500);
    struct interval two = interval_wilson(0.814, n, INTERVAL_Z_TWO_SIDED);
    struct interval one = interval_wilson(0.814, n, INTERVAL_Z_ONE_SIDED);
    assert_close(100 * two.lower, 80.1, 0.05);
    assert_close(100 * two.upper, 82.6, 0.05);
    assert_close(100 * one.lower, 80.3, 0.05);
}

static void interval_wilson_knows_nothing_without_a_sample(void **state)
{
    (void)state;
    struct interval none = interval_wilson(0.5, 0, INTERVAL_Z_TWO_SIDED);
    assert_close(none.lower, 0, 0);
    assert_close(none.upper, 1, 0);
}

static void interval_wilson_holds_the_point_and_narrows_with_the_sample(void **state)
{
    (void)state;
    for (int tenth = 0; tenth <= 10; tenth++) {
        double p = tenth / 10.0;
        double width = 2;
        for (double n = 1; n < 1e7; n *= 3) {
            struct interval interval = interval_wilson(p, n, INTERVAL_Z_TWO_SIDED);
            struct interval one_sided = interval_wilson(p, n, INTERVAL_Z_ONE_SIDED);
            assert_true(interval.lower >= 0 && interval.upper <= 1);
            assert_true(interval.lower <= p && p <= interval.upper);
            assert_true(interval.lower <= one_sided.lower && one_sided.upper <= interval.upper);
            assert_true(interval.upper - interval.lower < width);
            width = interval.upper - interval.lower;
        }
    }
}

static void interval_wilson_rises_with_the_proportion(void **state)
{
    (void)state;
    struct interval before = {-1, -1};
    for (int hits = 0; hits <= 200; hits++) {
        struct interval interval = interval_wilson(hits / 200.0, 200, INTERVAL_Z_ONE_SIDED);
        assert_true(interval.lower > before.lower && interval.upper > before.upper);
        before = interval;
    }
}

/* Closed forms: with no hit the upper bound is 1 - (alpha/2)^(1/n); R's binom.test(7, 10). */
static void interval_clopper_pearson_gives_known_numbers(void **state)
{
    (void)state;
    struct interval none = interval_clopper_pearson(0, 10, 0.05);
    assert_close(none.lower, 0, 0);
    assert_close(none.upper, 1 - pow(0.025, 0.1), 1e-9);
    struct interval all = interval_clopper_pearson(10, 10, 0.05);
    assert_close(all.lower, pow(0.025, 0.1), 1e-9);
    assert_close(all.upper, 1, 0);
    struct interval seven = interval_clopper_pearson(7, 10, 0.05);
    assert_close(seven.lower, 0.3475471, 1e-7);
    assert_close(seven.upper, 0.9332605, 1e-7);
}

/* Exact coverage of the interval at a given truth: it is at least what it says. */
static void interval_clopper_pearson_covers_at_least_what_it_says(void **state)
{
    (void)state;
    enum { N = 40 };
    for (int permille = 50; permille < 1000; permille += 50) {
        double truth = permille / 1000.0;
        double covered = 0;
        for (int k = 0; k <= N; k++) {
            struct interval interval = interval_clopper_pearson(k, N, 0.05);
            double probability = exp(lgamma(N + 1) - lgamma(k + 1) - lgamma(N - k + 1) +
                                     k * log(truth) + (N - k) * log1p(-truth));
            if (interval.lower <= truth && truth <= interval.upper)
                covered += probability;
        }
        assert_true(covered >= 0.95);
    }
}

static void count_split_bounds_hold_the_share_whatever_the_unknown_are(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < 2000; i++) {
        double yes = rand() % 100;
        double no = rand() % 100;
        double unknown = rand() % 20;
        struct count_split split = {.yes = {yes - (yes > 3 ? 3 : yes), yes, yes + 2},
                                    .no = {no - (no > 3 ? 3 : no), no, no + 2},
                                    .unknown = {0, unknown, unknown}};
        struct optional_double share = count_split_share(&split);
        struct optional_double lower = count_split_share_lower(&split);
        struct optional_double upper = count_split_share_upper(&split);
        if (!share.known)
            continue;
        assert_true(lower.value <= share.value && share.value <= upper.value);
        for (double have = 0; have <= unknown; have++) {
            double truth = (yes + have) / (yes + no + unknown);
            assert_true(lower.value <= truth && truth <= upper.value);
        }
    }
}

static void count_split_divides_by_nothing_for_nobody(void **state)
{
    (void)state;
    const struct count_split empty = {.yes = {0, 0, 0}};
    assert_false(count_split_share(&empty).known);
    assert_false(count_split_share_lower(&empty).known);
    assert_false(count_split_share_upper(&empty).known);
    assert_false(count_split_unclassified(&empty).known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_wilson_gives_the_worked_numbers),
        cmocka_unit_test(interval_wilson_has_no_width_when_all_were_seen),
        cmocka_unit_test(interval_wilson_gives_the_printed_example_one_sided),
        cmocka_unit_test(interval_wilson_knows_nothing_without_a_sample),
        cmocka_unit_test(interval_wilson_holds_the_point_and_narrows_with_the_sample),
        cmocka_unit_test(interval_wilson_rises_with_the_proportion),
        cmocka_unit_test(interval_clopper_pearson_gives_known_numbers),
        cmocka_unit_test(interval_clopper_pearson_covers_at_least_what_it_says),
        cmocka_unit_test(count_split_bounds_hold_the_share_whatever_the_unknown_are),
        cmocka_unit_test(count_split_divides_by_nothing_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
