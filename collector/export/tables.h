/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of an export, a file each, and what several of them share.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_TABLES_H
#define LASTMILE_COLLECTOR_EXPORT_TABLES_H

#include "collector/export/bundle.h"
#include "collector/export/table.h"

#include "common/optional.h"

struct ledger_probe;

/* Every target of the plan. */
extern const struct table targets_table;
/* Everything imported that figures are divided by. */
extern const struct table denominators_table;
/* Lines by area, operator, technology and residence class, with totals; small counts withheld. */
extern const struct table lines_table;
extern const struct table revisions_table;
/* Every figure with its verdict: what `lastmile export --format csv` and /api/v1/figures write. */
extern const struct table verdicts_table;
/* A row a probe, from the completeness ledger: expected is what arrived and what is missing. */
extern const struct table coverage_table;

/* Arrived over expected; unknown where nothing is expected. */
struct optional_double coverage_completeness(const struct ledger_probe *probe);

/* A target's operator as a word, which no spreadsheet takes for a formula: ge, gt, eq. */
extern const struct conf_name target_operator_words[];

#define TABLE_COLUMNS(columns_)                                                                    \
    .columns = (columns_), .column_count = sizeof(columns_) / sizeof(columns_)[0]

#endif
