/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/tables.h"

#include "collector/export/figure_json.h"
#include "collector/export/publication.h"
#include "collector/indicator/figure.h"

#include "common/clock.h"

#include <assert.h>

const struct conf_name target_operator_words[] = {
    {"ge", TARGET_GE},
    {"gt", TARGET_GT},
    {"eq", TARGET_EQ},
    {NULL, 0},
};

static const struct conf_name grade_names[] = {
    {"A", 'A'}, {"B", 'B'}, {"C", 'C'}, {"D", 'D'}, {"E", 'E'}, {NULL, 0},
};

static const void *of_indicator(const void *row)
{
    return ((const struct figure *)row)->indicator;
}

static const void *of_definition(const void *row)
{
    return ((const struct figure *)row)->definition;
}

static const void *of_declared_definition(const void *row)
{
    return ((const struct figure *)row)->declared_definition;
}

static const void *of_area(const void *row)
{
    return ((const struct figure *)row)->area;
}

static const void *of_operator(const void *row)
{
    return ((const struct figure *)row)->operator_of;
}

static const void *of_target(const void *row)
{
    return ((const struct figure *)row)->target;
}

static void read_instant(const struct column *column, const struct export_source *source,
                         const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    static_assert(FIGURE_INSTANT_BYTES <= CELL_ROOM_BYTES, "an instant fits");
    figure_instant_text(((const struct figure *)row)->instant_day, out_cell->room);
    out_cell->text = out_cell->room;
    out_cell->known = true;
}

static void read_target_date(const struct column *column, const struct export_source *source,
                             const void *row, struct cell *out_cell)
{
    if (((const struct plan_target *)row)->status != TARGET_UNDATED)
        cell_read_day(column, source, row, out_cell);
}

/* An area has no target that could be due. */
static void read_due(const struct column *column, const struct export_source *source,
                     const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    const struct figure *figure = row;
    out_cell->known = figure->target != NULL;
    out_cell->truth = figure->due;
}

static void read_grade(const struct column *column, const struct export_source *source,
                       const void *row, struct cell *out_cell)
{
    (void)source;
    char grade = ((const struct figure *)row)->grade;
    out_cell->known = grade != '-';
    out_cell->text = conf_id_name(column->names, grade);
}

/* Whoever opens the file sees in every row whether it may be passed on. */
static const struct conf_name use_names[] = {{"public", 0}, {"internal", 1}, {NULL, 0}};

static void read_use(const struct column *column, const struct export_source *source,
                     const void *row, struct cell *out_cell)
{
    (void)column;
    (void)row;
    out_cell->known = true;
    out_cell->text = export_use(source);
}

#define MEMBER(type, read, owner, struct_, member, names, unit)                                    \
    type, read, owner, offsetof(struct struct_, member), names, unit
#define INDICATOR(member)                                                                          \
    MEMBER(CELL_TEXT, cell_read_text, of_indicator, plan_indicator, member, NULL, NULL)
#define DEFINITION(member)                                                                         \
    MEMBER(CELL_TEXT, cell_read_text, of_definition, plan_definition, member, NULL, NULL)
#define AREA(member) MEMBER(CELL_TEXT, cell_read_text, of_area, plan_area, member, NULL, NULL)
#define OPERATOR(member)                                                                           \
    MEMBER(CELL_TEXT, cell_read_text, of_operator, plan_operator, member, NULL, NULL)
#define TARGET(type, read, member, names)                                                          \
    MEMBER(type, read, of_target, plan_target, member, names, NULL)
#define TEXT(member)        MEMBER(CELL_TEXT, cell_read_text, NULL, figure, member, NULL, NULL)
#define SENTENCE(member)    MEMBER(CELL_TEXT, cell_read_sentence, NULL, figure, member, NULL, NULL)
#define NAME(member, names) MEMBER(CELL_TEXT, cell_read_name, NULL, figure, member, names, NULL)
#define BOOL(member)        MEMBER(CELL_BOOLEAN, cell_read_bool, NULL, figure, member, NULL, NULL)
#define NUMBER(member, unit)                                                                       \
    MEMBER(CELL_NUMBER, cell_read_optional, NULL, figure, member, NULL, unit)
