/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/verdict.h"

const struct conf_name verdict_names[] = {
    {"NOT_SET", VERDICT_NOT_SET},
    {"MET", VERDICT_MET},
    {"NOT_MET", VERDICT_NOT_MET},
    {"INSUFFICIENT_EVIDENCE", VERDICT_INSUFFICIENT_EVIDENCE},
    {NULL, 0},
};

const struct conf_name verdict_names_en[] = {
    {"no target set", VERDICT_NOT_SET},
    {"met", VERDICT_MET},
    {"not met", VERDICT_NOT_MET},
    {"insufficient evidence", VERDICT_INSUFFICIENT_EVIDENCE},
    {NULL, 0},
};

const struct conf_name verdict_names_zh[] = {
    {"未设目标", VERDICT_NOT_SET},
    {"达到", VERDICT_MET},
    {"未达到", VERDICT_NOT_MET},
    {"证据不足", VERDICT_INSUFFICIENT_EVIDENCE},
    {NULL, 0},
};

const struct conf_name basis_names[] = {
    {"none", BASIS_NONE},
    {"census", BASIS_CENSUS},
    {"probability-sample", BASIS_PROBABILITY_SAMPLE},
    {"convenience", BASIS_CONVENIENCE},
    {"declared", BASIS_DECLARED},
    {NULL, 0},
};

const struct conf_name basis_names_zh[] = {
    {"无", BASIS_NONE},
    {"普查", BASIS_CENSUS},
    {"概率抽样", BASIS_PROBABILITY_SAMPLE},
    {"非概率部署", BASIS_CONVENIENCE},
    {"申报", BASIS_DECLARED},
    {NULL, 0},
};

static const struct {
    const char *en, *zh;
} reasons[REASONS] = {
    [REASON_NO_TARGET] = {"The plan's target is city-wide; this part has none of its own.",
                          "分区情况，无单独目标。"},
    [REASON_TASK] = {"The plan sets a task here, but no number.", "规划只提出任务，未设数值目标。"},
    [REASON_NOT_STATED] = {"The plan sets no value for this date.", "规划未设该年目标。"},
    [REASON_UNDATED] = {"The plan gives no year, so nothing can be due.",
                        "规划未注明年份，不作判定。"},
    [REASON_DECLARED_REACHES] = {"The declared figure reaches the target.", "申报数值达到目标。"},
    [REASON_DECLARED_MISSES] = {"The declared figure misses the target.", "申报数值未达到目标。"},
    [REASON_NOTHING_DECLARED] = {"No figure has been declared for this year.",
                                 "本年度尚无申报数值。"},
    [REASON_NOTHING_SEEN] = {"No report holds anything to count here.", "尚无可供统计的测量数据。"},
    [REASON_NO_DENOMINATOR] = {"The denominator has not been imported.", "尚未导入分母数据。"},
    [REASON_NO_SCHEDULE] = {"No probe has reported in the window.", "统计期内没有探针上报。"},
    [REASON_INCOMPLETE] = {"Too many of the expected intervals are missing.",
                           "应到的测量时段缺失过多。"},
    [REASON_LOWER_REACHES] = {"Even the lower bound reaches the target.", "下限已达到目标。"},
    [REASON_UPPER_MISSES] = {"Even the upper bound misses the target.", "上限仍未达到目标。"},
    [REASON_BOUNDS_STRADDLE] = {"The target lies between the lower and the upper bound.",
                                "目标值介于上下限之间。"},
    [REASON_NO_UPPER_BOUND] = {"What was not seen could still reach the target.",
                               "未观测部分仍可能使目标达到。"},
    [REASON_CONVENIENT_ABOVE] = {"Consistent with the target, but what was measured is neither a "
                                 "census nor a random sample.",
                                 "与目标相符，但测量范围既非普查也非随机抽样。"},
    [REASON_CONVENIENT_BELOW] = {"Not consistent with the target, but what was measured is neither "
                                 "a census nor a random sample.",
                                 "与目标不符，但测量范围既非普查也非随机抽样。"},
    [REASON_ALTERNATIVE] =
        {"Another definition beside the default one: verdicts go by the default.",
         "与默认口径并列的另一口径，判定以默认口径为准。"},
    [REASON_NOT_CARRIED] = {"No report carries what this counts: it cannot be assessed.",
                            "报告不含此项所计内容，无法评估。"},
    [REASON_INDEX] = {"An index of other indicators: see theirs.", "索引项，见所列各指标。"},
};

const char *verdict_reason_en(enum verdict_reason reason)
{
    return reasons[reason].en;
}

const char *verdict_reason_zh(enum verdict_reason reason)
{
    return reasons[reason].zh;
}

static bool satisfies(double value, const struct verdict_question *question)
{
    double target = question->target.value;
    switch (question->comparison) {
    case COMPARISON_GE:
        return value >= target;
    case COMPARISON_GT:
        return value > target;
    case COMPARISON_EQ: /* the very number; written so that -Wfloat-equal stays of use elsewhere */
        return !(value < target) && !(value > target);
    }
    return false;
}

static struct verdict_answer insufficient(enum verdict_reason reason)
{
    return (struct verdict_answer){VERDICT_INSUFFICIENT_EVIDENCE, reason};
}

static struct verdict_answer decide_declared(const struct verdict_question *question)
{
    if (!question->value.known)
        return insufficient(REASON_NOTHING_DECLARED);
    if (satisfies(question->value.value, question))
        return (struct verdict_answer){VERDICT_MET, REASON_DECLARED_REACHES};
    return (struct verdict_answer){VERDICT_NOT_MET, REASON_DECLARED_MISSES};
}

