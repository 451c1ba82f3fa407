/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bundle as one XLSX file for people: a cover, verdicts, targets, denominators, lines, coverage
 * and the method, in Chinese sheets first and then in English ones. The columns are those of the
 * tables; a sheet leaves the other language's columns out. Only this file knows libxlsxwriter.
 * Equal sources give equal bytes: the time inside is the source's.
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_WORKBOOK_H
#define LASTMILE_COLLECTOR_EXPORT_WORKBOOK_H

#include <stdio.h>

struct export_source;

/* By way of a temporary file. 0, -ENOMEM or a negated errno; the source has its publication. */
int workbook_write(FILE *out, const struct export_source *source);

#endif
