/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/verdict.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

static const struct optional_double unknown = {.known = false, .value = 0};

/* A census of 62..66 against >= 60, complete. */
static struct verdict_question census(void)
{
    return (struct verdict_question){
        .target = optional_double(60),
        .not_set = REASON_NO_TARGET,
        .comparison = COMPARISON_GE,
        .basis = BASIS_CENSUS,
        .value = optional_double(64),
        .lower = optional_double(62),
        .upper = optional_double(66),
        .completeness = optional_double(0.9),
        .completeness_gate = 0.75,
    };
}

static void assert_answer(const struct verdict_question *question, enum verdict verdict,
                          enum verdict_reason reason)
{
    struct verdict_answer answer = verdict_decide(question);
    assert_int_equal(answer.verdict, verdict);
    assert_int_equal(answer.reason, reason);
}

static void verdict_of_a_census_follows_its_bounds(void **state)
{
    (void)state;
    struct verdict_question question = census();
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
    question.target = optional_double(67);
    assert_answer(&question, VERDICT_NOT_MET, REASON_UPPER_MISSES);
    question.target = optional_double(64);
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_BOUNDS_STRADDLE);
    question.upper = unknown;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_NO_UPPER_BOUND);
    question.target = optional_double(62);
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
}

static void verdict_of_a_sample_follows_its_one_sided_bounds(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.basis = BASIS_PROBABILITY_SAMPLE;
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
    question.lower = optional_double(59.9);
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_BOUNDS_STRADDLE);
    question.upper = optional_double(59.99);
    assert_answer(&question, VERDICT_NOT_MET, REASON_UPPER_MISSES);
}

/* 2.1: 79.96 shows as 80.0 and is not met. */
static void verdict_is_taken_on_the_unrounded_value(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.target = optional_double(80);
    question.value = question.lower = question.upper = optional_double(79.96);
    assert_answer(&question, VERDICT_NOT_MET, REASON_UPPER_MISSES);
    question.value = question.lower = question.upper = optional_double(80);
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
}

/* 超过 excludes the number itself, 达到 and 以上 include it. */
static void verdict_keeps_more_than_apart_from_at_least(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.value = question.lower = question.upper = optional_double(60);
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
    question.comparison = COMPARISON_GT;
    assert_answer(&question, VERDICT_NOT_MET, REASON_UPPER_MISSES);
    question.comparison = COMPARISON_EQ;
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
    question.value = question.lower = question.upper = optional_double(61);
    assert_answer(&question, VERDICT_NOT_MET, REASON_UPPER_MISSES);
}

static void verdict_of_a_convenience_deployment_is_never_met_nor_missed(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.basis = BASIS_CONVENIENCE;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_CONVENIENT_ABOVE);
    question.target = optional_double(90);
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_CONVENIENT_BELOW);
}

static void verdict_takes_a_verified_count_s_lower_bound_for_met_alone(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.basis = BASIS_CONVENIENCE;
    question.lower_bound_proves = true;
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
    question.target = optional_double(90);
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_CONVENIENT_BELOW);
}

static void verdict_needs_a_target_before_anything_else(void **state)
{
    (void)state;
    static const enum verdict_reason reasons[] = {REASON_NO_TARGET, REASON_TASK, REASON_NOT_STATED,
                                                  REASON_UNDATED};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        struct verdict_question question = census();
        question.target = unknown;
        question.not_set = reasons[i];
        assert_answer(&question, VERDICT_NOT_SET, reasons[i]);
    }
}

static void verdict_stops_at_the_gate_of_completeness(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.completeness = optional_double(0.7499);
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_INCOMPLETE);
    question.lower_bound_proves = true; /* not even then */
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_INCOMPLETE);
    question.completeness = unknown;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_NO_SCHEDULE);
    question.completeness = optional_double(0.75);
    assert_answer(&question, VERDICT_MET, REASON_LOWER_REACHES);
}

static void verdict_says_which_part_of_the_evidence_is_missing(void **state)
{
    (void)state;
    struct verdict_question question = census();
    question.value = question.lower = question.upper = unknown;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_NOTHING_SEEN);
    question.denominator_missing = true;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_NO_DENOMINATOR);
    question = census();
    question.basis = BASIS_NONE;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_NOTHING_SEEN);
}

static void verdict_compares_a_declared_figure_exactly(void **state)
{
    (void)state;
    struct verdict_question question = {.target = optional_double(75),
                                        .comparison = COMPARISON_GE,
                                        .basis = BASIS_DECLARED,
                                        .value = optional_double(75)};
    assert_answer(&question, VERDICT_MET, REASON_DECLARED_REACHES);
    question.value = optional_double(74.999999);
    assert_answer(&question, VERDICT_NOT_MET, REASON_DECLARED_MISSES);
    question.value = unknown;
    assert_answer(&question, VERDICT_INSUFFICIENT_EVIDENCE, REASON_NOTHING_DECLARED);
}

