/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/pace.h"

#include "collector/estimate/trend.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/walks.h"

#include <errno.h>
#include <math.h>

#define MONTHS     36
#define FIRST_DAY  17000
#define MONTH_DAYS 30

static void assert_close(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        print_error("%.12g is not within %g of %.12g\n", actual, tolerance, expected);
    assert_true(fabs(actual - expected) <= tolerance);
}

/* Rises by so much a month from 40, with a ripple that has no trend. */
static void make_points(double rise, struct pace_point out[static MONTHS])
{
    static const double ripple[] = {0.2, -0.1, -0.2, 0.1, 0, 0.1, -0.1};
    for (size_t i = 0; i < MONTHS; i++)
        out[i] = (struct pace_point){.day = FIRST_DAY + (int64_t)i * MONTH_DAYS,
                                     .value = 40 + rise * (double)i + ripple[i % 7],
                                     .definition_version = 3};
}

static struct pace_question question_of(const struct pace_point *points, double target)
{
    return (struct pace_question){.points = points,
                                  .count = MONTHS,
                                  .day = points[MONTHS - 1].day,
                                  .target = optional_double(target),
                                  .comparison = COMPARISON_GE,
                                  .target_day = points[MONTHS - 1].day + 12 * MONTH_DAYS};
}

static struct pace_answer judge(const struct pace_question *question)
{
    struct pace_answer answer;
    pace_judge(question, &answer);
    return answer;
}

static void assert_alike(const struct pace_answer *a, const struct pace_answer *b)
{
    assert_int_equal(a->pace, b->pace);
    assert_int_equal(a->points, b->points);
    assert_close(a->forecast.value, b->forecast.value, 0);
    assert_close(a->forecast_lower.value, b->forecast_lower.value, 0);
    assert_close(a->achieved_per_year.value, b->achieved_per_year.value, 0);
}

static void a_series_is_on_pace_when_even_the_low_forecast_reaches_the_target(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points); /* at 57.5, six more in a year at the most */
    struct pace_question question = question_of(points, 59);
    struct pace_answer answer = judge(&question);
    assert_int_equal(answer.pace, PACE_ON);
    assert_int_equal(answer.reason, PACE_FORECAST_MEETS);
    assert_close(answer.achieved_per_year.value, 0.5 / MONTH_DAYS * 365.25, 0.3);
    assert_close(answer.needed_per_year.value, 1.5 / (360 / 365.25), 0.4);
    assert_true(answer.forecast_lower.value < answer.forecast.value &&
                answer.forecast.value < answer.forecast_upper.value);
    assert_close(answer.linear_path.value, 40.2 + (59 - 40.2) * 35 / 47, 1e-9);
}

static void a_series_is_off_pace_when_not_even_the_high_forecast_does(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points);
    struct pace_question question = question_of(points, 70);
    struct pace_answer answer = judge(&question);
    assert_int_equal(answer.pace, PACE_OFF);
    assert_int_equal(answer.reason, PACE_FORECAST_MISSES);
    assert_true(answer.needed_per_year.value > answer.achieved_per_year.value);
    question.target = answer.forecast;
    assert_int_equal(judge(&question).pace, PACE_NOT_ASSESSABLE);
    assert_int_equal(judge(&question).reason, PACE_TOO_CLOSE);
}

static void a_convenience_deployment_is_forecast_and_not_judged(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points);
    struct pace_question question = question_of(points, 70);
    question.convenient = true;
    struct pace_answer answer = judge(&question);
    assert_int_equal(answer.pace, PACE_NOT_ASSESSABLE);
    assert_int_equal(answer.reason, PACE_CONVENIENT);
    assert_true(answer.forecast.known);
}

static void a_changed_definition_begins_the_series_anew(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points);
    struct pace_question question = question_of(points, 59);
    for (size_t i = 0; i < MONTHS - 11; i++) {
        points[i].definition_version = 2;
        points[i].value = 1000;
    }
    assert_int_equal(judge(&question).points, 11);
    assert_int_equal(judge(&question).reason, PACE_HISTORY_SHORT);
    assert_int_equal(judge(&question).pace, PACE_NOT_ASSESSABLE);
    points[MONTHS - 12].definition_version = 3; /* twelve months, one of them nonsense */
    assert_int_equal(judge(&question).points, 12);
    assert_close(judge(&question).achieved_per_year.value, 6.1, 1);
}

static void what_is_not_known_yet_changes_nothing(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points);
    struct pace_question question = question_of(points, 59);
    question.day = points[MONTHS - 7].day;
    struct pace_answer before = judge(&question);
    for (size_t i = MONTHS - 6; i < MONTHS; i++)
        points[i].value = -1e6;
    struct pace_answer after = judge(&question);
    assert_alike(&before, &after);
}

static void nothing_is_told_without_a_target_or_after_its_day(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points);
    struct pace_question question = question_of(points, 59);
    question.comparison = COMPARISON_EQ;
    assert_int_equal(judge(&question).reason, PACE_NO_TARGET);
    question = question_of(points, 59);
    question.target.known = false;
    assert_int_equal(judge(&question).reason, PACE_NO_TARGET);
    question = question_of(points, 59);
    question.target_day = question.day;
    assert_int_equal(judge(&question).reason, PACE_TARGET_PASSED);
    assert_false(judge(&question).forecast.known);
    question = question_of(points, 59);
    question.count = 0;
    assert_int_equal(judge(&question).reason, PACE_HISTORY_SHORT);
    assert_false(judge(&question).achieved_per_year.known);
}

