/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/publication.h"
#include "collector/export/tables.h"

static const void *of_area(const void *row)
{
    return ((const struct line_row *)row)->area;
}

static const void *of_operator(const void *row)
{
    return ((const struct line_row *)row)->operator_of;
}

static void read_lines(const struct column *column, const struct export_source *source,
                       const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    const struct line_row *of = row;
    out_cell->known = !of->withheld;
    out_cell->count = of->lines;
}

#define MEMBER(type, read, member) type, read, NULL, offsetof(struct line_row, member), NULL, NULL
#define WORD(member)               MEMBER(CELL_TEXT, cell_read_sentence, member)

static const struct column columns[] = {
    {"area", WORD(area_key), COLUMN_REQUIRED, "Area", "区域代码",
     "Key of the area; the city's own key is the whole city; unknown: none of the plan's.",
     "区域代码；市代码表示全市；unknown 表示不属于规划所列区域。"},
    {"area_label_zh", CELL_TEXT, cell_read_text, of_area, offsetof(struct plan_area, label_zh),
     NULL, NULL, 0, "Area (Chinese)", "区域", "The area in Chinese.", "区域的中文名称。"},
    {"operator", WORD(operator_key), COLUMN_REQUIRED, "Operator", "运营商代码",
     "Key of the operator; all: their sum.", "运营商代码；all 表示合计。"},
    {"operator_label_zh", CELL_TEXT, cell_read_text, of_operator,
     offsetof(struct plan_operator, label_zh), NULL, NULL, 0, "Operator (Chinese)", "运营商",
     "The operator in Chinese.", "运营商的中文名称。"},
    {"technology", WORD(technology), COLUMN_REQUIRED, "Technology", "接入技术",
     "Access technology; ftth: gpon, xgspon and epon to one subscriber; other: all else that is "
     "known; all: their sum. Do not add up rows of different levels.",
     "接入技术；ftth 为光纤到户合计，other 为其他已知技术合计，all 为总计；不同层级不可相加。"},
    {"residence", WORD(residence), COLUMN_REQUIRED, "Residence class", "用户类别",
     "residential, business, unknown; all: their sum.",
     "residential 住宅，business 企业，unknown 未注明，all 合计。"},
    {"lines", CELL_COUNT, read_lines, NULL, 0, NULL, "lines", 0, "Lines", "线路数",
     "Active lines, best estimate; empty: withheld. A kind that does not occur has no row.",
     "活跃线路数（最佳估计）；空白表示不予公布；不存在的类别无此行。"},
    {"withheld", MEMBER(CELL_BOOLEAN, cell_read_bool, withheld), COLUMN_REQUIRED, "Withheld",
     "不予公布", "true: too few, or it would give away where there are too few.",
     "true 表示计数过少，或公布后可推知他处的过少计数。"},
};

static size_t count(const struct export_source *source)
{
    return source->publication->line_count;
}

static const void *row(const struct export_source *source, size_t i)
{
    return &source->publication->lines[i];
}

static const char *const key[] = {"area", "operator", "technology", "residence", NULL};

const struct table lines_table = {
    .name = "lines",
    .title_en = "Lines: area x operator x technology x residence class, with totals",
    .title_zh = "线路：区域×运营商×技术×用户类别，含合计",
    .help_en = "Counts only. Totals carry the word all; small counts are withheld, with as many "
               "others as it takes that nobody can work them out.",
    .help_zh = "仅有计数。合计行标为 all；过少的计数及可据以推算的其他计数不予公布。",
    TABLE_COLUMNS(columns),
    .key = key,
    .count = count,
    .row = row,
};
