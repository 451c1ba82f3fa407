/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/completeness.h"

#define BUSY_HOURS (UINT32_C(0x1f) << 19)
#define ALL_HOURS  UINT32_C(0xffffff)

const struct completeness_rule completeness_rules[COMPLETENESS_RULES] = {
    [COMPLETENESS_HOUR] = {"hour", "小时", 0.75, "at least 75 % of its 5-minute points",
                           "5分钟数据点达到75%以上"},
    [COMPLETENESS_DAY] = {"day", "日", 20, "at least 20 valid hours", "有效小时20个以上"},
    [COMPLETENESS_BUSY] = {"day", "日", 4, "of them at least 4 of the 5 busy ones, 19:00 to 24:00",
                           "其中忙时（19时至24时）4个以上"},
    [COMPLETENESS_STOCK_DAYS] = {"month, stocks", "月（存量）", 20,
                                 "at least 20 valid days of the 31 up to the instant",
                                 "截至时点的31天内有效日20天以上"},
    [COMPLETENESS_STOCK_LAST] = {"month, stocks", "月（存量）", 3,
                                 "the last of them at most 3 days before it",
                                 "最后一个有效日距时点3天以内"},
    [COMPLETENESS_PERCENTILE] = {"month, percentiles", "月（分位数）", 0.90,
                                 "at least 90 % of the hours, else partial",
                                 "有效小时90%以上，否则为部分数据"},
    [COMPLETENESS_CENSUS] = {"area, city", "分区、全市", 0.95,
                             "census: 95 % of the registered lines on nodes that reported",
                             "普查：已上报节点的登记线路占95%以上"},
    [COMPLETENESS_SAMPLE] = {"area, city", "分区、全市", 0.30,
                             "sample: 30 %; less, or an operator without any: insufficient",
                             "抽样：30%以上；不足，或有运营商无任何上报：证据不足"},
    [CAPTURE_DEGRADED] = {"capture", "采集", 0.01, "more than 1 % of the packets lost: degraded",
                          "丢包超过1%：降级"},
    [CAPTURE_INVALID] = {"capture", "采集", 0.05, "more than 5 % of the packets lost: invalid",
                         "丢包超过5%：无效"},
};

const struct conf_name capture_state_names[] = {
    {"valid", CAPTURE_IS_VALID},
    {"degraded", CAPTURE_IS_DEGRADED},
    {"invalid", CAPTURE_IS_INVALID},
    {NULL, 0},
};

static double limit(enum completeness_rule_id id)
{
    return completeness_rules[id].limit;
}

/* valid / expected >= the limit, without a division. */
static bool is_share(uint64_t valid, uint64_t expected, enum completeness_rule_id id)
{
    return expected > 0 && (double)valid >= limit(id) * (double)expected;
}

bool completeness_hour(uint64_t valid, uint64_t expected)
{
    return is_share(valid, expected, COMPLETENESS_HOUR);
}

bool completeness_day(uint32_t valid_hours)
{
    int hours = __builtin_popcount(valid_hours & ALL_HOURS);
    int busy = __builtin_popcount(valid_hours & BUSY_HOURS);
    return hours >= limit(COMPLETENESS_DAY) && busy >= limit(COMPLETENESS_BUSY);
}

bool completeness_month_stock(uint64_t valid_days, int64_t last_valid_day, int64_t instant_day)
{
    return (double)valid_days >= limit(COMPLETENESS_STOCK_DAYS) &&
           (double)(instant_day - last_valid_day) <= limit(COMPLETENESS_STOCK_LAST);
}

bool completeness_month_percentile(uint64_t valid_hours, uint64_t hours)
{
    return is_share(valid_hours, hours, COMPLETENESS_PERCENTILE);
}

enum capture_state capture_state(struct optional_double loss)
{
    if (!loss.known || loss.value <= limit(CAPTURE_DEGRADED))
        return CAPTURE_IS_VALID;
    return loss.value <= limit(CAPTURE_INVALID) ? CAPTURE_IS_DEGRADED : CAPTURE_IS_INVALID;
}
