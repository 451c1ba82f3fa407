/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What holds whatever the data: merging does not care for order or repetition, quantiles and counts
 * lie within their bounds, and more evidence never turns a verdict round. GSL is the oracle.
 */
#include "collector/estimate/interval.h"
#include "collector/estimate/ratio.h"
#include "collector/estimate/verdict.h"
#include "common/distinct.h"
#include "common/histogram.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/random_numbers.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETS   3
#define VALUES 500

static void fill_histogram(struct histogram *histogram, double *values, uint64_t *state)
{
    memset(histogram, 0, sizeof *histogram);
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t value = (uint64_t)exp(random_uniform(state, 0, 30));
        histogram_add(histogram, value);
        values[i] = (double)value;
    }
}

static void merging_histograms_is_commutative_and_associative(void **state)
{
    (void)state;
    static struct histogram sets[SETS];
    static struct histogram left;
    static struct histogram right;
    double values[VALUES];
    uint64_t seed = 1;
    for (size_t i = 0; i < SETS; i++)
        fill_histogram(&sets[i], values, &seed);
    left = sets[0]; /* (a b) c */
    histogram_merge(&left, &sets[1]);
    histogram_merge(&left, &sets[2]);
    right = sets[2]; /* c (b a), by another order */
    static struct histogram inner;
    inner = sets[1];
    histogram_merge(&inner, &sets[0]);
    histogram_merge(&right, &inner);
    assert_memory_equal(&left, &right, sizeof left);
    assert_int_equal(left.count, SETS * VALUES);
}

static void a_quantile_lies_within_its_bounds(void **state)
{
    (void)state;
    static struct histogram histogram;
    double values[VALUES];
    uint64_t seed = 2;
    for (int round = 0; round < 20; round++) {
        fill_histogram(&histogram, values, &seed);
        gsl_sort(values, 1, VALUES);
        for (double q = 0.01; q < 1; q += 0.07) {
            uint64_t least = 0;
            uint64_t most = 0;
            uint64_t point = 0;
            size_t rank = (size_t)ceil(q * VALUES);
            assert_int_equal(histogram_quantile_range(&histogram, q, &least, &most), 0);
            assert_int_equal(histogram_quantile(&histogram, q, &point), 0);
            assert_true((double)least <= values[rank - 1] && values[rank - 1] <= (double)most);
            assert_true(least <= point && point <= most);
            assert_true((double)most <= (double)least * (1 + 1.0 / 32)); /* half a bucket: 1.6 % */
            double interpolated = gsl_stats_quantile_from_sorted_data(values, 1, VALUES, q);
            assert_true(interpolated >= values[rank - 2] && interpolated <= values[rank]);
        }
    }
}

static struct distinct *sketch_of(uint64_t from, uint64_t count)
{
    struct distinct *sketch = distinct_new(DISTINCT_PRECISION_MIN);
    assert_non_null(sketch);
    for (uint64_t i = from; i < from + count; i++) {
        uint64_t state = i * 977;
        distinct_add(sketch, random_bits(&state));
    }
    return sketch;
}

static void assert_alike(const struct distinct *a, const struct distinct *b)
{
    static uint8_t left[DISTINCT_BYTES_MAX];
    static uint8_t right[DISTINCT_BYTES_MAX];
    int length = distinct_write(a, left, sizeof left);
    assert_true(length > 0);
    assert_int_equal(distinct_write(b, right, sizeof right), length);
    assert_memory_equal(left, right, (size_t)length);
}

static void merging_sketches_is_commutative_associative_and_idempotent(void **state)
{
    (void)state;
    struct distinct *a = sketch_of(0, 3000);
    struct distinct *b = sketch_of(2000, 4000);
    struct distinct *c = sketch_of(9000, 10);
    struct distinct *left = sketch_of(0, 3000);
    struct distinct *right = sketch_of(9000, 10);
    struct distinct *whole = sketch_of(0, 6000); /* what both saw is counted once */
    assert_int_equal(distinct_merge(left, b), 0);
    assert_alike(left, whole);
    assert_int_equal(distinct_merge(left, c), 0);
    assert_int_equal(distinct_merge(right, b), 0);
    assert_int_equal(distinct_merge(right, a), 0);
    assert_alike(left, right);
    assert_int_equal(distinct_merge(left, b), 0); /* late, and again */
    assert_int_equal(distinct_merge(left, left), 0);
    assert_alike(left, right);
    distinct_free(a);
    distinct_free(b);
    distinct_free(c);
    distinct_free(left);
    distinct_free(right);
    distinct_free(whole);
}

static void the_interval_of_a_union_holds_the_true_count(void **state)
{
    (void)state;
    unsigned held = 0;
    enum { ROUNDS = 300, EACH = 8000 };
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct distinct *a = sketch_of(round * 1000000, EACH);
        struct distinct *b = sketch_of(round * 1000000 + EACH / 2, EACH);
        assert_int_equal(distinct_merge(a, b), 0);
        struct interval interval = interval_distinct(distinct_estimate(a), distinct_precision(a));
        held += interval.lower <= EACH * 1.5 && EACH * 1.5 <= interval.upper;
        distinct_free(a);
        distinct_free(b);
    }
    assert_true(held >= ROUNDS * 92 / 100);
    assert_true(interval_distinct(1000, 14).upper < interval_distinct(1000, 12).upper);
}

