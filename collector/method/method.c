/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/method/method.h"

#include "collector/estimate/completeness.h"
#include "collector/estimate/interval.h"
#include "collector/estimate/pace.h"
#include "collector/estimate/verdict.h"
#include "collector/method/chapters.h"
#include "collector/method/indicators.h"

#include <stdarg.h>
#include <stdio.h>

const struct conf_name method_language_names[] = {
    {"zh", METHOD_ZH},
    {"en", METHOD_EN},
    {NULL, 0},
};

const struct conf_name document_format_names[] = {
    {"markdown", DOCUMENT_MARKDOWN},
    {"html", DOCUMENT_HTML},
    {NULL, 0},
};

#define CELL_BYTES 1024

static void write_chapter(struct document *document, enum method_language language,
                          const struct chapter *chapter)
{
    document_heading(document, 2, say(&chapter->title, language), chapter->anchor);
    for (size_t i = 0; i < chapter->count; i++) {
        const char *text = say(&chapter->paragraphs[i], language);
        if (text[0] == '-')
            document_item(document, text + 2);
        else
            document_paragraph(document, text);
    }
}

/* --- the rules in force, by a table --- */

struct rule_row {
    const char *name;
    size_t offset;
    enum { RULE_COUNT, RULE_SHARE, RULE_FLAG } kind;
    struct words meaning;
};

#define RULE(member) #member, offsetof(struct rule_settings, member)

static const struct rule_row rule_rows[] = {
    {RULE(activity_days), RULE_COUNT, {"活跃窗口的天数", "days of the window of activity"}},
    {RULE(presence_days),
     RULE_COUNT,
     {"接入点当月须处于Run状态的天数",
      "days of the month on which an access point must be in Run"}},
    {RULE(census_coverage), RULE_SHARE, {"普查所需覆盖率", "coverage that makes a census"}},
    {RULE(sample_coverage), RULE_SHARE, {"抽样所需覆盖率", "coverage that a sample needs"}},
    {RULE(completeness_gate), RULE_SHARE, {"判定所需完整率", "completeness that a verdict needs"}},
    {RULE(capability_share),
     RULE_SHARE,
     {"C1：须达到速率的线路比例", "C1: share of the lines that must be capable"}},
    {RULE(probability_sample),
     RULE_FLAG,
     {"节点由他人随机抽取", "the nodes were drawn at random by someone else"}},
    {RULE(exact_interval), RULE_FLAG, {"用Clopper–Pearson区间", "Clopper and Pearson's intervals"}},
};

static const struct rule_row publication_rows[] = {
    {RULE(publish_lines_min),
     RULE_COUNT,
     {"公开的线路计数至少", "least count of lines that is shown"}},
    {RULE(publish_access_points_min),
     RULE_COUNT,
     {"公开的接入点计数至少", "least count of access points that is shown"}},
    {RULE(publish_clients_min),
     RULE_COUNT,
     {"公开的终端计数至少", "least count of devices that is shown"}},
    {RULE(publish_nodes_min),
     RULE_COUNT,
     {"一个计数至少来自的接入节点", "access nodes that a count must come from"}},
    {RULE(publish_dominance_max),
     RULE_SHARE,
     {"不同意公开的运营商在一个计数中的最大占比",
      "largest part of a count by an operator who has not agreed"}},
};

static void rule_value(const struct rule_row *row, const struct rule_settings *rules,
                       enum method_language language, char out[static 64])
{
    const char *member = (const char *)rules + row->offset;
    static const struct words yes = {"是", "yes"};
    static const struct words no = {"否", "no"};
    switch (row->kind) {
    case RULE_COUNT:
        (void)snprintf(out, 64, "%llu",
                       (unsigned long long)*(const uint64_t *)(const void *)member);
        break;
    case RULE_SHARE:
        (void)snprintf(out, 64, "%.6g %%", 100 * *(const double *)(const void *)member);
        break;
    case RULE_FLAG:
        (void)snprintf(out, 64, "%s", say(*(const bool *)member ? &yes : &no, language));
        break;
    }
}

static void write_rules(struct document *document, const struct method_request *request,
                        const struct rule_row *rows, size_t count)
{
    const char *header[3] = {request->language == METHOD_ZH ? "规则" : "rule",
                             request->language == METHOD_ZH ? "数值" : "value",
                             request->language == METHOD_ZH ? "含义" : "meaning"};
    document_table(document, header, 3);
    for (size_t i = 0; i < count; i++) {
        char name[80];
        char value[64];
        (void)snprintf(name, sizeof name, "`%s`", rows[i].name);
        rule_value(&rows[i], request->rules, request->language, value);
        const char *cells[3] = {name, value, say(&rows[i].meaning, request->language)};
        document_row(document, cells, 3);
    }
}

/* --- tables of the code --- */

static void write_reasons(struct document *document, enum method_language language)
{
    static const struct words intro = {"每个判定附一句理由，共有以下各种：",
                                       "A verdict comes with its reason, one of these:"};
    document_paragraph(document, say(&intro, language));
    for (int i = 0; i < REASONS; i++)
        document_item(document, language == METHOD_ZH ? verdict_reason_zh((enum verdict_reason)i)
                                                      : verdict_reason_en((enum verdict_reason)i));
}

