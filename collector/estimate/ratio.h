/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stratified combined ratio estimator over sampled clusters, with the finite correction and the
 * linearised variance between clusters (W. G. Cochran, Sampling Techniques, 3rd ed., 6.11;
 * indicators.md 3.6, items 1 to 3). A cluster is an access node, its size the lines on it. Pure.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_RATIO_H
#define LASTMILE_COLLECTOR_ESTIMATE_RATIO_H

#include "collector/estimate/interval.h"

#include <stddef.h>

struct ratio_cluster {
    size_t stratum; /* 0..stratum count - 1 */
    double hits;    /* of its units, those with the property */
    double size;    /* its units */
};

struct ratio {
    double value;          /* hits per unit, estimated for the population */
    double variance;       /* of value; 0 when every cluster was sampled */
    double effective_size; /* the simple random sample of as much weight; may be infinite */
};

/* population[h] is the number of clusters of stratum h, sampled or not. 0; -ENODATA when a stratum
 * has no sampled cluster, or one where it has more; -EDOM when the sampled clusters hold no unit;
 * -EINVAL for a stratum out of range or more sampled than there are. */
int ratio_estimate(const struct ratio_cluster *clusters, size_t cluster_count,
                   const double *population, size_t stratum_count, struct ratio *out_ratio);

#endif
