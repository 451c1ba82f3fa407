/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A figure in one line of words, with the numbers that its verdict rests on (indicators.md 3.8):
 * value and interval, what was tested, target, verdict, and how it was come by. Shown with the
 * indicator's decimals, one at least; the verdict is that of the unrounded value.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_FIGURE_LINE_H
#define LASTMILE_COLLECTOR_EXPORT_FIGURE_LINE_H

#include "collector/indicator/figure.h"

#include <stdio.h>

/* One line with its end. Faults stay in the stream. */
void figure_line(FILE *out, const struct figure *figure, bool chinese);

#endif
