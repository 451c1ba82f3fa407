/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/method/chapters.h"

#define CHAPTER(anchor_, zh, en, paragraphs_)                                                      \
    {                                                                                              \
        anchor_, {zh, en}, paragraphs_, sizeof(paragraphs_) / sizeof((paragraphs_)[0])             \
    }

static const struct words way[] = {
    {"探针从报文和SNMP设备取得计数、直方图、草图和密钥假名；收集器把每份上报恰好存一次；年度数值由"
     "这些"
     "输入与导入的资料计算。计算不看时钟、不读网络，相同输入得出相同字节。",
     "Probes take counts, histograms, sketches and keyed pseudonyms from packets and from SNMP "
     "devices; the collector stores each report exactly once; figures are computed from these "
     "inputs and from what people import. The computation reads no clock and no network: equal "
     "inputs give equal bytes."},
    {"一个数值按城市时间某日24时计；年度数值按12月31日24时，当年按此刻。判定所用目标是日期不早于该"
     "日的第一"
     "个，否则为最后一个。",
     "A figure is as at the end of a day in the city's own time: of a year its 31 December, while "
     "it runs this moment. It is held against the first target whose date is not before that day, "
     "else the last."},
    {"指标 = 分子 × 分母 × 人群 × "
     "时点，均以名称给出。默认口径用于判定；备选口径另列一行，注明名称，绝不替代"
     "默认口径，也不判定。",
     "An indicator is numerator × denominator × population × instant, each by a name. Verdicts go "
     "by the default definition; alternatives have rows of their own under their names, never in "
     "its place, and no verdict."},
    {"未知不是0：没有就写未知。数值超过100%不截断。",
     "Unknown is not 0: what is not known is said to be so. Nothing is cut at 100 %."},
};
const struct chapter chapter_way = CHAPTER("way", "数值如何产生", "How a figure is made", way);

static const struct words statistics[] = {
    {"- "
     "普查：登记线路的覆盖率达到规定值时，逐一计数，不作抽样估计。上下限来自设备与流量之差、未分类"
     "者和未上报"
     "的登记节点：下限全计为不利，上限全计为有利。",
     "- Census: where the covered share of the registered lines reaches the rule, lines are "
     "counted, not estimated. The bounds come from where devices and traffic differ, from the "
     "unclassified, and from registered nodes that did not report: all against it in the lower, "
     "all for it in the upper."},
    {"- "
     "概率抽样：接入节点为群，层为运营商×城乡×节点规模；比率估计按登记线路校准，方差为群间方差并作"
     "有限总体修"
     "正，取自由"
     "度按Satterthwaite近似的Student分位数。双侧区间95%，判定用单侧95%。",
     "- Probability sample: access nodes are clusters, strata are operator × urban or rural × size "
     "of node; the "
     "ratio estimator is calibrated to the registered lines, its variance is between clusters with "
     "the finite correction, the quantile Student's with Satterthwaite's degrees of freedom. "
     "Intervals are two-sided at 95 %, verdicts test one-sided at 95 %."},
    {"- "
     "比例的区间按有效样本量取Wilson区间；有效命中或未命中少于5个，或设置exact_"
     "interval时，取Clopper–"
     "Pearson区间。",
     "- Intervals of proportions are Wilson's on the effective size; Clopper and Pearson's where "
     "fewer than five of the effective units have, or lack, the property, or where "
     "`exact_interval` is set."},
    {"- 群间方差假定节点的偏差随其登记线路数增大，因此漏抽的大节点会加宽区间；无登记线路数时即"
     "Cochran的线性化方差。1,000次模拟部署中区间覆盖真值94%至96%；规模悬殊的小城市，单侧上限偏紧。",
     "- The variance takes the deviation of a node to grow with its registered lines, so that "
     "large "
     "nodes which were not drawn widen the interval; without registered numbers it is Cochran's "
     "linearised one. Over 1,000 simulated deployments of each kind the intervals held the truth "
     "in "
     "94 to 96 %; one-sided upper bounds are somewhat tight in small cities of very unequal "
     "nodes."},
    {"- 非概率部署：给出数值与所见，不给抽样区间；除经核实的下限外不能判定。另按登记数据推算总体"
     "（线路按运营商、城乡与规模事后分层，接入点按登记数放大），其区间不含选择偏差，不作判定。",
     "- Convenience deployment: the value and what was seen, without a sampling interval; it "
     "proves nothing but by a verified lower bound. Beside it stands an estimate for the whole by "
     "the register (lines post-stratified by operator, settlement and size, access points scaled "
     "by "
     "their registered number); its interval does not cover who chose the nodes, and it is never "
     "judged."},
    {"- "
     "线路与接入点以64位密钥假名的精确集合计数，合并即并集，重复与迟到不改变结果。终端以HyperLogLog"
     "计数"
     "(p=12，标准误差1.6%)。",
     "- Lines and access points are exact sets of 64-bit keyed pseudonyms: merging is a union, and "
     "what comes twice or late changes nothing. Devices are counted by HyperLogLog (p = 12, "
     "standard error 1.6 %)."},
    {"- 百分位数由合并的对数直方图或5分钟序列计算，从不平均百分位数。",
     "- Quantiles are taken of merged histograms on a log scale, or of the 5-minute means; "
     "percentiles are never averaged."},
    {"- 抽样上报的字节按1/p放大；线路、终端、时延从不放大。",
     "- Sampled octets are scaled by 1/p; lines, devices and round-trip times never are."},
};
const struct chapter chapter_statistics =
    CHAPTER("statistics", "统计方法", "Statistics", statistics);

