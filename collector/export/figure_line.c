/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/export/figure_line.h"

#include "collector/estimate/verdict.h"
#include "collector/export/decimals.h"

#include "common/clock.h"

/* Words of the line in both languages. */
struct line_words {
    const char *unknown, *no_target, *target, *completeness, *unclassified, *definition,
        *provisional, *separator;
    const struct conf_name *verdicts, *bases;
};

static const struct line_words words_en = {
    "no value",     "no target",     "target ", "completeness ", "unclassified ",
    "definition v", ", provisional", ", ",      verdict_names,   basis_names,
};
static const struct line_words words_zh = {
    "无数值",  "未设目标", "目标 ", "完整率 ",        "未分类 ",
    "定义第 ", "，初步数", "，",    verdict_names_zh, basis_names_zh,
};

static void print_number(FILE *out, const struct figure *figure, struct optional_double value)
{
    if (value.known)
        (void)fprintf(out, "%.*f", (int)decimals_of_figure(figure), value.value);
    else
        (void)fputs("?", out);
}

static void print_value(FILE *out, const struct figure *figure, const struct line_words *words,
                        bool chinese)
{
    if (!figure->value.known) {
        (void)fputs(words->unknown, out);
        return;
    }
    print_number(out, figure, figure->value);
    (void)fprintf(out, " %s", chinese ? figure->indicator->unit_zh : figure->indicator->unit);
    if (figure->lower.known || figure->upper.known) {
        (void)fputs(" [", out);
        print_number(out, figure, figure->lower);
        (void)fputs(", ", out);
        print_number(out, figure, figure->upper);
        (void)fputs("]", out);
    }
    if (figure->basis == BASIS_PROBABILITY_SAMPLE && figure->lower_one_sided.known) {
        (void)fprintf(out, "%sL1 = ", words->separator);
        print_number(out, figure, figure->lower_one_sided);
    }
}

static void print_target(FILE *out, const struct figure *figure, const struct line_words *words)
{
    static const char *const signs[] = {[TARGET_GE] = "≥", [TARGET_GT] = ">", [TARGET_EQ] = "="};
    const struct plan_target *target = figure->target;
    (void)fputs(words->separator, out);
    if (!target || !target->value.known) {
        (void)fputs(words->no_target, out);
        return;
    }
    (void)fprintf(out, "%s%s %g", words->target, signs[target->operator_], target->value.value);
}

static void print_evidence(FILE *out, const struct figure *figure, const struct line_words *words,
                           bool chinese)
{
    (void)fprintf(out, " (%s", conf_id_name(words->bases, (int)figure->basis));
    if (figure->effective_sample_size.known)
        (void)fprintf(out, "%sn_eff %.0f", words->separator, figure->effective_sample_size.value);
    if (figure->completeness.known)
        (void)fprintf(out, "%s%s%.1f %%", words->separator, words->completeness,
                      100 * figure->completeness.value);
    if (figure->unclassified.known)
        (void)fprintf(out, "%s%s%.1f %%", words->separator, words->unclassified,
                      100 * figure->unclassified.value);
    (void)fprintf(out, "%s%s%u%s%s)", words->separator, words->definition,
                  figure->definition_version, chinese ? " 版" : "",
                  figure->provisional ? words->provisional : "");
}

void figure_line(FILE *out, const struct figure *figure, bool chinese)
{
    const struct line_words *words = chinese ? &words_zh : &words_en;
    char date[CLOCK_DATE_BYTES];
    clock_format_date(figure->instant_day, date);
    (void)fprintf(out, "%s %s %s%s%s %s: ", figure->indicator->id, figure->area->key,
                  figure->area->label_zh, figure->operator_of ? " " : "",
                  figure->operator_of ? figure->operator_of->key : "", date);
    print_value(out, figure, words, chinese);
    print_target(out, figure, words);
    (void)fprintf(out, " → %s", conf_id_name(words->verdicts, (int)figure->verdict));
    print_evidence(out, figure, words, chinese);
    const char *reason = chinese ? figure->reason_zh : figure->reason_en;
    (void)fprintf(out, ": %s\n", reason ? reason : "");
}
