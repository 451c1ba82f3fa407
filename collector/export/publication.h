/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What of a source may be shown: the table of lines with its small cells taken out, the figures
 * that it bears out, and the rows of the other tables. The city's own figures over all operators
 * are always shown; what they alone give away is counted and said (disclosure.exposed).
 */
#ifndef LASTMILE_COLLECTOR_EXPORT_PUBLICATION_H
#define LASTMILE_COLLECTOR_EXPORT_PUBLICATION_H

#include "collector/export/disclosure.h"
#include "collector/indicator/figure.h"

struct export_revision;
struct export_source;

/* One count of lines; NULL labels where it is a total, or of what the plan does not know. */
struct line_row {
    const struct plan_area *area; /* the city itself: the whole city */
    const struct plan_operator *operator_of;
    const char *area_key, *operator_key, *technology, *residence; /* "all", "unknown", or a name */
    uint64_t lines;
    bool withheld;
};

/* A target with what it is of; target NULL: a task without a number. */
struct target_row {
    const struct plan_indicator *indicator;
    const struct plan_target *target;
};

struct publication {
    struct figures figures; /* copies; a figure that may not be shown is withheld */
    size_t withheld;        /* how many of them */
    struct line_row *lines;
    size_t line_count;
    struct target_row *targets;
    size_t target_count;
    struct export_revision *revisions; /* those of figures that are shown */
    size_t revision_count, revisions_withheld;
    struct disclosure_summary disclosure; /* of the table of lines */
};

/* 0 or -ENOMEM. source->full shows everything. Borrows from the source; the caller frees. */
int publication_new(const struct export_source *source, struct publication **out_publication);
void publication_free(struct publication *publication);

/* What a withheld figure says instead of a reason. */
extern const char publication_withheld_en[], publication_withheld_zh[];

#endif
