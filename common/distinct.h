/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HyperLogLog: how many distinct keyed hashes were added, in fixed memory, mergeable without double
 * counting (Flajolet et al. 2007; bias-free estimator of Ertl 2017). Standard error
 * 1.04/sqrt(2^p): p = 12 -> 1.63 %, p = 14 -> 0.81 %. Written sparse while small; in memory always
 * 2^p bytes, taken once, so that adding never allocates. The hash must be keyed and the same for
 * all that is to be merged; a distinct count is never scaled by a sampling rate. Pure.
 */
#ifndef LASTMILE_COMMON_DISTINCT_H
#define LASTMILE_COMMON_DISTINCT_H

#include <stddef.h>
#include <stdint.h>

#define DISTINCT_PRECISION_MIN 12
#define DISTINCT_PRECISION_MAX 14

struct distinct;

/* NULL when memory is out or the precision is outside 12..14. */
struct distinct *distinct_new(unsigned precision);
void distinct_free(struct distinct *distinct);
void distinct_clear(struct distinct *distinct);

/* hash: 64 uniform bits. */
void distinct_add(struct distinct *distinct, uint64_t hash);
/* Register-wise maximum. A finer sketch is folded, as if all had been added at the coarser
 * precision; 0, or -EINVAL when `from` is the coarser one. */
int distinct_merge(struct distinct *into, const struct distinct *from);
double distinct_estimate(const struct distinct *distinct);
unsigned distinct_precision(const struct distinct *distinct);

/* Bytes: 1 precision, 1 form (0 sparse, 1 dense), then sparse: (uint16 register, uint8 rank)
 * big-endian, ascending; dense: 2^p rank bytes. The shorter of both, so that equal sketches are
 * equal bytes. Returns the length, or -ENOSPC. */
#define DISTINCT_BYTES_MAX (2 + (1 << DISTINCT_PRECISION_MAX))
int distinct_write(const struct distinct *distinct, uint8_t *out, size_t size);
/* NULL for bytes that distinct_write cannot have made. */
struct distinct *distinct_read(const uint8_t *in, size_t length);

#endif
