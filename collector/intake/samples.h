/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a stored report says to the series: one value per series and interval. The ids come from the
 * registry, which opened them when the report was committed.
 */
#ifndef LASTMILE_COLLECTOR_INTAKE_SAMPLES_H
#define LASTMILE_COLLECTOR_INTAKE_SAMPLES_H

#include "collector/registry/journal.h"
#include "collector/series/series.h"

struct samples {
    struct series_sample *list; /* owned */
    size_t count, capacity;
};

/* Appends what the report says. An interval longer than a series' step fills several of its steps.
 * 0, -ENOMEM or -EIO. */
int samples_add_report(struct samples *samples, struct registry *registry,
                       const struct journal_row *row, const struct report *report);
/* By series, then by time: what series_put wants. */
void samples_sort(struct samples *samples);
void samples_fini(struct samples *samples);

#endif