static const struct words completeness[] = {
    {"完整率 = 到达的间隔 ÷ "
     "探针计划的间隔，从窗口内第一份上报起计；一个探针的富余不抵另一个的缺失。缺失是缺失，"
     "不是0。",
     "Completeness is intervals that arrived ÷ intervals that the probes' schedules promised, from "
     "a probe's first report in the window on; one probe's surplus does not make up for another's "
     "lack. What is missing is missing, not 0."},
    {"覆盖率 = 已计数节点的登记线路 ÷ 全部登记线路(接入点按控制器登记数)。",
     "Coverage is the registered lines of the nodes that were counted ÷ all registered lines (of "
     "access points: by the controllers' registered numbers)."},
    {"一个5分钟均值须有一半以上时间已知；场所须有20天已知。",
     "A 5-minute mean is known when at least half of it was seen; a venue when 20 days were."},
    {"该日之后60天内数值为暂定，迟到的上报仍计入；之后为最终值，改动作为修订留存。",
     "A figure is provisional for 60 days after its day, while late reports are still folded in; "
     "then it is final, and a change is a revision that is kept."},
};
const struct chapter chapter_completeness =
    CHAPTER("completeness", "完整率与覆盖率", "Completeness and coverage", completeness);

static const struct words verdicts[] = {
    {"判定用未舍入的数值，依次为：规划未设数值→未设目标；申报值→直接比较；没有探针上报、完整率低于"
     "门槛、缺分母或"
     "无数值→证据不足；普查与概率抽样→下限达到为达到，上限仍未达到为未达到，否则证据不足；非概率部"
     "署→证据不足，"
     "但经核实的计数下限达到目标时为达到。",
     "Verdicts test unrounded values, in this order: no value in the plan, NOT_SET; a declared "
     "figure is compared as it is; no probe, completeness below the gate, no denominator or no "
     "value, INSUFFICIENT_EVIDENCE; census and probability sample: MET where the lower bound "
     "reaches the target, NOT_MET where even the upper misses it, else INSUFFICIENT_EVIDENCE; a "
     "convenience deployment: INSUFFICIENT_EVIDENCE, but MET where the verified lower bound of a "
     "count reaches it."},
    {"“达到”“以上”“至少”为≥，“超过”为>(民法典第1259条)"
     "。目标是全市的：区市、运营商各行没有单独目标。",
     "达到, 以上 and 至少 mean ≥, 超过 means > (Civil Code, article 1259). Targets are city-wide: "
     "rows of areas and of operators have none."},
    {"进度：年需增量为（目标值－当前水平）÷剩余年数，年实增量为近十二个月两两斜率的中位数（Theil–"
     "Sen）；预测至目标日期，斜率逐月衰减2%，80%区间由同一方法对同一序列的历史预测误差得出，随预测"
     "月数线性加宽。区间下限达到目标为进度达标，上限仍未达到为进度落后，其余、不足十二期及非概率部"
     "署为暂无法评估。线性路径为本系统内插，规划未设此数值。",
     "Pace: needed a year is (target - level) ÷ years left, achieved a year the median of all "
     "pairwise slopes of the last twelve months (Theil and Sen). The forecast for the target's "
     "date "
     "lets the slope fade by 2 % a month; its 80 % interval comes from the errors that the same "
     "method made before on the same series, and widens with the months ahead. On pace where the "
     "lower end reaches the target, off pace where even the upper misses it; else, with fewer than "
     "twelve months, and for a convenience deployment, not assessable. The linear path is our own "
     "interpolation: the plan sets no such values."},
};
const struct chapter chapter_verdicts = CHAPTER("verdicts", "判定", "Verdicts", verdicts);

