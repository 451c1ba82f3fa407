/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `lastmile-collector plan`: what so many probes will need, before the first is installed. The
 * files of series are foretold to the byte (they are reserved whole); the registry within a third,
 * by what a report of that shape is when it is encoded, and by what SQLite was measured to add.
 */
#ifndef LASTMILE_COLLECTOR_FORECAST_H
#define LASTMILE_COLLECTOR_FORECAST_H

#include <stdint.h>
#include <stdio.h>

struct collector_settings;

struct forecast_question {
    uint64_t probes;
    uint64_t interfaces; /* polled, a probe */
    uint64_t nodes;      /* access nodes with one technology, a probe */
    uint64_t lines;      /* active a probe, per interval */
    uint64_t interval_s;
};

struct forecast {
    uint64_t series, series_bytes;
    uint64_t report_bytes; /* one, as it is sent */
    double reports_per_s, points_per_s;
    uint64_t journal_bytes;  /* when journal_days have passed */
    uint64_t slot_bytes;     /* 5-minute sums of interfaces, after 800 days */
    uint64_t registry_bytes; /* journal included; after journal_days */
    uint64_t memory_bytes;   /* all processes */
    uint64_t cache_bytes;    /* of the kernel's, so that no update has to read first */
    uint64_t written_bytes_per_day;
};

/* 0, or -ENOMEM, or -EMSGSIZE: a report of that shape is larger than any may be. */
int forecast_make(const struct collector_settings *settings,
                  const struct forecast_question *question, struct forecast *out_forecast);
void forecast_print(FILE *out, const struct forecast *forecast);

#endif