static void a_day_that_is_told_twice_counts_once_as_it_was_told_last(void **state)
{
    (void)state;
    struct pace_point points[MONTHS];
    make_points(0.5, points);
    struct pace_point twice[MONTHS + 1];
    for (size_t i = 0; i < MONTHS; i++)
        twice[i + (i >= 20)] = points[i];
    twice[20] = twice[19]; /* of that day first nonsense, then what stands */
    twice[19].value = 1e6;
    struct pace_question question = question_of(points, 59);
    struct pace_answer once = judge(&question);
    question.points = twice;
    question.count = MONTHS + 1;
    struct pace_answer answer = judge(&question);
    assert_alike(&once, &answer);
}

static void one_wrong_month_in_ten_does_not_bend_the_slope(void **state)
{
    (void)state;
    struct trend_point points[MONTHS];
    struct trend trend;
    for (size_t i = 0; i < MONTHS; i++)
        points[i] = (struct trend_point){.day = (int64_t)i * MONTH_DAYS,
                                         .value = 0.5 * (double)i - (i % 10 == 9 ? 20 : 0)};
    for (size_t m = 1; m < trend_method_count; m++) {
        assert_int_equal(trend_fit(&trend_methods[m], points, MONTHS, &trend), 0);
        assert_close(trend.slope_per_day * MONTH_DAYS, 0.5, 0.05);
        assert_close(trend.level, 17.5, 0.6);
    }
    assert_int_equal(trend_fit(trend_chosen, points, 1, &trend), -ENODATA);
}

static void a_straight_line_is_foretold_exactly_where_nothing_is_damped(void **state)
{
    (void)state;
    struct trend_point points[MONTHS];
    struct trend trend;
    for (size_t i = 0; i < MONTHS; i++)
        points[i] = (struct trend_point){(int64_t)i * MONTH_DAYS, 3 + 0.25 * (double)i};
    for (size_t m = 1; m < trend_method_count; m++) {
        const struct trend_method *method = &trend_methods[m];
        double reach = -1;
        int64_t ahead = (MONTHS + 11) * MONTH_DAYS;
        assert_int_equal(trend_fit(method, points, MONTHS, &trend), 0);
        assert_int_equal(trend_reach(method, points, MONTHS, ahead, &reach), 0);
        double error = 3 + 0.25 * (MONTHS + 11) - trend_at(method, &trend, ahead);
        assert_true(method->damping < 1 ? error > 0 : fabs(error) < 1e-9);
        assert_true(method->damping < 1 || fabs(reach) < 1e-9);
        assert_int_equal(trend_reach(method, points, TREND_POINTS_MIN - 1, ahead, &reach),
                         -ENODATA);
    }
}

/* bench_trend in small: the 80 % interval holds about what it says, a year and two ahead. */
static void the_interval_of_a_forecast_holds_about_what_it_says(void **state)
{
    (void)state;
    unsigned held = 0;
    unsigned count = 0;
    for (uint64_t seed = 1; seed <= 40; seed++)
        for (size_t kind = 0; kind < WALK_KINDS; kind++) {
            struct trend_point points[WALK_MONTHS];
            walk_make(kind, seed, points);
            for (size_t n = 24; n + 24 <= WALK_MONTHS; n += 12)
                for (size_t ahead = 11; ahead < 24; ahead += 12) {
                    struct trend trend;
                    double reach = 0;
                    const struct trend_point *later = &points[n + ahead];
                    assert_int_equal(trend_fit(trend_chosen, points, n, &trend), 0);
                    assert_int_equal(trend_reach(trend_chosen, points, n, later->day, &reach), 0);
                    double error = later->value - trend_at(trend_chosen, &trend, later->day);
                    held += fabs(error) <= reach;
                    count++;
                }
        }
    if (held * 100 < count * 76 || held * 100 > count * 94)
        print_error("%u of %u forecasts are held\n", held, count);
    assert_true(held * 100 >= count * 76 && held * 100 <= count * 94);
}

static void every_pace_and_reason_has_words_in_both_languages(void **state)
{
    (void)state;
    for (int i = 0; i < PACE_REASONS; i++) {
        assert_non_null(pace_reason_en((enum pace_reason)i));
        assert_non_null(pace_reason_zh((enum pace_reason)i));
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pace_names[i].id, i);
        assert_int_equal(pace_names_en[i].id, i);
        assert_int_equal(pace_names_zh[i].id, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_is_on_pace_when_even_the_low_forecast_reaches_the_target),
        cmocka_unit_test(a_series_is_off_pace_when_not_even_the_high_forecast_does),
        cmocka_unit_test(a_convenience_deployment_is_forecast_and_not_judged),
        cmocka_unit_test(a_changed_definition_begins_the_series_anew),
        cmocka_unit_test(what_is_not_known_yet_changes_nothing),
        cmocka_unit_test(nothing_is_told_without_a_target_or_after_its_day),
        cmocka_unit_test(a_day_that_is_told_twice_counts_once_as_it_was_told_last),
        cmocka_unit_test(one_wrong_month_in_ten_does_not_bend_the_slope),
        cmocka_unit_test(a_straight_line_is_foretold_exactly_where_nothing_is_damped),
        cmocka_unit_test(the_interval_of_a_forecast_holds_about_what_it_says),
        cmocka_unit_test(every_pace_and_reason_has_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
