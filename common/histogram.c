/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/histogram.h"

#include <errno.h>

#define EXACT_BELOW  64 /* 2^6 */
#define OCTAVE_BITS  5  /* 32 buckets an octave */
#define FIRST_OCTAVE 6
#define PER_OCTAVE   (1u << OCTAVE_BITS)

_Static_assert(EXACT_BELOW + (64 - FIRST_OCTAVE) * (1 << OCTAVE_BITS) == HISTOGRAM_BUCKETS,
               "the buckets cover uint64_t");

size_t histogram_bucket(uint64_t value)
{
    if (value < EXACT_BELOW)
        return (size_t)value;
    unsigned octave = 63u - (unsigned)__builtin_clzll(value);
    size_t within = (size_t)(value >> (octave - OCTAVE_BITS)) - PER_OCTAVE;
    return EXACT_BELOW + (octave - FIRST_OCTAVE) * PER_OCTAVE + within;
}

void histogram_bucket_range(size_t bucket, uint64_t *out_least, uint64_t *out_most)
{
    *out_least = *out_most = bucket;
    if (bucket < EXACT_BELOW)
        return;
    size_t octave = FIRST_OCTAVE + (bucket - EXACT_BELOW) / PER_OCTAVE;
    uint64_t leading = PER_OCTAVE + (bucket - EXACT_BELOW) % PER_OCTAVE;
    uint64_t width = UINT64_C(1) << (octave - OCTAVE_BITS);
    *out_least = leading * width;
    *out_most = leading * width + (width - 1);
}

uint64_t histogram_bucket_value(size_t bucket)
{
    uint64_t least = 0;
    uint64_t most = 0;
    histogram_bucket_range(bucket, &least, &most);
    return bucket < EXACT_BELOW ? least : least + (most - least + 1) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram_add_bucket(histogram, histogram_bucket(value), 1);
}

void histogram_add_bucket(struct histogram *histogram, size_t bucket, uint32_t count)
{
    uint32_t room = UINT32_MAX - histogram->buckets[bucket];
    uint32_t added = count < room ? count : room;
    histogram->buckets[bucket] += added;
    histogram->count += added;
}

void histogram_remove(struct histogram *histogram, uint64_t value)
{
    uint32_t *bucket = &histogram->buckets[histogram_bucket(value)];
    histogram->count -= *bucket > 0;
    *bucket -= *bucket > 0;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    for (size_t b = 0; b < HISTOGRAM_BUCKETS; b++)
        if (from->buckets[b] > 0)
            histogram_add_bucket(into, b, from->buckets[b]);
}

/* Nearest rank: the smallest rank that is not below q * count, at least 1. */
static uint64_t rank_of(uint64_t count, double q)
{
    double exact = q * (double)count;
    if (!(exact > 1))
        return 1;
    if (exact >= (double)count)
        return count;
    uint64_t rank = (uint64_t)exact;
    return (double)rank < exact ? rank + 1 : rank;
}

/* -ENODATA when empty. */
static int bucket_of_quantile(const struct histogram *histogram, double q, size_t *out_bucket)
{
    if (histogram->count == 0)
        return -ENODATA;
    uint64_t rank = rank_of(histogram->count, q);
    uint64_t seen = 0;
    for (size_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
        seen += histogram->buckets[b];
        if (seen >= rank) {
            *out_bucket = b;
            return 0;
        }
    }
    return -ENODATA;
}

int histogram_quantile(const struct histogram *histogram, double q, uint64_t *out_value)
{
    size_t bucket = 0;
    int status = bucket_of_quantile(histogram, q, &bucket);
    if (status == 0)
        *out_value = histogram_bucket_value(bucket);
    return status;
}

int histogram_quantile_range(const struct histogram *histogram, double q, uint64_t *out_least,
                             uint64_t *out_most)
{
    size_t bucket = 0;
    int status = bucket_of_quantile(histogram, q, &bucket);
    if (status == 0)
        histogram_bucket_range(bucket, out_least, out_most);
    return status;
}
