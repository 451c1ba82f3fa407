/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/random_numbers.h"

#include <math.h>

uint64_t random_bits(uint64_t *state) /* splitmix64 (S. Vigna) */
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double random_uniform(uint64_t *state, double from, double to)
{
    return from + (to - from) * ((double)(random_bits(state) >> 11) + 0.5) * 0x1p-53;
}

double random_normal(uint64_t *state) /* Box and Muller */
{
    double radius = sqrt(-2 * log(random_uniform(state, 0, 1)));
    return radius * cos(6.283185307179586 * random_uniform(state, 0, 1));
}

double random_gamma(uint64_t *state, double shape) /* Marsaglia and Tsang 2000 */
{
    if (shape < 1)
        return random_gamma(state, shape + 1) * pow(random_uniform(state, 0, 1), 1 / shape);
    double d = shape - 1.0 / 3;
    for (;;) {
        double x = random_normal(state);
        double v = pow(1 + x / sqrt(9 * d), 3);
        if (v > 0 && log(random_uniform(state, 0, 1)) < x * x / 2 + d - d * v + d * log(v))
            return d * v;
    }
}

double random_beta(uint64_t *state, double mean, double likeness)
{
    double weight = (1 - likeness) / likeness;
    double have = random_gamma(state, mean * weight);
    double lack = random_gamma(state, (1 - mean) * weight);
    return have + lack > 0 ? have / (have + lack) : mean;
}
