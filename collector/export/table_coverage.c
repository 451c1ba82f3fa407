/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/tables.h"

#include "collector/registry/ledger.h"

#include "common/clock.h"

struct optional_double coverage_completeness(const struct ledger_probe *probe)
{
    if (probe->expected == 0)
        return (struct optional_double){0};
    return optional_double((double)probe->arrived / (double)probe->expected);
}

static void read_time(uint64_t time_ns, struct cell *out_cell)
{
    clock_format_city_time(time_ns, out_cell->room);
    out_cell->text = out_cell->room;
    out_cell->known = true;
}

static void read_from(const struct column *column, const struct export_source *source,
                      const void *row, struct cell *out_cell)
{
    (void)column;
    (void)row;
    read_time(source->ledger->from_ns, out_cell);
}

static void read_to(const struct column *column, const struct export_source *source,
                    const void *row, struct cell *out_cell)
{
    (void)column;
    (void)row;
    read_time(source->ledger->to_ns, out_cell);
}

static void read_completeness(const struct column *column, const struct export_source *source,
                              const void *row, struct cell *out_cell)
{
    (void)column;
    (void)source;
    struct optional_double value = coverage_completeness(row);
    out_cell->known = value.known;
    out_cell->number = value.value;
}

#define TEXT(member)                                                                               \
    CELL_TEXT, cell_read_text, NULL, offsetof(struct ledger_probe, member), NULL, NULL
#define MADE(type, read) type, read, NULL, 0, NULL, NULL
#define INTERVALS(member)                                                                          \
    CELL_COUNT, cell_read_u64, NULL, offsetof(struct ledger_probe, member), NULL, "intervals"

static const struct column columns[] = {
    {"operator", TEXT(operator_name), COLUMN_REQUIRED, "Operator", "运营商",
     "Key of the operator that runs the probe.", "运行该探针的运营商代码。"},
    {"probe", TEXT(probe_name), COLUMN_REQUIRED, "Probe", "探针", "Name of the probe.",
     "探针名称。"},
    {"from", MADE(CELL_INSTANT, read_from), COLUMN_REQUIRED, "From", "起始时刻",
     "Beginning of the window.", "统计期的开始。"},
    {"to", MADE(CELL_INSTANT, read_to), COLUMN_REQUIRED, "To", "截止时刻", "End of the window.",
     "统计期的结束。"},
    {"expected", INTERVALS(expected), COLUMN_REQUIRED, "Intervals expected", "应到时段数",
     "What the probe's schedule promised, from its first report on.",
     "自首次上报起按探针日程应到的时段。"},
    {"arrived", INTERVALS(arrived), COLUMN_REQUIRED, "Intervals arrived", "实到时段数",
     "What came and was counted.", "已到达并计入的时段。"},
    {"completeness", MADE(CELL_NUMBER, read_completeness), COLUMN_SHARE, "Completeness", "完整率",
     "Arrived over expected; empty where nothing was expected.",
     "实到与应到之比；无应到时段时为空。"},
    {"untrusted_clock", INTERVALS(untrusted), COLUMN_REQUIRED, "With an untrusted clock",
     "时钟不可信", "Of those that arrived: placed in time by the collector.",
     "实到时段中由采集端确定时间的。"},
    {"missing_declared", INTERVALS(missing[LEDGER_DECLARED]), COLUMN_REQUIRED,
     "Missing: declared lost", "缺失：探针申报丢失", "The probe said itself that it lost them.",
     "探针自行申报已丢失。"},
    {"missing_refused", INTERVALS(missing[LEDGER_REFUSED]), COLUMN_REQUIRED, "Missing: refused",
     "缺失：被拒收", "They came and could not be taken.", "已到达但无法接收。"},
    {"missing_clock", INTERVALS(missing[LEDGER_CLOCK]), COLUMN_REQUIRED, "Missing: clock jumped",
     "缺失：时钟跳变", "The probe's clock jumped over that time.", "探针时钟跳过了该段时间。"},
    {"missing_silent", INTERVALS(missing[LEDGER_SILENT]), COLUMN_REQUIRED, "Missing: silent",
     "缺失：无消息", "Nothing was heard of them.", "没有收到任何消息。"},
    {"gaps", INTERVALS(gaps_found), COLUMN_REQUIRED, "Gaps", "缺口数", "Runs of missing intervals.",
     "连续缺失的段数。"},
};

static size_t count(const struct export_source *source)
{
    return source->ledger ? source->ledger->probe_count : 0;
}

static const void *row(const struct export_source *source, size_t i)
{
    return &source->ledger->probes[i];
}

static const char *const key[] = {"operator", "probe", NULL};

const struct table coverage_table = {
    .name = "coverage",
    .title_en = "Coverage: what each probe promised and what came",
    .title_zh = "覆盖情况：各探针应到与实到的测量时段",
    .help_en = "A row a probe. Expected is what arrived and what is missing, always.",
    .help_zh = "每个探针一行；应到时段总等于实到与缺失之和。",
    TABLE_COLUMNS(columns),
    .key = key,
    .count = count,
    .row = row,
};
