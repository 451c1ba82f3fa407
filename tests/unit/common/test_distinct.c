/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/distinct.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* SplitMix64 (Steele 2014): uniform bits from a counter. */
static uint64_t hash_of(uint64_t i)
{
    i += UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
    i = (i ^ i >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    i = (i ^ i >> 27) * UINT64_C(0x94d049bb133111eb);
    return i ^ i >> 31;
}

static struct distinct *filled(unsigned precision, uint64_t from, uint64_t to)
{
    struct distinct *distinct = distinct_new(precision);
    assert_non_null(distinct);
    for (uint64_t i = from; i < to; i++)
        distinct_add(distinct, hash_of(i));
    return distinct;
}

static void distinct_estimate_lies_within_four_standard_errors(void **state)
{
    (void)state;
    static const uint64_t counts[] = {0, 1, 10, 500, 3000, 12000, 50000, 400000};
    for (unsigned precision = 12; precision <= 14; precision += 2) {
        double error = 1.04 / sqrt((double)(1u << precision));
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            struct distinct *distinct = filled(precision, 0, counts[i]);
            double estimate = distinct_estimate(distinct);
            assert_true(fabs(estimate - (double)counts[i]) <= 4 * error * (double)counts[i] + 0.5);
            distinct_free(distinct);
        }
    }
}

static void distinct_merge_counts_what_both_saw_once(void **state)
{
    (void)state;
    struct distinct *left = filled(12, 0, 6000), *right = filled(12, 4000, 10000);
    struct distinct *all = filled(12, 0, 10000), *other = distinct_new(13);
    assert_int_equal(distinct_merge(other, left), -EINVAL);
    assert_int_equal(distinct_merge(left, right), 0);
    assert_true(distinct_estimate(left) == distinct_estimate(all));
    distinct_free(left);
    distinct_free(right);
    distinct_free(all);
    distinct_free(other);
}

static void distinct_merge_folds_a_finer_sketch_as_if_it_had_been_coarse(void **state)
{
    (void)state;
    static uint8_t folded[DISTINCT_BYTES_MAX], plain[DISTINCT_BYTES_MAX];
    for (unsigned precision = 13; precision <= 14; precision++)
        for (uint64_t count = 0; count < 200000; count = count * 3 + 1) {
            struct distinct *fine = filled(precision, 0, count), *coarse = filled(12, 0, count);
            struct distinct *into = distinct_new(12);
            assert_int_equal(distinct_merge(into, fine), 0);
            int length = distinct_write(coarse, plain, sizeof plain);
            assert_int_equal(distinct_write(into, folded, sizeof folded), length);
            assert_memory_equal(folded, plain, (size_t)length);
            distinct_free(fine);
            distinct_free(coarse);
            distinct_free(into);
        }
}

static void distinct_read_gives_back_what_was_written(void **state)
{
    (void)state;
    static uint8_t first[DISTINCT_BYTES_MAX], second[DISTINCT_BYTES_MAX];
    static const uint64_t counts[] = {0, 1, 100, 1000, 1365, 1500, 20000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct distinct *distinct = filled(12, 0, counts[i]);
        int length = distinct_write(distinct, first, sizeof first);
        assert_true(length > 0);
        assert_int_equal(first[1], counts[i] >= 20000 ? 1 : first[1]);
        struct distinct *back = distinct_read(first, (size_t)length);
        assert_non_null(back);
        assert_int_equal(distinct_write(back, second, sizeof second), length);
        assert_memory_equal(first, second, (size_t)length);
        assert_int_equal(distinct_write(back, second, (size_t)length - 1), -ENOSPC);
        assert_null(distinct_read(first, (size_t)length - 1));
        distinct_free(distinct);
        distinct_free(back);
    }
}

static void distinct_read_refuses_what_write_cannot_have_made(void **state)
{
    (void)state;
    static uint8_t dense[2 + 4096] = {12, 1};
    static const uint8_t wrong[][8] = {
        {11, 0},                   /* precision */
        {15, 0},                   /* precision */
        {12, 2},                   /* form */
        {12, 0, 0x10, 0x00, 1},    /* register 4096 */
        {12, 0, 0, 1, 0},          /* rank 0 */
        {12, 0, 0, 1, 54},         /* rank above 64 - 12 + 1 */
        {12, 0, 0, 1, 3, 0, 1, 3}, /* twice the same */
        {12, 0, 0, 2, 3, 0, 1, 3}, /* descending */
    };
    static const size_t lengths[] = {2, 2, 2, 5, 5, 5, 8, 8};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        assert_null(distinct_read(wrong[i], lengths[i]));
    assert_null(distinct_read(dense, sizeof dense)); /* sparse would be shorter */
    memset(dense + 2, 54, 4096);
    assert_null(distinct_read(dense, sizeof dense));
    assert_null(distinct_read(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distinct_estimate_lies_within_four_standard_errors),
        cmocka_unit_test(distinct_merge_counts_what_both_saw_once),
        cmocka_unit_test(distinct_merge_folds_a_finer_sketch_as_if_it_had_been_coarse),
        cmocka_unit_test(distinct_read_gives_back_what_was_written),
        cmocka_unit_test(distinct_read_refuses_what_write_cannot_have_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
