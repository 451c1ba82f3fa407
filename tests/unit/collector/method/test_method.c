/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The method document against the tables that it is made from, and its worked examples against
 * numbers computed by hand.
 */
#include "collector/method/method.h"

#include "collector/estimate/pace.h"
#include "collector/estimate/verdict.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan *plan;

static const struct rule_settings rules = {.activity_days = 90,
                                           .presence_days = 15,
                                           .census_coverage = 0.95,
                                           .sample_coverage = 0.30,
                                           .completeness_gate = 0.75,
                                           .capability_share = 0.80,
                                           .publish_lines_min = 10,
                                           .publish_dominance_max = 0.9};

static int open_plan(void **state)
{
    const char *source = getenv("LASTMILE_SOURCE");
    char plan_file[512];
    char areas_file[512];
    struct conf_error error = {""};
    (void)state;
    (void)snprintf(plan_file, sizeof plan_file, "%s/config/plans/weihai-2015.cfg",
                   source ? source : ".");
    (void)snprintf(areas_file, sizeof areas_file, "%s/config/areas/weihai.cfg",
                   source ? source : ".");
    plan = plan_open(plan_file, areas_file, &error);
    return plan ? 0 : -1;
}

static int close_plan(void **state)
{
    (void)state;
    plan_close(plan);
    return 0;
}

