/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/interval.h"

#include <math.h>

#define BETA_STEPS_MAX 300
#define BETA_PRECISION 1e-15
#define BISECTIONS     200
#define TINY           1e-300

static double clamp(double value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

struct interval interval_wilson(double proportion, double n, double z)
{
    if (!(n > 0))
        return (struct interval){0, 1};
    if (isinf(n))
        return (struct interval){proportion, proportion};
    double square = z * z / n;
    double centre = proportion + square / 2;
    double spread = z * sqrt(proportion * (1 - proportion) / n + square / (4 * n));
    double lower = clamp((centre - spread) / (1 + square));
    double upper = clamp((centre + spread) / (1 + square));
    /* rounding must not push a bound past the point at 0 and 1 */
    return (struct interval){fmin(lower, proportion), fmax(upper, proportion)};
}

double interval_finite_size(double n, double population)
{
    return n >= population ? (double)INFINITY : n * (population - 1) / (population - n);
}

/* Lentz's method for the continued fraction of the incomplete beta function (DLMF 8.17.22). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < TINY ? TINY : d);
    double fraction = d;
    for (int m = 1; m <= BETA_STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        const double terms[] = {even, odd};
        double step = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            d = 1 / (fabs(d) < TINY ? TINY : d);
            c = 1 + terms[i] / c;
            c = fabs(c) < TINY ? TINY : c;
            step = c * d;
            fraction *= step;
        }
        if (fabs(step - 1) < BETA_PRECISION)
            break;
    }
    return fraction;
}

/* The regularised incomplete beta function, I_x(a, b). */
static double beta_distribution(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    int sign = 0; /* of the gamma function: positive for positive arguments */
    double logarithm = lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign);
    double front = exp(logarithm + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

static double beta_quantile(double probability, double a, double b)
{
    double lower = 0;
    double upper = 1;
    for (int i = 0; i < BISECTIONS && upper - lower > BETA_PRECISION; i++) {
        double middle = lower + (upper - lower) / 2;
        if (beta_distribution(middle, a, b) < probability)
            lower = middle;
        else
            upper = middle;
    }
    return lower + (upper - lower) / 2;
}

struct interval interval_clopper_pearson(double hits, double n, double alpha)
{
    struct interval interval = {0, 1};
    if (!(n > 0))
        return interval;
    if (hits > 0)
        interval.lower = beta_quantile(alpha / 2, hits, n - hits + 1);
    if (hits < n)
        interval.upper = beta_quantile(1 - alpha / 2, hits + 1, n - hits);
    return interval;
}

struct count_range count_range_add(struct count_range a, struct count_range b)
{
    return (struct count_range){a.low + b.low, a.point + b.point, a.high + b.high};
}

static struct optional_double ratio_of(double part, double whole)
{
    if (!(whole > 0))
        return (struct optional_double){.known = false, .value = 0};
    return optional_double(part / whole);
}

struct optional_double count_split_share(const struct count_split *split)
{
    return ratio_of(split->yes.point, split->yes.point + split->no.point);
}

struct optional_double count_split_share_lower(const struct count_split *split)
{
    return ratio_of(split->yes.low, split->yes.low + split->no.high + split->unknown.high);
}

struct optional_double count_split_share_upper(const struct count_split *split)
{
    double most = split->yes.high + split->unknown.high;
    return ratio_of(most, most + split->no.low);
}

struct optional_double count_split_unclassified(const struct count_split *split)
{
    return ratio_of(split->unknown.point,
                    split->yes.point + split->no.point + split->unknown.point);
}
