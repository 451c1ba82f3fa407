/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/cursor.h"

#include "tests/support/cmocka_all.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void cursor_reads_big_endian_at_the_right_offsets(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(bytes, sizeof bytes);
    assert_int_equal(cursor_u8(&cursor), 0x01);
    assert_int_equal(cursor_u16(&cursor), 0x0203);
    assert_int_equal(cursor_u32(&cursor), 0x04050607);
    assert_int_equal(cursor_u64(&cursor), 0x08090a0b0c0d0e0f);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_false(cursor.failed);
}

static void cursor_failure_is_sticky(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(bytes, 3);
    assert_int_equal(cursor_u32(&cursor), 0);
    assert_true(cursor.failed);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_null(cursor_take(&cursor, 0 + 1));
}

static void cursor_part_cannot_reach_beyond_its_own_end(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(bytes, 6);
    struct cursor part = cursor_part(&cursor, 2);
    assert_int_equal(cursor_u16(&part), 0x0102);
    assert_int_equal(cursor_u8(&part), 0);
    assert_true(part.failed);
    assert_int_equal(cursor_u8(&cursor), 3);
    struct cursor none = cursor_part(&cursor, 4);
    assert_true(none.failed && cursor.failed);
    uint8_t copy[2] = {9, 9};
    cursor_copy(&cursor, copy, sizeof copy);
    assert_int_equal(copy[0] | copy[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor_reads_big_endian_at_the_right_offsets),
        cmocka_unit_test(cursor_failure_is_sticky),
        cmocka_unit_test(cursor_part_cannot_reach_beyond_its_own_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
