/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * coverage.csv: a row a probe, from the completeness ledger. The columns add up: expected is what
 * arrived and what is missing.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_COVERAGE_CSV_H
#define LASTMILE_COLLECTOR_EXPORT_COVERAGE_CSV_H

#include "collector/export/csv_writer.h"

struct ledger;
struct ledger_probe;

/* Arrived over expected; unknown where nothing is expected. */
struct optional_double coverage_completeness(const struct ledger_probe *probe);

/* With its header row. New columns go to the end. */
void coverage_csv(struct csv_writer *writer, const struct ledger *ledger);

#endif
