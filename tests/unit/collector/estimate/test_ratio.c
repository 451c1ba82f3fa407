/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/ratio.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <math.h>

static void assert_close(double actual, double expected)
{
    if (!(fabs(actual - expected) < 1e-12))
        print_error("%.15g is not %.15g\n", actual, expected);
    assert_true(fabs(actual - expected) < 1e-12);
}

/* By hand: N = 4 and 2, n = 2 and 2. Y = 2 (30+50) + 1 (10+20) = 190, M = 2 (60+80) + 1 (40+30)
 * = 350, R = 19/35. Stratum 0: e = 30 - 60 R, 50 - 80 R; stratum 1 was sampled whole. */
static void ratio_estimate_gives_the_numbers_worked_by_hand(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {
        {0, 30, 60, 1}, {0, 50, 80, 1}, {1, 10, 40, 1}, {1, 20, 30, 1}};
    const struct ratio_stratum population[] = {{4, 4, 4}, {2, 2, 2}};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 4, population, 2, &ratio), 0);
    double r = 19.0 / 35;
    double e0 = 30 - 60 * r;
    double e1 = 50 - 80 * r;
    double mean = (e0 + e1) / 2;
    double spread = (e0 - mean) * (e0 - mean) + (e1 - mean) * (e1 - mean);
    double variance = 16 * (1 - 0.5) / 2 * spread / (350.0 * 350.0);
    assert_close(ratio.value, r);
    assert_close(ratio.variance, variance);
    double by_variance = r * (1 - r) / variance;
    double by_lines = 210.0 * 349 / (350 - 210);
    assert_close(ratio.effective_size, fmin(by_variance, by_lines));
}

static void ratio_estimate_is_certain_when_every_cluster_was_sampled(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 30, 60, 1}, {0, 50, 80, 1}, {0, 7, 9, 1}};
    const struct ratio_stratum population[] = {{3, 3, 3}};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 3, population, 1, &ratio), 0);
    assert_close(ratio.value, 87.0 / 149);
    assert_close(ratio.variance, 0);
    assert_true(isinf(ratio.effective_size));
}

/* Two nodes that are all fibre do not prove that the other eight are. */
static void ratio_estimate_takes_clusters_for_the_sample_when_all_say_one(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 60, 60, 1}, {0, 80, 80, 1}};
    const struct ratio_stratum population[] = {{10, 10, 10}};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 2, population, 1, &ratio), 0);
    assert_close(ratio.value, 1);
    assert_close(ratio.effective_size, 2.0 * 9 / 8);
}

static void ratio_estimate_names_what_it_cannot_do(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 30, 60, 1}, {0, 50, 80, 1}, {1, 0, 0, 1}};
    const struct ratio_cluster nothing[] = {{0, 0, 0, 1}, {0, 0, 0, 1}};
    const struct ratio_stratum thin[] = {{4, 4, 4}, {2, 2, 2}};
    const struct ratio_stratum empty[] = {{2, 2, 2}, {0, 0, 0}};
    const struct ratio_stratum unsampled[] = {{4, 4, 4}, {1, 1, 1}, {3, 3, 3}, {1, 1, 1}};
    const struct ratio_stratum few[] = {{1, 1, 1}, {1, 1, 1}};
    const struct ratio_cluster lone[] = {{0, 30, 60, 1}};
    const struct ratio_cluster unknown[] = {{0, 30, 60, 1}, {0, 30, 60, 0}};
    struct ratio ratio = {.value = -1};
    assert_int_equal(ratio_estimate(lone, 1, thin, 1, &ratio), -ENODATA);
    assert_int_equal(ratio_estimate(unknown, 2, thin, 1, &ratio), -EINVAL);
    assert_int_equal(ratio_estimate(clusters, 3, unsampled, 3, &ratio), -ENODATA);
    assert_int_equal(ratio_estimate(clusters, 3, thin, 1, &ratio), -EINVAL);
    assert_int_equal(ratio_estimate(clusters, 3, few, 2, &ratio), -EINVAL);
    assert_int_equal(ratio_estimate(nothing, 2, empty, 2, &ratio), -EDOM);
    assert_true(ratio.value < 0); /* untouched */
}

/* By hand: 3 of 5 nodes with 20 + 40 + 40 of 200 registered lines, 60 + 40 were not drawn. Each
 * registered line stands for two. d = (10 - 20 R) / 20, (30 - 50 R) / 40, (20 - 30 R) / 40. */
static void ratio_estimate_asks_the_register_how_large_the_others_are(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 10, 20, 20}, {0, 30, 50, 40}, {0, 20, 30, 40}};
    const struct ratio_stratum stratum = {5, 200, 400 + 1600 + 1600 + 3600 + 1600};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 3, &stratum, 1, &ratio), 0);
    double d[] = {(10 - 12.0) / 20, (30 - 30.0) / 40, (20 - 18.0) / 40};
    double mean = (d[0] + d[1] + d[2]) / 3;
    double spread = 0;
    for (int i = 0; i < 3; i++)
        spread += (d[i] - mean) * (d[i] - mean) / 2;
    double rest = 3600 + 1600 + 100.0 * 100 / (100 * 100) * (400 + 1600 + 1600);
    assert_close(ratio.value, 0.6);
    assert_close(ratio.variance, spread * rest / (200.0 * 200));
    assert_close(ratio.degrees, 2);
    const struct ratio_stratum larger = {5, 200, 400 + 1600 + 1600 + 99 * 99 + 1};
    struct ratio wide;
    assert_int_equal(ratio_estimate(clusters, 3, &larger, 1, &wide), 0);
    assert_close(wide.value, 0.6);
    assert_true(wide.variance > 1.5 * ratio.variance); /* one large node was missed */
}