/* For every basis and comparison: MET means that all between the bounds reaches, NOT_MET that none
 * does, and raising the bounds never turns MET into NOT_MET for "at least". */
static void verdict_met_and_not_met_exclude_each_other(void **state)
{
    (void)state;
    srand(2);
    for (int i = 0; i < 20000; i++) {
        struct verdict_question question = census();
        double lower = rand() % 11;
        double upper = lower + rand() % 4;
        question.comparison = (enum comparison)(rand() % 3);
        question.basis = rand() % 2 ? BASIS_CENSUS : BASIS_PROBABILITY_SAMPLE;
        question.target = optional_double(rand() % 12);
        question.lower = optional_double(lower);
        question.upper = optional_double(upper);
        enum verdict verdict = verdict_decide(&question).verdict;
        for (double value = lower; value <= upper; value += 0.5) {
            double target = question.target.value;
            bool holds = question.comparison == COMPARISON_GE ? value >= target
                         : question.comparison == COMPARISON_GT
                             ? value > target
                             : !(value < target || value > target);
            assert_true(verdict != VERDICT_MET || holds);
            assert_true(verdict != VERDICT_NOT_MET || !holds);
        }
        question.lower.value += 5;
        question.upper.value += 5;
        if (verdict == VERDICT_MET && question.comparison != COMPARISON_EQ)
            assert_int_equal(verdict_decide(&question).verdict, VERDICT_MET);
    }
}

static void every_reason_has_a_sentence_in_both_languages(void **state)
{
    (void)state;
    for (int reason = 0; reason < REASONS; reason++) {
        assert_non_null(verdict_reason_en((enum verdict_reason)reason));
        assert_non_null(verdict_reason_zh((enum verdict_reason)reason));
    }
}

static void grade_follows_the_printed_rule(void **state)
{
    (void)state;
    struct grade_input input = {.basis = BASIS_CENSUS,
                                .value = optional_double(1),
                                .coverage = optional_double(1),
                                .completeness = optional_double(1),
                                .unclassified = optional_double(0),
                                .month_complete = optional_double(1)};
    assert_int_equal(grade_decide(&input), 'A');
    input.flagged = true;
    assert_int_equal(grade_decide(&input), 'B');
    input.flagged = false;
    input.capture_loss = optional_double(0.02);
    assert_int_equal(grade_decide(&input), 'B');
    input.capture_loss = optional_double(0.06);
    assert_int_equal(grade_decide(&input), 'C');
    input.capture_loss = unknown;
    input.month_complete = optional_double(0.5);
    assert_int_equal(grade_decide(&input), 'C');
    input.month_complete = optional_double(1);
    input.unclassified = optional_double(0.05);
    assert_int_equal(grade_decide(&input), 'B');
    input.unclassified = optional_double(0.2);
    assert_int_equal(grade_decide(&input), 'C');
    input.basis = BASIS_CONVENIENCE;
    assert_int_equal(grade_decide(&input), 'D');
    input.completeness = unknown;
    assert_int_equal(grade_decide(&input), 'E');
    input.value = unknown;
    assert_int_equal(grade_decide(&input), '-');
    input.value = optional_double(1);
    input.basis = BASIS_DECLARED;
    assert_int_equal(grade_decide(&input), '-');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_of_a_census_follows_its_bounds),
        cmocka_unit_test(verdict_of_a_sample_follows_its_one_sided_bounds),
        cmocka_unit_test(verdict_is_taken_on_the_unrounded_value),
        cmocka_unit_test(verdict_keeps_more_than_apart_from_at_least),
        cmocka_unit_test(verdict_of_a_convenience_deployment_is_never_met_nor_missed),
        cmocka_unit_test(verdict_takes_a_verified_count_s_lower_bound_for_met_alone),
        cmocka_unit_test(verdict_needs_a_target_before_anything_else),
        cmocka_unit_test(verdict_stops_at_the_gate_of_completeness),
        cmocka_unit_test(verdict_says_which_part_of_the_evidence_is_missing),
        cmocka_unit_test(verdict_compares_a_declared_figure_exactly),
        cmocka_unit_test(verdict_met_and_not_met_exclude_each_other),
        cmocka_unit_test(every_reason_has_a_sentence_in_both_languages),
        cmocka_unit_test(grade_follows_the_printed_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
