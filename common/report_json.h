/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A report as JSON for people and scripts: `lastmile decode` and the probe's dry run. Names are
 * those of the structs of report.h; unknown is null. One way only: nothing reads this JSON back.
 */
#ifndef LASTMILE_COMMON_REPORT_JSON_H
#define LASTMILE_COMMON_REPORT_JSON_H

#include "common/json_writer.h"
#include "common/report.h"

/* Puts the report's members into the object that is open. Histograms show count, p50, p95 and their
 * buckets as [value, count]; sketches their estimate; pseudonyms and boot ids in hexadecimal. */
void report_put_json(const struct report *report, struct json_writer *writer);

#endif
