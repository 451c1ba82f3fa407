/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every figure was said to be, and when: a point for each month at its end, a yearly figure
 * frozen 60 days after the year, and after that revisions with their reason. Nothing is ever
 * silently redefined: the rows are only added (registry/history.h).
 *
 * A month is computed when it has ended, once more after 7 days and after 60, and in between as
 * late data come, at most every 6 hours. Until 60 days after its end a figure is provisional, then
 * it is final; what changes it then is a revision: late reports, a revised denominator or register,
 * another definition, other rules, another version of the program. The years since the last data of
 * a kind are kept (760 days) only what is imported can still revise, since measured details have
 * been thinned out by then; a figure that is final is never revised to unknown.
 *
 * Time is an argument. One thread; the registry handle is the chronicle's own, and writes.
 */
#ifndef LASTMILE_COLLECTOR_CHRONICLE_CHRONICLE_H
#define LASTMILE_COLLECTOR_CHRONICLE_CHRONICLE_H

#include "collector/plan/plan.h"
#include "collector/registry/history.h"
#include "collector/settings.h"

#include <stddef.h>
#include <stdint.h>

struct registry;

#define CHRONICLE_MONTHS_MAX    240 /* looked back */
#define CHRONICLE_EARLY_DAYS    7   /* after which a month is computed once more */
#define CHRONICLE_FINAL_DAYS    60
#define CHRONICLE_KEPT_DAYS     760
#define CHRONICLE_AGAIN_AFTER_S 21600

struct chronicle_options {
    const struct plan *plan;
    struct registry *registry;
    const struct rule_settings *rules;
    const char *version; /* of the program: rows say by which they were computed */
};

struct chronicle_result {
    size_t computed; /* months */
    size_t added;    /* rows */
    size_t pending;  /* months that are due and were left for the next call */
};

/* Looks at what has come, and computes up to months_max of the months that are due, the oldest
 * first. Each month is one transaction; what a call leaves undone, for whatever reason, the next
 * one does. 0 or a negated errno. */
int chronicle_run(const struct chronicle_options *options, size_t months_max, uint64_t now_ns,
                  struct chronicle_result *out_result);

/* What there is, for a status page. */
struct chronicle_year {
    int year;
    enum history_status status; /* FINAL: no figure of it was revised */
    uint64_t frozen_ns;         /* when its figures became final; 0: they are provisional */
    size_t figures, revised;    /* figures of the whole city; those revised after freezing */
    uint64_t revision;          /* the highest */
};
struct chronicle_summary {
    int64_t first_month, last_month; /* their last days; meaningless without months */
    size_t months;
    struct chronicle_year *years; /* ascending; chronicle_summary_clear frees them */
    size_t year_count;
};
int chronicle_summarise(struct registry *registry, const char *city, uint64_t as_known_ns,
                        struct chronicle_summary *out_summary);
void chronicle_summary_clear(struct chronicle_summary *summary);

#endif
