/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/intake/parcels.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MANY 20000

static bool is_awake(const struct parcels *parcels)
{
    struct pollfd fd = {.fd = parcels_fd(parcels), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void what_was_put_is_taken_in_its_order_with_its_times(void **state)
{
    (void)state;
    struct parcels *parcels = parcels_new(100, 1000);
    assert_non_null(parcels);
    assert_null(parcels_take(parcels));
    assert_int_equal(parcels_put(parcels, "a/b", "one", 3, 7, 8), 0);
    assert_int_equal(parcels_put(parcels, "c", "", 0, 9, 10), 0);
    struct parcel *list = parcels_take(parcels);
    assert_string_equal(list->topic, "a/b");
    assert_int_equal(list->length, 3);
    assert_memory_equal(list->payload, "one", 3);
    assert_int_equal(list->unix_ns, 7);
    assert_int_equal(list->mono_ns, 8);
    assert_string_equal(list->next->topic, "c");
    assert_int_equal(list->next->length, 0);
    assert_null(list->next->next);
    assert_null(parcels_take(parcels));
    parcels_drop(list);
    assert_int_equal(parcels_put(parcels, "left", "behind", 6, 0, 0), 0);
    parcels_free(parcels); /* with what is in it: the sanitizer looks */
}

static void a_full_queue_refuses_and_says_before_that_it_is_crowded(void **state)
{
    (void)state;
    struct parcels *parcels = parcels_new(8, 1000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(parcels_put(parcels, "t", "x", 1, 0, 0), 0);
    assert_false(parcels_are_crowded(parcels));
    for (int i = 0; i < 3; i++)
        assert_int_equal(parcels_put(parcels, "t", "x", 1, 0, 0), 1);
    assert_true(parcels_are_crowded(parcels));
    assert_int_equal(parcels_put(parcels, "t", "x", 1, 0, 0), -ENOBUFS);
    parcels_drop(parcels_take(parcels));
    assert_false(parcels_are_crowded(parcels));
    assert_int_equal(parcels_put(parcels, "t", "x", 1, 0, 0), 0);
    parcels_free(parcels);
}

static void bytes_are_bounded_too_but_one_long_parcel_always_goes(void **state)
{
    (void)state;
    static const char text[5000];
    struct parcels *parcels = parcels_new(100, 1000);
    assert_int_equal(parcels_put(parcels, "t", text, 600, 0, 0), 0);
    assert_int_equal(parcels_put(parcels, "t", text, 401, 0, 0), -ENOBUFS);
    assert_int_equal(parcels_put(parcels, "t", text, 400, 0, 0), 1);
    parcels_drop(parcels_take(parcels));
    assert_int_equal(parcels_put(parcels, "t", text, sizeof text, 0, 0), 1);
    assert_int_equal(parcels_put(parcels, "t", text, 0, 0, 0), -ENOBUFS);
    parcels_free(parcels);
}

static void the_taker_is_woken_by_the_first_at_half_and_on_request(void **state)
{
    (void)state;
    struct parcels *parcels = parcels_new(8, 1000);
    assert_false(is_awake(parcels));
    (void)parcels_put(parcels, "t", "x", 1, 0, 0);
    assert_true(is_awake(parcels));
    assert_false(parcels_hear(parcels));
    (void)parcels_put(parcels, "t", "x", 1, 0, 0);
    (void)parcels_put(parcels, "t", "x", 1, 0, 0);
    assert_false(is_awake(parcels));
    (void)parcels_put(parcels, "t", "x", 1, 0, 0);
    assert_true(is_awake(parcels));
    assert_true(parcels_hear(parcels));
    (void)parcels_put(parcels, "t", "x", 1, 0, 0);
    assert_false(is_awake(parcels));
    parcels_drop(parcels_take(parcels));
    (void)parcels_put(parcels, "t", "x", 1, 0, 0);
    assert_true(is_awake(parcels));
    parcels_drop(parcels_take(parcels));
    parcels_wake(parcels);
    assert_true(is_awake(parcels));
    assert_false(parcels_hear(parcels));
    assert_false(is_awake(parcels));
    parcels_free(parcels);
}

/* Puts all of them, again where there is no room. */
static void *put_many(void *ctx)
{
    for (int i = 0; i < MANY;) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        i += parcels_put(ctx, "t", text, strlen(text) + 1, 0, 0) >= 0;
    }
    return NULL;
}

static void between_two_threads_nothing_is_lost_and_no_wake_either(void **state)
{
    (void)state;
    struct parcels *parcels = parcels_new(64, 100000);
    pthread_t thread;
    int next = 0;
    assert_int_equal(pthread_create(&thread, NULL, put_many, parcels), 0);
    while (next < MANY) {
        struct pollfd fd = {.fd = parcels_fd(parcels), .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 60000), 1); /* a wake that was lost would be waited for */
        struct parcel *list = parcels_take(parcels);
        for (const struct parcel *parcel = list; parcel; parcel = parcel->next) {
            char text[16];
            (void)snprintf(text, sizeof text, "%d", next++);
            assert_string_equal((const char *)parcel->payload, text);
        }
        parcels_drop(list);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    parcels_free(parcels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_taken_in_its_order_with_its_times),
        cmocka_unit_test(a_full_queue_refuses_and_says_before_that_it_is_crowded),
        cmocka_unit_test(bytes_are_bounded_too_but_one_long_parcel_always_goes),
        cmocka_unit_test(the_taker_is_woken_by_the_first_at_half_and_on_request),
        cmocka_unit_test(between_two_threads_nothing_is_lost_and_no_wake_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
