/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/histogram.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

static void histogram_buckets_cover_all_values_in_order(void **state)
{
    (void)state;
    size_t before = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t value = UINT64_C(1) << bit;
        assert_true(histogram_bucket(value) >= before);
        before = histogram_bucket(value);
        assert_true(histogram_bucket(value - 1) <= before);
    }
    assert_int_equal(histogram_bucket(0), 0);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void histogram_bucket_value_is_off_by_at_most_one_64th(void **state)
{
    (void)state;
    for (uint64_t value = 1; value < UINT64_MAX / 3; value += value / 97 + 1) {
        uint64_t stands = histogram_bucket_value(histogram_bucket(value));
        uint64_t error = stands > value ? stands - value : value - stands;
        assert_true(error <= value / 64);
    }
    for (size_t b = 0; b < HISTOGRAM_BUCKETS; b++)
        assert_int_equal(histogram_bucket(histogram_bucket_value(b)), b);
}

static void histogram_quantile_is_the_nearest_rank(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    uint64_t value = 4711;
    assert_int_equal(histogram_quantile(&histogram, 0.5, &value), -ENODATA);
    assert_int_equal(value, 4711);
    for (uint64_t i = 1; i <= 50; i++)
        histogram_add(&histogram, i);
    assert_int_equal(histogram_quantile(&histogram, 0.5, &value), 0);
    assert_int_equal(value, 25);
    assert_int_equal(histogram_quantile(&histogram, 0, &value), 0);
    assert_int_equal(value, 1);
    assert_int_equal(histogram_quantile(&histogram, 1, &value), 0);
    assert_int_equal(value, 50);
    assert_int_equal(histogram_quantile(&histogram, 0.501, &value), 0);
    assert_int_equal(value, 26);
}

static void histogram_merge_equals_adding_all_to_one(void **state)
{
    (void)state;
    struct histogram left = {0}, right = {0}, all = {0};
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t value = i * i * 7919 % 1000003;
        histogram_add(i % 3 ? &left : &right, value);
        histogram_add(&all, value);
    }
    histogram_merge(&left, &right);
    assert_memory_equal(&left, &all, sizeof all);
}

static void histogram_saturates_rather_than_wraps(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    histogram_add_bucket(&histogram, 5, UINT32_MAX - 1);
    histogram_add_bucket(&histogram, 5, 10);
    assert_int_equal(histogram.buckets[5], UINT32_MAX);
    assert_int_equal(histogram.count, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_buckets_cover_all_values_in_order),
        cmocka_unit_test(histogram_bucket_value_is_off_by_at_most_one_64th),
        cmocka_unit_test(histogram_quantile_is_the_nearest_rank),
        cmocka_unit_test(histogram_merge_equals_adding_all_to_one),
        cmocka_unit_test(histogram_saturates_rather_than_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