static const struct words disclosure[] = {
    {"公开输出中，计数过少、贡献节点过少或暴露不同意公开的运营商的单元格被隐去，并隐去足够多的其他"
     "单元格，使之"
     "不能由差额推出。",
     "In public output a cell is withheld that counts too few, that too few nodes contribute to, "
     "or that gives away an operator who has not agreed, and then as many others as it takes so "
     "that no difference gives it back."},
    {"地址、MAC、用户名、线路标识不出探针；任何输出都没有按线路的序列。",
     "No address, MAC, user name or line key leaves a probe; no output has a series of a line."},
};
const struct chapter chapter_disclosure =
    CHAPTER("disclosure", "公开与隐私", "Disclosure and privacy", disclosure);

static const struct words deviations[] = {
    {"- "
     "日有效性按已上报时段合计20小时判断，登记库不留各小时；忙时条件因此不单独检查，月度存量以截至"
     "时点的"
     "31天计。",
     "- A day is valid by the time that its reports cover, 20 hours, since the ledger does not "
     "keep "
     "the hours: the busy ones are not asked for apart. The month of a stock is the 31 days up to "
     "the instant."},
    {"- 事后分层按运营商、城乡与节点规模，不作技术构成的迭代比例调整(raking)。",
     "- Post-stratification goes by operator, settlement and size of node; there is no raking on "
     "the mix of technologies."},
    {"- "
     "能力矛盾标注按线路·分钟计，不按线路：上报不含每条线路的开通速率。某运营商未开通该速率的线路先"
     "被假定占去"
     "同等比例的慢分钟，只有超出部分才算矛盾；少于100分钟不作标注。",
     "- The flag of contradiction goes by line-minutes, not by lines: reports do not carry the "
     "rate of each line. An operator's lines without the rate are first taken to have made as "
     "large a part of its slow minutes as they are of its lines; only what is beyond contradicts, "
     "and fewer than 100 minutes say nothing."},
    {"- 千兆企业的佐证以秒峰值代替1分钟均值，给出不同线路数的下限。",
     "- The corroboration of gigabit to enterprises uses the busiest second in place of the "
     "1-minute mean, and gives a lower bound of the distinct lines."},
    {"- 云用户参考值的分母是30天内有流量的线路，分子按自然月计；两者在大月相差一天。",
     "- The indicative share of cloud users divides a calendar month's lines by those with traffic "
     "within 30 days: in a long month they differ by a day."},
    {"- 云可用性以有应答的间隔占比为下限：上报不含失败的连接尝试。",
     "- Availability of the cloud is a lower bound, the share of intervals with an answer: reports "
     "do not carry attempts that failed."},
    {"- 场所覆盖按天数计，不按轮询次数计；未作信标勘测。",
     "- Coverage of venues goes by days, not by polls; no beacons are surveyed."},
    {"- 最忙接口代表一个角色：利用率与小时数取最忙接口，不取各接口之和的序列。",
     "- The busiest interface stands for its role: utilisation and hours are of one interface, not "
     "of the sum of several."},
    {"- "
     "三网融合、每址一线、射频、BSSID、免费门户与信道利用率不可评估：上报不含所需内容，各有原因说明"
     "。",
     "- Triple play, one line a premises, radios, BSSIDs, the free portal and channel utilisation "
     "cannot be assessed: no report carries what they take, and each says why."},
    {"- 分光比、并发修正后的可持续速率不计算：能力按端口速率给出。",
     "- No sustainable rate is derived from split ratios and busy-hour users: capability is that "
     "of the port."},
};
const struct chapter chapter_deviations =
    CHAPTER("deviations", "与参考定义(indicators.md)的差异及原因",
            "Where we differ from the reference definitions (indicators.md), and why", deviations);