/* Pace is told beside the verdict, and is none. */
static void write_paces(struct document *document, enum method_language language)
{
    static const struct words title = {"进度", "Pace"};
    static const struct words intro = {"进度不是判定(算法见上)，附以下理由之一：",
                                       "Pace is no verdict (above it says how it is told); it "
                                       "comes with one of these reasons:"};
    document_heading(document, 2, say(&title, language), "pace");
    document_paragraph(document, say(&intro, language));
    for (int i = 0; i < PACE_REASONS; i++)
        document_item(document, language == METHOD_ZH ? pace_reason_zh((enum pace_reason)i)
                                                      : pace_reason_en((enum pace_reason)i));
}

static void write_grades(struct document *document, enum method_language language)
{
    static const struct words title = {"等级", "Grades"};
    static const struct words intro = {
        "取所有条件都满足的第一行；申报值与无数值者没有等级。",
        "The first line all of whose demands are met; a declared figure, and one without a value, "
        "has none."};
    const char *header[2] = {say(&title, language), language == METHOD_ZH ? "条件" : "demands"};
    document_heading(document, 2, say(&title, language), "grades");
    document_paragraph(document, say(&intro, language));
    document_table(document, header, 2);
    for (size_t i = 0; i < grade_rule_count; i++) {
        const char grade[2] = {grade_rules[i].grade, '\0'};
        const char *cells[2] = {grade, language == METHOD_ZH ? grade_rules[i].words_zh
                                                             : grade_rules[i].words_en};
        document_row(document, cells, 2);
    }
}

static void write_completeness(struct document *document, enum method_language language)
{
    static const struct words titles[] = {{"层级", "Level"}, {"条件", "demands"}};
    const char *header[2] = {say(&titles[0], language), say(&titles[1], language)};
    document_table(document, header, 2);
    for (size_t i = 0; i < COMPLETENESS_RULES; i++) {
        const struct completeness_rule *rule = &completeness_rules[i];
        const struct words level = {rule->level_zh, rule->level_en};
        const struct words demands = {rule->words_zh, rule->words_en};
        const char *cells[2] = {say(&level, language), say(&demands, language)};
        document_row(document, cells, 2);
    }
}

/* Wilson's interval, and what the finite population takes off it: numbers to check by hand. */
static void write_interval_example(struct document *document, enum method_language language)
{
    const double hits = 310;
    const double n = 500;
    const double population = 2000;
    struct interval plain = interval_wilson(hits / n, n, INTERVAL_Z_TWO_SIDED);
    struct interval finite =
        interval_wilson(hits / n, interval_finite_size(n, population), INTERVAL_Z_TWO_SIDED);
    char text[CELL_BYTES];
    (void)snprintf(text, sizeof text,
                   language == METHOD_ZH
                       ? "例：简单随机抽取500条线路中310条符合，95%% Wilson区间为[%.2f, %.2f] "
                         "%%；总体为2000条时"
                         "为[%.2f, %.2f] %%；全部都看到时宽度为0。"
                       : "Example: 310 of 500 lines drawn at random; Wilson's 95 %% interval is "
                         "[%.2f, %.2f] %%, of a population of 2,000 [%.2f, %.2f] %%; when all were "
                         "seen its width is 0.",
                   100 * plain.lower, 100 * plain.upper, 100 * finite.lower, 100 * finite.upper);
    document_paragraph(document, text);
}

static void write_head(struct document *document, const struct method_request *request)
{
    char text[CELL_BYTES];
    bool zh = request->language == METHOD_ZH;
    document_begin(document, zh ? "数据口径与方法" : "How the figures are made");
    (void)snprintf(text, sizeof text, zh ? "规划：%s，%s。" : "Plan: %s, %s.",
                   zh ? plan_title_zh(request->plan) : plan_title_en(request->plan),
                   plan_document(request->plan));
    document_paragraph(document, text);
    (void)snprintf(text, sizeof text,
                   zh ? "lastmile " LASTMILE_VERSION
                        "，由口径表、现行规则和判定表生成；示例由同一程序计算。"
                      : "lastmile " LASTMILE_VERSION
                        "; generated from the table of indicators, the rules in force and the "
                        "tables of verdicts; the examples are computed by the same program.");
    document_paragraph(document, text);
}

int method_write(FILE *out, const struct method_request *request)
{
    enum method_language language = request->language;
    bool zh = language == METHOD_ZH;
    struct document document = {
        .out = out, .format = request->format, .language = zh ? "zh-CN" : "en"};
    write_head(&document, request);
    write_chapter(&document, language, &chapter_way);
    document_heading(&document, 3, zh ? "现行规则" : "The rules in force", "rules");
    write_rules(&document, request, rule_rows, sizeof rule_rows / sizeof rule_rows[0]);
    method_write_quantities(&document, request);
    method_write_indicators(&document, request);
    write_chapter(&document, language, &chapter_statistics);
    write_interval_example(&document, language);
    write_chapter(&document, language, &chapter_completeness);
    write_completeness(&document, language);
    write_chapter(&document, language, &chapter_verdicts);
    write_reasons(&document, language);
    write_grades(&document, language);
    write_paces(&document, language);
    int status = method_write_examples(&document, request);
    write_chapter(&document, language, &chapter_disclosure);
    write_rules(&document, request, publication_rows,
                sizeof publication_rows / sizeof publication_rows[0]);
    write_chapter(&document, language, &chapter_deviations);
    document_end(&document);
    return status;
}
