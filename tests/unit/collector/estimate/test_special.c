/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The special functions and what is made of them, against the GNU Scientific Library.
 */
#include "collector/estimate/interval.h"
#include "collector/estimate/special.h"

#include "tests/support/cmocka_all.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* Relative where the expected number is large, absolute around 0. */
static void assert_near(double actual, double expected, double tolerance)
{
    double scale = fmax(1, fabs(expected));
    if (!(fabs(actual - expected) <= tolerance * scale))
        print_error("%.17g is not %.17g\n", actual, expected);
    assert_true(fabs(actual - expected) <= tolerance * scale);
}

static void special_log_and_exp_agree_with_libm(void **state)
{
    (void)state;
    for (double x = 1e-300; x < 1e300; x *= 1.37)
        assert_near(special_log(x), log(x), 1e-15);
    for (double x = 0.5; x < 2; x += 0.000917)
        assert_near(special_log(x), log(x), 1e-15);
    for (double x = -690; x < 690; x += 0.713)
        assert_true(fabs(special_exp(x) / exp(x) - 1) < 1e-15);
    assert_near(special_exp(0), 1, 0);
    assert_near(special_exp(-800), 0, 0);
    assert_near(special_log(1), 0, 0);
}

static void special_log_gamma_agrees_with_gsl(void **state)
{
    (void)state;
    for (double x = 0.01; x < 1e7; x *= 1.21)
        assert_near(special_log_gamma(x), gsl_sf_lngamma(x), 1e-13);
}

static void special_beta_agrees_with_gsl(void **state)
{
    (void)state;
    static const double sizes[] = {0.5, 1, 2.5, 7, 40, 333.3, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
            for (double p = 0.001; p < 1; p += 0.0499) {
                double a = sizes[i];
                double b = sizes[j];
                double x = special_beta_quantile(p, a, b); /* gsl_cdf_beta_Pinv fails for some */
                assert_near(gsl_cdf_beta_P(x, a, b), p, 1e-9);
                assert_near(special_beta(p, a, b), gsl_cdf_beta_P(p, a, b), 1e-9);
            }
}

static void interval_student_agrees_with_gsl(void **state)
{
    (void)state;
    for (double degrees = 1; degrees < 1e8; degrees *= 1.17) {
        assert_near(interval_student(INTERVAL_TWO_SIDED, degrees),
                    gsl_cdf_tdist_Pinv(0.975, degrees), 1e-9);
        assert_near(interval_student(INTERVAL_ONE_SIDED, degrees),
                    gsl_cdf_tdist_Pinv(0.95, degrees), 1e-9);
    }
    assert_near(interval_student(INTERVAL_TWO_SIDED, (double)INFINITY), INTERVAL_Z_TWO_SIDED, 0);
    assert_near(INTERVAL_Z_TWO_SIDED, gsl_cdf_ugaussian_Pinv(0.975), 1e-15);
    assert_near(INTERVAL_Z_ONE_SIDED, gsl_cdf_ugaussian_Pinv(0.95), 1e-15);
}

/* The bounds are those proportions at which so many hits or more, or so few or less, are just that
 * unlikely. */
static void interval_clopper_pearson_inverts_the_binomial_of_gsl(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 3000; n = n * 3 + 1)
        for (unsigned hits = 0; hits <= n; hits += 1 + n / 7) {
            struct interval interval = interval_clopper_pearson(hits, n, 0.05);
            if (hits > 0)
                assert_near(gsl_cdf_binomial_Q(hits - 1, interval.lower, n), 0.025, 1e-8);
            if (hits < n)
                assert_near(gsl_cdf_binomial_P(hits, interval.upper, n), 0.025, 1e-8);
        }
}

/* The exact coverage of Wilson's interval stays near what it says, on average over truths. */
static void interval_wilson_covers_about_what_it_says_by_gsl_s_binomial(void **state)
{
    (void)state;
    enum { N = 200, TRUTHS = 97 };
    double sum = 0;
    for (int k = 0; k < TRUTHS; k++) {
        double truth = 0.02 + 0.01 * k;
        double covered = 0;
        for (unsigned hits = 0; hits <= N; hits++) {
            struct interval interval = interval_wilson(hits / (double)N, N, INTERVAL_Z_TWO_SIDED);
            if (interval.lower <= truth && truth <= interval.upper)
                covered += gsl_ran_binomial_pdf(hits, truth, N);
        }
        assert_true(covered > 0.92);
        sum += covered;
    }
    assert_near(sum / TRUTHS, 0.95, 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_log_and_exp_agree_with_libm),
        cmocka_unit_test(special_log_gamma_agrees_with_gsl),
        cmocka_unit_test(special_beta_agrees_with_gsl),
        cmocka_unit_test(interval_student_agrees_with_gsl),
        cmocka_unit_test(interval_clopper_pearson_inverts_the_binomial_of_gsl),
        cmocka_unit_test(interval_wilson_covers_about_what_it_says_by_gsl_s_binomial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