/* No value between the bounds satisfies the target. */
static bool misses(const struct verdict_question *question)
{
    bool above = question->comparison == COMPARISON_EQ && question->lower.known &&
                 question->lower.value > question->target.value;
    bool below = question->upper.known && !satisfies(question->upper.value, question) &&
                 question->upper.value <= question->target.value;
    return above || below;
}

/* Every value between the bounds satisfies the target. */
static bool reaches(const struct verdict_question *question)
{
    bool lower_holds = question->lower.known && satisfies(question->lower.value, question);
    bool upper_holds = question->upper.known && satisfies(question->upper.value, question);
    return lower_holds && (upper_holds || question->comparison != COMPARISON_EQ);
}

static struct verdict_answer decide_by_bounds(const struct verdict_question *question)
{
    if (reaches(question))
        return (struct verdict_answer){VERDICT_MET, REASON_LOWER_REACHES};
    if (misses(question))
        return (struct verdict_answer){VERDICT_NOT_MET, REASON_UPPER_MISSES};
    return insufficient(question->upper.known ? REASON_BOUNDS_STRADDLE : REASON_NO_UPPER_BOUND);
}

static struct verdict_answer decide_convenience(const struct verdict_question *question)
{
    if (question->lower_bound_proves && reaches(question))
        return (struct verdict_answer){VERDICT_MET, REASON_LOWER_REACHES};
    return insufficient(satisfies(question->value.value, question) ? REASON_CONVENIENT_ABOVE
                                                                   : REASON_CONVENIENT_BELOW);
}

struct verdict_answer verdict_decide(const struct verdict_question *question)
{
    if (!question->target.known)
        return (struct verdict_answer){VERDICT_NOT_SET, question->not_set};
    if (question->basis == BASIS_DECLARED)
        return decide_declared(question);
    if (!question->completeness.known)
        return insufficient(REASON_NO_SCHEDULE);
    if (question->completeness.value < question->completeness_gate)
        return insufficient(REASON_INCOMPLETE);
    if (question->denominator_missing)
        return insufficient(REASON_NO_DENOMINATOR);
    if (!question->value.known)
        return insufficient(REASON_NOTHING_SEEN);
    switch (question->basis) {
    case BASIS_CENSUS:
    case BASIS_PROBABILITY_SAMPLE:
        return decide_by_bounds(question);
    case BASIS_CONVENIENCE:
        return decide_convenience(question);
    case BASIS_NONE:
    case BASIS_DECLARED:
        break;
    }
    return insufficient(REASON_NOTHING_SEEN);
}

/* The printed rule. Unknown coverage, completeness and months count as 0, an unknown loss as none.
 */
const struct grade_rule grade_rules[] = {
    {'A', true, false, false, 0.99, 0.95, 0.01, 0.95, 0.01, false,
     "census of at least 99 % of the registered lines, 95 % of the intervals, at most 1 % "
     "unclassified, 95 % of the probes with a complete month, captures that lost at most 1 %, "
     "nothing counted by a weaker rule",
     "普查，覆盖登记线路99%以上，时段完整率95%以上，未分类1%以下，95%以上的探针当月数据完整，"
     "采集丢包1%以下，无弱规则计数"},
    {'B', true, true, false, 0.30, 0.90, 0.05, 0.90, 0.05, true,
     "census or random sample, 90 % of the intervals, at most 5 % unclassified, 90 % of the probes "
     "with a complete month, captures that lost at most 5 %",
     "普查或随机抽样，时段完整率90%以上，未分类5%以下，90%以上的探针当月数据完整，采集丢包5%以下"},
    {'C', true, true, false, 0.30, 0.75, 1.00, 0.00, 1.00, true,
     "census or random sample, 75 % of the intervals, the bounds carry the unclassified",
     "普查或随机抽样，时段完整率75%以上，未分类计入上下限"},
    {'D', true, true, true, 0.00, 0.75, 1.00, 0.00, 1.00, true,
     "a convenience deployment with 75 % of the intervals", "非概率部署，时段完整率75%以上"},
    {'E', true, true, true, 0.00, 0.00, 1.00, 0.00, 1.00, true,
     "a value, but less than 75 % of the intervals", "有数值，但时段完整率不足75%"},
};
const size_t grade_rule_count = sizeof grade_rules / sizeof grade_rules[0];

static bool takes_basis(const struct grade_rule *rule, enum basis basis)
{
    return (basis == BASIS_CENSUS && rule->census) ||
           (basis == BASIS_PROBABILITY_SAMPLE && rule->sample) ||
           (basis == BASIS_CONVENIENCE && rule->convenience);
}

static double known_or_zero(struct optional_double value)
{
    return value.known ? value.value : 0;
}

static bool fulfils(const struct grade_input *input, const struct grade_rule *rule)
{
    return takes_basis(rule, input->basis) &&
           known_or_zero(input->coverage) >= rule->coverage_min &&
           known_or_zero(input->completeness) >= rule->completeness_min &&
           known_or_zero(input->unclassified) <= rule->unclassified_max &&
           known_or_zero(input->month_complete) >= rule->month_complete_min &&
           known_or_zero(input->capture_loss) <= rule->capture_loss_max &&
           (rule->flagged || !input->flagged);
}

char grade_decide(const struct grade_input *input)
{
    if (!input->value.known)
        return '-';
    for (size_t i = 0; i < grade_rule_count; i++)
        if (fulfils(input, &grade_rules[i]))
            return grade_rules[i].grade;
    return '-';
}
