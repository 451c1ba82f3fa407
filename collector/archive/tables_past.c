/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Figures of the past, which the pace of a figure is judged from, and those that were revised.
 */
#include "collector/archive/column.h"

#include "common/array.h"

#include <errno.h>
#include <string.h>

#define PAST(member) COLUMN_AT(struct past_figure, member)

static const struct archive_column columns[] = {
    {"indicator", COLUMN_TEXT, PAST(indicator)},
    {"instant", COLUMN_DAY, PAST(point.day)},
    {"value", COLUMN_DOUBLE, PAST(point.value)},
    {"lower", COLUMN_OPTIONAL_DOUBLE, PAST(point.lower)},
    {"upper", COLUMN_OPTIONAL_DOUBLE, PAST(point.upper)},
    {"provisional", COLUMN_BOOL, PAST(point.provisional)},
    {"definition_version", COLUMN_U64, PAST(point.definition_version)},
};

static int each(const struct archive *archive, archive_row_fn take, void *ctx)
{
    const struct inputs *inputs = archive->inputs;
    int status = 0;
    for (size_t i = 0; i < inputs->past_count && status == 0; i++)
        status = take(ctx, &inputs->past[i]);
    return status;
}

static int add(struct archive *archive, const void *row)
{
    struct inputs *inputs = archive->inputs;
    struct past_figure *grown = array_grow(inputs->past, inputs->past_count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    inputs->past = grown;
    memcpy(&grown[inputs->past_count++], row, sizeof *grown);
    return 0;
}

static void sort(struct archive *archive)
{
    inputs_sort_past(archive->inputs);
}

const struct archive_table archive_past = {
    "past.csv", COLUMNS_OF(columns), sizeof(struct past_figure), each, add, sort,
};

#define REVISION(member) COLUMN_AT(struct archive_revision, member)

static const struct archive_column revision_columns[] = {
    {"indicator", COLUMN_TEXT, REVISION(indicator)},
    {"area", COLUMN_TEXT, REVISION(area)},
    {"operator", COLUMN_TEXT, REVISION(operator_name)},
    {"period", COLUMN_TEXT, REVISION(period)},
    {"value", COLUMN_OPTIONAL_DOUBLE, REVISION(value)},
    {"old_value", COLUMN_OPTIONAL_DOUBLE, REVISION(old_value)},
    {"reason", COLUMN_TEXT, REVISION(reason)},
    {"vintage", COLUMN_TEXT, REVISION(vintage)},
    {"computed_by", COLUMN_TEXT, REVISION(computed_by)},
    {"revised_ns", COLUMN_U64, REVISION(revised_ns)},
};

static int each_revision(const struct archive *archive, archive_row_fn take, void *ctx)
{
    int status = 0;
    for (size_t i = 0; i < archive->revision_count && status == 0; i++)
        status = take(ctx, &archive->revisions[i]);
    return status;
}

static int add_revision(struct archive *archive, const void *row)
{
    struct archive_revision *revision = archive_add_revision(archive);
    if (!revision)
        return -ENOMEM;
    memcpy(revision, row, sizeof *revision);
    return 0;
}

const struct archive_table archive_revisions = {
    "revisions.csv",
    COLUMNS_OF(revision_columns),
    sizeof(struct archive_revision),
    each_revision,
    add_revision,
    NULL,
};
