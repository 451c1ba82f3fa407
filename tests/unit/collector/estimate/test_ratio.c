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
    const struct ratio_cluster clusters[] = {{0, 30, 60}, {0, 50, 80}, {1, 10, 40}, {1, 20, 30}};
    const double population[] = {4, 2};
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
    const struct ratio_cluster clusters[] = {{0, 30, 60}, {0, 50, 80}, {0, 7, 9}};
    const double population[] = {3};
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
    const struct ratio_cluster clusters[] = {{0, 60, 60}, {0, 80, 80}};
    const double population[] = {10};
    struct ratio ratio;
    assert_int_equal(ratio_estimate(clusters, 2, population, 1, &ratio), 0);
    assert_close(ratio.value, 1);
    assert_close(ratio.effective_size, 2.0 * 9 / 8);
}

static void ratio_estimate_names_what_it_cannot_do(void **state)
{
    (void)state;
    const struct ratio_cluster clusters[] = {{0, 30, 60}, {0, 50, 80}, {1, 0, 0}};
    const struct ratio_cluster nothing[] = {{0, 0, 0}, {0, 0, 0}};
    const double thin[] = {4, 2};
    const double empty[] = {2, 0};
    const double unsampled[] = {4, 1, 3};
    const double few[] = {1, 1};
    struct ratio ratio = {.value = -1};
    assert_int_equal(ratio_estimate(clusters, 3, thin, 2, &ratio), -ENODATA);
    assert_int_equal(ratio_estimate(clusters, 3, unsampled, 3, &ratio), -ENODATA);
    assert_int_equal(ratio_estimate(clusters, 3, thin, 1, &ratio), -EINVAL);
    assert_int_equal(ratio_estimate(clusters, 3, few, 2, &ratio), -EINVAL);
    assert_int_equal(ratio_estimate(nothing, 2, empty, 2, &ratio), -EDOM);
    assert_true(ratio.value < 0); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratio_estimate_gives_the_numbers_worked_by_hand),
        cmocka_unit_test(ratio_estimate_is_certain_when_every_cluster_was_sampled),
        cmocka_unit_test(ratio_estimate_takes_clusters_for_the_sample_when_all_say_one),
        cmocka_unit_test(ratio_estimate_names_what_it_cannot_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
