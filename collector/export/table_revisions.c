/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/publication.h"
#include "collector/export/tables.h"

#define MEMBER(type, read, member)                                                                 \
    type, read, NULL, offsetof(struct export_revision, member), NULL, NULL
#define TEXT(member) MEMBER(CELL_TEXT, cell_read_sentence, member)

static void read_value(const struct column *column, const struct export_source *source,
                       const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    const struct export_revision *revision = row;
    out_cell->known = revision->value_known;
    out_cell->number = revision->value;
}

static void read_old_value(const struct column *column, const struct export_source *source,
                           const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    const struct export_revision *revision = row;
    out_cell->known = revision->old_value_known;
    out_cell->number = revision->old_value;
}

static const struct column columns[] = {
    {"indicator", TEXT(indicator), COLUMN_REQUIRED, "Indicator", "指标代码",
     "Stable id of the indicator.", "指标的固定代码。"},
    {"area", TEXT(area), COLUMN_REQUIRED, "Area", "区域代码", "Key of the area.", "区域代码。"},
    {"operator", TEXT(operator_name), 0, "Operator", "运营商代码",
     "Key of the operator; empty: all operators.", "运营商代码；空白表示全部运营商。"},
    {"period", TEXT(period), COLUMN_REQUIRED, "Period", "统计期",
     "The year or the month whose figure was changed.", "被修订数值所属的年或月。"},
    {"value", CELL_NUMBER, read_value, NULL, 0, NULL, NULL, 0, "New value", "新值",
     "In the indicator's unit; empty: none.", "以该指标的单位计；空白表示无数值。"},
    {"old_value", CELL_NUMBER, read_old_value, NULL, 0, NULL, NULL, 0, "Old value", "旧值",
     "In the indicator's unit; empty: none.", "以该指标的单位计；空白表示无数值。"},
    {"reason", TEXT(reason), COLUMN_REQUIRED, "Reason", "原因", "Why it was changed.",
     "修订的原因。"},
    {"vintage", TEXT(vintage), 0, "Vintage", "来源版本", "Of the source that changed it.",
     "引起修订的来源的版本。"},
    {"computed_by", TEXT(computed_by), 0, "Method version", "方法版本",
     "Version of the program that computed the new value.", "计算新值的程序版本。"},
    {"revised", MEMBER(CELL_INSTANT, cell_read_time, revised_ns), COLUMN_REQUIRED, "Revised at",
     "修订时刻", "When it was changed.", "作出修订的时刻。"},
};

static size_t count(const struct export_source *source)
{
    return source->publication->revision_count;
}

static const void *row(const struct export_source *source, size_t i)
{
    return &source->publication->revisions[i];
}

const struct table revisions_table = {
    .name = "revisions",
    .title_en = "Revisions: figures that were changed after they had been frozen",
    .title_zh = "修订：定稿后发生变更的数值",
    .help_en = "Nothing is overwritten: the old value stands beside the new one.",
    .help_zh = "修订不覆盖旧值，新旧并列。",
    TABLE_COLUMNS(columns),
    .count = count,
    .row = row,
};
