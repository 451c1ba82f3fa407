/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A mergeable histogram of unsigned values on a log scale: below 64 exact, above it 32 buckets an
 * octave, so that a quantile is off by at most 1.6 % (HdrHistogram's layout; integer arithmetic
 * only). Merge is commutative and associative, as counts are. Pure; a plain value that may be
 * copied, zeroed with memset, and embedded.
 */
#ifndef LASTMILE_COMMON_HISTOGRAM_H
#define LASTMILE_COMMON_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 1920 /* covers all of uint64_t */

struct histogram {
    uint64_t count; /* sum of buckets */
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

/* The bucket of a value, and the value that stands for a bucket (its midpoint). */
size_t histogram_bucket(uint64_t value);
uint64_t histogram_bucket_value(size_t bucket);

/* Saturates a bucket at UINT32_MAX rather than wrapping. */
void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_add_bucket(struct histogram *histogram, size_t bucket, uint32_t count);
/* Takes a value out again that was added. */
void histogram_remove(struct histogram *histogram, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The smallest and the largest value of a bucket. */
void histogram_bucket_range(size_t bucket, uint64_t *out_least, uint64_t *out_most);

/* The q-quantile (0 to 1, nearest rank), or -ENODATA with out_value untouched when empty. */
int histogram_quantile(const struct histogram *histogram, double q, uint64_t *out_value);
/* Its bounds: the quantile of the very values lies between them. -ENODATA when empty. */
int histogram_quantile_range(const struct histogram *histogram, double q, uint64_t *out_least,
                             uint64_t *out_most);

#endif
