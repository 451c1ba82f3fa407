/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The special functions that intervals need. They are written out in the four operations, square
 * roots and scalings by powers of two, all of which IEEE 754 rounds in one way only: equal inputs
 * give equal bits on every architecture, which exp and log of a C library do not promise
 * (`lastmile verify` compares bytes). No other file of the room calls a transcendental function.
 * Accurate to about 1e-13; GSL is the oracle of the tests. Pure.
 */
#ifndef LASTMILE_COLLECTOR_ESTIMATE_SPECIAL_H
#define LASTMILE_COLLECTOR_ESTIMATE_SPECIAL_H

/* Natural logarithm of a normal positive number; exponential, 0 below -700. */
double special_log(double x);
double special_exp(double x);

/* The logarithm of the gamma function for x > 0. */
double special_log_gamma(double x);

/* The regularised incomplete beta function I_x(a, b), and its inverse in x. a, b > 0. */
double special_beta(double x, double a, double b);
double special_beta_quantile(double probability, double a, double b);

#endif
