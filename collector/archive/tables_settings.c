/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * settings.csv: one row, by which the figures were asked for and judged.
 */
#include "collector/archive/column.h"

#include <errno.h>
#include <string.h>

struct settings_row {
    uint64_t format;
    uint64_t year;
    char made_by[ARCHIVE_NAME_BYTES];
    bool byte_order_mark, full;
    uint64_t computed_ns;
    struct evidence_query window;
    struct rule_settings rules;
    uint64_t ledger_from_ns, ledger_to_ns;
};

#define ROW(member) COLUMN_AT(struct settings_row, member)

static const struct archive_column columns[] = {
    {"format", COLUMN_U64, ROW(format)},
    {"year", COLUMN_U64, ROW(year)},
    {"made_by", COLUMN_TEXT, ROW(made_by)},
    {"byte_order_mark", COLUMN_BOOL, ROW(byte_order_mark)},
    {"full", COLUMN_BOOL, ROW(full)},
    {"instant", COLUMN_DAY, ROW(window.last_day)},
    {"computed_ns", COLUMN_U64, ROW(computed_ns)},
    {"as_known_ns", COLUMN_U64, ROW(window.as_known_ns)},
    {"activity_days", COLUMN_U64, ROW(window.activity_days)},
    {"presence_days", COLUMN_U64, ROW(window.presence_days)},
    {"census_coverage", COLUMN_DOUBLE, ROW(rules.census_coverage)},
    {"sample_coverage", COLUMN_DOUBLE, ROW(rules.sample_coverage)},
    {"completeness_gate", COLUMN_DOUBLE, ROW(rules.completeness_gate)},
    {"capability_share", COLUMN_DOUBLE, ROW(rules.capability_share)},
    {"probability_sample", COLUMN_BOOL, ROW(rules.probability_sample)},
    {"exact_interval", COLUMN_BOOL, ROW(rules.exact_interval)},
    {"publish_lines_min", COLUMN_U64, ROW(rules.publish_lines_min)},
    {"publish_access_points_min", COLUMN_U64, ROW(rules.publish_access_points_min)},
    {"publish_clients_min", COLUMN_U64, ROW(rules.publish_clients_min)},
    {"publish_nodes_min", COLUMN_U64, ROW(rules.publish_nodes_min)},
    {"publish_dominance_max", COLUMN_DOUBLE, ROW(rules.publish_dominance_max)},
    {"operators_withholding", COLUMN_TEXT, ROW(rules.operators_withholding)},
    {"ledger_from_ns", COLUMN_U64, ROW(ledger_from_ns)},
    {"ledger_to_ns", COLUMN_U64, ROW(ledger_to_ns)},
};

static int each(const struct archive *archive, archive_row_fn take, void *ctx)
{
    if (archive->year == 0)
        return 0; /* being read, before its row */
    struct settings_row row = {
        .format = ARCHIVE_FORMAT,
        .year = archive->year,
        .byte_order_mark = archive->byte_order_mark,
        .full = archive->full,
        .computed_ns = archive->inputs->computed_ns,
        .window = archive->inputs->window,
        .rules = archive->rules,
        .ledger_from_ns = archive->ledger->from_ns,
        .ledger_to_ns = archive->ledger->to_ns,
    };
    memcpy(row.made_by, archive->made_by, sizeof row.made_by);
    return take(ctx, &row);
}

static int add(struct archive *archive, const void *row)
{
    const struct settings_row *settings = row;
    if (archive->year != 0)
        return -EEXIST;
    if (settings->format != ARCHIVE_FORMAT || settings->year == 0)
        return -ENOENT;
    archive->year = settings->year;
    memcpy(archive->made_by, settings->made_by, sizeof archive->made_by);
    archive->byte_order_mark = settings->byte_order_mark;
    archive->full = settings->full;
    archive->rules = settings->rules;
    archive->rules.activity_days = settings->window.activity_days;
    archive->rules.presence_days = settings->window.presence_days;
    archive->inputs->computed_ns = settings->computed_ns;
    archive->inputs->window = settings->window;
    archive->ledger->from_ns = settings->ledger_from_ns;
    archive->ledger->to_ns = settings->ledger_to_ns;
    return 0;
}

const struct archive_table archive_settings = {
    "settings.csv", COLUMNS_OF(columns), sizeof(struct settings_row), each, add, NULL,
};
