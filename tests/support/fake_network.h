/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What stands behind the fake site's figures: nodes, controllers, interfaces, trends, and series
 * with a year of points. Every name may be a hostile one. Functions of site_source.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FAKE_NETWORK_H
#define LASTMILE_TESTS_SUPPORT_FAKE_NETWORK_H

#include "collector/http/site.h"

#define FAKE_NAMES_HOSTILE 500

/* The number-th of FAKE_NAMES_HOSTILE names that mean harm: markup, script, formulas, bidirectional
 * controls, 32 raw bytes, template syntax. */
void fake_hostile_name(size_t number, char out[static REPORT_NAME_BYTES]);

int fake_evidence(void *ctx, int64_t last_day, uint64_t now_ns, struct evidence **out_evidence);
int fake_trends(void *ctx, uint64_t now_ns, struct trends **out_trends);
int fake_series(void *ctx, struct series_list *out_list);
int fake_points(void *ctx, const struct series_fetch_query *query,
                struct series_points **out_points);

#endif
