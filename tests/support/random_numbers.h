/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random numbers from a seed, for simulations: equal seeds give equal numbers.
 */
#ifndef LASTMILE_TESTS_SUPPORT_RANDOM_NUMBERS_H
#define LASTMILE_TESTS_SUPPORT_RANDOM_NUMBERS_H

#include <stdint.h>

/* splitmix64 (S. Vigna); any state is good. */
uint64_t random_bits(uint64_t *state);
double random_uniform(uint64_t *state, double from, double to);
/* Mean 0, standard deviation 1. */
double random_normal(uint64_t *state);
double random_gamma(uint64_t *state, double shape);
/* In 0..1 with this mean; likeness is the intra-class correlation of what has such a share. */
double random_beta(uint64_t *state, double mean, double likeness);

#endif
