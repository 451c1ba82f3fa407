/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/slots.h"
#include "probe/snmp/wake.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#define S UINT64_C(1000000000)

static void ten_thousand_names_spread_evenly_over_a_minute(void **state)
{
    unsigned seconds[60] = {0};
    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "olt-%u", i);
        seconds[slots_hash(name) % (60 * S) / S]++;
    }
    for (size_t i = 0; i < 60; i++) /* 167 each; five standard deviations are 65 */
        assert_in_range(seconds[i], 102, 232);
}

static void a_slot_is_the_same_in_every_interval_and_never_before_its_time(void **state)
{
    uint64_t phase = 12345678901;
    (void)state;
    uint64_t first = slots_next(1000 * S, 60 * S, phase, 1000 * S);
    assert_true(first == 1000 * S + phase % (60 * S));
    assert_true(slots_next(1000 * S, 60 * S, phase, first) == first);
    assert_true(slots_next(1000 * S, 60 * S, phase, first + 1) == first + 60 * S);
    assert_true(slots_next(1000 * S, 60 * S, phase, first + 601 * S) == first + 660 * S);
}

static void silence_doubles_up_to_half_an_hour_with_an_eighth_of_jitter(void **state)
{
    (void)state;
    assert_true(slots_backoff(60 * S, 0, 99) == 0);
    assert_true(slots_backoff(60 * S, 1, 99) == 0);
    for (unsigned failures = 2; failures < 40; failures++) {
        uint64_t least = failures < 6 ? 60 * S << (failures - 1) : 1800 * S;
        for (uint64_t random = 0; random < 100; random++) {
            uint64_t wait = slots_backoff(60 * S, failures, random * UINT64_C(0x9e3779b97f4a7c15));
            assert_true(wait >= least && wait <= least + least / 8);
        }
    }
    assert_true(slots_backoff(7200 * S, 9, 0) == 7200 * S);
}

static void the_heap_gives_times_in_order_whatever_is_changed(void **state)
{
    enum { COUNT = 1000 };
    struct wake_heap heap = {.elements = NULL};
    struct wake *wakes = calloc(COUNT, sizeof *wakes);
    uint64_t random = 88172645463325252u;
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        wakes[i].at_ns = i * 7919 % COUNT;
        assert_int_equal(wake_heap_add(&heap, &wakes[i]), 0);
    }
    for (size_t i = 0; i < 10 * COUNT; i++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        wake_heap_set(&heap, &wakes[random % COUNT], random >> 40);
    }
    uint64_t last = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct wake *first = wake_heap_first(&heap);
        assert_true(first->at_ns >= last && first->at_ns != UINT64_MAX);
        last = first->at_ns;
        wake_heap_set(&heap, first, UINT64_MAX);
    }
    assert_true(wake_heap_first(&heap)->at_ns == UINT64_MAX);
    wake_heap_fini(&heap);
    free(wakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_names_spread_evenly_over_a_minute),
        cmocka_unit_test(a_slot_is_the_same_in_every_interval_and_never_before_its_time),
        cmocka_unit_test(silence_doubles_up_to_half_an_hour_with_an_eighth_of_jitter),
        cmocka_unit_test(the_heap_gives_times_in_order_whatever_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