static char *write_document(enum method_language language, enum document_format format,
                            const struct rule_settings *with)
{
    static char *text; /* the stream keeps its address */
    static size_t length;
    FILE *out = open_memstream(&text, &length);
    const struct method_request request = {
        .plan = plan, .rules = with, .language = language, .format = format};
    assert_non_null(out);
    assert_int_equal(method_write(out, &request), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *markdown(enum method_language language)
{
    return write_document(language, DOCUMENT_MARKDOWN, &rules);
}

static void assert_says(const char *document, const char *words)
{
    if (!strstr(document, words))
        print_error("it does not say: %s\n", words);
    assert_non_null(strstr(document, words));
}

static void it_has_every_indicator_definition_and_target_in_both_languages(void **state)
{
    (void)state;
    for (int language = METHOD_ZH; language <= METHOD_EN; language++) {
        char *document = markdown((enum method_language)language);
        for (size_t i = 0; i < plan_indicator_count(plan); i++) {
            const struct plan_indicator *indicator = plan_indicator_at(plan, i);
            char words[600];
            (void)snprintf(words, sizeof words, "### %s `%s`",
                           language == METHOD_ZH ? indicator->label_zh : indicator->label_en,
                           indicator->id);
            assert_says(document, words);
            for (size_t d = 0; d < indicator->definition_count; d++) {
                const struct plan_definition *definition = &indicator->definitions[d];
                (void)snprintf(words, sizeof words, "| `%s`%s | %s |", definition->name,
                               d > 0                   ? ""
                               : language == METHOD_ZH ? " (默认)"
                                                       : " (default)",
                               language == METHOD_ZH ? definition->label_zh : definition->label_en);
                assert_says(document, words);
            }
            for (size_t t = 0; t < indicator->target_count; t++)
                assert_says(document, indicator->targets[t].clause);
        }
        free(document);
    }
}

static void it_prints_the_grades_and_reasons_that_the_code_judges_by(void **state)
{
    (void)state;
    char *zh = markdown(METHOD_ZH);
    char *en = markdown(METHOD_EN);
    for (size_t i = 0; i < grade_rule_count; i++) {
        assert_says(zh, grade_rules[i].words_zh);
        assert_says(en, grade_rules[i].words_en);
    }
    for (int i = 0; i < REASONS; i++) {
        assert_says(zh, verdict_reason_zh((enum verdict_reason)i));
        assert_says(en, verdict_reason_en((enum verdict_reason)i));
    }
    for (int i = 0; i < PACE_REASONS; i++) {
        assert_says(zh, pace_reason_zh((enum pace_reason)i));
        assert_says(en, pace_reason_en((enum pace_reason)i));
    }
    free(zh);
    free(en);
}

static void it_prints_the_rules_in_force(void **state)
{
    (void)state;
    struct rule_settings other = rules;
    other.activity_days = 31;
    other.census_coverage = 0.9;
    other.probability_sample = true;
    char *document = write_document(METHOD_EN, DOCUMENT_MARKDOWN, &other);
    assert_says(document, "| `activity_days` | 31 |");
    assert_says(document, "| `census_coverage` | 90 % |");
    assert_says(document, "| `probability_sample` | yes |");
    assert_says(document, "| `publish_lines_min` | 10 |");
    assert_says(document, "`residential-lines.active-31d` ÷ `resident-households`");
    free(document);
}

/* By hand: 640/980 = 65.3061 %, 640/1000, 660/1000; 7996/10000; 600/1000 and 1000/1000; of 110
 * lines 82 + 18 known; 12 - 2 + 30 access points, at most 13 - 2 + 30 ... of 14 named. */
static void its_worked_examples_are_what_one_computes_by_hand(void **state)
{
    (void)state;
    static const char *const en_lines[] = {
        "- Numerator 640, denominator 980; value 65.3061 %; lower bound 64, upper bound 66; "
        "target 60 %\n- Verdict: MET — ",
        "- Numerator 7996, denominator 10000; value 79.96 %; lower bound 79.96, upper bound 79.96; "
        "target 80 %\n- Verdict: NOT\\_MET — ",
        "- Numerator 600, denominator 600; value 100 %; lower bound 60, upper bound 100; "
        "target 60 %\n- Verdict: INSUFFICIENT\\_EVIDENCE — Consistent with the target",
        "- Numerator 82, denominator 100; value 100 Mbit/s; lower bound 8, upper bound 100; "
        "target 20 Mbit/s\n- Verdict: INSUFFICIENT\\_EVIDENCE — The target lies between",
        "- Numerator 40; value 40 count; lower bound 10, upper bound 42; target 60000 count\n"
        "- Verdict: NOT\\_MET — ",
        "Wilson's 95 % interval is [57.67, 66.15] %, of a population of 2,000 [58.26, 65.61] %",
    };
    static const char *const zh_lines[] = {
        "- 分子640，分母980；数值65.3061 %；下限64，上限66；目标60 %\n- 判定：达到 — ",
        "- 分子7996，分母10000；数值79.96 %；下限79.96，上限79.96；目标80 %\n- 判定：未达到 — ",
        "- 分子40；数值40 个；下限10，上限42；目标60000 个\n- 判定：未达到 — ",
        "95% Wilson区间为[57.67, 66.15] %；总体为2000条时为[58.26, 65.61] %",
    };
    char *en = markdown(METHOD_EN);
    char *zh = markdown(METHOD_ZH);
    for (size_t i = 0; i < sizeof en_lines / sizeof en_lines[0]; i++)
        assert_says(en, en_lines[i]);
    for (size_t i = 0; i < sizeof zh_lines / sizeof zh_lines[0]; i++)
        assert_says(zh, zh_lines[i]);
    free(en);
    free(zh);
}

static size_t count(const char *text, const char *needle)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, needle)); at += strlen(needle))
        found++;
    return found;
}

static void its_html_is_balanced_and_escaped(void **state)
{
    (void)state;
    char *html = write_document(METHOD_ZH, DOCUMENT_HTML, &rules);
    static const char *const tags[][2] = {
        {"<ul>", "</ul>"}, {"<table>", "</table>"}, {"<tr>", "</tr>"},       {"<td>", "</td>"},
        {"<li>", "</li>"}, {"<code>", "</code>"},   {"<tbody>", "</tbody>"}, {"<p>", "</p>"}};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_true(count(html, tags[i][0]) > 0);
        assert_int_equal(count(html, tags[i][0]), count(html, tags[i][1]));
    }
    assert_says(html, "<html lang=\"zh-CN\">");
    assert_says(html, "<h3 id=\"ftth-share\">");
    assert_says(html, "&gt;= 60 %");
    assert_null(strstr(html, "`"));
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_every_indicator_definition_and_target_in_both_languages),
        cmocka_unit_test(it_prints_the_grades_and_reasons_that_the_code_judges_by),
        cmocka_unit_test(it_prints_the_rules_in_force),
        cmocka_unit_test(its_worked_examples_are_what_one_computes_by_hand),
        cmocka_unit_test(its_html_is_balanced_and_escaped),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
