/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/method/words.h"

const struct quantity_words quantity_words[QUANTITY_COUNT] = {
    [QUANTITY_DECLARED] = {{"运营商或统计部门申报的数值，取该年参考日期最近、版本最新的一行。",
                            "The figure that an operator or a statistics office declares: of the "
                            "year's rows the latest reference date, of its vintages the youngest."},
                           {"按原值比较，不附区间。", "Compared as it is, without an interval."}},
    [QUANTITY_INDEX] = {{"不计数，只汇集其他指标。",
                         "Counts nothing; it collects other indicators."},
                        {"—", "—"}},
    [QUANTITY_NOT_CARRIED] = {{"无：报告不含所需内容。", "None: no report carries what it takes."},
                              {"原因见该口径的备注。", "The definition's remark says why."}},
    [QUANTITY_IMPORTED] = {{"100 × 导入的变量 ÷ 导入的分母。",
                            "100 × an imported variable ÷ an imported denominator."},
                           {"两者都是统计资料；运营商各行没有此值。",
                            "Both are statistics; a single operator has no such figure."}},
    [QUANTITY_LINES] =
        {{"100 × 线路数 ÷ "
          "导入的分母。每个接入节点、每种技术：设备所报在线数与流量所见线路数取大者，"
          "设备只报已开通数时取已开通数；同一线路跨日、跨月、跨节点只计一次，计于最后所在处。",
          "100 × lines ÷ an imported denominator. Per access node and technology: the larger of "
          "what the device says is online and what traffic showed, else what is provisioned; a "
          "line counts once over days, months and nodes, where it was last."},
         {"有合同而无流量的线路不可见；未说明住宅或企业的线路计入数值与上限，不计入下限。",
          "A contract without traffic is not seen. Lines whose residence nobody has said count in "
          "the value and the upper bound, not in the lower."}},
    [QUANTITY_FTTH_LINES] =
        {{"100 × 光纤到户(GPON、XGS-PON、EPON)线路 ÷ "
          "已分类线路。楼宇终端(MDU)计0条FTTH，计1条其他线路。",
          "100 × lines of GPON, XGS-PON and EPON ÷ classified lines. A building's terminal (MDU) "
          "counts as no FTTH line and one of another kind."},
         {"技术不明的线路不丢弃：下限把它们全计为非FTTH，上限全计为FTTH。",
          "Lines of unknown technology are never dropped: all without fibre in the lower bound, "
          "all with it in the upper."}},
    [QUANTITY_FIBRE_LINES] = {{"同上，另计FTTB+LAN线路。",
                               "The same with the lines of FTTB + LAN counted as fibre."},
                              {"仅用于国际比较。", "For international comparison only."}},
    [QUANTITY_CAPABLE_LINES] =
        {{"100 × 可开通速率不低于门槛的线路 ÷ 已知速率档的线路。",
          "100 × lines that can be given the rate ÷ lines whose rate class is known."},
         {"未知速率的线路计入上下限。", "Lines of unknown rate widen the bounds."}},
    [QUANTITY_CAPABILITY] =
        {{"C1：至少规定比例的线路能达到的最高速率档。下限与上限为未知速率全计为低、全计为高时的同一"
          "数。",
          "C1: the highest rate class that the configured share of the lines can be given; its "
          "bounds are the same with all unknown rates taken as too low, and as enough."},
         {"端口能力，不是实际速率；忙时需求与之矛盾时加标注。",
          "A capability, not what is achieved; flagged where demand in the busy hours contradicts "
          "it."}},
    [QUANTITY_PROVISIONED_RATE] = {{"C2：已配置速率的分位数，按速率档下沿。",
                                    "C2: the quantile of the configured rates, by the lower edges "
                                    "of their classes."},
                                   {"设备实测的可达速率不计入。",
                                    "Rates that a device measures as attainable are left out."}},
    [QUANTITY_CONTRACTED_RATE] =
        {{"C2：运营商交来的合同线路按速率排序的分位数(最近秩)。",
          "C2: the nearest-rank quantile of the contracted lines that operators have handed in, by "
          "their rate."},
         {"申报值；未注明速率的合同不计，另列其占比。",
          "A statement; contracts without a rate are left out, and their share is told."}},
    [QUANTITY_MEAN_RATE] = {{"C3：Σ 速率档下沿 × 线路 ÷ 线路。",
                             "C3: sum of the lower edges of the classes × lines ÷ lines."},
                            {"为下限；最高档没有上沿。",
                             "A lower bound; the highest class has no upper edge."}},
    [QUANTITY_ACHIEVED_RATE] =
        {{"C4：有需求的线路·分钟(忙时，单个流超过规定字节)"
          "的每秒下行速率95百分位，在全部此类分钟上的分位数。",
          "C4: over the line-minutes of the busy hours in which one flow brought a line more than "
          "the configured octets, the quantile of the 95th percentiles of their seconds, down."},
         {"按线路·分钟计，不按线路；不能否定能力。",
          "Over minutes, not lines; it disproves no capability."}},
    [QUANTITY_FAST_LINES] = {{"当月单次上报中秒峰值达到800 Mbit/s的线路数的最大值，各线路群相加。",
                              "The most lines in one report of the month whose busiest second "
                              "reached 800 Mbit/s, added up over the groups of lines."},
                             {"不同线路数的下限。", "A lower bound of the distinct lines."}},
    [QUANTITY_ACCESS_POINTS] =
        {{"月内处于Run状态的天数达到规定的不同接入点。以序列号或基准MAC的密钥假名识别；同一运营商的"
          "多个控制器显示同一接入点时，其天数合并，归于运行天数最多的控制器。",
          "Distinct access points in Run state on the configured number of days of the month, by "
          "keyed pseudonyms of serial numbers or base MACs; one that several controllers of an "
          "operator show has its days united and counts where it ran on the most."},
         {"不提供公共网络者不计；只报总数的控制器以最高总数计入数值，不计入下限。",
          "Those that are known to offer no public network are left out. A controller that names "
          "none gives its highest count to the value, and nothing to the lower bound."}},
    [QUANTITY_DEPLOYED_POINTS] = {{"各控制器最近一次所报的已配置接入点之和。",
                                   "The access points that controllers had configured at their "
                                   "last poll."},
                                  {"含停用者。", "Those out of order are in it."}},
    [QUANTITY_VENUES] = {{"登记场所中，其接入点在规定天数上运行者。",
                          "Venues of the register whose access points ran on the configured days."},
                         {"取决于登记是否完整。", "As complete as the register."}},
    [QUANTITY_COVERED_VENUES] =
        {{"100 × 有接入点在规定比例的已知天数上运行的场所 ÷ 已知场所。无人服务的场所计为未覆盖；"
          "当月已知天数不足20天的场所计入上下限。",
          "100 × venues with an access point in Run state on enough of the known days ÷ venues "
          "known. A venue that nothing serves is not covered; one known on fewer than 20 days "
          "widens the bounds."},
         {"以天计，不以轮询计；不测量信号强度。", "By days, not by polls; no signal is measured."}},
    [QUANTITY_CAPACITY] = {{"处于up状态的、配置了该角色的接口速率之和。",
                            "The sum of the speeds of the interfaces with the role that are up."},
                           {"无登记表明共有多少接口，故为下限。",
                            "No register says how many there are: a lower bound."}},
    [QUANTITY_UTILISATION] =
        {{"各接口较忙方向的5分钟均值的95百分位(最近秩) ÷ 其速率，取最忙接口。",
          "The 95th percentile (nearest rank) of the 5-minute means of the busier direction ÷ the "
          "speed, of the busiest interface."},
         {"从5分钟序列重新计算，从不平均百分位数。",
          "From the 5-minute means themselves; percentiles are never averaged."}},
    [QUANTITY_HOURS_ABOVE] = {{"较忙方向的5分钟均值高于该利用率的时段数 ÷ 12，取最忙接口。",
                               "5-minute means of the busier direction above the level ÷ 12, of "
                               "the busiest interface."},
                              {"缺失的时段不计。", "Missing means are not counted."}},
    [QUANTITY_DESTINATION_LINES] =
        {{"100 × 当月与该类地址交换字节达到门槛的线路 ÷ "
          "30天内有流量的线路。一条线路可达多类：数值取各"
          "线路群中最大的一类，上限取各类之和。",
          "100 × lines that reached the threshold of octets with the classes in the month ÷ lines "
          "with traffic within 30 days. A line may reach several classes: the largest of each "
          "group gives the value, their sum the upper bound."},
         {"仅供参考；地址表由运营商维护。",
          "Indicative; the lists of prefixes are the operators'."}},
    [QUANTITY_DESTINATION_OCTETS] = {{"当月与该类地址的上下行字节之和，以10^9字节计。",
                                      "Octets both ways with the classes in the month, in 10^9."},
                                     {"仅探针所见，为下限。", "What probes saw: a lower bound."}},
    [QUANTITY_DESTINATION_RTT] =
        {{"当月与该类地址完成的TCP握手外侧时延(SYN至SYN/ACK)的分位数，由直方图合并后计算。",
          "The quantile of the external half (SYN to SYN/ACK) of the TCP handshakes completed with "
          "the classes in the month, of the merged histograms."},
         {"被动测量；直方图桶宽使分位数偏差不超过1.6%。",
          "Passive; the width of the buckets puts a quantile off by at most 1.6 %."}},
    [QUANTITY_DESTINATION_LOSS] = {{"100 × 重传的TCP段 ÷ 全部TCP段。",
                                    "100 × retransmitted TCP segments ÷ all."},
                                   {"丢包的指示，不是IPLR。",
                                    "An indicator of loss, not the IPLR."}},
    [QUANTITY_DESTINATION_SEEN] =
        {{"100 × 至少完成一次TCP握手的间隔 ÷ 使用该类地址的线路群的全部间隔。",
          "100 × intervals with a completed TCP handshake ÷ all intervals of the groups of lines "
          "that use the class."},
         {"没有请求的间隔计为未应答：下限。",
          "An interval without a request counts as unanswered: a lower bound."}},
    [QUANTITY_WLAN_USERS] = {{"每日不同终端(HyperLogLog)的日均值，各运营商、各区域相加。",
                              "Distinct devices of each day (HyperLogLog), mean over the days, "
                              "added up over operators and areas."},
                             {"误差约1.6%；跨日、跨区域不去重。",
                              "Standard error 1.6 %; nobody is recognised across days or areas."}},
    [QUANTITY_WLAN_OCTETS] = {{"上下行字节的日均值，以10^9字节计。",
                               "Octets both ways, mean over the days, in 10^9."},
                              {"仅探针所见。", "What probes saw."}},
};