static struct verdict_question random_question(uint64_t *state)
{
    double middle = random_uniform(state, 0, 120);
    double below = random_uniform(state, 0, 10);
    double above = random_uniform(state, 0, 10);
    return (struct verdict_question){
        .target = optional_double(random_uniform(state, 0, 120)),
        .comparison = random_bits(state) % 2 ? COMPARISON_GE : COMPARISON_GT,
        .basis = random_bits(state) % 2 ? BASIS_CENSUS : BASIS_PROBABILITY_SAMPLE,
        .value = optional_double(middle),
        .lower = optional_double(middle - below),
        .upper = optional_double(middle + above),
        .completeness = optional_double(random_uniform(state, 0.5, 1)),
        .completeness_gate = 0.75,
    };
}

/* Narrower bounds within the old ones: MET and NOT_MET stay; only what was open is decided. */
static void more_evidence_never_turns_a_verdict_round(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 50000; i++) {
        struct verdict_question question = random_question(&seed);
        enum verdict before = verdict_decide(&question).verdict;
        double width = question.upper.value - question.lower.value;
        question.lower.value += width * random_uniform(&seed, 0, 0.5);
        question.upper.value -= width * random_uniform(&seed, 0, 0.5);
        question.completeness.value += (1 - question.completeness.value) * 0.5;
        enum verdict after = verdict_decide(&question).verdict;
        if (before == VERDICT_MET || before == VERDICT_NOT_MET)
            assert_int_equal(after, before);
    }
}

/* As printed with one decimal, or with none, the value may reach; the verdict asks the value. */
static void rounding_never_decides(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int i = 0; i < 50000; i++) {
        struct verdict_question question = random_question(&seed);
        double target = floor(question.target.value);
        double off = random_uniform(&seed, 1e-9, 0.49);
        question.target = optional_double(target);
        question.completeness = optional_double(1);
        question.value = question.lower = question.upper = optional_double(target - off);
        assert_int_equal(verdict_decide(&question).verdict, VERDICT_NOT_MET);
        question.value = question.lower = question.upper = optional_double(target + off);
        assert_int_equal(verdict_decide(&question).verdict, VERDICT_MET);
    }
}

static void a_convenience_deployment_never_gets_a_verdict_of_its_value(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        struct verdict_question question = random_question(&seed);
        question.basis = BASIS_CONVENIENCE;
        assert_int_equal(verdict_decide(&question).verdict, VERDICT_INSUFFICIENT_EVIDENCE);
        question.lower_bound_proves = true;
        assert_true(verdict_decide(&question).verdict != VERDICT_NOT_MET);
    }
}

static void sort_by_hits(struct ratio_cluster *clusters, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && clusters[j].hits < clusters[j - 1].hits; j--) {
            struct ratio_cluster swapped = clusters[j];
            clusters[j] = clusters[j - 1];
            clusters[j - 1] = swapped;
        }
}

/* Strata under other numbers, clusters in another order: the same estimate. A share of the others
 * is its complement, with the same variance. */
static void names_and_order_change_no_estimate(void **state)
{
    (void)state;
    enum { CLUSTERS = 30, STRATA = 3 };
    uint64_t seed = 6;
    for (int round = 0; round < 200; round++) {
        struct ratio_cluster clusters[CLUSTERS];
        struct ratio_cluster other[CLUSTERS];
        struct ratio_stratum strata[STRATA] = {{0, 0, 0}};
        struct ratio_stratum renamed[STRATA];
        struct ratio a;
        struct ratio b;
        for (size_t i = 0; i < CLUSTERS; i++) {
            double size = ceil(random_uniform(&seed, 10, 900));
            double hits = floor(size * random_uniform(&seed, 0.1, 0.9));
            size_t h = i % STRATA;
            clusters[i] = (struct ratio_cluster){h, hits, size, size};
            other[i] = (struct ratio_cluster){(h + 1) % STRATA, size - hits, size, size};
            strata[h].clusters += 2;
            strata[h].known += 2.2 * size;
            strata[h].known_squares += 2.5 * size * size;
        }
        for (size_t h = 0; h < STRATA; h++)
            renamed[(h + 1) % STRATA] = strata[h];
        sort_by_hits(other, CLUSTERS);
        assert_int_equal(ratio_estimate(clusters, CLUSTERS, strata, STRATA, &a), 0);
        assert_int_equal(ratio_estimate(other, CLUSTERS, renamed, STRATA, &b), 0);
        assert_true(fabs(a.value + b.value - 1) < 1e-12);
        assert_true(fabs(a.variance - b.variance) < 1e-12);
        assert_true(fabs(a.degrees - b.degrees) < 1e-6);
        struct interval of_a = ratio_interval(&a, INTERVAL_TWO_SIDED, false);
        struct interval of_b = ratio_interval(&b, INTERVAL_TWO_SIDED, false);
        assert_true(fabs(of_a.lower + of_b.upper - 1) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_histograms_is_commutative_and_associative),
        cmocka_unit_test(a_quantile_lies_within_its_bounds),
        cmocka_unit_test(merging_sketches_is_commutative_associative_and_idempotent),
        cmocka_unit_test(the_interval_of_a_union_holds_the_true_count),
        cmocka_unit_test(more_evidence_never_turns_a_verdict_round),
        cmocka_unit_test(rounding_never_decides),
        cmocka_unit_test(a_convenience_deployment_never_gets_a_verdict_of_its_value),
        cmocka_unit_test(names_and_order_change_no_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
