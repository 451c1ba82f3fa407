/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/subagent/board.h"
#include "probe/subagent/objects.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DEVICES 3

static void fill(struct probe_status *status)
{
    memcpy(status->probe_name, "one", 4);
    status->up_ms = 12345;
    status->start_unix_ns = UINT64_C(1445000000) * 1000000000U;
    status->source_count = 1;
    memcpy(status->sources[0].name, "uplink", 7);
    status->sources[0].packets = UINT64_MAX;
    status->sources[0].flows_active = UINT64_C(1) << 40;
    status->device_count = DEVICES;
    for (size_t i = 0; i < DEVICES; i++)
        status->devices[i].state = i + 1;
}

static const struct object *find(const struct objects *objects, uint32_t group, uint32_t table,
                                 uint32_t column, uint32_t row)
{
    const uint32_t cell[] = {group, table, 1, column, row};
    const uint32_t scalar[] = {group, column, 0};
    return table ? objects_find(objects, cell, 5) : objects_find(objects, scalar, 3);
}

static void a_status_reaches_the_reader_whole(void **state)
{
    (void)state;
    struct board *writer = board_new(DEVICES);
    assert_non_null(writer);
    struct board *reader = board_open(dup(board_descriptor(writer)));
    assert_non_null(reader);
    assert_null(board_read(reader)); /* nothing has been shown */
    fill(board_edit(writer));
    assert_null(board_read(reader));
    board_publish(writer);
    const struct probe_status *status = board_read(reader);
    assert_non_null(status);
    assert_int_equal(status->device_count, DEVICES);
    assert_int_equal(status->devices[DEVICES - 1].state, DEVICES);
    board_edit(writer)->up_ms = 99;
    assert_int_equal(board_read(reader)->up_ms, 12345);
    board_publish(writer);
    assert_int_equal(board_read(reader)->up_ms, 99);
    board_free(reader);
    board_free(writer);
}

static void what_is_no_board_is_refused(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_null(board_open(ends[0]));
    assert_int_equal(errno, EPROTO);
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
}

static void objects_come_in_the_order_of_their_names_and_are_found_by_them(void **state)
{
    (void)state;
    struct board *board = board_new(DEVICES);
    struct objects *objects = objects_new();
    assert_true(board && objects);
    fill(board_edit(board));
    assert_int_equal(objects_fill(objects, board_edit(board)), 0);
    const struct object *object = objects_after(objects, NULL, 0);
    size_t count = 0;
    while (object) {
        assert_ptr_equal(objects_find(objects, object->arcs, object->arc_count), object);
        const struct object *next = objects_after(objects, object->arcs, object->arc_count);
        assert_true(!next || next == object + 1);
        object = next;
        count++;
    }
    assert_int_equal(count, objects_count(objects));
    const uint32_t between[] = {1, 1};
    assert_ptr_equal(objects_after(objects, between, 2), find(objects, 1, 0, 1, 0));
    const uint32_t behind[] = {5};
    assert_null(objects_after(objects, behind, 1));
    objects_free(objects);
    board_free(board);
}

static void unknown_has_no_instance_and_gauges_stop_at_their_end(void **state)
{
    (void)state;
    struct board *board = board_new(DEVICES);
    struct objects *objects = objects_new();
    assert_true(board && objects);
    struct probe_status *status = board_edit(board);
    fill(status);
    assert_int_equal(objects_fill(objects, status), 0);
    assert_null(find(objects, 2, 1, 11, 1)); /* lmSourceInterfaceOctets */
    assert_null(find(objects, 2, 1, 14, 1)); /* lmSourceCoverage */
    assert_null(find(objects, 4, 6, 4, 1));  /* lmDeviceProfile */
    assert_null(find(objects, 4, 6, 5, 1));  /* lmDeviceLastPoll */
    assert_int_equal(find(objects, 2, 1, 19, 1)->number, UINT32_MAX);
    assert_true(find(objects, 2, 1, 3, 1)->number == UINT64_MAX);
    assert_int_equal(find(objects, 1, 0, 6, 0)->number, 1234);
    static const uint8_t date[] = {0x07, 0xdf, 10, 16, 12, 53, 20, 0, '+', 0, 0};
    assert_memory_equal(find(objects, 1, 0, 5, 0)->bytes, date, sizeof date);
    status->sources[0].coverage = optional_u64(9876);
    assert_int_equal(objects_fill(objects, status), 0);
    assert_int_equal(find(objects, 2, 1, 14, 1)->number, 9876);
    objects_free(objects);
    board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_reaches_the_reader_whole),
        cmocka_unit_test(what_is_no_board_is_refused),
        cmocka_unit_test(objects_come_in_the_order_of_their_names_and_are_found_by_them),
        cmocka_unit_test(unknown_has_no_instance_and_gauges_stop_at_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
