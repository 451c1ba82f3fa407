/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/chronicle/point.h"

#include <stdio.h>
#include <string.h>

static bool same_number(struct optional_double a, struct optional_double b)
{
    return a.known == b.known && (!a.known || memcmp(&a.value, &b.value, sizeof a.value) == 0);
}

/* What is said of it; a row is not added for another digest or time alone. */
static bool says_the_same(const struct history_row *a, const struct history_row *b)
{
    return same_number(a->value, b->value) && same_number(a->lower, b->lower) &&
           same_number(a->upper, b->upper) && a->verdict == b->verdict && a->basis == b->basis &&
           a->grade == b->grade && a->definition_version == b->definition_version &&
           strcmp(a->vintage, b->vintage) == 0;
}

static void say_cause(const struct point_context *context, const struct history_row *last,
                      struct history_row *row)
{
    size_t size = sizeof row->reason;
    if (row->definition_version != last->definition_version)
        (void)snprintf(row->reason, size, "definition: version %llu instead of %llu",
                       (unsigned long long)row->definition_version,
                       (unsigned long long)last->definition_version);
    else if (strcmp(row->vintage, last->vintage) != 0)
        (void)snprintf(row->reason, size, "import: vintage '%.50s' instead of '%.50s'",
                       row->vintage, last->vintage);
    else if (context->causes & CAUSE_IMPORTS)
        (void)snprintf(row->reason, size, "import: a register or figure was revised%s",
                       context->causes & CAUSE_REPORTS ? "; and late reports" : "");
    else if (context->causes & CAUSE_RULES)
        (void)snprintf(row->reason, size, "rules: the settings or the table of indicators changed");
    else if (context->causes & CAUSE_PROGRAM)
        (void)snprintf(row->reason, size, "program: version %.31s instead of %.31s",
                       row->computed_by, last->computed_by);
    else
        (void)snprintf(row->reason, size, "late reports");
}

static void say_reason(const struct point_context *context, const struct history_row *last,
                       struct history_row *row)
{
    size_t size = sizeof row->reason;
    if (last && !says_the_same(last, row))
        say_cause(context, last, row);
    else if (last)
        (void)snprintf(row->reason, size, "final: 60 days have passed");
    else if (row->status == HISTORY_FINAL)
        (void)snprintf(row->reason, size, "first computed more than 60 days after its end");
    else
        (void)snprintf(row->reason, size, "first computed");
}

static struct history_row row_of(const struct point_context *context, const struct figure *figure)
{
    struct history_row row = {
        .span = context->span,
        .day = context->day,
        .value = figure->value,
        .lower = figure->lower,
        .upper = figure->upper,
        .verdict = (int)figure->verdict,
        .basis = (int)figure->basis,
        .grade = figure->grade,
        .definition_version = figure->definition_version,
        .computed_ns = context->now_ns,
    };
    (void)snprintf(row.indicator, sizeof row.indicator, "%s", figure->indicator->id);
    (void)snprintf(row.area, sizeof row.area, "%s", figure->area->key);
    (void)snprintf(row.operator_name, sizeof row.operator_name, "%s",
                   figure->operator_of ? figure->operator_of->key : "");
    (void)snprintf(row.vintage, sizeof row.vintage, "%s", figure->denominator_vintage);
    (void)snprintf(row.computed_by, sizeof row.computed_by, "%s", context->version);
    (void)snprintf(row.digest, sizeof row.digest, "%s", context->digest);
    return row;
}

/* Whether a final row may be revised by this computation. */
static bool may_revise(const struct point_context *context, const struct history_row *last,
                       const struct history_row *row)
{
    if (last->value.known && !row->value.known)
        return false;
    bool imported = row->vintage[0] != '\0' || row->basis == (int)BASIS_DECLARED;
    return !context->closed || imported;
}

bool point_make(const struct point_context *context, const struct figure *figure,
                const struct history_row *last, struct history_row *out_row)
{
    struct history_row row = row_of(context, figure);
    bool provisional = figure_is_provisional(context->day, context->now_ns);
    bool judged = context->span == HISTORY_YEAR && figure->target != NULL;
    if (!last && !row.value.known && !judged)
        return false; /* nothing is known, and nothing was said of it */
    row.status = provisional ? HISTORY_PROVISIONAL : HISTORY_FINAL;
    if (last) {
        bool frozen = last->status != HISTORY_PROVISIONAL;
        bool same = says_the_same(last, &row);
        if (same && (frozen || provisional))
            return false;
        if (frozen && !may_revise(context, last, &row))
            return false;
        row.old_value = last->value;
        row.status = frozen ? HISTORY_REVISED : row.status;
        row.revision = frozen ? last->revision + 1 : 0;
    }
    say_reason(context, last, &row);
    *out_row = row;
    return true;
}
