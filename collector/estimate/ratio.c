/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/ratio.h"

#include <errno.h>
#include <math.h>

#define EXACT_BELOW 5 /* hits or misses among the effective units */
#define ALL_STRATA  ((size_t)-1)

/* What one pass over a stratum's clusters gives. d = (hits - ratio * size) / known: by how much a
 * cluster deviates, for each unit that it is known to have. */
struct sums {
    double clusters, hits, size, known, known_squares;
    double d, d_squared;
};

static struct sums sum_stratum(const struct ratio_cluster *clusters, size_t count, size_t stratum,
                               double ratio)
{
    struct sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        const struct ratio_cluster *cluster = &clusters[i];
        if (stratum != ALL_STRATA && cluster->stratum != stratum)
            continue;
        double d = (cluster->hits - ratio * cluster->size) / cluster->known;
        sums.clusters += 1;
        sums.hits += cluster->hits;
        sums.size += cluster->size;
        sums.known += cluster->known;
        sums.known_squares += cluster->known * cluster->known;
        sums.d += d;
        sums.d_squared += d * d;
    }
    return sums;
}

static int check_strata(const struct ratio_cluster *clusters, size_t cluster_count,
                        const struct ratio_stratum *strata, size_t stratum_count)
{
    bool whole = true;
    for (size_t i = 0; i < cluster_count; i++)
        if (clusters[i].stratum >= stratum_count || !(clusters[i].known > 0))
            return -EINVAL;
    for (size_t h = 0; h < stratum_count; h++) {
        double sampled = sum_stratum(clusters, cluster_count, h, 0).clusters;
        if (sampled > strata[h].clusters)
            return -EINVAL;
        if (sampled < strata[h].clusters && sampled < 1)
            return -ENODATA;
        whole = whole && sampled >= strata[h].clusters;
    }
    return whole || cluster_count >= 2 ? 0 : -ENODATA;
}

static bool is_whole(const struct sums *sampled, const struct ratio_stratum *stratum)
{
    return sampled->clusters >= stratum->clusters;
}

/* What a sampled unit stands for. */
static double weight_of(const struct sums *sampled, const struct ratio_stratum *stratum)
{
    return is_whole(sampled, stratum) ? 1 : stratum->known / sampled->known;
}

/* The sample variance of d. */
static double spread_of(const struct sums *sums)
{
    double n = sums->clusters;
    return fmax(0, (sums->d_squared - sums->d * sums->d / n) / (n - 1));
}

/* The variance of a sum over strata, and what Satterthwaite's degrees of freedom need (F. E.
 * Satterthwaite 1946; Cochran 5.4): strata whose variance counts most decide. */
struct variance {
    double sum, squares;
};

/* The hits of the clusters that were not drawn are foretold by the sampled ones' ratio: they
 * deviate themselves, and so does that ratio. With known = 1 it is N^2 (1 - f) / n times the
 * spread.
 */
static void add_stratum(struct variance *variance, const struct ratio_stratum *stratum,
                        const struct sums *sampled, const struct sums *all)
{
    if (is_whole(sampled, stratum))
        return;
    const struct sums *source = sampled->clusters < 2 ? all : sampled;
    double rest = fmax(0, stratum->known - sampled->known);
    double rest_squares = fmax(0, stratum->known_squares - sampled->known_squares);
    double reach = rest / sampled->known;
    double part = spread_of(source) * (rest_squares + reach * reach * sampled->known_squares);
    variance->sum += part;
    variance->squares += part * part / (source->clusters - 1);
}

/* A sample whose clusters all say 0 or all say 1 shows no variance, which proves none: then the
 * clusters themselves are the sample. Otherwise no clustering makes more of the units than a simple
 * random sample of as many would be worth. */
static double effective_size(const struct ratio *ratio, const struct sums *sample,
                             const struct sums *whole)
{
    if (sample->clusters >= whole->clusters)
        return (double)INFINITY;
    if (ratio->value <= 0 || ratio->value >= 1)
        return interval_finite_size(sample->clusters, whole->clusters);
    double most = interval_finite_size(sample->size, whole->size);
    double spread = ratio->value * (1 - ratio->value);
    return ratio->variance > 0 ? fmin(spread / ratio->variance, most) : most;
}

static bool is_proportion(const struct ratio_cluster *clusters, size_t cluster_count)
{
    for (size_t i = 0; i < cluster_count; i++)
        if (clusters[i].hits > clusters[i].size)
            return false;
    return true;
}

/* The whole population as its strata foretell it. */
static struct sums expand(const struct ratio_cluster *clusters, size_t cluster_count,
                          const struct ratio_stratum *strata, size_t stratum_count)
{
    struct sums whole = {0};
    for (size_t h = 0; h < stratum_count; h++) {
        struct sums sampled = sum_stratum(clusters, cluster_count, h, 0);
        if (!(sampled.clusters > 0))
            continue;
        double weight = weight_of(&sampled, &strata[h]);
        whole.clusters += strata[h].clusters;
        whole.hits += weight * sampled.hits;
        whole.size += weight * sampled.size;
    }
    return whole;
}

int ratio_estimate(const struct ratio_cluster *clusters, size_t cluster_count,
                   const struct ratio_stratum *strata, size_t stratum_count,
                   struct ratio *out_ratio)
{
    int status = check_strata(clusters, cluster_count, strata, stratum_count);
    if (status != 0)
        return status;
    struct sums whole = expand(clusters, cluster_count, strata, stratum_count);
    if (!(whole.size > 0))
        return -EDOM;
    struct ratio ratio = {.value = whole.hits / whole.size, .degrees = (double)INFINITY};
    struct variance variance = {0, 0};
    struct sums all = sum_stratum(clusters, cluster_count, ALL_STRATA, ratio.value);
    for (size_t h = 0; h < stratum_count; h++) {
        struct sums sampled = sum_stratum(clusters, cluster_count, h, ratio.value);
        if (sampled.clusters > 0)
            add_stratum(&variance, &strata[h], &sampled, &all);
    }
    ratio.variance = variance.sum / (whole.size * whole.size);
    if (variance.squares > 0)
        ratio.degrees = variance.sum * variance.sum / variance.squares;
    else if (all.clusters < whole.clusters)
        ratio.degrees = all.clusters - 1;
    ratio.effective_size = effective_size(&ratio, &all, &whole);
    ratio.proportion = is_proportion(clusters, cluster_count);
    *out_ratio = ratio;
    return 0;
}

struct interval ratio_interval(const struct ratio *ratio, enum interval_sides sides, bool exact)
{
    double t = interval_student(sides, ratio->degrees);
    double n = ratio->effective_size;
    if (!ratio->proportion) {
        double reach = t * sqrt(ratio->variance);
        return (struct interval){fmax(0, ratio->value - reach), ratio->value + reach};
    }
    double rarer = n * fmin(ratio->value, 1 - ratio->value);
    if (isinf(n) || !(exact || rarer < EXACT_BELOW))
        return interval_wilson(ratio->value, n, t);
    double z = interval_student(sides, (double)INFINITY);
    double shrunk = n * (z / t) * (z / t);
    double alpha = sides == INTERVAL_TWO_SIDED ? 0.05 : 0.10;
    return interval_clopper_pearson(ratio->value * shrunk, shrunk, alpha);
}