const struct words instant_words[] = {
    [INSTANT_DECLARED] = {"资料的参考日期", "the reference date of what is declared or imported"},
    [INSTANT_ACTIVE] = {"期末之前的活跃窗口内",
                        "within the window of activity that ends the period"},
    [INSTANT_ACTIVE_30D] = {"期末之前30天内", "within the 30 days that end the period"},
    [INSTANT_CONTRACTED] = {"运营商登记，不论是否使用",
                            "as the operators' registers say, whether used or not"},
    [INSTANT_LAST_POLL] = {"期末之前最近一次轮询", "as devices said last before the period's end"},
    [INSTANT_PRESENT] = {"期末所在月份的规定天数上",
                         "on the configured number of days of the month that ends the period"},
    [INSTANT_MONTH] = {"期末所在月份", "over the month that ends the period"},
};

const struct words evidence_class_words[] = {
    [EVIDENCE_MEASURED] = {"测量：分子与不确定度均来自观测",
                           "measured: numerator and uncertainty are our own"},
    [EVIDENCE_DERIVED] = {"推算：分子来自观测或清单，分母导入",
                          "derived: counted by us, divided by what is imported"},
    [EVIDENCE_DECLARED] = {"申报：导入、留存、显示，不作计算",
                           "declared: imported and shown, never computed"},
};