/* Without a register the variance is Cochran's to the last digit, whatever the strata. */
static void ratio_estimate_without_a_register_is_cochran_s(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 30, 60, 1}, {0, 50, 80, 1}, {0, 9, 11, 1},
                                             {1, 10, 40, 1}, {1, 20, 30, 1}, {1, 0, 5, 1}};
    const struct ratio_stratum strata[] = {{7, 7, 7}, {9, 9, 9}};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 6, strata, 2, &ratio), 0);
    double hits = 7 / 3.0 * 89 + 9 / 3.0 * 30;
    double size = 7 / 3.0 * 151 + 9 / 3.0 * 75;
    double variance = 0;
    for (size_t h = 0; h < 2; h++) {
        const struct ratio_cluster *of = &clusters[3 * h];
        double e[3];
        double mean = 0;
        double squares = 0;
        for (size_t i = 0; i < 3; i++)
            mean += (e[i] = of[i].hits - hits / size * of[i].size) / 3;
        for (size_t i = 0; i < 3; i++)
            squares += (e[i] - mean) * (e[i] - mean) / 2;
        double n = strata[h].clusters;
        variance += n * n * (1 - 3 / n) / 3 * squares;
    }
    assert_close(ratio.value, hits / size);
    assert_close(ratio.variance, variance / (size * size));
    assert_true(ratio.degrees > 2 && ratio.degrees <= 4);
}

static void a_stratum_with_one_sampled_cluster_keeps_its_weight_and_borrows_a_variance(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 30, 60, 1}, {0, 50, 80, 1}, {1, 10, 40, 1}};
    const struct ratio_stratum strata[] = {{2, 2, 2}, {10, 10, 10}};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 3, strata, 2, &ratio), 0);
    assert_close(ratio.value, (30 + 50 + 10 * 10) / (60.0 + 80 + 10 * 40));
    assert_true(ratio.variance > 0);
    assert_close(ratio.degrees, 2);
}

/* A register that is older than its lines: above 1, with an interval on both sides of it. */
static void a_ratio_that_is_no_proportion_is_never_cut_at_1(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {
        {0, 110, 100, 100}, {0, 99, 100, 100}, {0, 104, 100, 100}, {0, 103, 100, 100}};
    const struct ratio_stratum stratum = {9, 900, 90000};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 4, &stratum, 1, &ratio), 0);
    assert_false(ratio.proportion);
    struct interval interval = ratio_interval(&ratio, INTERVAL_TWO_SIDED, false);
    assert_close(ratio.value, 1.04);
    double reach = interval_student(INTERVAL_TWO_SIDED, 3) * sqrt(ratio.variance);
    assert_close(interval.upper, 1.04 + reach);
    assert_close(interval.lower, 1.04 - reach);
    assert_true(interval.lower < 1 && interval.upper > 1.05);
}

/* The worked numbers of indicators.md 8 and 3.8 by way of a ratio. */
static void ratio_interval_gives_the_worked_numbers(void **state)
{
    (void)state;
    struct ratio ratio = {.value = 0.62,
                          .variance = 0.62 * 0.38 / 500,
                          .effective_size = 500,
                          .degrees = (double)INFINITY,
                          .proportion = true};
    struct interval interval = ratio_interval(&ratio, INTERVAL_TWO_SIDED, false);
    assert_true(fabs(100 * interval.lower - 57.67) < 0.005);
    assert_true(fabs(100 * interval.upper - 66.15) < 0.005);
    ratio.effective_size = interval_finite_size(500, 2000);
    interval = ratio_interval(&ratio, INTERVAL_TWO_SIDED, false);
    assert_true(fabs(100 * interval.lower - 58.26) < 0.005);
    assert_true(fabs(100 * interval.upper - 65.61) < 0.005);
    ratio.effective_size = interval_finite_size(2000, 2000);
    interval = ratio_interval(&ratio, INTERVAL_TWO_SIDED, true);
    assert_close(interval.lower, 0.62);
    assert_close(interval.upper, 0.62);
}

static void ratio_interval_widens_with_fewer_clusters_and_when_it_is_exact(void **state)
{
    (void)state;
    struct ratio ratio = {
        .value = 0.62, .variance = 0.01, .effective_size = 100, .proportion = true};
    double before = 2;
    static const double degrees[] = {1, 2, 3, 5, 10, 30, 100};
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        ratio.degrees = degrees[i];
        struct interval wilson = ratio_interval(&ratio, INTERVAL_TWO_SIDED, false);
        struct interval exact = ratio_interval(&ratio, INTERVAL_TWO_SIDED, true);
        assert_true(wilson.upper - wilson.lower < before);
        assert_true(exact.upper - exact.lower > wilson.upper - wilson.lower);
        assert_true(exact.lower < ratio.value && ratio.value < exact.upper);
        before = wilson.upper - wilson.lower;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratio_estimate_gives_the_numbers_worked_by_hand),
        cmocka_unit_test(ratio_estimate_is_certain_when_every_cluster_was_sampled),
        cmocka_unit_test(ratio_estimate_takes_clusters_for_the_sample_when_all_say_one),
        cmocka_unit_test(ratio_estimate_names_what_it_cannot_do),
        cmocka_unit_test(ratio_estimate_asks_the_register_how_large_the_others_are),
        cmocka_unit_test(ratio_estimate_without_a_register_is_cochran_s),
        cmocka_unit_test(
            a_stratum_with_one_sampled_cluster_keeps_its_weight_and_borrows_a_variance),
        cmocka_unit_test(a_ratio_that_is_no_proportion_is_never_cut_at_1),
        cmocka_unit_test(ratio_interval_gives_the_worked_numbers),
        cmocka_unit_test(ratio_interval_widens_with_fewer_clusters_and_when_it_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
