/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Figures as an aligned table for a terminal: CJK characters take two cells. A declared figure says
 * so in its verdict.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_FIGURE_TABLE_H
#define LASTMILE_COLLECTOR_EXPORT_FIGURE_TABLE_H

#include "collector/indicator/figure.h"

#include <stddef.h>
#include <stdio.h>

/* Terminal cells of UTF-8 text; a byte that is none counts one. */
size_t figure_table_width(const char *text);

void figures_table(FILE *out, const struct figures *figures);

/* The printed rule of the grades A to E. */
void figure_table_grades(FILE *out);
/* And that of when enough has arrived. */
void figure_table_completeness(FILE *out);

#endif
