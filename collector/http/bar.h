/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bar of one indicator as inline SVG: value, interval whisker, an upright mark per target.
 * Places are percentages, so that it fits any width and its letters keep their size. No style
 * attribute: colours come from the style sheet by class (Content-Security-Policy).
 */
#ifndef LASTMILE_COLLECTOR_HTTP_BAR_H
#define LASTMILE_COLLECTOR_HTTP_BAR_H

#include "collector/http/text.h"

#include "common/optional.h"

#include <stddef.h>

#define BAR_MARKS_MAX 8

struct bar {
    struct optional_double value, lower, upper;
    struct {
        double value;
        char label[32]; /* "2017 ≥ 60" */
    } marks[BAR_MARKS_MAX];
    size_t mark_count;
    double full;       /* the value at the right end; > 0 */
    const char *title; /* all of it in words */
};

/* A round number not below anything shown: 100 for shares within 100. */
double bar_full_scale(const struct bar *bar, double least);

void bar_write(struct text *out, const struct bar *bar);

#endif
