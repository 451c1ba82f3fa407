/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/publication.h"
#include "collector/export/tables.h"

#include "collector/plan/plan.h"

static const void *of_indicator(const void *row)
{
    return ((const struct target_row *)row)->indicator;
}

static const void *of_definition(const void *row)
{
    return &((const struct target_row *)row)->indicator->definitions[0];
}

static const void *of_target(const void *row)
{
    return ((const struct target_row *)row)->target;
}

static void read_date(const struct column *column, const struct export_source *source,
                      const void *row, struct cell *out_cell)
{
    if (((const struct plan_target *)row)->status != TARGET_UNDATED)
        cell_read_day(column, source, row, out_cell);
}

/* A task without a number has its words with the indicator. */
static void read_clause(const struct column *column, const struct export_source *source,
                        const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    const struct target_row *of = row;
    out_cell->text = of->target ? of->target->clause : of->indicator->clause;
    out_cell->known = out_cell->text[0] != '\0';
}

#define MEMBER(type, read, owner, struct_, member, names)                                          \
    type, read, owner, offsetof(struct struct_, member), names, NULL
#define INDICATOR(member)                                                                          \
    MEMBER(CELL_TEXT, cell_read_text, of_indicator, plan_indicator, member, NULL)
#define TARGET(type, read, member, names) MEMBER(type, read, of_target, plan_target, member, names)

static const struct column columns[] = {
    {"indicator", INDICATOR(id), COLUMN_REQUIRED, "Indicator", "指标代码",
     "Stable id of the indicator.", "指标的固定代码。"},
    {"label_zh", INDICATOR(label_zh), COLUMN_REQUIRED, "Name (Chinese)", "指标名称",
     "The indicator in Chinese.", "指标的中文名称。"},
    {"label_en", INDICATOR(label_en), COLUMN_REQUIRED, "Name (English)", "指标英文名称",
     "The indicator in English.", "指标的英文名称。"},
    {"unit", MEMBER(CELL_TEXT, cell_read_text, of_definition, plan_definition, unit, NULL),
     COLUMN_REQUIRED, "Unit", "单位", "Of the target.", "目标值的单位。"},
    {"unit_zh", MEMBER(CELL_TEXT, cell_read_text, of_definition, plan_definition, unit_zh, NULL),
     COLUMN_REQUIRED, "Unit (Chinese)", "中文单位", "The unit in Chinese.", "单位的中文表述。"},
    {"target_date", TARGET(CELL_DATE, read_date, day, NULL), 0, "Target date", "目标日期",
     "The day by whose end it must hold; empty: the plan names none.",
     "目标应于该日日终前达到；空白表示规划未注明。"},
    {"target_operator", TARGET(CELL_TEXT, cell_read_name, operator_, target_operator_words), 0,
     "Comparison", "比较", "ge: at least, gt: more than, eq: exactly.",
     "ge 为达到或以上，gt 为超过，eq 为等于。"},
    {"target_value", TARGET(CELL_NUMBER, cell_read_optional, value, NULL), COLUMN_ROW_UNIT,
     "Target", "目标值", "Empty: the plan sets no number for this date; it is not 0.",
     "空白表示规划未设该期数值，并非0。"},
    {"target_status", TARGET(CELL_TEXT, cell_read_name, status, target_status_names), 0, "Status",
     "目标状态", "Whether the plan states it; empty: a task without a number.",
     "规划是否明文设定；空白表示只有任务、没有数值。"},
    {"evidence",
     MEMBER(CELL_TEXT, cell_read_name, of_indicator, plan_indicator, evidence_class,
            evidence_class_names),
     COLUMN_REQUIRED, "Evidence class", "证据类别", "How figures of it come about.",
     "该指标数值的来由。"},
    {"responsible_zh", INDICATOR(responsible_zh), 0, "Responsible (Chinese)", "责任单位",
     "Who answers for it, in Chinese.", "负责该目标的单位。"},
    {"responsible_en", INDICATOR(responsible_en), 0, "Responsible (English)", "责任单位（英文）",
     "Who answers for it, in English.", "责任单位的英文表述。"},
    {"responsible_inferred",
     MEMBER(CELL_BOOLEAN, cell_read_bool, of_indicator, plan_indicator, responsible_inferred, NULL),
     COLUMN_REQUIRED, "Responsible: inferred", "责任单位系推定",
     "true: our mapping, not the plan's words.", "true 表示系本系统对应，非规划原文。"},
    {"clause", CELL_TEXT, read_clause, NULL, 0, NULL, NULL, 0, "Clause", "规划原文",
     "The plan's own section and words.", "规划中的章节与原文。"},
};

static size_t count(const struct export_source *source)
{
    return source->publication->target_count;
}

static const void *row(const struct export_source *source, size_t i)
{
    return &source->publication->targets[i];
}

static const char *const key[] = {"indicator", "target_date", NULL};

const struct table targets_table = {
    .name = "targets",
    .title_en = "Targets: what the plan demands",
    .title_zh = "目标：规划的要求",
    .help_en = "Every target of the plan, in its order, those without a number too.",
    .help_zh = "规划的全部目标，按原文次序，含未设数值者。",
    TABLE_COLUMNS(columns),
    .key = key,
    .count = count,
    .row = row,
};
