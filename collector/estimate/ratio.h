/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stratified ratio estimator over sampled clusters, calibrated to what a register knows of all
 * of them, with the finite correction, the variance between clusters, and an interval that holds
 * for few clusters. A cluster is an access node, its size the lines on it. Pure.
 *
 * Without a register every cluster is known as 1: then this is the combined ratio estimator and its
 * linearised variance (W. G. Cochran, Sampling Techniques, 3rd ed., 6.11; indicators.md 3.6, items
 * 1 to 3). With one, a stratum counts by its registered lines (3.3: W_h = N_h / N), and the
 * variance asks how large the nodes are that were not drawn (R. M. Royall, On finite population
 * sampling under certain linear regression models, Biometrika 1970): the deviation of a node from
 * the ratio is taken to grow with its lines, as it does where the lines of a node resemble each
 * other. A few large nodes that were missed then widen the interval, which Cochran's form does not
 * know of.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_RATIO_H
#define LASTMILE_COLLECTOR_ESTIMATE_RATIO_H

#include "collector/estimate/interval.h"

#include <stdbool.h>
#include <stddef.h>

struct ratio_cluster {
    size_t stratum; /* 0..stratum count - 1 */
    double hits;    /* of its units, those with the property */
    double size;    /* its units */
    double known;   /* its size by the register, > 0; 1 throughout a stratum that has no register */
};

/* All clusters of a stratum, sampled or not. */
struct ratio_stratum {
    double clusters;
    double known, known_squares; /* sums of `known` and of its squares */
};

struct ratio {
    double value;          /* hits per unit, estimated for the population */
    double variance;       /* of value; 0 when every cluster was sampled */
    double effective_size; /* the simple random sample of as much weight; may be infinite */
    double degrees;        /* of freedom of the variance; infinite when every cluster was sampled */
    bool proportion;       /* no cluster has more hits than units: the value cannot exceed 1 */
};

/* A stratum of which one cluster of several was sampled borrows the variance of the whole sample.
 * 0; -ENODATA when a stratum has no sampled cluster, or the whole sample is one cluster of several;
 * -EDOM when the sampled clusters hold no unit; -EINVAL for a stratum out of range, more sampled
 * than there are, or a cluster known as nothing. */
int ratio_estimate(const struct ratio_cluster *clusters, size_t cluster_count,
                   const struct ratio_stratum *strata, size_t stratum_count,
                   struct ratio *out_ratio);

/* The interval at 95 % of a ratio: Wilson's on the effective size with Student's quantile, or
 * Clopper and Pearson's on the size that the quantile shrinks (Korn and Graubard 1998) where asked
 * for and where fewer than five of the effective units have, or lack, the property. A ratio that is
 * no proportion has value -+ t times its standard error, and is never cut at 1. */
struct interval ratio_interval(const struct ratio *ratio, enum interval_sides sides, bool exact);

#endif
