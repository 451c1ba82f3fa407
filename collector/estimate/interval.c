/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/interval.h"

#include "collector/estimate/special.h"

#include <math.h>

#define STUDENT_FAR 400.0 /* from here on the expansion is exact to 1e-10 */

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

/* The expansion of Student's quantile in 1/degrees (Abramowitz and Stegun 26.7.5). */
static double student_far(double z, double degrees)
{
    double square = z * z;
    double term1 = z * (square + 1) / 4;
    double term2 = z * ((5 * square + 16) * square + 3) / 96;
    double term3 = z * (((3 * square + 19) * square + 17) * square - 15) / 384;
    return z + ((term3 / degrees + term2) / degrees + term1) / degrees;
}

double interval_student(enum interval_sides sides, double degrees)
{
    double z = sides == INTERVAL_TWO_SIDED ? INTERVAL_Z_TWO_SIDED : INTERVAL_Z_ONE_SIDED;
    double within = sides == INTERVAL_TWO_SIDED ? 0.95 : 0.90; /* between -t and t */
    if (degrees > STUDENT_FAR)
        return isinf(degrees) ? z : student_far(z, degrees);
    double x = special_beta_quantile(within, 0.5, degrees / 2);
    return sqrt(degrees * x / (1 - x));
}

struct interval interval_clopper_pearson(double hits, double n, double alpha)
{
    struct interval interval = {0, 1};
    if (!(n > 0))
        return interval;
    if (hits > 0)
        interval.lower = special_beta_quantile(alpha / 2, hits, n - hits + 1);
    if (hits < n)
        interval.upper = special_beta_quantile(1 - alpha / 2, hits + 1, n - hits);
    return interval;
}

struct interval interval_distinct(double estimate, unsigned precision)
{
    double error = INTERVAL_Z_TWO_SIDED * 1.04 / sqrt((double)(UINT64_C(1) << precision));
    return (struct interval){estimate / (1 + error), estimate / (1 - error)};
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
