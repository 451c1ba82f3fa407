/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Intervals for a proportion (indicators.md 3.6, items 3 and 4), and the bounds of a share whose
 * counts are themselves only known within bounds. Proportions are 0..1. Pure; any thread.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_INTERVAL_H
#define LASTMILE_COLLECTOR_ESTIMATE_INTERVAL_H

#include "common/optional.h"

/* Quantiles of the normal distribution: 95 % two-sided and one-sided. */
#define INTERVAL_Z_TWO_SIDED 1.959963984540054
#define INTERVAL_Z_ONE_SIDED 1.6448536269514722

struct interval {
    double lower, upper;
};

/* All intervals are at 95 %: between both bounds, or beyond the one that a verdict tests. */
enum interval_sides { INTERVAL_TWO_SIDED, INTERVAL_ONE_SIDED };

/* Student's t quantile for that; degrees > 0, need not be whole; infinite gives the normal one. */
double interval_student(enum interval_sides sides, double degrees);

/* Wilson's score interval (E. B. Wilson 1927) of a proportion seen on n units; n may be an
 * effective size, so it need not be whole. n <= 0 gives 0..1, an infinite n zero width. */
struct interval interval_wilson(double proportion, double n, double z);

/* The size that a simple random sample of n from a population counts for: n (N-1) / (N-n), infinite
 * when all were seen. */
double interval_finite_size(double n, double population);

/* Clopper and Pearson's exact interval (1934) of hits among n, at a two-sided level alpha. n = 0
 * gives 0..1. */
struct interval interval_clopper_pearson(double hits, double n, double alpha);

/* The 95 % interval of a count that a HyperLogLog of 2^precision registers estimates, merged or
 * not: its relative standard error is 1.04 / sqrt(2^precision) (Flajolet et al. 2007). */
struct interval interval_distinct(double estimate, unsigned precision);

/* How many of something there are: at least, best estimate, at most. 0 <= low <= point <= high. */
struct count_range {
    double low, point, high;
};

struct count_range count_range_add(struct count_range a, struct count_range b);

/* Units that have a property, that lack it, and of which nobody knows. */
struct count_split {
    struct count_range yes, no, unknown;
};

/* The share among the classified; between it the bounds that hold whatever the unknown are: all of
 * them lacking, all of them having. Unknown where there is nothing to divide by. */
struct optional_double count_split_share(const struct count_split *split);
struct optional_double count_split_share_lower(const struct count_split *split);
struct optional_double count_split_share_upper(const struct count_split *split);
/* The unknown's part of all, by best estimate. */
struct optional_double count_split_unclassified(const struct count_split *split);

#endif
