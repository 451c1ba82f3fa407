/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/ratio.h"

#include <errno.h>
#include <math.h>

/* What one pass over a stratum's clusters gives. e = hits - ratio * size. */
struct stratum_sums {
    double clusters, hits, size, e, e_squared;
};

static struct stratum_sums sum_stratum(const struct ratio_cluster *clusters, size_t count,
                                       size_t stratum, double ratio)
{
    struct stratum_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        if (clusters[i].stratum != stratum)
            continue;
        double e = clusters[i].hits - ratio * clusters[i].size;
        sums.clusters += 1;
        sums.hits += clusters[i].hits;
        sums.size += clusters[i].size;
        sums.e += e;
        sums.e_squared += e * e;
    }
    return sums;
}

static int check_strata(const struct ratio_cluster *clusters, size_t cluster_count,
                        const double *population, size_t stratum_count)
{
    for (size_t i = 0; i < cluster_count; i++)
        if (clusters[i].stratum >= stratum_count)
            return -EINVAL;
    for (size_t h = 0; h < stratum_count; h++) {
        double sampled = sum_stratum(clusters, cluster_count, h, 0).clusters;
        if (sampled > population[h])
            return -EINVAL;
        if (sampled < population[h] && sampled < 2)
            return -ENODATA;
    }
    return 0;
}

/* A sample whose clusters all say 0 or all say 1 shows no variance, which proves none: then the
 * clusters themselves are the sample. Otherwise no clustering makes more of the units than a simple
 * random sample of as many would be worth. */
static double effective_size(double ratio, double variance, const struct stratum_sums *sample,
                             const struct stratum_sums *whole)
{
    if (sample->clusters >= whole->clusters)
        return (double)INFINITY;
    if (ratio <= 0 || ratio >= 1)
        return interval_finite_size(sample->clusters, whole->clusters);
    double most = interval_finite_size(sample->size, whole->size);
    return variance > 0 ? fmin(ratio * (1 - ratio) / variance, most) : most;
}

int ratio_estimate(const struct ratio_cluster *clusters, size_t cluster_count,
                   const double *population, size_t stratum_count, struct ratio *out_ratio)
{
    int status = check_strata(clusters, cluster_count, population, stratum_count);
    if (status != 0)
        return status;
    struct stratum_sums sample = {0};
    struct stratum_sums whole = {0};
    for (size_t h = 0; h < stratum_count; h++) {
        struct stratum_sums sums = sum_stratum(clusters, cluster_count, h, 0);
        if (!(sums.clusters > 0))
            continue;
        double weight = population[h] / sums.clusters;
        sample.clusters += sums.clusters;
        sample.size += sums.size;
        whole.clusters += population[h];
        whole.hits += weight * sums.hits;
        whole.size += weight * sums.size;
    }
    if (!(whole.size > 0))
        return -EDOM;
    double ratio = whole.hits / whole.size;
    double variance = 0;
    for (size_t h = 0; h < stratum_count; h++) {
        struct stratum_sums sums = sum_stratum(clusters, cluster_count, h, ratio);
        double n = sums.clusters;
        if (n < 2)
            continue; /* sampled whole: no variance */
        double spread = fmax(0, (sums.e_squared - sums.e * sums.e / n) / (n - 1));
        variance += population[h] * population[h] * (1 - n / population[h]) / n * spread;
    }
    variance /= whole.size * whole.size;
    *out_ratio = (struct ratio){ratio, variance, effective_size(ratio, variance, &sample, &whole)};
    return 0;
}
