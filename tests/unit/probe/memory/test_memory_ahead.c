/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/memory.h"
#include "probe/memory_ahead.h"

#include "tests/support/cmocka_all.h"

#include <stdint.h>

#define BYTES ((size_t)8 << 20)
#define PART  ((size_t)128 << 10)

/* Written while it is made ready, before and behind. */
static void memory_that_is_wanted_keeps_what_is_written_to_it(void **state)
{
    (void)state;
    memory_ahead_begin();
    uint8_t *memory = memory_take(BYTES);
    assert_non_null(memory);
    for (size_t at = 0; at < BYTES; at += PART) {
        memory_ahead_want(memory + at, PART);
        for (size_t i = 0; i < PART; i += 512)
            memory[at + i] = (uint8_t)(at / PART + 1);
    }
    memory_ahead_end();
    for (size_t i = 0; i < BYTES; i++)
        assert_int_equal(memory[i], i % 512 == 0 ? (uint8_t)(i / PART + 1) : 0);
    memory_give(memory, BYTES);
}

static void what_is_wanted_without_a_thread_or_beyond_its_memory_is_no_matter(void **state)
{
    (void)state;
    uint8_t *memory = memory_take(PART);
    assert_non_null(memory);
    memory_ahead_want(memory, PART);
    memory_ahead_end();
    memory_ahead_begin();
    memory_ahead_want(memory + 1, PART - 1);
    memory_give(memory, PART); /* early: the kernel says that there is none, at the worst */
    memory_ahead_want(memory, PART);
    memory_ahead_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_wanted_keeps_what_is_written_to_it),
        cmocka_unit_test(what_is_wanted_without_a_thread_or_beyond_its_memory_is_no_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
