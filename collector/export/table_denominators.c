/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/tables.h"

#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"

static void read_area_label(const struct column *column, const struct export_source *source,
                            const void *row, struct cell *out_cell)
{
    (void)column;
    const struct denominator *denominator = row;
    const struct plan_area *area = plan_find_area(source->plan, denominator->area);
    out_cell->known = area != NULL;
    out_cell->text = area ? area->label_zh : NULL;
}

#define MEMBER(type, read, member)                                                                 \
    type, read, NULL, offsetof(struct denominator, member), NULL, NULL
#define TEXT(member) MEMBER(CELL_TEXT, cell_read_text, member)
#define DAY(member)  MEMBER(CELL_DATE, cell_read_day, member)

static const struct column columns[] = {
    {"area", TEXT(area), COLUMN_REQUIRED, "Area", "区域代码", "Key of the area.", "区域代码。"},
    {"area_label_zh", CELL_TEXT, read_area_label, NULL, 0, NULL, NULL, 0, "Area (Chinese)", "区域",
     "The area in Chinese.", "区域的中文名称。"},
    {"class", TEXT(class_name), COLUMN_REQUIRED, "Class", "城乡", "all, urban or rural.",
     "all 全部，urban 城镇，rural 乡村。"},
    {"variable", TEXT(variable), COLUMN_REQUIRED, "Variable", "变量", "What is counted.",
     "所统计的变量。"},
    {"value", MEMBER(CELL_NUMBER, cell_read_double, value), COLUMN_REQUIRED, "Value", "数值",
     "The number as imported.", "导入的数值。"},
    {"unit", TEXT(unit), COLUMN_REQUIRED, "Unit", "单位", "Of the value.", "数值的单位。"},
    {"reference_date", DAY(reference_day), COLUMN_REQUIRED, "Reference date", "统计时点",
     "The day that the number describes.", "数值所描述的日期。"},
    {"published_date", DAY(published_day), COLUMN_REQUIRED, "Publication date", "发布日期",
     "The day it was published.", "数值发布的日期。"},
    {"source", TEXT(source), COLUMN_REQUIRED, "Source", "来源", "The document it stands in.",
     "数值所在的文件。"},
    {"vintage", TEXT(vintage), COLUMN_REQUIRED, "Vintage", "版本",
     "Which edition: a revision is a new vintage and overwrites nothing.",
     "发布版本；修订为新版本，不覆盖旧值。"},
    {"status", TEXT(status), COLUMN_REQUIRED, "Status", "状态", "final, preliminary or estimate.",
     "final 最终，preliminary 初步，estimate 估计。"},
};

static size_t count(const struct export_source *source)
{
    return source->inputs->imported.denominator_count;
}

static const void *row(const struct export_source *source, size_t i)
{
    return &source->inputs->imported.denominators[i];
}

const struct table denominators_table = {
    .name = "denominators",
    .title_en = "Denominators: what figures are divided by",
    .title_zh = "分母：各项指标所除的数",
    .help_en = "Everything that was imported, all vintages; a figure names the one that it took.",
    .help_zh = "已导入的全部数据及其各版本；各指标注明所用版本。",
    TABLE_COLUMNS(columns),
    .count = count,
    .row = row,
};
