/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bench_coverage in small: what the intervals say holds, within what so few trials can tell. The
 * seeds are fixed, so a failure is a change of the estimate.
 */
#include "tests/support/trial.h"

#include "tests/support/cmocka_all.h"

#include <math.h>

#define DEPLOYMENTS 300
#define ERRORS      2 /* standard errors of a proportion */

static void assert_between(const char *what, unsigned hits, unsigned of, double low, double high)
{
    double part = (double)hits / (double)of;
    double error = ERRORS * sqrt(low * (1 - low) / (double)of);
    if (part < low - error || part > high + error)
        print_error("%s: %u of %u\n", what, hits, of);
    assert_true(part >= low - error && part <= high + error);
}

static int run_all(void **state)
{
    static struct trial trial;
    int status = 0;
    for (size_t i = 0; i < trial_kind_count && status == 0; i++)
        status = trial_run(&trial_kinds[i], 100000 * (i + 1), DEPLOYMENTS, &trial);
    *state = &trial;
    return status;
}

static void assert_honest(const struct trial_count *count)
{
    assert_true(count->samples > DEPLOYMENTS * trial_kind_count * 9 / 10);
    assert_between("the interval holds the truth", count->held, count->samples, 0.94, 0.965);
    assert_between("lower bounds above the truth", count->high_bound, count->samples, 0.03, 0.06);
    assert_between("upper bounds below the truth", count->low_bound, count->samples, 0.03, 0.06);
    assert_true(count->decided > count->samples / 10); /* it does not hold by saying nothing */
    assert_true((count->wrong_met + count->wrong_not_met) * 20 <= count->samples);
}

static void the_interval_of_a_share_holds_the_truth_as_often_as_it_says(void **state)
{
    const struct trial *trial = *state;
    assert_honest(&trial->share);
}

static void the_interval_of_a_penetration_holds_the_truth_as_often_as_it_says(void **state)
{
    const struct trial *trial = *state;
    assert_honest(&trial->penetration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interval_of_a_share_holds_the_truth_as_often_as_it_says),
        cmocka_unit_test(the_interval_of_a_penetration_holds_the_truth_as_often_as_it_says),
    };
    return cmocka_run_group_tests(tests, run_all, NULL);
}