#define MADE(type, read, names) type, read, NULL, 0, names, NULL

static const struct column columns[] = {
    {"indicator", INDICATOR(id), COLUMN_REQUIRED, "Indicator", "指标代码",
     "Stable id of the indicator.", "指标的固定代码。"},
    {"label_zh", INDICATOR(label_zh), COLUMN_REQUIRED, "Name (Chinese)", "指标名称",
     "The indicator in Chinese.", "指标的中文名称。"},
    {"label_en", INDICATOR(label_en), COLUMN_REQUIRED, "Name (English)", "指标英文名称",
     "The indicator in English.", "指标的英文名称。"},
    {"unit", DEFINITION(unit), COLUMN_REQUIRED, "Unit", "单位",
     "Of value, of its bounds, of the target and of the declared value.",
     "数值、上下限、目标值与申报值的单位。"},
    {"area", AREA(key), COLUMN_REQUIRED, "Area", "区域代码",
     "Key of the area; the city's own key is the whole city.", "区域代码；市代码表示全市。"},
    {"area_label_zh", AREA(label_zh), COLUMN_REQUIRED, "Area (Chinese)", "区域",
     "The area in Chinese.", "区域的中文名称。"},
    {"operator", OPERATOR(key), 0, "Operator", "运营商代码",
     "Key of the operator; empty: all operators.", "运营商代码；空白表示全部运营商。"},
    {"operator_label_zh", OPERATOR(label_zh), 0, "Operator (Chinese)", "运营商",
     "The operator in Chinese.", "运营商的中文名称。"},
    {"instant", MADE(CELL_INSTANT, read_instant, NULL), COLUMN_REQUIRED, "As at", "截至时刻",
     "The end of a civil day of the city, written as its hour 24.", "以当日24时表示的日终时刻。"},
    {"provisional", BOOL(provisional), COLUMN_REQUIRED, "Provisional", "暂定",
     "true: late reports may still change it.", "true 表示尚可因迟到数据而修订。"},
    {"target_date", TARGET(CELL_DATE, read_target_date, day, NULL), 0, "Target date", "目标日期",
     "The day by whose end the target must hold.", "目标应于该日日终前达到。"},
    {"target_operator", TARGET(CELL_TEXT, cell_read_name, operator_, target_operator_words), 0,
     "Comparison", "比较", "How the value must stand to the target.", "数值与目标值应有的关系。"},
    {"target_value", TARGET(CELL_NUMBER, cell_read_optional, value, NULL), COLUMN_ROW_UNIT,
     "Target", "目标值", "Empty: the plan sets no number.", "空白表示规划未设数值。"},
    {"target_status", TARGET(CELL_TEXT, cell_read_name, status, target_status_names), 0,
     "Status of the target", "目标状态", "Whether the plan states it.", "规划是否明文设定。"},
    {"due", MEMBER(CELL_BOOLEAN, read_due, NULL, figure, due, NULL, NULL), 0, "Due", "已到期",
     "true: the target's date has come; empty: no target.",
     "true 表示已到目标日期；无目标时为空。"},
    {"evidence", NAME(evidence_class, evidence_class_names), COLUMN_REQUIRED, "Evidence class",
     "证据类别", "How such a figure comes about.", "该类数值的来由。"},
    {"basis", NAME(basis, basis_names), COLUMN_REQUIRED, "Basis", "依据",
     "What the counts stand on.", "计数所依据的数据范围。"},
    {"value", NUMBER(value, NULL), COLUMN_ROW_UNIT, "Value", "数值",
     "Unrounded; above 100 % it is not cut.", "未经修约；超过100%不截断。"},
    {"lower", NUMBER(lower, NULL), COLUMN_ROW_UNIT, "Lower bound", "下限",
     "Of the 95 % interval of a sample, or of the bounds of a census.",
     "抽样为95%区间下限，普查为下界。"},
    {"upper", NUMBER(upper, NULL), COLUMN_ROW_UNIT, "Upper bound", "上限",
     "Of the 95 % interval of a sample, or of the bounds of a census.",
     "抽样为95%区间上限，普查为上界。"},
    {"lower_one_sided", NUMBER(lower_one_sided, NULL), COLUMN_ROW_UNIT, "Lower bound tested",
     "判定用下限", "The one-sided 95 % bound that the verdict tested.", "判定所用的单侧95%下限。"},
    {"upper_one_sided", NUMBER(upper_one_sided, NULL), COLUMN_ROW_UNIT, "Upper bound tested",
     "判定用上限", "The one-sided 95 % bound that the verdict tested.", "判定所用的单侧95%上限。"},
    {"numerator", NUMBER(numerator, NULL), 0, "Numerator", "分子",
     "What was counted, see numerator_name.", "计数结果，含义见分子名称。"},
    {"denominator", NUMBER(denominator, NULL), 0, "Denominator", "分母",
     "What it is divided by, see denominator_name.", "除数，含义见分母名称。"},
    {"numerator_name", TEXT(numerator_name), 0, "What the numerator counts", "分子名称",
     "Named alternative of the definition.", "定义中所选用的分子。"},
    {"denominator_name", TEXT(denominator_name), 0, "What the denominator counts", "分母名称",
     "Named alternative of the definition.", "定义中所选用的分母。"},
    {"denominator_date", TEXT(denominator_date), 0, "Date of the denominator", "分母日期",
     "The day that an imported denominator describes.", "所引用分母的统计日期。"},
    {"denominator_vintage", TEXT(denominator_vintage), 0, "Vintage of the denominator", "分母版本",
     "Which edition of it was taken.", "所引用分母的发布版本。"},
    {"coverage", NUMBER(coverage, NULL), COLUMN_SHARE, "Coverage", "覆盖率",
     "Of the registered lines, those on nodes that reported.", "登记线路中所在节点已上报的比例。"},
    {"completeness", NUMBER(completeness, NULL), COLUMN_SHARE, "Completeness", "数据完整率",
     "Intervals arrived over intervals expected.", "实到与应到测量时段之比。"},
    {"unclassified", NUMBER(unclassified, NULL), COLUMN_SHARE, "Unclassified", "未能归类",
     "Share of the lines whose kind is not known.", "无法判明类别的线路比例。"},
    {"effective_sample_size", NUMBER(effective_sample_size, NULL), 0, "Effective sample size",
     "有效样本量", "Lines of a simple random sample that would be as sure.",
     "与同等精度的简单随机样本相当的线路数。"},
    {"declared_value", NUMBER(declared_value, NULL), COLUMN_ROW_UNIT, "Declared value", "申报值",
     "What the operators or the statistics say themselves.", "运营商或统计部门自行申报的数值。"},
    {"flagged", BOOL(flagged), COLUMN_REQUIRED, "Flagged", "附注",
     "true: something was counted by a weaker rule; source says which.",
     "true 表示部分计数采用较弱的规则，见来源。"},
    {"grade", MADE(CELL_TEXT, read_grade, grade_names), 0, "Grade", "质量等级",
     "A to E by the printed rule; empty: declared, or without a value.",
     "按公布规则评为A至E；申报值或无数值时为空。"},
    {"verdict", NAME(verdict, verdict_names), COLUMN_REQUIRED, "Verdict", "结论代码",
     "Tested on the unrounded value.", "以未修约数值判定。"},
    {"verdict_zh", NAME(verdict, verdict_names_zh), COLUMN_REQUIRED, "Verdict (Chinese)", "结论",
     "The verdict in Chinese.", "结论的中文表述。"},
    {"reason_zh", SENTENCE(reason_zh), 0, "Reason (Chinese)", "理由",
     "Why the verdict is what it is, in Chinese.", "得出该结论的理由。"},
    {"reason_en", SENTENCE(reason_en), 0, "Reason (English)", "理由（英文）",
     "Why the verdict is what it is, in English.", "理由的英文表述。"},
    {"source", TEXT(source), 0, "Source", "来源",
     "The document of a declared figure, else what was counted.",
     "申报值为其文件，其他为计数对象。"},
    {"definition_version",
     MEMBER(CELL_COUNT, cell_read_unsigned, NULL, figure, definition_version, NULL, NULL),
     COLUMN_REQUIRED, "Definition version", "定义版本", "It changes whenever the definition does.",
     "定义变更时递增。"},
    {"definition", DEFINITION(name), COLUMN_REQUIRED, "Definition", "口径代码",
     "Name of the definition by which it was counted.", "计数所用口径的代码。"},
    {"definition_label_zh", DEFINITION(label_zh), COLUMN_REQUIRED, "Definition (Chinese)", "口径",
     "The definition in Chinese.", "口径的中文表述。"},
    {"alternative", BOOL(alternative), COLUMN_REQUIRED, "Alternative", "其他口径",
     "true: not by the indicator's default definition, and never judged.",
     "true 表示并非默认口径，不作判定。"},
    {"estimate", NUMBER(estimate, NULL), COLUMN_ROW_UNIT, "Estimate for the whole", "总体推算值",
     "From a part that is neither a census nor a random sample, by the register; never judged.",
     "部分测量既非普查也非随机抽样时，按登记数据推算；不作判定。"},
    {"estimate_lower", NUMBER(estimate_lower, NULL), COLUMN_ROW_UNIT, "Estimate, lower end",
     "总体推算下限", "95 %, of how the nodes differ; it does not cover who chose them.",
     "95%，仅反映节点间差异，不含选择偏差。"},
    {"estimate_upper", NUMBER(estimate_upper, NULL), COLUMN_ROW_UNIT, "Estimate, upper end",
     "总体推算上限", "95 %, of how the nodes differ; it does not cover who chose them.",
     "95%，仅反映节点间差异，不含选择偏差。"},
    {"month_complete", NUMBER(month_complete, NULL), COLUMN_SHARE, "Complete months",
     "当月数据完整的探针", "Share of the probes whose month counts for a stock.",
     "当月数据可用于存量统计的探针比例。"},
    {"capture_loss", NUMBER(capture_loss, NULL), COLUMN_SHARE, "Capture loss", "采集丢包率",
     "Share of the packets that captures lost.", "采集过程丢失的数据包比例。"},
    {"pace", NAME(pace, pace_names), COLUMN_REQUIRED, "Pace", "进度代码",
     "Whether the forecast for the target's date reaches the target.",
     "对目标日期的预测能否达到目标。"},
    {"pace_zh", NAME(pace, pace_names_zh), COLUMN_REQUIRED, "Pace (Chinese)", "进度",
     "The pace in Chinese.", "进度的中文表述。"},
    {"pace_reason_zh", SENTENCE(pace_reason_zh), 0, "Reason of the pace (Chinese)", "进度理由",
     "Why the pace is what it is, in Chinese.", "得出该进度结论的理由。"},
    {"pace_reason_en", SENTENCE(pace_reason_en), 0, "Reason of the pace (English)",
     "进度理由（英文）", "Why the pace is what it is, in English.", "进度理由的英文表述。"},
    {"needed_per_year", NUMBER(needed_per_year, NULL), COLUMN_ROW_UNIT, "Needed a year", "年需增量",
     "From now to the target's date, in the indicator's unit.",
     "自当前至目标日期每年所需的增量，单位同指标。"},
    {"achieved_per_year", NUMBER(achieved_per_year, NULL), COLUMN_ROW_UNIT, "Achieved a year",
     "年实增量", "The median slope of the last twelve months, for a year.",
     "近十二个月的中位斜率，折算为年。"},
    {"linear_path", NUMBER(linear_path, NULL), COLUMN_ROW_UNIT, "Linear path (ours)",
     "线性路径（本系统内插）",
     "Where a straight way from the first month to the target would be; the plan sets no such "
     "value.",
     "自首月至目标的直线在本期的位置；规划并未设此数值。"},
    {"forecast", NUMBER(forecast, NULL), COLUMN_ROW_UNIT, "Forecast", "预测值",
     "For the target's date; not cut at 100 %.", "对目标日期的预测；不在100%截断。"},
    {"forecast_lower", NUMBER(forecast_lower, NULL), COLUMN_ROW_UNIT, "Forecast, lower end",
     "预测区间下限", "Of the 80 % interval, from the errors of earlier forecasts.",
     "80%区间下限，由历史预测误差得出。"},
    {"forecast_upper", NUMBER(forecast_upper, NULL), COLUMN_ROW_UNIT, "Forecast, upper end",
     "预测区间上限", "Of the 80 % interval, from the errors of earlier forecasts.",
     "80%区间上限，由历史预测误差得出。"},
    {"declared_source", TEXT(declared_source), 0, "Source of the declared value", "申报来源",
     "Its document, and the day that it describes.", "申报值的文件及其统计日期。"},
    {"gap", NUMBER(gap, NULL), COLUMN_ROW_UNIT, "Gap", "差值", "Declared value less ours.",
     "申报值减本系统数值。"},
    {"declared_gap", NAME(declared_gap, declared_gap_names), COLUMN_REQUIRED, "Gap explained",
     "差异说明",
     "within-interval: it lies in our interval; definition: in that of the named definition; none: "
     "there are not two figures to compare.",
     "within-interval 表示在本系统区间内；definition 表示符合所列口径；none 表示无可比数值。"},
    {"declared_definition",
     MEMBER(CELL_TEXT, cell_read_text, of_declared_definition, plan_definition, name, NULL, NULL),
     0, "Definition that explains it", "相符口径", "The declared value agrees with this one.",
     "申报值与该口径相符。"},
    {"remark_zh", TEXT(remark_zh), 0, "Remark (Chinese)", "备注", "Of the operator on this figure.",
     "运营商对该数值的说明。"},
    {"remark_en", TEXT(remark_en), 0, "Remark (English)", "备注（英文）",
     "Of the operator on this figure.", "运营商对该数值的说明（英文）。"},
    {"withheld", BOOL(withheld), COLUMN_REQUIRED, "Withheld", "不予公布",
     "true: too few are counted, so the numbers were taken out.",
     "true 表示计数过少，数值不予公布。"},
    {"use", MADE(CELL_TEXT, read_use, use_names), COLUMN_REQUIRED, "Use", "用途",
     "internal: small counts of areas and operators are in it, not to be passed on.",
     "internal 表示含分区、分运营商的过少计数，不得对外提供。"},
};

static size_t count(const struct export_source *source)
{
    return (source->publication ? &source->publication->figures : source->figures)->count;
}

static const void *row(const struct export_source *source, size_t i)
{
    const struct figures *figures =
        source->publication ? &source->publication->figures : source->figures;
    return &figures->figures[i];
}

static const char *const key[] = {"indicator", "definition",  "area",
                                  "operator",  "target_date", NULL};

const struct table verdicts_table = {
    .name = "verdicts",
    .title_en = "Verdicts: every figure, with what it stands on",
    .title_zh = "结论：各项指标数值及其依据",
    .help_en = "The city first, then its areas, then its operators. Targets are city-wide: areas "
               "and operators have none of their own.",
    .help_zh = "先全市，后各区，再各运营商。目标为全市目标，分区与分运营商无单独目标。",
    TABLE_COLUMNS(columns),
    .key = key,
    .count = count,
    .row = row,
};
