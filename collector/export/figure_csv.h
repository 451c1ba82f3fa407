/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Figures as CSV (indicators.md 3.9): one header row, columns in a stable order and with stable
 * English names, Chinese labels beside the English ids, an empty cell for what is unknown.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_FIGURE_CSV_H
#define LASTMILE_COLLECTOR_EXPORT_FIGURE_CSV_H

#include "collector/export/csv_writer.h"
#include "collector/indicator/figure.h"

void figure_csv_header(struct csv_writer *writer);
void figure_csv_row(struct csv_writer *writer, const struct figure *figure);

/* Header and a row for each figure. */
void figures_csv(struct csv_writer *writer, const struct figures *figures);

#endif
