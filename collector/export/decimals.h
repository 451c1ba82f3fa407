/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many decimals a figure is shown with, wherever a person reads it. Pure.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_DECIMALS_H
#define LASTMILE_COLLECTOR_EXPORT_DECIMALS_H

#include "collector/indicator/figure.h"

#define DECIMALS_MAX 6

/* True when both read the same with so many decimals. */
bool decimals_look_equal(double a, double b, unsigned decimals);

/* How many decimals show a value beside a target: those of its definition, one at least for a
 * share; two when a share is within 0.1 of the target; and more where rounding would make them look
 * equal although they are not. target may be unknown. */
unsigned decimals_beside(const char *unit, uint64_t decimals, double value,
                         struct optional_double target);

/* The same for a figure beside its own target; its value is known. */
unsigned decimals_of_figure(const struct figure *figure);

#endif
